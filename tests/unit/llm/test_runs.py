"""Runs of plain chunks give what merging chunk by chunk gives."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog.llm.assemble import Assembly
from gatelog.llm.operations import Kind

SAFE = {"hate": {"filtered": False, "severity": "safe"}}
BAD = {"hate": {"filtered": True, "severity": "high"}}


def chunk(kind: str, text: str) -> dict[str, Any]:
    choice: dict[str, Any] = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    document: dict[str, Any] = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    if kind == "role":
        choice["delta"]["role"] = "assistant"
    elif kind == "second":
        choice["index"] = 1
    elif kind == "filter":
        choice["content_filter_results"] = SAFE
    elif kind == "bad":
        choice["content_filter_results"] = BAD
    elif kind == "end":
        choice.update(delta={}, finish_reason="stop")
    elif kind == "usage":
        document.update(choices=[], usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3})
    elif kind == "model":
        document["model"] = "other"
    elif kind == "tool":
        choice["delta"] = {"tool_calls": [{"index": 0, "function": {"arguments": text}}]}
    elif kind == "padding":
        document["obfuscation"] = "abc"
    elif kind == "two":
        document["choices"].append({"index": 1, "delta": {"content": text}})
    return document


KINDS = st.sampled_from(["plain"] * 6 + ["role", "second", "filter", "bad", "end", "usage", "model", "tool", "padding", "two"])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(KINDS, st.text(max_size=4)), max_size=25), st.booleans())
def test_the_same_as_one_by_one(events: list[tuple[str, str]], done: bool) -> None:
    lines = [b"data: " + orjson.dumps(chunk(kind, text)) for kind, text in events] + [b"data: [DONE]"] * done
    runs, single = Assembly(Kind.CHAT), Assembly(Kind.CHAT)
    runs.feed(b"".join(line + b"\n\n" for line in lines))
    single.feed(b"".join(line + b"\r\n\r\n" for line in lines))  # a CR takes the general way
    assert runs.finish() == single.finish()


def test_broken_events_do_not_end_a_run_in_silence() -> None:
    whole = b"data: " + orjson.dumps(chunk("plain", "a")) + b"\n\n"
    assembly = Assembly(Kind.CHAT)
    assembly.feed(whole + b"data: {not json}\n\n" + whole + whole[:40])
    completion = assembly.finish()
    assert orjson.loads(completion.body)["choices"][0]["message"]["content"] == "aa"
    assert (completion.events, completion.text_events, completion.done) == (2, 2, False)


def test_an_event_that_only_looks_like_the_first_is_read() -> None:
    first = orjson.dumps(chunk("plain", "a"))
    before, after = first.split(b'a"}', 1)[0], b'"}' + first.split(b'a"}', 1)[1]
    odd = [
        before[:-1] + after,  # beginning and end share their quote
        before + b'b","role":"assistant' + after,
        before + b"tab\there" + after,
        before + b"\xff" + after,
        before + b"\\u0041\\n" + after,
        before + after,
    ]
    lines = [b"data: " + event for event in (first, *odd, first)]
    runs, single = Assembly(Kind.CHAT), Assembly(Kind.CHAT)
    runs.feed(b"".join(line + b"\n\n" for line in lines))
    single.feed(b"".join(line + b"\r\n\r\n" for line in lines))
    assert runs.finish() == single.finish()
