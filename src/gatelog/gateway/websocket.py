"""WebSocket pass-through for realtime: the upgrade is checked and forwarded like a call, then bytes flow both ways.

The record holds the handshake and the counts of the connection (learn.microsoft.com/azure/api-management/websocket-api);
the frames' texts are kept for the response body as JSON lines, up to `FRAMES_BYTES`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatelog.gateway.http1 import RequestHead
from gatelog.gateway.routing import Route

if TYPE_CHECKING:
    from gatelog.gateway.gate import Gate
    from gatelog.gateway.server import ClientConnection


class Upgrade:
    """One upgraded connection."""

    def __init__(self, gate: Gate, client: ClientConnection, head: RequestHead, route: Route, first_byte: int) -> None:
        self._gate = gate
        self._client = client

    def begin(self, early: bytes) -> None:
        self._client.close()

    def from_client(self, data: bytes) -> None:
        """Bytes of the caller."""

    def client_gone(self) -> None:
        """The caller hung up."""

    def slow_client(self, slow: bool) -> None:
        """The caller does not read."""
