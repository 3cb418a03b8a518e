"""Shredding: chosen JSON paths of text columns as columns of their own, computed by the same SQL that a query would use."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from gatelog.schema.table import Column, JsonPath, Table
from gatelog.storage.duckdb.parts import quote


class Shredder:
    """Adds the shredded columns to arriving rows; for one thread at a time."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._cursor = connection.cursor()

    def close(self) -> None:
        """Close its cursor."""
        self._cursor.close()

    def add(self, table: Table, rows: pa.Table) -> pa.Table:
        """The rows with one more column for each shredded path."""
        shredded = [column for column in table.columns if column.shredded]
        if not shredded:
            return rows
        self._cursor.register("arriving", rows.select([column.stored_as for column in shredded]))
        try:
            found = self._cursor.sql(shredding_sql(table, shredded)).to_arrow_table()
        finally:
            self._cursor.unregister("arriving")
        for name in found.column_names:
            rows = rows.append_column(name, found.column(name))
        return rows


def shredding_sql(table: Table, shredded: list[Column]) -> str:
    """One list extract for each document: null for a path that is missing or null, or when the text is no JSON."""
    lists, members = [], []
    for number, column in enumerate(shredded):
        text = quote(column.stored_as)
        paths = tuple(column.shredded)
        extract = f"TRY(json_extract({text}, [{', '.join(json_path(path) for path in paths)}]))"
        twin = next((at for at, other in enumerate(shredded[:number]) if _is_twin(table, column, other)), None)
        lists.append(f"CASE WHEN {text} IS NULL THEN x{twin} ELSE {extract} END" if twin is not None else extract)
        for position, name in enumerate(column.shredded.values(), 1):
            members.append(f"nullif(CAST(x{number}[{position}] AS VARCHAR), 'null') AS {quote(name)}")
    source = "arriving"
    for number, text in enumerate(lists):
        source = f"(SELECT *, {text} AS x{number} FROM {source})"
    return f"SELECT {', '.join(members)} FROM {source}"


def _is_twin(table: Table, column: Column, other: Column) -> bool:
    """Whether the text of `column`, where it is null, is that of `other` with the same paths."""
    return column.same_as == other.name and tuple(column.shredded) == tuple(other.shredded) and other in table.columns


def json_path(path: JsonPath) -> str:
    """A path as DuckDB writes it, as an SQL literal."""
    text = "$"
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f'."{step}"'
    return "'" + text.replace("'", "''") + "'"
