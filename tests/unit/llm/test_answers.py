"""Usage, content-filter findings and texts of requests and answers."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog.llm.filters import FilterFact, is_content_filter_error, read_filters
from gatelog.llm.messages import completion_text, prompt_text, request_messages, response_messages, split_messages
from gatelog.llm.operations import Kind
from gatelog.llm.usage import Answer, answer_of, read_usage
from gatelog.record.events import Usage


def test_usage_of_chat_and_responses() -> None:
    body = {
        "id": "x",
        "model": "gpt-4o-2024-08-06",
        "choices": [{"message": {"content": '"usage"'}}],
        "usage": {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 15,
            "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 1},
            "completion_tokens_details": {"reasoning_tokens": 2, "audio_tokens": 3},
        },
    }
    usage = Usage(
        prompt_tokens=10,
        completion_tokens=5,
        total_tokens=15,
        cached_tokens=4,
        reasoning_tokens=2,
        audio_prompt_tokens=1,
        audio_completion_tokens=3,
    )
    assert answer_of(orjson.dumps(body)) == Answer("gpt-4o-2024-08-06", "x", usage)
    assert read_usage(b'{"usage":{"input_tokens":1,"output_tokens":2}}') == Usage(
        prompt_tokens=1, completion_tokens=2, total_tokens=3
    )
    assert read_usage(b'{"usage":{"prompt_tokens":8,"total_tokens":8}}') == Usage(prompt_tokens=8, total_tokens=8)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"usage":null}', b'{"usage":[1]}', b"{]", b'{"id":1}', b"\xff"])
def test_no_usage(body: bytes) -> None:
    assert read_usage(body) is None


def test_odd_usage_counts_as_nothing() -> None:
    assert read_usage(b'{"usage":{"prompt_tokens":"7","completion_tokens":null,"total_tokens":true}}') == Usage()


def test_filters_of_an_answer() -> None:
    body = {
        "prompt_filter_results": [
            {
                "prompt_index": 0,
                "content_filter_results": {
                    "hate": {"filtered": False, "severity": "safe"},
                    "jailbreak": {"filtered": False, "detected": True},
                    "error": {"code": "x"},
                },
            }
        ],
        "choices": [{"content_filter_results": {"violence": {"filtered": True, "severity": "high"}}}],
    }
    facts = read_filters(orjson.dumps(body))
    assert facts == (
        FilterFact("Prompt", "hate", "safe", False, False),
        FilterFact("Prompt", "jailbreak", "", False, True),
        FilterFact("Completion", "violence", "high", True, False),
    )
    assert [fact.harmful for fact in facts] == [False, True, True]


def test_filters_of_an_error_and_of_responses() -> None:
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {"sexual": {"filtered": True, "severity": "high"}}}
    error = orjson.dumps({"error": {"code": "content_filter", "innererror": inner}})
    assert is_content_filter_error(error)
    assert read_filters(error) == (FilterFact("Prompt", "sexual", "high", True, False),)
    assert not is_content_filter_error(b'{"error":{"code":"429"}}') and not is_content_filter_error(b"x")
    entry = {"source_type": "completion", "content_filter_results": {"hate": {"filtered": False, "severity": "low"}}}
    assert read_filters(orjson.dumps({"content_filters": [entry]})) == (FilterFact("Completion", "hate", "low", False, False),)
    assert read_filters(b'{"choices":"x","prompt_filter_results":[[]]}') == ()


def test_messages_of_requests() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "image_url"}]
    chat = orjson.dumps({"messages": [{"role": "user", "content": parts}, {"role": "user", "content": "b"}]})
    assert orjson.loads(request_messages(Kind.CHAT, chat))[1] == {"role": "user", "content": "b"}
    assert prompt_text(Kind.CHAT, chat) == "a\nb"
    assert request_messages(Kind.COMPLETIONS, b'{"prompt":["x","y"]}') == (
        '[{"role":"user","content":"x"},{"role":"user","content":"y"}]'
    )
    assert prompt_text(Kind.EMBEDDINGS, b'{"input":"x"}') == "x" and prompt_text(Kind.EMBEDDINGS, b'{"input":[1,2]}') == ""
    responses = b'{"instructions":"be","input":[{"role":"user","content":[{"type":"input_text","text":"c"}]}]}'
    assert prompt_text(Kind.RESPONSES, responses) == "be\nc"
    assert prompt_text(Kind.RESPONSES, b'{"input":"hello"}') == "hello"
    assert request_messages(Kind.CHAT, b"x") == "" and request_messages(Kind.CHAT, b"{}") == ""


def test_messages_of_answers() -> None:
    chat = b'{"choices":[{"message":{"role":"assistant","content":"hi","tool_calls":[{"function":{"arguments":"{}"}}]}}]}'
    assert completion_text(Kind.CHAT, chat) == "hi\n{}"
    assert orjson.loads(response_messages(Kind.CHAT, chat))[0]["content"] == "hi"
    assert response_messages(Kind.COMPLETIONS, b'{"choices":[{"text":"hi"}]}') == '[{"role":"assistant","content":"hi"}]'
    output = b'{"output":[{"type":"message","content":[{"type":"output_text","text":"hi"}]}]}'
    assert completion_text(Kind.RESPONSES, output) == "hi"
    assert response_messages(Kind.EMBEDDINGS, b'{"data":[{"embedding":[1]}]}') == ""


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.integers(4, 20))
def test_pieces_join_to_the_text(text: str, size: int) -> None:
    pieces = split_messages(text, size)
    assert "".join(pieces) == text
    assert all(0 < len(piece.encode()) <= size for piece in pieces)
