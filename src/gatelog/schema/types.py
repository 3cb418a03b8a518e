"""The ten scalar types of KQL (learn.microsoft.com/kusto/query/scalar-data-types) and how gatelog stores each.

| type | stored and carried (Arrow / DuckDB) |
| --- | --- |
| bool | bool / BOOLEAN |
| int | int32 / INTEGER |
| long | int64 / BIGINT |
| real | float64 / DOUBLE |
| decimal | decimal128(38, s) / DECIMAL(38, s) |
| string | utf8 / VARCHAR, never null |
| datetime | timestamp[us] without zone, UTC / TIMESTAMP |
| timespan | int64 ticks of 100 ns / BIGINT |
| guid | utf8, lower case D form / VARCHAR |
| dynamic | utf8 holding JSON text, null for null / VARCHAR |
"""

from __future__ import annotations

from enum import StrEnum


class KqlType(StrEnum):
    """A scalar type, named as KQL names it."""

    BOOL = "bool"
    INT = "int"
    LONG = "long"
    REAL = "real"
    DECIMAL = "decimal"
    STRING = "string"
    DATETIME = "datetime"
    TIMESPAN = "timespan"
    GUID = "guid"
    DYNAMIC = "dynamic"
