"""The issuer's HTTP answers: client credentials, sign-in with a code, managed identity, and what is refused."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest

from gatelog.clock import FixedClock
from gatelog.identity.endpoints import Endpoints, IssuerReply, IssuerRequest
from gatelog.identity.keyring import Keyring
from gatelog.identity.local import LocalIssuer, Subject

URL = "http://127.0.0.1:1/identity/t"
BACK = "http://127.0.0.1:2/back"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def check_user(name: str, password: str) -> Subject | None:
    return Subject("oid-1", name=name, is_app=False) if password == "right" else None


class Fixture:
    def __init__(self, folder: Path) -> None:
        self.clock = FixedClock()
        self.issuer = LocalIssuer(Keyring.open(folder / "issuer.json"), URL, self.clock)
        self.client, self.secret = self.issuer.keyring.register("app <1>", [BACK], ["Reader"])
        self.endpoints = Endpoints(self.issuer, check_user)

    def post(self, path: str, form: dict[str, str], query: str = "", **headers: str) -> IssuerReply:
        return self.endpoints.answer(IssuerRequest("POST", path, query, urlencode(form).encode(), headers))

    def get(self, path: str, query: str = "", **headers: str) -> IssuerReply:
        return self.endpoints.answer(IssuerRequest("GET", path, query, b"", headers))


@pytest.fixture
def fixture(tmp_path: Path) -> Fixture:
    return Fixture(tmp_path)


def claims_of(reply: IssuerReply, name: str = "access_token") -> dict[str, Any]:
    assert reply.status == 200, reply.body
    decoded: dict[str, Any] = jwt.decode(json.loads(reply.body)[name], options={"verify_signature": False})
    return decoded


def error_of(reply: IssuerReply) -> tuple[int, str]:
    return reply.status, json.loads(reply.body)["error"]


def test_metadata_and_keys(fixture: Fixture) -> None:
    document = json.loads(fixture.get("/v2.0/.well-known/openid-configuration").body)
    assert document["issuer"] == URL and document["jwks_uri"].startswith(URL)
    assert len(json.loads(fixture.get(document["jwks_uri"].removeprefix(URL)).body)["keys"]) == 1
    assert fixture.get("/nothing").status == 404


def test_client_credentials(fixture: Fixture) -> None:
    form = {"grant_type": "client_credentials", "scope": "https://x/.default"}
    reply = fixture.post("/oauth2/v2.0/token", {**form, "client_id": fixture.client.id, "client_secret": fixture.secret})
    assert claims_of(reply)["aud"] == "https://x" and claims_of(reply)["roles"] == ["Reader"]
    basic = base64.b64encode(f"{fixture.client.id}:{fixture.secret}".encode()).decode()
    assert claims_of(fixture.post("/oauth2/v2.0/token", form, authorization=f"Basic {basic}"))["appid"] == fixture.client.id
    assert fixture.secret not in fixture.issuer.keyring.path.read_text()


def test_refused_grants(fixture: Fixture) -> None:
    wrong = {"grant_type": "client_credentials", "client_id": fixture.client.id, "client_secret": "no", "scope": "x/.default"}
    assert error_of(fixture.post("/oauth2/token", wrong)) == (401, "invalid_client")
    assert error_of(fixture.post("/oauth2/token", wrong, authorization="Basic ??")) == (401, "invalid_client")
    unscoped = {"grant_type": "client_credentials", "client_id": fixture.client.id, "client_secret": fixture.secret}
    assert error_of(fixture.post("/oauth2/token", unscoped)) == (400, "invalid_scope")
    assert error_of(fixture.post("/oauth2/token", {"grant_type": "password"})) == (400, "unsupported_grant_type")


def test_managed_identity_needs_its_header(fixture: Fixture) -> None:
    path = "/metadata/identity/oauth2/token"
    assert claims_of(fixture.get(path, "resource=https%3A%2F%2Fx", metadata="true"))["aud"] == "https://x"
    assert error_of(fixture.get(path, "resource=x")) == (400, "invalid_request")
    assert error_of(fixture.get(path, "resource=x", **{"metadata": "true", "x-forwarded-for": "1"})) == (400, "invalid_request")
    assert error_of(fixture.get(path, "", metadata="true")) == (400, "invalid_request")


def authorize_query(fixture: Fixture, **changes: str) -> str:
    query = {
        "client_id": fixture.client.id,
        "redirect_uri": BACK,
        "response_type": "code",
        "state": "s&1",
        "nonce": "n",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return urlencode({**query, **changes})


def sign_in(fixture: Fixture) -> dict[str, str]:
    user = {"username": "ada", "password": "right"}
    reply = fixture.post("/oauth2/v2.0/authorize", user, authorize_query(fixture))
    assert reply.status == 302
    location = dict(reply.headers)["Location"]
    answer = parse_qs(urlsplit(location).query)
    assert location.startswith(BACK) and answer["state"] == ["s&1"]
    form = {"grant_type": "authorization_code", "code": answer["code"][0], "client_id": fixture.client.id}
    return {**form, "redirect_uri": BACK, "code_verifier": VERIFIER}


def test_sign_in(fixture: Fixture) -> None:
    page = fixture.get("/oauth2/v2.0/authorize", authorize_query(fixture)).body
    assert b"app &lt;1&gt;" in page
    wrong = fixture.post("/oauth2/v2.0/authorize", {"username": "a", "password": "no"}, authorize_query(fixture))
    assert wrong.status == 401
    form = sign_in(fixture)
    reply = fixture.post("/oauth2/v2.0/token", form)
    identity = claims_of(reply, "id_token")
    assert identity["nonce"] == "n" and identity["name"] == "ada" and identity["aud"] == fixture.client.id
    assert error_of(fixture.post("/oauth2/v2.0/token", form)) == (400, "invalid_grant")


@pytest.mark.parametrize("change", [{"code_verifier": "x"}, {"client_id": "x"}, {"redirect_uri": "x"}, {"code": "x"}])
def test_codes_are_bound(fixture: Fixture, change: dict[str, str]) -> None:
    assert error_of(fixture.post("/oauth2/v2.0/token", {**sign_in(fixture), **change})) == (400, "invalid_grant")


def test_codes_end(fixture: Fixture) -> None:
    form = sign_in(fixture)
    fixture.clock.advance(61)
    assert error_of(fixture.post("/oauth2/v2.0/token", form)) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "change",
    [{"redirect_uri": BACK + "/evil"}, {"client_id": "x"}, {"response_type": "token"}, {"code_challenge_method": "plain"}],
)
def test_bad_sign_ins_never_redirect(fixture: Fixture, change: dict[str, str]) -> None:
    reply = fixture.get("/oauth2/v2.0/authorize", authorize_query(fixture, **change))
    assert reply.status == 400 and reply.headers == ()
