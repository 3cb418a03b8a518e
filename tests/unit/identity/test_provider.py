"""Reading another issuer's metadata: cached, refreshed, and never led into the local network."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from gatelog.clock import FixedClock
from gatelog.identity.fetch import FetchPolicy, FetchRefused, fetch_json
from gatelog.identity.interface import KeysUnavailable, TokenUnavailable
from gatelog.identity.provider import ClientCredential, ManagedIdentity, OidcProvider

URL = "http://127.0.0.1:9/.well-known/openid-configuration"
LOOPBACK = FetchPolicy(allow_loopback=True, max_bytes=2000)
KEY = {"kty": "RSA", "kid": "1", "use": "sig", "n": "x", "e": "AQAB"}


class World:
    """Answers by path, and counts."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {
            "/.well-known/openid-configuration": (200, {"issuer": "https://i", "jwks_uri": "http://127.0.0.1:9/keys"}),
            "/keys": (200, {"keys": [KEY, {"kty": "RSA", "use": "enc"}, 7]}),
            "/token": (200, {"access_token": "abc", "expires_in": 3600}),
            "/msi": (200, {"access_token": "msi", "expires_on": "1700003600"}),
        }
        self.seen: list[httpx.Request] = []
        self.clock = FixedClock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        status, document = self.answers[request.url.path]
        return httpx.Response(status, json=document, headers={"Location": "http://127.0.0.1:9/keys"})

    def provider(self, credential: ClientCredential | ManagedIdentity | None = None) -> OidcProvider:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self))
        return OidcProvider(client, self.clock, credential, LOOPBACK)

    def paths(self) -> list[str]:
        return [request.url.path for request in self.seen]


def test_keys_are_cached_and_refreshed_at_most_every_five_minutes() -> None:
    async def scenario() -> None:
        world = World()
        provider = world.provider()
        found = await provider.keys(URL)
        assert found.issuer == "https://i" and found.keys == (KEY,)
        await provider.keys(URL, refresh=True)
        assert len(world.seen) == 2
        world.clock.advance(301)
        await provider.keys(URL)
        assert len(world.seen) == 2
        await provider.keys(URL, refresh=True)
        assert len(world.seen) == 4
        world.clock.advance(3601)
        world.answers["/keys"] = (500, {})
        assert (await provider.keys(URL)).keys == (KEY,)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/.well-known/openid-configuration", (200, {"issuer": "x"})),
        ("/.well-known/openid-configuration", (302, {})),
        ("/.well-known/openid-configuration", (200, [])),
        ("/.well-known/openid-configuration", (200, {"issuer": "x", "jwks_uri": "file:///etc/passwd"})),
        ("/.well-known/openid-configuration", (200, {"issuer": "x", "jwks_uri": "https://169.254.169.254/keys"})),
        ("/keys", (200, {"keys": [{"kty": "oct", "k": "AA"}]})),
        ("/keys", (200, {"keys": ["x" * 3000]})),
    ],
)
def test_bad_issuers(path: str, answer: tuple[int, Any]) -> None:
    world = World()
    world.answers[path] = answer
    with pytest.raises(KeysUnavailable):
        asyncio.run(world.provider().keys(URL))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x",
        "https://127.0.0.1/x",
        "https://10.0.0.1/x",
        "https://169.254.169.254/latest",
        "https://[::1]/x",
        "https://[fd00::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "http://93.184.215.14/x",
        "ftp://93.184.215.14/x",
        "https://user:secret@93.184.215.14/x",
        "https://93.184.215.14:99999/x",
        "//x",
    ],
)
def test_addresses_that_are_never_read(url: str) -> None:
    async def read() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(lambda request: httpx.Response(200, json={}))) as client:
            await fetch_json(client, url, FetchPolicy())

    with pytest.raises(FetchRefused):
        asyncio.run(read())


def test_client_credentials_and_their_cache() -> None:
    async def scenario() -> None:
        world = World()
        provider = world.provider(ClientCredential("http://127.0.0.1:9/token", "me", "s3"))
        token = await provider.token("https://cognitiveservices.azure.com/")
        assert (token.text, token.expires) == ("abc", 1_700_003_600)
        assert b"scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default" in world.seen[0].content
        assert await provider.token("https://cognitiveservices.azure.com/") == token and len(world.seen) == 1
        with pytest.raises(TokenUnavailable, match="not the configured application"):
            await provider.token("x", "other")
        world.answers["/token"] = (401, {"error_description": "bad secret"})
        with pytest.raises(TokenUnavailable, match="bad secret"):
            await provider.token("y")

    asyncio.run(scenario())


def test_platform_identity() -> None:
    async def scenario() -> None:
        world = World()
        token = await world.provider(ManagedIdentity("http://127.0.0.1:9/msi")).token("https://x", "user-assigned")
        assert (token.text, token.expires) == ("msi", 1_700_003_600)
        assert world.seen[0].headers["metadata"] == "true" and world.seen[0].url.params["client_id"] == "user-assigned"
        await world.provider(ManagedIdentity("http://127.0.0.1:9/msi", "h")).token("https://x")
        assert world.seen[1].headers["x-identity-header"] == "h"
        with pytest.raises(TokenUnavailable, match="no identity is configured"):
            await world.provider().token("https://x")

    asyncio.run(scenario())
