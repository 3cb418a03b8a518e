"""Our own counts equal the model's where OpenAI published them."""

from __future__ import annotations

import base64
import struct

import orjson
import pytest

from gatelog.llm import tokens
from gatelog.llm.images import image_tokens
from gatelog.llm.operations import Kind
from gatelog.record.events import Usage

COOKBOOK = [
    {
        "role": "system",
        "content": "You are a helpful, pattern-following assistant that translates corporate jargon into plain English.",
    },
    {"role": "system", "name": "example_user", "content": "New synergies will help drive top-line growth."},
    {"role": "system", "name": "example_assistant", "content": "Things working well together will increase revenue."},
    {
        "role": "system",
        "name": "example_user",
        "content": "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
    },
    {"role": "system", "name": "example_assistant", "content": "Let's talk later when we're less busy about how to do better."},
    {
        "role": "user",
        "content": "This late pivot means we don't have time to boil the ocean for the client deliverable.",
    },
]
TOOL = {
    "type": "function",
    "function": {
        "name": "get_current_weather",
        "description": "Get the current weather in a given location",
        "parameters": {
            "type": "object",
            "properties": {
                "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
                "unit": {"type": "string", "description": "The unit of temperature to return", "enum": ["celsius", "fahrenheit"]},
            },
            "required": ["location"],
        },
    },
}


@pytest.mark.parametrize(
    ("model", "expected"), [("gpt-35-turbo-0613", 129), ("gpt-4", 129), ("gpt-4o", 124), ("gpt-4o-mini", 124)]
)
def test_chat_prompt_as_the_cookbook_measured_it(model: str, expected: int) -> None:
    assert tokens.count_prompt(Kind.CHAT, orjson.dumps({"messages": COOKBOOK}), model) == expected


@pytest.mark.parametrize(("model", "expected"), [("gpt-35-turbo", 105), ("gpt-4", 105), ("gpt-4o", 101)])
def test_tools_as_the_cookbook_measured_them(model: str, expected: int) -> None:
    messages = [
        {"role": "system", "content": "You are a helpful assistant that can answer to questions about the weather."},
        {"role": "user", "content": "What's the weather like in San Francisco?"},
    ]
    assert tokens.count_prompt(Kind.CHAT, orjson.dumps({"messages": messages, "tools": [TOOL]}), model) == expected


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("gpt-35-turbo", "cl100k_base"),
        ("gpt-4", "cl100k_base"),
        ("gpt-4-32k", "cl100k_base"),
        ("text-embedding-3-small", "cl100k_base"),
        ("gpt-4o", "o200k_base"),
        ("gpt-4.1-mini", "o200k_base"),
        ("o3", "o200k_base"),
        ("something-new", "o200k_base"),
    ],
)
def test_vocabulary(model: str, name: str) -> None:
    assert tokens.encoding_name(model) == name


def test_texts_and_special_tokens() -> None:
    assert tokens.count_text("hello world", "gpt-4") == 2
    assert tokens.count_text("", "gpt-4") == 0
    assert tokens.count_text("<|endoftext|>", "gpt-4") > 1
    assert tokens.token_texts("hello world", "gpt-4o") == ["hello", " world"]
    assert "".join(tokens.token_texts("héllo 😀 \U0001fae8 漢字", "gpt-4")) == "héllo 😀 \U0001fae8 漢字"
    assert tokens.count_text("a\ud800b", "gpt-4") == tokens.count_text("a?b", "gpt-4")


def test_inputs() -> None:
    def count(value: object) -> int:
        return tokens.count_prompt(Kind.EMBEDDINGS, orjson.dumps({"input": value}), "text-embedding-ada-002")

    assert count("hello world") == 2 and count(["hello world", "hello"]) == 3
    assert count([1, 2, 3]) == 3 and count([[1, 2], [3]]) == 3 and count(None) == 0
    assert tokens.count_prompt(Kind.COMPLETIONS, b'{"prompt":"hello world"}', "gpt-4") == 2
    assert tokens.count_prompt(Kind.CHAT, b"not json", "gpt-4") == 0


def test_completions_of_every_kind() -> None:
    chat = {"choices": [{"message": {"role": "assistant", "content": "hello world"}}, {"message": {"refusal": "hello"}}]}
    assert tokens.count_completion(Kind.CHAT, orjson.dumps(chat), "gpt-4") == 3
    call = {"choices": [{"message": {"content": None, "tool_calls": [{"function": {"name": "hello", "arguments": "{}"}}]}}]}
    assert tokens.count_completion(Kind.CHAT, orjson.dumps(call), "gpt-4") == 2
    assert tokens.count_completion(Kind.COMPLETIONS, b'{"choices":[{"text":"hello world"}]}', "gpt-4") == 2
    output = {"output": [{"type": "message", "content": [{"type": "output_text", "text": "hello world"}]}]}
    assert tokens.count_completion(Kind.RESPONSES, orjson.dumps(output), "gpt-4") == 2
    called = {"output": [{"type": "function_call", "name": "hello", "arguments": "{}"}]}
    assert tokens.count_completion(Kind.RESPONSES, orjson.dumps(called), "gpt-4") == 2


def test_an_estimate_is_marked() -> None:
    request = orjson.dumps({"messages": [{"role": "user", "content": "hello world"}]})
    answer = orjson.dumps({"choices": [{"message": {"content": "hello"}}]})
    usage = tokens.estimate_usage(Kind.CHAT, request, answer, "gpt-4")
    assert usage == Usage(prompt_tokens=9, completion_tokens=1, total_tokens=10, estimated=True)


def png(width: int, height: int) -> str:
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">II", width, height)
    return "data:image/png;base64," + base64.b64encode(data).decode()


JPEG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08" + struct.pack(">HH", 2048, 4096) + b"\x01\x01\x11\x00"


@pytest.mark.parametrize(
    ("image", "model", "expected"),
    [
        ({"url": png(1024, 1024)}, "gpt-4o", 765),
        ({"url": png(2048, 4096)}, "gpt-4o", 1105),
        ({"url": "data:image/jpeg;base64," + base64.b64encode(JPEG).decode()}, "gpt-4o", 1105),
        ({"url": png(4096, 8192), "detail": "low"}, "gpt-4o", 85),
        ({"url": "https://example.org/x.png"}, "gpt-4o", 765),
        ({"url": "data:image/png;base64,!!"}, "gpt-4o", 765),
        ({"url": png(100, 100)}, "gpt-4o-mini", 8500),
    ],
)
def test_images_as_the_documentation_counts_them(image: dict[str, str], model: str, expected: int) -> None:
    assert image_tokens({"type": "image_url", "image_url": image}, model) == expected
    assert image_tokens({"type": "text", "text": "x"}, model) == 0
