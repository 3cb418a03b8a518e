"""Measures the way from journal to table: `python bench/store_ingest.py [--calls N] [--plain]`.

Reports appends to the journal, calls a second that become visible and sealed, CPU and bytes on disk for each call, the time
that a backlog takes after a restart, and freshness at steady rates. Results go to bench/results/store-ingest.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from store_data import Texts, calls

from gatelog.catalog.entities import Configuration, DiagnosticSetting, Service
from gatelog.clock import SystemClock
from gatelog.journal.writer import JournalWriter
from gatelog.record.events import encode
from gatelog.workspace.space import Workspace, WorkspaceOptions, open_workspace

RESULTS = Path(__file__).parent / "results" / "store-ingest.json"
GATEWAY_LOGS_ONLY = Configuration(
    diagnostic_settings=(
        DiagnosticSetting(name="logs", resource_id=Service().resource_id, workspace_id="w"),
        DiagnosticSetting(
            name="bench",
            resource_id="/subscriptions/0/resourceGroups/g/providers/Microsoft.ApiManagement/service/bench",
            log_categories=frozenset({"GatewayLogs"}),
            workspace_id="w",
        ),
    )
)


def opened(folder: Path, plain: bool) -> Workspace:
    """A workspace that stores every log, or the gateway's alone."""
    configuration = GATEWAY_LOGS_ONLY if plain else Configuration()
    return open_workspace(folder / "workspace", folder / "journal", lambda: configuration, SystemClock(), WorkspaceOptions())


def bulk(folder: Path, count: int, plain: bool) -> dict[str, Any]:
    """Everything at once, as after a restart with a backlog."""
    payloads = [(encode(request), encode(response)) for request, response in calls(count, time.time_ns(), Texts())]
    writer = JournalWriter(folder / "journal", "gateway-0", SystemClock())
    began = time.perf_counter()
    for request, response in payloads:
        writer.append(request)
        writer.append(response)
        writer.flush()
    appended = time.perf_counter() - began
    raw = writer.written
    writer.close()
    workspace = opened(folder, plain)
    cpu, began = time.process_time(), time.perf_counter()
    workspace.start()
    assert workspace.ingest.wait_until_caught_up(600)
    visible = time.perf_counter() - began
    workspace.storage.flush()
    sealed, cpu = time.perf_counter() - began, time.process_time() - cpu
    rows = workspace.ingest.rows
    workspace.stop()
    size = sum(path.stat().st_size for path in (folder / "workspace").rglob("*") if path.is_file())
    return {
        "calls": count,
        "rows": rows,
        "journal_us_per_call": round(appended / count * 1e6, 2),
        "visible_calls_per_second": round(count / visible),
        "sealed_calls_per_second": round(count / sealed),
        "cpu_us_per_call": round(cpu / count * 1e6, 1),
        "journal_bytes_per_call": round(raw / count),
        "table_bytes_per_call": round(size / count),
    }


def freshness(folder: Path, rate: int, seconds: float) -> dict[str, Any]:
    """From the flush of a call to its being visible, at a steady rate."""
    workspace = opened(folder, False)
    workspace.start()
    payloads = [
        (encode(request), encode(response)) for request, response in calls(max(int(rate * seconds), 5), time.time_ns(), Texts())
    ]
    flushed: list[float] = []
    writer = JournalWriter(folder / "journal", "gateway-0", SystemClock())
    start = workspace.ingest.calls

    def send() -> None:
        began = time.perf_counter()
        for number, (request, response) in enumerate(payloads):
            pause = began + number / rate - time.perf_counter()
            if pause > 0:
                time.sleep(pause)
            writer.append(request)
            writer.append(response)
            writer.flush()
            flushed.append(time.perf_counter())

    sender = threading.Thread(target=send)
    sender.start()
    delays: list[float] = []
    while len(delays) < len(payloads):
        seen, now = workspace.ingest.calls - start, time.perf_counter()
        delays += [now - moment for moment in flushed[len(delays) : seen]]
        time.sleep(0.002)
    sender.join()
    writer.close()
    workspace.stop()
    cut = statistics.quantiles(delays, n=100)
    return {"calls_per_second": rate, "p50_ms": round(cut[49] * 1000, 1), "p99_ms": round(cut[98] * 1000, 1)}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=30_000)
    parser.add_argument("--plain", action="store_true", help="ApiManagementGatewayLogs alone, without the LLM log")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bulk(Path(folder) / "warm", 500, arguments.plain)
        found: dict[str, Any] = {"bulk": bulk(Path(folder) / "bulk", arguments.calls, arguments.plain)}
        found["freshness"] = [freshness(Path(folder) / f"rate{rate}", rate, 4) for rate in (10, 500, 2000)]
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
