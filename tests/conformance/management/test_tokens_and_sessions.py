"""API tokens with roles, portal sessions with CSRF protection."""

from __future__ import annotations

import contextlib
from typing import Any

import httpx

from .conftest import ADMIN_KEY, Plane

BASE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/apim"


def token(plane: Plane, role: str, scope: str = "/") -> str:
    with plane.http() as http:
        answer = http.post("/api/tokens", json={"name": f"{role} of tests", "role": role, "scope": scope})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])


def test_roles_of_tokens(plane: Plane) -> None:
    product: dict[str, Any] = {"properties": {"displayName": "p"}}
    assignment = f"{BASE}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-0000-0000-0000000000aa"
    owner = {"properties": {"roleDefinitionId": "Owner", "principalId": "someone"}}
    expected = {
        "Owner": (200, 201, 200, 201),
        "Contributor": (200, 201, 200, 403),
        "Reader": (200, 403, 403, 403),
        "Log Reader": (403, 403, 403, 403),
        "Usage Reader": (403, 403, 403, 403),
    }
    for number, (role, statuses) in enumerate(expected.items()):
        with plane.http(token(plane, role)) as http:
            found = (
                http.get(f"{BASE}/products").status_code,
                http.put(f"{BASE}/products/p{number}", json=product).status_code,
                http.post(f"{BASE}/subscriptions/master/listSecrets").status_code,
                http.put(assignment, json=owner).status_code,
            )
        assert found == statuses, role
    denied = [event for event in plane.events if event.substatus == "403"]
    assert denied and all(event.status == "Failure" for event in denied)


def test_a_scope_ends_where_it_ends(plane: Plane) -> None:
    service = plane.control.snapshot().service_id
    with plane.http() as http:
        for name in ("a", "b"):
            http.put(f"{BASE}/apis/{name}", json={"properties": {"displayName": name, "path": name}})
    with plane.http(token(plane, "Contributor", f"{service}/apis/a")) as http:
        body = {"properties": {"description": "mine"}}
        assert http.patch(f"{service}/apis/a", json=body).status_code == 200
        assert http.patch(f"{service}/apis/b", json=body).status_code == 403
        assert http.get(f"{service}/apis").status_code == 403


def test_readers_see_no_credentials(plane: Plane) -> None:
    with plane.http() as http:
        credentials = {"header": {"api-key": ["plain-key"], "x": ["{{named}}"]}}
        http.put(f"{BASE}/namedValues/named", json={"properties": {"displayName": "named", "value": "v", "secret": True}})
        answer = http.put(f"{BASE}/backends/b", json={"properties": {"url": "https://x", "credentials": credentials}})
        assert answer.json()["properties"]["credentials"] == credentials
    with plane.http(token(plane, "Reader")) as http:
        text = http.get(f"{BASE}/backends/b").text
    assert "plain-key" not in text and "{{named}}" in text and "***" in text


def test_tokens_end(plane: Plane) -> None:
    secret = token(plane, "Reader")
    with plane.http() as http:
        listed = http.get("/api/tokens").json()["value"]
        assert [entry["role"] for entry in listed] == ["Reader"] and secret not in http.get("/api/tokens").text
        assert http.delete(f"/api/tokens/{listed[0]['id']}").status_code == 200
    with plane.http(secret) as http:
        assert http.get(f"{BASE}/apis").status_code == 401
    stored = (plane.folder / "catalog.sqlite").read_bytes()
    assert secret.encode() not in stored


def signed_in(plane: Plane, key: str = ADMIN_KEY) -> tuple[httpx.Client, str]:
    http = httpx.Client(base_url=plane.url, trust_env=False)
    answer = http.post("/portal/session", json={"key": key})
    assert answer.status_code == 200, answer.text
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and key not in cookie
    return http, answer.json()["csrf"]


def test_a_session_needs_its_csrf_token_to_write(plane: Plane) -> None:
    http, csrf = signed_in(plane)
    with contextlib.closing(http):
        assert http.get(f"{BASE}/apis").status_code == 200
        body = {"properties": {"displayName": "p"}}
        assert http.put(f"{BASE}/products/p", json=body).status_code == 403
        assert http.put(f"{BASE}/products/p", json=body, headers={"X-CSRF-Token": "guess"}).status_code == 403
        assert http.put(f"{BASE}/products/p", json=body, headers={"X-CSRF-Token": csrf}).status_code == 201
        shown = http.get("/portal/session").json()
        assert shown["roles"] == ["Owner"] and shown["csrf"] == csrf
        cookie = dict(http.cookies)
        assert http.delete("/portal/session").status_code == 403, "signing out is a write too"
        assert http.delete("/portal/session", headers={"X-CSRF-Token": csrf}).status_code == 204
    with httpx.Client(base_url=plane.url, cookies=cookie, trust_env=False) as copy:
        assert copy.get(f"{BASE}/apis").status_code == 401, "a copied cookie ends with the session"


def test_a_session_ends_with_its_token(plane: Plane) -> None:
    secret = token(plane, "Reader")
    http, _ = signed_in(plane, secret)
    with contextlib.closing(http), plane.http() as admin:
        assert http.get(f"{BASE}/apis").status_code == 200
        listed = admin.get("/api/tokens").json()["value"]
        admin.delete(f"/api/tokens/{listed[0]['id']}")
        assert http.get(f"{BASE}/apis").status_code == 401


def test_wrong_keys_are_throttled(plane: Plane) -> None:
    with httpx.Client(base_url=plane.url, trust_env=False) as http:
        answers = [http.post("/portal/session", json={"key": "wrong"}) for _ in range(12)]
        assert answers[0].status_code == 401 and answers[0].json()["oidc"] is False
        assert answers[-1].status_code == 429 and int(answers[-1].headers["retry-after"]) >= 1


def test_security_headers(plane: Plane) -> None:
    with httpx.Client(base_url=plane.url, trust_env=False) as http:
        headers = http.get("/portal/session").headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_a_forged_cookie_is_no_session(plane: Plane) -> None:
    with httpx.Client(base_url=plane.url, cookies={"gatelog_session": "AAAA" * 40}, trust_env=False) as http:
        assert http.get(f"{BASE}/apis").status_code == 401
