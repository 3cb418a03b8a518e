"""A management API on a free port, and Azure's own clients for it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from azure.core.credentials import AzureKeyCredential
from azure.core.pipeline.policies import AzureKeyCredentialPolicy
from azure.mgmt.apimanagement import ApiManagementClient
from azure.mgmt.monitor import MonitorManagementClient
from starlette.applications import Starlette

from gatelog.api.headers import SecurityHeaders
from gatelog.api.management import Face, routes
from gatelog.api.management.tokens import TokenList
from gatelog.api.security import Security
from gatelog.api.session import Sessions, SignInFace
from gatelog.api.session import routes as session_routes
from gatelog.catalog.control import Control
from gatelog.catalog.initial import fill_empty_store
from gatelog.catalog.store import open_store
from gatelog.catalog.vault import load_vault
from gatelog.clock import SystemClock
from gatelog.record.events import ActivityEvent

ADMIN_KEY = "administration-key-for-tests"
SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"


class NoCredential:
    """The clients want one; the authentication policy below does the work."""

    def get_token(self, *scopes: str, **options: Any) -> Any:
        raise AssertionError("no token is asked for")


@dataclass
class Plane:
    """A running management plane."""

    url: str
    control: Control
    events: list[ActivityEvent] = field(default_factory=list)
    folder: Path = Path()

    @property
    def api(self) -> ApiManagementClient:
        return ApiManagementClient(
            NoCredential(), SUBSCRIPTION, base_url=self.url, authentication_policy=bearer(), credential_scopes=["unused"]
        )

    @property
    def monitor(self) -> MonitorManagementClient:
        return MonitorManagementClient(
            NoCredential(), SUBSCRIPTION, base_url=self.url, authentication_policy=bearer(), credential_scopes=["unused"]
        )

    def http(self, key: str = ADMIN_KEY) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=self.url, headers=headers, trust_env=False, timeout=20)


def bearer(key: str = ADMIN_KEY) -> AzureKeyCredentialPolicy:
    """A key as bearer token; unlike Azure's token policy it does not insist on TLS."""
    return AzureKeyCredentialPolicy(AzureKeyCredential(key), "Authorization", prefix="Bearer")


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[Plane]:
    clock = SystemClock()
    vault = load_vault(tmp_path / "secret.key")
    store = open_store(tmp_path / "catalog.sqlite", vault)
    control = Control(store, clock, gateway_url="http://127.0.0.1:8080")
    fill_empty_store(store, control.makings())
    sessions = Sessions(vault, clock)
    security = Security(
        ADMIN_KEY,
        clock,
        assignments=lambda: control.snapshot().catalog.configuration.role_assignments,
        tokens=TokenList(control),
        open_session=sessions.open,
    )
    events: list[ActivityEvent] = []
    face = Face(control=control, security=security, clock=clock, record=events.append, trace_key=vault.key)
    app = Starlette(routes=[*session_routes(SignInFace(sessions=sessions, security=security)), *routes(face)])
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(SecurityHeaders(app), log_level="warning", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Plane(f"http://127.0.0.1:{listener.getsockname()[1]}", control, events, tmp_path)
    server.should_exit = True
    thread.join(10)
    listener.close()
    store.close()
