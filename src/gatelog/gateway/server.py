"""The data plane's listener: one `ClientConnection` for each caller, one call at a time on each.

Requests that follow on the same connection wait in the reader (pipelining); a caller that does not read stops the backend
from being read; a caller that closed its sending side still gets its answer.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, cast

from gatelog.gateway.answers import error_answer
from gatelog.gateway.call import Call
from gatelog.gateway.heads import BadMessage, RequestHead, head_bytes
from gatelog.gateway.http1 import CONTINUE, BodyTooLarge, RequestReader
from gatelog.gateway.routing import Refusal, Route
from gatelog.gateway.websocket import UpgradeCall

if TYPE_CHECKING:
    from gatelog.gateway.gate import Gate

log = logging.getLogger("gatelog.gateway")

PIPELINED_BYTES: Final = 64 << 10
"""Bytes of later requests that are read ahead."""
EARLY_CHECK_BYTES: Final = 256 << 10
"""A larger body is only read for a caller who may send it."""
HEAD_SECONDS: Final = 30.0
"""How long the head of a request may take."""
BODY_SECONDS: Final = 60.0
"""How long a caller may be silent in the middle of a body."""
IDLE_SECONDS: Final = 120.0
"""How long a connection is kept between two requests."""
WRITE_SECONDS: Final = 240.0
"""How long a caller may leave its answer unread."""
SWEEP_SECONDS: Final = 1.0
STATUS_PATH: Final = "/status-0123456789abcdef"
"""Where Azure's gateways answer health probes; no API can have it by accident."""
_NEVER: Final = float("inf")


