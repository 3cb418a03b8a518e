"""Shapes: every problem with its path, secrets apart, a JSON schema that agrees."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog.catalog.kinds.table import KINDS
from gatelog.catalog.shapes import Choice, Field, Flag, ListOf, MapOf, Number, Record, Text, Whole, join, settle, split_secrets
from gatelog.errors import Problem

RECORD = Record(
    (
        Field(name="name", shape=Text(pattern="[a-z]+", longest=5), doc="", required=True),
        Field(name="size", shape=Whole(1, 9), doc="", default=3),
        Field(name="share", shape=Number(0, 1), doc=""),
        Field(name="kind", shape=Choice(("One", "Two")), doc=""),
        Field(name="on", shape=Flag(), doc=""),
        Field(name="list", shape=ListOf(Whole()), doc=""),
        Field(name="map", shape=MapOf(ListOf(Text())), doc=""),
        Field(name="inner", shape=Record((Field(name="key", shape=Text(), doc="", secret=True),)), doc=""),
        Field(name="made", shape=Text(), doc="", read_only=True),
        Field(name="once", shape=Text(), doc="", transient=True),
    )
)


def problems(value: Any) -> dict[str, str]:
    found: list[Problem] = []
    RECORD.check(value, "$", found)
    return {problem.place: problem.message for problem in found}


@pytest.mark.parametrize(
    ("value", "path", "words"),
    [
        ({"name": 1}, "$.name", "expected text, found a number"),
        ({"name": "abcdef"}, "$.name", "at most 5"),
        ({"name": "A"}, "$.name", "does not match"),
        ({}, "$.name", "required"),
        ({"name": None}, "$.name", "required"),
        ({"name": "a", "size": 10}, "$.size", "expected 1 to 9, found 10"),
        ({"name": "a", "size": True}, "$.size", "whole number"),
        ({"name": "a", "share": 2}, "$.share", "expected 0 to 1"),
        ({"name": "a", "kind": "three"}, "$.kind", "expected one of One, Two"),
        ({"name": "a", "on": "true"}, "$.on", "true or false"),
        ({"name": "a", "list": [1, "x"]}, "$.list[1]", "whole number"),
        ({"name": "a", "map": {"k": ["v", 1]}}, "$.map.k[1]", "text"),
        ({"name": "a", "inner": []}, "$.inner", "an object"),
        ({"name": "a", "Size": 1}, "$.Size", "unknown property"),
        ([], "$", "an object"),
    ],
)
def test_a_problem_says_where_and_what(value: Any, path: str, words: str) -> None:
    assert words in problems(value)[path]


def test_all_problems_are_found() -> None:
    assert set(problems({"name": 1, "size": 0, "inner": {"kee": 1}})) == {"$.name", "$.size", "$.inner.kee"}


def test_settling_fills_and_drops() -> None:
    value = {"name": "a", "kind": "one", "on": None, "made": "x", "once": "y", "list": [1.0]}
    assert problems(value) == {}
    assert settle(RECORD, value) == {"name": "a", "size": 3, "kind": "One", "list": [1]}


def test_secrets_are_split_and_joined() -> None:
    value = {"name": "a", "inner": {"key": "s", "other": 1}}
    plain, hidden = split_secrets(RECORD, value)
    assert plain == {"name": "a", "inner": {"other": 1}} and hidden == {"inner": {"key": "s"}}
    assert join(plain, hidden) == value


NAMES = [field.name for field in RECORD.fields]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 20) | st.text("aB1", max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([f.name for f in RECORD.fields]), inner, max_size=5)
    ),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_what_the_schema_takes_is_taken(value: Any) -> None:
    """The JSON schema for editors is never looser than the check."""
    try:
        jsonschema.validate(value, RECORD.schema())
    except jsonschema.ValidationError:
        return
    assert problems(value) == {}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.type)
def test_every_kind_has_a_valid_schema(kind: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(kind.properties.schema())
    assert kind.doc.endswith(".") and kind.title
    assert len({field.name for field in kind.properties.fields}) == len(kind.properties.fields)
