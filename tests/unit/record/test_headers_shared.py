"""Copies of headers share their lines until one of them changes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog.record.headers import Headers

Pairs = list[tuple[str, str]]
ITEMS = st.lists(st.tuples(st.sampled_from(["A", "a", "B", "c"]), st.text(max_size=2)), max_size=6)
CHANGES = st.lists(st.tuples(st.sampled_from(["set", "append", "remove", "two"]), st.sampled_from(["a", "B", "d"])), max_size=6)


def change(headers: Headers, changes: list[tuple[str, str]]) -> None:
    for kind, name in changes:
        if kind == "set":
            headers.set(name, "new")
        elif kind == "two":
            headers.set(name, "1", "2")
        elif kind == "append":
            headers.append(name, "more")
        else:
            headers.remove(name)


@settings(max_examples=80, deadline=None)
@given(ITEMS, CHANGES, CHANGES)
def test_copies_are_independent(
    items: list[tuple[str, str]], first: list[tuple[str, str]], second: list[tuple[str, str]]
) -> None:
    one = Headers.parsed(tuple(items), tuple(name.lower() for name, _ in items))
    two = one.copy()
    change(two, second)
    change(one, first)
    alone, other = Headers(items), Headers(items)
    change(alone, first)
    change(other, second)
    assert (one, two) == (alone, other)
    assert list(one.keys) == [name.lower() for name, _ in one]
