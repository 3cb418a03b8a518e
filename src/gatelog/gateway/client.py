"""The pooled upstream client: whole requests out, heads and body pieces back by callback.

A `Ticket` is one request on its way. Its receiver hears `on_head` once, `on_data` for pieces, and in the end exactly one of
`on_end` and `on_failure`; nothing after `Ticket.cancel`. A pooled connection that turns out dead is replaced silently only when
the request cannot have been carried out twice (RFC 9110 section 9.2.2).
"""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from gatelog.errors import GatelogError
from gatelog.gateway.heads import BadMessage, FieldMemo, ResponseHead
from gatelog.gateway.http1 import ResponseReader

log = logging.getLogger("gatelog.gateway")

CONNECT_SECONDS = 10.0
IDLE_SECONDS = 55.0
"""A pooled connection that was idle for longer is closed: most servers give up after a minute."""
STALL_SECONDS = 240.0
"""A stream that is silent for longer is cut (Azure's limit, four minutes)."""
IDLE_PER_ORIGIN = 512
SWEEP_SECONDS = 0.25

_REPEATABLE = frozenset(("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where connections go; equal origins share them."""

    scheme: str
    host: str
    port: int
    verify: bool = True
    """Check the server's certificate chain."""
    verify_name: bool = True
    certificate: str = ""
    """PEM of a client certificate with its key."""
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        parts = (self.scheme, self.host, self.port, self.verify, self.verify_name, self.certificate)
        object.__setattr__(self, "_hash", hash(parts))

    def __hash__(self) -> int:
        return self._hash


class UpstreamFailure(GatelogError):
    """No (whole) answer came; `reason` is `Timeout` or `BackendConnectionFailure`."""

    def __init__(self, message: str, reason: str = "BackendConnectionFailure") -> None:
        super().__init__(message)
        self.reason = reason


class Receiver(Protocol):
    """Who hears about an answer."""

    def on_head(self, head: ResponseHead) -> None:
        """The head is there."""
        ...

    def on_data(self, data: bytes) -> None:
        """A piece of the body, never empty."""
        ...

    def on_end(self) -> None:
        """The body is complete."""
        ...

    def on_failure(self, error: UpstreamFailure) -> None:
        """There will be no (more) answer."""
        ...


class Ticket:
    """One request on its way."""

    __slots__ = (
        "_connection",
        "_pool",
        "connect_ns",
        "data",
        "deadline",
        "ended",
        "fresh",
        "method",
        "origin",
        "receiver",
        "repeatable",
    )

    def __init__(
        self,
        pool: Pool,
        origin: Origin,
        method: str,
        data: tuple[bytes, ...],
        receiver: Receiver,
        repeatable: bool,
        deadline: float,
    ) -> None:
        self._pool = pool
        self._connection: UpstreamConnection | None = None
        self.origin = origin
        self.method = method
        self.data = data
        self.receiver = receiver
        self.repeatable = repeatable
        self.deadline = deadline
        """Loop time by which the head must be there, or (later) the next piece."""
        self.fresh = False
        """Runs on a connection of its own making."""
        self.connect_ns = 0
        self.ended = False

    def cancel(self) -> None:
        """Forget about it; the connection is closed because its answer is still on the way."""
        if not self.ended:
            self.ended = True
            if self._connection is not None:
                self._connection.abandon()

    def pause(self) -> None:
        """Stop reading: the caller downstream is slow."""
        if self._connection is not None:
            self._connection.pause()

    def resume(self) -> None:
        """Read on."""
        if self._connection is not None:
            self._connection.resume(self._pool.time() + STALL_SECONDS)

    def attach(self, connection: UpstreamConnection) -> None:
        """The connection that carries it."""
        self._connection = connection

    def fail(self, error: UpstreamFailure) -> None:
        """End it without an answer."""
        if not self.ended:
            self.ended = True
            self.receiver.on_failure(error)

    def detach(self) -> None:
        """Let go of the connection, whose next tickets are none of its business."""
        self._connection = None

    def can_repeat(self) -> bool:
        """It may be sent once more on a new connection."""
        return self.repeatable and not self.fresh and not self.ended

    def send_again(self) -> None:
        """Once more, on a new connection."""
        self._connection = None
        self._pool.open(self)


class UpstreamConnection(asyncio.Protocol):
    """One connection to a backend; carries one ticket at a time."""

    __slots__ = ("_origin", "_paused", "_pool", "_reader", "_ticket", "_transport", "idle_since", "upgraded")

    def __init__(self, pool: Pool, origin: Origin) -> None:
        self._pool = pool
        self._origin = origin
        self._transport: asyncio.Transport | None = None
        self._ticket: Ticket | None = None
        self._reader: ResponseReader | None = None
        self._paused = False
        self.idle_since = 0.0
        self.upgraded: Callable[[bytes], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def start(self, ticket: Ticket) -> None:
        """Send the ticket's request."""
        self._ticket = ticket
        ticket.attach(self)
        self._reader = ResponseReader(self._pool.memo, ticket.method)
        transport = self._transport
        if transport is None or transport.is_closing():
            self.connection_lost(None)
        elif len(ticket.data) == 1:
            transport.write(ticket.data[0])
        else:
            transport.writelines(ticket.data)

    def data_received(self, data: bytes) -> None:
        ticket, reader = self._ticket, self._reader
        if ticket is None or reader is None:
            self.close()  # an idle connection has nothing to say
            return
        had_head = reader.head is not None
        try:
            content = reader.feed(data)
        except BadMessage as error:
            self._break(UpstreamFailure(f"malformed answer from the backend: {error}"))
            return
        head = reader.head
        if head is None:
            return
        if not had_head:
            ticket.receiver.on_head(head)
        if content and not ticket.ended:
            ticket.receiver.on_data(content)
        if reader.done:
            self._finish(ticket, reader)
        else:
            ticket.deadline = self._pool.time() + STALL_SECONDS

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._pool.forget(self._origin, self)
        ticket, reader = self._ticket, self._reader
        self._ticket = None
        if ticket is None or reader is None or ticket.ended:
            return
        if reader.head is None and not reader.interim and exc is None and ticket.can_repeat():
            ticket.send_again()
            return
        try:
            if exc is not None:
                raise BadMessage(f"connection lost: {exc}")
            reader.end_of_stream()
        except BadMessage as error:
            ticket.fail(UpstreamFailure(str(error)))
            return
        ticket.ended = True
        ticket.receiver.on_end()

    def abandon(self) -> None:
        """The ticket is not wanted any more."""
        self._ticket = None
        self.close()

    def expire(self, now: float) -> None:
        """Cut what waits for too long."""
        ticket, reader = self._ticket, self._reader
        if ticket is None:
            if now - self.idle_since > IDLE_SECONDS:
                self.close()
        elif now > ticket.deadline and not self._paused:
            waiting_for_head = reader is None or reader.head is None
            what = "no answer from the backend in time" if waiting_for_head else "the backend fell silent"
            self._break(UpstreamFailure(what, "Timeout"))

    def pause(self) -> None:
        """Stop reading."""
        if self._transport is not None and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def resume(self, deadline: float) -> None:
        """Read on."""
        if self._transport is not None and self._paused:
            self._paused = False
            if self._ticket is not None:
                self._ticket.deadline = deadline
            self._transport.resume_reading()

    def close(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def _finish(self, ticket: Ticket, reader: ResponseReader) -> None:
        head = reader.head
        clean = head is not None and head.keep_alive and not reader.rest and not ticket.ended
        self._ticket = None
        self._reader = None
        transport = self._transport
        if transport is not None:
            if clean and not transport.is_closing() and not transport.get_write_buffer_size():
                self.resume(0.0)
                self.idle_since = self._pool.time()
                self._pool.put(self._origin, self)
            else:
                transport.close()
        if not ticket.ended:
            ticket.ended = True
            ticket.receiver.on_end()
        ticket.detach()

    def _break(self, error: UpstreamFailure) -> None:
        ticket = self._ticket
        self._ticket = None
        self.close()
        if ticket is not None:
            ticket.fail(error)


class Pool:
    """Connections to backends, kept open and used again, last used first."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        memo: FieldMemo,
        start: Callable[[Coroutine[Any, Any, None]], object],
        *,
        ca_file: str | None = None,
    ) -> None:
        self._loop = loop
        self._start = start
        """Runs a coroutine as a task that somebody owns."""
        self._ca_file = ca_file
        self._idle: dict[Origin, deque[UpstreamConnection]] = {}
        self._all: set[UpstreamConnection] = set()
        self._connecting: set[Ticket] = set()
        self._contexts: dict[Origin, ssl.SSLContext] = {}
        self._timer: asyncio.TimerHandle | None = None
        self.memo = memo
        self.time = loop.time

    def send(
        self,
        origin: Origin,
        method: str,
        data: tuple[bytes, ...],
        receiver: Receiver,
        *,
        timeout: float,
        repeatable: bool = False,
    ) -> Ticket:
        """Send a serialised request; the answer's head must be there within `timeout` seconds."""
        ticket = Ticket(self, origin, method, data, receiver, repeatable or method in _REPEATABLE, self.time() + timeout)
        idle = self._idle.get(origin)
        if idle:
            idle.pop().start(ticket)
        else:
            self.open(ticket)
        return ticket

    def open(self, ticket: Ticket) -> None:
        """Carry a ticket on a new connection."""
        ticket.fresh = True
        self._connecting.add(ticket)
        self._start(self._connect(ticket))

    def put(self, origin: Origin, connection: UpstreamConnection) -> None:
        """A connection is free again."""
        idle = self._idle.get(origin)
        if idle is None:
            idle = self._idle[origin] = deque()
        if len(idle) < IDLE_PER_ORIGIN:
            idle.append(connection)
        else:
            connection.close()

    def forget(self, origin: Origin, connection: UpstreamConnection) -> None:
        """A connection is gone."""
        self._all.discard(connection)
        idle = self._idle.get(origin)
        if idle and connection in idle:
            idle.remove(connection)

    def start_sweeping(self) -> None:
        """Begin to cut what waits for too long."""
        self._timer = self._loop.call_later(SWEEP_SECONDS, self._sweep)

    def close(self) -> None:
        """Close every connection."""
        if self._timer is not None:
            self._timer.cancel()
        for connection in list(self._all):
            connection.close()

    def tls_context(self, origin: Origin) -> ssl.SSLContext:
        """How a connection to this origin is secured."""
        context = self._contexts.get(origin)
        if context is None:
            context = self._contexts[origin] = _tls_context(origin, self._ca_file)
        return context

    def _sweep(self) -> None:
        now = self.time()
        for connection in list(self._all):
            connection.expire(now)
        self._timer = self._loop.call_later(SWEEP_SECONDS, self._sweep)

    async def _connect(self, ticket: Ticket) -> None:
        origin = ticket.origin
        began, started = time.monotonic_ns(), self.time()
        seconds = max(0.001, min(CONNECT_SECONDS, ticket.deadline - started))
        try:
            async with asyncio.timeout(seconds):
                _, connection = await self._loop.create_connection(
                    lambda: UpstreamConnection(self, origin),
                    origin.host,
                    origin.port,
                    ssl=self.tls_context(origin) if origin.scheme == "https" else None,
                    server_hostname=origin.host if origin.scheme == "https" else None,
                )
        except TimeoutError:
            ticket.fail(UpstreamFailure(f"no connection to {origin.host}:{origin.port} in {seconds:.0f} s", "Timeout"))
            return
        except (OSError, ssl.SSLError, UnicodeError) as error:
            ticket.fail(UpstreamFailure(f"cannot connect to {origin.host}:{origin.port}: {error}"))
            return
        finally:
            self._connecting.discard(ticket)
        self._all.add(connection)
        ticket.connect_ns = time.monotonic_ns() - began
        if ticket.ended:
            connection.idle_since = self.time()
            self.put(origin, connection)
        else:
            connection.start(ticket)


def _tls_context(origin: Origin, ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if not origin.verify or not origin.verify_name:
        context.check_hostname = False
    if not origin.verify:
        context.verify_mode = ssl.CERT_NONE
    if origin.certificate:
        _load_certificate(context, origin.certificate)
    return context


def _load_certificate(context: ssl.SSLContext, pem: str) -> None:
    """Python's ssl reads certificates from files only; a memory file keeps the key off the disk."""
    descriptor = os.memfd_create("client-certificate")
    try:
        os.write(descriptor, pem.encode())
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
