"""The pipeline by itself: errors at effects, built-in failures, preflight, cache hits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gatelog.catalog.entities import Api, Service
from gatelog.policy import answers
from gatelog.policy.compile import PolicySource, compile_pipeline
from gatelog.policy.effects import AfterResponse, Answer, CacheGet, CachePut, Effect, Forward, PolicyError
from gatelog.policy.pipeline import Pipeline
from gatelog.record.exchange import Exchange, Request, Response, Url
from gatelog.record.headers import Headers


def pipeline(xml: str) -> Pipeline:
    return compile_pipeline([PolicySource("api", xml)])


def exchange(method: str = "GET", headers: list[tuple[str, str]] | None = None, path: str = "/models") -> Exchange:
    url = Url("https", "gate.example", 443, f"/openai{path}")
    return Exchange(
        id="11111111-2222-4333-8444-555555555555",
        started=0,
        started_monotonic=0,
        client_ip="203.0.113.7",
        original_url=url,
        request=Request(method, Url("https", "oai.example", 443, path), Headers(headers or [])),
        service=Service(),
        api=Api(id="openai", name="OpenAI", path="openai"),
    )


def drive(steps: Any, reply: Callable[[Effect], Any] = lambda effect: None) -> list[Effect]:
    effects: list[Effect] = []
    try:
        effect = next(steps)
        while True:
            effects.append(effect)
            try:
                answer = reply(effect)
            except PolicyError as error:
                effect = steps.throw(error)
            else:
                effect = steps.send(answer)
    except StopIteration:
        return effects


SIMPLE = "<policies><inbound><base/></inbound><on-error><base/><set-header name='X-Source'><value>@(context.LastError.Source)</value></set-header></on-error></policies>"  # noqa: E501


def test_built_in_failures_run_on_error() -> None:
    call = exchange()
    error = answers.missing_key("https://gate.example/openai", "api-key")
    effects = drive(pipeline(SIMPLE).fail(call, error))
    assert effects == []
    assert call.response is not None
    assert (call.response.status, call.response.reason) == (401, "Access Denied")
    assert call.response.headers.get("X-Source") == "authorization"
    challenge = 'AzureApiManagementKey realm="https://gate.example/openai",name="api-key",type="header"'
    assert call.response.headers.get("WWW-Authenticate") == challenge
    assert call.response.body is not None and len(call.response.body) == 152
    assert call.last_error is not None and call.last_error.reason == "SubscriptionKeyNotFound"


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (answers.invalid_key("r"), 401, "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."),  # noqa: E501
        (answers.operation_not_found(), 404, "Resource not found"),
        (answers.rate_limited("rate-limit", 57), 429, "Rate limit is exceeded. Try again in 57 seconds."),
        (answers.tokens_limited("llm-token-limit", 41), 429, "Token limit is exceeded. Try again in 41 seconds."),
        (answers.quota_spent("quota", 406), 403, "Out of call volume quota. Quota will be replenished in 00:06:46."),
        (answers.quota_spent("quota", 1_836_556, "bandwidth"), 403, "Out of bandwidth quota. Quota will be replenished in 21.06:09:16."),  # noqa: E501
    ],
)  # fmt: skip
def test_error_answers(error: PolicyError, status: int, body: str) -> None:
    response = answers.response_to(error, exchange())
    assert response.status == status
    assert response.body == f'{{ "statusCode": {status}, "message": "{body}" }}'.encode()
    assert response.headers.get("Content-Type") == "application/json"
    assert response.headers.get("Retry-After") == (None if error.retry_after is None else str(error.retry_after))


def test_messages_are_escaped() -> None:
    error = PolicyError("check-header", "HeaderNotFound", "m", status=400, body_message='say "hé"\n')
    assert answers.response_to(error, exchange()).body == '{ "statusCode": 400, "message": "say \\"hé\\"\\n" }'.encode()


def test_error_at_an_effect_knows_its_place() -> None:
    call = exchange()

    def reply(effect: Effect) -> None:
        raise PolicyError("forward-request", "Timeout", "no answer")

    drive(pipeline(SIMPLE).run(call), reply)
    assert call.last_error is not None
    assert (call.last_error.source, call.last_error.scope, call.last_error.section) == ("forward-request", "global", "backend")
    assert call.response is not None and call.response.status == 500


CACHED = """<policies><inbound><base/><cache-lookup vary-by-developer="false" vary-by-developer-groups="false"/></inbound>
<outbound><set-header name="X-Before"><value>1</value></set-header><cache-store duration="9"/><set-header name="X-After"><value>1</value></set-header></outbound></policies>"""  # noqa: E501


def test_a_cache_hit_goes_on_after_the_element_that_stores() -> None:
    kept: dict[str, Response] = {}

    def reply(effect: Effect) -> Any:
        if isinstance(effect, CacheGet):
            return kept.get(effect.key)
        if isinstance(effect, CachePut):
            kept[effect.key] = effect.value
        if isinstance(effect, Forward):
            call.response = Response(200, "OK", Headers(), b"models")
        return None

    for expected, shown in (("miss", ["X-Before", "X-After"]), ("hit", ["X-Before", "X-After"])):
        call = exchange()
        effects = drive(pipeline(CACHED).run(call), reply)
        assert call.cache == expected
        assert call.response is not None and call.response.body == b"models"
        assert [name for name, _ in call.response.headers] == shown
        assert any(isinstance(effect, Forward) for effect in effects) == (expected == "miss")
    call = exchange(path="/other")
    drive(pipeline(CACHED).run(call), reply)
    assert call.cache == "miss"


CORS = """<policies><inbound><cors><allowed-origins><origin>https://app.example</origin></allowed-origins>
<allowed-methods preflight-result-max-age="60"><method>PUT</method></allowed-methods><allowed-headers><header>x-a</header></allowed-headers></cors></inbound></policies>"""  # noqa: E501


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (
            {"Origin": "https://app.example", "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "X-A"},
            True,
        ),
        ({"Origin": "https://app.example", "Access-Control-Request-Method": "DELETE"}, False),
        (
            {"Origin": "https://app.example", "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-b"},
            False,
        ),
        ({"Origin": "https://evil.example", "Access-Control-Request-Method": "PUT"}, False),
    ],
)
def test_preflight(headers: dict[str, str], expected: bool) -> None:
    response = pipeline(CORS).preflight(exchange("OPTIONS", list(headers.items())))
    assert response is not None and (response.status, response.body) == (200, b"")
    assert ("Access-Control-Allow-Origin" in response.headers) == expected
    if expected:
        assert response.headers.get("Access-Control-Allow-Methods") == "PUT"
        assert response.headers.get("Access-Control-Max-Age") == "60"


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://app.example"}, {"Access-Control-Request-Method": "PUT"}])
def test_other_requests_are_no_preflight(headers: dict[str, str]) -> None:
    assert pipeline(CORS).preflight(exchange("OPTIONS", list(headers.items()))) is None
    assert pipeline(SIMPLE).preflight(exchange("OPTIONS", [("Origin", "a"), ("Access-Control-Request-Method", "b")])) is None


def test_return_response_ends_with_an_answer_that_may_close_the_generator() -> None:
    xml = (
        "<policies><inbound><limit-concurrency key='k' max-count='1'><return-response/></limit-concurrency></inbound></policies>"
    )
    call = exchange()
    steps = pipeline(xml).run(call)
    assert type(next(steps)).__name__ == "Acquire"
    assert type(steps.send(True)).__name__ == "Release"
    assert isinstance(steps.send(None), Answer)
    steps.close()


def test_deferred_steps_see_the_call_as_it_was_and_the_body_as_it_is() -> None:
    xml = """<policies><outbound><base/><set-variable name="v" value="1"/>
    <log-to-eventhub logger-id="h">@((string)context.Variables["v"] + context.Response.Headers.GetValueOrDefault("X","") + context.Response.Body.As<string>())</log-to-eventhub>
    <set-variable name="v" value="2"/><set-header name="X"><value>late</value></set-header></outbound></policies>"""  # noqa: E501
    call = exchange()
    later: list[AfterResponse] = []

    def reply(effect: Effect) -> None:
        if isinstance(effect, Forward):
            call.response = Response(200, "OK", Headers(), None)
        if isinstance(effect, AfterResponse):
            later.append(effect)

    drive(pipeline(xml).run(call), reply)
    assert call.response is not None
    call.response.body = b"whole"
    (message,) = drive(later[0].steps)
    assert message.body == b"1whole"  # type: ignore[attr-defined]
    assert call.response.body == b"whole"
