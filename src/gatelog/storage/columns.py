"""Rows as dictionaries -> Arrow tables with a table's physical columns: defaults, shredded paths, values that do not fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import orjson
import pyarrow as pa

from gatelog.schema.table import Table
from gatelog.schema.types import KqlType
from gatelog.storage.shred import shred

ARROW: Mapping[KqlType, pa.DataType] = {
    KqlType.BOOL: pa.bool_(),
    KqlType.INT: pa.int32(),
    KqlType.LONG: pa.int64(),
    KqlType.REAL: pa.float64(),
    KqlType.DECIMAL: pa.decimal128(38, 18),
    KqlType.STRING: pa.string(),
    KqlType.DATETIME: pa.timestamp("us"),
    KqlType.TIMESPAN: pa.int64(),
    KqlType.GUID: pa.string(),
    KqlType.DYNAMIC: pa.string(),
}
"""How each type is stored."""

SEQUENCE = "_seq"
"""Physical column with the number of the row: it grows with arrival."""


@dataclass(frozen=True, slots=True)
class PhysicalColumn:
    """A column as the engine has it."""

    name: str
    type: KqlType
    body: bool = False


def physical_columns(table: Table) -> tuple[PhysicalColumn, ...]:
    """The stored columns of a table: its own, and behind each those of its shredded paths."""
    columns: list[PhysicalColumn] = []
    for column in table.columns:
        columns.append(PhysicalColumn(column.stored_as, column.type, column.body))
        columns.extend(PhysicalColumn(name, KqlType.DYNAMIC) for name in column.shredded.values())
    return tuple(columns)


def default_of(kind: KqlType) -> str | None:
    """What a missing value is: strings are never null."""
    return "" if kind is KqlType.STRING else None


def to_arrow(table: Table, rows: Sequence[Mapping[str, Any]], first: int) -> tuple[pa.Table, int]:
    """Rows -> Arrow table with the physical columns and `_seq` from `first`; also the number of values that did not fit."""
    present = frozenset().union(*rows)
    arrays: list[pa.Array] = []
    names: list[str] = []
    refused = 0
    for column in table.columns:
        values = [row.get(column.name) for row in rows] if column.name in present else None
        array, wrong = _column(values, column.type, len(rows))
        refused += wrong
        names.append(column.stored_as)
        arrays.append(array)
        if column.shredded:
            texts = array.to_pylist() if values is not None else [""] * len(rows)
            for name, shreds in zip(column.shredded.values(), _shredded(texts, tuple(column.shredded)), strict=True):
                names.append(name)
                arrays.append(pa.array(shreds, pa.string()))
    names.append(SEQUENCE)
    arrays.append(pa.array(range(first, first + len(rows)), pa.int64()))
    return pa.Table.from_arrays(arrays, names=names), refused


def _shredded(texts: list[str], paths: tuple[tuple[str | int, ...], ...]) -> Iterator[list[str | None]]:
    by_row = [shred(text, paths) for text in texts]
    return (list(column) for column in zip(*by_row, strict=True))


def _column(values: list[Any] | None, kind: KqlType, count: int) -> tuple[pa.Array, int]:
    """One Arrow array; values that do not fit become null (or text, for string) and are counted."""
    if values is None:
        return (pa.repeat(pa.scalar("", pa.string()), count) if kind is KqlType.STRING else pa.nulls(count, ARROW[kind])), 0
    try:
        if kind is KqlType.DATETIME:
            return pa.array([None if value is None else value // 1000 for value in values], ARROW[kind]), 0
        if kind is KqlType.STRING:
            return pa.array(["" if value is None else value for value in values], ARROW[kind]), 0
        if kind not in (KqlType.GUID, KqlType.DYNAMIC, KqlType.DECIMAL, KqlType.BOOL):
            return pa.array(values, ARROW[kind]), 0
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        pass
    fit = _FIT[kind]
    fitted = [None if value is None else fit(value) for value in values]
    wrong = sum(after is None and before is not None for after, before in zip(fitted, values, strict=True))
    if kind is KqlType.STRING:
        fitted = ["" if value is None else value for value in fitted]
    return pa.array(fitted, ARROW[kind]), wrong


def _fit_whole(value: Any, bits: int) -> int | None:
    if isinstance(value, str):
        try:
            value = int(value.strip())
        except ValueError:
            return None
    if isinstance(value, float) and (not math.isfinite(value) or value != int(value)):
        return None
    if not isinstance(value, int | float | bool):
        return None
    whole = int(value)
    return whole if -(1 << bits - 1) <= whole < 1 << bits - 1 else None


def _fit_real(value: Any) -> float | None:
    try:
        return float(value) if isinstance(value, int | float | str | Decimal) else None
    except (ValueError, OverflowError):
        return None


def _fit_decimal(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value)).quantize(Decimal(1).scaleb(-18))
    except (InvalidOperation, ValueError):
        return None
    return number if number.is_finite() and number.adjusted() < 20 else None


def _fit_bool(value: Any) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False, "1": True, "0": False}.get(value.strip().lower())
    return bool(value) if isinstance(value, bool | int | float) else None


def _fit_text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, bool | int | float | None):
        return orjson.dumps(value, default=str).decode() if not isinstance(value, int) or abs(value) < 1 << 63 else str(value)
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _fit_guid(value: Any) -> str | None:
    try:
        return str(UUID(str(value)))
    except ValueError:
        return None


def _fit_json(value: Any) -> str | None:
    if not isinstance(value, str):
        return _fit_text(value)
    return value if value != "null" else None


def _fit_time(value: Any) -> int | None:
    return value // 1000 if isinstance(value, int) and -(1 << 63) <= value < 1 << 63 else None


_FIT: Mapping[KqlType, Callable[[Any], Any]] = {
    KqlType.BOOL: _fit_bool,
    KqlType.INT: lambda value: _fit_whole(value, 32),
    KqlType.LONG: lambda value: _fit_whole(value, 64),
    KqlType.REAL: _fit_real,
    KqlType.DECIMAL: _fit_decimal,
    KqlType.STRING: _fit_text,
    KqlType.DATETIME: _fit_time,
    KqlType.TIMESPAN: lambda value: _fit_whole(value, 64),
    KqlType.GUID: _fit_guid,
    KqlType.DYNAMIC: _fit_json,
}


def project(chunk: pa.Table, columns: Sequence[PhysicalColumn]) -> pa.Table:
    """A chunk with exactly these columns, in order; those it does not have are filled with their default."""
    arrays = []
    for column in columns:
        index = chunk.schema.get_field_index(column.name)
        arrays.append(chunk.column(index) if index >= 0 else _column(None, column.type, chunk.num_rows)[0])
    return pa.table(arrays, names=[column.name for column in columns])
