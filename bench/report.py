"""docs/performance.md from one result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

WHAT = {
    "direct": "no proxy between load and model",
    "nginx": "nginx, plain proxy: no key check, no record",
    "nginx-lua": "nginx with Lua: key check, credentials swapped, both bodies to a buffered log",
    "gatelog-demo": "gatelog, one worker, the demo's policy (token, header, backend): bodies, headers, token counts journaled",
    "gatelog-event-hub": "gatelog, one worker, the Event Hub policy (JWT checked, two messages a call), journaled as above",
    "gatelog-2-workers": "gatelog, two workers on both cores (which load and model share)",
    "litellm": "LiteLLM proxy, no database, no log of bodies",
    "portkey": "Portkey gateway, no log of bodies",
}

HEAD = """# Performance

This page is written by `make bench` from `bench/results/`; nothing in it is typed by hand.

Measured on {cpu}, Python {python}, {system}, commit {commit}, {date}: {rounds} interleaved rounds of {seconds} s each, medians.
The target runs on one core, load generator (wrk) and mock model on the other; everything is on loopback. Absolute figures
move with the machine: the ratios count. CPU is user and system time of the target's processes for each call.
"""

TAIL = """
## How to read it

- gatelog journals every call before its answer ends (`durability: process`); a `kill -9` of the worker loses no answered call.
- Portkey and LiteLLM are measured in one round of 8 s after 8 s of warm-up, the others in interleaved rounds.
- TensorZero is not measured yet. A target that answered fewer than 30 calls has no row.
- nginx and the peers were run with what their row says; a peer with its log of bodies switched on would cost more.
- The mock model is nginx with Lua on the core of the load generator, so calls/s of the fast targets are limited by it.
- `make bench ARGS="--only calls --rounds 5"` repeats one part; `--no-peers` leaves the slow peers out.
"""


def write_page(document: dict[str, Any], path: Path, titles: dict[str, str]) -> None:
    """Rewrite the page."""
    facts = document["machine"]
    note = f"\n{document['note']}\n" if document.get("note") else ""
    text = HEAD.format(**facts, rounds=document["rounds"], seconds=document["seconds"]) + note
    for scenario, rows in document["results"].items():
        text += f"\n## {titles[scenario]}\n\n"
        text += "| target | CPU ms a call | of nginx | calls/s | p50 ms | p99 ms | memory MB | failed |\n"
        text += "|---|---|---|---|---|---|---|---|\n"
        base = rows.get("nginx", {}).get("cpu_ms", 0.0)
        for name, row in rows.items():
            ratio = f"{row['cpu_ms'] / base:.1f}x" if base else ""
            text += (
                f"| {WHAT.get(name, name)} | {row['cpu_ms']:.4f} | {ratio} | {row['rate']:,.0f} | {row['p50_ms']:.2f} "
                f"| {row['p99_ms']:.2f} | {row['resident_mb']:.0f} | {row['failed']:.0f} |\n"
            )
    path.write_text(text + TAIL)
