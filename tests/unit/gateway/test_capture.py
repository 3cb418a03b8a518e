"""What is put on record, and what never is."""

from __future__ import annotations

import gzip
import zlib

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog.catalog.entities import Capture
from gatelog.gateway.capture import FieldFilter, cut, decoded, masked_url
from gatelog.record.headers import Headers

SECRETS = [
    ("api-key", "s3cret"),
    ("API-KEY", "s3cret"),
    ("Authorization", "Bearer s3cret"),
    ("Ocp-Apim-Subscription-Key", "s3cret"),
    ("Cookie", "a=s3cret"),
    ("Set-Cookie", "a=s3cret"),
    ("X-Api-Key", "s3cret"),
    ("Proxy-Authorization", "s3cret"),
    ("My-Client-Secret", "s3cret"),
    ("X-Custom-Key", "s3cret"),
    ("X-Echo", "the key is s3cret!"),
    ("Sec-WebSocket-Protocol", "realtime, openai-insecure-api-key.s3cret"),
]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from([*SECRETS, ("Accept", "*/*"), ("X-Request-Id", "1")]), max_size=12))
def test_credentials_never_pass(items: list[tuple[str, str]]) -> None:
    kept = FieldFilter(Capture(), ["X-Custom-Key"])(Headers(items), "s3cret")
    assert "s3cret" not in repr(kept)
    assert list(kept) == [item for item in items if item[0] in ("Accept", "X-Request-Id")]


def test_credentials_do_not_pass_even_when_a_diagnostic_asks() -> None:
    assert list(FieldFilter(Capture(headers=("api-key", "accept")))(Headers([("api-key", "k"), ("Accept", "a")]))) == [
        ("Accept", "a")
    ]


def test_wanted_masked_and_hidden_fields() -> None:
    capture = Capture(headers=("A", "B", "C"), masked_headers=("b",), hidden_headers=("c",))
    kept = FieldFilter(capture)(Headers([("a", "1"), ("B", "2"), ("C", "3"), ("D", "4")]))
    assert list(kept) == [("a", "1"), ("B", "***")]


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("http://a/b", "http://a/b"),
        ("http://a/b?api-version=1", "http://a/b?api-version=1"),
        ("http://a/b?subscription-key=k&x=1", "http://a/b?subscription-key=***&x=1"),
        ("http://a/b?x=1&API-KEY=k", "http://a/b?x=1&API-KEY=***"),
        ("http://a/b?my%2Dkey=k", "http://a/b?my%2Dkey=***"),
        ("http://a/b?flag", "http://a/b?flag"),
        ("http://a/b?gone=1", "http://a/b"),
    ],
)
def test_urls(url: str, masked: str) -> None:
    assert masked_url(url, Capture(hidden_query=("gone",)), ("my-key",)) == masked


def test_bodies_are_cut_as_the_diagnostic_says() -> None:
    assert cut(b"abcdef", Capture()) == b"abcdef"
    assert cut(b"abcdef", Capture(body_bytes=0)) == b""
    assert cut(b"abcdef", Capture(body_bytes=4)) == b"abcd"


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("deflate", zlib.compress),
        ("zstd", zstandard.compress),
        (None, bytes),
        ("identity", bytes),
    ],
)
def test_compressed_bodies_are_recorded_plain(encoding: str | None, pack: object) -> None:
    assert callable(pack)
    assert decoded(pack(b'{"a":1}' * 50), encoding) == b'{"a":1}' * 50


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd", "br"])
def test_what_cannot_be_unpacked_stays(encoding: str) -> None:
    assert decoded(b"not compressed at all", encoding) == b"not compressed at all"
