"""The playground's route with a gateway that answers in pieces, refuses, or is not there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from gatelog.api import playground
from gatelog.api.management import Face
from gatelog.api.security import Security
from gatelog.catalog import trace_token
from gatelog.clock import SystemClock

from .conftest import ADMIN_KEY, Plane

BASE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/apim"
QUESTION: dict[str, Any] = {
    "api": "openai",
    "operation": "ChatCompletions_Create",
    "parameters": {"deployment-id": "gpt-4o", "api-version": "2023-05-15"},
    "headers": {"content-type": "application/json"},
    "body": '{"messages": [], "stream": true}',
    "subscription": "team",
}
PIECES = (b"data: {\"choices\": []}\n\n", b"data: [DONE]\n\n")  # fmt: skip


class Pieces(httpx.AsyncByteStream):
    """A body in pieces, which may break off."""

    def __init__(self, breaks: bool = False) -> None:
        self.breaks = breaks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in PIECES:
            yield piece
        if self.breaks:
            raise httpx.ReadError("gone")


Gateway = Callable[[httpx.Request], httpx.Response]
API = {
    "path": "openai",
    "format": "openapi-link",
    "value": "builtin:azure-openai-2023-05-15",
    "subscriptionKeyParameterNames": {"header": "api-key"},
}


def ask(plane: Plane, question: dict[str, Any], gateway: Gateway, key: str = ADMIN_KEY) -> httpx.Response:
    with plane.http() as http:
        http.put(f"{BASE}/apis/openai", json={"properties": API}).raise_for_status()
        http.put(f"{BASE}/subscriptions/team", json={"properties": {"displayName": "t", "scope": "/apis"}}).raise_for_status()
    clock = SystemClock()
    face = Face(
        control=plane.control, security=Security(ADMIN_KEY, clock), clock=clock, record=plane.events.append, trace_key=b"k" * 32
    )
    app = Starlette(routes=playground.routes(face, httpx.MockTransport(gateway)))

    async def run() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
            return await http.post("/api/playground", json=question, headers={"Authorization": f"Bearer {key}"})

    return asyncio.run(run())


def streaming(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, stream=Pieces(), headers={"content-type": "text/event-stream", "apim-trace-id": "the-id"})


def test_an_answer_comes_as_it_is_with_the_name_of_its_call(plane: Plane) -> None:
    seen: list[httpx.Request] = []

    def gateway(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return streaming(request)

    answer = ask(plane, QUESTION, gateway)
    assert answer.status_code == 200 and answer.content == b"".join(PIECES)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["gatelog-correlation-id"] == "the-id"
    team = plane.control.snapshot().catalog.subscription("team")
    assert team is not None and seen[0].headers["api-key"] == team.primary_key
    assert seen[0].url.path == "/openai/deployments/gpt-4o/chat/completions"
    assert trace_token.check(b"k" * 32, seen[0].headers["apim-debug-authorization"], SystemClock().now() // 10**9, "openai")
    assert team.primary_key not in answer.text


def test_a_refusal_of_the_gateway_keeps_its_status(plane: Plane) -> None:
    answer = ask(
        plane, QUESTION, lambda request: httpx.Response(429, json={"error": {"code": "429"}}, headers={"apim-trace-id": "x"})
    )
    assert answer.status_code == 429 and answer.json() == {"error": {"code": "429"}}
    assert answer.headers["gatelog-correlation-id"] == "x"


def test_what_came_before_a_break_stays(plane: Plane) -> None:
    answer = ask(plane, QUESTION, lambda request: httpx.Response(200, stream=Pieces(breaks=True)))
    assert answer.content == b"".join(PIECES)


def test_markup_of_an_answer_is_never_a_page(plane: Plane) -> None:
    answer = ask(plane, QUESTION, lambda request: httpx.Response(200, html="<script>alert(1)</script>"))
    assert answer.headers["content-security-policy"] == "sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"api": "none"}, 404, "no API 'none'"),
        ({"operation": "none"}, 404, "no operation 'none'"),
        ({"subscription": "none"}, 404, "no subscription 'none'"),
        ({"parameters": {"api-version": "x"}}, 400, "'deployment-id' has no value"),
        ({"headers": {"a": 1}}, 400, "$.headers: expected an object of texts"),
        ({"body": 5}, 400, "$.body: expected a text"),
    ],
)
def test_a_wrong_question_never_reaches_the_gateway(plane: Plane, change: dict[str, Any], status: int, words: str) -> None:
    def gateway(request: httpx.Request) -> httpx.Response:
        raise AssertionError("nothing is sent")

    answer = ask(plane, {**QUESTION, **change}, gateway)
    assert answer.status_code == status and words in answer.json()["error"]["message"]
    assert "gatelog-correlation-id" not in answer.headers


def test_a_gateway_that_is_not_there(plane: Plane) -> None:
    def gateway(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    answer = ask(plane, QUESTION, gateway)
    assert answer.status_code == 502 and answer.json()["error"]["code"] == "GatewayUnreachable"


def test_nobody_plays_without_a_key(plane: Plane) -> None:
    assert ask(plane, QUESTION, streaming, key="wrong").status_code == 401
