"""Attribute values: literals, expressions, conversions."""

from __future__ import annotations

from typing import Any

import pytest

from gatelog.policy import slots
from gatelog.policy.effects import PolicyError
from gatelog.policy.slots import Kind


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (slots.INTEGER, " 5 ", 5),
        (slots.NUMBER, "1.5", 1.5),
        (slots.BOOLEAN, "True", True),
        (slots.BOOLEAN, "0", False),
        (slots.SECONDS, "90", 90.0),
        (slots.SECONDS, "PT1M30S", 90.0),
        (slots.SECONDS, "P1DT1H", 90_000.0),
        (slots.STATUS, "404", 404),
        (slots.MOMENT, "0001-01-01T00:00:00Z", -62_135_596_800),
        (slots.MOMENT, "1970-01-02", 86_400),
        (slots.LINE, "  a b ", "a b"),
        (slots.TEXT, "  a b ", "  a b "),
        (slots.one_of("Hourly", "Daily"), "daily", "Daily"),
        (slots.within(slots.INTEGER, 1, 5), "5", 5),
    ],
)
def test_literals(kind: Kind[Any], text: str, value: Any) -> None:
    assert kind.parse(text) == value


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (slots.INTEGER, "1.5", "whole number"),
        (slots.INTEGER, "1_000", "whole number"),
        (slots.NUMBER, "x", "a number"),
        (slots.BOOLEAN, "yes", "'true' or 'false'"),
        (slots.SECONDS, "P", "seconds"),
        (slots.SECONDS, "soon", "seconds"),
        (slots.STATUS, "99", "between 100 and 999"),
        (slots.MOMENT, "yesterday", "a time"),
        (slots.one_of("a", "b"), "c", "one of 'a', 'b'"),
        (slots.within(slots.INTEGER, 1, 5), "6", "from 1 to 5"),
    ],
)
def test_wrong_literals_say_what_was_expected(kind: Kind[Any], text: str, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        kind.parse(text)


@pytest.mark.parametrize(
    ("kind", "value", "converted"),
    [
        (slots.TEXT, None, ""),
        (slots.TEXT, 5, "5"),
        (slots.TEXT, True, "True"),
        (slots.INTEGER, 7, 7),
        (slots.INTEGER, "7", 7),
        (slots.BOOLEAN, True, True),
        (slots.BOOLEAN, "false", False),
        (slots.ANY, None, None),
    ],
)
def test_values_of_expressions(kind: Kind[Any], value: Any, converted: Any) -> None:
    assert kind.convert(value) == converted


def test_a_useless_value_fails_the_call() -> None:
    with pytest.raises(PolicyError) as caught:
        slots.INTEGER.convert("many")
    assert caught.value.reason == "ExpressionValueEvaluationFailure"
    assert "expected a whole number, the expression gave 'many'" in caught.value.message
