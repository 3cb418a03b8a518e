"""Runs a compiled query: scans become relations over parts and hot rows, steps run in order, limits hold."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from gatelog.schema.query import KernelStep, Limits, Output, Query, Result, ResultTable, Scan, SqlStep
from gatelog.schema.table import Schema
from gatelog.schema.types import KqlType
from gatelog.storage.columns import SEQUENCE, PhysicalColumn, physical_columns
from gatelog.storage.duckdb.hot import Snapshot
from gatelog.storage.duckdb.parts import SQL_TYPES, Part, quote
from gatelog.storage.duckdb.terms import TermIndex, hash_of
from gatelog.storage.errors import QueryFailed, QueryStopped, StopReason

_BATCH = 8192
_STEP_BYTES = 2 << 30
"""Most that one step may hand to the next when no memory limit is given."""


@dataclass(frozen=True, slots=True)
class View:
    """What a query may read."""

    schema: Schema
    snapshot: Snapshot
    parts: Mapping[str, Part]
    not_before: Mapping[str, int]
    """Table -> ns since 1970: older rows have outlived their retention."""
    index: TermIndex | None = None


@dataclass(slots=True)
class _Relation:
    data: pa.Table
    truncated: str = ""


class QueryRun:
    """One run of one query on a cursor of its own."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, view: View, query: Query, limits: Limits) -> None:
        self._cursor = cursor
        self._view = view
        self._query = query
        self._limits = limits
        self._stopped: StopReason | None = None
        self._relations: dict[str, _Relation] = {}
        self._scans: dict[str, str] = {}
        self._scanned = 0

    def stop(self, reason: StopReason) -> None:
        """End it; from any thread."""
        if self._stopped is None:
            self._stopped = reason
        self._cursor.interrupt()

    def run(self) -> Result:
        """The answer. Raises `QueryStopped` and `QueryFailed`."""
        began = time.perf_counter()
        with self._time_limit():
            for scan in self._query.scans:
                self._scans[scan.name] = self._relation_of(scan)
            for step in self._query.steps:
                self._relations[step.name] = self._run(step)
                self._check()
            tables = [self._output(output) for output in self._query.outputs]
        truncated = next((text for _, text in tables if text), "")
        return Result(tuple(table for table, _ in tables), time.perf_counter() - began, self._scanned, truncated)

    @contextmanager
    def _time_limit(self) -> Iterator[None]:
        if not self._limits.seconds:
            yield
            return
        timer = threading.Timer(self._limits.seconds, self.stop, ["time"])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _check(self) -> None:
        if self._stopped is not None:
            raise self._stop_error(self._stopped)

    def _stop_error(self, reason: StopReason) -> QueryStopped:
        told = {
            "time": f"the query ran longer than {self._limits.seconds:g} seconds and was stopped",
            "memory": "the query needed more memory than it may use",
            "bytes": f"the query's intermediate results are larger than {self._step_bytes} bytes",
            "cancelled": "the query was cancelled",
        }
        return QueryStopped(reason, told[reason])

    @property
    def _step_bytes(self) -> int:
        return self._limits.memory_bytes or _STEP_BYTES

    def _relation_of(self, scan: Scan) -> str:
        """The SELECT behind a scan: parts that its times touch, and the hot rows."""
        table = self._view.schema.get(scan.table)
        if table is None:
            raise QueryFailed(f"table {scan.table!r} is not in this workspace")
        known = {column.name: column for column in physical_columns(table)}
        missing = [name for name in scan.columns if name not in known]
        if missing:
            raise QueryFailed(f"column {missing[0]!r} is not in {scan.table}")
        columns = [known[name] for name in scan.columns]
        time_column = table.column(table.time_column)
        earliest = max(scan.time_from or -(1 << 62), self._view.not_before.get(scan.table, -(1 << 62)))
        latest = scan.time_to if scan.time_to is not None else 1 << 62
        where = _time_condition(quote(time_column.stored_as), earliest, latest) if time_column is not None else ""
        arms = [
            arm for part in self._parts_of(scan.table, earliest, latest) for arm in self._part_arms(part, scan, columns, where)
        ]
        needed = [*columns, *(known[column.same_as] for column in columns if column.same_as)]
        needed += [known[time_column.stored_as]] if where and time_column is not None else []
        needed = needed or [PhysicalColumn(SEQUENCE, KqlType.LONG)]
        hot = self._view.snapshot.hot_table(scan.table, list(dict.fromkeys(needed)))
        if hot is not None:
            self._cursor.register(f"hot${scan.name}", hot)
            self._scanned += hot.num_rows
            arms.append(_select([_whole(column) for column in columns], quote(f"hot${scan.name}"), where))
        return " UNION ALL ".join(arms) or _select([_null(column) for column in columns], "", "false")

    def _parts_of(self, table: str, earliest: int, latest: int) -> Iterator[Part]:
        for month in sorted(self._view.parts):
            part = self._view.parts[month]
            if table in part.tables and _month_of(earliest) <= month <= _month_of(latest):
                yield part

    def _part_arms(self, part: Part, scan: Scan, columns: Sequence[PhysicalColumn], where: str) -> Iterator[str]:
        """The SELECTs over one part: one, or a few that read only what the term index names."""
        held = part.tables[scan.table]
        self._scanned += held.rows
        chosen = [_whole(column) if column.name in held.columns else _null(column) for column in columns]
        for stretch in self._stretches(part, scan):
            conditions = " AND ".join(filter(None, (f"{SEQUENCE} <= {self._view.snapshot.sealed}", stretch, where)))
            yield _select(chosen, f"{part.alias}.{quote(scan.table)}", conditions)

    def _stretches(self, part: Part, scan: Scan) -> list[str]:
        """Conditions on the row numbers that together cover every row that may hold the scan's terms."""
        index = self._view.index
        if index is None or not scan.terms:
            return [""]
        words = [(column, hash_of(self._cursor, term)) for column, term in scan.terms]
        found = index.candidates(part.month, scan.table, words)
        if found is None:
            return [""]
        exact = [f"{SEQUENCE} = {first}" for first, last in found.stretches if first == last]
        wide = [f"{SEQUENCE} BETWEEN {first} AND {last}" for first, last in found.stretches if first != last]
        return [*exact, *wide, f"{SEQUENCE} > {found.after}"]

    def _run(self, step: SqlStep | KernelStep) -> _Relation:
        if isinstance(step, KernelStep):
            return _Relation(step.run([self._relations[name].data for name in step.inputs]))
        for name in step.inputs:
            self._cursor.register(name, self._relations[name].data)
        only_shown = not any(step.name in other.inputs for other in self._query.steps)
        try:
            reader = self._cursor.sql(self._statement(step), params=list(step.parameters)).to_arrow_reader(_BATCH)
            return self._collect(reader, only_shown)
        except duckdb.InterruptException as error:
            raise self._stop_error(self._stopped or "cancelled") from error
        except duckdb.OutOfMemoryException as error:
            raise self._stop_error("memory") from error
        except (duckdb.Error, RuntimeError, pa.ArrowException) as error:
            self._check()
            raise QueryFailed(_first_line(error)) from error

    def _statement(self, step: SqlStep) -> str:
        text = "\n".join([step.sql, *(sql for _, sql, _ in step.ctes)])
        ctes = [f"{quote(name)} AS NOT MATERIALIZED ({sql})" for name, sql in self._scans.items() if name in text]
        ctes += [f"{quote(name)} AS {'' if kept else 'NOT '}MATERIALIZED ({sql})" for name, sql, kept in step.ctes]
        return f"WITH {', '.join(ctes)} {step.sql}" if ctes else step.sql

    def _collect(self, reader: pa.RecordBatchReader, only_shown: bool) -> _Relation:
        """Read a relation, up to the limits of an answer or of a step."""
        batches: list[pa.RecordBatch] = []
        rows = size = 0
        limits = self._limits
        for batch in reader:
            batches.append(batch)
            rows += batch.num_rows
            size += batch.nbytes
            if only_shown and limits.rows and rows > limits.rows:
                table = pa.Table.from_batches(batches).slice(0, limits.rows)
                return _Relation(table, f"the answer has more than {limits.rows} rows")
            if only_shown and limits.bytes and size > limits.bytes:
                return _cut(batches, limits.bytes)
            if not only_shown and size > self._step_bytes:
                raise self._stop_error("bytes")
        return _Relation(pa.Table.from_batches(batches, reader.schema))

    def _output(self, output: Output) -> tuple[ResultTable, str]:
        relation = self._relations[output.step]
        data, truncated = relation.data, relation.truncated
        if self._limits.rows and data.num_rows > self._limits.rows:
            data, truncated = data.slice(0, self._limits.rows), f"the answer has more than {self._limits.rows} rows"
        columns = output.columns if output.columns is not None else ()
        if output.columns is None and output.open_columns is not None:
            columns = output.open_columns(data)
        arrays = [data.column(column.position) for column in columns]
        shown = pa.Table.from_arrays(arrays, names=[column.name for column in columns])
        return ResultTable(output.name, tuple(columns), shown, output.visualization), truncated


