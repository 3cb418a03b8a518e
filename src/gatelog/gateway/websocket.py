"""WebSocket pass-through for realtime: the handshake runs the pipeline like a call, then bytes flow both ways untouched.

The call's response event is made when the connection ends (learn.microsoft.com/azure/api-management/websocket-api): its backend
request body holds the texts that the caller sent and its backend body the texts of the model, one a line (`frames.py`).
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, Protocol, cast

from gatelog.gateway.attempt import Attempt
from gatelog.gateway.call import Call
from gatelog.gateway.client import CONNECT_SECONDS, Origin, UpstreamFailure
from gatelog.gateway.frames import FrameReader
from gatelog.gateway.heads import BadMessage, FieldMemo, ResponseHead, head_bytes, read_response_head
from gatelog.policy.effects import PolicyError
from gatelog.record.events import Failure
from gatelog.record.exchange import Response

HANDSHAKE_BYTES = 64 << 10


class Listening(Protocol):
    """Who hears from a tunnel."""

    def tunnel_answered(self, head: ResponseHead, rest: bytes) -> None:
        """The backend's answer to the handshake, and what came behind it."""
        ...

    def tunnel_data(self, data: bytes) -> None:
        """Bytes of the open connection."""
        ...

    def tunnel_closed(self, error: UpstreamFailure | None) -> None:
        """The backend's side is gone."""
        ...

    def tunnel_slow(self, slow: bool) -> None:
        """The backend reads slowly, or has caught up."""
        ...


class Tunnel(asyncio.Protocol):
    """The backend's side of an upgraded connection: handshake first, then bytes."""

    def __init__(self, listening: Listening, handshake: bytes, memo: FieldMemo) -> None:
        self._listening = listening
        self._handshake = handshake
        self._memo = memo
        self._data = b""
        self._answered = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._handshake)

    def data_received(self, data: bytes) -> None:
        if self._answered:
            self._listening.tunnel_data(data)
            return
        self._data += data
        end = self._data.find(b"\r\n\r\n")
        if end < 0 and len(self._data) < HANDSHAKE_BYTES:
            return
        try:
            head = read_response_head(self._data[: max(end, 0)], self._memo, "GET")
        except BadMessage as error:
            self._listening.tunnel_closed(UpstreamFailure(f"malformed answer from the backend: {error}"))
            self.close()
            return
        self._answered = True
        self._listening.tunnel_answered(head, self._data[end + 4 :])

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        broken = exc is not None or not self._answered
        self._listening.tunnel_closed(UpstreamFailure(f"connection lost: {exc or 'closed'}") if broken else None)

    def pause_writing(self) -> None:
        self._listening.tunnel_slow(True)

    def resume_writing(self) -> None:
        self._listening.tunnel_slow(False)

    def write(self, data: bytes) -> None:
        """Bytes of the caller."""
        if self._transport is not None:
            self._transport.write(data)

    def pause(self, slow: bool) -> None:
        """The caller reads slowly, or has caught up."""
        if self._transport is not None:
            (self._transport.pause_reading if slow else self._transport.resume_reading)()

    def close(self) -> None:
        """Close when everything is sent."""
        if self._transport is not None:
            self._transport.close()


