"""Queries over the real store: scans, columns stored beside their document, paths extracted together, time bounds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gatelog import kql
from gatelog.clock import FixedClock
from gatelog.schema import tables
from gatelog.schema.query import Limits
from gatelog.storage.interface import Batch, Storage
from gatelog.storage.open import open_storage

NOW = 1_700_000_000_000_000_000
HOUR = 3_600_000_000_000
ANSWER = {
    "model": "gpt-35-turbo-16k",
    "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    "choices": [{"text": "hi"}],
}
TOKENS = """
ApiManagementGatewayLogs
| where tolower(OperationId) in ('completions_create','chatcompletions_create')
| where ResponseCode  == '200'
| extend modelkey = substring(parse_json(BackendResponseBody)['model'], 0,
    indexof(parse_json(BackendResponseBody)['model'], '-', 0, -1, 2))
| extend model = tostring(parse_json(BackendResponseBody)['model'])
| extend prompttokens = parse_json(parse_json(BackendResponseBody)['usage'])['prompt_tokens']
| extend totaltokens = parse_json(parse_json(BackendResponseBody)['usage'])['total_tokens']
| extend ip = CallerIpAddress
| where model !=  ''
| summarize sum(todecimal(prompttokens)), avg(todecimal(totaltokens)) by ip, model, modelkey
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    folder: Path = tmp_path_factory.mktemp("store")
    storage = open_storage("", folder, FixedClock(NOW), 1 << 30, {})
    for table in (tables.API_MANAGEMENT_GATEWAY_LOGS, tables.AZURE_METRICS_V2):
        storage.define(table)
    rows = [
        {
            "TimeGenerated": NOW - index * HOUR,
            "OperationId": "ChatCompletions_Create",
            "ResponseCode": 200 if index < 3 else 500,
            "CallerIpAddress": "10.0.0.1",
            "BackendResponseBody": json.dumps(ANSWER) if index < 3 else "upstream failed",
            "RequestBody": json.dumps({"messages": [{"role": "user", "content": f"call {index}"}], "n": index}),
            "TotalTime": 100 + index,
        }
        for index in range(5)
    ]
    metrics = [
        {"TimeGenerated": NOW, "MetricName": name, "Dimensions": json.dumps({"FeatureName": "chat", "Count": 2}), "Total": 1.5}
        for name in ("TokenTransaction", "Other")
    ]
    storage.append(Batch({"ApiManagementGatewayLogs": rows, "AzureMetricsV2": metrics}, reader="test", offsets={"one": b"1"}))
    yield storage
    close: Any = getattr(storage, "close", None)
    if close is not None:
        close()


def ask(store: Storage, text: str) -> list[tuple[Any, ...]]:
    table = store.fetch(kql.compile(text, store.schema(), NOW), Limits()).tables[0]
    return list(zip(*(column.to_pylist() for column in table.data.columns), strict=True))


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("ApiManagementGatewayLogs | count", [(5,)]),
        ("ApiManagementGatewayLogs | where TimeGenerated > ago(2h) | count", [(2,)]),
        ("ApiManagementGatewayLogs | where ResponseCode != '200' | summarize count() by CallerIpAddress", [("10.0.0.1", 2)]),
        ("ApiManagementGatewayLogs | where RequestBody has 'call' and RequestBody !has 'cal'"
         " | summarize sum(TotalTime)", [(510,)]),
        (
            "ApiManagementGatewayLogs | project m = tostring(parse_json(RequestBody).messages[0].content),"
            " n = toint(parse_json(RequestBody).n) | where n > 2 | sort by n asc",
            [("call 3", 3), ("call 4", 4)],
        ),
        ("ApiManagementGatewayLogs | extend b = parse_json(BackendResponseBody)"
         " | summarize count() by tostring(b.model), isnull(b.usage) | sort by count_ asc",
         [("", True, 2), ("gpt-35-turbo-16k", False, 3)]),
        ("AzureMetricsV2 | where MetricName == 'TokenTransaction'"
         " | project tostring(Dimensions.FeatureName), Total", [("chat", 1.5)]),
        ("AzureMetricsV2 | summarize sum(toint(Dimensions.Count) * Total) by tostring(Dimensions.FeatureName)", [("chat", 6.0)]),
        ("ApiManagementGatewayLogs | top 1 by TotalTime desc | project TotalTime, ResponseCode", [(104, 500)]),
        ("search 'call' | summarize count() by $table", [("ApiManagementGatewayLogs", 5)]),
        ("union withsource=T ApiManagementGatewayLogs, AzureMetricsV2 | summarize count() by T | sort by T asc",
         [("ApiManagementGatewayLogs", 5), ("AzureMetricsV2", 2)]),
    ],
)  # fmt: skip
def test_answers(store: Storage, query: str, rows: list[tuple[Any, ...]]) -> None:
    assert ask(store, query) == rows


