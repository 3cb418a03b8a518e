"""The data of `.ingest inline into table T <| ...`: CSV in the order of the columns, or JSON lines with `format=json`."""

from __future__ import annotations

import csv
import io
from typing import Any

import orjson

from gatelog.errors import InvalidDocument, Problem
from gatelog.intake.fitting import reasons_against
from gatelog.schema.table import Table


def inline_rows(table: Table, data: str, data_format: str = "csv") -> list[dict[str, Any]]:
    """Rows of the command's data. Raises `InvalidDocument` with every line that does not fit."""
    if data_format not in ("csv", "json", "multijson", "tsv", "psv"):
        raise InvalidDocument([Problem(f"format {data_format!r} is not one of csv, tsv, psv, json, multijson")])
    problems: list[Problem] = []
    numbered = _json(data, problems) if "json" in data_format else _separated(table, data, data_format, problems)
    for line, row in numbered:
        problems += [Problem(reason, line=line, column=1) for reason in reasons_against(table, row)]
        problems += [
            Problem(f"column {name!r} is not in {table.name}", line=line, column=1) for name in row if not table.column(name)
        ]
    if problems:
        raise InvalidDocument(problems)
    return [row for _, row in numbered]


def _separated(table: Table, data: str, data_format: str, problems: list[Problem]) -> list[tuple[int, dict[str, Any]]]:
    names = [column.name for column in table.columns]
    delimiter = {"csv": ",", "tsv": "\t", "psv": "|"}[data_format]
    rows = []
    reader = csv.reader(io.StringIO(data.strip("\r\n")), delimiter=delimiter, skipinitialspace=True)
    for fields in reader:
        if len(fields) > len(names):
            problems.append(
                Problem(f"{len(fields)} fields, {table.name} has {len(names)} columns", line=reader.line_num, column=1)
            )
        elif fields:
            pairs = zip(names, fields, strict=False)
            rows.append((reader.line_num, {name: value if value != "" else None for name, value in pairs}))
    return rows


def _json(data: str, problems: list[Problem]) -> list[tuple[int, dict[str, Any]]]:
    rows = []
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            problems.append(Problem(f"no JSON: {error}", line=number, column=1))
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                rows.append((number, one))
            else:
                problems.append(Problem("expected a JSON object", line=number, column=1))
    return rows
