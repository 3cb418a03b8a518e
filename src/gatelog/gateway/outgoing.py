"""Heads that leave the gate: the request to a backend, the answer to a caller."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

import orjson

from gatelog.gateway.backends import Destination
from gatelog.gateway.heads import HOP_BY_HOP, ResponseHead, head_bytes, named_by_connection, without
from gatelog.gateway.sieve import Sieve
from gatelog.policy.answers import phrase
from gatelog.record.exchange import Request, Response, Url
from gatelog.record.headers import Headers

if TYPE_CHECKING:
    from gatelog.gateway.call import Call

TRACE_BYTES = 32 << 10
"""Largest request trace that an answer carries."""

REMEMBERED = 128
"""Heads to backends that are remembered; they hold tokens, so not for long."""

_NOT_FORWARDED = HOP_BY_HOP | {"host", "content-length", "expect", "http2-settings", "server-timing", "apim-debug-authorization"}
_BODY_METHODS = frozenset(("POST", "PUT", "PATCH"))


def backend_target(destination: Destination, url: Url) -> str:
    """Path and query that the backend sees: its base URL's path, the operation's path, the backend entity's own query."""
    path = destination.base.path + (url.path if url.path != "/" or not destination.base.path else "")
    query = url.query
    backend = destination.backend
    if backend is not None and backend.query:
        own = "&".join(f"{quote(name)}={quote(value)}" for name, value in backend.query)
        query = f"{query}&{own}" if query else own
    target = f"{path or '/'}?{query}" if query else path or "/"
    return target if target.isascii() and " " not in target else quote(target, safe="%/?:@!$&'()*+,;=~-._[]")


class Fields:
    """Which fields pass the gate in each direction."""

    __slots__ = ("to_backend", "to_caller")

    def __init__(self) -> None:
        self.to_backend = Sieve(lambda key: key not in _NOT_FORWARDED)
        self.to_caller = Sieve(lambda key: key not in HOP_BY_HOP)


def backend_request(call: Call, sent_to: tuple[Destination, str, Request], target: str, body: bytes) -> tuple[Headers, bytes]:
    """The fields sent to the backend, and the whole head as bytes. Raises `BadMessage` for a field that breaks its line."""
    destination, token, request = sent_to
    headers = request.headers
    passed = call.gate.fields.to_backend(headers)
    if extra := named_by_connection(headers):
        passed = without(passed, extra)
    asked_host = headers.get("host")
    host = asked_host if asked_host and asked_host != call.head.host else destination.base.authority
    first_line = f"{request.method} {target} HTTP/1.1"
    plain = call.route.match.llm is not None
    if destination.backend is None and (body or request.method in _BODY_METHODS):
        return call.gate.sent_heads(first_line, host, passed, plain, len(body))
    sent = _sent_fields(host, passed, plain)
    if body or request.method in _BODY_METHODS:
        sent.append("Content-Length", str(len(body)))
    add_credentials(sent, destination, token)
    return sent, head_bytes(first_line, sent.items)


def _sent_fields(host: str, passed: Headers, plain: bool) -> Headers:
    """Host and the fields that pass; `plain`: the answer may not be compressed."""
    items = [("Host", host), *passed.items]
    keys = ["host", *passed.keys]
    if plain:
        # The record and the token counts need the plain answer, and a stream cannot be tapped when it is compressed.
        if "accept-encoding" in keys:
            items[keys.index("accept-encoding")] = ("Accept-Encoding", "identity")
        else:
            items.append(("Accept-Encoding", "identity"))
            keys.append("accept-encoding")
    return Headers.parsed(items, keys)


class SentHeads:
    """Heads of requests to backends that have been written before: only their length differs.

    >>> fields, head = SentHeads()("POST / HTTP/1.1", "a", Headers(), False, 7)
    >>> head
    b'POST / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 7\\r\\n\\r\\n'
    """

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, bool, tuple[tuple[str, str], ...]], tuple[Headers, Sequence[str], bytes]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __call__(self, first_line: str, host: str, passed: Headers, plain: bool, length: int) -> tuple[Headers, bytes]:
        """Fields and bytes of a head that ends with its length. Raises `BadMessage`."""
        key = (first_line, host, plain, tuple(passed.items))
        known = self._known.get(key)
        if known is None:
            sent = _sent_fields(host, passed, plain)
            known = (sent, (*sent.keys, "content-length"), head_bytes(first_line, sent.items)[:-2])
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[key] = known
        sent, keys, start = known
        head = b"%bContent-Length: %d\r\n\r\n" % (start, length)
        return Headers.parsed((*sent.items, ("Content-Length", str(length))), keys), head


