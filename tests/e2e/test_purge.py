"""The purge API through the running product: accepted, finished, and the rows and their bytes are gone."""

from __future__ import annotations

import time
import uuid
from typing import Any
from urllib.parse import urlsplit

import httpx
from running import Demo

from gatelog.catalog.initial import WORKSPACE_ID


def ask(demo: Demo, body: Any, workspace: str = WORKSPACE_ID) -> httpx.Response:
    return demo.management("POST", f"{workspace}/purge?api-version=2020-08-01", json=body)


def test_a_purge_over_http(demo: Demo) -> None:
    name, secret = f"Test{uuid.uuid4().hex[:8]}_CL", uuid.uuid4().hex
    rows = [{"TimeGenerated": "2026-01-02T03:04:05Z", "User": user, "Text": f"{secret}-{user}"} for user in ("ann", "bob", "bob")]
    sent = demo.management("POST", f"/dataCollectionRules/dcr/streams/Custom-{name}", json=rows)
    assert sent.status_code == 204, sent.text
    demo.wait_for(f"{name} | count", lambda found: found[0]["Count"] == 3)
    filters = [
        {"column": "User", "operator": "=~", "value": "BOB"},
        {"column": "TimeGenerated", "operator": "<", "value": "2026-02-01T00:00:00Z"},
    ]
    accepted = ask(demo, {"table": name, "filters": filters})
    assert accepted.status_code == 202, accepted.text
    place = urlsplit(accepted.headers["x-ms-status-location"])
    assert place.path == f"{WORKSPACE_ID}/operations/{accepted.json()['operationId']}"
    deadline = time.monotonic() + 30
    while (state := demo.management("GET", f"{place.path}?{place.query}").json()) == {"status": "pending"}:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert state == {"status": "completed"}
    assert demo.query(f"{name} | project User") == [{"User": "ann"}]
    files = [path for path in (demo.data / "workspace").rglob("*") if path.is_file()]
    assert files and not [path for path in files if f"{secret}-bob".encode() in path.read_bytes()]


def test_purges_that_are_refused(demo: Demo) -> None:
    filters = [{"column": "CorrelationId", "operator": "==", "value": "x"}]
    wrong = ask(demo, {"table": "ApiManagementGatewayLogs", "filters": [filters[0] | {"column": "Nothing"}]})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "InvalidParameter")
    assert ask(demo, {"table": "ApiManagementGatewayLogs"}).status_code == 400
    other = WORKSPACE_ID.rsplit("/", 1)[0] + "/other"
    assert ask(demo, {"table": "ApiManagementGatewayLogs", "filters": filters}, other).status_code == 404
    assert demo.management("GET", f"{WORKSPACE_ID}/operations/purge-nothing?api-version=2020-08-01").status_code == 404
    unknown = httpx.post(f"{demo.api}{WORKSPACE_ID}/purge", json={"table": "ApiManagementGatewayLogs", "filters": filters})
    assert unknown.status_code == 401


def test_a_role_without_sight_of_logs_may_not_purge(demo: Demo) -> None:
    made = demo.management("POST", "/api/tokens", json={"name": "purger", "role": "API Management Service Contributor"})
    assert made.status_code in (200, 201), made.text
    answer = httpx.post(
        f"{demo.api}{WORKSPACE_ID}/purge",
        json={"table": "ApiManagementGatewayLogs", "filters": [{"column": "CorrelationId", "operator": "==", "value": "x"}]},
        headers={"Authorization": f"Bearer {made.json()['token']}"},
    )
    assert answer.status_code == 403
