"""kill -9 of writers and of the workspace, again and again: every flushed call is in the table once."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gatelog.catalog.entities import Configuration
from gatelog.clock import SystemClock
from gatelog.journal.inspect import verify
from gatelog.journal.retention import announce, sweep
from gatelog.schema.query import Limits, Output, Query, ResultColumn, Scan, SqlStep
from gatelog.schema.types import KqlType
from gatelog.workspace.pairing import decode_position
from gatelog.workspace.space import open_workspace

WORKER = Path(__file__).with_name("worker.py")


def started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, str(WORKER), *arguments], stdout=subprocess.PIPE, text=True)


def run_writer(folder: Path, first: int, seconds: float) -> int:
    """Let a writer run, kill it, and return the number of the last call that it said was flushed."""
    process = started("writer", str(folder), str(first))
    assert process.stdout is not None
    last = int(process.stdout.readline())
    time.sleep(seconds)
    process.kill()
    rest, _ = process.communicate()
    lines = rest.split("\n")
    whole = lines[:-1]
    return int(whole[-1]) if whole else last


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1))
def test_flushed_calls_are_in_the_table_once(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    acknowledged: set[str] = set()
    first = 0
    for _ in range(3):
        workspace = started("workspace", str(tmp_path))
        assert workspace.stdout is not None and workspace.stdout.readline() == "ready\n"
        last = run_writer(tmp_path, first, chance.uniform(0.2, 0.6))
        acknowledged |= {f"id-{number}" for number in range(first, last + 1)}
        first = last + 1000
        time.sleep(chance.uniform(0, 0.3))
        workspace.kill()
        workspace.wait()
    began = time.perf_counter()
    space = open_workspace(tmp_path / "workspace", tmp_path / "journal", Configuration, SystemClock())
    space.start()
    assert space.ingest.wait_until_caught_up(30)
    assert time.perf_counter() - began < 15
    output = Output("PrimaryResult", "r", (ResultColumn("id", KqlType.STRING, 0), ResultColumn("n", KqlType.LONG, 1)))
    sql = 'SELECT "CorrelationId", count(*) FROM s GROUP BY 1'
    query = Query((Scan("s", "ApiManagementGatewayLogs", ("CorrelationId",)),), (SqlStep("r", sql),), (output,))
    counts = {row["id"]: row["n"] for row in space.query(query, Limits()).tables[0].data.to_pylist()}
    assert acknowledged - counts.keys() == set(), "lost"
    assert {name: count for name, count in counts.items() if count != 1} == {}, "doubled"
    space.storage.flush()
    offsets = space.storage.durable_offsets("workspace")
    announce(tmp_path / "journal", "workspace", {name: decode_position(data).oldest_needed for name, data in offsets.items()})
    assert sweep(tmp_path / "journal", SystemClock()).removed > 0
    assert verify(tmp_path / "journal").problems == ()
    space.stop()
