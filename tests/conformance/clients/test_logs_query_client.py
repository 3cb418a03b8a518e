"""azure-monitor-query, unmodified, against the Log Analytics API, and the shapes that it hides."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.monitor.query import LogsBatchQuery, LogsQueryClient, LogsQueryPartialResult, LogsQueryResult

from .conftest import ADMIN_KEY, USAGE_KEY, Workspace
from .test_kusto_client import TOKEN_QUERY, TYPES

WORKSPACE = "11111111-2222-3333-4444-555555555555"
NOON = datetime(2024, 6, 5, 12, tzinfo=UTC)


class KeyPolicy(SansIOHTTPPolicy):  # type: ignore[misc]
    """Sends the administration key; azure-core's own bearer policy refuses plain http."""

    def on_request(self, request: PipelineRequest) -> None:
        request.http_request.headers["Authorization"] = f"Bearer {ADMIN_KEY}"


class NoCredential:
    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        raise AssertionError("the key policy answers for the credential")


@pytest.fixture
def client(workspace: Workspace) -> Iterator[LogsQueryClient]:
    with LogsQueryClient(NoCredential(), endpoint=workspace.url, authentication_policy=KeyPolicy(), retry_total=0) as opened:
        yield opened


def ask(client: LogsQueryClient, query: str, timespan: Any = None, **options: Any) -> Any:
    return client.query_workspace(WORKSPACE, query, timespan=timespan, **options)


def test_the_token_question(client: LogsQueryClient) -> None:
    answer = ask(client, TOKEN_QUERY)
    assert isinstance(answer, LogsQueryResult)
    table = answer.tables[0]
    assert table.name == "PrimaryResult"
    assert table.columns == ["ip", "model", "sum_prompttokens", "sum_completiontokens", "sum_totaltokens", "avg_totaltokens"]
    assert table.columns_types == ["string", "string", *["decimal"] * 4]
    assert [list(row) for row in table.rows][0] == ["10.0.0.1", "gpt-35-turbo", "30", "13", "43", "21.5"]


def test_types(client: LogsQueryClient) -> None:
    row = ask(client, TYPES).tables[0].rows[0]
    assert row["d"] == datetime(2024, 6, 5, 12, 0, 0, 123456, UTC) and row["l"] == 9223372036854775807 and row["b"] is True
    assert (row["m"], row["t"], row["n"]) == ("1.5", "1.02:03:04.5000000", "NaN")
    assert (row["y"], row["z"], row["o"]) == ('{"a":[1,"x"]}', "text", None)


@pytest.mark.parametrize(
    ("timespan", "count"),
    [
        ((NOON + timedelta(minutes=2), NOON + timedelta(minutes=2, seconds=30)), 1),
        ((NOON + timedelta(minutes=1, seconds=30), timedelta(hours=1)), 2),
        (timedelta(hours=1), 0),
        (None, 3),
    ],
)
def test_timespan(client: LogsQueryClient, timespan: Any, count: int) -> None:
    answer = ask(client, "ApiManagementGatewayLogs | count", timespan)
    assert answer.tables[0].rows[0]["Count"] == count


def test_statistics_and_render(client: LogsQueryClient) -> None:
    answer = ask(client, "print x=1 | render barchart", include_statistics=True, include_visualization=True, server_timeout=30)
    assert answer.statistics["query"]["executionTime"] > 0
    assert answer.visualization["visualization"] == "barchart"
    assert ask(client, "print 1").statistics is None


def test_a_partial_answer_says_so(client: LogsQueryClient) -> None:
    answer = ask(client, "range x from 1 to 1500 step 1")
    assert isinstance(answer, LogsQueryPartialResult)
    assert len(answer.partial_data[0].rows) == 1000 and answer.partial_error.code == "PartialError"


def test_batch(client: LogsQueryClient) -> None:
    queries = [
        LogsBatchQuery(workspace_id=WORKSPACE, query="print x=1", timespan=None),
        LogsBatchQuery(workspace_id=WORKSPACE, query="Nope | take 1", timespan=None),
        LogsBatchQuery(workspace_id=WORKSPACE, query="ApiManagementGatewayLogs | count", timespan=timedelta(hours=1)),
    ]
    answers = client.query_batch(queries)
    assert answers[0].tables[0].rows[0]["x"] == 1 and answers[2].tables[0].rows[0]["Count"] == 0
    assert answers[1].code == "BadArgumentError"


