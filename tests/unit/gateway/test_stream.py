"""The tee: what the caller gets, what the record gets."""

from __future__ import annotations

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog.gateway.stream import Tee
from gatelog.llm.operations import Kind


def event(text: str, usage: bool = False) -> bytes:
    document: dict[str, object] = {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}],
    }
    if usage:
        document["usage"] = None
    return b"data: " + orjson.dumps(document) + b"\n\n"


USAGE = b'data: {"id":"c","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}\n\n'
DONE = b"data: [DONE]\n\n"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=5), min_size=1, max_size=8), st.lists(st.integers(0, 5000), max_size=10), st.booleans())
def test_the_caller_gets_the_stream_without_what_we_asked_for(texts: list[str], places: list[int], strip: bool) -> None:
    wire = b"".join(event(text, usage=True) for text in texts) + USAGE + DONE
    marks = sorted({0, len(wire), *(place % len(wire) for place in places)})
    tee = Tee(Kind.CHAT, strip_usage=strip, limit=1 << 20)
    out = b"".join(tee.feed(wire[start:end], 5) for start, end in zip(marks, marks[1:], strict=False)) + tee.close()
    assert out == (b"".join(event(text) for text in texts) + DONE if strip else wire)
    assert tee.sent == len(out) and tee.size == len(wire)
    assert orjson.loads(tee.body())["choices"][0]["message"]["content"] == "".join(texts)
    assert tee.completion is not None and tee.completion.usage is not None and tee.completion.usage.total_tokens == 3


def test_times_of_the_first_and_the_last_text() -> None:
    tee = Tee(Kind.CHAT, strip_usage=False, limit=1 << 20)
    for now, piece in enumerate([event(""), event("a"), event("b"), USAGE, DONE], 1):
        tee.feed(piece, now)
    assert (tee.first_text, tee.last_text) == (2, 3)


def test_the_end_marker_is_recognised() -> None:
    tee = Tee(Kind.CHAT, strip_usage=False, limit=1 << 20)
    assert tee.ends_with_done(event("x") + DONE) and not tee.ends_with_done(event("[DONE]") + event("more " * 20))
    assert not Tee(None, strip_usage=False, limit=10).ends_with_done(DONE)


def test_other_streams_are_kept_as_they_are_up_to_the_limit() -> None:
    tee = Tee(None, strip_usage=False, limit=10)
    assert b"".join(tee.feed(b"1234567", 1) for _ in range(3)) == b"1234567" * 3
    assert tee.body() == b"1234567123" and tee.size == 21
