"""A streamed answer put together again: the completion that the model would have sent without streaming.

`Assembly.feed` only collects, so that the stream itself never waits; `finish` reads everything once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import orjson

from gatelog.llm.chunks import ChatChunks, CompletionChunks
from gatelog.llm.document import JsonObject, object_of, read_object, text_of
from gatelog.llm.operations import Kind
from gatelog.llm.response_events import ResponseEvents
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

    __slots__ = ("_kind", "_parts")

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._parts: list[bytes] = []

    def feed(self, chunk: bytes) -> None:
        """Keep these bytes for the end."""
        self._parts.append(chunk)

    def finish(self) -> Completion:
        """The completion of everything that was fed, also when the stream broke off anywhere."""
        decoder = SseDecoder()
        data = b"".join(self._parts)
        events = decoder.feed(data) + decoder.close()
        documents = [document for event in events if event.data != DONE and (document := read_object(event.data)) is not None]
        done = any(event.data == DONE for event in events)
        builder = _builder(self._kind)
        error: JsonObject | None = None
        for document in documents:
            if "error" in document and not _is_answer(document):
                error = document
            else:
                builder.add(document)
        answer = _with_error(builder.answer(), error)
        body = orjson.dumps(answer) if answer else b""
        return Completion(
            body=body,
            usage=usage_of(answer.get("usage")),
            model=text_of(answer.get("model")),
            id=text_of(answer.get("id")),
            events=len(documents),
            done=done or builder.done,
            text_events=builder.text_events,
        )


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
