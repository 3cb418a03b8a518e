"""GatelogCalls rows: what metrics count by."""

from __future__ import annotations

import json
from dataclasses import replace

from gatelog.catalog.entities import Account, Configuration, Deployment
from gatelog.llm.prices import read_prices
from gatelog.record.events import Failure, LlmCall, RequestEvent, ResponseEvent, Usage
from gatelog.schema.tables import GATELOG_CALLS
from gatelog.workspace.rows.call import Call
from gatelog.workspace.rows.calls import call_row
from gatelog.workspace.tables import Destinations

ACCOUNT = Account(
    id="ai",
    resource_id="/subscriptions/S/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/AI",
    endpoint="http://backend/",
    location="eastus",
    deployments=(Deployment(name="text-turbo", model="gpt-35-turbo", version="0301"),),
)
PRICES = read_prices("model,prompt,completion,cached,valid_from\ngpt-35-turbo,0.5,1.5,0.25,2024-01-01\n")
KNOWN = Destinations(Configuration(accounts=(ACCOUNT,)), PRICES)
REQUEST = RequestEvent(
    time=10, message_id="m", service_id="/S/apim", method="POST", url="http://g/x", client_ip="1.2.3.4", size=7
)


def llm_call(**more: object) -> LlmCall:
    usage = Usage(prompt_tokens=5, completion_tokens=2, total_tokens=7, cached_tokens=3)
    return LlmCall(
        operation="ChatCompletions_Create",
        account_id=ACCOUNT.resource_id,
        deployment="text-turbo",
        model="gpt-35-turbo-x",
        usage=usage,
        stream=True,
    )


def test_every_cell_is_a_column_of_the_table() -> None:
    row = call_row(Call(REQUEST, ResponseEvent(time=20, message_id="m", status=200, llm=llm_call())), KNOWN)
    assert set(row) <= {column.name for column in GATELOG_CALLS.columns}


def test_model_and_version_are_the_deployments() -> None:
    row = call_row(Call(REQUEST, ResponseEvent(time=20, message_id="m", status=200, llm=llm_call(), total_ns=2_500_000)), KNOWN)
    assert (row["ModelName"], row["ModelVersion"], row["Region"], row["StreamType"]) == (
        "gpt-35-turbo",
        "0301",
        "eastus",
        "Streaming",
    )
    assert (row["TotalTokens"], row["CachedTokens"], row["TotalTime"], row["TimeGenerated"]) == (7, 3, 2.5, 20)


def test_what_is_no_model_call_has_no_model_cells() -> None:
    failure = Failure(source="configuration", reason="OperationNotFound", message="x")
    row = call_row(Call(REQUEST, ResponseEvent(time=20, message_id="m", status=404, failure=failure)), KNOWN)
    assert row["LastErrorReason"] == "OperationNotFound" and row["BackendResponseCode"] is None
    assert "ModelName" not in row


def test_utilization_and_filter_findings() -> None:
    body = json.dumps(
        {
            "choices": [{"content_filter_results": {"hate": {"filtered": False, "severity": "medium"}}}],
            "prompt_filter_results": [{"content_filter_results": {"violence": {"filtered": False, "severity": "safe"}}}],
        }
    ).encode()
    response = ResponseEvent(
        time=20,
        message_id="m",
        status=200,
        llm=llm_call(),
        backend_body=body,
        backend_headers=[("Azure-OpenAI-Deployment-Utilization", "45.5%")],
    )
    row = call_row(Call(REQUEST, response), KNOWN)
    assert row["PtuUtilization"] == 45.5
    assert json.loads(row["FilterFindings"]) == [
        {"TextType": "Completion", "Category": "hate", "Severity": "medium", "Filtered": False}
    ]


def test_a_call_that_was_not_checked_has_no_findings() -> None:
    row = call_row(Call(REQUEST, ResponseEvent(time=20, message_id="m", status=200, llm=llm_call(), backend_body=b"{}")), KNOWN)
    assert row["FilterFindings"] is None and row["PtuUtilization"] is None


def test_the_cost_and_the_price_that_it_came_from() -> None:
    row = call_row(Call(REQUEST, ResponseEvent(time=20, message_id="m", status=200, llm=llm_call())), KNOWN)
    assert row["PriceId"] == "gpt-35-turbo@2024-01-01"
    assert abs(row["Cost"] - (2 * 0.5 + 3 * 0.25 + 2 * 1.5) / 1e6) < 1e-12


def test_provisioned_deployments_are_paid_by_the_hour() -> None:
    provisioned = replace(ACCOUNT, deployments=(Deployment(name="text-turbo", model="gpt-35-turbo", sku="ProvisionedManaged"),))
    known = Destinations(Configuration(accounts=(provisioned,)), PRICES)
    row = call_row(Call(REQUEST, ResponseEvent(time=20, message_id="m", status=200, llm=llm_call())), known)
    assert "Cost" not in row
