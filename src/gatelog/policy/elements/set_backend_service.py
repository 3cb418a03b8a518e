"""`set-backend-service`: where the call is forwarded to."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from gatelog.policy.binding import Binder
from gatelog.policy.effects import PolicyError
from gatelog.policy.parts import attribute
from gatelog.policy.reader import Node
from gatelog.policy.slots import LINE, Constant, Slot
from gatelog.policy.statement import Statement, Steps
from gatelog.record.exchange import Exchange

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBackendService(Statement):
    """Choose the backend by its URL or by the id of a backend entity or pool; the last one chosen is called."""

    base_url: Slot[str] | None = attribute(LINE, doc="absolute URL; the operation's path is appended to it")
    backend_id: Slot[str] | None = attribute(LINE, doc="id of a backend entity or pool")

    def check(self, binder: Binder, node: Node) -> None:
        if (self.base_url is None) == (self.backend_id is None):
            binder.problem(node, "'set-backend-service' needs either 'base-url' or 'backend-id'")
        if isinstance(self.backend_id, Constant):
            binder.refer("backend", self.backend_id.value, node)

    def run(self, exchange: Exchange) -> Steps:
        if self.backend_id is not None:
            exchange.backend_id = self.backend_id(exchange)
            exchange.backend_url = ""
        elif self.base_url is not None:
            self._use(self.base_url(exchange), exchange)
        return None

    def _use(self, url: str, exchange: Exchange) -> None:
        parts = split_url(url, self.place.element)
        exchange.backend_url = url
        exchange.backend_id = ""
        target = exchange.request.url
        target.scheme, target.host = parts.scheme, parts.hostname or ""
        target.port = parts.port or _PORTS[parts.scheme]


def split_url(url: str, source: str) -> SplitResult:
    """The parts of an absolute http or https URL; a failure of `source` for anything else."""
    try:
        parts = urlsplit(url.strip())
        valid = parts.scheme in _PORTS and bool(parts.hostname) and (parts.port or 0) >= 0
    except ValueError:
        valid = False
    if not valid:
        raise PolicyError(source, "InvalidUrl", f"'{url}' is not an absolute URL; expected 'https://host/path'")
    return parts
