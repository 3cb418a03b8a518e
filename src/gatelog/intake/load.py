"""A file into a table: good rows go in, bad ones into a reject file with line and reason."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from gatelog.errors import GatelogError
from gatelog.intake.fitting import Rejected, sort_rows
from gatelog.intake.records import Record, read_records
from gatelog.intake.resource_logs import is_resource_log, row_of
from gatelog.schema.table import Schema, Table

Append = Callable[[str, Sequence[Mapping[str, Any]]], None]
"""(table, rows) -> stored."""
_CUSTOM = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}_CL")
_BATCH = 1000


class UnknownTable(GatelogError):
    """No such table, and its name does not end with `_CL`."""


@dataclass(slots=True)
class Loaded:
    """What became of a file."""

    rows: int = 0
    rejected: int = 0
    tables: dict[str, int] = field(default_factory=dict)
    """Table -> rows."""
    ignored_fields: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loading:
    """How to load a file."""

    table: str = ""
    """Empty: the records are Azure's resource logs and say themselves where they belong."""
    file_format: str = ""
    rejects: Path | None = None
    """JSON lines with `line`, `reason`, `row`; made only when there is something to say."""
    progress: Callable[[Loaded, int], None] | None = None
    """Called now and then with what became of it so far and the bytes read (0: unknown)."""


def table_for(schema: Schema, name: str) -> Table | None:
    """The table of that name, None for a custom one that the rows will make. Raises `UnknownTable`."""
    table = schema.get(name)
    if table is None and not _CUSTOM.fullmatch(name):
        near = difflib.get_close_matches(name, [one.name for one in schema], 3)
        hint = f"; near: {', '.join(near)}" if near else ""
        raise UnknownTable(f"table {name!r} does not exist, and a new one needs a name that ends with _CL{hint}")
    return table


def load_file(path: Path, loading: Loading, schema: Callable[[], Schema], append: Append) -> Loaded:
    """Load a file. Raises `UnreadableFile` and `UnknownTable`."""
    if loading.table:
        table_for(schema(), loading.table)
    loaded = Loaded()
    records = read_records(path, loading.file_format)
    try:
        while batch := list(islice(records, _BATCH)):
            rejected = _load_batch(batch, loading, schema, append, loaded)
            _write_rejects(loading.rejects, rejected, loaded.rejected == 0)
            loaded.rejected += len(rejected)
            if loading.progress is not None:
                loading.progress(loaded, batch[-1].consumed)
    finally:
        records.close()  # type: ignore[attr-defined]
    return loaded


def _load_batch(
    batch: Sequence[Record], loading: Loading, schema: Callable[[], Schema], append: Append, loaded: Loaded
) -> list[Rejected]:
    rejected = [Rejected(record.line, record.problem, record.raw) for record in batch if record.value is None]
    for table, numbered in _by_table(batch, loading.table, rejected).items():
        found = sort_rows(table_for(schema(), table), numbered)
        rejected += found.rejected
        for name, count in found.ignored_fields.items():
            loaded.ignored_fields[name] = loaded.ignored_fields.get(name, 0) + count
        if found.rows:
            append(table, found.rows)
            loaded.rows += len(found.rows)
            loaded.tables[table] = loaded.tables.get(table, 0) + len(found.rows)
    return sorted(rejected, key=lambda one: one.line)


def _by_table(batch: Iterable[Record], table: str, rejected: list[Rejected]) -> dict[str, list[tuple[int, Any]]]:
    """Numbered rows for each table."""
    found: dict[str, list[tuple[int, Any]]] = {}
    for record in batch:
        if record.value is None:
            continue
        if is_resource_log(record.value) and table in ("", *_RESOURCE_LOG_TABLES):
            target, row = row_of(record.value)
            found.setdefault(table or target, []).append((record.line, row))
        elif table:
            found.setdefault(table, []).append((record.line, record.value))
        else:
            rejected.append(Rejected(record.line, "no resource log (time, category, resourceId); say --table", record.value))
    return found


_RESOURCE_LOG_TABLES = ("ApiManagementGatewayLogs", "ApiManagementGatewayLlmLog", "AzureDiagnostics")


def _write_rejects(path: Path | None, rejected: Sequence[Rejected], first: bool) -> None:
    if path is None or not rejected:
        return
    with path.open("wb" if first else "ab") as file:
        file.writelines(_lines(rejected))


def _lines(rejected: Iterable[Rejected]) -> Iterator[bytes]:
    for one in rejected:
        yield orjson.dumps({"line": one.line, "reason": one.reason, "row": one.row}, default=str) + b"\n"