class UpgradeCall(Call):
    """A call whose answer is an open connection. A `Listening`."""

    __slots__ = ("_early", "_from_backend", "_from_client", "_open", "_tunnel")

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.close_after = True
        self._early = b""
        self._open = False
        self._tunnel: Tunnel | None = None
        self._from_client: FrameReader | None = None
        self._from_backend: FrameReader | None = None

    # -- the caller ------------------------------------------------------------------------------------------------------

    def from_client(self, data: bytes) -> None:
        """Bytes of the caller."""
        if not self._open or self._tunnel is None:
            self._early += data
            return
        if self._from_client is not None:
            self._from_client.feed(data)
        self._tunnel.write(data)

    def client_gone(self) -> None:
        """The caller hung up: for an open connection that is a proper end."""
        tunnel, self._tunnel = self._tunnel, None
        if tunnel is not None:
            tunnel.close()
        if not self._open:
            super().client_gone()
            return
        self._gone = True
        self._end(None)

    def slow_client(self, slow: bool) -> None:
        """The caller reads slowly, or has caught up."""
        if self._tunnel is not None:
            self._tunnel.pause(slow)

    # -- the backend -----------------------------------------------------------------------------------------------------

    def _send(self, recorded: bool, origin: Origin, data: tuple[bytes, ...]) -> None:
        if self._concluded:
            return
        if not recorded:
            self._refuse_unrecorded()
            return
        handshake = data[0][:-2] + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        self.gate.tasks.start(self._connect(origin, handshake))

    async def _connect(self, origin: Origin, handshake: bytes) -> None:
        secure = origin.scheme == "https"
        tunnel = self._tunnel = Tunnel(self, handshake, self.gate.memo)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self.gate.loop.create_connection(
                    lambda: tunnel,
                    origin.host,
                    origin.port,
                    ssl=self.gate.pool.tls_context(origin) if secure else None,
                    server_hostname=origin.host if secure else None,
                )
        except TimeoutError:
            self.tunnel_closed(UpstreamFailure(f"no connection to {origin.host}:{origin.port}", "Timeout"))
        except (OSError, ssl.SSLError) as error:
            self.tunnel_closed(UpstreamFailure(f"cannot connect to {origin.host}:{origin.port}: {error}"))
        else:
            if self._concluded:
                tunnel.close()

    def tunnel_answered(self, head: ResponseHead, rest: bytes) -> None:
        """See `Listening`."""
        attempt = cast(Attempt, self.attempt)
        attempt.first_byte = self.gate.clock.monotonic()
        attempt.head = head
        body = None if head.status == 101 else rest
        if body is not None:
            attempt.response_body = body
            self._close_tunnel()
        self.exchange.response = Response(head.status, head.reason, self.gate.fields.to_caller(head.headers).copy(), body)
        run = self._run
        if run is not None:
            run.resume(None)
        if self._open and rest:
            self.tunnel_data(rest)

    def _pipeline_ended(self, error: PolicyError | None) -> None:
        response = self.exchange.response
        if error is not None or response is None or response.status != 101:
            self._close_tunnel()
            super()._pipeline_ended(error)
            return
        self._run = None
        self._open = self._started_answer = True
        deflate = "permessage-deflate" in (response.headers.get("sec-websocket-extensions") or "")
        self._from_client, self._from_backend = FrameReader(deflate=deflate), FrameReader(deflate=deflate)
        lines = [*response.headers.items, ("Connection", "Upgrade"), ("Upgrade", "websocket")]
        self._client.write(head_bytes("HTTP/1.1 101 Switching Protocols", lines))
        early, self._early = self._early, b""
        if early:
            self.from_client(early)

    def tunnel_data(self, data: bytes) -> None:
        """See `Listening`."""
        if self._from_backend is not None:
            self._from_backend.feed(data)
        cast(Attempt, self.attempt).response_size += len(data)
        self._client.write(data)

    def tunnel_slow(self, slow: bool) -> None:
        """See `Listening`."""
        self._client.slow_reading(slow)

    def tunnel_closed(self, error: UpstreamFailure | None) -> None:
        """See `Listening`."""
        self._tunnel = None
        if self._concluded:
            return
        if self._open:
            reason = Failure(source="forward-request", reason=error.reason, message=str(error)) if error is not None else None
            self._end(reason)
        elif self._run is not None:
            failure = error or UpstreamFailure("connection closed during the handshake")
            self._run.fail(PolicyError("forward-request", failure.reason, str(failure)))

    def _close_tunnel(self) -> None:
        tunnel, self._tunnel = self._tunnel, None
        if tunnel is not None:
            tunnel.close()

    def _end(self, failure: Failure | None) -> None:
        """The connection has ended: everything that was said goes on record."""
        if self._concluded:
            return
        attempt = cast(Attempt, self.attempt)
        attempt.last_byte = self.gate.clock.monotonic()
        self.backend_ns = attempt.last_byte - attempt.started
        if self._from_client is not None and self._from_backend is not None:
            attempt.body = b"\n".join(self._from_client.texts)
            attempt.response_body = b"\n".join(self._from_backend.texts)
        self.failure = failure
        self.completed = failure is None
        response = self.exchange.response
        if response is not None:
            response.body = attempt.response_body
        self._conclude(self._release_closed)

    def _release_closed(self, _: bool) -> None:
        if not self._gone:
            self._client.answered(False)
