"""Rows that other programs delivered: JSON objects -> rows of any table, new columns where the table takes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from gatelog.schema.table import Column, Table
from gatelog.schema.types import KqlType
from gatelog.workspace.rows.call import Row, json_text

MOST_COLUMNS = 500
"""Azure's limit for AzureDiagnostics; what comes later goes into AdditionalFields."""
_SUFFIXES = {"s": KqlType.STRING, "d": KqlType.REAL, "b": KqlType.BOOL, "g": KqlType.GUID, "t": KqlType.DATETIME}
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_TIMESPAN = re.compile(r"(-)?(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of delivered objects."""

    table: Table
    """With the columns that the rows brought."""
    rows: list[Row]
    refused: int
    """Values that did not fit their column."""


def fit_rows(table: Table, objects: Iterable[Mapping[str, Any]]) -> Delivery:
    """Objects -> rows of a table. Fields that it lacks become columns of an open table, else AdditionalFields, else they go."""
    columns = {column.name: column for column in table.columns}
    rows, refused = [], 0
    for given in objects:
        row: Row = {}
        rest: dict[str, Any] = {}
        for name, value in given.items():
            column = columns.get(name) or (_new_column(name, value, columns) if table.open else None)
            if column is None:
                rest[name] = value
                continue
            columns[column.name] = column
            row[column.name] = converted(value, column.type)
            refused += row[column.name] is None and value is not None
        if rest and "AdditionalFields" in columns:
            row["AdditionalFields"] = json_text(rest)
        rows.append(row | {"Type": table.name} if "Type" in columns else row)
    return Delivery(replace(table, columns=tuple(columns.values())), rows, refused)


def inferred_table(name: str, objects: Sequence[Mapping[str, Any]]) -> Table:
    """A table for rows that nobody declared: types by the values, wider where they disagree."""
    types: dict[str, KqlType] = {}
    for given in objects:
        for field, value in given.items():
            if value is not None and _NAME.fullmatch(field):
                found = _type_of(value)
                known = types.get(field, found)
                types[field] = known if known is found else _wider(known, found)
    types.pop("TimeGenerated", None)
    columns = [Column("TimeGenerated", KqlType.DATETIME), *(Column(field, kind) for field, kind in types.items())]
    return Table(name, tuple(columns), doc="Made from the first rows that were delivered.")


def _new_column(name: str, value: Any, columns: Mapping[str, Column]) -> Column | None:
    """The column that a free field gets: its name ends with its type's letter, as in Azure."""
    if value is None or len(columns) >= MOST_COLUMNS or not _NAME.fullmatch(name):
        return None
    suffix = name.rpartition("_")[2] if "_" in name else ""
    if suffix in _SUFFIXES:
        return Column(name, _SUFFIXES[suffix])
    letter = _letter_of(value)
    wanted = f"{name}_{letter}"
    return columns.get(wanted) or Column(wanted, _SUFFIXES[letter])


def _letter_of(value: Any) -> str:
    if isinstance(value, bool):
        return "b"
    if isinstance(value, int | float):
        return "d"
    if isinstance(value, str):
        if _GUID.fullmatch(value):
            return "g"
        if _TIME.match(value) and _time(value) is not None:
            return "t"
    return "s"


def _type_of(value: Any) -> KqlType:
    if isinstance(value, bool):
        return KqlType.BOOL
    if isinstance(value, int):
        return KqlType.LONG if -(1 << 63) <= value < 1 << 63 else KqlType.REAL
    if isinstance(value, float):
        return KqlType.REAL
    if isinstance(value, str):
        return KqlType.DATETIME if _TIME.match(value) and _time(value) is not None else KqlType.STRING
    return KqlType.DYNAMIC


def _wider(one: KqlType, other: KqlType) -> KqlType:
    numbers = {KqlType.LONG, KqlType.REAL}
    if {one, other} <= numbers:
        return KqlType.REAL
    return KqlType.DYNAMIC if KqlType.DYNAMIC in (one, other) else KqlType.STRING


def converted(value: Any, kind: KqlType) -> Any:
    """A JSON value as storage wants it; None when it does not fit."""
    if value is None:
        return None
    return _CONVERT[kind](value)


def _time(value: Any) -> int | None:
    """Nanoseconds of an ISO 8601 text; text without a zone is UTC."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    nanoseconds = (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000
    return nanoseconds if -(1 << 63) <= nanoseconds < 1 << 63 else None


def _timespan(value: Any) -> int | None:
    """Ticks of `[-][d.]hh:mm[:ss[.fffffff]]`."""
    found = _TIMESPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return value if isinstance(value, int) and not isinstance(value, bool) else None
    sign, days, hours, minutes, seconds, fraction = found.groups()
    whole = ((int(days or 0) * 24 + int(hours)) * 60 + int(minutes)) * 60 + int(seconds or 0)
    ticks = whole * 10_000_000 + int((fraction or "0").ljust(7, "0"))
    return -ticks if sign else ticks


def _whole(value: Any) -> int | None:
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str):
        text = value.strip()
        return int(text) if re.fullmatch(r"[-+]?\d{1,19}", text) else None
    return int(value) if isinstance(value, int) else None


def _real(value: Any) -> float | None:
    try:
        return float(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        return None


def _decimal(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value)) if isinstance(value, int | float | str) else None
    except InvalidOperation:
        return None


def _bool(value: Any) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return bool(value) if isinstance(value, int | float) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json_text(value)


def _guid(value: Any) -> str | None:
    try:
        return str(UUID(value)) if isinstance(value, str) else None
    except ValueError:
        return None


_CONVERT: Mapping[KqlType, Callable[[Any], Any]] = {
    KqlType.BOOL: _bool,
    KqlType.INT: _whole,
    KqlType.LONG: _whole,
    KqlType.REAL: _real,
    KqlType.DECIMAL: _decimal,
    KqlType.STRING: _text,
    KqlType.DATETIME: _time,
    KqlType.TIMESPAN: _timespan,
    KqlType.GUID: _guid,
    KqlType.DYNAMIC: json_text,
}
