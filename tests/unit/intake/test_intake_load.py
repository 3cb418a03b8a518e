"""Files and inline data: good rows go in, bad rows come back with line and reason."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gatelog.errors import InvalidDocument
from gatelog.intake.inline import inline_rows
from gatelog.intake.load import Loaded, Loading, UnknownTable, load_file
from gatelog.intake.records import UnreadableFile
from gatelog.schema.table import Column, Schema, Table
from gatelog.schema.tables import SCHEMA
from gatelog.schema.types import KqlType

APP = Table(
    "App_CL",
    (Column("TimeGenerated", KqlType.DATETIME), Column("Level", KqlType.INT), Column("Text", KqlType.STRING)),
)
WITH_APP = Schema([*SCHEMA, APP])
GOOD = {"TimeGenerated": "2024-05-24T12:23:02Z", "Level": 1, "Text": "a"}
Stored = list[tuple[str, Mapping[str, Any]]]


def load(path: Path, **how: Any) -> tuple[Loaded, Stored]:
    stored: Stored = []

    def append(table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        stored.extend((table, row) for row in rows)

    return load_file(path, Loading(**how), lambda: WITH_APP, append), stored


def test_bad_lines_go_to_the_reject_file(tmp_path: Path) -> None:
    path, rejects = tmp_path / "a.jsonl", tmp_path / "rejects.jsonl"
    lines = [
        json.dumps(GOOD),
        "{broken",
        "",
        "[1]",
        json.dumps(GOOD | {"Level": "many", "TimeGenerated": "then"}),
        json.dumps(GOOD | {"X": 1}),
    ]
    path.write_text("\n".join(lines))
    loaded, stored = load(path, table="App_CL", rejects=rejects)
    assert (loaded.rows, loaded.rejected, loaded.ignored_fields) == (2, 3, {"X": 1})
    assert stored == [("App_CL", GOOD), ("App_CL", GOOD)]
    told = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert [one["line"] for one in told] == [2, 4, 5]
    assert "no JSON" in told[0]["reason"] and told[1]["reason"] == "expected a JSON object"
    assert (
        told[2]["reason"]
        == "column 'TimeGenerated': expected datetime, found \"then\"; column 'Level': expected int, found \"many\""
    )


def test_every_format_gives_the_same_rows(tmp_path: Path) -> None:
    rows = [GOOD, GOOD | {"Level": 2, "Text": 'b,"c'}]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    with gzip.open(tmp_path / "a.jsonl.gz", "wt") as file:
        file.write("\n".join(map(json.dumps, rows)))
    (tmp_path / "a.csv").write_text('TimeGenerated,Level,Text\n2024-05-24T12:23:02Z,1,a\n2024-05-24T12:23:02Z,2,"b,""c"\n1,2\n')
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    schema = {
        "type": "record",
        "name": "r",
        "fields": [
            {"name": "TimeGenerated", "type": "string"},
            {"name": "Level", "type": "int"},
            {"name": "Text", "type": "string"},
        ],
    }
    with (tmp_path / "a.avro").open("wb") as out:
        fastavro.writer(out, schema, rows)
    for name in ("a.json", "a.jsonl.gz", "a.parquet", "a.avro"):
        assert [row for _, row in load(tmp_path / name, table="App_CL")[1]] == rows, name
    loaded, stored = load(tmp_path / "a.csv", table="App_CL")
    assert [row | {"Level": int(row["Level"])} for _, row in stored] == rows and loaded.rejected == 1


RECORD = {
    "time": "2024-05-24T12:23:02.4350000Z",
    "category": "GatewayLogs",
    "operationName": "Microsoft.ApiManagement/GatewayLogs",
    "correlationId": "c-1",
    "callerIpAddress": "81.2.69.142",
    "durationMs": 12,
    "isRequestSuccess": True,
    "location": "East US",
    "resourceId": "/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.APIMANAGEMENT/SERVICE/APIM",
    "properties": {
        "method": "POST",
        "responseCode": 200,
        "requestBody": "{}",
        "apimSubscriptionId": "master",
        "lastError": {"reason": "X"},
    },
}


def test_exported_resource_logs_find_their_tables(tmp_path: Path) -> None:
    account = {
        "time": "2024-05-24T12:23:02.4350000Z",
        "category": "RequestResponse",
        "operationName": "ChatCompletions_Create",
        "resultSignature": "200",
        "event": "ShoeboxCallResult",
        "properties": {"modelName": "gpt-35-turbo"},
        "resourceId": "/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.COGNITIVESERVICES/ACCOUNTS/A",
    }
    (tmp_path / "PT1H.json").write_text(json.dumps(RECORD) + "\n" + json.dumps({"records": [account, RECORD]}) + "\n{}")
    loaded, stored = load(tmp_path / "PT1H.json")
    assert loaded.tables == {"ApiManagementGatewayLogs": 2, "AzureDiagnostics": 1} and loaded.rejected == 1
    gateway = next(row for table, row in stored if table == "ApiManagementGatewayLogs")
    assert gateway == {
        "TimeGenerated": "2024-05-24T12:23:02.4350000Z",
        "Category": "GatewayLogs",
        "OperationName": "Microsoft.ApiManagement/GatewayLogs",
        "CorrelationId": "c-1",
        "CallerIpAddress": "81.2.69.142",
        "TotalTime": 12,
        "IsRequestSuccess": True,
        "Region": "East US",
        "Method": "POST",
        "ResponseCode": 200,
        "RequestBody": "{}",
        "ApimSubscriptionId": "master",
        "LastErrorReason": "X",
        "_ResourceId": RECORD["resourceId"].lower(),  # type: ignore[attr-defined]
        "_SubscriptionId": "S",
    }
    diagnostics = next(row for table, row in stored if table == "AzureDiagnostics")
    assert diagnostics["properties_s"] == '{"modelName":"gpt-35-turbo"}' and diagnostics["Resource"] == "A"


def test_event_hub_capture(tmp_path: Path) -> None:
    schema = {
        "type": "record",
        "name": "EventData",
        "fields": [{"name": "EnqueuedTimeUtc", "type": "string"}, {"name": "Body", "type": ["null", "bytes"]}],
    }
    with (tmp_path / "0.avro").open("wb") as out:
        fastavro.writer(
            out,
            schema,
            [
                {"EnqueuedTimeUtc": "t", "Body": json.dumps({"records": [RECORD]}).encode()},
                {"EnqueuedTimeUtc": "t", "Body": b"{"},
            ],
        )
    loaded, _ = load(tmp_path / "0.avro")
    assert (loaded.rows, loaded.rejected) == (1, 1)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.xyz").write_text("")
    (tmp_path / "a.parquet").write_text("no")
    (tmp_path / "a.avro").write_text("no")
    for name, message in (
        ("a.xyz", "cannot tell the format"),
        ("a.parquet", "a.parquet"),
        ("a.avro", "Avro"),
        ("none.json", "none.json"),
    ):
        with pytest.raises(UnreadableFile, match=message):
            load(tmp_path / name, table="App_CL")
    with pytest.raises(UnknownTable, match="near: ApiManagementGatewayLogs"):
        load(tmp_path / "a.parquet", table="ApiManagementGatewayLog")


def test_inline_data() -> None:
    assert inline_rows(APP, '\n2024-05-24, 3, "a, b"\n2024-05-25,,c\n') == [
        {"TimeGenerated": "2024-05-24", "Level": "3", "Text": "a, b"},
        {"TimeGenerated": "2024-05-25", "Level": None, "Text": "c"},
    ]
    assert inline_rows(APP, '{"Level": 1}\n[{"Text": "x"}]', "json") == [{"Level": 1}, {"Text": "x"}]
    with pytest.raises(InvalidDocument) as refused:
        inline_rows(APP, "2024,x,y,z\n2024-01-01,x,y")
    assert [problem.line for problem in refused.value.problems] == [1, 2]
    with pytest.raises(InvalidDocument, match="'Nope' is not in App_CL"):
        inline_rows(APP, '{"Nope": 1}', "json")
    with pytest.raises(InvalidDocument, match="format 'orc'"):
        inline_rows(APP, "", "orc")
