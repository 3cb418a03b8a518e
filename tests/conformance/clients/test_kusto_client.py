"""azure-kusto-data, unmodified, against the Kusto API."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from azure.kusto.data import ClientRequestProperties, KustoClient, KustoConnectionStringBuilder
from azure.kusto.data.exceptions import KustoApiError, KustoMultiApiError, KustoServiceError

from .conftest import ADMIN_KEY, USAGE_KEY, Workspace

TOKEN_QUERY = """
ApiManagementGatewayLogs
| where tolower(OperationId) in ('completions_create','chatcompletions_create')
| where ResponseCode == '200'
| extend modelkey = substring(parse_json(BackendResponseBody)['model'], 0,
    indexof(parse_json(BackendResponseBody)['model'], '-', 0, -1, 2))
| extend model = tostring(parse_json(BackendResponseBody)['model'])
| extend prompttokens = parse_json(parse_json(BackendResponseBody)['usage'])['prompt_tokens']
| extend completiontokens = parse_json(parse_json(BackendResponseBody)['usage'])['completion_tokens']
| extend totaltokens = parse_json(parse_json(BackendResponseBody)['usage'])['total_tokens']
| extend ip = CallerIpAddress
| summarize sum(todecimal(prompttokens)), sum(todecimal(completiontokens)), sum(todecimal(totaltokens)),
  avg(todecimal(totaltokens))
  by ip, model
