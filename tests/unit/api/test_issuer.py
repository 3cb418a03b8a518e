"""The issuer's routes: what OpenID clients read over HTTP."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.testclient import TestClient

from gatelog.api import issuer as issuer_routes
from gatelog.clock import FixedClock
from gatelog.identity import Keyring, LocalIssuer


def test_metadata_keys_and_tokens(tmp_path: Path) -> None:
    keyring = Keyring.open(tmp_path / "issuer.json")
    issuer = LocalIssuer(keyring, f"http://testserver/identity/{keyring.tenant}", FixedClock())
    client, secret = keyring.register("app")
    http = TestClient(Starlette(routes=issuer_routes.routes(issuer, lambda name, password: None)))
    metadata = http.get(f"/identity/{keyring.tenant}/v2.0/.well-known/openid-configuration").json()
    assert http.get(metadata["jwks_uri"]).json()["keys"][0]["kid"] == keyring.signing_key().id
    form = {"grant_type": "client_credentials", "client_id": client.id, "client_secret": secret, "scope": "https://x/.default"}
    answer = http.post(metadata["token_endpoint"], data=form)
    assert answer.json()["token_type"] == "Bearer" and answer.headers["cache-control"] == "no-store"
    assert http.post(metadata["token_endpoint"], data={**form, "client_secret": "x"}).status_code == 401
    assert http.post(metadata["token_endpoint"], content=b"x" * 70_000).status_code == 413
    assert http.get("/identity/other").status_code == 404
