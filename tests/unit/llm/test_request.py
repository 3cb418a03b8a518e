"""The gate reads three fields of a request and changes one, without touching any other byte."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog.llm.operations import Kind, LlmOperation, operation_of
from gatelog.llm.request import LlmRequest, api_version, read_request, refuses_include_usage, with_include_usage


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/openai/deployments/a%20b/chat/completions", LlmOperation(Kind.CHAT, "ChatCompletions_Create", "a b")),
        ("/x/openai/deployments/d/completions", LlmOperation(Kind.COMPLETIONS, "Completions_Create", "d")),
        ("/deployments/d/embeddings/", LlmOperation(Kind.EMBEDDINGS, "Embeddings_Create", "d")),
        ("/openai/v1/responses", LlmOperation(Kind.RESPONSES, "Responses_Create", "")),
        ("/openai/responses", LlmOperation(Kind.RESPONSES, "Responses_Create", "")),
        ("/v1/chat/completions", LlmOperation(Kind.CHAT, "ChatCompletions_Create", "")),
        ("/openai/v1/models", None),
        ("/openai/deployments/d/images/generations", None),
        ("/echo/completions", None),
    ],
)
def test_operation_of(path: str, expected: LlmOperation | None) -> None:
    assert operation_of("POST", path) == expected
    assert operation_of("GET", path) is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"model":"m","stream":true,"stream_options":{"include_usage":true}}', LlmRequest("m", True, True)),
        (b'{"model":7,"stream":"yes","stream_options":[]}', LlmRequest("", False, False)),
        (b"{}", LlmRequest("", False, False)),
        (b"[]", None),
        (b"{", None),
        (b"", None),
        (b"\xff{}", None),
    ],
)
def test_read_request(body: bytes, expected: LlmRequest | None) -> None:
    assert read_request(body) == expected


def test_api_version() -> None:
    assert api_version("a=1&api-version=2024-10-21") == "2024-10-21" and api_version("") == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{ "stream" : true }\n', b'{ "stream" : true ,"stream_options":{"include_usage":true}}\n'),
        (b'{"stream_options": null, "stream":true}', b'{"stream_options":{"include_usage":true}, "stream":true}'),
        (
            b'{"stream":true,"stream_options": {"x":[1,{"stream_options":2}]},"n":1.50}',
            b'{"stream":true,"stream_options":{"x":[1,{"stream_options":2}],"include_usage":true},"n":1.50}',
        ),
        (b'{"stream":true,"stream_options":{"include_usage":false}}', b'{"stream":true,"stream_options":{"include_usage":true}}'),
    ],
)
def test_include_usage_is_injected(before: bytes, after: bytes) -> None:
    assert with_include_usage(Kind.CHAT, before) == after
    assert with_include_usage(Kind.EMBEDDINGS, before) == before


@pytest.mark.parametrize("body", [b'{"stream":false}', b"{", b'{"stream":true,"stream_options":"x"}', b'[{"stream":true}]'])
def test_other_requests_stay_as_they_are(body: bytes) -> None:
    assert with_include_usage(Kind.CHAT, body) is body


def test_backends_that_do_not_know_the_option() -> None:
    body = b'{"error":{"message":"Unrecognized request argument supplied: stream_options"}}'
    assert refuses_include_usage(400, body)
    assert not refuses_include_usage(400, b"{}") and not refuses_include_usage(200, body)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.text(max_size=6), values, max_size=5), st.booleans())
def test_only_the_option_changes(fields: dict[str, Any], indented: bool) -> None:
    request = {**fields, "stream": True, "stream_options": {"include_obfuscation": False}, "z": '"stream_options":{}'}
    body = orjson.dumps(request, option=orjson.OPT_INDENT_2 if indented else 0)
    changed = orjson.loads(with_include_usage(Kind.CHAT, body))
    assert changed == {**request, "stream_options": {"include_obfuscation": False, "include_usage": True}}
