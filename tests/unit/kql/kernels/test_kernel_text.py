from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatelog.kql.kernels import text


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (("abcdefg", "cde"), 2),
        (("abcdefg", "cde", 1, 2), -1),
        (("abcdefg", "cde", -5), 2),
        (("abcdefgabcdefg", "cde", 1, 10, 2), 9),
        (("abcdefgabcdefg", "cde", 1, -1, 3), -1),
        (("aaa", "aa", 0, -1, 2), 1),
        (("abc", "b", 0, -2), None),
        (("abc", "b", 0, -1, -1), None),
        (("abc", "b", None), None),
    ],
)
def test_index_of(arguments: tuple[object, ...], place: int | None) -> None:
    assert text.index_of(*arguments) == place  # type: ignore[arg-type]


def test_plain_counts_overlap() -> None:
    assert text.count_plain("aaaa", "aa") == 3
    assert text.count_plain("aaaa", "") == 0


def test_replace_many_goes_one_after_the_other() -> None:
    assert text.replace_many("cat", '["cat","dog"]', '["dog","bird"]') == "bird"
    assert text.replace_many("cat", '["cat"]', "[]") is None
    assert text.replace_many("cat", "5", "[]") is None


def test_translate() -> None:
    assert text.translate("krasp", "otsku", "spark") == "kusto"
    assert text.translate("abc", "x", "abcd") == "xxxd"
    assert text.translate("abc", "", "ab-") == "-"


@pytest.mark.parametrize(
    ("source", "term", "found"),
    [
        ("a_b", "a", True),
        ("gpt-35-turbo", "TURBO", True),
        ("gpt-35-turbo", "turb", False),
        ("north-east", "north-east", True),
        ("xnorth-east", "north-east", False),
        ("say (hi)", "(hi)", True),
        ("", "a", False),
        ("a", "", True),
        ("éa", "a", False),
    ],
)
def test_terms(source: str, term: str, found: bool) -> None:
    assert text.has_term(source.casefold(), term) is found


@given(st.lists(st.from_regex(r"[a-z0-9]{1,5}", fullmatch=True), min_size=1, max_size=6))
def test_every_word_is_a_term(words: list[str]) -> None:
    source = "_".join(words)
    assert all(text.has_term(source, word) for word in words)


def test_has_any_index() -> None:
    assert text.has_any_index("this is an example", '["not","example"]') == 1
    assert text.has_any_index("this is an example", '["exampl"]') == -1
    assert text.has_any_index("this", "5") == -1


def test_code_points_there_and_back() -> None:
    assert text.code_points("aé😀") == "[97,233,128512]"
    assert text.from_code_points("[97,233]", 128512) == "aé😀"


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("aa,b,cc", '["aa","b","cc"]'),
        ('a,"b,c","d ""e"""', '["a","b,c","d \\"e\\""]'),
        ("a,\nb,c", '["a",""]'),
        ("", '[""]'),
        (",", '["",""]'),
    ],
)
def test_csv(line: str, values: str) -> None:
    assert text.parse_csv(line) == values


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ('echo "hello world!"', '["echo","hello world!"]'),
        (r'a "b\"c" d\\e', '["a","b\\"c","d\\\\\\\\e"]'),
        (r'"a\\" b', '["a\\\\","b"]'),
        ('x ""', '["x",""]'),
        ("  ", None),
    ],
)
def test_command_lines(line: str, arguments: str | None) -> None:
    assert text.parse_command_line(line, "windows") == arguments


def test_other_command_line_parsers_are_unknown() -> None:
    assert text.parse_command_line("a b", "bash") is None


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        (r"(\d+)", [None]),
        (r"(?P<first>\w)(?:x)(\()", ["first", None]),
        (r"[(](a)[^)(](b)", [None, None]),
        (r"\(no\)", []),
        (r"[]()](a)", [None]),
    ],
)
def test_capture_groups(pattern: str, names: list[str | None]) -> None:
    assert text.capture_groups(pattern) == names


def test_quoted_patterns() -> None:
    assert text.quote_regex("(so$me.Te^xt)") == r"\(so\$me\.Te\^xt\)"
    assert text.join_array('["a",1,null]', "-") == "a-1-"
    assert text.join_array("{}", "-") is None