def _cut(batches: list[pa.RecordBatch], limit: int) -> _Relation:
    """The rows of the batches that stay within a number of bytes, at least one."""
    table = pa.Table.from_batches(batches)
    low, high = 1, table.num_rows
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if table.slice(0, middle).nbytes <= limit else (low, middle - 1)
    return _Relation(table.slice(0, low), f"the answer has more than {limit} bytes")


def _select(columns: Sequence[str], source: str, where: str) -> str:
    text = "SELECT " + (", ".join(columns) or "1")
    if source:
        text += f" FROM {source}"
    return f"{text} WHERE {where}" if where else text


def _whole(column: PhysicalColumn) -> str:
    name = quote(column.name)
    return f"coalesce({name}, {quote(column.same_as)}) AS {name}" if column.same_as else name


def _null(column: PhysicalColumn) -> str:
    value = "''" if column.type is KqlType.STRING else "NULL"
    return f"CAST({value} AS {SQL_TYPES[column.type]}) AS {quote(column.name)}"


def _time_condition(column: str, earliest: int, latest: int) -> str:
    """Bounds in the stored microseconds, never narrower than the ns asked for."""
    bounds = []
    if earliest > -(1 << 62):
        bounds.append(f"{column} >= make_timestamp({earliest // 1000})")
    if latest < 1 << 62:
        bounds.append(f"{column} <= make_timestamp({-(-latest // 1000)})")
    return " AND ".join(bounds)


def _month_of(nanoseconds: int) -> str:
    seconds = min(max(nanoseconds // 1_000_000_000, -(1 << 35)), 1 << 35)
    moment = time.gmtime(seconds)
    return f"{moment.tm_year:04d}{moment.tm_mon:02d}"


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]
