"""What a compiled query asks of a store, and what is refused."""

from __future__ import annotations

import statistics
import time

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog import kql
from gatelog.kql import KqlError
from gatelog.schema.query import Query, SqlStep
from gatelog.schema.table import Schema
from gatelog.schema.tables import API_MANAGEMENT_GATEWAY_LOGS, AZURE_DIAGNOSTICS, AZURE_METRICS_V2
from gatelog.schema.types import KqlType

NOW = 1_700_000_000_000_000_000
HOUR = 3_600_000_000_000
SCHEMA = Schema([API_MANAGEMENT_GATEWAY_LOGS, AZURE_DIAGNOSTICS, AZURE_METRICS_V2])
TOKENS = """
ApiManagementGatewayLogs
| where tolower(OperationId) in ('completions_create','chatcompletions_create')
| where ResponseCode  == '200'
| extend modelkey = substring(parse_json(BackendResponseBody)['model'], 0,
    indexof(parse_json(BackendResponseBody)['model'], '-', 0, -1, 2))
| extend model = tostring(parse_json(BackendResponseBody)['model'])
| extend prompttokens = parse_json(parse_json(BackendResponseBody)['usage'])['prompt_tokens']
| extend completiontokens = parse_json(parse_json(BackendResponseBody)['usage'])['completion_tokens']
| extend totaltokens = parse_json(parse_json(BackendResponseBody)['usage'])['total_tokens']
| extend ip = CallerIpAddress
| where model !=  ''
| summarize sum(todecimal(prompttokens)), sum(todecimal(completiontokens)), sum(todecimal(totaltokens)),
    avg(todecimal(totaltokens)) by ip, model
"""


def compiled(text: str) -> Query:
    return kql.compile(text, SCHEMA, NOW)


def names(text: str) -> list[tuple[str, KqlType]]:
    columns = compiled(text).outputs[0].columns
    assert columns is not None
    return [(column.name, column.type) for column in columns]


def test_the_token_query_reads_only_what_it_needs() -> None:
    query = compiled(TOKENS)
    assert set(query.scans[0].columns) == {
        "OperationId",
        "ResponseCode",
        "CallerIpAddress",
        "BackendResponseBody$model",
        "BackendResponseBody$usage",
        "BackendResponseBody$usage.prompt_tokens",
        "BackendResponseBody$usage.completion_tokens",
        "BackendResponseBody$usage.total_tokens",
    }
    assert names(TOKENS) == [
        ("ip", KqlType.STRING),
        ("model", KqlType.STRING),
        ("sum_prompttokens", KqlType.DECIMAL),
        ("sum_completiontokens", KqlType.DECIMAL),
        ("sum_totaltokens", KqlType.DECIMAL),
        ("avg_totaltokens", KqlType.DECIMAL),
    ]


def test_the_token_query_compiles_in_less_than_two_milliseconds() -> None:
    for _ in range(5):
        compiled(TOKENS)
    spent = []
    for _ in range(40):
        start = time.process_time()
        compiled(TOKENS)
        spent.append(time.process_time() - start)
    # the bound is twice the goal: other work on the machine slows the CPU down
    assert statistics.median(spent) < 0.004


def test_paths_that_are_not_stored_are_extracted_together() -> None:
    query = compiled(
        "ApiManagementGatewayLogs | extend d = parse_json(RequestBody) | project d.a.b, d['c'][0], x = parse_json(RequestBody).d"
    )
    step = query.steps[0]
    assert isinstance(step, SqlStep)
    assert query.scans[0].columns == ("RequestBody",)
    assert step.sql.count("json_extract(") == 1


def test_members_of_dynamic_columns_are_extracted_together() -> None:
    query = compiled(
        "AzureMetricsV2 | where MetricName == 'x' | project tostring(Dimensions.FeatureName), Dimensions.ModelName, Total"
    )
    assert set(query.scans[0].columns) == {"MetricName", "Dimensions", "Total"}


