"""Upkeep of the parts: retention, purge, backup, restore, checks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from gatelog.schema.table import Table
from gatelog.schema.types import KqlType
from gatelog.storage.columns import physical_columns
from gatelog.storage.duckdb.parts import ROW_GROUP, Parts, definitions_of, quote
from gatelog.storage.errors import StorageError
from gatelog.storage.interface import Filter

_COMPARE = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass(frozen=True, slots=True)
class PartReport:
    """What a check of one file found."""

    file: str
    rows: int
    problem: str
    """Empty: every block was read and its checksum is right."""


def month_end(month: str) -> int:
    """ns since 1970 of the first moment after a month."""
    year, number = int(month[:4]), int(month[4:])
    following = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)
    return int(following.timestamp()) * 10**9


def outlived(parts: Parts, retention: Mapping[str, int], now: int) -> Iterator[tuple[str, str]]:
    """(month, table) whose rows are all older than their table's retention."""
    for month, part in parts.view().items():
        for table in part.tables:
            age = retention.get(table, retention.get("*", 0))
            if age and month_end(month) <= now - age:
                yield month, table


def condition_of(table: Table, filters: Sequence[Filter]) -> tuple[str, list[Any]]:
    """Filters -> SQL condition and its parameters. Raises `StorageError` for a column or operator that does not exist."""
    if not filters:
        raise StorageError("a purge needs at least one filter")
    parts, values = [], list[Any]()
    for one in filters:
        column = table.column(one.column)
        if column is None:
            raise StorageError(f"column {one.column!r} is not in {table.name}")
        name = quote(column.stored_as)
        if column.same_as:
            other = table.column(column.same_as)
            name = f"coalesce({name}, {quote(other.stored_as if other else column.same_as)})"
        text, given = _comparison(name, column.type, one)
        for value in given:
            values.append(value)
            text = text.replace("?", f"${len(values)}", 1)
        parts.append(text)
    return " AND ".join(f"({part})" for part in parts), values


def _comparison(name: str, kind: KqlType, one: Filter) -> tuple[str, list[Any]]:
    operator, value = one.operator, one.value
    hole = "make_timestamp(? // 1000)" if kind is KqlType.DATETIME else "?"
    if operator in _COMPARE:
        return f"{name} {_COMPARE[operator]} {hole}", [value]
    if operator == "=~":
        return f"lower({name}) = lower(?)", [value]
    listed = list(value) if isinstance(value, list | tuple) else [value]
    if operator == "in" and listed:
        return f"{name} IN ({', '.join([hole] * len(listed))})", listed
    if operator == "in~" and listed:
        return f"lower({name}) IN ({', '.join(['lower(?)'] * len(listed))})", listed
    if operator == "between" and len(listed) == 2:
        return f"{name} BETWEEN {hole} AND {hole}", listed
    raise StorageError(f"operator {operator!r} with {value!r} is not one of ==, !=, <, <=, >, >=, =~, in, in~, between")


def count_matches(connection: duckdb.DuckDBPyConnection, parts: Parts, table: Table, filters: Sequence[Filter]) -> dict[str, int]:
    """Month -> rows that the filters match, where there are any."""
    condition, values = condition_of(table, filters)
    found = {}
    cursor = connection.cursor()
    for month, part in parts.view().items():
        held = part.tables.get(table.name)
        if held is not None and {column.name for column in physical_columns(table)} <= held.columns | {"_seq"}:
            sql = f"SELECT count(*) FROM {part.alias}.{quote(table.name)} WHERE {condition}"
            (count,) = cursor.execute(sql, values).fetchone() or (0,)
            found[month] = count
        elif held is not None:
            raise StorageError(f"{table.name} of {month} lacks columns that the table has now; seal once more and try again")
    cursor.close()
    return {month: count for month, count in found.items() if count}


def rewrite_without(
    connection: duckdb.DuckDBPyConnection, parts: Parts, month: str, table: Table, filters: Sequence[Filter]
) -> None:
    """Copy a month into a new file without the matching rows and put it in the old one's place: no byte of them stays."""
    condition, values = condition_of(table, filters)
    part, path = parts.view()[month], parts.path(month)
    fresh = path.with_suffix(".purging")
    fresh.unlink(missing_ok=True)
    alias = f"purging{month}"
    cursor = connection.cursor()
    literal = str(fresh).replace("'", "''")
    cursor.execute(f"ATTACH '{literal}' AS {alias} (ROW_GROUP_SIZE {ROW_GROUP})")
    for name in part.tables:
        columns = definitions_of(cursor, part.alias, name)
        cursor.execute(f"CREATE TABLE {alias}.{quote(name)} ({', '.join(columns)})")
        where = f"WHERE NOT coalesce(({condition}), false)" if name == table.name else ""
        copy = f"INSERT INTO {alias}.{quote(name)} SELECT * FROM {part.alias}.{quote(name)} {where} ORDER BY _seq"
        cursor.execute(copy, values if where else [])
    cursor.execute(f"CHECKPOINT {alias}")
    cursor.execute(f"DETACH {alias}")
    cursor.close()
    parts.replace_file(month, fresh)


def backup(parts: Parts, ledger_copy: Any, target: Path) -> int:
    """Copy every file into an empty folder; returns the bytes. Nothing may be sealed meanwhile."""
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(target.iterdir()):
        raise StorageError(f"{target} is not empty; choose a new folder for the backup")
    size = 0
    for month in parts.view():
        parts.checkpoint(month)
        shutil.copyfile(parts.path(month), target / parts.path(month).name)
        size += (target / parts.path(month).name).stat().st_size
    ledger_copy(target / "ledger.sqlite")
    _sync(target)
    return size


def restore(source: Path, target: Path) -> None:
    """Copy a backup into a folder that holds no store yet."""
    if not (source / "ledger.sqlite").exists():
        raise StorageError(f"{source} is no backup: it has no ledger.sqlite")
    if target.exists() and any(path.name != "lock" for path in target.iterdir()):
        raise StorageError(f"{target} is not empty; move it away before restoring")
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in sorted(source.iterdir()):
        if path.is_file() and path.name != "lock":
            shutil.copyfile(path, target / path.name)
    _sync(target)


def check(connection: duckdb.DuckDBPyConnection, parts: Parts) -> list[PartReport]:
    """Read every block of every part."""
    reports = []
    cursor = connection.cursor()
    for month, part in sorted(parts.view().items()):
        rows, problem = 0, ""
        for name in part.tables:
            try:
                (count, _) = cursor.execute(
                    f"SELECT count(*), bit_xor(hash(t)) FROM {part.alias}.{quote(name)} t"
                ).fetchone() or (0, 0)
                rows += count
            except duckdb.Error as error:
                problem = f"{name}: " + str(error).split("\n", 1)[0]
        reports.append(PartReport(parts.path(month).name, rows, problem))
    cursor.close()
    reports += [PartReport(name, 0, why) for name, why in parts.quarantined.items()]
    return reports


def _sync(folder: Path) -> None:
    for path in folder.iterdir():
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
