"""Heads of HTTP/1.1 messages without any I/O: bytes to fields and back (RFC 9112, strictly).

Refused, because two programs could read them differently: conflicting or repeated lengths, a length beside a transfer
coding, any coding but `chunked`, bare LF or CR, folded lines, spaces before a colon, oversize heads.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from gatelog.errors import GatelogError
from gatelog.record.headers import Headers

HEAD_BYTES: Final = 64 * 1024
"""Longest head of a message."""
TARGET_BYTES: Final = 16 * 1024
"""Longest request target."""


class BadMessage(GatelogError):
    """The peer sent what is not HTTP/1.1; `status` is the answer for a client."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(slots=True)
class RequestHead:
    """A request line with its fields."""

    method: str
    target: str
    """Origin form: path and query; the `*` of OPTIONS; never absolute."""
    minor: int
    """Minor version: 0 or 1."""
    headers: Headers
    host: str
    length: int
    """Bytes of the body; `CHUNKED` when the chunks say; 0 when there is none."""
    keep_alive: bool
    size: int
    """Bytes of the head."""

    @property
    def expects_continue(self) -> bool:
        """The client waits for `100 Continue` before it sends the body."""
        return self.minor == 1 and (self.headers.get("expect") or "").lower() == "100-continue"

    @property
    def upgrade(self) -> str:
        """The protocol that the client wants to change to, in lower case."""
        wanted = self.headers.get("upgrade")
        return wanted.lower() if wanted and "upgrade" in tokens(self.headers, "connection") else ""


@dataclass(slots=True)
class ResponseHead:
    """A status line with its fields."""

    status: int
    reason: str
    minor: int
    headers: Headers
    length: int
    """Bytes of the body, `CHUNKED`, or `UNTIL_CLOSE`."""
    keep_alive: bool
    raw: bytes
    """The head as it came, with its blank line; without `Connection: keep-alive`, which says nothing in HTTP/1.1."""

    @property
    def size(self) -> int:
        """Bytes of the head."""
        return len(self.raw)


CHUNKED: Final = -1
UNTIL_CLOSE: Final = -2

_REQUEST_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) ([!-~\x80-\xff]+) HTTP/1\.([01])")
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9][0-9])(?: ([\t -~\x80-\xff]*))?")
FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*((?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?)[ \t]*")
_HOST = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=%-]*(?::[0-9]*)?|\[[0-9A-Fa-f:.]+\](?::[0-9]*)?")
_ABSOLUTE = re.compile(r"https?://([^/?#]*)(.*)", re.IGNORECASE)
_LENGTH_FIELD: Final = b"\r\nContent-Length: "
_KEEP_ALIVE: Final = b"\r\nConnection: keep-alive"
_LENGTH = re.compile(r"[0-9]{1,15}")


_Line = tuple[tuple[str, str], str]
"""A field as (name, value), and its name in lower case."""


