"""A real worker process in front of a scripted backend, and its journal."""

from __future__ import annotations

import http.client
import importlib.util
import json
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gatelog.journal.reader import StreamReader, list_streams
from gatelog.record.events import AnyEvent, RequestEvent, ResponseEvent, decode

FREE = """
<policies>
  <inbound>
    <cors allow-credentials="false">
      <allowed-origins><origin>https://app.example</origin></allowed-origins>
      <allowed-methods><method>POST</method></allowed-methods>
      <allowed-headers><header>*</header></allowed-headers>
    </cors>
    <base/>
  </inbound>
  <backend><forward-request follow-redirects="true"/></backend>
  <outbound><base/></outbound><on-error><base/></on-error>
</policies>
"""
HERE = Path(__file__).parent


def load(name: str) -> ModuleType:
    """A helper module beside this file (the suite imports by path)."""
    found = importlib.util.spec_from_file_location(f"gateway_{name}", HERE / f"{name}.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    return module


scripted = load("scripted_backend")


@dataclass
class Answer:
    """What a client got."""

    status: int
    reason: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Worker:
    """A worker process and its journal."""

    process: subprocess.Popen[str]
    port: int
    journal: Path
    positions: dict[str, int] = field(default_factory=dict)

    def call(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        """One call on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            fields = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, answer.reason, fields, answer.read())
        finally:
            connection.close()

    def chat(self, document: dict[str, Any] | bytes, mode: str = "json", **headers: str) -> Answer:
        """A chat completion with a good key."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        path = "/openai/deployments/text-turbo/chat/completions?api-version=2024-02-01"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.call("POST", path, body, {"api-key": "good-key", "content-type": "application/json", "x-mode": mode, **named})

    def events(self) -> list[AnyEvent]:
        """Everything in the journal."""
        return [
            decode(record.payload)
            for stream in list_streams(self.journal)
            for record in StreamReader(self.journal, stream, 0).read(1 << 30)
        ]

    def calls(self, count: int, seconds: float = 5.0) -> list[tuple[RequestEvent, ResponseEvent]]:
        """The newest `count` finished calls, oldest first; waits until there are that many."""
        deadline = time.monotonic() + seconds
        while True:
            requests: dict[str, RequestEvent] = {}
            found: list[tuple[RequestEvent, ResponseEvent]] = []
            for event in self.events():
                if isinstance(event, RequestEvent):
                    requests[event.message_id] = event
                elif isinstance(event, ResponseEvent):
                    found.append((requests[event.message_id], event))
            if len(found) >= count:
                return found[-count:]
            assert time.monotonic() < deadline, f"{len(found)} finished calls, expected {count}"
            time.sleep(0.02)

    def last(self) -> tuple[RequestEvent, ResponseEvent]:
        """The newest finished call."""
        return self.calls(1)[0]

    def stop(self) -> int:
        """SIGTERM, and its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


Start = Callable[..., Worker]


@pytest.fixture(scope="module")
def backend() -> Iterator[Any]:
    server = scripted.ScriptedBackend()
    yield server
    server.close()


def start(journal: Path, document: dict[str, Any]) -> Worker:
    """Start a worker and wait for its port."""
    command = [sys.executable, str(HERE / "worker_process.py"), json.dumps({"journal": str(journal), **document})]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], 30)
    line = process.stdout.readline() if ready else ""
    assert line.strip().isdigit(), "the worker did not start"
    return Worker(process, int(line), journal)


@pytest.fixture(scope="module")
def start_worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    started: list[Worker] = []

    def make(backends: list[str], **document: Any) -> Worker:
        worker = start(tmp_path_factory.mktemp("gateway") / "journal", {"backends": backends, **document})
        started.append(worker)
        return worker

    yield make
    for worker in started:
        worker.process.kill()
        worker.process.wait()
        if worker.process.stdout is not None:
            worker.process.stdout.close()


@pytest.fixture(scope="module")
def worker(start_worker: Start, backend: Any) -> Worker:
    return start_worker([backend.url], settings={"max_body_bytes": 100_000}, policies={"api:free": FREE})
