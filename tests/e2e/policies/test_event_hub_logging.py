"""The Event Hub logging pattern: a request and a response event for each call, streams included, and identity checked."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from patterns import Bench, document, settle

RESOURCE = "https://cognitiveservices.azure.com"
KEY = '<set-header name="api-key" exists-action="override"><value>{{simulator-key}}</value></set-header>'
REQUEST = """<set-variable name="message-id" value="@(Guid.NewGuid())" />
<log-to-eventhub logger-id="event-hub" partition-id="0">@{
    JObject body = context.Request.Body?.As<JObject>(preserveContent: true);
    return new JObject(
        new JProperty("event-type", "Request"),
        new JProperty("event-time", DateTime.UtcNow.ToString()),
        new JProperty("backend", context.Request.Url.Host),
        new JProperty("message-id", context.Variables["message-id"]),
        new JProperty("operation", context.Operation.Id),
        new JProperty("model", body?["model"]?.ToString()),
        new JProperty("prompt", body?["prompt"]?.ToString()),
        new JProperty("messages", body?["messages"]?.ToString())).ToString();
}</log-to-eventhub>"""
RESPONSE = """<base /><log-to-eventhub logger-id="event-hub" partition-id="0">@{
    JObject body = context.Response.Body?.As<JObject>(preserveContent: true);
    JObject about = new JObject(
        new JProperty("event-type", "Response"),
        new JProperty("event-time", DateTime.UtcNow.ToString()),
        new JProperty("backend", context.Request.Url.Host),
        new JProperty("message-id", context.Variables["message-id"]));
    switch (context.Operation.Id)
    {
        case "ChatCompletions_Create":
        case "Completions_Create":
            about.Add("choices", body?["choices"]?.ToString());
            about.Add("completion_tokens", body?["usage"]?["completion_tokens"]?.ToString());
            break;
        default:
            break;
    }
    about.Add("operation", context.Operation.Id);
    about.Add("apiId", context.Api.Id);
    about.Add("productId", context.Product?.Id);
    about.Add("model", body?["model"]?.ToString());
    about.Add("modeltime", context.Response.Headers.GetValueOrDefault("Openai-Processing-Ms", ""));
    about.Add("prompt_tokens", body?["usage"]?["prompt_tokens"]?.ToString());
    about.Add("total_tokens", body?["usage"]?["total_tokens"]?.ToString());
    return about.ToString();
}</log-to-eventhub>"""
COMMON = {"event-type", "event-time", "backend", "message-id", "operation"}
ASKED = COMMON | {"model", "prompt", "messages"}
EMBEDDED = COMMON | {"apiId", "productId", "model", "modeltime", "prompt_tokens", "total_tokens"}
ANSWERED = EMBEDDED | {"choices", "completion_tokens"}


@pytest.fixture(scope="module")
def logged(bench: Bench) -> Bench:
    issuer = issuer_of(bench)
    check = f"""<validate-jwt header-name="Authorization" failed-validation-httpcode="403"
        failed-validation-error-message="Forbidden"><openid-config url="{issuer}/.well-known/openid-configuration" />
        <required-claims><claim name="aud"><value>{RESOURCE}</value></claim></required-claims></validate-jwt>"""
    bench.api("hub", document(check + REQUEST + KEY, outbound=RESPONSE))
    failing = '@(context.Response.Body.As<JObject>(true)["no"]["such"].ToString())'
    broken = f'<base /><log-to-eventhub logger-id="event-hub">{failing}</log-to-eventhub>'
    bench.api("broken-safe", document(KEY, outbound=broken))
    bench.api("broken-strict", document(KEY, outbound=broken))
    switch = {"customProperties": {"gatelog.policy-mode:broken-strict": "strict"}}
    answer = bench.demo.management("PATCH", _service(), json={"properties": switch})
    assert answer.status_code == 200, answer.text
    settle()
    return bench


def _service() -> str:
    return (
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/gatelog/providers/Microsoft.ApiManagement"
        "/service/gatelog?api-version=2024-05-01"
    )


def issuer_of(bench: Bench) -> str:
    """The address of the embedded issuer."""
    return str(json.loads((bench.demo.data / "issuer.json").read_text()).get("issuer") or _issuer_by_tenant(bench))


def _issuer_by_tenant(bench: Bench) -> str:
    return f"{bench.demo.api}/identity/{json.loads((bench.demo.data / 'issuer.json').read_text())['tenant']}"


def token_of(bench: Bench, resource: str = RESOURCE) -> str:
    """A token as Azure's instance metadata service gives it to a workload."""
    url = f"{issuer_of(bench)}/metadata/identity/oauth2/token"
    answer = httpx.get(url, params={"resource": resource, "api-version": "2018-02-01"}, headers={"Metadata": "true"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def events_of(bench: Bench, operation: str, count: int) -> list[dict[str, Any]]:
    """The parsed events of an operation, oldest first."""
    rows = bench.demo.wait_for(
        f"EventHubMessages | where LoggerId == 'event-hub' and Body has '{operation}' | order by TimeGenerated asc",
        lambda found: len(found) >= count,
    )
    return [json.loads(row["Body"]) for row in rows]


def test_every_operation_gives_two_events_tied_by_message_id(logged: Bench) -> None:
    with logged.client("hub", api_key=None, azure_ad_token=token_of(logged)) as client:
        chat = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Say hi"}])
        client.completions.create(model="gpt-35-turbo-instruct", prompt="Once")
        client.embeddings.create(model="text-embedding-ada-002", input="a text")
        began = time.monotonic()
        stream = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Tell me"}], stream=True)
        first, text = 0.0, ""
        for chunk in stream:
            first = first or time.monotonic() - began
            text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
        whole = time.monotonic() - began
    events = events_of(logged, "ChatCompletions_Create", 4)
    for asked, answered in (events[:2], events[2:]):
        assert (set(asked), set(answered)) == (ASKED, ANSWERED)
        assert asked["message-id"] == answered["message-id"]
        assert answered["backend"] == urlsplit(logged.east.endpoint).hostname
    assert json.loads(events[0]["messages"]) == [{"role": "user", "content": "Say hi"}]
    assert json.loads(events[1]["choices"])[0]["message"]["content"] == chat.choices[0].message.content
    assert chat.usage is not None
    assert events[1]["total_tokens"] == str(chat.usage.total_tokens)
    assert json.loads(events[3]["choices"])[0]["message"]["content"] == text
    assert int(events[3]["completion_tokens"]) > 0
    assert first < whole / 2, "the stream was held back"
    prompts = events_of(logged, "Completions_Create", 2)
    assert [e for e in prompts if e["operation"] == "Completions_Create"][0]["prompt"] == "Once"
    for operation, fields in (("embeddings_create", EMBEDDED),):
        asked, answered = events_of(logged, operation, 2)
        assert (set(asked), set(answered)) == (ASKED, fields)


def test_strangers_are_refused_before_anything_is_logged(logged: Bench) -> None:
    refused = logged.post("hub")
    assert (refused.status_code, refused.json()["message"]) == (403, "Forbidden")
    other = logged.post("hub", Authorization=f"Bearer {token_of(logged, 'https://management.azure.com')}")
    assert (other.status_code, other.json()["message"]) == (403, "Forbidden")
    good = token_of(logged)
    head, body, signature = good.split(".")
    forged = f"{head}.{body}.{signature[:-8]}{'A' * 8}"
    assert logged.post("hub", Authorization=f"Bearer {forged}").status_code == 403
    assert logged.post("hub", Authorization=f"Bearer {good}").status_code == 200


def test_a_failing_log_expression_is_the_callers_trouble_only_in_strict_mode(logged: Bench) -> None:
    safe = logged.post("broken-safe")
    assert (safe.status_code, safe.json()["object"]) == (200, "chat.completion")
    rows = logged.demo.wait_for("EventHubMessages | where isnotempty(Error)", lambda found: len(found) >= 1)
    assert "Object reference not set" in rows[0]["Error"]
    strict = logged.post("broken-strict")
    assert strict.status_code == 500
    assert "activityId" in strict.json()
