"""The /metrics page: counters with exemplars, a histogram that adds up, labels that cannot break out."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from metric_workspace import call, run_kql, workspace_of

from gatelog.api.prometheus import page
from gatelog.clock import SystemClock

START = 1_767_225_600_000_000_000


def test_the_page(tmp_path: Path) -> None:
    calls = [
        call("2025-12-31T23:59:00Z", ApiId="before"),
        call("2026-01-01T00:00:10Z", ApiId="openai", OperationId="Chat", CorrelationId="first", TotalTime=40.0),
        call("2026-01-01T00:00:20Z", ApiId="openai", OperationId="Chat", CorrelationId="second", TotalTime=70000.0),
        call("2026-01-01T00:00:30Z", ApiId='a"b\\c', OperationId="x", ResponseCode=500, TotalTokens=0),
    ]
    with workspace_of(tmp_path, SystemClock(), calls) as workspace:
        lines = page(partial(run_kql, workspace), START, {"sink_failures": 2.0}).splitlines()
    assert lines[-1] == "# EOF"
    assert (
        'gatelog_calls_total{api="openai",operation="Chat",status="200"} 2 # {correlation_id="second"} 70.0 1767225620.0' in lines
    )
    assert any(line.startswith('gatelog_calls_total{api="a\\"b\\\\c",operation="x",status="500"} 1') for line in lines)
    histogram = [line for line in lines if line.startswith('gatelog_call_duration_seconds_bucket{api="openai"')]
    assert [line.split()[-1] for line in histogram] == ["0", "1", "1", "1", "1", "1", "1", "1", "1", "1", "1", "2"]
    assert 'gatelog_tokens_total{deployment="text-turbo",model="gpt-35-turbo",subscription="",kind="prompt"} 20' in lines
    assert "gatelog_sink_failures 2.0" in lines
    assert not any("before" in line for line in lines)
