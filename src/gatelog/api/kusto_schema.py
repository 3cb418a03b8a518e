"""The workspace's schema as Kusto's `.show ... schema` commands print it."""

from __future__ import annotations

from typing import Any

import orjson

from gatelog.api.functions import StoredFunction
from gatelog.schema.table import Schema, Table
from gatelog.schema.types import KqlType

DOTNET_FULL = {
    KqlType.BOOL: "System.SByte",
    KqlType.INT: "System.Int32",
    KqlType.LONG: "System.Int64",
    KqlType.REAL: "System.Double",
    KqlType.DECIMAL: "System.Data.SqlTypes.SqlDecimal",
    KqlType.STRING: "System.String",
    KqlType.DATETIME: "System.DateTime",
    KqlType.TIMESPAN: "System.TimeSpan",
    KqlType.GUID: "System.Guid",
    KqlType.DYNAMIC: "System.Object",
}


def csl_schema(table: Table) -> str:
    """`a:string, b:int`."""
    return ", ".join(f"{_bracketed(column.name)}:{column.type.value}" for column in table.columns)


def _bracketed(name: str) -> str:
    return name if name.isidentifier() else f"['{name}']"


def table_object(table: Table) -> dict[str, Any]:
    """One table of the JSON schema."""
    return {
        "Name": table.name,
        "Folder": "",
        "DocString": table.doc,
        "OrderedColumns": [
            {
                "Name": column.name,
                "Type": DOTNET_FULL[column.type],
                "CslType": column.type.value,
                "DocString": column.doc,
            }
            for column in table.columns
        ],
    }


def function_object(function: StoredFunction) -> dict[str, Any]:
    """One function of the JSON schema."""
    return {
        "Name": function.name,
        "InputParameters": [_parameter(text) for text in _split(function.parameters)],
        "Body": function.body,
        "Folder": function.folder,
        "DocString": function.doc,
        "FunctionKind": "Unknown",
        "OutputColumns": [],
    }


def _split(parameters: str) -> list[str]:
    """The parameters of `(a:long, T:(x:string))`, cut at the commas outside of brackets and strings."""
    parts, depth, current, quote = [], 0, "", ""
    for character in parameters.strip()[1:-1]:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        depth += (character in "([{") - (character in ")]}") if not quote else 0
        if character == "," and depth == 0 and not quote:
            parts.append(current)
            current = ""
        else:
            current += character
    return [part.strip() for part in [*parts, current] if part.strip()]


def _parameter(text: str) -> dict[str, Any]:
    name, _, rest = text.partition(":")
    kind, _, default = rest.partition("=")
    kind = kind.strip()
    if kind.startswith("("):
        columns = [_parameter(column) for column in _split(kind)]
        return {"Name": name.strip(), "Columns": [] if kind == "(*)" else columns}
    types = {member.value: member for member in KqlType}
    found: dict[str, Any] = {"Name": name.strip(), "CslType": kind}
    if kind in types:
        found["Type"] = DOTNET_FULL[types[kind]]
    if default.strip():
        found["CslDefaultValue"] = default.strip()
    return found


def database_schema(database: str, schema: Schema, functions: list[StoredFunction]) -> dict[str, Any]:
    """`{"Databases": {...}}`."""
    return {
        "Plugins": [],
        "Databases": {
            database: {
                "Name": database,
                "Tables": {table.name: table_object(table) for table in schema},
                "ExternalTables": {},
                "MaterializedViews": {},
                "EntityGroups": {},
                "MajorVersion": 1,
                "MinorVersion": 1,
                "Functions": {function.name: function_object(function) for function in functions},
                "DatabaseAccessMode": "ReadWrite",
            }
        },
    }


def schema_text(value: Any) -> str:
    """JSON text."""
    return orjson.dumps(value).decode()
