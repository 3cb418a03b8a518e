# ruff: noqa: E501 - one case on one line
"""Bad input over HTTP: Azure's error envelope with the JSON path, and nothing half applied."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Plane

BASE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/apim"
FRAGMENT = '<fragment><include-fragment fragment-id="{}" /></fragment>'

CASES: list[tuple[str, str, Any, int, str, str]] = [
    ("unknown property", "backends/b", {"properties": {"url": "https://x", "timeOut": 3}}, 400, "UnknownProperty", "timeOut"),
    ("wrong type", "backends/b", {"properties": {"url": 5}}, 400, "ValidationError", "$.properties.url"),
    ("wrong word", "products/p", {"properties": {"displayName": "p", "state": "open"}}, 400, "ValidationError", "$.properties.state"),
    ("missing", "products/p", {"properties": {}}, 400, "ValidationError", "$.properties.displayName"),
    ("not an object", "products/p", [1], 400, "InvalidRequestContent", "object"),
    ("no body", "products/p", None, 400, "InvalidRequestContent", "object"),
    (
        "deep", "backends/b",
        {"properties": {"type": "Pool", "pool": {"services": [{"id": "/backends/a", "priority": 101}]}}},
        400, "ValidationError", "$.properties.pool.services[0].priority",
    ),
    (
        "dangling", "subscriptions/s", {"properties": {"displayName": "s", "scope": "/products/none"}},
        400, "ReferenceNotFound", "/products/none",
    ),
    ("dangling logger", "diagnostics/azuremonitor", {"properties": {"loggerId": "/loggers/none"}}, 400, "ReferenceNotFound", "loggers/none"),
    ("no parent", "apis/none/operations/o", {"properties": {"displayName": "o", "method": "GET", "urlTemplate": "/"}}, 404, "ParentResourceNotFound", "apis/none"),
    ("bad name", "backends/a b", {"properties": {"url": "https://x"}}, 400, "ValidationError", "a b"),
    ("unknown named value", "backends/b", {"properties": {"url": "https://{{host}}/"}}, 400, "ValidationError", "'host'"),
    ("bad duration", "backends/b", {"properties": {"url": "https://x", "circuitBreaker": {"rules": [{"tripDuration": "1 minute", "failureCondition": {"count": 1}}]}}}, 400, "ValidationError", "tripDuration"),
    ("nested fragment", "policyFragments/a", {"properties": {"format": "rawxml", "value": FRAGMENT.format("a")}}, 400, "", "fragment"),
    ("bad policy", "policies/policy", {"properties": {"format": "rawxml", "value": "<policies>\n  <inbound>\n    <no-such />\n  </inbound>\n</policies>"}}, 400, "", "line 3"),
    ("broken xml", "policies/policy", {"properties": {"format": "rawxml", "value": "<policies><inbound></policies>"}}, 400, "", "line 1"),
    ("bad import", "apis/a", {"properties": {"path": "a", "format": "openapi+json", "value": "{"}}, 400, "ValidationError", "$.properties.value"),
    ("refused link", "apis/a", {"properties": {"path": "a", "format": "openapi-link", "value": "http://169.254.169.254/x"}}, 400, "", "not allowed"),
    ("unknown type", "caches/c", {"properties": {}}, 405, "MethodNotAllowed", "caches"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_refused_whole(plane: Plane, path: str, body: Any, status: int, code: str, words: str) -> None:
    before = plane.control.snapshot()
    with plane.http() as http:
        answer = http.put(f"{BASE}/{path}", json=body) if body is not None else http.put(f"{BASE}/{path}")
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(error) <= {"code", "message", "details"}
    assert error["code"] == code or not code
    assert words in answer.text
    after = plane.control.snapshot()
    assert after.version == before.version and after.resources == before.resources
    if plane.events:
        assert plane.events[-1].status == "Failure" and plane.events[-1].substatus == str(status)


def test_every_problem_is_listed(plane: Plane) -> None:
    with plane.http() as http:
        body = {"properties": {"url": 1, "protocol": "ftp", "tls": {"validateCertificateName": "yes"}, "what": 1}}
        error = http.put(f"{BASE}/backends/b", json=body).json()["error"]
    targets = {detail["target"] for detail in error["details"]}
    assert targets == {
        "$.properties.url", "$.properties.protocol", "$.properties.tls.validateCertificateName", "$.properties.what",
    }  # fmt: skip


def test_large_documents(plane: Plane) -> None:
    with plane.http() as http:
        huge = {"properties": {"format": "rawxml", "value": "<policies>" + " " * (5 << 20) + "</policies>"}}
        answer = http.put(f"{BASE}/policies/policy", json=huge)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "RequestContentTooLarge")
        almost = {"properties": {"path": "a", "format": "openapi", "value": "#" * ((4 << 20) + 10)}}
        answer = http.put(f"{BASE}/apis/a", json=almost)
        assert answer.status_code == 413 and "4 MiB" in answer.text


def test_what_is_not_json(plane: Plane) -> None:
    with plane.http() as http:
        answer = http.put(f"{BASE}/products/p", content=b'{"properties": {"displayName": }}')
    assert answer.status_code == 400 and "column" in answer.json()["error"]["message"]


def test_deep_documents(plane: Plane) -> None:
    with plane.http() as http:
        for depth in (200, 900, 100_000):
            deep = b'{"properties": {"contact": ' + b'{"a":' * depth + b"1" + b"}" * depth + b"}}"
            answer = http.put(f"{BASE}/apis/a", content=deep)
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidRequestContent"), depth


def test_credentials(plane: Plane) -> None:
    with plane.http("") as http:
        answer = http.get(f"{BASE}/apis")
        assert answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["error"]["code"] == "AuthenticationFailed"
    with plane.http("wrong") as http:
        answers = [http.get(f"{BASE}/apis").status_code for _ in range(12)]
    assert answers[0] == 401 and answers[-1] == 429
    with plane.http() as http:
        assert http.get(f"{BASE}/apis").headers.get("retry-after"), "the address has to wait, whatever it sends"


def test_a_missing_resource(plane: Plane) -> None:
    with plane.http() as http:
        for path in ("apis/none", "apis/none/operations", "apis/none/operations/x", "subscriptions/none"):
            answer = http.get(f"{BASE}/{path}")
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ResourceNotFound"), path
        assert http.delete(f"{BASE}/apis/none").status_code == 204
        assert http.post(f"{BASE}/subscriptions/none/listSecrets").status_code == 404
        assert http.get(f"{BASE}/apis", params={"$filter": "name gt 3"}).status_code == 400
        assert (
            http.put(f"{BASE}/products/p", headers={"If-Match": '"x"'}, json={"properties": {"displayName": "p"}}).status_code
            == 412
        )
