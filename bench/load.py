"""The load: wrk, bounded in connections and seconds, loopback only."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from targets import OTHER_CORE, Target

SCRIPT = """
wrk.method = "POST"
local prompt = string.rep("hello world ", WORDS)
wrk.body = '{"model":"gpt-35-turbo","messages":[{"role":"user","content":"' .. prompt .. '"}],"max_tokens":50STREAM}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["api-key"] = "bench-key"
wrk.headers["User-Agent"] = "AzureOpenAI/Python 1.50.0"
wrk.headers["Accept"] = "application/json"
wrk.headers["X-Stainless-Lang"] = "python"
HEADERS
DELAY
function done(summary, latency, requests)
  io.write(string.format("RESULT %d %d %d %d %.1f %.1f %.1f\\n", summary.requests, summary.duration, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99), latency.max))
end
"""


@dataclass(frozen=True)
class Measure:
    """One round against one target."""

    calls: int
    seconds: float
    failed: int
    cpu_ms: float
    """CPU time of the target for each call."""
    p50_ms: float
    p99_ms: float
    resident_mb: float

    @property
    def rate(self) -> float:
        """Calls a second."""
        return self.calls / self.seconds


def run(
    target: Target, folder: Path, *, connections: int, seconds: int, body_bytes: int = 1000, stream: bool = False, rate: int = 0
) -> Measure:
    """Load a target; `rate`: calls a second in all, 0: as fast as it goes."""
    script = folder / "load.lua"
    headers = "\n".join(f'wrk.headers["{name}"] = "{value}"' for name, value in target.headers.items())
    delay = f"function delay() return {max(1, connections * 1000 // rate)} end" if rate else ""
    text = SCRIPT.replace("WORDS", str(max(1, body_bytes // 12))).replace("STREAM", ',"stream":true' if stream else "")
    script.write_text(text.replace("HEADERS", headers).replace("DELAY", delay))
    url = f"http://127.0.0.1:{target.port}{target.path}"
    before = target.cpu_seconds()
    command = [
        "taskset",
        "-c",
        OTHER_CORE,
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}",
        "--timeout",
        "30",
        "-s",
        str(script),
        url,
    ]
    output = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True).stdout
    spent = target.cpu_seconds() - before
    fields = next(line for line in output.splitlines() if line.startswith("RESULT")).split()[1:]
    calls, duration, wrong, broken = (int(value) for value in fields[:4])
    p50, p99 = float(fields[4]) / 1000, float(fields[5]) / 1000
    return Measure(calls, duration / 1e6, wrong + broken, spent * 1000 / max(1, calls), p50, p99, target.resident_mb())
