"""Tokens."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog.kql.errors import Finding
from gatelog.kql.lexer import string_value, tokenize


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in tokenize(text)[:-1]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90th_Percentile = 4xxrate", [("name", "90th_Percentile"), ("operator", "="), ("name", "4xxrate")]),
        ("1d 1.5h 100ms 3ticks", [("timespan", "1d"), ("timespan", "1.5h"), ("timespan", "100ms"), ("timespan", "3ticks")]),
        ("1 .. 2", [("long", "1"), ("operator", ".."), ("long", "2")]),
        ("1..2", [("long", "1"), ("operator", ".."), ("long", "2")]),
        ("0x1F 1e5 1.5e-3", [("long", "0x1F"), ("real", "1e5"), ("real", "1.5e-3")]),
        ("datetime(2020-01-01 10:00) x", [("typed", "datetime(2020-01-01 10:00)"), ("name", "x")]),
        ("startofday(x)", [("name", "startofday"), ("operator", "("), ("name", "x"), ("operator", ")")]),
        ("project-away a", [("name", "project-away"), ("name", "a")]),
        ("a!in~('b') in~ !has", [("name", "a"), ("operator", "!in~"), ("operator", "("), ("string", "'b'"), ("operator", ")"),
                                 ("operator", "in~"), ("operator", "!has")]),
        ("a\u202f|\u00a0b // note\n c", [("name", "a"), ("operator", "|"), ("name", "b"), ("name", "c")]),
        ("$left.a", [("name", "$left"), ("operator", "."), ("name", "a")]),
    ],
)  # fmt: skip
def test_tokens(text: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(text) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"a\\tb\\"c\\u0041"', 'a\tb"cA'),
        ("'it\\'s'", "it's"),
        ('@"C:\\dir ""x"""', 'C:\\dir "x"'),
        ("h'secret'", "secret"),
        ('H@"s"', "s"),
        ("```a\n'b'```", "a\n'b'"),
    ],
)
def test_string_values(text: str, value: str) -> None:
    assert string_value(text) == value


@pytest.mark.parametrize("text", ["'open", '"open', "```open", "a ^ b", "\\"])
def test_what_starts_no_token_is_a_finding(text: str) -> None:
    with pytest.raises(Finding):
        tokenize(text)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_tokens_or_a_finding(text: str) -> None:
    try:
        tokens = tokenize(text)
    except Finding:
        return
    assert tokens[-1].kind == "end"
    assert all(text[token.start : token.end] == token.text for token in tokens)
