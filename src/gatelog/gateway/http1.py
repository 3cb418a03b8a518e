"""HTTP/1.1 messages without any I/O: bytes to heads and bodies (RFC 9112, strictly; the grammar of heads is in `heads.py`).

However the bytes are split, the messages are the same.
"""

from __future__ import annotations

import re
from typing import Final

from gatelog.gateway.heads import (
    CHUNKED,
    FIELD,
    HEAD_BYTES,
    UNTIL_CLOSE,
    BadMessage,
    FieldMemo,
    RequestHead,
    ResponseHead,
    read_request_head,
    read_response_head,
)

CHUNK_LINE_BYTES: Final = 1024
"""Longest line that gives a chunk's size."""

_BARE_LF = re.compile(rb"(?<!\r)\n")
_WHOLE_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[\t -~\x80-\xff]*)?")


class ChunkedDecoder:
    """The chunked coding (RFC 9112 section 7.1): feed bytes, get content."""

    __slots__ = ("_left", "_state", "_tail", "done", "rest")

    def __init__(self) -> None:
        self._tail = b""
        self._left = 0
        """Bytes of the current chunk that are still to come."""
        self._state = "size"
        self.done = False
        self.rest = b""
        """What follows the message, once it is done."""

    def feed(self, data: bytes) -> bytes:
        """The content in these bytes. Raises `BadMessage`."""
        if self._state == "size" and not self._tail:
            # One whole chunk a segment is what streams are made of.
            match = _WHOLE_CHUNK.match(data)
            if match is not None:
                begin, size = match.end(), int(match[1], 16)
                if size and len(data) == begin + size + 2 and data.endswith(b"\r\n"):
                    return data[begin:-2]
        if self._tail:
            data, self._tail = self._tail + data, b""
        pieces: list[bytes] = []
        position, end = 0, len(data)
        while position < end and not self.done:
            if self._state == "data":
                piece = data[position : position + self._left]
                pieces.append(piece)
                position += len(piece)
                self._left -= len(piece)
                if not self._left:
                    self._state = "end"
                continue
            step = self._line_at(data, position)
            if step < 0:
                self._tail = data[position:]
                break
            position = step
        if self.done:
            self.rest = data[position:]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _line_at(self, data: bytes, position: int) -> int:
        """Reads the line at `position`; gives the position after it, -1 when it is not whole."""
        line_end = data.find(b"\r\n", position)
        if line_end < 0:
            self._check_unfinished(data, position)
            return -1
        line = data[position:line_end]
        if self._state == "size":
            self._start_chunk(line)
        elif self._state == "end":
            if line:
                raise BadMessage("expected the end of a chunk")
            self._state = "size"
        elif line:
            if not FIELD.fullmatch(line):
                raise BadMessage("malformed trailer")
            self._left += len(line)
            if self._left > HEAD_BYTES:
                raise BadMessage("trailers too long", 431)
        else:
            self.done = True
        return line_end + 2

    def _check_unfinished(self, data: bytes, position: int) -> None:
        length = len(data) - position
        limit = {"size": CHUNK_LINE_BYTES, "end": 1, "trailer": HEAD_BYTES}[self._state]
        if length > limit or b"\n" in data[position:]:
            raise BadMessage("malformed chunk")

    def _start_chunk(self, line: bytes) -> None:
        match = _CHUNK_SIZE.fullmatch(line)
        if match is None or len(line) > CHUNK_LINE_BYTES:
            raise BadMessage("malformed chunk size")
        self._left = int(match[1], 16)
        self._state = "data" if self._left else "trailer"


