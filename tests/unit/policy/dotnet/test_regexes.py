"""Regular expressions: translation, refusals, caps."""

from __future__ import annotations

import pytest

from gatelog.policy.dotnet import regexes as rx
from gatelog.policy.dotnet.exceptions import DotNetException


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"(?<year>\d{4})", "in 2024", "2024"),
        (r"\p{Lu}\p{Ll}+", "ab Cde", "Cde"),
        (r"[^\]]+\z", "a]bc", "bc"),
        (r"[[a]+", "x[a[", "[a["),
        (r"a$", "a\n", "a"),
        (r"(?'q'a)\k<q>", "aa", "aa"),
        (r"\P{L}+", "ab12", "12"),
    ],
)
def test_translated(pattern: str, text: str, found: str) -> None:
    assert rx.search(rx.Regex(pattern), text).value == found


@pytest.mark.parametrize("pattern", [r"(?<a-b>x)", r"\Gx", r"[a-z-[aeiou]]", r"(?<1>x)", r"(?(a)b|c)"])
def test_refused(pattern: str) -> None:
    with pytest.raises(DotNetException) as caught:
        rx.Regex(pattern)
    assert caught.value.type_name == "NotSupportedException"


def test_group_numbers_put_named_groups_last() -> None:
    groups = rx.search(rx.Regex(r"(?<n>a)(b)(c)"), "abc").groups()
    assert [g.value for g in groups] == ["abc", "b", "c", "a"]


def test_long_input_is_a_timeout() -> None:
    with pytest.raises(DotNetException) as caught:
        rx.search(rx.Regex("(a+)+b"), "a" * (rx.MAX_NESTED_INPUT + 1))
    assert caught.value.type_name == "RegexMatchTimeoutException"
    assert rx.search(rx.Regex("a+b"), "a" * 10_000 + "b").success