class ClientConnection(asyncio.Protocol):
    """One caller's connection."""

    __slots__ = (
        "_call",
        "_deadline",
        "_eof",
        "_first_byte",
        "_gate",
        "_head",
        "_listener",
        "_paused_reading",
        "_reader",
        "_route",
        "_transport",
        "_upgrade",
        "client_ip",
        "tls_version",
    )

    def __init__(self, listener: Listener, gate: Gate) -> None:
        self._listener = listener
        self._gate = gate
        self._transport: asyncio.Transport | None = None
        self._reader = RequestReader(gate.memo, gate.max_body_bytes)
        self._call: Call | None = None
        self._upgrade: UpgradeCall | None = None
        self._head: RequestHead | None = None
        self._route: Route | None = None
        self._first_byte = 0
        self._deadline = _NEVER
        self._eof = False
        self._paused_reading = False
        self.client_ip = ""
        self.tls_version = ""

    # -- asyncio.Protocol ------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self.client_ip = peer[0] if peer else ""
        tls = transport.get_extra_info("ssl_object")
        self.tls_version = (tls.version() or "").removeprefix("TLSv") if tls is not None else ""
        self._deadline = self._gate.time() + HEAD_SECONDS
        if not self._listener.add(self):
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._upgrade is not None:
            self._upgrade.from_client(data)
            return
        self._reader.receive(data)
        if self._call is not None:
            if self._reader.buffered > PIPELINED_BYTES:
                self._pause_reading()
            return
        if not self._first_byte:
            self._first_byte = self._gate.clock.monotonic()
        self._advance()

    def eof_received(self) -> bool:
        self._eof = True
        return self._call is not None and not self.tls_version

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._listener.remove(self)
        call, self._call = self._call, None
        upgrade, self._upgrade = self._upgrade, None
        if upgrade is not None:
            upgrade.client_gone()
        if call is not None:
            call.client_gone()

    def pause_writing(self) -> None:
        self._deadline = self._gate.time() + WRITE_SECONDS
        self._tell_slow(True)

    def resume_writing(self) -> None:
        self._deadline = _NEVER
        self._tell_slow(False)

    def _tell_slow(self, slow: bool) -> None:
        if self._upgrade is not None:
            self._upgrade.slow_client(slow)
        elif self._call is not None:
            self._call.slow_client(slow)

    # -- gatelog.gateway.call.Client -------------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Send bytes."""
        if self._transport is not None:
            self._transport.write(data)

    def answered(self, keep: bool) -> None:
        """The answer is complete."""
        self._call = self._upgrade = None
        self._first_byte = 0
        transport = self._transport
        if transport is None:
            return
        if not keep or self._listener.draining or (self._eof and not self._reader.buffered):
            transport.close()
            return
        if self._paused_reading:
            self._paused_reading = False
            transport.resume_reading()
        self._deadline = self._gate.time() + IDLE_SECONDS
        if self._reader.buffered:
            self._first_byte = self._gate.clock.monotonic()
            self._advance()

    def abort(self) -> None:
        """Break the connection off."""
        self._call = self._upgrade = None
        if self._transport is not None:
            self._transport.abort()

    # -- requests --------------------------------------------------------------------------------------------------------

    def _advance(self) -> None:
        """Begin the next call once its request is here."""
        reader = self._reader
        try:
            head = self._head
            if head is None:
                head = reader.head()
                if head is None:
                    self._wait(HEAD_SECONDS)
                    return
                self._head = head
                if self._is_special(head):
                    return
            body = reader.body()
        except BodyTooLarge as error:
            self._refuse_body(error.head or self._head)
            return
        except BadMessage as error:
            self._refuse(error)
            return
        if body is None:
            self._wait(BODY_SECONDS)
            return
        if head.target == STATUS_PATH and head.method == "GET":
            self._answer_status(head)
            return
        route = self._route or self._gate.router.route(head, self._gate.clock.now() // 1_000_000_000)
        self._begin(head, body, route)

    def _answer_status(self, head: RequestHead) -> None:
        """Azure's health probe of a gateway; no call, not on record."""
        self._head = self._route = None
        body = b"Service Operational"
        lines = [("Content-Length", str(len(body))), ("Content-Type", "text/plain"), ("Date", self._gate.date())]
        keep = head.keep_alive and head.minor == 1
        if not keep:
            lines.append(("Connection", "close"))
        self.write(head_bytes("HTTP/1.1 200 OK", lines) + body)
        self.answered(keep)

    def _begin(self, head: RequestHead, body: bytes, route: Route) -> None:
        self._head = self._route = None
        self._deadline = _NEVER
        call = self._call = Call(self._gate, self, head, body, route, self._first_byte)
        call.begin()

    def _is_special(self, head: RequestHead) -> bool:
        """Requests whose head alone decides: upgrades, `Expect`, and large bodies of callers without a valid key."""
        keys = head.headers.keys
        if "upgrade" in keys and head.upgrade == "websocket" and head.method == "GET" and not head.length:
            self._begin_upgrade(head)
            return True
        expects = "expect" in keys and head.expects_continue
        if not expects and 0 <= head.length <= EARLY_CHECK_BYTES:
            return False
        route = self._route = self._gate.router.route(head, self._gate.clock.now() // 1_000_000_000)
        if route.refusal is not None:
            head.keep_alive = False
            self._begin(head, b"", route)
            return True
        if expects and not self._reader.buffered:
            self.write(CONTINUE)
        return False

    def _begin_upgrade(self, head: RequestHead) -> None:
        route = self._gate.router.route(head, self._gate.clock.now() // 1_000_000_000)
        self._head = None
        if route.refusal is not None:
            self._begin(head, b"", route)
            return
        self._deadline = _NEVER
        call = self._upgrade = UpgradeCall(self._gate, self, head, b"", route, self._first_byte)
        if rest := self._reader.take_rest():
            call.from_client(rest)
        call.begin()

    def close(self) -> None:
        """Close when everything is sent."""
        if self._transport is not None:
            self._transport.close()

    def slow_reading(self, slow: bool) -> None:
        """Read no more from the caller for now, or read on."""
        if slow:
            self._pause_reading()
        elif self._transport is not None and self._paused_reading:
            self._paused_reading = False
            self._transport.resume_reading()

    def _pause_reading(self) -> None:
        if self._transport is not None and not self._paused_reading:
            self._paused_reading = True
            self._transport.pause_reading()

    def _refuse_body(self, head: RequestHead | None) -> None:
        """413, on record like any other answer."""
        if head is None:
            self._refuse(BadMessage("request body too large", 413))
            return
        head.keep_alive = False
        found = self._gate.router.route(head, self._gate.clock.now() // 1_000_000_000)
        refused = found if found.refusal is not None else found.refused(Refusal.TOO_LARGE)
        self._begin(head, b"", refused)

    def _refuse(self, error: BadMessage) -> None:
        """What is no HTTP request gets an answer, but is no call."""
        self._listener.malformed += 1
        answer = error_answer(error.status, "Bad request." if error.status == 400 else str(error).capitalize() + ".")
        body = answer.body or b""
        lines = [("Content-Length", str(len(body))), *answer.headers, ("Date", self._gate.date())]
        lines.append(("Connection", "close"))
        self.write(head_bytes(f"HTTP/1.1 {error.status} {answer.reason}", lines) + body)
        self.close()
        self._deadline = self._gate.time() + 5.0

    def _wait(self, seconds: float) -> None:
        self._deadline = self._gate.time() + seconds

    def expire(self, now: float) -> None:
        """Close what has been silent for too long."""
        if now > self._deadline and self._transport is not None:
            self._transport.abort()

    @property
    def busy(self) -> bool:
        """A call is on its way."""
        return self._call is not None or self._upgrade is not None

    def finish(self) -> None:
        """Close now if nothing is on its way; else after its answer."""
        if not self.busy:
            self.close()


class Listener:
    """All connections of one worker."""

    def __init__(self, gate: Gate, loop: asyncio.AbstractEventLoop, *, max_connections: int = 20_000) -> None:
        self._gate = gate
        self._loop = loop
        self._limit = max_connections
        self._connections: set[ClientConnection] = set()
        self._timer: asyncio.TimerHandle | None = None
        self.draining = False
        self.malformed = 0
        """Messages that were no HTTP requests."""

    def __len__(self) -> int:
        return len(self._connections)

    def connection(self) -> ClientConnection:
        """The protocol of a new connection."""
        return ClientConnection(self, self._gate)

    def add(self, connection: ClientConnection) -> bool:
        """Take a connection in; False: there are too many."""
        if len(self._connections) >= self._limit:
            log.warning("more than %d connections: one is refused", self._limit)
            return False
        self._connections.add(connection)
        return True

    def remove(self, connection: ClientConnection) -> None:
        """A connection is gone."""
        self._connections.discard(connection)

    def start_sweeping(self) -> None:
        """Begin to close silent connections."""
        self._timer = self._loop.call_later(SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        now = self._gate.time()
        for connection in list(self._connections):
            connection.expire(now)
        self._timer = self._loop.call_later(SWEEP_SECONDS, self._sweep)

    async def drain(self, seconds: float) -> None:
        """Let calls come to their end, then close everything."""
        self.draining = True
        for connection in list(self._connections):
            connection.finish()
        deadline = self._loop.time() + seconds
        while any(connection.busy for connection in self._connections) and self._loop.time() < deadline:
            await asyncio.sleep(0.02)
        if self._timer is not None:
            self._timer.cancel()
        for connection in list(self._connections):
            connection.abort()
        await asyncio.sleep(0)