def test_the_token_query(store: Storage) -> None:
    (row,) = ask(store, TOKENS)
    assert [str(cell).rstrip("0").rstrip(".") if index > 2 else cell for index, cell in enumerate(row)] == [
        "10.0.0.1",
        "gpt-35-turbo-16k",
        "gpt-35",
        "30",
        "15",
    ]


NESTED = (
    {"usage": {"prompt_tokens": 10, "other": [1, 2]}, "text": "plain"},
    {"usage": json.dumps({"prompt_tokens": 20, "other": [3, 4]}), "text": json.dumps({"a": json.dumps({"b": 7})})},
    {"usage": "no json", "text": "[1]"},
    json.dumps({"usage": {"prompt_tokens": 40, "other": [5]}, "text": "deep"}),
)


@pytest.fixture(scope="module")
def nested(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    storage = open_storage("", tmp_path_factory.mktemp("nested"), FixedClock(NOW), 1 << 30, {})
    for table in (tables.API_MANAGEMENT_GATEWAY_LOGS, tables.AZURE_METRICS_V2):
        storage.define(table)
    rows = [
        {"TimeGenerated": NOW, "TotalTime": index, "BackendResponseBody": json.dumps(body), "RequestBody": json.dumps(body)}
        for index, body in enumerate(NESTED)
    ]
    metrics = [{"TimeGenerated": NOW, "Total": float(index), "Dimensions": json.dumps(body)} for index, body in enumerate(NESTED)]
    storage.append(Batch({"ApiManagementGatewayLogs": rows, "AzureMetricsV2": metrics}, reader="test", offsets={"one": b"1"}))
    yield storage
    close: Any = getattr(storage, "close", None)
    if close is not None:
        close()


@pytest.mark.parametrize("body", ["BackendResponseBody", "RequestBody"])
@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("parse_json(B)['usage']['prompt_tokens']", ["10", None, None, None]),
        ("parse_json(parse_json(B)['usage'])['prompt_tokens']", ["10", "20", None, None]),
        ("parse_json(parse_json(B).usage).other[1]", ["2", "4", None, None]),
        ("parse_json(parse_json(parse_json(B)['text'])['a'])['b']", [None, "7", None, None]),
        ("parse_json(parse_json(B))['usage']['prompt_tokens']", ["10", None, None, "40"]),
        ("parse_json(parse_json(B).text)[0]", [None, None, "1", None]),
    ],
)
def test_texts_of_json_inside_a_document_are_parsed_by_parse_json(
    nested: Storage, body: str, expression: str, values: list[str | None]
) -> None:
    text = f"ApiManagementGatewayLogs | sort by TotalTime asc | project x = {expression.replace('B)', body + ')')}"
    assert [value for (value,) in ask(nested, text)] == values


@pytest.mark.parametrize(
    "steps",
    [
        "extend u = parse_json(parse_json(Body)['usage']) | project u, n = TotalTime | sort by n asc | project u.prompt_tokens",
        "extend d = parse_json(Body) | extend u = parse_json(d.usage) | sort by TotalTime asc | project u.prompt_tokens",
        "project TotalTime, u = parse_json(Body).usage | sort by TotalTime asc | project parse_json(u).prompt_tokens",
    ],
)
def test_the_text_is_parsed_however_the_query_is_cut(nested: Storage, steps: str) -> None:
    text = f"ApiManagementGatewayLogs | {steps.replace('Body', 'BackendResponseBody')}"
    assert [value for (value,) in ask(nested, text)] == ["10", "20", None, None]


def test_a_stored_dynamic_that_is_text_of_json_is_parsed(nested: Storage) -> None:
    columns = "parse_json(Dimensions).usage.prompt_tokens, Dimensions.usage.prompt_tokens"
    found = ask(nested, f"AzureMetricsV2 | sort by Total asc | project {columns}")
    assert found == [("10", "10"), (None, None), (None, None), ("40", None)]
