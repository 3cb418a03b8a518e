"""A streamed answer put together again: the completion that the model would have sent without streaming.

`Assembly.feed` only collects, so that the stream itself never waits; `finish` reads everything once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from gatelog.llm.chunks import ChatChunks, CompletionChunks
from gatelog.llm.document import JsonObject, object_of, read_object, text_of
from gatelog.llm.operations import Kind
from gatelog.llm.response_events import ResponseEvents
from gatelog.llm.runs import Run
from gatelog.llm.sse import DONE, SseDecoder
from gatelog.llm.usage import usage_of
from gatelog.record.events import Usage

_TEXT = re.compile(rb'"(?:content|text|arguments|delta|refusal|transcript|reasoning_content)"\s*:\s*"(?!")')


@dataclass(frozen=True, slots=True)
class Completion:
    """A whole answer."""

    body: bytes
    """The JSON object of the not streamed form; the `{"error":...}` object when the stream held nothing else; else b''."""
    usage: Usage | None
    """None: the model did not say, or the stream broke off before."""
    model: str
    id: str
    events: int
    """Events with a JSON object."""
    done: bool
    """The stream came to its proper end."""
    text_events: int
    """Events that carried generated text or arguments."""


class Assembly:
    """One streamed answer, while it passes."""

    __slots__ = ("_kind", "_parts", "feed")

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._parts: list[bytes] = []
        self.feed: Callable[[bytes], None] = self._parts.append
        """Keeps these bytes for the end."""

    def finish(self) -> Completion:
        """The completion of everything that was fed, also when the stream broke off anywhere."""
        data = b"".join(self._parts)
        reading = _Reading(self._kind)
        plain = _plain_events(data) if self._kind is Kind.CHAT else None
        if plain is None:
            decoder = SseDecoder()
            for event in decoder.feed(data) + decoder.close():
                reading.event(event.data)
        else:
            for line in plain:
                if line:
                    reading.line(line[6:])
        return reading.completion()


class _Reading:
    """The events of one stream, one after the other."""

    def __init__(self, kind: Kind) -> None:
        self._builder = _builder(kind)
        self._run = Run()
        self._events = 0
        self._done = False
        self._error: JsonObject | None = None

    def line(self, data: bytes) -> None:
        """The data of one event of a chat stream, as bytes."""
        if self._run.take(data):
            return
        self._end_run()
        if not self._run.take(data):
            self.event(data.decode("utf-8", "replace"))

    def event(self, data: str) -> None:
        """The data of one event."""
        if data == DONE:
            self._done = True
            return
        document = read_object(data)
        if document is None:
            return
        self._events += 1
        if "error" in document and not _is_answer(document):
            self._error = document
        else:
            self._builder.add(document)

    def _end_run(self) -> None:
        events, texts = self._run.events, self._run.text_events
        if events:
            self._events += events
            self._builder.add(self._run.close())
            self._builder.text_events += max(0, texts - 1)

    def completion(self) -> Completion:
        """What they came to."""
        self._end_run()
        answer = _with_error(self._builder.answer(), self._error)
        return Completion(
            body=orjson.dumps(answer) if answer else b"",
            usage=usage_of(answer.get("usage")),
            model=text_of(answer.get("model")),
            id=text_of(answer.get("id")),
            events=self._events,
            done=self._done or self._builder.done,
            text_events=self._builder.text_events,
        )


def _plain_events(data: bytes) -> list[bytes] | None:
    """The events when each is one line of data, as chat streams are; None: they are not, and must be decoded."""
    plain = data.split(b"\n\n")
    starts = len(plain) - (not plain[-1])
    if b"\r" in data or data.count(b"\n") != 2 * (len(plain) - 1) or not data.startswith(b"data: "):
        return None
    return plain if data.count(b"\n\ndata: ") == starts - 1 else None


def _builder(kind: Kind) -> ChatChunks | ResponseEvents:
    if kind is Kind.RESPONSES:
        return ResponseEvents()
    return ChatChunks() if kind is Kind.CHAT else CompletionChunks()


def has_text(chunk: bytes) -> bool:
    """These bytes carry generated text: what time to first and last token go by."""
    return _TEXT.search(chunk) is not None


def _is_answer(document: JsonObject) -> bool:
    return "choices" in document or text_of(document.get("type")).startswith("response.") or "output" in document


def _with_error(answer: JsonObject, error: JsonObject | None) -> JsonObject:
    """An error that ended a stream is kept beside what had arrived."""
    if error is None:
        return answer
    return {**answer, "error": object_of(error.get("error")) or error.get("error")} if answer else error
