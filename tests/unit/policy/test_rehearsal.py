"""Rehearsals: a document, a described call, the world from a script."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from gatelog.errors import InvalidDocument
from gatelog.policy.rehearsal import Rehearsal, rehearse

XML = """<policies>
  <inbound>
    <base />
    <include-fragment fragment-id="f" />
    <authentication-managed-identity resource="https://r" output-token-variable-name="token" />
    <send-request mode="new" response-variable-name="r"><set-url>https://other.example/a</set-url></send-request>
    <cache-lookup-value key="k" variable-name="k" />
  </inbound>
  <backend><retry condition="@(context.Response.StatusCode == 429)" count="2" interval="1"><forward-request /></retry></backend>
  <outbound>
    <log-to-eventhub logger-id="{{hub}}">@(context.Response.Body.As<string>(true) + " " + context.Variables["k"])</log-to-eventhub>
    <set-header name="X-Token"><value>@((string)context.Variables["token"])</value></set-header>
  </outbound>
</policies>"""  # noqa: E501


def run(description: dict[str, Any] | None = None, xml: str = XML) -> Rehearsal:
    ticks = itertools.count(0, 1000)
    fragments = {"f": '<fragment><set-variable name="v" value="@(context.Request.Method)" /></fragment>'}
    return rehearse(xml, description, named_values={"hub": "h"}, fragments=fragments, monotonic=lambda: next(ticks))


def test_script() -> None:
    done = run(
        {
            "Request": {"Method": "POST", "Url": "https://gate.example/a", "Body": "{}"},
            "Backend": [{"StatusCode": 429}, {"StatusCode": 200, "StatusReason": "OK", "Body": "hello"}],
            "Replies": {"Token": "t1", "SendRequest": [{"StatusCode": 204}], "Cache": {"k": 7}},
        }
    )
    assert done.effects == [
        "FetchToken resource=https://r",
        "SendRequest timeout=60.0",
        "CacheGet key=value:k",
        "Forward timeout=300.0",
        "Sleep seconds=1.0",
        "Forward timeout=300.0",
        "LogToEventHub h: hello 7",
    ]
    assert (done.response.status, done.response.body, done.response.headers.get("X-Token")) == (200, b"hello", "t1")
    assert done.exchange.variables["v"] == "POST"
    assert [step.element for step in done.steps if step.depth == 0][:3] == [
        "include-fragment", "authentication-managed-identity", "send-request",
    ]  # fmt: skip


def test_defaults_answer_everything() -> None:
    done = run()
    assert (done.response.status, done.response.body) == (200, b"{}")
    assert done.exchange.last_error is None


def test_failures_of_the_world() -> None:
    done = run({"Backend": {"Error": "Timeout", "Message": "late"}}, "<policies><inbound/></policies>")
    assert done.exchange.last_error is not None and done.exchange.last_error.reason == "Timeout"
    limited = "<policies><inbound><rate-limit calls='1' renewal-period='60'/></inbound></policies>"
    assert run({"Replies": {"Limited": True}}, limited).response.status == 429
    jwt = "<policies><inbound><validate-jwt token-value='a.b.c'><openid-config url='u'/></validate-jwt></inbound></policies>"
    assert run({}, jwt).response.status == 401


def test_streamed_bodies_are_logged_after_the_answer() -> None:
    xml = (
        "<policies><inbound><base/><llm-emit-token-metric><dimension name='API ID'/></llm-emit-token-metric></inbound></policies>"
    )
    done = run({"Replies": {"Usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}}}, xml)
    assert done.effects[-3:] == [
        "EmitMetric API Management/Total Tokens 3 (API ID=)",
        "EmitMetric API Management/Prompt Tokens 1 (API ID=)",
        "EmitMetric API Management/Completion Tokens 2 (API ID=)",
    ]


@pytest.mark.parametrize("description", [{"Replies": {"Tokn": 1}}, {"Nothing": 1}, {"Replies": {"Usage": {"total_tokens": "x"}}}])
def test_wrong_descriptions_are_refused(description: dict[str, Any]) -> None:
    xml = "<policies><inbound><llm-token-limit counter-key='k' tokens-per-minute='9' estimate-prompt-tokens='true'/></inbound></policies>"  # noqa: E501
    with pytest.raises(InvalidDocument):
        run(description, xml)
