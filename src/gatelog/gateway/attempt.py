"""What a call holds of its two ends: the client's connection, and what one forwarding sent and got."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gatelog.catalog.entities import Backend
from gatelog.gateway.heads import ResponseHead
from gatelog.record.headers import Headers


class Client(Protocol):
    """The call's side of a client connection."""

    def write(self, data: bytes) -> None:
        """Send bytes."""
        ...

    def answered(self, keep: bool) -> None:
        """The answer is complete; `keep`: the connection may carry another request."""
        ...

    def abort(self) -> None:
        """Break the connection off: the answer cannot be completed."""
        ...

    def slow_reading(self, slow: bool) -> None:
        """Read no more from the caller for now, or read on (upgraded connections)."""
        ...


@dataclass(slots=True)
class Attempt:
    """What one forwarding sent and got; the last one is put on record."""

    backend_id: str
    method: str
    url: str
    headers: Headers
    body: bytes
    started: int
    secret: tuple[str, ...] = ()
    """Names of fields that carry the backend's credentials."""
    head: ResponseHead | None = None
    response_body: bytes = b""
    response_size: int = 0
    first_byte: int = 0
    last_byte: int = 0
    connect_ns: int = 0


def credential_names(backend: Backend | None) -> tuple[str, ...]:
    """Fields that carry a backend entity's credentials."""
    return tuple(name for name, _ in backend.headers) if backend is not None and backend.headers else ()


def seconds_of(retry_after: str | None) -> float:
    """A Retry-After in seconds; 0 when there is none, or a date."""
    return float(retry_after) if retry_after and retry_after.isdigit() else 0.0
