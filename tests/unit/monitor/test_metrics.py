"""Metrics are counted from the calls, split and filtered, and exported once for each minute."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from metric_workspace import ACCOUNT, CONFIGURATION, SERVICE, call, run_kql, workspace_of

from gatelog.clock import FixedClock, SystemClock
from gatelog.monitor.metrics.definitions import METRICS, metric_of
from gatelog.monitor.metrics.rollup import Rollup
from gatelog.monitor.metrics.series import MINUTE, Ask, Comparison, MetricError, series_of

START = 1_767_225_600_000_000_000
"""2026-01-01T00:00:00Z."""
FINDING = {"TextType": "Prompt", "Category": "hate", "Severity": "high", "Filtered": True}
CALLS = [
    call("2026-01-01T00:00:10Z", FilterFindings=[]),
    call("2026-01-01T00:00:50Z", DeploymentName="gpt-4o", ModelName="gpt-4o", TotalTokens=100, PtuUtilization=40.0),
    call("2026-01-01T00:02:00Z", BackendResponseCode=429, ResponseCode=429, TotalTokens=0, PromptTokens=0, CompletionTokens=0),
    call("2026-01-01T00:02:30Z", BackendResponseCode=400, ResponseCode=400, TotalTokens=0, FilterFindings=[FINDING]),
    call("2026-01-01T00:03:00Z", LlmOperation="", BackendResponseCode=None, ResponseCode=401, AccountId=""),
]


def ask(name: str, **more: object) -> Ask:
    namespace = (
        "Microsoft.ApiManagement/service"
        if name in ("Requests", "Duration", "BackendDuration")
        else "Microsoft.CognitiveServices/accounts"
    )
    metric = metric_of(namespace, name)
    assert metric is not None
    resource = SERVICE if namespace.startswith("Microsoft.Api") else ACCOUNT
    return Ask(metric=metric, resource_id=resource, start=START, end=START + 10 * MINUTE, interval=MINUTE, **more)  # type: ignore[arg-type]


def test_values(tmp_path: Path) -> None:
    with workspace_of(tmp_path, SystemClock(), CALLS) as workspace:
        run = partial(run_kql, workspace)
        totals = {
            name: [(point.time - START) // MINUTE for point in series.points] + [sum(point.total for point in series.points)]
            for name in (
                "AzureOpenAIRequests",
                "TokenTransaction",
                "RAIHarmfulRequests",
                "RAIRejectedRequests",
                "RAITotalRequests",
                "Requests",
            )
            for series in series_of(ask(name), run)
        }
        assert totals == {
            "AzureOpenAIRequests": [0, 2, 4.0],
            "TokenTransaction": [0, 115.0],
            "RAIHarmfulRequests": [2, 1.0],
            "RAIRejectedRequests": [2, 1.0],
            "RAITotalRequests": [0, 2, 2.0],
            "Requests": [0, 2, 3, 5.0],
        }
        [utilization] = series_of(ask("AzureOpenAIProvisionedManagedUtilizationV2"), run)
        assert utilization.points[0].average == 40.0
        [between] = series_of(ask("AzureOpenAINormalizedTBTInMS"), run)
        assert between.points[0].average == 1.75


def test_splitting_and_filtering(tmp_path: Path) -> None:
    with workspace_of(tmp_path, SystemClock(), CALLS) as workspace:
        run = partial(run_kql, workspace)
        split = series_of(ask("AzureOpenAIRequests", split_by=("ModelName", "StatusCode")), run)
        assert {tuple(series.dimensions.values()): sum(point.total for point in series.points) for series in split} == {
            ("gpt-35-turbo", "200"): 1.0,
            ("gpt-35-turbo", "400"): 1.0,
            ("gpt-35-turbo", "429"): 1.0,
            ("gpt-4o", "200"): 1.0,
        }
        hostile = Comparison("ModelName", "eq", ('gpt-4o" or 1 == 1 //', "GPT-4O"))
        [filtered] = series_of(ask("AzureOpenAIRequests", conditions=(hostile,)), run)
        assert sum(point.total for point in filtered.points) == 1.0


def test_every_metric_can_be_asked_with_all_its_dimensions(tmp_path: Path) -> None:
    with workspace_of(tmp_path, SystemClock(), CALLS) as workspace:
        run = partial(run_kql, workspace)
        for metric in METRICS:
            whole = Ask(
                metric=metric,
                resource_id=ACCOUNT,
                start=START,
                end=START + 10 * MINUTE,
                interval=0,
                split_by=tuple(metric.dimensions),
            )
            series_of(whole, run)


def test_an_unknown_dimension_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(MetricError, match="has no dimension 'Colour'; expected one of ApiName"):
        series_of(ask("AzureOpenAIRequests", split_by=("Colour",)), lambda text: pytest.fail(text))


def test_each_minute_is_exported_once_also_over_a_restart(tmp_path: Path) -> None:
    clock = FixedClock(START + 3 * MINUTE)

    def rollup(workspace: object) -> Rollup:
        run = partial(run_kql, workspace)  # type: ignore[arg-type]
        return Rollup(run, workspace.ingest.wait_until_caught_up, workspace.append_event, lambda: CONFIGURATION, clock)  # type: ignore[attr-defined]

    question = (
        "AzureMetrics | where MetricName == 'AzureOpenAIRequests' "
        "| summarize sum(Total) by TimeGenerated | sort by TimeGenerated asc"
    )
    with workspace_of(tmp_path, SystemClock(), CALLS) as workspace:
        first = rollup(workspace)
        assert first.export_finished_minutes() > 0
        assert first.export_finished_minutes() == 0
        workspace.ingest.wait_until_caught_up(10)
        assert [row["sum_Total"] for row in run_kql(workspace, question).data.rename_columns(["t", "sum_Total"]).to_pylist()] == [
            2.0
        ]
    clock.advance(120)
    with workspace_of(tmp_path, SystemClock(), []) as workspace:
        rollup(workspace).export_finished_minutes()
        workspace.ingest.wait_until_caught_up(10)
        assert [row["n"] for row in run_kql(workspace, question).data.rename_columns(["t", "n"]).to_pylist()] == [2.0, 2.0]
        dimensions = run_kql(
            workspace, "AzureMetricsV2 | where MetricName == 'TokenTransaction' | project tostring(Dimensions.FeatureName), Total"
        )
        assert sorted(map(tuple, (row.values() for row in dimensions.data.to_pylist()))) == [
            ("gpt-35-turbo", 15.0),
            ("gpt-4o", 100.0),
        ]
