"""Rows that other programs delivered: JSON objects -> rows of any table, new columns where the table takes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gatelog.schema.table import Column, Table
from gatelog.schema.types import KqlType
from gatelog.schema.values import converted, looks_like_guid, type_of
from gatelog.workspace.rows.call import Row, json_text

MOST_COLUMNS = 500
"""Azure's limit for AzureDiagnostics; what comes later goes into AdditionalFields."""
_SUFFIXES = {"s": KqlType.STRING, "d": KqlType.REAL, "b": KqlType.BOOL, "g": KqlType.GUID, "t": KqlType.DATETIME}
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
                found = type_of(value)
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
    if isinstance(value, str) and looks_like_guid(value):
        return "g"
    return "t" if type_of(value) is KqlType.DATETIME else "s"


def _wider(one: KqlType, other: KqlType) -> KqlType:
    numbers = {KqlType.LONG, KqlType.REAL}
    if {one, other} <= numbers:
        return KqlType.REAL
    return KqlType.DYNAMIC if KqlType.DYNAMIC in (one, other) else KqlType.STRING
