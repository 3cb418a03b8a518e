"""Requests that policies send by themselves: one request, one whole answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gatelog.gateway.backends import Destination
from gatelog.gateway.capture import decoded
from gatelog.gateway.client import Ticket, UpstreamFailure
from gatelog.gateway.heads import HOP_BY_HOP, ResponseHead, head_bytes, without
from gatelog.gateway.outgoing import add_credentials, backend_target
from gatelog.record.exchange import Request, Response
from gatelog.record.headers import Headers

ANSWER_BYTES: Final = 16 << 20
"""Largest answer that a policy's own request may bring."""


class Once:
    """Collects one answer. A `gatelog.gateway.client.Receiver`."""

    __slots__ = ("_fail", "_head", "_pieces", "_size", "_then", "ticket")

    def __init__(self, then: Callable[[Response], None], fail: Callable[[UpstreamFailure], None]) -> None:
        self._then = then
        self._fail = fail
        self._head: ResponseHead | None = None
        self._pieces: list[bytes] = []
        self._size = 0
        self.ticket: Ticket | None = None

    def on_head(self, head: ResponseHead) -> None:
        """See `Receiver`."""
        self._head = head

    def on_data(self, data: bytes) -> None:
        """See `Receiver`."""
        self._size += len(data)
        if self._size > ANSWER_BYTES:
            if self.ticket is not None:
                self.ticket.cancel()
            self._fail(UpstreamFailure(f"the answer is larger than {ANSWER_BYTES} bytes", "ResponseTooLarge"))
            return
        self._pieces.append(data)

    def on_end(self) -> None:
        """See `Receiver`."""
        head = self._head
        if head is None:
            return
        headers = without(head.headers, HOP_BY_HOP)
        body = b"".join(self._pieces)
        plain = decoded(body, headers.get("content-encoding"))
        if plain is not body:
            headers.remove("content-encoding")
        self._then(Response(head.status, head.reason, headers, plain))

    def on_failure(self, error: UpstreamFailure) -> None:
        """See `Receiver`."""
        self._fail(error)


def request_bytes(request: Request, destination: Destination, token: str) -> tuple[bytes, ...]:
    """A policy's request as bytes. Raises `BadMessage`."""
    body = request.body or b""
    dropped = HOP_BY_HOP | {"host", "content-length", "expect"}
    host = request.headers.get("host") or destination.base.authority
    sent = Headers([("Host", host)])
    for key, (name, value) in zip(request.headers.keys, request.headers.items, strict=True):
        if key not in dropped:
            sent.append(name, value)
    if body or request.method in ("POST", "PUT", "PATCH"):
        sent.append("Content-Length", str(len(body)))
    add_credentials(sent, destination, token)
    head = head_bytes(f"{request.method} {backend_target(destination, request.url)} HTTP/1.1", sent)
    return (head + body,) if len(body) < 65536 else (head, body)
