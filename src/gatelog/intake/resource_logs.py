"""Records as Azure exports them (Event Hubs, storage accounts): table and row for each
(learn.microsoft.com/azure/azure-monitor/platform/resource-logs-schema).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from gatelog.schema.table import Table
from gatelog.schema.tables import API_MANAGEMENT_GATEWAY_LLM_LOG, API_MANAGEMENT_GATEWAY_LOGS

_TABLES: Mapping[str, Table] = {table.category: table for table in (API_MANAGEMENT_GATEWAY_LOGS, API_MANAGEMENT_GATEWAY_LLM_LOG)}
_RENAMED = {"durationms": "TotalTime", "location": "Region", "time": "TimeGenerated", "resourceid": "_ResourceId"}


def is_resource_log(record: Mapping[str, Any]) -> bool:
    """It has the fields that every exported record has."""
    keys = {name.lower() for name in record}
    return {"time", "category"} <= keys and bool({"resourceid", "operationname"} & keys)


def row_of(record: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """(table, row) of an exported record."""
    category = str(record.get("category", ""))
    table = _TABLES.get(category)
    return (table.name, _resource_specific(record, table)) if table is not None else ("AzureDiagnostics", _diagnostics(record))


def _resource_specific(record: Mapping[str, Any], table: Table) -> dict[str, Any]:
    """Camel-case fields and properties under the table's column names."""
    columns = {column.name.lower(): column.name for column in table.columns}
    row: dict[str, Any] = {}
    for name, value in [*record.items(), *_properties(record).items()]:
        lowered = name.lower()
        if lowered == "lasterror" and isinstance(value, Mapping):
            row |= {
                columns[f"lasterror{key.lower()}"]: item for key, item in value.items() if f"lasterror{key.lower()}" in columns
            }
        else:
            column = columns.get(lowered) or _RENAMED.get(lowered, "")
            if column in columns.values():
                row[column] = value
    resource = str(record.get("resourceId", ""))
    row["_ResourceId"] = resource.lower()
    row["_SubscriptionId"] = _part(resource, "subscriptions")
    return row


def _diagnostics(record: Mapping[str, Any]) -> dict[str, Any]:
    """An AzureDiagnostics row: known fields by name, properties as text for Cognitive Services, else flattened."""
    resource = str(record.get("resourceId", ""))
    provider = _part(resource, "providers").upper()
    row: dict[str, Any] = {
        "TimeGenerated": record.get("time"),
        "Category": record.get("category"),
        "OperationName": record.get("operationName"),
        "ResultType": record.get("resultType"),
        "ResultSignature": _text(record.get("resultSignature")),
        "ResultDescription": record.get("resultDescription"),
        "DurationMs": record.get("durationMs"),
        "CallerIPAddress": record.get("callerIpAddress"),
        "CorrelationId": record.get("correlationId"),
        "Level": _text(record.get("Level", record.get("level"))),
        "ResourceId": resource.upper(),
        "_ResourceId": resource.lower(),
        "ResourceProvider": provider,
        "Resource": resource.rpartition("/")[2].upper(),
        "ResourceGroup": _part(resource, "resourcegroups").upper(),
        "SubscriptionId": _part(resource, "subscriptions"),
        "event_s": record.get("event"),
        "location_s": record.get("location"),
        "Tenant_s": record.get("Tenant", record.get("tenant")),
        "AssetIdentity_g": record.get("AssetIdentity"),
    }
    properties = record.get("properties")
    if provider == "MICROSOFT.COGNITIVESERVICES":
        row["ResourceType"] = "ACCOUNTS"
        row["properties_s"] = _text(properties)
    else:
        row |= _properties(record)
    return {name: value for name, value in row.items() if value not in (None, "")}


def _properties(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The properties, which may arrive as text."""
    properties = record.get("properties")
    if isinstance(properties, str):
        try:
            properties = orjson.loads(properties)
        except orjson.JSONDecodeError:
            return {}
    return properties if isinstance(properties, Mapping) else {}


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


def _part(resource: str, name: str) -> str:
    segments = resource.split("/")
    lowered = [segment.lower() for segment in segments]
    return segments[lowered.index(name) + 1] if name in lowered[:-1] else ""
