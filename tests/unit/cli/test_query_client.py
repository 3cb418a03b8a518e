"""The command line's own client, against a scripted server."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from gatelog.cli import query_client
from gatelog.cli.query_client import Finding, QueryRefused, Unreachable, Workspace


def workspace(answer: Callable[[httpx.Request], httpx.Response]) -> Workspace:
    return Workspace("http://w/", "key", httpx.Client(transport=httpx.MockTransport(answer)))


def test_ctrl_c_ends_the_query_in_the_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    cancelled: list[str] = []

    def interrupt(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["x-ms-client-request-id"])
        raise KeyboardInterrupt

    monkeypatch.setattr(query_client.httpx, "post", lambda url, **given: cancelled.append(given["json"]["csl"]))
    with pytest.raises(KeyboardInterrupt):
        workspace(interrupt).ask("T")
    assert cancelled == [f'.cancel query "{asked[0]}"']


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (401, {"error": {"@message": "bad key"}}, "does not accept the key: bad key"),
        (403, {}, "does not accept the key: status 403"),
        (200, b"<html>", "is not a gatelog workspace"),
    ],
)
def test_unreachable(status: int, body: object, message: str) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(Unreachable, match=message):
        workspace(lambda request: httpx.Response(status, content=content)).ask("T")


def test_refusals_with_and_without_details() -> None:
    one = {"code": "SEM0100", "message": "no T", "hint": "near: U", "line": 1, "column": 1, "start": 0, "length": 1}
    for error, expected in (
        ({"details": [one]}, Finding("SEM0100", "no T (near: U)", 1, 1, 1)),
        ({"code": "LimitsExceeded", "message": "m", "@message": "too much"}, Finding("LimitsExceeded", "too much")),
    ):
        body = {"error": error}
        with pytest.raises(QueryRefused) as caught:
            workspace(lambda request, body=body: httpx.Response(400, json=body)).ask("T")  # type: ignore[misc]
        assert caught.value.findings == [expected]
