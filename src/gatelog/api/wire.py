"""Values of an answer in the JSON of the query APIs.

| type | Kusto v2 | Kusto v1, Log Analytics |
| --- | --- | --- |
| bool, int, long | JSON | the same |
| real | JSON number; `"NaN"`, `"Infinity"`, `"-Infinity"` | the same |
| decimal | text, shortest | the same |
| datetime | `2024-06-05T15:04:09.1234567Z` | the same |
| timespan | `[-][d.]hh:mm:ss[.fffffff]` | the same |
| dynamic | the JSON value itself | its text, a string without quotes |
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from gatelog.schema.query import ResultColumn, ResultTable
from gatelog.schema.types import KqlType

Values = list[Any]

DOTNET = {
    KqlType.BOOL: "SByte",
    KqlType.INT: "Int32",
    KqlType.LONG: "Int64",
    KqlType.REAL: "Double",
    KqlType.DECIMAL: "SqlDecimal",
    KqlType.STRING: "String",
    KqlType.DATETIME: "DateTime",
    KqlType.TIMESPAN: "TimeSpan",
    KqlType.GUID: "Guid",
    KqlType.DYNAMIC: "Object",
}
"""`DataType` of v1."""


def rows_of(table: ResultTable, *, native_dynamic: bool) -> list[tuple[Any, ...]]:
    """The rows, ready for orjson."""
    if not table.columns:
        return []
    columns = [
        _values(column, table.data.column(index).combine_chunks(), native_dynamic) for index, column in enumerate(table.columns)
    ]
    return list(zip(*columns, strict=True))


def _values(column: ResultColumn, data: pa.Array, native_dynamic: bool) -> Values:
    if column.type is KqlType.DATETIME:
        return _datetimes(data, column.tick)
    if column.type is KqlType.DYNAMIC:
        read: Callable[[str], Any] = (lambda text: orjson.Fragment(text)) if native_dynamic else dynamic_text
        return _each(data, read)
    if column.type is KqlType.STRING:
        return ["" if value is None else value for value in data.to_pylist()]
    if column.type is KqlType.REAL:
        return [value if value is None or math.isfinite(value) else _not_finite(value) for value in data.to_pylist()]
    if column.type is KqlType.DECIMAL:
        return _each(data, decimal_text)
    if column.type is KqlType.TIMESPAN:
        return _each(data, timespan_text)
    values: Values = data.to_pylist()
    return values


def _each(data: pa.Array, write: Callable[[Any], Any]) -> Values:
    return [None if value is None else write(value) for value in data.to_pylist()]


def _datetimes(data: pa.Array, tick: int) -> Values:
    """Timestamps with seven digits; the seventh is the column's own."""
    texts = pc.replace_substring(pc.cast(data.cast(pa.timestamp("us")), pa.string()), " ", "T")
    return pc.binary_join_element_wise(texts, f"{tick}Z", "").to_pylist()  # type: ignore[no-any-return]


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def decimal_text(value: Decimal) -> str:
    """A decimal without an exponent and without zeros at its end."""
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def timespan_text(ticks: int) -> str:
    """Ticks of 100 ns as .NET writes them in its constant format."""
    seconds, fraction = divmod(abs(ticks), 10_000_000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    sign = "-" if ticks < 0 else ""
    day = f"{days}." if days else ""
    rest = f".{fraction:07d}" if fraction else ""
    return f"{sign}{day}{hour:02d}:{minute:02d}:{second:02d}{rest}"


def dynamic_text(text: str) -> str:
    """A dynamic value as a string: strings bare, everything else as its JSON."""
    if not text.startswith('"'):
        return text
    value: str = orjson.loads(text)
    return value


def size_of(rows: Iterable[tuple[Any, ...]]) -> int:
    """Bytes of the rows as JSON, for statistics."""
    return len(orjson.dumps(list(rows)))
