from __future__ import annotations

import math

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatelog.kql.kernels.json_text import array, bag, dump, load, real_json, real_text, text_of, write

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (0.1, "0.1"),
        (-2.5, "-2.5"),
        (1e14, "100000000000000"),
        (1e15, "1E+15"),
        (1.5e-7, "1.5E-07"),
        (0.0001, "0.0001"),
        (1e-5, "1E-05"),
        (1e100, "1E+100"),
        (0.0, "0"),
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
    ],
)
def test_reals_as_text(value: float, text: str) -> None:
    assert real_text(value) == text


def test_reals_inside_json_stay_real() -> None:
    assert [real_json(value) for value in (1.0, 1e20, 0.5, math.nan)] == ["1.0", "1E+20", "0.5", '"NaN"']


@given(JSON)
def test_written_json_reads_back(value: object) -> None:
    assert orjson.loads(write(value)) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_real_text_reads_back(value: float) -> None:
    assert float(real_text(value)) == value


def test_null_is_no_text() -> None:
    assert dump(None) is None
    assert load(None) is None
    assert write([None]) == "[null]"


def test_only_arrays_are_arrays_and_only_bags_are_bags() -> None:
    assert array("[1]") == [1]
    assert array('{"a":1}') is None
    assert array('"[1]"') is None
    assert bag('{"a":1}') == {"a": 1}
    assert bag("[1]") is None
    assert bag(None) is None


def test_text_of_items() -> None:
    assert [text_of(item) for item in ("a", None, True, 5, 1.0, [1, "b"])] == ["a", "", "true", "5", "1.0", '[1,"b"]']
