"""What happens when something dies: nothing that was answered is lost, and callers are served as long as somebody can."""

from __future__ import annotations

import http.client
import importlib
import json
import socket
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from gatelog.record.events import RequestEvent, ResponseEvent

PATH = "/openai/deployments/text-turbo/chat/completions?api-version=2024-02-01"
FAILOVER = """
<policies>
  <inbound><base/><set-backend-service backend-id="pool"/></inbound>
  <backend>
    <retry condition="@(context.Response == null || context.Response.StatusCode >= 500)" count="3" interval="0">
      <forward-request buffer-request-body="true"/>
    </retry>
  </backend>
  <outbound><base/></outbound><on-error><base/></on-error>
</policies>
"""


class Load(threading.Thread):
    """Calls on one kept connection until it is stopped or the worker is gone."""

    def __init__(self, port: int, name: str) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.prefix = name
        self.sent = 0
        self.answered: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.stop = threading.Event()

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            while not self.stop.is_set():
                name = f"{self.prefix}-{self.sent}"
                self.sent += 1
                body = json.dumps({"user": name, "stream": self.sent % 3 == 0})
                connection.request("POST", PATH, body, {"api-key": "good-key", "x-mode": "json"})
                answer = connection.getresponse()
                data = answer.read()
                self.statuses[answer.status] += 1
                if answer.status == 200 and data.endswith((b"}", b"[DONE]\n\n")):
                    self.answered.append(name)
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()


def load(port: int, count: int, label: str) -> list[Load]:
    threads = [Load(port, f"{label}-{number}") for number in range(count)]
    for thread in threads:
        thread.start()
    return threads


def finish(threads: list[Load]) -> list[str]:
    for thread in threads:
        thread.stop.set()
    for thread in threads:
        thread.join(15)
    return [name for thread in threads for name in thread.answered]


def names_of(events: list[Any]) -> Counter[str]:
    """How often each caller's name has a finished, complete call."""
    asked = {event.message_id: event for event in events if isinstance(event, RequestEvent)}
    names: Counter[str] = Counter()
    for event in events:
        if isinstance(event, ResponseEvent) and event.completed and event.status == 200:
            names[json.loads(asked[event.message_id].body)["user"]] += 1
    return names


@pytest.mark.parametrize("pause", [0.15, 0.4, 0.7])
def test_kill_9_under_load_loses_no_answered_call(start_worker: Any, backend: Any, pause: float) -> None:
    worker = start_worker([backend.url])
    threads = load(worker.port, 6, f"kill-{pause}")
    time.sleep(pause)
    worker.process.kill()
    worker.process.wait()
    answered = finish(threads)
    assert answered
    names = names_of(worker.events())
    assert [name for name in answered if names[name] != 1] == []
    asked = [event.message_id for event in worker.events() if isinstance(event, RequestEvent)]
    assert len(asked) == len(set(asked)) >= len(answered)


def test_a_pool_goes_on_without_a_dead_backend(start_worker: Any) -> None:
    scripted = importlib.import_module("gateway_scripted_backend")
    first, second = scripted.ScriptedBackend(), scripted.ScriptedBackend()
    try:
        worker = start_worker([first.url, second.url], policies={"api:openai": FAILOVER})
        threads = load(worker.port, 4, "pool")
        time.sleep(0.4)
        first.close()
        time.sleep(0.6)
        answered = finish(threads)
        statuses = sum((thread.statuses for thread in threads), Counter())
        assert set(statuses) == {200} and len(answered) == statuses[200], statuses
        assert first.seen and second.seen
        assert {event.backend_id for event in worker.events() if isinstance(event, ResponseEvent)} == {"b0", "b1"}
        assert "hidden-value" not in repr(worker.events())
    finally:
        first.close()
        second.close()


def test_without_a_journal_calls_are_refused(start_worker: Any, backend: Any) -> None:
    worker = start_worker([backend.url], settings={"journal_bytes": 1})
    before = len(backend.seen)
    answer = worker.chat({"messages": []})
    assert (answer.status, answer.body) == (503, b'{ "statusCode": 503, "message": "Service Unavailable" }')
    assert answer.headers["retry-after"] == "5"
    assert len(backend.seen) == before, "nothing unrecorded passes"


def test_without_a_journal_calls_pass_when_that_is_wanted(start_worker: Any, backend: Any) -> None:
    worker = start_worker([backend.url], settings={"journal_bytes": 1, "refuse_unrecorded": False})
    assert worker.chat({"messages": []}).status == 200


def test_answers_wait_for_the_disk(start_worker: Any, backend: Any) -> None:
    worker = start_worker([backend.url], settings={"durability": "disk"})
    threads = load(worker.port, 4, "disk")
    time.sleep(0.3)
    answered = finish(threads)
    names = names_of(worker.events())
    assert answered and all(names[name] == 1 for name in answered)


def test_a_call_on_its_way_is_finished_before_the_worker_ends(start_worker: Any, backend: Any) -> None:
    worker = start_worker([backend.url])
    answers: list[Any] = []
    caller = threading.Thread(target=lambda: answers.append(worker.chat({"messages": []}, "stream-slow", x_pad="1")))
    caller.start()
    time.sleep(0.3)
    assert worker.stop() == 0
    caller.join(10)
    assert answers and answers[0].body.endswith(b"data: [DONE]\n\n")
    assert worker.last()[1].completed


def test_memory_stays_flat_when_a_caller_does_not_read(start_worker: Any, backend: Any) -> None:
    worker = start_worker([backend.url], settings={"max_body_bytes": 1_000_000})
    before = resident(worker.process.pid)
    head = b"GET /plain/a HTTP/1.1\r\nHost: a\r\nOcp-Apim-Subscription-Key: good-key\r\nX-Mode: huge\r\n\r\n"
    connections = []
    for _ in range(8):
        connection = socket.create_connection(("127.0.0.1", worker.port), timeout=5)
        connection.sendall(head)
        connections.append(connection)
    time.sleep(1.0)
    grown = resident(worker.process.pid) - before
    for connection in connections:
        connection.close()
    assert grown < 20_000_000, f"{grown} bytes for 8 callers of 100 MB that do not read"


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