| order by ip asc
"""


def client_of(workspace: Workspace, key: str = ADMIN_KEY) -> KustoClient:
    return KustoClient(KustoConnectionStringBuilder.with_aad_application_token_authentication(workspace.url, key))


@pytest.fixture
def client(workspace: Workspace) -> Iterator[KustoClient]:
    with client_of(workspace) as opened:
        yield opened


def test_the_token_question(client: KustoClient) -> None:
    table = client.execute("gatelog", TOKEN_QUERY).primary_results[0]
    assert [(column.column_name, column.column_type) for column in table.columns] == [
        ("ip", "string"),
        ("model", "string"),
        ("sum_prompttokens", "decimal"),
        ("sum_completiontokens", "decimal"),
        ("sum_totaltokens", "decimal"),
        ("avg_totaltokens", "decimal"),
    ]
    rows = [row.to_list() for row in table]
    assert rows == [
        ["10.0.0.1", "gpt-35-turbo", Decimal(30), Decimal(13), Decimal(43), Decimal("21.5")],
        ["10.0.0.2", "gpt-4o", Decimal(7), Decimal(3), Decimal(10), Decimal(10)],
    ]


TYPES = (
    "print b=true, i=int(7), l=9223372036854775807, r=1.5, n=real(nan), f=real(+inf), m=decimal(1.50), s='x', "
    "d=datetime(2024-06-05 12:00:00.1234567), t=time(1.02:03:04.5), g=guid(74be27de-1e4e-49d9-b579-fe0b331d3642), "
    "y=dynamic({'a':[1,'x']}), z=dynamic('text'), o=int(null)"
)


def test_types_in_version_2(client: KustoClient) -> None:
    row = client.execute("gatelog", TYPES).primary_results[0].raw_rows[0]
    assert row == [
        True, 7, 9223372036854775807, 1.5, "NaN", "Infinity", "1.5", "x", "2024-06-05T12:00:00.1234567Z", "1.02:03:04.5000000",
        "74be27de-1e4e-49d9-b579-fe0b331d3642", {"a": [1, "x"]}, "text", None,
    ]  # fmt: skip
    typed = client.execute("gatelog", TYPES).primary_results[0][0]
    assert typed["d"] == datetime(2024, 6, 5, 12, 0, 0, 123456, UTC) and typed["m"] == Decimal("1.5")
    assert typed["t"] == timedelta(days=1, hours=2, minutes=3, seconds=4.5)


def test_a_query_over_the_command_endpoint_is_answered_in_version_1(client: KustoClient) -> None:
    answer = client.execute_mgmt("gatelog", TYPES + " | render table")
    table = answer.primary_results[0]
    assert [column["DataType"] for column in table.raw_columns] == [
        "SByte", "Int32", "Int64", "Double", "Double", "Double", "SqlDecimal", "String", "DateTime", "TimeSpan", "Guid",
        "Object", "Object", "Int32",
    ]  # fmt: skip
    assert table.raw_rows[0][11:13] == ['{"a":[1,"x"]}', "text"]
    assert [one.table_name for one in answer.tables[:3]] == ["PrimaryResult", "@ExtendedProperties", "QueryStatus"]


def test_render_reaches_the_client(client: KustoClient) -> None:
    answer = client.execute("gatelog", "print x=1 | render barchart with (title='t')")
    properties = json.loads(answer[0][0]["Value"])
    assert (properties["Visualization"], properties["Title"]) == ("barchart", "t")


def test_query_parameters(client: KustoClient) -> None:
    properties = ClientRequestProperties()
    properties.set_parameter("ip", "10.0.0.2")
    properties.set_parameter("least", "3")
    text = "declare query_parameters(ip:string, least:long); ApiManagementGatewayLogs | where CallerIpAddress == ip | take least"
    assert len(client.execute("gatelog", text, properties).primary_results[0]) == 1


def test_errors_have_a_place(client: KustoClient) -> None:
    with pytest.raises(KustoApiError) as caught:
        client.execute("gatelog", "ApiManagementGatewayLogs\n| where CallerIpAdress == ''")
    error = caught.value.get_api_error()
    assert error.code == "General_BadRequest" and error.description is not None
    assert "SEM0100" in error.description and "line 2, column 9" in error.description and "CallerIpAddress" in error.description
    assert caught.value.is_semantic_error()
    with pytest.raises(KustoApiError, match="SYN"):
        client.execute("gatelog", "ApiManagementGatewayLogs | where (")


def test_too_many_rows_is_an_error_unless_deferred_or_lifted(client: KustoClient) -> None:
    text = "range x from 1 to 1500 step 1"
    with pytest.raises((KustoMultiApiError, KustoServiceError), match="80DA0003"):
        client.execute("gatelog", text)
    deferred = ClientRequestProperties()
    deferred.set_option(ClientRequestProperties.results_defer_partial_query_failures_option_name, True)
    partial = client.execute("gatelog", text, deferred)
    assert len(partial.primary_results[0]) == 1000 and partial.errors_count == 1
    assert len(client.execute("gatelog", "set notruncation; " + text).primary_results[0]) == 1500


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("results_v2_newlines_between_frames", True),
        ("servertimeout", timedelta(seconds=10)),
        ("truncationmaxrecords", 10),
    ],
)
def test_request_properties(client: KustoClient, option: str, value: Any) -> None:
    properties = ClientRequestProperties()
    properties.set_option(option, value)
    assert client.execute("gatelog", "print x=1", properties).primary_results[0][0]["x"] == 1


def test_streaming_client(client: KustoClient) -> None:
    with_rows = client.execute_streaming_query("gatelog", "range x from 1 to 3 step 1")
    tables = with_rows.iter_primary_results()
    assert [row["x"] for row in next(tables)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("command", "column", "expected"),
    [
        (".show version", "ServiceType", "Engine"),
        (".show databases", "DatabaseName", "gatelog"),
        (".show tables | where TableName == 'AzureActivity'", "TableName", "AzureActivity"),
        (".show table AzureDiagnostics cslschema", "TableName", "AzureDiagnostics"),
        (".show table ['AzureDiagnostics'] schema as json", "TableName", "AzureDiagnostics"),
        (".show database gatelog schema | where ColumnName == 'CallerIPAddress' | take 1", "ColumnType", "System.String"),
        (".show schema | count", "Count", None),
        (".show   tables ;\n", "DatabaseName", "gatelog"),
        (".show database ['gatelog'] schema if_later_than \"v1.0\" as json", "DatabaseSchema", None),
        (".show functions | count", "Count", None),
        (".show cluster", "Name", "gatelog"),
        (".show current principal", "PrincipalDisplayName", "admin"),
    ],
)
def test_show_commands(client: KustoClient, command: str, column: str, expected: str | None) -> None:
    row = client.execute_mgmt("gatelog", command).primary_results[0][0]
    assert expected is None or row[column] == expected


@pytest.mark.parametrize(
    "command", [".show databases schema as json", '.show database ["gatelog"] schema as json', ".show schema as json"]
)
def test_schema_as_json(client: KustoClient, command: str) -> None:
    document = json.loads(client.execute_mgmt("gatelog", command).primary_results[0].raw_rows[0][0])
    columns = document["Databases"]["gatelog"]["Tables"]["ApiManagementGatewayLogs"]["OrderedColumns"]
    assert {"Name": "TimeGenerated", "Type": "System.DateTime", "CslType": "datetime"}.items() <= columns[0].items() or any(
        column["Name"] == "TimeGenerated" and column["CslType"] == "datetime" for column in columns
    )


def test_query_plan(client: KustoClient) -> None:
    row = client.execute_mgmt("gatelog", ".show queryplan <| AzureActivity | where Level == 'x' | count").primary_results[0][0]
    assert "AzureActivity" in row["Content"] and "SELECT" in row["Content"]


def test_stored_functions(client: KustoClient) -> None:
    text = """// counts calls
