"""The sieve gives what a plain loop gives."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog.gateway.sieve import REMEMBERED, Sieve
from gatelog.record.headers import Headers

NAMES = st.sampled_from(["A", "b", "Connection", "X-Y", "connection"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.tuples(NAMES, st.text(max_size=3)), max_size=6), max_size=6))
def test_the_same_as_a_loop(messages: list[list[tuple[str, str]]]) -> None:
    sieve = Sieve(lambda key: key != "connection")
    for items in messages:
        kept = sieve(Headers(items))
        assert list(kept) == [item for item in items if item[0].lower() != "connection"]
        assert list(kept.keys) == [name.lower() for name, _ in kept]


def test_untouched_headers_come_back_themselves() -> None:
    headers = Headers([("A", "1")])
    assert Sieve(lambda key: True)(headers) is headers


def test_what_is_remembered_is_bounded() -> None:
    sieve = Sieve(lambda key: False)
    for number in range(REMEMBERED * 2):
        sieve(Headers([(f"n{number}", "")]))
    assert len(sieve._shapes) <= REMEMBERED
