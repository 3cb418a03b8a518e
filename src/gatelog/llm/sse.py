"""Server-sent events, bytes in, events out (html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from gatelog.llm.document import read_object

DONE = "[DONE]"


@dataclass(frozen=True, slots=True)
class SseEvent:
    """One event of a stream."""

    data: str
    event: str = ""
    id: str = ""


class SseDecoder:
    """Cuts bytes into events; however the bytes are split, the events are the same."""

    __slots__ = ("_data", "_event", "_first", "_id", "_skip_newline", "_tail")

    def __init__(self) -> None:
        self._tail = b""
        self._data: list[str] = []
        self._event = ""
        self._id = ""
        self._first = True
        self._skip_newline = False
        """The last byte was a CR that ended a line: an LF that follows belongs to it."""

    def feed(self, data: bytes) -> list[SseEvent]:
        """The events that these bytes complete."""
        if not data:
            return []
        if self._skip_newline and data[:1] == b"\n":
            data = data[1:]
        self._skip_newline = data[-1:] == b"\r" if data else False
        lines = (self._tail + data).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._tail = lines.pop()
        return [event for line in lines for event in self._line(line)]

    def close(self) -> list[SseEvent]:
        """The event that the stream broke off in or forgot to end; the specification drops it, a log wants it."""
        events = self.feed(b"\n") if self._tail else []
        return events + list(self._line(b""))

    def _line(self, line: bytes) -> Iterator[SseEvent]:
        if self._first:
            line = line.removeprefix(b"\xef\xbb\xbf")
            self._first = False
        if not line:
            if self._data:
                yield SseEvent("\n".join(self._data), self._event, self._id)
            self._data, self._event = [], ""
            return
        name, _, value = line.partition(b":")
        text = value.removeprefix(b" ").decode("utf-8", "replace")
        if name == b"data":
            self._data.append(text)
        elif name == b"event":
            self._event = text
        elif name == b"id" and "\0" not in text:
            self._id = text


_EVENT = re.compile(rb".*?(?:\r\n\r\n|\n\n|\r\r)", re.DOTALL)
_NULL_USAGE = re.compile(rb',\s*"usage"\s*:\s*null')
"""Cannot match inside a JSON string: there the quotes are escaped."""


class UsageStripper:
    """Takes out what `stream_options.include_usage` adds, for a caller that did not ask for it.

    The event without choices that carries the usage disappears, `"usage":null` disappears from all others; every other
    byte passes unchanged, and as soon as its event is complete.
    """

    __slots__ = ("_tail",)

    def __init__(self) -> None:
        self._tail = b""

    def feed(self, chunk: bytes) -> bytes:
        """The bytes that may be sent now."""
        if not self._tail and chunk.endswith(b"\n\n") and b'"usage"' not in chunk:
            return chunk
        data = self._tail + chunk
        end = max(data.rfind(mark) + len(mark) if mark in data else 0 for mark in (b"\n\n", b"\r\n\r\n", b"\r\r"))
        head, self._tail = data[:end], data[end:]
        if b'"usage"' not in head:
            return head
        return b"".join(_without_usage(match[0]) for match in _EVENT.finditer(head))

    def close(self) -> bytes:
        """What is left of a stream that did not end with a blank line."""
        tail, self._tail = self._tail, b""
        return _without_usage(tail) if b'"usage"' in tail else tail


def _without_usage(event: bytes) -> bytes:
    if b'"usage"' not in event:
        return event
    decoder = SseDecoder()
    found = decoder.feed(event) + decoder.close()
    document = read_object(found[0].data) if found else None
    if document is None or document.get("choices") or not isinstance(document.get("usage"), dict):
        return _NULL_USAGE.sub(b"", event)
    if not document.get("prompt_filter_results"):
        return b""
    document.pop("usage")
    return b"data: " + orjson.dumps(document) + b"\n\n"
