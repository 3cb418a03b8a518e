"""A backend that behaves as the request's `X-Mode` says: well, slowly, or badly. Runs in a thread of the test."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import json
import ssl
import threading
from dataclasses import dataclass, field

COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-35-turbo-0125",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello."}}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
}
PLAIN = json.dumps(COMPLETION).encode()


@dataclass
class Seen:
    """A request that came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    raw: bytes


@dataclass
class ScriptedBackend:
    """Listens on a free port until `close`."""

    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    cancelled: int = 0
    port: int = 0
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(5)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def close(self) -> None:
        if self._loop.is_running():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._main())
        self._loop.close()

    async def _main(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self.tls)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            self.cancelled += 1
        except asyncio.CancelledError:
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines if line)}
        length = int(headers.get("content-length", "0"))
        body = await reader.readexactly(length) if length else b""
        self.seen.append(Seen(method, target, headers, body, head))
        default = "websocket" if headers.get("upgrade") == "websocket" else "json"
        return await self._answer(headers.get("x-mode", default), self.seen[-1], reader, writer)

    async def _answer(self, mode: str, seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if mode == "old-version" and b"stream_options" in seen.body:
            mode = "status-400-stream_options"
        elif mode == "old-version":
            mode = "stream-no-usage"
        if '"stream"' in seen.body.decode("utf-8", "replace") and mode == "json":
            mode = "stream"
        if mode == "json":
            writer.write(head(200, "application/json", len(PLAIN), "apim-request-id: req-1\r\n") + PLAIN)
        elif mode == "echo":
            writer.write(head(200, "application/octet-stream", len(seen.body)) + seen.body)
        elif mode == "gzip":
            packed = gzip.compress(PLAIN)
            writer.write(head(200, "application/json", len(packed), "Content-Encoding: gzip\r\n") + packed)
        elif mode.startswith("status-"):
            body = b'{"error":{"code":"oops","message":"no"}}'
            if mode.endswith("stream_options"):
                body = b'{"error":{"message":"Unrecognized request argument supplied: stream_options"}}'
            writer.write(head(int(mode[7:10]), "application/json", len(body), "Retry-After: 7\r\n") + body)
        elif mode in ("stream", "stream-cut", "stream-slow", "stream-no-usage", "stream-crlf", "stream-hang"):
            return await self._stream(mode, seen, writer)
        elif mode == "chunked":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
            for start in range(0, len(PLAIN), 50):
                writer.write(chunk(PLAIN[start : start + 50]))
                await asyncio.sleep(0.001)
            writer.write(b"0\r\n\r\n")
        elif mode in ("big", "huge"):
            pieces = 50 if mode == "big" else 1000
            writer.write(head(200, "application/octet-stream", pieces * 100_000))
            for _ in range(pieces):
                writer.write(b"b" * 100_000)
                await writer.drain()
        elif mode.startswith("redirect-"):
            _, status, location = mode.split("-", 2)
            more = f"Location: {location}\r\n"
            writer.write(head(int(status), "text/plain", 0, more))
        elif mode == "garbage":
            writer.write(b"SSH-2.0-this is not http\r\n\r\n")
        elif mode == "cut":
            writer.write(head(200, "application/json", 1000) + b'{"half":')
            await writer.drain()
            return False
        elif mode == "close":
            return False
        elif mode == "close-after":
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil close")
            await writer.drain()
            return False
        elif mode == "slow":
            await asyncio.sleep(3)
            writer.write(head(200, "application/json", len(PLAIN)) + PLAIN)
        elif mode == "early-hints":
            writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + head(200, "text/plain", 2) + b"ok")
        elif mode == "smuggle":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        elif mode == "extra":
            writer.write(head(200, "text/plain", 2) + b"okHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nleftover")
        elif mode == "websocket":
            return await self._websocket(seen, reader, writer)
        else:
            raise AssertionError(f"no such mode: {mode}")
        await writer.drain()
        return True

    async def _stream(self, mode: str, seen: Seen, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        wants_usage = b"include_usage" in seen.body and mode != "stream-no-usage"
        for number in range(5):
            delta = {"content": f"word{number} "}
            event: dict[str, object] = {
                "id": "chatcmpl-2",
                "object": "chat.completion.chunk",
                "created": 1,
                "model": "gpt-35-turbo-0125",
                "choices": [{"index": 0, "delta": delta, "finish_reason": None}],
            }
            if wants_usage:
                event["usage"] = None
            writer.write(chunk(b"data: " + json.dumps(event).encode() + b"\n\n"))
            await writer.drain()
            await asyncio.sleep(0.2 if mode == "stream-slow" else 0.005)
            if mode == "stream-cut" and number == 2:
                return False
            if mode == "stream-hang" and number == 2:
                await asyncio.sleep(30)
        if wants_usage:
            usage = {"prompt_tokens": 4, "completion_tokens": 5, "total_tokens": 9}
            last = {"id": "chatcmpl-2", "object": "chat.completion.chunk", "model": "m", "choices": [], "usage": usage}
            writer.write(chunk(b"data: " + json.dumps(last).encode() + b"\n\n"))
        writer.write(chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")
        await writer.drain()
        return True

    async def _websocket(self, seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        key = seen.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
        )
        while data := await reader.read(65536):
            writer.write(unmasked(data))
            await writer.drain()
        return False


def unmasked(frame: bytes) -> bytes:
    """A short masked frame as the server would send the same text."""
    length = frame[1] & 127
    mask, payload = frame[2:6], frame[6 : 6 + length]
    return bytes([frame[0], length]) + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def head(status: int, content_type: str, length: int, more: str = "") -> bytes:
    return f"HTTP/1.1 {status} Whatever\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n{more}\r\n".encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)