class _Lines(dict[bytes, _Line]):
    """Field lines that the grammar has accepted, with what they say."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def __missing__(self, line: bytes) -> _Line:
        entry = _read_field(line)
        if len(line) <= 512:
            if len(self) >= self._limit:
                self.clear()
            self[line] = entry
        return entry


class FieldMemo:
    """Lines of heads that were read already: the same peers send the same lines again and again.

    Bounded: it starts anew when it is full. A line enters only after the grammar has accepted it.
    """

    __slots__ = ("_requests", "_statuses", "field_of", "heads")

    def __init__(self, size: int = 4096) -> None:
        self.field_of = _Lines(size).__getitem__
        """A field line -> what it says. Raises `BadMessage`."""
        self.heads: dict[bytes, tuple[RequestHead, int, int]] = {}
        """Request heads without their length: the head, where the length stood, and which field it was."""
        self._requests: dict[bytes, tuple[str, str, int]] = {}
        self._statuses: dict[bytes, tuple[int, int, str]] = {}

    def fields(self, lines: Iterable[bytes]) -> Headers:
        """The fields of these lines. Raises `BadMessage`."""
        entries = [*map(self.field_of, lines)]
        if not entries:
            return Headers()
        items, keys = zip(*entries, strict=True)
        return Headers.parsed(items, keys)

    def keep_head(self, rest: bytes, start: int, head: RequestHead) -> None:
        """Remember an accepted request head whose only length stood at `start`."""
        if len(rest) > 2048:
            return
        if len(self.heads) >= 512:
            self.heads.clear()
        self.heads[rest] = (head, start, head.headers.keys.index("content-length"))

    def request_line(self, line: bytes) -> tuple[str, str, int]:
        """Method, target and minor version. Raises `BadMessage`."""
        known = self._requests.get(line)
        if known is None:
            known = _read_request_line(line)
            if len(line) <= 512:
                if len(self._requests) >= 1024:
                    self._requests.clear()
                self._requests[line] = known
        return known

    def status_line(self, line: bytes) -> tuple[int, int, str]:
        """Status, minor version and reason. Raises `BadMessage`."""
        known = self._statuses.get(line)
        if known is None:
            known = _read_status_line(line)
            if len(self._statuses) < 256 and len(line) <= 128:
                self._statuses[line] = known
        return known


def _read_field(line: bytes) -> _Line:
    match = FIELD.fullmatch(line)
    if match is None:
        raise BadMessage("malformed field line")
    name, value = match[1].decode("ascii"), match[2].decode("latin-1")
    key = sys.intern(name.lower())
    if key == "host" and not _HOST.fullmatch(value):
        raise BadMessage("malformed host")
    if key == "content-length" and not _LENGTH.fullmatch(value):
        raise BadMessage("malformed content-length")
    return (name, value), key


def _read_request_line(line: bytes) -> tuple[str, str, int]:
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        raise BadMessage("malformed request line")
    target = match[2].decode("latin-1")
    if len(target) > TARGET_BYTES:
        raise BadMessage("request target too long", 414)
    return match[1].decode("ascii"), target, int(match[3])


def _read_status_line(line: bytes) -> tuple[int, int, str]:
    match = _STATUS_LINE.fullmatch(line)
    if match is None:
        raise BadMessage("malformed status line")
    return int(match[2]), int(match[1]), (match[3] or b"").decode("latin-1")


def tokens(headers: Headers, name: str) -> list[str]:
    """The comma-separated members of a field, in lower case."""
    return [part.strip().lower() for value in headers.all(name) for part in value.split(",") if part.strip()]


def read_request_head(data: bytes, memo: FieldMemo) -> RequestHead:
    """The head in `data` (without its final blank line). Raises `BadMessage`."""
    start = data.find(_LENGTH_FIELD)
    if start < 0:
        return _parse_request_head(data, memo)
    end = data.find(b"\r\n", start + 2)
    if end < 0:
        end = len(data)
    # One client's requests differ in their length only: the rest of the head is looked up whole.
    rest = data[:start] + data[end:]
    line = data[start + 2 : end]
    known = memo.heads.get(rest)
    if known is None or known[1] != start:
        head = _parse_request_head(data, memo)
        if head.length >= 0:
            memo.keep_head(rest, start, head)
        return head
    template = known[0]
    field, _ = memo.field_of(line)
    items = list(template.headers.items)
    items[known[2]] = field
    return RequestHead(
        template.method,
        template.target,
        template.minor,
        Headers.parsed(items, template.headers.keys),
        template.host,
        int(field[1]),
        template.keep_alive,
        len(data) + 4,
    )


def _parse_request_head(data: bytes, memo: FieldMemo) -> RequestHead:
    lines = data.split(b"\r\n")
    method, target, minor = memo.request_line(lines[0])
    headers = memo.fields(lines[1:])
    keys = headers.keys
    hosts = keys.count("host")
    if hosts != 1 and (minor or hosts):
        raise BadMessage("expected one host field")
    host = headers.items[keys.index("host")][1] if hosts else ""
    if target[0] != "/":
        target, host = _normal_target(method, target, host)
    length = _body_length(headers, minor)
    if length == UNTIL_CLOSE:
        length = 0
    return RequestHead(method, target, minor, headers, host, length, _keeps_alive(headers, minor), len(data) + 4)


def _normal_target(method: str, target: str, host: str) -> tuple[str, str]:
    """Origin form of an absolute target (RFC 9112 section 3.2.2); `*` stays."""
    if target == "*" and method == "OPTIONS":
        return target, host
    match = _ABSOLUTE.fullmatch(target)
    if match is None or not match[1]:
        raise BadMessage("expected an origin-form target")
    rest = match[2]
    if not _HOST.fullmatch(match[1].rpartition("@")[2]):
        raise BadMessage("malformed host")
    return rest if rest.startswith("/") else "/" + rest, match[1].rpartition("@")[2]


def read_response_head(data: bytes, memo: FieldMemo, method: str) -> ResponseHead:
    """The head of the answer to a `method` request. Raises `BadMessage`."""
    if _KEEP_ALIVE in data:
        data = data.replace(_KEEP_ALIVE, b"", 1) if data.startswith(b"HTTP/1.1") else data
    lines = data.split(b"\r\n")
    status, minor, reason = memo.status_line(lines[0])
    headers = memo.fields(lines[1:])
    bodiless = method == "HEAD" or status < 200 or status in (204, 304)
    length = 0 if bodiless else _body_length(headers, minor)
    return ResponseHead(status, reason, minor, headers, length, _keeps_alive(headers, minor), data + b"\r\n\r\n")


def _body_length(headers: Headers, minor: int) -> int:
    """RFC 9112 section 6.3, without its tolerance."""
    keys = headers.keys
    if "transfer-encoding" in keys:
        if "content-length" in keys:
            raise BadMessage("both content-length and transfer-encoding")
        if minor == 0:
            raise BadMessage("transfer-encoding in HTTP/1.0")
        if [value.lower() for value in headers.all("transfer-encoding")] != ["chunked"]:
            raise BadMessage("unsupported transfer-encoding", 501)
        return CHUNKED
    if "content-length" not in keys:
        return UNTIL_CLOSE
    if keys.count("content-length") != 1:
        raise BadMessage("more than one content-length")
    return int(headers.items[keys.index("content-length")][1])


def _keeps_alive(headers: Headers, minor: int) -> bool:
    if "connection" not in headers.keys:
        return minor == 1
    value = headers.get("connection")
    if value == "keep-alive" and minor:
        return True
    options = tokens(headers, "connection")
    return "close" not in options if minor == 1 else "keep-alive" in options


def head_bytes(first_line: str, lines: Iterable[tuple[str, str]]) -> bytes:
    """A message's head with its blank line. Raises `BadMessage` when a value would break out of its line."""
    parts = [first_line]
    parts.extend([f"{name}: {value}" for name, value in lines])
    text = "\r\n".join(parts)
    if text.count("\n") != len(parts) - 1 or text.count("\r") != len(parts) - 1 or "\0" in text:
        raise BadMessage("line break in a field")
    text += "\r\n\r\n"
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


HOP_BY_HOP: Final = frozenset(
    (
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)
"""Fields that end at the gate (RFC 9110 section 7.6.1)."""


END_TO_END: Final = frozenset(("host", "content-length"))


def named_by_connection(headers: Headers) -> frozenset[str]:
    """Fields beyond the usual ones that Connection makes hop-by-hop; hardly ever any."""
    if "connection" not in headers.keys or headers.get("connection") in ("keep-alive", "close", "Keep-Alive", "Close"):
        return frozenset()
    return frozenset(tokens(headers, "connection")) - HOP_BY_HOP - END_TO_END


def without(headers: Headers, names: frozenset[str]) -> Headers:
    """The headers without those names."""
    kept = headers.copy()
    for name in names:
        kept.remove(name)
    return kept