.create-or-alter function with (folder = "demo", docstring = 'calls, by (ip)') CallsOf(ip:string, n:long=5) {
    ApiManagementGatewayLogs | where CallerIpAddress == ip | take n
}"""
    row = client.execute_mgmt("gatelog", text).primary_results[0][0]
    assert (row["Name"], row["Parameters"], row["Folder"]) == ("CallsOf", "(ip:string, n:long=5)", "demo")
    assert client.execute("gatelog", "CallsOf('10.0.0.1') | count").primary_results[0][0]["Count"] == 2
    assert client.execute_mgmt("gatelog", ".show function CallsOf").primary_results[0][0]["DocString"] == "calls, by (ip)"
    schema = json.loads(client.execute_mgmt("gatelog", ".show databases schema as json").primary_results[0].raw_rows[0][0])
    inputs = schema["Databases"]["gatelog"]["Functions"]["CallsOf"]["InputParameters"]
    assert inputs[1] == {"Name": "n", "CslType": "long", "Type": "System.Int64", "CslDefaultValue": "5"}
    with pytest.raises(KustoApiError, match="already exists"):
        client.execute_mgmt("gatelog", ".create function CallsOf() { print 1 }")
    with pytest.raises(KustoApiError, match="SYN"):
        client.execute_mgmt("gatelog", ".create function Broken() { print ( }")
    assert len(client.execute_mgmt("gatelog", ".drop function CallsOf").primary_results[0]) == 0
    assert len(client.execute_mgmt("gatelog", ".drop function CallsOf ifexists").primary_results[0]) == 0


def test_cancel(workspace: Workspace, client: KustoClient) -> None:
    properties = ClientRequestProperties()
    properties.client_request_id = "slow-1"
    slow = (
        "range a from 1 to 100000 step 1 | extend k=1 "
        "| join kind=inner (range b from 1 to 100000 step 1 | extend k=1) on k | summarize sum(a*b)"
    )
    failures: list[Exception] = []

    def ask() -> None:
        try:
            client.execute("gatelog", slow, properties)
        except KustoServiceError as error:
            failures.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    cancelled = False
    for _ in range(200):
        with client_of(workspace) as other:
            cancelled = other.execute_mgmt("gatelog", '.cancel query "slow-1"').primary_results[0][0]["Cancelled"]
        if cancelled:
            break
        time.sleep(0.02)
    thread.join(20)
    assert cancelled and "cancelled" in str(failures[0])


def test_bad_credentials_and_unknown_commands(workspace: Workspace, client: KustoClient) -> None:
    with client_of(workspace, "wrong") as stranger, pytest.raises(KustoServiceError, match="401"):
        stranger.execute("gatelog", "print 1")
    with pytest.raises(KustoApiError, match="not supported"):
        client.execute_mgmt("gatelog", ".create table T (a:int)")


def test_a_usage_reader_sees_no_bodies(workspace: Workspace) -> None:
    with client_of(workspace, USAGE_KEY) as reader:
        assert reader.execute("gatelog", "ApiManagementGatewayLogs | count").primary_results[0][0]["Count"] == 3
        with pytest.raises(KustoApiError, match="BackendResponseBody"):
            reader.execute("gatelog", "ApiManagementGatewayLogs | project BackendResponseBody")
        with pytest.raises(KustoApiError, match="not allowed"):
            reader.execute_mgmt("gatelog", ".create-or-alter function F() { print 1 }")
