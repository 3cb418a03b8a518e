"""Rows as dictionaries -> Arrow tables with a table's physical columns: defaults, values that do not fit."""

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


_MOST_GROUPS = 8


class _Same:
    """Marks a text that is stored in another column of the row."""


_SAME = _Same()


@dataclass(frozen=True, slots=True)
class PhysicalColumn:
    """A column as the engine has it."""

    name: str
    type: KqlType
    body: bool = False
    same_as: str = ""
    """Physical column that holds the text where this one is null."""


def physical_columns(table: Table) -> tuple[PhysicalColumn, ...]:
    """The stored columns of a table: its own, and behind each those of its shredded paths."""
    columns: list[PhysicalColumn] = []
    for column in table.columns:
        other = table.column(column.same_as) if column.same_as else None
        same_as = other.stored_as if other is not None else ""
        columns.append(PhysicalColumn(column.stored_as, column.type, column.body, same_as))
        columns.extend(PhysicalColumn(name, KqlType.DYNAMIC) for name in column.shredded.values())
    return tuple(columns)


def default_of(kind: KqlType) -> str | None:
    """What a missing value is: strings are never null."""
    return "" if kind is KqlType.STRING else None


def to_arrow(table: Table, rows: Sequence[Mapping[str, Any]], first: int) -> tuple[pa.Table, int]:
    """Rows -> Arrow table with the own columns of `table` and `_seq` from `first`; also the number of values that did not fit."""
    tables, refused = [], 0
    for keys, group in _alike(rows):
        arrays, names, wrong = _columns(table, keys, group)
        arrays.append(pa.array(range(first, first + len(group)), pa.int64()))
        tables.append(pa.Table.from_arrays(arrays, names=[*names, SEQUENCE]))
        first += len(group)
        refused += wrong
    return (tables[0] if len(tables) == 1 else pa.concat_tables(tables).combine_chunks()), refused


def _alike(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[tuple[str, ...], Sequence[Mapping[str, Any]]]]:
    """Rows in groups with the same keys in the same order, so that their columns come from one zip."""
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row), []).append(row)
    if len(groups) <= _MOST_GROUPS:
        yield from groups.items()
        return
    keys = tuple(dict.fromkeys(key for group in groups for key in group))
    yield keys, [{key: row.get(key) for key in keys} for row in rows]


def _columns(table: Table, keys: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> tuple[list[pa.Array], list[str], int]:
    """Arrays and names of the physical columns but `_seq`, and the number of values that did not fit."""
    values: dict[str, Sequence[Any]] = dict(zip(keys, zip(*(row.values() for row in rows), strict=True), strict=True))
    arrays: list[pa.Array] = []
    names: list[str] = []
    refused = 0
    for column in table.columns:
        given = values.get(column.name)
        if given is not None and column.same_as in values:
            given = [_SAME if one is other else one for one, other in zip(given, values[column.same_as], strict=True)]
        array, wrong = _column(given, column.type, len(rows))
        refused += wrong
        names.append(column.stored_as)
        arrays.append(array)
    return arrays, names, refused


def _column(values: Sequence[Any] | None, kind: KqlType, count: int) -> tuple[pa.Array, int]:
    """One Arrow array; values that do not fit become null (or text, for string) and are counted."""
    if values is None:
        return (pa.repeat(pa.scalar("", pa.string()), count) if kind is KqlType.STRING else pa.nulls(count, ARROW[kind])), 0
    try:
        if kind is KqlType.DATETIME:
            return pa.array([None if value is None else value // 1000 for value in values], ARROW[kind]), 0
        if kind is KqlType.STRING:
            return pa.array(_never_null(values), ARROW[kind]), 0
        if kind not in (KqlType.GUID, KqlType.DECIMAL):
            return pa.array(values, ARROW[kind]), 0
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        pass
    fit = _FIT[kind]
    fitted = [None if value is None or value is _SAME else fit(value) for value in values]
    wrong = sum(
        after is None and before is not None and before is not _SAME for after, before in zip(fitted, values, strict=True)
    )
    if kind is KqlType.STRING:
        fitted = ["" if before is None else value for value, before in zip(fitted, values, strict=True)]
    return pa.array(fitted, ARROW[kind]), wrong


def _never_null(values: Sequence[Any]) -> Sequence[Any]:
    """Text without nulls, but null where the text is the same as another column's."""
    if None in values:
        values = ["" if value is None else value for value in values]
    return [None if value is _SAME else value for value in values] if _SAME in values else values


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
    return value.encode("utf-8", "replace").decode() if value != "null" else None


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