@pytest.mark.parametrize(
    ("condition", "low", "high"),
    [
        ("TimeGenerated > ago(1h)", NOW - HOUR, None),
        ("TimeGenerated >= ago(2h) and TimeGenerated < ago(1h)", NOW - 2 * HOUR, NOW - HOUR),
        ("TimeGenerated between (ago(2h) .. 1h)", NOW - 2 * HOUR, NOW - HOUR),
        ("ago(1h) < TimeGenerated", NOW - HOUR, None),
        ("TimeGenerated > ago(1h) or ResponseCode == 1", None, None),
        ("ResponseCode == 200", None, None),
    ],
)
def test_time_bounds_reach_the_scan(condition: str, low: int | None, high: int | None) -> None:
    scan = compiled(f"ApiManagementGatewayLogs | extend x = 1 | where {condition} | project ApiId").scans[0]
    assert (scan.time_from, scan.time_to) == (low, high)


def test_time_bounds_go_through_let_join_and_union() -> None:
    query = compiled(
        "let T = ApiManagementGatewayLogs | project TimeGenerated, ApiId;"
        "T | union (T | where ApiId == 'x') | join kind=inner (T) on ApiId | where TimeGenerated > ago(1h)"
    )
    assert [scan.time_from for scan in query.scans] == [NOW - HOUR, NOW - HOUR, None]


def test_bounds_stop_where_rows_change() -> None:
    query = compiled("ApiManagementGatewayLogs | take 5 | where TimeGenerated > ago(1h)")
    assert query.scans[0].time_from is None


def test_the_time_range_of_a_request_filters_every_scan() -> None:
    query = kql.compile("ApiManagementGatewayLogs | count", SCHEMA, NOW, time_range=(NOW - HOUR, NOW))
    assert (query.scans[0].time_from, query.scans[0].time_to) == (NOW - HOUR, NOW)
    step = query.steps[0]
    assert isinstance(step, SqlStep) and "WHERE" in step.sql


def test_terms_reach_the_scan() -> None:
    scan = compiled("ApiManagementGatewayLogs | where RequestBody has 'Foo-bar' and Url has_cs 'x' and ApiId contains 'y'").scans[
        0
    ]
    assert scan.terms == (("RequestBody", "foo"), ("RequestBody", "bar"), ("Url", "x"))


def test_a_shared_relation_is_computed_once() -> None:
    query = compiled(
        "let T = materialize(AzureDiagnostics | summarize c = count() by Category); T | join kind=inner (T) on Category"
    )
    step = query.steps[0]
    assert isinstance(step, SqlStep)
    assert len(query.scans) == 1
    assert [materialized for _, _, materialized in step.ctes] == [True]


def test_settings_and_parameters() -> None:
    query = kql.compile(
        "set notruncation; set truncationmaxrecords = 10; declare query_parameters(n:long = 5, s:string, t:timespan);"
        "print n, s, t",
        SCHEMA,
        NOW,
        parameters={"s": "it's", "t": "1h"},
    )
    assert query.settings == {"notruncation": True, "truncationmaxrecords": 10}
    step = query.steps[0]
    assert isinstance(step, SqlStep) and "'it''s'" in step.sql and "36000000000" in step.sql


def test_stored_functions() -> None:
    functions = {
        "Errors": "(code:int = 500) { ApiManagementGatewayLogs | where ResponseCode == code }",
        "Half": "(x:real) { x / 2 }",
    }
    query = kql.compile("Errors(404) | extend h = Half(4.0) | count", SCHEMA, NOW, functions=functions)
    assert query.scans[0].table == "ApiManagementGatewayLogs"


