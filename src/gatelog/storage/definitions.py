"""A table's definition as JSON, for engines that keep it next to the rows."""

from __future__ import annotations

import msgspec

from gatelog.schema.table import Column, Table
from gatelog.schema.types import KqlType


class _StoredColumn(msgspec.Struct, array_like=True):
    name: str
    type: str
    doc: str
    physical: str
    body: bool
    shredded: list[tuple[list[str | int], str]]
    same_as: str = ""


class _StoredTable(msgspec.Struct):
    columns: list[_StoredColumn]
    doc: str = ""
    time_column: str = "TimeGenerated"
    open: bool = False
    category: str = ""


def encode_table(table: Table) -> bytes:
    """Everything but the name."""
    columns = [
        _StoredColumn(
            column.name,
            column.type.value,
            column.doc,
            column.physical,
            column.body,
            [(list(path), name) for path, name in column.shredded.items()],
            column.same_as,
        )
        for column in table.columns
    ]
    return msgspec.json.encode(_StoredTable(columns, table.doc, table.time_column, table.open, table.category))


def decode_table(name: str, definition: bytes) -> Table:
    """What `encode_table` made."""
    stored = msgspec.json.decode(definition, type=_StoredTable)
    columns = tuple(
        Column(
            column.name,
            KqlType(column.type),
            column.doc,
            column.physical,
            column.body,
            {tuple(path): physical for path, physical in column.shredded},
            column.same_as,
        )
        for column in stored.columns
    )
    return Table(name, columns, stored.doc, stored.time_column, stored.open, stored.category)
