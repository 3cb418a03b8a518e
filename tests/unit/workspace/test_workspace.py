"""The workspace as a whole: events in the journal become rows, once, soon, also after a crash."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pyarrow as pa
import pytest

from gatelog.catalog.entities import Account, Configuration, Deployment, DiagnosticSetting, Service
from gatelog.clock import SystemClock
from gatelog.journal.reader import list_streams
from gatelog.journal.writer import JournalWriter
from gatelog.record.events import (
    ActivityEvent,
    Event,
    EventHubMessage,
    LlmCall,
    RequestEvent,
    ResponseEvent,
    RowsEvent,
    Usage,
    encode,
)
from gatelog.schema.query import Limits, Output, Query, ResultColumn, Scan, SqlStep
from gatelog.schema.types import KqlType
from gatelog.storage.interface import Filter
from gatelog.workspace.space import Workspace, open_workspace

ACCOUNT = "/subscriptions/0000/resourceGroups/ai/providers/Microsoft.CognitiveServices/accounts/demo"
SERVICE = Service()
CONFIGURATION = Configuration(
    service=SERVICE,
    accounts=(
        Account(
            id="demo",
            resource_id=ACCOUNT,
            endpoint="http://x/",
            deployments=(Deployment(name="text-turbo", model="gpt-35-turbo", version="0301"),),
        ),
    ),
)
NOW = 1_763_700_000_123_456_000
PROMPT = b'{"messages":[{"role":"user","content":"hello"}]}'
ANSWER = (
    b'{"model":"gpt-35-turbo","choices":[{"message":{"role":"assistant","content":"hi"}}],'
    b'"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}'
)


def request(number: int) -> RequestEvent:
    return RequestEvent(
        time=NOW,
        message_id=f"id-{number}",
        service_id=SERVICE.resource_id,
        method="POST",
        url="http://127.0.0.1:8080/openai/deployments/text-turbo/chat/completions?api-version=2024-02-01",
        client_ip="81.2.69.142",
        api_id="openai",
        operation_id="ChatCompletions_Create",
        headers=[("Content-Type", "application/json"), ("X-A", "1"), ("X-A", "2")],
        body=PROMPT,
    )


def response(number: int, **changes: object) -> ResponseEvent:
    facts: dict[str, object] = {
        "time": NOW + 10**9,
        "message_id": f"id-{number}",
        "status": 200,
        "backend_url": "http://x/openai/deployments/text-turbo/chat/completions",
        "backend_status": 200,
        "backend_body": ANSWER,
        "total_ns": 1_021_000_000,
        "backend_ns": 1_000_400_000,
        "llm": LlmCall(
            operation="ChatCompletions_Create",
            account_id="demo",
            deployment="text-turbo",
            model="gpt-35-turbo",
            api_version="2024-02-01",
            usage=Usage(prompt_tokens=3, completion_tokens=1, total_tokens=4),
        ),
    }
    return ResponseEvent(**{**facts, **changes})  # type: ignore[arg-type]


def put(writer: JournalWriter, *events: Event) -> None:
    for event in events:
        writer.append(encode(event))
    writer.flush()


def opened(tmp_path: Path, configuration: Configuration = CONFIGURATION) -> Workspace:
    workspace = open_workspace(tmp_path / "workspace", tmp_path / "journal", lambda: configuration, SystemClock())
    workspace.start()
    return workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    space = opened(tmp_path)
    yield space
    space.stop()


def rows(workspace: Workspace, table: str, columns: str, order: str = "1") -> list[dict[str, object]]:
    assert workspace.ingest.wait_until_caught_up(10)
    names = tuple(columns.split())
    shown = ", ".join(f'"{name}"' for name in names)
    step = SqlStep("r", f"SELECT {shown} FROM s ORDER BY {order}")
    output = Output("PrimaryResult", "r", tuple(ResultColumn(name, KqlType.STRING, i) for i, name in enumerate(names)))
    data: pa.Table = workspace.query(Query((Scan("s", table, names),), (step,), (output,)), Limits()).tables[0].data
    return list(data.to_pylist())


def test_a_call_is_one_row_of_each_log(workspace: Workspace, tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "journal", "gateway-0", SystemClock())
    put(writer, request(1), response(1))
    (row,) = rows(
        workspace,
        "ApiManagementGatewayLogs",
        "CorrelationId RequestBody BackendRequestBody ResponseBody RequestHeaders ResponseCode BackendTime TotalTime "
        "IsRequestSuccess LastErrorReason LastErrorElapsed ResponseBody$usage.total_tokens BackendResponseBody$model Type",
    )
    assert row == {
        "CorrelationId": "id-1",
        "RequestBody": PROMPT.decode(),
        "BackendRequestBody": PROMPT.decode(),
        "ResponseBody": ANSWER.decode(),
        "RequestHeaders": '{"Content-Type":"application/json","X-A":"1, 2"}',
        "ResponseCode": 200,
        "BackendTime": 1000,
        "TotalTime": 1021,
        "IsRequestSuccess": True,
        "LastErrorReason": "",
        "LastErrorElapsed": None,
        "ResponseBody$usage.total_tokens": "4",
        "BackendResponseBody$model": '"gpt-35-turbo"',
        "Type": "ApiManagementGatewayLogs",
    }
    log = rows(
        workspace, "ApiManagementGatewayLlmLog", "SequenceNumber DeploymentName TotalTokens RequestMessages ResponseMessages"
    )
    assert [tuple(row.values()) for row in log] == [
        (0, "text-turbo", 4, None, None),
        (1, "", None, '[{"role":"user","content":"hello"}]', None),
        (2, "", None, None, '[{"role":"assistant","content":"hi"}]'),
    ]
    (account,) = rows(workspace, "AzureDiagnostics", "CallerIPAddress ResourceId DurationMs ResultSignature properties_s")
    assert account["CallerIPAddress"] == "81.2.69.***" and account["ResourceId"] == ACCOUNT.upper()
    properties = orjson.loads(str(account["properties_s"]))
    assert properties["requestTime"] == 638992968001234560 and properties["modelVersion"] == "0301"
    assert (account["DurationMs"], account["ResultSignature"]) == (1000, "200")
    writer.close()


def test_a_call_is_visible_soon(workspace: Workspace, tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "journal", "gateway-0", SystemClock())
    put(writer, request(0), response(0))
    rows(workspace, "ApiManagementGatewayLogs", "CorrelationId")
    put(writer, request(1), response(1))
    began = time.perf_counter()
    while workspace.ingest.rows < 10:
        time.sleep(0.005)
        assert time.perf_counter() - began < 5
    assert time.perf_counter() - began < 1
    writer.close()


def test_a_request_waits_for_its_response_over_a_restart(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    writer = JournalWriter(tmp_path / "journal", "gateway-0", SystemClock())
    put(writer, request(1), request(2), response(2))
    assert len(rows(workspace, "ApiManagementGatewayLogs", "CorrelationId")) == 1
    workspace.stop()
    workspace = opened(tmp_path)
    put(writer, response(1))
    found = rows(workspace, "ApiManagementGatewayLogs", "CorrelationId RequestBody Method")
    assert found == [
        {"CorrelationId": "id-1", "RequestBody": PROMPT.decode(), "Method": "POST"},
        {"CorrelationId": "id-2", "RequestBody": PROMPT.decode(), "Method": "POST"},
    ]
    writer.close()
    workspace.stop()


def test_calls_of_a_dead_worker_are_rows_once(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "journal", "gateway-0", SystemClock())
    put(writer, request(1), request(2), response(2))
    workspace = opened(tmp_path)
    assert len(rows(workspace, "ApiManagementGatewayLogs", "CorrelationId")) == 1
    writer.close()
    for _ in range(3):
        found = rows(workspace, "ApiManagementGatewayLogs", "CorrelationId ResponseCode LastErrorReason RequestBody")
        assert [row["CorrelationId"] for row in found] == ["id-1", "id-2"]
        assert found[0] | {"CorrelationId": ""} == {
            "CorrelationId": "",
            "ResponseCode": 0,
            "LastErrorReason": "GatewayStopped",
            "RequestBody": PROMPT.decode(),
        }
        workspace.stop()
        workspace = opened(tmp_path)
    workspace.stop()


def test_what_was_not_sealed_is_read_again(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "journal", "gateway-0", SystemClock())
    put(writer, *[event for number in range(5) for event in (request(number), response(number))])
    workspace = opened(tmp_path)
    assert len(rows(workspace, "ApiManagementGatewayLogs", "CorrelationId")) == 5
    assert workspace.storage.durable_offsets("workspace") == {}
    workspace.storage.flush()
    put(writer, request(5), response(5))
    assert len(rows(workspace, "ApiManagementGatewayLogs", "CorrelationId")) == 6
    crash(workspace)
    workspace = opened(tmp_path)
    assert len(rows(workspace, "ApiManagementGatewayLogs", "CorrelationId")) == 6
    assert workspace.ingest.rows == 6
    writer.close()
    workspace.stop()


def crash(workspace: Workspace) -> None:
    """Close the files without sealing."""
    workspace.housekeeping.stop()
    workspace.ingest.stop()
    storage = workspace.storage
    storage.replace_snapshot(
        lambda snapshot: type(snapshot)(snapshot.sealed, (type(snapshot.generations[0])(last=snapshot.sealed),))
    )  # type: ignore[attr-defined]
    storage.close()


def test_diagnostic_settings_choose_the_tables(tmp_path: Path) -> None:
    settings = (
        DiagnosticSetting(
            name="a", resource_id=SERVICE.resource_id.upper(), log_categories=frozenset({"GatewayLlmLogs"}), workspace_id="w"
        ),
        DiagnosticSetting(name="b", resource_id=ACCOUNT, log_categories=frozenset({"allLogs"}), event_hub="elsewhere"),
    )
    configuration = Configuration(service=SERVICE, accounts=CONFIGURATION.accounts, diagnostic_settings=settings)
    workspace = opened(tmp_path, configuration)
    writer = JournalWriter(tmp_path / "journal", "gateway-0", SystemClock())
    put(writer, request(1), response(1))
    assert rows(workspace, "ApiManagementGatewayLogs", "CorrelationId") == []
    assert len(rows(workspace, "ApiManagementGatewayLlmLog", "CorrelationId")) == 3
    assert rows(workspace, "AzureDiagnostics", "CorrelationId") == []
    writer.close()
    workspace.stop()


def test_other_events_have_their_tables(workspace: Workspace) -> None:
    write = ActivityEvent(
        time=NOW,
        correlation_id="c",
        operation="MICROSOFT.COGNITIVESERVICES/ACCOUNTS/LISTKEYS/ACTION",
        resource_id=ACCOUNT,
        caller="me",
        substatus="200",
    )
    workspace.append_event(write, EventHubMessage(time=NOW, message_id="id-1", logger_id="hub", body=b'{"a":1}'))
    (row,) = rows(workspace, "AzureActivity", "OperationNameValue Caller ActivityStatusValue ResourceGroup CategoryValue")
    assert tuple(row.values()) == (write.operation, "me", "Success", "ai", "Administrative")
    assert [row["OperationName"] for row in rows(workspace, "AzureDiagnostics", "OperationName Category")] == ["ListKey"]
    assert rows(workspace, "EventHubMessages", "Body LoggerId") == [{"Body": '{"a":1}', "LoggerId": "hub"}]


def test_delivered_rows_make_tables_and_columns(workspace: Workspace) -> None:
    workspace.append_rows(
        "App_CL", [{"TimeGenerated": "2026-01-02T03:04:05.1234567Z", "Level": 3, "Who": "x"}, {"Level": 2.5, "New": 1}]
    )
    found = rows(workspace, "App_CL", "Level Who TimeGenerated", "2 DESC")
    assert [(row["Level"], row["Who"]) for row in found] == [(3.0, "x"), (2.5, "")]
    assert str(found[0]["TimeGenerated"]) == "2026-01-02 03:04:05.123456"
    workspace.append_rows(
        "AzureDiagnostics",
        [
            {
                "Category": "Mine",
                "size": 5,
                "ok": True,
                "clientIP_s": "a",
                "clientIp_s": "b",
                "id": "6F9619FF-8B86-D011-B42D-00C04FC964FF",
            }
        ],
    )
    (row,) = rows(workspace, "AzureDiagnostics", "size_d ok_b clientIP_s clientIp_s$2 id_g")
    assert tuple(row.values()) == (5.0, True, "a", "b", "6f9619ff-8b86-d011-b42d-00c04fc964ff")


def test_bodies_that_are_no_text_are_kept(workspace: Workspace, tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "journal", "gateway-0", SystemClock())
    put(
        writer,
        request(1),
        response(1, backend_body=b"\xff\x00\xfe", llm=None),
        request(2),
        response(2, backend_body=b"a\x00b", llm=None),
    )
    found = rows(workspace, "ApiManagementGatewayLogs", "ResponseBody CorrelationId", "2")
    assert [row["ResponseBody"] for row in found] == ["data:application/octet-stream;base64,/wD+", "a\x00b"]
    writer.close()


def test_a_lost_request_still_gives_a_row(workspace: Workspace, tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "journal", "gateway-0", SystemClock())
    writer.append(b"no event at all")
    put(writer, response(7))
    (row,) = rows(workspace, "ApiManagementGatewayLogs", "CorrelationId ResponseCode")
    assert tuple(row.values()) == ("id-7", 200) and workspace.ingest.undecodable == 1
    assert len(list_streams(tmp_path / "journal")) == 2
    writer.close()


def test_a_repeated_delivery_counts_once_also_over_a_restart(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    for batch in ("a", "a", "b", ""):
        workspace.append_rows("App_CL", [{"Who": batch}], source="client", batch=batch)
    assert len(rows(workspace, "App_CL", "Who")) == 3
    workspace.stop()
    workspace = opened(tmp_path)
    workspace.append_rows("App_CL", [{"Who": "a"}], source="client", batch="a")
    workspace.append_rows("App_CL", [{"Who": "a"}], source="another", batch="a")
    assert [row["Who"] for row in rows(workspace, "App_CL", "Who")] == ["", "a", "a", "b"]
    workspace.stop()


def test_housekeeping_lets_the_journal_go(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    writer = JournalWriter(tmp_path / "journal", "gateway-0", SystemClock())
    put(writer, request(1), response(1))
    writer.close()
    rows(workspace, "ApiManagementGatewayLogs", "CorrelationId")
    workspace.housekeeping.run_once()
    assert writer.stream in list_streams(tmp_path / "journal")
    receipt = workspace.purge("ApiManagementGatewayLogs", [Filter("CorrelationId", "==", "id-1")])
    assert receipt.rows == 1 and receipt.journal_segments == 1 and workspace.purges() == [receipt]
    assert writer.stream not in list_streams(tmp_path / "journal")
    assert rows(workspace, "ApiManagementGatewayLogs", "CorrelationId") == []
    workspace.housekeeping.run_once()
    assert writer.stream not in workspace.storage.offsets("workspace")
    workspace.stop()


def test_a_poisonous_record_stops_nothing(workspace: Workspace, tmp_path: Path) -> None:
    poison = [
        RowsEvent(time=NOW, table="App_CL", rows=b"{no json"),
        RowsEvent(time=NOW, table="App_CL", rows=b"[1, 2]"),
        RowsEvent(time=NOW, table="app_cl", rows=b'[{"a": 1}]'),
        RowsEvent(time=NOW, table="App_CL", rows=b'[{"TimeGenerated": "0001-01-01", "a": 99999999999999999999999}]'),
    ]
    workspace.append_rows("App_CL", [{"a": 1}])
    workspace.append_event(*poison)
    workspace.append_rows("App_CL", [{"a": 2}])
    assert [row["a"] for row in rows(workspace, "App_CL", "a")] == [1, 2, None]
    assert workspace.ingest.undecodable == 3
