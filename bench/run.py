"""Measures the gateway beside its peers and prints one table: `make bench`, or `python bench/run.py --quick`.

All targets talk to the same mock model, under the same load, one after the other in interleaved rounds; medians are shown.
The target runs on core 0, load and model on core 1. Results go to bench/results/, docs/performance.md is written from them.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from load import Measure, run
from report import write_page
from targets import PEERS, ROOT, Bench, Target, gatelog, model, nginx_lua, nginx_plain

FEWEST_CALLS = 30
"""A target that answers fewer in its time gets no figure."""
RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Scenario:
    """One kind of load."""

    name: str
    title: str
    connections: int
    body_bytes: int = 1000
    stream: bool = False
    rate: int = 0


SCENARIOS = (
    Scenario("calls", "1 KB calls, 64 connections", 64),
    Scenario("large", "100 KB bodies, 64 connections", 64, body_bytes=100_000),
    Scenario("streams", "256 streams of 50 chunks", 256, stream=True),
    Scenario("steady", "1 KB calls at 1,000 calls/s", 16, rate=1000),
)


def starters(scenario: Scenario, peers: list[str]) -> dict[str, Callable[[Bench], Target]]:
    """What is measured in a scenario."""
    streams = scenario.stream
    chosen: dict[str, Callable[[Bench], Target]] = {
        "nginx": lambda bench: nginx_plain(bench, streams),
        "nginx-lua": lambda bench: nginx_lua(bench, streams),
        "gatelog-demo": lambda bench: gatelog(bench, "demo"),
    }
    if scenario.name == "calls":
        chosen["gatelog-event-hub"] = lambda bench: gatelog(bench, "event-hub")
        chosen["gatelog-2-workers"] = lambda bench: gatelog(bench, "demo", 2)
    if scenario.name in ("calls", "large"):
        chosen.update({name: PEERS[name][0] for name in peers})
    return chosen


def measure(scenario: Scenario, bench: Bench, rounds: int, seconds: int, peers: list[str]) -> dict[str, list[Measure]]:
    """Interleaved rounds of every target; each runs only while it is measured."""
    found: dict[str, list[Measure]] = {}
    direct = model(bench)
    try:
        if scenario.rate:
            found["direct"] = [_load(direct, bench, scenario, seconds) for _ in range(rounds)]
        for number in range(rounds):
            for name, begin in starters(scenario, peers).items():
                slow = name in PEERS
                if slow and number:
                    continue  # slow to start and to warm up: one longer round
                target = begin(bench)
                try:
                    run(target, bench.folder, connections=scenario.connections, seconds=8 if slow else 1, stream=scenario.stream)
                    found.setdefault(name, []).append(_load(target, bench, scenario, max(8, seconds) if slow else seconds))
                finally:
                    target.stop()
                last = found[name][-1]
                print(
                    f"  {scenario.name} {number + 1}/{rounds} {name}: {last.cpu_ms:.4f} ms CPU, {last.rate:.0f}/s",
                    file=sys.stderr,
                )
    finally:
        direct.stop()
    return found


def _load(target: Target, bench: Bench, scenario: Scenario, seconds: int) -> Measure:
    return run(
        target,
        bench.folder,
        connections=scenario.connections,
        seconds=seconds,
        body_bytes=scenario.body_bytes,
        stream=scenario.stream,
        rate=scenario.rate,
    )


def median(measures: list[Measure]) -> dict[str, float]:
    """The middle of each figure."""
    rows = [{**asdict(one), "rate": one.rate} for one in measures]
    return {key: statistics.median(row[key] for row in rows) for key in rows[0]}


def machine() -> dict[str, str]:
    """Where it was measured."""
    model_name = next(
        (line.split(": ")[1] for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "?"
    )
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    cores = Path("/proc/cpuinfo").read_text().count("processor\t")
    return {
        "cpu": f"{model_name}, {cores} cores",
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "commit": commit,
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
    }


def show(results: dict[str, dict[str, dict[str, float]]]) -> str:
    """One table for the terminal."""
    lines = []
    for scenario in SCENARIOS:
        rows = results.get(scenario.name)
        if not rows:
            continue
        lines.append(f"\n{scenario.title}")
        lines.append(
            f"  {'':24}{'CPU ms/call':>12}{'x nginx':>9}{'calls/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'RSS MB':>8}{'failed':>8}"
        )
        base = rows.get("nginx", {}).get("cpu_ms", 0.0)
        for name, row in rows.items():
            ratio = f"{row['cpu_ms'] / base:.1f}" if base else ""
            lines.append(
                f"  {name:24}{row['cpu_ms']:12.4f}{ratio:>9}{row['rate']:10.0f}{row['p50_ms']:9.2f}{row['p99_ms']:9.2f}"
                f"{row['resident_mb']:8.0f}{row['failed']:8.0f}"
            )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one round of two seconds; the page is not rewritten")
    parser.add_argument("--only", choices=[scenario.name for scenario in SCENARIOS], action="append")
    parser.add_argument("--note", default="", help="a sentence about the circumstances, for the page")
    parser.add_argument("--no-peers", action="store_true", help="only nginx, nginx with Lua and gatelog")
    arguments = parser.parse_args()
    rounds, seconds = (1, 2) if arguments.quick else (arguments.rounds, arguments.seconds)
    peers = [] if arguments.no_peers else [name for name, (_, proof) in PEERS.items() if proof.exists()]
    results: dict[str, dict[str, dict[str, float]]] = {}
    for scenario in SCENARIOS:
        if arguments.only and scenario.name not in arguments.only:
            continue
        with tempfile.TemporaryDirectory(prefix="gatelog-bench-") as folder:
            measures = measure(scenario, Bench(Path(folder)), rounds, seconds, peers)
        medians = {name: median(list_) for name, list_ in measures.items()}
        results[scenario.name] = {name: row for name, row in medians.items() if row["calls"] >= FEWEST_CALLS}
    print(show(results))
    if arguments.quick:
        return
    document = {"machine": machine(), "note": arguments.note, "rounds": rounds, "seconds": seconds, "results": results}
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}.json"
    path.write_text(json.dumps(document, indent=1) + "\n")
    write_page(document, ROOT / "docs" / "performance.md", {scenario.name: scenario.title for scenario in SCENARIOS})
    print(f"\nwritten: {path.relative_to(ROOT)}, docs/performance.md")


if __name__ == "__main__":
    main()
