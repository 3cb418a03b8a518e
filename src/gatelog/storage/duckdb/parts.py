"""Parts: one DuckDB file for each month, attached to one in-memory database."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa

from gatelog.schema.table import Table
from gatelog.schema.types import KqlType
from gatelog.storage.columns import SEQUENCE, PhysicalColumn, physical_columns
from gatelog.storage.errors import NewerStore, StoreUnusable

ROW_GROUP = 8192
SQL_TYPES: Mapping[KqlType, str] = {
    KqlType.BOOL: "BOOLEAN",
    KqlType.INT: "INTEGER",
    KqlType.LONG: "BIGINT",
    KqlType.REAL: "DOUBLE",
    KqlType.DECIMAL: "DECIMAL(38, 18)",
    KqlType.STRING: "VARCHAR",
    KqlType.DATETIME: "TIMESTAMP",
    KqlType.TIMESPAN: "BIGINT",
    KqlType.GUID: "VARCHAR",
    KqlType.DYNAMIC: "VARCHAR",
}
"""How DuckDB stores each type."""
_FILE = re.compile(r"data-(\d{6})\.duckdb")
_BODY_ENDINGS = ("Body", "Messages")
_LONG_TEXT = "USING COMPRESSION zstd"


def quote(name: str) -> str:
    """An identifier in SQL."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Part:
    """One month's file, as queries see it."""

    month: str
    """`202611`."""
    tables: Mapping[str, PartTable]

    @property
    def alias(self) -> str:
        """Its name in SQL."""
        return f"p{self.month}"


@dataclass(frozen=True, slots=True)
class PartTable:
    """One table's rows of one month."""

    columns: frozenset[str]
    rows: int


