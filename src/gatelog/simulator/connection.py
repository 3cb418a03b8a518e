"""One connection of the simulator: HTTP/1.1 by httptools, answers written on the event loop's own timers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from typing import cast
from urllib.parse import parse_qsl, unquote

import httptools

from gatelog.simulator.messages import SimReply, SimRequest

Answer = Callable[[SimRequest], SimReply]
_REASONS = {status.value: status.phrase for status in HTTPStatus}
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection(asyncio.Protocol):
    """Reads requests, answers them in order."""

    def __init__(self, answer: Answer, max_body: int, loop: asyncio.AbstractEventLoop) -> None:
        self._answer = answer
        self._max_body = max_body
        self._loop = loop
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[tuple[SimRequest, bool]] = deque()
        self._busy = False
        self._paused = False
        self._resume: Callable[[], None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._start_request()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse(400)
        except httptools.HttpParserError:
            self._refuse(400)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        resume, self._resume = self._resume, None
        if resume is not None:
            resume()

    # httptools' callbacks

    def on_message_begin(self) -> None:
        self._start_request()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        lowered = name.decode("latin-1").lower()
        self._headers[lowered] = value.decode("latin-1")
        if lowered == "expect" and self._transport is not None:
            self._transport.write(_CONTINUE)

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        if self._size > self._max_body:
            self._refuse(413)
            return
        self._body.append(body)

    def on_message_complete(self) -> None:
        parsed = httptools.parse_url(self._url)
        query = dict(parse_qsl((parsed.query or b"").decode("latin-1"), keep_blank_values=True))
        request = SimRequest(
            self._parser.get_method().decode("latin-1"),
            unquote((parsed.path or b"/").decode("latin-1")),
            query,
            self._headers,
            b"".join(self._body),
        )
        self._waiting.append((request, self._parser.should_keep_alive()))
        self._next()

    def _start_request(self) -> None:
        self._url = b""
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._size = 0

    def _next(self) -> None:
        if self._busy or not self._waiting or self._transport is None:
            return
        self._busy = True
        request, keep = self._waiting.popleft()
        reply = self._answer(request)
        self._after(reply.delay, lambda: self._begin(reply, keep))

    def _after(self, seconds: float, action: Callable[[], None]) -> None:
        if seconds > 0:
            self._timer = self._loop.call_later(seconds, action)
        else:
            action()

    def _begin(self, reply: SimReply, keep: bool) -> None:
        if self._transport is None:
            return
        if not reply.pieces:
            self._transport.write(_head(reply, keep, f"Content-Length: {len(reply.body)}") + reply.body)
            self._end(keep)
            return
        self._transport.write(_head(reply, keep, "Transfer-Encoding: chunked"))
        self._stream(reply, keep, 0)

    def _stream(self, reply: SimReply, keep: bool, position: int) -> None:
        """Send piece by piece; pieces without a delay go out together with the one before them."""
        if self._transport is None:
            return
        if self._paused:
            self._resume = lambda: self._stream(reply, keep, position)
            return
        data = bytearray()
        while position < len(reply.pieces) and not reply.pieces[position].delay:
            data += _chunk(reply.pieces[position].data)
            position += 1
        if data:
            self._transport.write(bytes(data))
        if position < len(reply.pieces):
            self._timer = self._loop.call_later(reply.pieces[position].delay, self._send_from, reply, keep, position)
        else:
            self._finish_stream(reply, keep)

    def _send_from(self, reply: SimReply, keep: bool, position: int) -> None:
        if self._transport is None:
            return
        self._transport.write(_chunk(reply.pieces[position].data))
        self._stream(reply, keep, position + 1)

    def _finish_stream(self, reply: SimReply, keep: bool) -> None:
        if self._transport is None:
            return
        if reply.cut:
            self._transport.close()
            return
        self._transport.write(b"0\r\n\r\n")
        self._end(keep)

    def _end(self, keep: bool) -> None:
        self._busy = False
        if not keep and self._transport is not None:
            self._transport.close()
        elif self._waiting:
            self._loop.call_soon(self._next)

    def _refuse(self, status: int) -> None:
        if self._transport is not None:
            self._transport.write(_head(SimReply(status), False, "Content-Length: 0"))
            self._transport.close()
            self._transport = None


def _head(reply: SimReply, keep: bool, length: str) -> bytes:
    lines = [f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, 'Unknown')}", f"Content-Type: {reply.content_type}", length]
    lines += [f"{name}: {value}" for name, value in reply.headers]
    if not keep:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)
