"""`/metrics` in the OpenMetrics text format (openmetrics.io).

Calls, tokens and durations since this process started, with the correlation id of the latest call as exemplar, and the state of
journal, store and deliveries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gatelog.errors import GatelogError
from gatelog.monitor.metrics.series import RunKql, datetime_literal

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of the duration histogram, seconds."""

_CALLS = """
| summarize Number = count(), Seconds = sum(TotalTime) / 1000.0, {buckets}, arg_max(TimeGenerated, CorrelationId, TotalTime)
    by ApiId, OperationId, Status = tostring(ResponseCode)
"""
_TOKENS = """
| where TotalTokens > 0
| summarize Prompt = sum(PromptTokens), Completion = sum(CompletionTokens), Cached = sum(CachedTokens)
    by DeploymentName, ModelName, ApimSubscriptionId
"""

State = Callable[[], Mapping[str, float]]
"""Name of a gauge -> its value now."""


def routes(
    run: RunKql,
    started: int,
    state: State,
    allow: Callable[[Request], None],
    answer_error: Callable[[GatelogError, str], Response],
) -> list[Route]:
    """The endpoint. `started`: ns since 1970; counters begin there."""

    async def metrics(request: Request) -> Response:
        try:
            allow(request)
            text = await run_in_threadpool(page, run, started, state())
        except GatelogError as error:
            return answer_error(error, request.url.path)
        return PlainTextResponse(text, media_type=CONTENT_TYPE)

    return [Route("/metrics", metrics)]


def page(run: RunKql, started: int, state: Mapping[str, float]) -> str:
    """The whole answer."""
    since = f"GatelogCalls | where TimeGenerated >= {datetime_literal(started)}"
    lines = [*_call_lines(_rows(run, since + _calls_kql())), *_token_lines(_rows(run, since + _TOKENS)), *_gauge_lines(state)]
    return "\n".join([*lines, "# EOF", ""])


def _calls_kql() -> str:
    buckets = ", ".join(f"B{index} = countif(TotalTime <= {bound * 1000})" for index, bound in enumerate(BUCKETS))
    return _CALLS.format(buckets=buckets)


def _rows(run: RunKql, kql: str) -> list[tuple[Any, ...]]:
    table = run(kql)
    names = [column.name for column in table.columns]
    return [
        tuple(row[str(index)] for index in range(len(names)))
        for row in table.data.rename_columns([str(i) for i in range(len(names))]).to_pylist()
    ]


def _call_lines(rows: Iterable[tuple[Any, ...]]) -> Iterable[str]:
    calls, durations = [], []
    for api, operation, status, number, seconds, *rest in rows:
        buckets, (time, correlation_id, latest) = rest[: len(BUCKETS)], rest[len(BUCKETS) :]
        labels = _labels(api=api, operation=operation, status=status)
        exemplar = (
            f' # {{correlation_id="{_escaped(correlation_id)}"}} {latest / 1000} {time.replace(tzinfo=UTC).timestamp()}'
            if time is not None
            else ""
        )
        calls.append(f"gatelog_calls_total{{{labels}}} {number}{exemplar}")
        for bound, count in zip(BUCKETS, buckets, strict=True):
            durations.append(f'gatelog_call_duration_seconds_bucket{{{labels},le="{bound}"}} {count}')
        durations.append(f'gatelog_call_duration_seconds_bucket{{{labels},le="+Inf"}} {number}')
        durations.append(f"gatelog_call_duration_seconds_sum{{{labels}}} {seconds}")
        durations.append(f"gatelog_call_duration_seconds_count{{{labels}}} {number}")
    yield from _family("gatelog_calls", "counter", "Calls that ended at the gate.", calls)
    yield from _family("gatelog_call_duration_seconds", "histogram", "From the first byte in to the last byte out.", durations)


def _token_lines(rows: Iterable[tuple[Any, ...]]) -> Iterable[str]:
    lines = []
    for deployment, model, subscription, *counts in rows:
        labels = _labels(deployment=deployment, model=model, subscription=subscription)
        lines += [
            f'gatelog_tokens_total{{{labels},kind="{kind}"}} {count}'
            for kind, count in zip(("prompt", "completion", "cached"), counts, strict=True)
        ]
    yield from _family("gatelog_tokens", "counter", "Tokens of answered model calls.", lines)


def _gauge_lines(state: Mapping[str, float]) -> Iterable[str]:
    for name, value in sorted(state.items()):
        yield from _family(f"gatelog_{name}", "gauge", name.replace("_", " ").capitalize() + ".", [f"gatelog_{name} {value}"])


def _family(name: str, kind: str, words: str, samples: Iterable[str]) -> Iterable[str]:
    yield f"# TYPE {name} {kind}"
    yield f"# HELP {name} {words}"
    yield from samples


def _labels(**labels: str) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
