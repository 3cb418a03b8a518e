"""A workspace with a few rows behind a real listener, for the official clients."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest
import uvicorn
from starlette.applications import Starlette

from gatelog.api import kusto, log_analytics
from gatelog.api.asking import Asker
from gatelog.api.functions import FunctionStore
from gatelog.api.security import ApiToken, Security, digest_of
from gatelog.clock import SystemClock
from gatelog.schema.query import Limits
from gatelog.schema.tables import SCHEMA
from gatelog.storage.duckdb.store import DuckDbStorage
from gatelog.storage.interface import Batch

ADMIN_KEY = "admin-key-of-the-tests"
USAGE_KEY = "glt_usage-reader-of-the-tests"
NOON = 1_717_588_800_000_000_000
"""2024-06-05T12:00:00Z."""


@dataclass(frozen=True)
class Workspace:
    """Where it listens, and what is behind it."""

    url: str
    asker: Asker


def answer_body(model: str, prompt: int, completion: int) -> str:
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    choices = [{"index": 0, "message": {"role": "assistant", "content": f"{prompt} tokens were read"}}]
    return orjson.dumps({"model": model, "choices": choices, "usage": usage}).decode()


def call_row(minute: int, ip: str, model: str, prompt: int, completion: int) -> dict[str, object]:
    return {
        "TimeGenerated": NOON + minute * 60_000_000_000 + 123_456_000,
        "OperationId": "ChatCompletions_Create",
        "ResponseCode": 200,
        "CallerIpAddress": ip,
        "CorrelationId": f"call-{minute}",
        "BackendResponseBody": answer_body(model, prompt, completion),
        "IsRequestSuccess": True,
    }


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder: Path = tmp_path_factory.mktemp("workspace")
    clock = SystemClock()
    store = DuckDbStorage(folder / "store", clock)
    for table in SCHEMA:
        store.define(table)
    calls = [
        call_row(1, "10.0.0.1", "gpt-35-turbo", 10, 5),
        call_row(2, "10.0.0.1", "gpt-35-turbo", 20, 8),
        call_row(3, "10.0.0.2", "gpt-4o", 7, 3),
    ]
    group = "/subscriptions/s/resourcegroups/g/providers/p/t"
    diagnostics = [
        {"TimeGenerated": NOON, "_ResourceId": f"{group}/{name}", "Category": "RequestResponse", "OperationName": "X"}
        for name in ("one", "two")
    ]
    store.append(Batch({"ApiManagementGatewayLogs": calls, "AzureDiagnostics": diagnostics}))
    token = ApiToken(id="t", name="usage", digest=digest_of(USAGE_KEY), role="Monitoring Reader")
    security = Security(ADMIN_KEY, clock, tokens=lambda: {token.digest: token})
    asker = Asker(store, FunctionStore(folder / "functions.json"), clock, Limits(rows=1000, seconds=20))
    app = Starlette(routes=[*kusto.routes(asker, security), *log_analytics.routes(asker, security)])
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Workspace(f"http://127.0.0.1:{listener.getsockname()[1]}", asker)
    server.should_exit = True
    thread.join(5)
    listener.close()
    store.close()
