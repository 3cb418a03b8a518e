"""Values on the wire, every type."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatelog.api.wire import decimal_text, dynamic_text, rows_of, timespan_text
from gatelog.schema.query import ResultColumn, ResultTable
from gatelog.schema.types import KqlType


def column_of(kind: KqlType, data: pa.Array, *, native: bool = True, tick: int = 0) -> list[Any]:
    table = ResultTable("T", (ResultColumn("x", kind, 0, tick),), pa.table([data], names=["x"]))
    rows = rows_of(table, native_dynamic=native)
    return [row[0] for row in orjson.loads(orjson.dumps(rows))]


def test_numbers_that_json_has_not() -> None:
    data = pa.array([1.5, math.nan, math.inf, -math.inf, None, 1e300])
    assert column_of(KqlType.REAL, data) == [1.5, "NaN", "Infinity", "-Infinity", None, 1e300]
    assert column_of(KqlType.LONG, pa.array([2**63 - 1, -(2**63), None])) == [2**63 - 1, -(2**63), None]


def test_datetimes_have_seven_digits() -> None:
    data = pa.array([0, 1_717_588_800_123_456, None, -62_135_596_800_000_000, 253_402_300_799_999_999], pa.timestamp("us"))
    assert column_of(KqlType.DATETIME, data, tick=9) == [
        "1970-01-01T00:00:00.0000009Z",
        "2024-06-05T12:00:00.1234569Z",
        None,
        "0001-01-01T00:00:00.0000009Z",
        "9999-12-31T23:59:59.9999999Z",
    ]


def test_dynamic_by_protocol() -> None:
    data = pa.array(['{"a":[1,2.0]}', '"te\\"xt"', "12", None, "true"])
    assert column_of(KqlType.DYNAMIC, data) == [{"a": [1, 2.0]}, 'te"xt', 12, None, True]
    assert column_of(KqlType.DYNAMIC, data, native=False) == ['{"a":[1,2.0]}', 'te"xt', "12", None, "true"]


def test_strings_are_never_null_and_chunks_are_joined() -> None:
    table = pa.chunked_array([["a"], [None, "ü"]])
    result = ResultTable("T", (ResultColumn("s", KqlType.STRING, 0),), pa.table([table], names=["s"]))
    assert rows_of(result, native_dynamic=True) == [("a",), ("",), ("ü",)]
    assert rows_of(ResultTable("T", (), pa.table({})), native_dynamic=True) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [("1.500000000000000000", "1.5"), ("12.000", "12"), ("0.000", "0"), ("-0.10", "-0.1"), ("1E+3", "1000"), ("100", "100")],
)
def test_decimals(value: str, text: str) -> None:
    assert decimal_text(Decimal(value)) == text


@pytest.mark.parametrize(
    ("ticks", "text"),
    [
        (0, "00:00:00"),
        (1, "00:00:00.0000001"),
        (10_000_000 * 86_400, "1.00:00:00"),
        (-937_845_000_000, "-1.02:03:04.5000000"),
    ],
)
def test_timespans(ticks: int, text: str) -> None:
    assert timespan_text(ticks) == text


@given(st.text())
def test_dynamic_strings_are_bare(text: str) -> None:
    if text.encode("utf-8", "ignore").decode() == text:
        assert dynamic_text(orjson.dumps(text).decode()) == text
