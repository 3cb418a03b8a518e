"""How tables look in ClickHouse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gatelog.schema.table import Table
from gatelog.schema.types import KqlType
from gatelog.storage.columns import SEQUENCE, PhysicalColumn, physical_columns

SQL_TYPES: Mapping[KqlType, str] = {
    KqlType.BOOL: "Nullable(Bool)",
    KqlType.INT: "Nullable(Int32)",
    KqlType.LONG: "Nullable(Int64)",
    KqlType.REAL: "Nullable(Float64)",
    KqlType.DECIMAL: "Nullable(Decimal(38, 18))",
    KqlType.STRING: "String",
    KqlType.DATETIME: "Nullable(DateTime64(6, 'UTC'))",
    KqlType.TIMESPAN: "Nullable(Int64)",
    KqlType.GUID: "Nullable(String)",
    KqlType.DYNAMIC: "Nullable(String)",
}
"""How ClickHouse stores each type; the time column alone is not nullable, because parts go by it."""

COMMITS = "gatelog_commits"
DEFINITIONS = "gatelog_tables"
BOOKKEEPING = (
    f"CREATE TABLE IF NOT EXISTS {COMMITS} (reader String, stream String, position String, number UInt64, commit UInt64) "
    "ENGINE = ReplacingMergeTree(commit) ORDER BY (reader, stream)",
    f"CREATE TABLE IF NOT EXISTS {DEFINITIONS} (name String, version UInt64, definition String) "
    "ENGINE = ReplacingMergeTree(version) ORDER BY name",
)
QUERY_SETTINGS: Mapping[str, int | str] = {
    "join_use_nulls": 1,
    "aggregate_functions_null_for_empty": 1,
    "cast_keep_nullable": 1,
    "output_format_arrow_string_as_string": 1,
    "session_timezone": "UTC",
}


def quote(name: str) -> str:
    """An identifier in SQL."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def plain(table: Table) -> Table:
    """The table without what this engine stores otherwise: each text is whole, JSON paths are computed from it."""
    columns = tuple(replace(column, shredded={}, same_as="", physical="") for column in table.columns)
    return replace(table, columns=columns)


def create_table(table: Table, retention_days: int) -> str:
    """CREATE TABLE: one part a day, ordered by time, zstd and a term index for long texts."""
    lines = [_definition(column, table.time_column) for column in physical_columns(table)]
    lines.append(f"{SEQUENCE} UInt64 CODEC(Delta, ZSTD(1))")
    lines += [
        f"INDEX {quote('terms_' + column.name)} {quote(column.name)} TYPE text(tokenizer = 'splitByNonAlpha')"
        for column in physical_columns(table)
        if column.body and column.type is KqlType.STRING
    ]
    time = quote(table.time_column)
    ttl = f" TTL toDateTime({time}) + INTERVAL {retention_days} DAY" if retention_days else ""
    return (
        f"CREATE TABLE IF NOT EXISTS {quote(table.name)} ({', '.join(lines)}) ENGINE = MergeTree "
        f"PARTITION BY toYYYYMMDD({time}) ORDER BY ({time}, {SEQUENCE}){ttl} "
        "SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1"
    )


def add_column(table: Table, column: PhysicalColumn) -> str:
    """ALTER TABLE for a column that arrived."""
    return f"ALTER TABLE {quote(table.name)} ADD COLUMN IF NOT EXISTS {_definition(column, table.time_column)}"


def _definition(column: PhysicalColumn, time_column: str) -> str:
    kind = "DateTime64(6, 'UTC')" if column.name == time_column else SQL_TYPES[column.type]
    codec = " CODEC(ZSTD(3))" if column.body else ""
    return f"{quote(column.name)} {kind}{codec}"
