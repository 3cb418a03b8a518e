"""`proxy`: reach the backend through an HTTP proxy."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from gatelog.policy.elements.set_backend_service import split_url
from gatelog.policy.parts import attribute
from gatelog.policy.slots import LINE, Slot
from gatelog.policy.statement import Statement, Steps
from gatelog.record.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy(Statement):
    """Send the request through an HTTP proxy."""

    url: Slot[str] = attribute(LINE, required=True, doc="`http://host:port`")
    username: Slot[str] | None = attribute(LINE, doc="user name at the proxy")
    password: Slot[str] | None = attribute(LINE, doc="password at the proxy")

    def run(self, exchange: Exchange) -> Steps:
        exchange.proxy = self.address(exchange)
        return None

    def address(self, exchange: Exchange) -> str:
        """The proxy's URL with its credentials."""
        parts = split_url(self.url(exchange), self.place.element)
        user = quote(self.username(exchange), safe="") if self.username else ""
        secret = f":{quote(self.password(exchange), safe='')}" if self.password else ""
        credentials = f"{user}{secret}@" if user else ""
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{credentials}{parts.hostname}{port}"
