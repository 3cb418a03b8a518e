"""Signing in to the portal at an OpenID provider: our own issuer over its HTTP endpoints, without sockets."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from gatelog.api import issuer as issuer_face
from gatelog.api.roles import Action
from gatelog.api.security import AccessDenied, Security
from gatelog.api.session import Sessions, SignInFace, routes
from gatelog.api.signin import KnownIssuers, OidcSignIn, Provider, bearer_verifier
from gatelog.catalog.entities import RoleAssignment
from gatelog.catalog.vault import Vault
from gatelog.clock import SystemClock
from gatelog.identity import Keyring, LocalIssuer
from gatelog.identity.local import Subject

ADA = Subject("00000000-0000-0000-0000-00000000ada0", "", "ada@contoso.com", is_app=False)
READER = RoleAssignment(id="r", scope="/subscriptions/s", role_definition_id="Reader", principal_id=ADA.object_id)


class Setting:
    """A management plane with an issuer, and a browser."""

    def __init__(self, folder: Path) -> None:
        clock = SystemClock()
        keyring = Keyring.open(folder / "issuer.json")
        self.issuer = LocalIssuer(keyring, f"http://idp.test/identity/{keyring.tenant}", clock)
        client, _ = keyring.register("portal", ["http://gatelog.test/portal/signin/callback"])
        idp = Starlette(routes=issuer_face.routes(self.issuer, lambda name, password: ADA if password == "right" else None))
        self.idp = httpx.AsyncClient(transport=httpx.ASGITransport(idp))
        self.sessions = Sessions(Vault([b"k" * 32]), clock)
        self.known = KnownIssuers(self.issuer, (self.issuer.metadata_urls()[0],))
        self.security = Security(
            "administration-key", clock, assignments=lambda: [READER], open_session=self.sessions.open,
            verify_bearer=bearer_verifier(self.known, clock),
        )  # fmt: skip
        oidc = OidcSignIn(Provider(issuer=self.issuer.issuer, client_id=client.id), self.issuer, self.idp, clock)
        app = Starlette(
            routes=[
                *routes(SignInFace(sessions=self.sessions, security=self.security, oidc=oidc)),
                Route("/subscriptions/{rest:path}", self.look),
            ]
        )
        self.browser = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gatelog.test")

    async def look(self, request: Request) -> JSONResponse:
        try:
            principal = self.security.authenticate(request)
            self.security.require(principal, Action.READ, request.url.path)
        except AccessDenied as error:
            return JSONResponse({"error": str(error)}, status_code=403)
        return JSONResponse({"name": principal.name, "kind": principal.kind})

    async def to_the_provider(self, password: str = "right") -> httpx.Response:
        """The browser follows us to the provider and types a password; the provider's answer."""
        away = await self.browser.get("/portal/signin/oidc")
        assert away.status_code == 302
        asked = parse_qs(urlsplit(away.headers["location"]).query)
        assert asked["code_challenge_method"] == ["S256"] and asked["state"] and asked["nonce"]
        return await self.idp.post(away.headers["location"], data={"username": "ada", "password": password})


def test_a_user_signs_in(tmp_path: Path) -> None:
    async def story() -> None:
        here = Setting(tmp_path)
        back = await here.to_the_provider()
        done = await here.browser.get(back.headers["location"])
        assert (done.status_code, done.headers["location"]) == (302, "/")
        shown = (await here.browser.get("/portal/session")).json()
        assert shown["name"] == "ada@contoso.com" and shown["roles"] == ["Reader"]
        assert (await here.browser.get("/subscriptions/s/x")).json() == {"name": "ada@contoso.com", "kind": "session"}
        assert (await here.browser.get("/subscriptions/other/x")).status_code == 403

    asyncio.run(story())


def test_answers_that_do_not_belong_here(tmp_path: Path) -> None:
    async def story() -> None:
        here = Setting(tmp_path)
        back = await here.to_the_provider()
        stranger = httpx.AsyncClient(transport=here.browser._transport, base_url="http://gatelog.test")
        refused = await stranger.get(back.headers["location"])
        assert refused.headers["location"].startswith("/#signin-failed="), "another browser cannot finish it"
        code = parse_qs(urlsplit(back.headers["location"]).query)["code"][0]
        wrong_state = await here.browser.get("/portal/signin/callback", params={"code": code, "state": "guess"})
        assert wrong_state.headers["location"].startswith("/#signin-failed=")
        assert (await here.browser.get("/portal/session")).status_code == 401
        assert (await here.to_the_provider("wrong")).status_code == 401

    asyncio.run(story())


def test_bearer_tokens_of_the_issuer(tmp_path: Path) -> None:
    async def story() -> None:
        here = Setting(tmp_path)
        await here.known.refresh()
        for audience, status in (("https://management.azure.com", 200), ("https://cognitiveservices.azure.com", 401)):
            token = here.issuer.mint(audience, ADA).text
            request = httpx.AsyncClient(transport=here.browser._transport, base_url="http://gatelog.test")
            if status == 200:
                answer = await request.get("/subscriptions/s/x", headers={"Authorization": f"Bearer {token}"})
                assert answer.json() == {"name": ADA.name, "kind": "bearer"}
            else:
                assert here.security.of_credential(token) is None, "a token for another service is no key to this one"
        stranger = LocalIssuer(Keyring.open(tmp_path / "other.json"), here.issuer.issuer, SystemClock())
        assert here.security.of_credential(stranger.mint("https://management.azure.com", ADA).text) is None

    asyncio.run(story())


@pytest.mark.parametrize("cookie", ["", "x", "AAAA"])
def test_cookies_that_are_not_ours(tmp_path: Path, cookie: str) -> None:
    assert Setting(tmp_path).sessions.open(cookie) is None
