"""Runs a compiled query on ClickHouse."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from gatelog.schema.query import KernelStep, Limits, Output, Query, Result, ResultTable, Scan, SqlStep
from gatelog.schema.table import Schema
from gatelog.storage.clickhouse.ddl import QUERY_SETTINGS, quote
from gatelog.storage.columns import ARROW, SEQUENCE, physical_columns
from gatelog.storage.errors import QueryFailed, QueryStopped

_TIMEOUT, _MEMORY, _CANCELLED = "TIMEOUT_EXCEEDED", "MEMORY_LIMIT_EXCEEDED", "QUERY_WAS_CANCELLED"
_STEP_BYTES = 2 << 30


@dataclass(frozen=True, slots=True)
class Engine:
    """What a run needs of the connection."""

    ask: Callable[[str], pa.Table]
    """Runs one SELECT."""
    command: Callable[[str], Any]
    put: Callable[[str, pa.Table], Any]
    failure: type[Exception]
    """What they raise."""


@dataclass(frozen=True, slots=True)
class View:
    """What a query may read."""

    schema: Schema
    committed: int
    not_before: Mapping[str, int]


class QueryRun:
    """One run of one query."""

    def __init__(self, engine: Engine, view: View, query: Query, limits: Limits) -> None:
        self._engine = engine
        self._view = view
        self._query = query
        self._limits = limits
        self._relations: dict[str, pa.Table] = {}
        self._scans: dict[str, str] = {}
        self._uploads: list[str] = []
        self._id = uuid.uuid4().hex
        self._stopped = ""

    def stop(self, reason: str) -> None:
        """End it; from any thread."""
        self._stopped = reason
        self._engine.command(f"KILL QUERY WHERE query_id = '{self._id}' ASYNC")

    def run(self) -> Result:
        """The answer. Raises `QueryStopped` and `QueryFailed`."""
        if self._query.functions:
            names = ", ".join(function.name for function in self._query.functions)
            raise QueryFailed(f"{names} needs a function in Python, which ClickHouse cannot call")
        began = time.perf_counter()
        try:
            self._scans = {scan.name: self._relation_of(scan) for scan in self._query.scans}
            for step in self._query.steps:
                self._relations[step.name] = self._run(step, began)
            tables = [self._output(output) for output in self._query.outputs]
        except self._engine.failure as error:
            raise self._failed(error) from error
        except (pa.ArrowException, OSError) as error:
            raise self._cut_off(error, time.perf_counter() - began) from error
        finally:
            for name in self._uploads:
                self._engine.command(f"DROP TABLE IF EXISTS {quote(name)}")
        truncated = next((text for _, text in tables if text), "")
        return Result(tuple(table for table, _ in tables), time.perf_counter() - began, 0, truncated)

    def _cut_off(self, error: Exception, seconds: float) -> QueryStopped | QueryFailed:
        """An answer that ended in the middle: the engine says why in place of more data, which Arrow cannot read."""
        if self._limits.seconds and seconds >= self._limits.seconds:
            return self._failed(TimeoutError(_TIMEOUT))
        return self._failed(error)

    def _failed(self, error: Exception) -> QueryStopped | QueryFailed:
        text = str(error)
        if _TIMEOUT in text:
            return QueryStopped("time", f"the query ran longer than {self._limits.seconds:g} seconds and was stopped")
        if _MEMORY in text:
            return QueryStopped("memory", "the query needed more memory than it may use")
        if _CANCELLED in text or self._stopped:
            return QueryStopped("cancelled", "the query was cancelled")
        return QueryFailed(text.split("\n", 1)[0])

    def _relation_of(self, scan: Scan) -> str:
        table = self._view.schema.get(scan.table)
        if table is None:
            raise QueryFailed(f"table {scan.table!r} is not in this workspace")
        known = {column.name for column in physical_columns(table)}
        missing = [name for name in scan.columns if name not in known]
        if missing:
            raise QueryFailed(f"column {missing[0]!r} is not in {scan.table}")
        time_column = quote(table.time_column)
        conditions = [f"{SEQUENCE} <= {self._view.committed}"]
        earliest = max(scan.time_from or -(1 << 62), self._view.not_before.get(scan.table, -(1 << 62)))
        if earliest > -(1 << 62):
            conditions.append(f"{time_column} >= fromUnixTimestamp64Micro({earliest // 1000}, 'UTC')")
        if scan.time_to is not None:
            conditions.append(f"{time_column} <= fromUnixTimestamp64Micro({-(-scan.time_to // 1000)}, 'UTC')")
        columns = ", ".join(map(quote, scan.columns)) or "1"
        return f"SELECT {columns} FROM {quote(scan.table)} WHERE {' AND '.join(conditions)}"

    def _run(self, step: SqlStep | KernelStep, began: float) -> pa.Table:
        if isinstance(step, KernelStep):
            return step.run([self._relations[name] for name in step.inputs])
        ctes = [(name, sql) for name, sql in self._scans.items()]
        ctes += [(name, f"SELECT * FROM {quote(self._upload(name))}") for name in step.inputs]
        ctes += [(name, sql) for name, sql, _ in step.ctes]
        text = "\n".join([step.sql, *(sql for _, sql, _ in step.ctes)])
        used = ", ".join(f"{quote(name)} AS ({sql})" for name, sql in ctes if name in text or name in step.inputs)
        only_shown = not any(step.name in other.inputs for other in self._query.steps)
        sql = f"WITH {used} {step.sql}" if used else step.sql
        found = self._engine.ask(f"{sql} SETTINGS {self._settings(only_shown, began)}")
        if not only_shown and found.nbytes > (self._limits.memory_bytes or _STEP_BYTES):
            raise QueryStopped("bytes", "the query's intermediate results are larger than a query may hold")
        return without_zones(found)

    def _settings(self, only_shown: bool, began: float) -> str:
        settings: dict[str, int | str | float] = dict(QUERY_SETTINGS)
        if self._limits.seconds:
            settings["max_execution_time"] = max(self._limits.seconds - (time.perf_counter() - began), 0.001)
        if self._limits.memory_bytes:
            settings["max_memory_usage"] = self._limits.memory_bytes
        if only_shown and self._limits.rows:
            settings["limit"] = self._limits.rows + 1
        return ", ".join(f"{name} = {value!r}" for name, value in settings.items())

    def _upload(self, name: str) -> str:
        """A relation that Python made, as a table for the length of the query."""
        table = f"step_{self._id}_{name}"
        if table not in self._uploads:
            data = self._relations[name]
            columns = ", ".join(f"{quote(field.name)} {_sql_type(field.type)}" for field in data.schema)
            self._engine.command(f"CREATE TABLE {quote(table)} ({columns}) ENGINE = Memory")
            self._uploads.append(table)
            if data.num_rows:
                self._engine.put(table, data)
        return table

    def _output(self, output: Output) -> tuple[ResultTable, str]:
        data, truncated = self._relations[output.step], ""
        if self._limits.rows and data.num_rows > self._limits.rows:
            data, truncated = data.slice(0, self._limits.rows), f"the answer has more than {self._limits.rows} rows"
        columns = output.columns if output.columns is not None else ()
        if output.columns is None and output.open_columns is not None:
            columns = output.open_columns(data)
        arrays = [_as_type(data.column(column.position), ARROW[column.type]) for column in columns]
        shown = pa.Table.from_arrays(arrays, names=[column.name for column in columns])
        if self._limits.bytes and shown.nbytes > self._limits.bytes:
            shown = shown.slice(0, max(1, shown.num_rows * self._limits.bytes // shown.nbytes))
            truncated = f"the answer has more than {self._limits.bytes} bytes"
        return ResultTable(output.name, tuple(columns), shown, output.visualization), truncated


def without_zones(table: pa.Table) -> pa.Table:
    """Moments without a zone, as the other engine gives them."""
    fields = [replace_zone(field) for field in table.schema]
    return table.cast(pa.schema(fields))


def replace_zone(field: pa.Field) -> pa.Field:
    """A field of moments without its zone; any other unchanged."""
    return field.with_type(pa.timestamp("us")) if pa.types.is_timestamp(field.type) else field


def _as_type(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    if column.type == wanted or pa.types.is_decimal(column.type):
        return column
    return column.cast(wanted)


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_boolean(kind):
        return "Nullable(Bool)"
    if pa.types.is_integer(kind):
        return f"Nullable({'U' if pa.types.is_unsigned_integer(kind) else ''}Int{kind.bit_width})"
    if pa.types.is_floating(kind):
        return "Nullable(Float64)"
    if pa.types.is_decimal(kind):
        return f"Nullable(Decimal({kind.precision}, {kind.scale}))"
    return "Nullable(DateTime64(6, 'UTC'))" if pa.types.is_timestamp(kind) else "Nullable(String)"
