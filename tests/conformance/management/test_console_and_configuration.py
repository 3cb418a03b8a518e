# ruff: noqa: E501 - one case on one line
"""The test console with a gateway that answers, and `gatelog config` against a running management plane."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from gatelog.api.management import Face
from gatelog.api.management.console import console_routes
from gatelog.api.security import Security
from gatelog.catalog import trace_token
from gatelog.cli.main import main
from gatelog.clock import SystemClock

from .conftest import ADMIN_KEY, Plane

BASE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/apim"
TRACE = [{"element": "set-header", "scope": "api"}]


def prepared(plane: Plane) -> None:
    with plane.http() as http:
        value = {"path": "openai", "format": "openapi-link", "value": "builtin:azure-openai-2023-05-15", "subscriptionKeyParameterNames": {"header": "api-key"}}  # fmt: skip
        assert http.put(f"{BASE}/apis/openai", json={"properties": value}).status_code == 201
        assert (
            http.put(f"{BASE}/subscriptions/team", json={"properties": {"displayName": "t", "scope": "/apis"}}).status_code == 201
        )


def ask(plane: Plane, question: dict[str, Any], gateway: Any) -> httpx.Response:
    clock = SystemClock()
    face = Face(
        control=plane.control, security=Security(ADMIN_KEY, clock), clock=clock, record=plane.events.append, trace_key=b"k" * 32
    )
    app = Starlette(routes=console_routes(face, httpx.MockTransport(gateway)))

    async def run() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
            return await http.post("/api/console", json=question, headers={"Authorization": f"Bearer {ADMIN_KEY}"})

    return asyncio.run(run())


QUESTION: dict[str, Any] = {
    "api": "openai",
    "operation": "chatcompletions_create",
    "parameters": {"deployment-id": "my model", "API-version": "2023-05-15"},
    "query": {"x": "1"},
    "headers": {"content-type": "application/json"},
    "body": '{"messages": []}',
    "subscription": "team",
}


def test_a_call_with_its_trace(plane: Plane) -> None:
    prepared(plane)
    team = plane.control.snapshot().catalog.subscription("team")
    assert team is not None

    def gateway(request: httpx.Request) -> httpx.Response:
        assert (
            str(request.url) == "http://127.0.0.1:8080/openai/deployments/my%20model/chat/completions?api-version=2023-05-15&x=1"
        )
        assert request.method == "POST" and request.headers["api-key"] == team.primary_key
        assert trace_token.check(b"k" * 32, request.headers["apim-debug-authorization"], SystemClock().now() // 10**9, "openai")
        headers = {"apim-trace-id": "the-id", "gatelog-trace": base64.b64encode(json.dumps(TRACE).encode()).decode()}
        return httpx.Response(429, json={"error": {}}, headers=headers)

    answer = ask(plane, QUESTION, gateway)
    found = answer.json()
    assert answer.status_code == 200, "the gateway's 429 is the answer, not ours"
    assert found["response"]["status"] == 429 and json.loads(found["response"]["body"]) == {"error": {}}
    assert (found["correlationId"], found["trace"]) == ("the-id", TRACE)
    assert team.primary_key not in answer.text and "sig=" not in answer.text, "credentials are not shown"


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"api": "none"}, 404, "no API 'none'"),
        ({"operation": "none"}, 404, "no operation 'none'"),
        ({"subscription": "none"}, 404, "no subscription 'none'"),
        ({"parameters": {}}, 400, "'deployment-id' has no value"),
        ({"headers": {"a": 1}}, 400, "$.headers"),
        ({"body": {}}, 400, "$.body"),
        ({"headers": {"a\n": "b"}}, 502, "does not answer"),
    ],
)
def test_questions_that_cannot_be_asked(plane: Plane, change: dict[str, Any], status: int, words: str) -> None:
    prepared(plane)

    def gateway(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    answer = ask(plane, {**QUESTION, **change}, gateway)
    assert answer.status_code == status and words in answer.json()["error"]["message"]


def test_a_subscription_that_needs_approval(plane: Plane) -> None:
    with plane.http() as http:
        http.put(f"{BASE}/products/gold", json={"properties": {"displayName": "Gold", "approvalRequired": True}})
        body = {"properties": {"displayName": "t", "scope": "/products/gold"}}
        assert http.put(f"{BASE}/subscriptions/a", json=body).json()["properties"]["state"] == "submitted"
        body["properties"]["state"] = "active"
        assert http.put(f"{BASE}/subscriptions/b", json=body).json()["properties"]["state"] == "active"


def test_the_config_command_over_http(plane: Plane, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "config"
    (folder / "apis/echo").mkdir(parents=True)
    (folder / "service.yaml").write_text("id: /subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/ours\n")
    (folder / "apis/echo/api.yaml").write_text("displayName: Echo\npath: echo\nserviceUrl: http://127.0.0.1:9\n")
    (folder / "apis/echo/policy.xml").write_text("<policies>\n  <inbound>\n    <no-such />\n  </inbound>\n</policies>")
    where = ["--url", plane.url, "--key", ADMIN_KEY]
    assert main(["config", "apply", str(folder), *where]) == 1
    assert "config/apis/echo/policy.xml" in capsys.readouterr().err
    assert plane.control.snapshot().catalog.api("echo") is None
    (folder / "apis/echo/policy.xml").write_text("<policies><inbound><base /></inbound></policies>")
    assert main(["config", "diff", str(folder), *where]) == 0
    assert "+ /apis/echo/policies/policy" in capsys.readouterr().out and plane.control.snapshot().catalog.api("echo") is None
    assert main(["config", "apply", str(folder), *where]) == 0
    assert plane.control.snapshot().catalog.service.id == "ours"
    assert {event.operation for event in plane.events} >= {"MICROSOFT.APIMANAGEMENT/SERVICE/APIS/WRITE"}
    capsys.readouterr()
    assert main(["config", "apply", str(folder), *where]) == 0 and "nothing changed" in capsys.readouterr().out
    assert main(["config", "export", str(tmp_path / "out"), *where]) == 0
    assert "service/ours" in (tmp_path / "out/service.yaml").read_text()
    assert main(["config", "diff", str(folder), "--url", plane.url, "--key", "wrong-wrong-wrong-wrong"]) == 1
    assert "not good" in capsys.readouterr().err