def add_credentials(sent: Headers, destination: Destination, token: str) -> None:
    """The fields by which the backend entity says that the gate authenticates."""
    backend = destination.backend
    if backend is None:
        return
    for name, value in backend.headers:
        sent.set(name, value)
    if backend.authorization:
        sent.set("Authorization", backend.authorization)
    if token:
        sent.set("Authorization", f"Bearer {token}")


def answer_head(call: Call, response: Response, body: bytes | None) -> bytes:
    """The head of the caller's answer. `body` None: it follows in chunks (or until the connection closes, in HTTP/1.0)."""
    headers = response.headers
    backend = call.attempt.head if call.attempt is not None else None
    if backend is not None and body is not None and _passes_as_it_is(call, response, backend, len(body)):
        return backend.raw
    if extra := named_by_connection(headers):
        headers = without(headers, extra)
    headers = call.gate.fields.to_caller(headers)
    lines = _with_length(call, response.status, headers, "" if body is None else str(len(body)))
    if "date" not in headers.keys:
        lines.append(("Date", call.gate.date()))
    if call.close_after:
        lines.append(("Connection", "close"))
    elif call.head.minor == 0:
        lines.append(("Connection", "keep-alive"))
    if "server-timing" in call.head.headers.keys:
        lines.append(("Server-Timing", server_timing(call)))
    if call.exchange.tracing:
        lines.extend(_trace_lines(call))
    return head_bytes(f"HTTP/1.1 {response.status} {response.reason or phrase(response.status)}", lines)


def _passes_as_it_is(call: Call, response: Response, backend: ResponseHead, length: int) -> bool:
    """Nobody has changed the backend's head and nothing is to be added."""
    keys = call.head.headers.keys
    unchanged = (
        response.headers.items is backend.headers.items
        and response.status == backend.status
        and response.reason is backend.reason
        and backend.length == length
    )
    return (
        unchanged
        and backend.minor == 1
        and call.head.minor == 1
        and not call.close_after
        and not call.exchange.tracing
        and "date" in response.headers.keys
        and "server-timing" not in keys
    )


def _with_length(call: Call, status: int, headers: Headers, length: str) -> list[tuple[str, str]]:
    """The lines with their framing set anew; the length stands where the backend had it, else first, as Azure writes it."""
    lines = list(headers.items)
    keys = headers.keys
    position = keys.index("content-length") if "content-length" in keys else -1
    if position >= 0 and (lines[position][1] == length or (call.head.method == "HEAD" and length == "0")):
        return lines
    if position >= 0:
        lines = [item for key, item in zip(keys, lines, strict=True) if key != "content-length"]
    if status in (204, 304) or status < 200:
        return lines
    if length:
        lines.insert(max(0, position), ("Content-Length", length))
    elif call.head.minor == 1:
        lines.append(("Transfer-Encoding", "chunked"))
    return lines


def server_timing(call: Call) -> str:
    """The phases of the call so far, in milliseconds (W3C Server Timing)."""
    started = call.exchange.started_monotonic
    now = call.gate.clock.monotonic()
    marks = [("accept", call.received - started)]
    attempt = call.attempt
    if attempt is not None:
        marks.append(("policy", attempt.started - call.received))
        marks.append(("connect", attempt.connect_ns))
        if attempt.first_byte:
            marks.append(("first-byte", attempt.first_byte - attempt.started))
        marks.append(("backend", call.backend_ns or now - attempt.started))
    marks.append(("total", now - started))
    return ", ".join(f"{name};dur={max(0, elapsed) / 1e6:.3f}" for name, elapsed in marks)


def _trace_lines(call: Call) -> list[tuple[str, str]]:
    """The request trace for the test console, when it is small enough for a field."""
    exchange = call.exchange
    lines = [("Apim-Trace-Id", exchange.id)]
    steps = exchange.tracer.records if exchange.tracer is not None else []
    text = base64.b64encode(orjson.dumps([step.document_form() for step in steps], default=str)).decode()
    if len(text) <= TRACE_BYTES:
        lines.append(("Gatelog-Trace", text))
    return lines