@pytest.mark.parametrize(
    ("query", "code", "text"),
    [
        ("AzureDiagnostic | take 1", "SEM0100", "near: 'AzureDiagnostics'"),
        ("AzureDiagnostics | where Categry == 'x'", "SEM0100", "near: 'Category'"),
        ("AzureDiagnostics | extend x = tolowr(Category)", "SEM0260", "near: 'tolower'"),
        ("AzureDiagnostics | where Category > 1 | take 1", "SEM0025", "'>' is not defined for string and long"),
        ("AzureDiagnostics | where DurationMs", "SEM0025", "must be bool"),
        ("AzureDiagnostics | summarize count() by AdditionalFields", "SEM0025", "grouped by a dynamic value"),
        ("AzureDiagnostics | sort by AdditionalFields", "SEM0025", "sorted by a dynamic value"),
        ("AzureDiagnostics | project a = 1, a = 2", "SEM0003", "already declared"),
        ("AzureDiagnostics | extend x = count()", "SEM0001", "aggregate count() cannot be used here"),
        ("AzureDiagnostics | summarize Category", "SEM0001", "must stand in an aggregate"),
        ("AzureDiagnostics | extend n = row_number()", "SEM0001", "serialized"),
        ("AzureDiagnostics | join kind=weird AzureDiagnostics on Category", "SEM0001", "no kind of join"),
        ("AzureDiagnostics | join AzureDiagnostics on Categor", "SEM0100", "left side"),
        ("print geo_distance_2points(1, 2, 3, 4)", "SEM0999", "not supported"),
        ("AzureDiagnostics | evaluate autocluster()", "SEM0999", "not supported"),
        ("workspace('x').AzureDiagnostics | take 1", "SEM0999", "workspaces"),
        ("externaldata(a:string) ['http://example.com/a.csv']", "SEM0999", "not supported"),
        ("print dynamic({'a':1}) == dynamic(1)", "SEM0025", "conversion"),
        ("print strlen()", "SEM0219", "takes"),
        ("let x = 1;", "SEM0001", "no result"),
        ("let f = (a:long) { a }; print f()", "SEM0219", "'a' is missing"),
        ("let f = () { g() }; let g = () { f() }; print f()", "SEM0260", "'g' is not known"),
        ("datatable(a:long)[1, 2, 3, 'x', dynamic(1)] | take 1", "SEM0025", "expected long, found dynamic"),
    ],
)
def test_refusals_say_what_was_found_and_what_is_near(query: str, code: str, text: str) -> None:
    with pytest.raises(KqlError) as caught:
        compiled(query)
    problem = caught.value.problems[0]
    assert problem.code == code
    assert text in str(problem)
    assert problem.length > 0


def test_several_findings_in_one_operator() -> None:
    with pytest.raises(KqlError) as caught:
        compiled("AzureDiagnostics | project A1, Category, B2, foo(1) | where x == 1")
    assert [problem.start for problem in caught.value.problems] == [27, 41, 45]


NASTY = st.text(st.sampled_from("'\"\\;-/*\0$)(ab\n%{}é"), max_size=20)


@settings(max_examples=60, deadline=None)
@given(NASTY, NASTY)
def test_no_literal_and_no_name_leaves_its_quotes(value: str, name: str) -> None:
    literal = kql.print_query(kql.parse("print 'x'")).replace('"x"', _quoted(value))
    query = kql.compile(f"{literal} | extend [{_quoted(name or 'n')}] = strcat({_quoted(value)}, 'q')", SCHEMA, NOW)
    step = query.steps[0]
    assert isinstance(step, SqlStep)
    row = duckdb.sql(step.sql).fetchall()[0]
    assert row == (value, f"{value}q")
    columns = query.outputs[0].columns
    assert columns is not None and columns[1].name == (name or "n")


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\0", "\\0") + '"'


def test_long_chains_of_conditions() -> None:
    condition = " or ".join(f"ApiId == '{index}'" for index in range(2000))
    assert compiled(f"ApiManagementGatewayLogs | where {condition} | count").scans[0].columns == ("ApiId",)


def test_what_is_too_long_is_refused() -> None:
    with pytest.raises(KqlError, match="too long"):
        compiled("print " + " + ".join(["strlen('a')"] * 3000))


@pytest.mark.parametrize(
    ("first", "step", "last"),
    [
        ("let a0 = rand();", "let a{n} = a{m} + a{m};", "print a40"),
        ("let a0 = AzureDiagnostics;", "let a{n} = union a{m}, a{m};", "a40 | count"),
        ("let a0 = () {{ rand() }};", "let a{n} = () {{ a{m}() + a{m}() }};", "print a40()"),
    ],
)
def test_definitions_that_multiply_are_refused(first: str, step: str, last: str) -> None:
    text = first.format() + "".join(step.format(n=n, m=n - 1) for n in range(1, 41)) + last
    with pytest.raises(KqlError) as caught:
        compiled(text)
    assert caught.value.problems[0].code == "SEM0999"


def test_catalogue_is_plain_data() -> None:
    found = kql.catalogue(SCHEMA)
    assert "where" in found["operators"]
    assert {function["name"] for function in found["functions"]} >= {"tolower", "strlen"}
    assert [table["name"] for table in found["tables"]] == [table.name for table in SCHEMA]


def test_explain_shows_scans_and_sql() -> None:
    text = kql.explain("AzureDiagnostics | where Category == 'x' | count", SCHEMA, NOW)
    assert "AzureDiagnostics (Category)" in text and "SELECT" in text
