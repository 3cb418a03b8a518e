"""`redirect-content-urls`: links to the backend become links to the gate, and back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from gatelog.policy.elements.messages import message_of
from gatelog.policy.statement import Statement, Steps
from gatelog.record.exchange import Exchange, Response


@dataclass(frozen=True, slots=True, kw_only=True)
class RedirectContentUrls(Statement):
    """Replace the backend's base URL by the gate's in the body and the `Location` header of a response; in inbound the other
    way round in the body of the request."""

    reads_request_body: ClassVar[bool] = True
    reads_response_body: ClassVar[bool] = True

    def run(self, exchange: Exchange) -> Steps:
        backend = (exchange.backend_url or (exchange.api.service_url if exchange.api is not None else "")).rstrip("/")
        gate = self._gate(exchange)
        if not backend or not gate:
            return None
        message = message_of(exchange, self.place)
        old, new = (backend, gate) if isinstance(message, Response) else (gate, backend)
        if message.body:
            message.body = message.body.replace(old.encode(), new.encode())
            message.headers.remove("Content-Length")
        location = message.headers.get("Location")
        if location is not None:
            message.headers.set("Location", location.replace(old, new))
        return None

    @staticmethod
    def _gate(exchange: Exchange) -> str:
        suffix = f"/{exchange.api.path}" if exchange.api is not None and exchange.api.path else ""
        return str(replace(exchange.original_url, path=suffix, query=""))
