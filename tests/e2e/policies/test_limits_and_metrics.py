"""Token throttling by application, token metrics, and rate limits."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest
from patterns import Bench, document, settle

KEY = '<set-header name="api-key" exists-action="override"><value>{{simulator-key}}</value></set-header>'
LIMIT = """<azure-openai-token-limit counter-key="@(context.Request.Headers.GetValueOrDefault("x-app-id", "none"))"
    tokens-per-minute="400" estimate-prompt-tokens="{estimate}" remaining-tokens-header-name="x-left"
    tokens-consumed-header-name="x-used" />"""
METRICS = """<azure-openai-emit-token-metric namespace="llm"><dimension name="API ID" />
    <dimension name="App" value="@(context.Request.Headers.GetValueOrDefault("x-app-id", "none"))" />
    </azure-openai-emit-token-metric>
    <emit-metric name="Asked" value="2" namespace="own"><dimension name="Where" value="@(context.Api.Name)" /></emit-metric>"""
ASKED = {"messages": [{"role": "user", "content": "Write a little about the sea."}], "max_tokens": 100}


@pytest.fixture(scope="module")
def limited(bench: Bench) -> Bench:
    bench.api("tpm", document(LIMIT.format(estimate="true") + METRICS + KEY))
    bench.api("tpm-after", document(LIMIT.format(estimate="false") + KEY))
    bench.api("calls", document('<rate-limit-by-key calls="2" renewal-period="60" counter-key="all" '
                                'remaining-calls-header-name="x-calls-left" />' + KEY))  # fmt: skip
    settle()
    return bench


@pytest.mark.parametrize("api", ["tpm", "tpm-after"])
def test_tokens_run_out_for_one_application_only(limited: Bench, api: str) -> None:
    used, refused = 0, None
    for _ in range(30):
        answer = limited.post(api, ASKED, x_app_id=f"sea-{api}")
        if answer.status_code == 429:
            refused = answer
            break
        used += answer.json()["usage"]["total_tokens"]
        assert int(answer.headers["x-used"]) == answer.json()["usage"]["total_tokens"]
        assert int(answer.headers["x-left"]) == max(0, 400 - used)
    assert refused is not None
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert used > 400 - 20, "refused although a prompt would have fitted"
    assert used < 400 + 130, "more than one call went over"
    assert limited.post(api, ASKED, x_app_id="land").status_code == 200


def test_calls_side_by_side_do_not_go_over_together(limited: Bench) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: limited.post("tpm", ASKED, x_app_id="crowd"), range(16)))
    tokens = [a.json()["usage"]["total_tokens"] for a in answers if a.status_code == 200]
    assert {a.status_code for a in answers} == {200, 429}
    assert 400 - 20 < sum(tokens) < 400 + 130


def test_a_429_is_the_sdks_rate_limit_error(limited: Bench) -> None:
    with limited.client("calls") as client:
        ask = [{"role": "user", "content": "hi"}]
        for left in ("1", "0"):
            answer = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=ask)  # type: ignore[arg-type]
            assert answer.headers["x-calls-left"] == left
        with pytest.raises(openai.RateLimitError) as refused:
            client.chat.completions.create(model="gpt-4o", messages=ask)  # type: ignore[arg-type]
    assert 1 <= int(refused.value.response.headers["retry-after"]) <= 60
    body = refused.value.response.json()
    assert body["statusCode"] == 429
    assert body["message"].startswith("Rate limit is exceeded. Try again in ")


def test_metrics_are_in_the_workspace(limited: Bench) -> None:
    answer = limited.post("tpm", ASKED, x_app_id="metrics")
    usage = answer.json()["usage"]
    rows = limited.demo.wait_for(
        "AppMetrics | where MetricNamespace == 'llm' and tostring(Properties.App) == 'metrics'", lambda found: len(found) >= 3
    )
    found = {row["Name"]: row["Sum"] for row in rows}
    assert found == {
        "Total Tokens": usage["total_tokens"],
        "Prompt Tokens": usage["prompt_tokens"],
        "Completion Tokens": usage["completion_tokens"],
    }
    own = limited.demo.wait_for("AppMetrics | where Name == 'Asked' | take 1", lambda found: len(found) == 1)
    properties = own[0]["Properties"]
    assert (properties if isinstance(properties, dict) else json.loads(properties)) == {"Where": "tpm"}
    assert own[0]["Sum"] == 2
