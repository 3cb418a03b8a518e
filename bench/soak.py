"""Mixed traffic for minutes, with kill -9 of workers in between: memory and descriptors stay flat, no answered call is lost.

    python bench/soak.py --minutes 10 --rate 500 --kills 5
Calls, streams, errors of the backend, calls with bad keys and callers that hang up, in fixed shares. At the end every call that
was answered in full must be in the journal exactly once; each worker's memory and open files at the end of its life must be
near those at its beginning.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).parent))

from targets import PATH, Bench, Target, free_port, model, wait_for

from gatelog.journal.reader import StreamReader, list_streams
from gatelog.record.events import RequestEvent, ResponseEvent, decode

HERE = Path(__file__).parent
GROWTH_BYTES = 24_000_000
"""How much memory a worker may gain between its warm state and its end."""
DESCRIPTORS = 16


@dataclass
class Worker:
    """A worker process and what it held over time."""

    process: subprocess.Popen[bytes]
    started: float
    samples: list[tuple[float, int, int]] = field(default_factory=list)
    """(seconds of life, bytes resident, open descriptors)."""

    def sample(self) -> None:
        pid = self.process.pid
        try:
            resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            self.samples.append((time.monotonic() - self.started, resident, len(os.listdir(f"/proc/{pid}/fd"))))
        except OSError:
            return


@dataclass
class Soak:
    """One run."""

    folder: Path
    port: int
    upstream: int
    rate: int
    answered: set[str] = field(default_factory=set)
    outcomes: Counter[str] = field(default_factory=Counter)
    workers: list[Worker] = field(default_factory=list)
    running: set[asyncio.Task[None]] = field(default_factory=set)
    sent: int = 0

    def start_worker(self) -> Worker:
        """A worker that writes into the same journal."""
        number = str(len(self.workers))
        command = [sys.executable, str(HERE / "worker.py"), "demo", f"http://127.0.0.1:{self.upstream}", str(self.port)]
        with (self.folder / f"worker-{number}.out").open("wb") as output:
            process = subprocess.Popen([*command, str(self.folder), number], stdout=output, stderr=output)
        wait_for(self.port)
        self.workers.append(Worker(process, time.monotonic()))
        return self.workers[-1]

    async def call(self, name: str) -> None:
        """One caller; what kind is decided by chance."""
        kind = random.choices(["call", "stream", "hang-up", "bad-key", "large"], [50, 30, 8, 6, 6])[0]
        document: dict[str, object] = {"user": name, "messages": [{"role": "user", "content": "hello " * 100}]}
        if kind in ("stream", "hang-up"):
            document["stream"] = True
        if kind == "large":
            document["padding"] = "x" * 60_000
        body = json.dumps(document, separators=(",", ":")).encode()
        key = "wrong" if kind == "bad-key" else "bench-key"
        head = f"POST {PATH} HTTP/1.1\r\nHost: soak\r\napi-key: {key}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        try:
            async with asyncio.timeout(30):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                try:
                    writer.write(head.encode() + body)
                    answer = await (reader.read(300) if kind == "hang-up" else reader.read())
                    while kind != "hang-up" and (more := await reader.read()):
                        answer += more
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            self.outcomes[f"{kind}: no answer"] += 1
            return
        whole = answer.endswith((b"}", b"0\r\n\r\n"))
        status = answer[9:12].decode("latin-1")
        self.outcomes[f"{kind}: {status}{'' if whole or kind == 'hang-up' else ' cut'}"] += 1
        if status == "200" and whole and kind != "hang-up":
            self.answered.add(name)

    async def run(self, seconds: float, kills: int) -> None:
        """The traffic, and the kills at random moments."""
        began = time.monotonic()
        moments = sorted(random.uniform(seconds * 0.1, seconds * 0.9) for _ in range(kills))
        worker = self.start_worker()
        next_sample = 0.0
        while (now := time.monotonic() - began) < seconds:
            if moments and now >= moments[0]:
                moments.pop(0)
                worker.process.kill()
                worker.process.wait()
                worker = await asyncio.to_thread(self.start_worker)
            if now >= next_sample:
                worker.sample()
                next_sample = now + 1.0
            due = int(now * self.rate) - self.sent
            for _ in range(min(due, 200)):
                self.sent += 1
                task = asyncio.get_running_loop().create_task(self.call(f"soak-{self.sent}"))
                self.running.add(task)
                task.add_done_callback(self.running.discard)
            if due > 2000:
                self.sent += due  # the machine cannot keep the rate: leave calls out instead of piling them up
            await asyncio.sleep(0.01)
        await asyncio.gather(*self.running)
        await asyncio.sleep(0.5)
        worker.sample()
        worker.process.send_signal(signal.SIGTERM)
        worker.process.wait(30)


def recorded(journal: Path) -> tuple[Counter[str], int, int]:
    """How often each caller has a finished 200 on record; requests; responses."""
    names: Counter[str] = Counter()
    requests: dict[str, str] = {}
    responses = 0
    for stream in list_streams(journal):
        reader = StreamReader(journal, stream, 0)
        while records := reader.read(4 << 20):
            for record in records:
                event = decode(record.payload)
                if isinstance(event, RequestEvent):
                    requests[event.message_id] = json.loads(event.body)["user"]
                elif isinstance(event, ResponseEvent):
                    responses += 1
                    if event.completed and event.status == 200:
                        names[requests[event.message_id]] += 1
    return names, len(requests), responses


def problems_of(soak: Soak, names: Counter[str]) -> list[str]:
    """What is wrong, one line each."""
    found = []
    lost = [name for name in soak.answered if not names[name]]
    doubled = [name for name, count in names.items() if count > 1]
    if lost:
        found.append(f"{len(lost)} answered calls are not on record: {lost[:5]}")
    if doubled:
        found.append(f"{len(doubled)} calls are on record more than once: {doubled[:5]}")
    for number, worker in enumerate(soak.workers):
        warm = [sample for sample in worker.samples if sample[0] >= 5.0]
        if len(warm) < 10:
            continue
        quarter = len(warm) // 4
        before = sorted(sample[1] for sample in warm[:quarter])[quarter // 2]
        after = sorted(sample[1] for sample in warm[-quarter:])[quarter // 2]
        if after - before > GROWTH_BYTES:
            found.append(f"worker {number} grew from {before / 1e6:.0f} to {after / 1e6:.0f} MB")
        if worker.samples[-1][2] - worker.samples[0][2] > DESCRIPTORS:
            found.append(f"worker {number} ended with {worker.samples[-1][2]} descriptors, began with {worker.samples[0][2]}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=int, default=500, help="calls a second")
    parser.add_argument("--kills", type=int, default=5, help="kill -9 of the worker at random moments")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gatelog-soak-") as name:
        folder = Path(name)
        (folder / "keys.json").write_text("[]")
        upstream: Target = model(Bench(folder, chunks=10, pause=0.002))
        soak = Soak(folder, free_port(), upstream.port, arguments.rate)
        try:
            uvloop.run(soak.run(arguments.minutes * 60, arguments.kills))
        finally:
            upstream.stop()
            for worker in soak.workers:
                if worker.process.poll() is None:
                    worker.process.kill()
                    worker.process.wait()
        names, requests, responses = recorded(folder / "journal")
    for outcome, count in sorted(soak.outcomes.items()):
        print(f"{count:8} {outcome}")
    for number, worker in enumerate(soak.workers):
        first, last = worker.samples[0], worker.samples[-1]
        memory = f"{first[1] / 1e6:.0f} -> {last[1] / 1e6:.0f} MB"
        print(f"worker {number}: {memory}, {first[2]} -> {last[2]} descriptors, {last[0]:.0f} s")
    print(f"{len(soak.answered)} calls answered in full, {requests} requests and {responses} responses on record")
    problems = problems_of(soak, names)
    for problem in problems:
        print(f"WRONG: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
