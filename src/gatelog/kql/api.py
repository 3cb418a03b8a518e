"""The entry points of KQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatelog.kql import ast
from gatelog.kql.catalog.registry import CATALOGUE
from gatelog.kql.compiler import Options, compile_query
from gatelog.kql.compiler import parse as _parse
from gatelog.kql.operators.documents import DOCUMENTS
from gatelog.kql.operators.table import OPERATORS, REFUSED, SOURCES
from gatelog.kql.printer import text_of
from gatelog.schema.query import Query, SqlStep
from gatelog.schema.table import Schema


def compile(
    text: str,
    schema: Schema,
    now: int,
    *,
    dialect: str = "duckdb",
    parameters: Mapping[str, str] | None = None,
    functions: Mapping[str, str] | None = None,
    time_range: tuple[int, int] | None = None,
    options: Options | None = None,
) -> Query:
    """The query as steps for a storage engine.

    now: ns since 1970. parameters: values for `declare query_parameters`. functions: stored ones, name -> `(a:long) { ... }`.
    time_range: ns (both ends included) that every stored table is also filtered by. Raises KqlError with every finding.
    """
    compiled = compile_query(
        text, schema, now, dialect=dialect, parameters=parameters, functions=functions, time_range=time_range, options=options
    )
    return compiled.query


def parse(text: str) -> ast.Query:
    """The syntax tree. Raises KqlError."""
    return _parse(text)


def print_query(tree: ast.Query) -> str:
    """The tree as text that parses to the same tree."""
    return text_of(tree)


def explain(text: str, schema: Schema, now: int, *, dialect: str = "duckdb") -> str:
    """The steps and SQL of a query, for people."""
    query = compile(text, schema, now, dialect=dialect)
    parts = [f"scan {scan.name}: {scan.table} ({', '.join(scan.columns)})" for scan in query.scans]
    for step in query.steps:
        if isinstance(step, SqlStep):
            parts += [f"shared {name}:\n  {sql}" for name, sql, _ in step.ctes]
            parts.append(f"sql {step.name}:\n  {step.sql}")
        else:
            parts.append(f"kernel {step.name} over {', '.join(step.inputs)}")
    return "\n".join(parts)


def catalogue(schema: Schema | None = None) -> dict[str, Any]:
    """Operators, functions, aggregates and tables as data, for editors."""
    functions = {row.name: row for row in CATALOGUE.functions.values()}
    aggregates = {row.name: row for row in CATALOGUE.aggregates.values()}
    return {
        "operators": sorted({*OPERATORS, *SOURCES} - {*REFUSED}),
        "operator_documents": [
            {"name": item.name, "aliases": list(item.aliases), "doc": item.doc, "limits": item.limits, "example": item.example}
            for item in DOCUMENTS
        ],
        "functions": [_described(row) for row in functions.values()],
        "aggregates": [_described(row) for row in aggregates.values()],
        "tables": [
            {
                "name": table.name,
                "doc": table.doc,
                "columns": [{"name": column.name, "type": str(column.type), "doc": column.doc} for column in table.columns],
            }
            for table in schema or ()
        ],
    }


def _described(row: Any) -> dict[str, Any]:
    return {
        "name": row.name,
        "aliases": list(row.aliases),
        "doc": row.doc,
        "family": row.family,
        "signatures": [
            [{"name": p.name, "type": p.kind, "optional": p.optional, "repeated": p.repeated} for p in one.parameters]
            for one in row.signatures
        ],
        "examples": [example.query for example in row.examples],
    }
