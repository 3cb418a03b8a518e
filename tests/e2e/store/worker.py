"""A process that tests kill: `writer` appends calls and prints the number of each that is flushed; `workspace` ingests."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from gatelog.catalog.entities import Configuration
from gatelog.clock import SystemClock
from gatelog.journal.writer import JournalWriter
from gatelog.record.events import RequestEvent, ResponseEvent, encode
from gatelog.schema.tables import BUILT_IN
from gatelog.storage.duckdb.seal import SealPolicy
from gatelog.storage.duckdb.store import DuckDbOptions, DuckDbStorage
from gatelog.workspace.ingest import Ingest, IngestPolicy


def write(folder: Path, first: int) -> None:
    writer = JournalWriter(folder / "journal", "gateway-0", SystemClock(), segment_bytes=200_000)
    number = first
    while True:
        for _ in range(10):
            now = time.time_ns()
            name = f"id-{number}"
            request = RequestEvent(
                time=now, message_id=name, service_id="s", method="GET", url="u", client_ip="1.2.3.4", body=b"x" * (number % 3000)
            )
            writer.append(encode(request))
            writer.append(encode(ResponseEvent(time=now, message_id=name, status=200)))
            number += 1
        writer.flush()
        sys.stdout.write(f"{number - 1}\n")
        sys.stdout.flush()
        time.sleep(0.002)


def ingest(folder: Path) -> None:
    clock = SystemClock()
    storage = DuckDbStorage(folder / "workspace", clock, DuckDbOptions(seal=SealPolicy(rows=300, seconds=0.1)))
    for table in BUILT_IN:
        storage.define(table)
    Ingest(folder / "journal", storage, Configuration, IngestPolicy(busy_seconds=0.005)).start()
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    role, where = sys.argv[1], Path(sys.argv[2])
    write(where, int(sys.argv[3])) if role == "writer" else ingest(where)