def test_errors(client: LogsQueryClient) -> None:
    with pytest.raises(HttpResponseError) as caught:
        ask(client, "ApiManagementGatewayLogs | where Nope == 1")
    assert caught.value.status_code == 400
    error = orjson.loads(caught.value.response.body())["error"]
    assert error["code"] == "BadArgumentError" and error["correlationId"]
    assert error["innererror"]["code"] == "SemanticError"
    assert error["innererror"]["innererror"]["code"] == "SEM0100"
    assert (error["innererror"]["innererror"]["line"], error["innererror"]["innererror"]["pos"]) == (1, 34)
    with pytest.raises(HttpResponseError, match="several workspaces"):
        ask(client, "print 1", additional_workspaces=["other"])


def test_queries_of_one_resource(client: LogsQueryClient) -> None:
    def count(resource: str, query: str = "AzureDiagnostics | count") -> Any:
        return client.query_resource(resource, query, timespan=None).tables[0].rows[0]["Count"]

    assert count("/subscriptions/s/resourceGroups/g/providers/p/t/one") == 1
    assert count("/subscriptions/s/resourceGroups/G") == 2 and count("/subscriptions/other") == 0
    assert count("/subscriptions/s", "union AzureDiagnostics, ApiManagementGatewayLogs | count") == 2
    with pytest.raises(HttpResponseError) as caught:
        count("/subscriptions/s", "AzureDiagnostics\n| where Nope == 1")
    innermost = orjson.loads(caught.value.response.body())["error"]["innererror"]["innererror"]
    assert (innermost["line"], innermost["pos"]) == (2, 9)
    for past in (
        "union Azure* | count",
        "search 'x' | count",
        "table('AzureDiagnostics') | count",
        "['AzureDiagnostics'] | count",
    ):
        with pytest.raises(HttpResponseError):
            count("/subscriptions/s", past)


@pytest.fixture
def http(workspace: Workspace) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    with httpx.Client(base_url=f"{workspace.url}/v1/workspaces/{WORKSPACE}", headers=headers) as opened:
        yield opened


def test_get_and_gzip(http: httpx.Client) -> None:
    query = {"query": "ApiManagementGatewayLogs | count", "timespan": "2024-06-05T12:01:00Z/PT90S"}
    assert http.get("/query", params=query).json()["tables"][0]["rows"] == [[2]]
    packed = gzip.compress(orjson.dumps(query))
    assert http.post("/query", content=packed, headers={"Content-Encoding": "gzip"}).json()["tables"][0]["rows"] == [[2]]
    large = http.post("/query", json={"query": "range x from 1 to 900 step 1"})
    assert large.headers["content-encoding"] == "gzip" and len(large.json()["tables"][0]["rows"]) == 900


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"query": ""}, 400, "BadArgumentError"),
        ({"query": "print 1", "timespan": "yesterday"}, 400, "BadArgumentError"),
        ([], 400, "BadArgumentError"),
    ],
)
def test_bad_requests(http: httpx.Client, body: Any, status: int, code: str) -> None:
    answer = http.post("/query", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_bad_bodies(http: httpx.Client) -> None:
    assert http.post("/query", content=b"{").status_code == 400
    assert http.post("/query", content=b"{", headers={"Content-Encoding": "gzip"}).status_code == 400
    assert http.post("/query", content=b"{", headers={"Content-Encoding": "br"}).status_code == 415
    bomb = gzip.compress(b"0" * (17 << 20))
    assert http.post("/query", content=bomb, headers={"Content-Encoding": "gzip"}).status_code == 413


def test_without_rights(workspace: Workspace) -> None:
    url = f"{workspace.url}/v1/workspaces/{WORKSPACE}/query"
    assert httpx.post(url, json={"query": "print 1"}).json()["error"]["code"] == "AuthorizationRequiredError"
    reader = {"Authorization": f"Bearer {USAGE_KEY}"}
    refused = httpx.post(url, json={"query": "ApiManagementGatewayLogs | project RequestBody"}, headers=reader)
    assert refused.status_code == 400 and "RequestBody" in refused.text


def test_metadata(http: httpx.Client) -> None:
    document = http.get("/metadata").json()
    table = next(table for table in document["tables"] if table["name"] == "ApiManagementGatewayLogs")
    assert {"name": "TimeGenerated", "type": "datetime"}.items() <= table["columns"][0].items() or any(
        column["name"] == "TimeGenerated" for column in table["columns"]
    )
    assert document["workspaces"][0]["id"] == WORKSPACE and table["id"] in document["workspaces"][0]["related"]["tables"]
