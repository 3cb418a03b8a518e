"""JSON trees: reading and writing agree with the standard library wherever both are defined, and wrapping is invisible."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog.policy.dotnet.exceptions import DotNetException
from gatelog.policy.dotnet.json_path import select_all, select_one
from gatelog.policy.dotnet.json_reader import MAX_DEPTH, TolerantReader, parse
from gatelog.policy.dotnet.json_tokens import JArray, JObject, deep_equals, path_of
from gatelog.policy.dotnet.json_writer import compact, float_text, indented

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12
)


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_what_is_written_reads_back(value: Any) -> None:
    token = parse(json.dumps(value))
    assert json.loads(compact(token)) == json.loads(indented(token)) == value


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_the_tolerant_reader_reads_strict_json_alike(value: Any) -> None:
    text = json.dumps(value)
    assert deep_equals(TolerantReader(text).document("JToken"), parse(text))


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_touching_children_changes_no_text(value: dict[str, Any]) -> None:
    untouched, touched = parse(json.dumps(value)), parse(json.dumps(value))
    assert isinstance(touched, JObject)
    for name in touched.names()[::2]:
        child = touched.get(name)
        if isinstance(child, JArray):
            child.own()
    assert indented(untouched) == indented(touched) == indented(touched.deep_clone())


@settings(max_examples=200, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_round_trip(value: float) -> None:
    assert float(float_text(value)) == value or math.isclose(float(float_text(value)), value, rel_tol=1e-15)


def test_orders_and_escapes() -> None:
    assert indented(parse('{"b":[],"a":{},"c":[1,{"d":"é\\u2028"}]}')) == (
        '{\n  "b": [],\n  "a": {},\n  "c": [\n    1,\n    {\n      "d": "é\\u2028"\n    }\n  ]\n}'
    )


def test_a_tree_too_deep_for_the_tolerant_reader_is_refused() -> None:
    with pytest.raises(DotNetException) as caught:
        parse("[" * (MAX_DEPTH + 2000))
    assert caught.value.type_name == "JsonReaderException"


def test_paths() -> None:
    tree = parse('{"a":{"b c":[{"x":1},{"x":2}]}}')
    found = select_one(tree, "a['b c'][1].x")
    assert found is not None and found.text() == "2" and path_of(found) == "a['b c'][1].x"
    assert [t.text() for t in select_all(tree, "$..x")] == ["1", "2"]
    assert [t.text() for t in select_all(tree, "a['b c'][?(@.x > 1 || @.x == 1)].x")] == ["1", "2"]
    with pytest.raises(DotNetException):
        select_one(tree, "a[")
