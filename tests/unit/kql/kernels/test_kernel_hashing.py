from __future__ import annotations

import pytest

from gatelog.kql.kernels import hashing


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"", 0xEF46DB3751D8E999),
        (b"a", 0xD24EC4F1A98C6E5B),
        (b"abc", 0x44BC2CF5AD770999),
        (b"Nobody inspects the spammish repetition", 0xFBCEA83C8A378BF1),
    ],
)
def test_published_vectors(data: bytes, value: int) -> None:
    assert hashing.xxhash64(data) == value


def test_answers_of_the_reference() -> None:
    assert hashing.hash_text("World") == 1846988464401551951
    assert hashing.hash_text("World", 100) == 51
    assert hashing.hash_long(635556672000000000) == 1380966698541616202


def test_remainders_are_not_negative() -> None:
    assert all(0 <= (hashing.hash_long(number, 7) or 0) < 7 for number in range(50))
    assert hashing.hash_text("World", 0) is None
    assert hashing.hash_int(None) is None


def test_types_hash_by_their_bytes() -> None:
    assert len({hashing.hash_long(1), hashing.hash_int(1), hashing.hash_real(1.0)}) == 3
    assert hashing.signed(1 << 63) == -(1 << 63)
