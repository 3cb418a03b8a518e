"""ClickHouseStorage: rows in a ClickHouse server (or, for tests, in chDB, the same engine inside the process)."""

from __future__ import annotations

import hashlib
import importlib
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from gatelog.clock import Clock
from gatelog.schema.query import Limits, Query, Result
from gatelog.schema.table import Schema, Table
from gatelog.schema.types import KqlType
from gatelog.storage.clickhouse.ddl import BOOKKEEPING, COMMITS, DEFINITIONS, add_column, create_table, plain, quote
from gatelog.storage.clickhouse.fetch import Engine, QueryRun, View
from gatelog.storage.columns import SEQUENCE, physical_columns, to_arrow
from gatelog.storage.definitions import decode_table, encode_table
from gatelog.storage.errors import StorageError, StoreUnusable
from gatelog.storage.interface import Batch, Filter

_ATTEMPTS = 5
_COMPARE = {"==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


class ClickHouseStorage:
    """The storage seam on ClickHouse. One workspace process writes to a database at a time."""

    def __init__(self, url: str, clock: Clock, retention: Mapping[str, int]) -> None:
        """`clickhouse://USER:PASSWORD@HOST:8123/DATABASE`, `clickhouses://...` with TLS, `chdb:///FOLDER`.
        Raises `StoreUnusable`."""
        self._clock = clock
        self._retention = retention
        try:
            connect = importlib.import_module("clickhouse_connect")
        except ImportError as error:
            raise StoreUnusable("ClickHouse needs the extra `clickhouse`: pip install 'gatelog[clickhouse]'") from error
        self._failure: type[Exception] = connect.driver.exceptions.ClickHouseError
        self._one_at_a_time = threading.RLock() if url.startswith("chdb:") else None
        try:
            self._client = _connected(connect, url)
            for statement in BOOKKEEPING:
                self._client.command(statement)
            self._commits = 0
            self._committed, self._offsets = self._read_commits()
            self._tables = self._read_tables()
            self._delete_uncommitted()
        except self._failure as error:
            raise StoreUnusable(f"cannot use {_without_password(url)}: {_line(error)}") from error
        self._schema = Schema(self._tables.values())
        self._appending = threading.Lock()
        self._runs: set[QueryRun] = set()
        self.refused_values = 0
        self.unknown_fields = 0

    def schema(self) -> Schema:
        """The tables as they are now."""
        return self._schema

    def define(self, table: Table) -> None:
        """Create the table, or add the columns that it lacks."""
        with self._appending:
            known = self._tables.get(table.name)
            wanted = plain(table)
            after = wanted if known is None else _merged(known, wanted)
            if after == known:
                return
            if known is None:
                self._command(create_table(after, self._days(table.name)))
            else:
                have = {column.name for column in known.columns}
                for column in physical_columns(after):
                    if column.name not in have:
                        self._command(add_column(after, column))
            definition = pa.table(
                {
                    "name": [after.name],
                    "version": pa.array([len(after.columns)], pa.uint64()),
                    "definition": [encode_table(after).decode()],
                }
            )
            self._insert(DEFINITIONS, definition, "")
            self._tables = {**self._tables, after.name: after}
            self._schema = Schema(self._tables.values())

    def append(self, batch: Batch) -> None:
        """Insert the rows, then commit their numbers and offsets in one insert: visible and durable from then on."""
        with self._appending:
            ahead = [
                stream for stream, position in batch.offsets.items() if position > self._offsets.get((batch.reader, stream), b"")
            ]
            if batch.offsets and not ahead:
                return
            number = self._committed
            token = _token(batch, number)
            for name, rows in batch.rows.items():
                if rows:
                    number = self._append_rows(name, rows, number, token)
            self._commit(batch, number, token)

    def offsets(self, reader: str) -> Mapping[str, bytes]:
        """The positions that were committed last."""
        return {stream: position for (who, stream), position in self._offsets.items() if who == reader}

    def durable_offsets(self, reader: str) -> Mapping[str, bytes]:
        """The same: what is committed is durable."""
        return self.offsets(reader)

    def forget(self, reader: str, streams: Iterable[str]) -> None:
        """Remove the positions of streams that have ended."""
        for stream in streams:
            self._client.command(
                f"ALTER TABLE {COMMITS} DELETE WHERE reader = {{reader:String}} AND stream = {{stream:String}}",
                parameters={"reader": reader, "stream": stream},
            )
            self._offsets = {key: position for key, position in self._offsets.items() if key != (reader, stream)}

    def flush(self) -> None:
        """Nothing waits here."""

    def fetch(self, query: Query, limits: Limits, started: Callable[[QueryRun], None] | None = None) -> Result:
        """Run a query over the rows that are committed now."""
        now = self._clock.now()
        ages = {name: self._retention.get(name, self._retention.get("*", 0)) for name in self._tables}
        view = View(self._schema, self._committed, {name: now - age for name, age in ages.items() if age})
        engine = Engine(self._ask, self._command, lambda name, data: self._insert(name, data, ""), self._failure)
        run = QueryRun(engine, view, query, limits)
        if started is not None:
            started(run)
        self._runs.add(run)
        try:
            return run.run()
        finally:
            self._runs.discard(run)

    def drop_old(self) -> int:
        """ClickHouse drops parts by itself (TTL)."""
        return 0

    def purge(self, table: str, filters: Sequence[Filter]) -> int:
        """Delete matching rows; ClickHouse rewrites the parts that hold them before this returns."""
        definition = self._tables.get(table)
        if definition is None:
            raise StorageError(f"table {table!r} is not in this workspace")
        condition, values = _condition(definition, filters)
        try:
            (count,) = self._client.query(f"SELECT count() FROM {quote(table)} WHERE {condition}", parameters=values).result_rows[
                0
            ]
            self._client.command(
                f"ALTER TABLE {quote(table)} DELETE WHERE {condition}", parameters=values, settings={"mutations_sync": 2}
            )
        except self._failure as error:
            raise StorageError(f"cannot purge {table}: {_line(error)}") from error
        return int(count)

    def statistics(self) -> Mapping[str, Any]:
        """Numbers for metrics and doctor."""
        return {
            "committed_rows": self._committed,
            "refused_values": self.refused_values,
            "unknown_fields": self.unknown_fields,
            "queries_running": len(self._runs),
        }

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _append_rows(self, name: str, rows: Sequence[Mapping[str, Any]], number: int, token: str) -> int:
        table = self._tables.get(name)
        if table is None:
            raise StorageError(f"table {name!r} is not defined")
        self.unknown_fields += len(frozenset().union(*rows) - {column.name for column in table.columns})
        now = self._clock.now()
        dated = [row if row.get(table.time_column) is not None else {**row, table.time_column: now} for row in rows]
        arrow, refused = to_arrow(table, dated, number + 1)
        self.refused_values += refused
        self._insert(name, arrow, f"{token}/{name}")
        return number + len(rows)

    def _commit(self, batch: Batch, number: int, token: str) -> None:
        offsets = dict(batch.offsets) or {"": b""}
        self._commits += 1
        rows = pa.table(
            {
                "reader": [batch.reader] * len(offsets),
                "stream": list(offsets),
                "position": [position.hex() for position in offsets.values()],
                "number": pa.array([number] * len(offsets), pa.uint64()),
                "commit": pa.array([self._commits] * len(offsets), pa.uint64()),
            }
        )
        self._insert(COMMITS, rows, f"{token}/commit")
        self._committed = number
        self._offsets = {**self._offsets, **{(batch.reader, stream): position for stream, position in batch.offsets.items()}}

    def _read_commits(self) -> tuple[int, dict[tuple[str, str], bytes]]:
        found = self._client.query(
            f"SELECT reader, stream, argMax(position, commit), max(number), max(commit) FROM {COMMITS} GROUP BY reader, stream"
        ).result_rows
        self._commits = max((row[4] for row in found), default=0)
        committed = max((row[3] for row in found), default=0)
        return committed, {(reader, stream): bytes.fromhex(position) for reader, stream, position, *_ in found if stream}

    def _read_tables(self) -> dict[str, Table]:
        rows = self._client.query(
            f"SELECT name, argMax(definition, version) FROM {DEFINITIONS} GROUP BY name ORDER BY name"
        ).result_rows
        return {name: decode_table(name, definition.encode()) for name, definition in rows}

    def _delete_uncommitted(self) -> None:
        """Remove what a crash left behind the committed number."""
        for name in self._tables:
            (count,) = self._client.query(f"SELECT count() FROM {quote(name)} WHERE {SEQUENCE} > {self._committed}").result_rows[
                0
            ]
            if count:
                statement = f"ALTER TABLE {quote(name)} DELETE WHERE {SEQUENCE} > {self._committed}"
                self._client.command(statement, settings={"mutations_sync": 2})

    def _insert(self, table: str, rows: pa.Table, token: str) -> None:
        """Insert, again after a failure: the token makes a repeated insert count once."""
        settings = {"insert_deduplicate": 1, "insert_deduplication_token": token} if token else {}
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self._alone():
                    self._client.insert_arrow(table, rows, settings=settings)
                return
            except self._failure as error:
                if attempt == _ATTEMPTS or not token:
                    raise StorageError(f"cannot insert into {table}: {_line(error)}") from error
                time.sleep(0.2 * attempt)

    def _ask(self, sql: str) -> pa.Table:
        with self._alone():
            try:
                return self._client.query_arrow(sql)
            except pa.ArrowInvalid:
                if self._one_at_a_time is None:
                    raise
                # chDB gives no bytes at all to the first query after one that was stopped
                return self._client.query_arrow(sql)

    def _command(self, sql: str) -> Any:
        with self._alone():
            return self._client.command(sql)

    def _alone(self) -> AbstractContextManager[Any]:
        """chDB takes one statement at a time, a server as many as come."""
        return self._one_at_a_time or nullcontext()

    def _days(self, table: str) -> int:
        return self._retention.get(table, self._retention.get("*", 0)) // (86_400 * 10**9)


def _merged(known: Table, wanted: Table) -> Table:
    have = {column.name for column in known.columns}
    return replace(known, columns=(*known.columns, *(column for column in wanted.columns if column.name not in have)))


def _token(batch: Batch, number: int) -> str:
    digest = hashlib.sha256(f"{batch.reader} {number}".encode())
    for stream, position in sorted(batch.offsets.items()):
        digest.update(stream.encode() + b"\0" + position)
    return digest.hexdigest()


def _condition(table: Table, filters: Sequence[Filter]) -> tuple[str, dict[str, Any]]:
    """Filters -> condition with server-side parameters. Raises `StorageError`."""
    if not filters:
        raise StorageError("a purge needs at least one filter")
    parts: list[str] = []
    values: dict[str, Any] = {}
    for one in filters:
        column = table.column(one.column)
        if column is None:
            raise StorageError(f"column {one.column!r} is not in {table.name}")
        listed = list(one.value) if isinstance(one.value, list | tuple) else [one.value]
        holes = []
        for value in listed:
            name = f"v{len(values)}"
            values[name] = value
            if column.type is KqlType.DATETIME:
                holes.append(f"fromUnixTimestamp64Nano({{{name}:Int64}}, 'UTC')")
            else:
                holes.append(f"{{{name}:{_PARAMETER.get(column.type, 'String')}}}")
        parts.append(_comparison(quote(column.name), one, holes))
    return " AND ".join(f"({part})" for part in parts), values


_PARAMETER = {
    KqlType.BOOL: "Bool",
    KqlType.INT: "Int32",
    KqlType.LONG: "Int64",
    KqlType.REAL: "Float64",
    KqlType.TIMESPAN: "Int64",
}


def _comparison(name: str, one: Filter, holes: list[str]) -> str:
    if one.operator in _COMPARE and len(holes) == 1:
        return f"{name} {_COMPARE[one.operator]} {holes[0]}"
    if one.operator == "in" and holes:
        return f"{name} IN ({', '.join(holes)})"
    if one.operator in ("=~", "in~") and holes:
        return f"lowerUTF8({name}) IN ({', '.join(f'lowerUTF8({hole})' for hole in holes)})"
    if one.operator == "between" and len(holes) == 2:
        return f"{name} BETWEEN {holes[0]} AND {holes[1]}"
    raise StorageError(f"operator {one.operator!r} with {one.value!r} is not one of ==, !=, <, <=, >, >=, =~, in, in~, between")


def _connected(connect: Any, url: str) -> Any:
    """A client of the database that the URL names; the database is made when it is not there."""
    if url.startswith("chdb:"):
        return connect.get_client(dsn=url)
    address = urlsplit(url)
    client = connect.get_client(
        host=address.hostname or "127.0.0.1",
        port=address.port or (8443 if address.scheme == "clickhouses" else 8123),
        username=unquote(address.username or "default"),
        password=unquote(address.password or ""),
        secure=address.scheme == "clickhouses",
        autogenerate_session_id=False,
    )
    database = address.path.strip("/") or "default"
    client.command(f"CREATE DATABASE IF NOT EXISTS {quote(database)}")
    client.database = database
    return client


def _without_password(url: str) -> str:
    head, at, tail = url.rpartition("@")
    return f"{head.partition('://')[0]}://...@{tail}" if at else url


def _line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]
