"""Runs compiled queries on a bare DuckDB, with tables given as rows; writes answers as the wire does."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from gatelog import kql
from gatelog.kql.literals import decimal_text, timespan_text
from gatelog.schema.query import KernelStep, Output, Query, ResultColumn
from gatelog.schema.table import Schema, Table
from gatelog.schema.types import KqlType

NOW = 1_700_000_000_000_000_000
_SQL = {
    KqlType.BOOL: "BOOLEAN",
    KqlType.INT: "INTEGER",
    KqlType.LONG: "BIGINT",
    KqlType.REAL: "DOUBLE",
    KqlType.DECIMAL: "DECIMAL(38,18)",
    KqlType.DATETIME: "TIMESTAMP",
    KqlType.TIMESPAN: "BIGINT",
}
Answer = tuple[list[str], list[str], list[tuple[Any, ...]]]


def run(
    text: str,
    tables: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    schema: Schema | None = None,
    **options: Any,
) -> Answer:
    """Names, types and rows (as wire text: see `wire`) of a query's first answer."""
    return run_all(text, tables, schema, **options)[0]


def run_all(
    text: str,
    tables: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    schema: Schema | None = None,
    **options: Any,
) -> list[Answer]:
    """All answers."""
    schema = schema or Schema(())
    query = kql.compile(text, schema, NOW, **options)
    return execute(query, schema, tables or {})


def execute(query: Query, schema: Schema, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Answer]:
    """Run every step, in order, on a connection of its own."""
    with duckdb.connect() as opened:
        connection: Any = opened
        connection.execute("SET threads = 1")
        for function in query.functions:
            connection.create_function(
                function.name,
                function.run,
                list(function.parameters),
                function.returns,
                null_handling="special",
                side_effects=False,
                exception_handling="default",
            )
        for scan in query.scans:
            table = schema.get(scan.table)
            assert table is not None
            _load(connection, scan.name, table, scan.columns, tables.get(scan.table, ()))
        made: dict[str, pa.Table] = {}
        for step in query.steps:
            if isinstance(step, KernelStep):
                made[step.name] = step.run([made[name] for name in step.inputs])
            else:
                ctes = ", ".join(f"{name} AS MATERIALIZED ({sql})" for name, sql, _ in step.ctes)
                statement = f"WITH {ctes} {step.sql}" if ctes else step.sql
                made[step.name] = connection.sql(statement).to_arrow_table()
            connection.register(step.name, made[step.name])
        return [_answer(output, made[output.step]) for output in query.outputs]


def _load(connection: Any, name: str, table: Table, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    known = {column.stored_as: column for column in table.columns}
    definitions = []
    for column in columns:
        kind = known[column].type if column in known else KqlType.DYNAMIC
        definitions.append(f'"{column}" {_SQL.get(kind, "VARCHAR")}')
    connection.execute(f"CREATE TABLE {name} ({', '.join(definitions)})")
    for row in rows:
        values = [row.get(column, "" if column in known and known[column].type is KqlType.STRING else None) for column in columns]
        connection.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(values))})", values)


def _answer(output: Output, data: pa.Table) -> Answer:
    columns: tuple[ResultColumn, ...] = output.columns if output.columns is not None else output.open_columns(data)  # type: ignore[misc]
    values = [data.column(column.position).to_pylist() for column in columns]
    rows = [
        tuple(wire(cell, column) for cell, column in zip(row, columns, strict=True))
        for row in (zip(*values, strict=True) if values else [() for _ in range(data.num_rows)])
    ]
    return [column.name for column in columns], [str(column.type) for column in columns], rows


def wire(value: Any, column: ResultColumn) -> Any:
    """A cell as text, the way JSON answers write it; null is None; bool, int and float stay."""
    if value is None:
        return None
    match column.type:
        case KqlType.DATETIME:
            assert isinstance(value, dt.datetime)
            return value.strftime("%Y-%m-%dT%H:%M:%S.").rjust(20, "0") + f"{value.microsecond:06}{column.tick}Z"
        case KqlType.TIMESPAN:
            return timespan_text(value)
        case KqlType.DECIMAL:
            assert isinstance(value, Decimal)
            return decimal_text(value)
        case KqlType.REAL:
            return value if math.isfinite(value) else {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
        case _:
            return value