class RequestReader:
    """The requests on one connection, one after the other: `receive` bytes, then ask for `head`, then for `body`."""

    __slots__ = ("_chunked", "_data", "_expected", "_have", "_limit", "_memo", "_pieces")

    def __init__(self, memo: FieldMemo, body_limit: int) -> None:
        self._memo = memo
        self._limit = body_limit
        self._data = b""
        self._expected = 0
        self._have = 0
        self._pieces: list[bytes] = []
        self._chunked: ChunkedDecoder | None = None

    @property
    def buffered(self) -> int:
        """Bytes received and not yet asked for."""
        return len(self._data)

    def receive(self, data: bytes) -> None:
        """More bytes from the client."""
        self._data = self._data + data if self._data else data

    def head(self) -> RequestHead | None:
        """The next request's head; None: not all of it is here. Raises `BadMessage`."""
        data = self._data
        if data[:2] == b"\r\n":  # RFC 9112 section 2.2: an empty line before the request line is ignored
            data = self._data = data[2:]
        end = data.find(b"\r\n\r\n")
        if end < 0 or end > HEAD_BYTES:
            if len(data) > HEAD_BYTES:
                raise BadMessage("request head too long", 431)
            if _BARE_LF.search(data):
                raise BadMessage("bare LF in the request head")
            return None
        head = read_request_head(data[:end], self._memo)
        self._data = data[end + 4 :]
        self._pieces = []
        self._have = 0
        self._expected = head.length
        self._chunked = ChunkedDecoder() if head.length == CHUNKED else None
        if head.length > self._limit:
            raise BodyTooLarge(head)
        return head

    def body(self) -> bytes | None:
        """The whole body of the request whose head was given last; None: not all of it is here. Raises `BadMessage`."""
        if self._chunked is not None:
            return self._chunked_body(self._chunked)
        missing = self._expected - self._have
        data = self._data
        if not missing:
            return self._joined()
        if len(data) < missing:
            self._keep(data)
            self._data = b""
            return None
        if not self._pieces and len(data) == missing:
            self._data = b""
            self._expected = 0
            return data
        self._keep(data[:missing])
        self._data = data[missing:]
        return self._joined()

    def take_rest(self) -> bytes:
        """Everything that was received after the last request (an upgraded connection)."""
        rest, self._data = self._data, b""
        return rest

    def _chunked_body(self, decoder: ChunkedDecoder) -> bytes | None:
        data, self._data = self._data, b""
        if data:
            self._keep(decoder.feed(data))
        if self._have > self._limit:
            raise BodyTooLarge(None)
        if not decoder.done:
            return None
        self._data = decoder.rest
        return self._joined()

    def _keep(self, piece: bytes) -> None:
        if piece:
            self._pieces.append(piece)
            self._have += len(piece)

    def _joined(self) -> bytes:
        body = b"".join(self._pieces)
        self._pieces = []
        self._expected = self._have = 0
        self._chunked = None
        return body


class BodyTooLarge(BadMessage):
    """The request's body is larger than the limit; `head` is there when the length was announced."""

    def __init__(self, head: RequestHead | None) -> None:
        super().__init__("request body too large", 413)
        self.head = head


class ResponseReader:
    """One answer: feed bytes, get the content in them; `head` appears when it is whole."""

    __slots__ = ("_chunked", "_data", "_left", "_memo", "_method", "done", "head", "interim", "rest")

    def __init__(self, memo: FieldMemo, method: str) -> None:
        self._memo = memo
        self._method = method
        self._data = b""
        self._left = 0
        self._chunked: ChunkedDecoder | None = None
        self.head: ResponseHead | None = None
        self.done = False
        self.interim = 0
        """How many 1xx answers came before."""
        self.rest = b""
        """Bytes after the answer: the peer said too much, or the connection is upgraded."""

    def feed(self, data: bytes) -> bytes:
        """The content in these bytes. Raises `BadMessage`."""
        if self.head is None:
            data = self._read_head(data)
        elif self._chunked is not None and not self.done:
            content = self._chunked.feed(data)
            if self._chunked.done:
                self.done, self.rest = True, self._chunked.rest
            return content
        return self._content(data) if data else b""

    def end_of_stream(self) -> None:
        """The peer closed. Raises `BadMessage` when the answer was not whole."""
        if self.head is not None and self.head.length == UNTIL_CLOSE:
            self.done = True
        if not self.done:
            raise BadMessage(
                "connection closed in the middle of an answer" if self.head else "connection closed without an answer"
            )

    def _read_head(self, data: bytes) -> bytes:
        if self._data:
            data = self._data + data
        while True:
            end = data.find(b"\r\n\r\n")
            if end < 0 or end > HEAD_BYTES:
                if len(data) > HEAD_BYTES or _BARE_LF.search(data) or not b"HTTP/1."[: len(data)] == data[:7]:
                    raise BadMessage("malformed answer")
                self._data = data
                return b""
            head = read_response_head(data[:end], self._memo, self._method)
            data = data[end + 4 :]
            if head.status >= 200 or head.status == 101:
                break
            self.interim += 1
            if self.interim > 16:
                raise BadMessage("too many interim answers")
        self._data = b""
        self.head = head
        self._left = head.length
        if head.length == CHUNKED:
            self._chunked = ChunkedDecoder()
        if head.length == 0:
            self.done = True
        return data

    def _content(self, data: bytes) -> bytes:
        if self.done:
            self.rest += data
            return b""
        if self._chunked is not None:
            content = self._chunked.feed(data)
            if self._chunked.done:
                self.done, self.rest = True, self._chunked.rest
            return content
        if self._left == UNTIL_CLOSE:
            return data
        if len(data) >= self._left:
            content, self.rest = data[: self._left], data[self._left :]
            self.done = True
            return content
        self._left -= len(data)
        return data


def chunk(data: bytes) -> bytes:
    """`data` as one chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK: Final = b"0\r\n\r\n"
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