class Parts:
    """The files of a store. Changes come from one thread at a time, `view` from any."""

    def __init__(self, directory: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self._directory = directory
        self._connection = connection
        self._lock = threading.RLock()
        self._view: dict[str, Part] = {}
        self.quarantined: dict[str, str] = {}
        """File name -> why it cannot be read."""

    def view(self) -> Mapping[str, Part]:
        """Month -> part; never changes afterwards."""
        return self._view

    def path(self, month: str) -> Path:
        """Where a month is stored."""
        return self._directory / f"data-{month}.duckdb"

    def open_all(self) -> None:
        """Attach every file; a damaged one is set aside. Raises `NewerStore`."""
        for path in sorted(self._directory.iterdir()):
            found = _FILE.fullmatch(path.name)
            if found is not None:
                self._open(found[1])
            elif ".damaged" in path.name and not path.name.endswith(".wal"):
                self.quarantined[path.name] = "set aside at an earlier start"

    def undo_after(self, months: Sequence[str], sealed: int) -> None:
        """Remove the rows of a seal that did not end."""
        cursor = self._connection.cursor()
        for part in [self._view[month] for month in months if month in self._view]:
            for name in part.tables:
                cursor.execute(f"DELETE FROM {part.alias}.{quote(name)} WHERE {SEQUENCE} > {sealed}")
        cursor.close()

    def insert(self, month: str, table: str, columns: Sequence[PhysicalColumn], rows: pa.Table) -> None:
        """Add rows in pieces smaller than a row group: DuckDB stores larger ones side by side at twice the size."""
        with self._lock:
            self._prepare(month, table, columns)
            alias = self._view[month].alias
            names = ", ".join(quote(name) for name in rows.column_names)
            cursor = self._connection.cursor()
            try:
                for start in range(0, rows.num_rows, ROW_GROUP - 1):
                    cursor.register("arriving", rows.slice(start, ROW_GROUP - 1))
                    cursor.execute(f"INSERT INTO {alias}.{quote(table)} ({names}) SELECT {names} FROM arriving")
                    cursor.unregister("arriving")
            finally:
                cursor.close()
            self._note(month, table, frozenset(column.name for column in columns), rows.num_rows)

    def add_columns(self, table: Table) -> None:
        """Give every part's table the columns that it has by now."""
        with self._lock:
            for month, part in self._view.items():
                if table.name in part.tables:
                    columns = physical_columns(table)
                    self._prepare(month, table.name, columns)
                    self._note(month, table.name, frozenset(column.name for column in columns), 0)

    def hide_table(self, month: str, table: str) -> None:
        """Queries that start from now on do not see one table's rows of one month."""
        with self._lock:
            part = self._view[month]
            left = {name: held for name, held in part.tables.items() if name != table}
            self._view = {**self._view, month: replace(part, tables=left)}

    def drop_table(self, month: str, table: str) -> None:
        """Drop a hidden table; the file goes with the last one. No query may be running on it."""
        with self._lock:
            part = self._view.get(month)
            if part is None or table in part.tables:
                return
            self._connection.execute(f"DROP TABLE IF EXISTS {part.alias}.{quote(table)}")
            if not part.tables:
                self._view = {other: held for other, held in self._view.items() if other != month}
                self._connection.execute(f"DETACH {part.alias}")
                for path in (self.path(month), self._wal(month)):
                    path.unlink(missing_ok=True)

    def replace_file(self, month: str, fresh: Path) -> None:
        """Put a new file in the place of a month's. No query may be running."""
        with self._lock:
            self._connection.execute(f"CHECKPOINT {self._view[month].alias}")
            self._connection.execute(f"DETACH {self._view[month].alias}")
            self._wal(month).unlink(missing_ok=True)
            os.replace(fresh, self.path(month))
            self._open(month)

    def checkpoint(self, month: str) -> None:
        """Fold the write-ahead log into the file."""
        with self._lock:
            self._connection.execute(f"CHECKPOINT {self._view[month].alias}")

    def close(self) -> None:
        """Detach every file, which folds the logs in."""
        with self._lock:
            for part in self._view.values():
                self._connection.execute(f"DETACH {part.alias}")
            self._view = {}

    def _wal(self, month: str) -> Path:
        return self._directory / f"data-{month}.duckdb.wal"

    def _open(self, month: str) -> None:
        path = self.path(month)
        try:
            self._attach(month)
            self._view = {**self._view, month: Part(month, dict(self._read_tables(month)))}
        except duckdb.Error as error:
            message = str(error).split("\n", 1)[0]
            if "newer" in message or "storage version" in message:
                raise NewerStore(f"{path} was written by a newer DuckDB: {message}") from error
            if "set lock" in message:
                raise StoreUnusable(f"cannot open {path}: {message}") from error
            self._set_aside(month, message)

    def _set_aside(self, month: str, why: str) -> None:
        """Rename a file that cannot be read, so that the month goes on in a new one."""
        path = self.path(month)
        number = sum(1 for other in self._directory.glob(f"data-{month}.damaged-*") if not other.name.endswith(".wal")) + 1
        target = self._directory / f"data-{month}.damaged-{number}"
        path.rename(target)
        if self._wal(month).exists():
            self._wal(month).rename(target.with_name(target.name + ".wal"))
        self.quarantined[target.name] = why

    def _attach(self, month: str) -> None:
        path = str(self.path(month)).replace("'", "''")
        self._connection.execute(f"ATTACH '{path}' AS p{month} (ROW_GROUP_SIZE {ROW_GROUP})")

    def _read_tables(self, month: str) -> Iterator[tuple[str, PartTable]]:
        cursor = self._connection.cursor()
        tables = cursor.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = $1", [f"p{month}"]).fetchall()
        for (name,) in tables:
            (rows,) = cursor.execute(f"SELECT count(*) FROM p{month}.{quote(name)}").fetchone() or (0,)
            columns = cursor.execute(
                "SELECT column_name FROM duckdb_columns() WHERE database_name = $1 AND table_name = $2", [f"p{month}", name]
            ).fetchall()
            yield name, PartTable(frozenset(column for (column,) in columns if column != SEQUENCE), rows)
        cursor.close()

    def _prepare(self, month: str, table: str, columns: Sequence[PhysicalColumn]) -> None:
        """Make sure that the file, the table and its columns exist."""
        if month not in self._view:
            self._attach(month)
            self._view = {**self._view, month: Part(month, {})}
        part = self._view[month]
        held = part.tables.get(table)
        if held is None:
            definitions = [_definition(column) for column in columns]
            self._connection.execute(
                f"CREATE TABLE {part.alias}.{quote(table)} ({', '.join(definitions)}, {SEQUENCE} BIGINT NOT NULL)"
            )
            return self._note(month, table, frozenset(column.name for column in columns), 0)
        for column in columns:
            if column.name not in held.columns:
                default = " DEFAULT ''" if column.type is KqlType.STRING else ""
                kind = SQL_TYPES[column.type]
                self._connection.execute(
                    f"ALTER TABLE {part.alias}.{quote(table)} ADD COLUMN {quote(column.name)} {kind}{default}"
                )
        return None

    def _note(self, month: str, table: str, columns: frozenset[str], more: int) -> None:
        part = self._view[month]
        held = part.tables.get(table, PartTable(frozenset(), 0))
        after = PartTable(held.columns | columns, held.rows + more)
        self._view = {**self._view, month: replace(part, tables={**part.tables, table: after})}


def definitions_of(cursor: duckdb.DuckDBPyConnection, alias: str, table: str) -> list[str]:
    """The columns of an existing table as `CREATE TABLE` wants them."""
    rows = cursor.execute(
        "SELECT column_name, data_type, coalesce(column_default, '') FROM duckdb_columns() "
        "WHERE database_name = $1 AND table_name = $2 ORDER BY column_index",
        [alias, table],
    ).fetchall()
    long_text = {name for name, kind, _ in rows if kind == "VARCHAR" and name.endswith(_BODY_ENDINGS)}
    return [
        f"{quote(name)} {kind}{' ' + _LONG_TEXT if name in long_text else ''}{' DEFAULT ' + default if default else ''}"
        for name, kind, default in rows
    ]


def _definition(column: PhysicalColumn) -> str:
    compression = _LONG_TEXT if column.body else ""
    return f"{quote(column.name)} {SQL_TYPES[column.type]} {compression}".rstrip()
