"""A stream put together again is the completion that the model would have sent at once."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog.llm.assemble import Assembly, Completion, has_text
from gatelog.llm.operations import Kind
from gatelog.record.events import Usage


def assembled(kind: Kind, *documents: Any, done: bool = True) -> Completion:
    assembly = Assembly(kind)
    for document in documents:
        assembly.feed(b"data: " + orjson.dumps(document) + b"\n\n")
    if done:
        assembly.feed(b"data: [DONE]\n\n")
    return assembly.finish()


def chunk(*choices: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 5, "model": "gpt-4o", "choices": choices, **rest}


def delta(index: int = 0, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"index": index, "delta": fields, "finish_reason": finish}


SAFE = {"hate": {"filtered": False, "severity": "safe"}}
LOW = {"hate": {"filtered": False, "severity": "low"}}


def test_chat_with_filters_usage_and_two_choices() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7, "prompt_tokens_details": {"cached_tokens": 2}}
    completion = assembled(
        Kind.CHAT,
        {"id": "", "model": "", "object": "", "choices": [], "prompt_filter_results": [{"prompt_index": 0}]},
        chunk(delta(role="assistant", content="")),
        chunk({**delta(content="Hello "), "content_filter_results": LOW}),
        chunk({**delta(1, content="Moin"), "logprobs": {"content": [{"token": "Moin"}]}}),
        chunk({**delta(content="world"), "content_filter_results": SAFE}, system_fingerprint="fp"),
        chunk({**delta(1, content="!"), "logprobs": {"content": [{"token": "!"}]}}),
        chunk(delta(finish="stop")),
        chunk(delta(1, finish="length")),
        chunk(usage=usage),
    )
    body = orjson.loads(completion.body)
    assert body["object"] == "chat.completion" and body["id"] == "chatcmpl-1" and body["system_fingerprint"] == "fp"
    assert body["choices"][0]["message"] == {"role": "assistant", "content": "Hello world"}
    assert body["choices"][0]["finish_reason"] == "stop" and body["choices"][0]["content_filter_results"] == LOW
    assert body["choices"][1]["message"]["content"] == "Moin!" and body["choices"][1]["finish_reason"] == "length"
    assert [entry["token"] for entry in body["choices"][1]["logprobs"]["content"]] == ["Moin", "!"]
    assert body["usage"] == usage and body["prompt_filter_results"] == [{"prompt_index": 0}]
    assert completion.usage == Usage(prompt_tokens=3, completion_tokens=4, total_tokens=7, cached_tokens=2)
    assert (completion.model, completion.id, completion.done, completion.text_events) == ("gpt-4o", "chatcmpl-1", True, 4)


def test_tool_calls_refusal_and_unknown_fields() -> None:
    completion = assembled(
        Kind.CHAT,
        chunk(delta(tool_calls=[{"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": ""}}])),
        chunk(delta(tool_calls=[{"index": 0, "function": {"arguments": '{"a":'}}])),
        chunk(delta(tool_calls=[{"index": 1, "id": "c2", "function": {"name": "g", "arguments": "{}"}}])),
        chunk(delta(tool_calls=[{"index": 0, "function": {"arguments": "1}"}}], refusal="no ", reasoning_content="think")),
        chunk(delta(refusal="way", reasoning_content="ing", annotations=[1])),
        chunk(delta(annotations=[2], finish="tool_calls")),
    )
    message = orjson.loads(completion.body)["choices"][0]["message"]
    assert message["tool_calls"] == [
        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}},
        {"id": "c2", "type": "function", "function": {"name": "g", "arguments": "{}"}},
    ]
    assert message["refusal"] == "no way" and message["reasoning_content"] == "thinking" and message["annotations"] == [1, 2]
    assert message["content"] is None


def test_completions() -> None:
    pieces = [
        {"id": "cmpl-1", "model": "m", "created": 1, "choices": [{"index": 0, "text": text, "logprobs": {"tokens": [text]}}]}
        for text in ("a", "b")
    ]
    body = orjson.loads(assembled(Kind.COMPLETIONS, *pieces).body)
    assert body["object"] == "text_completion" and body["choices"][0]["text"] == "ab"
    assert body["choices"][0]["logprobs"]["tokens"] == ["a", "b"]


def response_stream() -> list[dict[str, Any]]:
    base = {"id": "resp_1", "object": "response", "model": "gpt-4o", "status": "in_progress", "output": []}
    item = {"type": "message", "id": "m", "role": "assistant", "content": []}
    final = {**item, "content": [{"type": "output_text", "text": "Hi you"}]}
    usage = {"input_tokens": 2, "output_tokens": 3, "total_tokens": 5, "output_tokens_details": {"reasoning_tokens": 1}}
    return [
        {"type": "response.created", "response": base},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "Hi "},
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "you"},
        {"type": "response.completed", "response": {**base, "status": "completed", "output": [final], "usage": usage}},
    ]


def test_responses_whole_and_broken_off() -> None:
    whole = assembled(Kind.RESPONSES, *response_stream(), done=False)
    assert whole.done and orjson.loads(whole.body)["status"] == "completed"
    assert whole.usage == Usage(prompt_tokens=2, completion_tokens=3, total_tokens=5, reasoning_tokens=1)
    broken = assembled(Kind.RESPONSES, *response_stream()[:3], done=False)
    assert not broken.done and broken.usage is None
    assert orjson.loads(broken.body)["output"][0]["content"][0]["text"] == "Hi "


def test_a_stream_that_breaks_off_keeps_what_came() -> None:
    assembly = Assembly(Kind.CHAT)
    assembly.feed(b"data: " + orjson.dumps(chunk(delta(content="so far"))) + b'\n\ndata: {"id":"chatcm')
    completion = assembly.finish()
    assert not completion.done and completion.usage is None
    assert orjson.loads(completion.body)["choices"][0]["message"]["content"] == "so far"


def test_errors_in_a_stream() -> None:
    error = {"error": {"code": "500", "message": "boom"}}
    assert orjson.loads(assembled(Kind.CHAT, error).body) == error
    body = orjson.loads(assembled(Kind.CHAT, chunk(delta(content="a")), error).body)
    assert body["error"] == error["error"] and body["choices"][0]["message"]["content"] == "a"
    assert assembled(Kind.CHAT).body == b"" and Assembly(Kind.CHAT).finish().done is False


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "choices index delta content role tool_calls function logprobs usage error type response item message".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(json_values, max_size=4), st.sampled_from(list(Kind)))
def test_nothing_raises(documents: list[Any], kind: Kind) -> None:
    shaped = [{"choices": [document], "type": "response.output_text.delta"} for document in documents]
    completion = assembled(kind, *documents, *shaped)
    assert completion.body == b"" or isinstance(orjson.loads(completion.body), dict)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'data: {"choices":[{"delta":{"content":"a"}}]}', True),
        (b'data: {"choices":[{"delta":{"content": ""}}]}', False),
        (b'data: {"choices":[{"delta":{"role":"assistant"},"content_filter_results":{}}]}', False),
        (b'data: {"type":"response.output_text.delta","delta":"x"}', True),
        (b'data: {"choices":[{"text":"x"}]}', True),
    ],
)
def test_has_text(data: bytes, expected: bool) -> None:
    assert has_text(data) is expected
