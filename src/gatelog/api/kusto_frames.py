"""Answers in Kusto's two response formats (learn.microsoft.com/kusto/api/rest/response-http, response-http-v2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from gatelog.api.asking import is_on
from gatelog.api.kusto_errors import TOO_LARGE, Context, too_large
from gatelog.api.visualization import kusto_properties
from gatelog.api.wire import DOTNET, rows_of
from gatelog.schema.query import Result, ResultTable
from gatelog.schema.types import KqlType

_NO_GUID = "00000000-0000-0000-0000-000000000000"
_FRAGMENT_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class PlainTable:
    """A small table with its values already in wire form: what commands answer."""

    name: str
    columns: tuple[tuple[str, KqlType], ...]
    rows: Sequence[Sequence[Any]]


def plain(name: str, columns: str, rows: Sequence[Sequence[Any]]) -> PlainTable:
    """A table from `Name:type` words."""
    typed = tuple((word.partition(":")[0], KqlType(word.partition(":")[2] or "string")) for word in columns.split())
    return PlainTable(name, typed, rows)


def v1_table(table: PlainTable) -> dict[str, Any]:
    """One table of a v1 answer."""
    columns = [{"ColumnName": name, "DataType": DOTNET[kind], "ColumnType": kind.value} for name, kind in table.columns]
    return {"TableName": table.name, "Columns": columns, "Rows": table.rows}


def v1_command(table: PlainTable) -> bytes:
    """The answer to a management command."""
    return orjson.dumps({"Tables": [v1_table(table)]})


def v1_answer(result: Result, context: Context, options: Mapping[str, Any]) -> bytes:
    """The answer to a query in version 1."""
    tables = [_result_table(f"Table_{index}", table, False) for index, table in enumerate(result.tables)]
    count = len(tables)
    visualization = orjson.dumps(kusto_properties(result.tables[0].visualization if result.tables else {})).decode()
    tables.append(plain(f"Table_{count}", "Value", [[visualization]]))
    tables.append(_v1_status(f"Table_{count + 1}", result, context))
    rows: list[list[Any]] = [
        [index, "QueryResult", table.name, context.activity_id, ""] for index, table in enumerate(result.tables)
    ]
    rows.append([count, "QueryProperties", "@ExtendedProperties", context.activity_id, ""])
    rows.append([count + 1, "QueryStatus", "QueryStatus", _NO_GUID, ""])
    tables.append(plain(f"Table_{count + 2}", "Ordinal:long Kind Name Id PrettyName", rows))
    document: dict[str, Any] = {"Tables": [v1_table(table) for table in tables]}
    if result.truncated and not is_on(options.get("deferpartialqueryfailures")):
        document["Exceptions"] = [too_large(result.truncated, context)["error"]["@message"]]
    return orjson.dumps(document)


def _v1_status(name: str, result: Result, context: Context) -> PlainTable:
    columns = (
        "Timestamp:datetime Severity:int SeverityName StatusCode:int StatusDescription Count:int RequestId:guid ActivityId:guid "
        "SubActivityId:guid ClientActivityId"
    )
    activity = [context.activity_id, context.activity_id, context.activity_id, context.request_id]
    done = [context.timestamp, 4, "Info", 0, "Query completed successfully", 1, *activity]
    cut = [context.timestamp, 2, "Error", TOO_LARGE, result.truncated, 1, *activity]
    stats = [context.timestamp, 6, "Stats", 0, _statistics(result), 1, *activity]
    return plain(name, columns, [cut if result.truncated else done, stats])


def v2_answer(result: Result, context: Context, options: Mapping[str, Any]) -> bytes:
    """The answer to a query in version 2: an array of frames."""
    progressive = is_on(options.get("results_progressive_enabled"))
    fragmented = is_on(options.get("results_v2_fragment_primary_tables"))
    fails = bool(result.truncated) and not is_on(options.get("deferpartialqueryfailures"))
    errors = [too_large(result.truncated, context)] if fails else []
    placement = str(options.get("results_error_reporting_placement", "in_data"))
    header = {
        "FrameType": "DataSetHeader",
        "IsProgressive": progressive,
        "Version": "v2.0",
        "IsFragmented": progressive or fragmented,
        "ErrorReportingPlacement": _PLACEMENTS.get(placement, "InData"),
    }
    frames: list[dict[str, Any]] = [header, _properties(result)]
    for index, table in enumerate(result.tables):
        is_last = index == len(result.tables) - 1
        in_table = errors if is_last and placement != "end_of_dataset" else []
        primary = _result_table(table.name, table, True)
        if progressive or fragmented:
            frames += _fragments(index + 1, primary, in_table, progressive)
        else:
            rows: list[Any] = [*primary.rows, *({"OneApiErrors": [error]} for error in in_table)]
            frames.append(_data_table(index + 1, "PrimaryResult", primary.name, primary.columns, rows))
    frames.append(_completion(len(result.tables) + 1, result, context))
    end: dict[str, Any] = {"FrameType": "DataSetCompletion", "HasErrors": fails, "Cancelled": False}
    frames.append({**end, "OneApiErrors": errors} if fails else end)
    if is_on(options.get("results_v2_newlines_between_frames")):
        return b"[" + b"\n,".join(orjson.dumps(frame) for frame in frames) + b"\n]"
    return orjson.dumps(frames)


_PLACEMENTS = {"in_data": "InData", "end_of_table": "EndOfTable", "end_of_dataset": "EndOfDataSet"}


def _result_table(name: str, table: ResultTable, native_dynamic: bool) -> PlainTable:
    columns = tuple((column.name, column.type) for column in table.columns)
    return PlainTable(name, columns, rows_of(table, native_dynamic=native_dynamic))


def _columns(columns: Sequence[tuple[str, KqlType]]) -> list[dict[str, str]]:
    return [{"ColumnName": name, "ColumnType": kind.value} for name, kind in columns]


def _data_table(
    table_id: int, kind: str, name: str, columns: Sequence[tuple[str, KqlType]], rows: Sequence[Any]
) -> dict[str, Any]:
    return {
        "FrameType": "DataTable",
        "TableId": table_id,
        "TableKind": kind,
        "TableName": name,
        "Columns": _columns(columns),
        "Rows": rows,
    }


def _fragments(table_id: int, table: PlainTable, errors: list[Any], progressive: bool) -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = [
        {
            "FrameType": "TableHeader",
            "TableId": table_id,
            "TableKind": "PrimaryResult",
            "TableName": table.name,
            "Columns": _columns(table.columns),
        }
    ]
    count = len(table.rows)
    for start in range(0, count, _FRAGMENT_ROWS):
        rows = table.rows[start : start + _FRAGMENT_ROWS]
        frames.append({"FrameType": "TableFragment", "TableFragmentType": "DataAppend", "TableId": table_id, "Rows": rows})
        if progressive:
            done = round(100 * min(start + _FRAGMENT_ROWS, count) / count, 1)
            frames.append({"FrameType": "TableProgress", "TableId": table_id, "TableProgress": done})
    end = {"FrameType": "TableCompletion", "TableId": table_id, "RowCount": count}
    frames.append({**end, "OneApiErrors": errors} if errors else end)
    return frames


def _properties(result: Result) -> dict[str, Any]:
    rows = [
        [index + 1, "Visualization", orjson.dumps(kusto_properties(table.visualization)).decode()]
        for index, table in enumerate(result.tables)
    ]
    columns = (("TableId", KqlType.INT), ("Key", KqlType.STRING), ("Value", KqlType.DYNAMIC))
    return _data_table(0, "QueryProperties", "@ExtendedProperties", columns, rows)


def _completion(table_id: int, result: Result, context: Context) -> dict[str, Any]:
    columns = plain(
        "",
        "Timestamp:datetime ClientRequestId ActivityId:guid SubActivityId:guid ParentActivityId:guid Level:int LevelName "
        "StatusCode:int StatusCodeName EventType:int EventTypeName Payload",
        (),
    ).columns
    head = [context.timestamp, context.request_id, context.activity_id, context.activity_id, context.activity_id]
    text = orjson.dumps({"Count": 1, "Text": result.truncated or "Query completed successfully"}).decode()
    done = [*head, 4, "Info", 0, "S_OK (0)", 4, "QueryInfo", text]
    name = f"Query result set too large (E_QUERY_RESULT_SET_TOO_LARGE). ({TOO_LARGE})"
    cut = [*head, 2, "Error", TOO_LARGE, name, 1, "QueryLimitsExceeded", text]
    stats = [*head, 6, "Stats", 0, "S_OK (0)", 0, "QueryResourceConsumption", _statistics(result)]
    rows = [cut if result.truncated else done, stats]
    return _data_table(table_id, "QueryCompletionInformation", "QueryCompletionInformation", columns, rows)


def _statistics(result: Result) -> str:
    """The payload of QueryResourceConsumption: what is measured here; shares that do not exist here are 0."""
    return orjson.dumps(
        {
            "ExecutionTime": round(result.seconds, 7),
            "resource_usage": {
                "cache": {"memory": {"hits": 0, "misses": 0, "total": 0}, "disk": {"hits": 0, "misses": 0, "total": 0}},
                "cpu": {"user": "00:00:00", "kernel": "00:00:00", "total cpu": "00:00:00"},
                "memory": {"peak_per_node": 0},
            },
            "input_dataset_statistics": {
                "extents": {"total": 0, "scanned": 0},
                "rows": {"total": result.rows_scanned, "scanned": result.rows_scanned},
            },
            "dataset_statistics": [
                {"table_row_count": table.data.num_rows, "table_size": table.data.nbytes} for table in result.tables
            ],
        }
    ).decode()
