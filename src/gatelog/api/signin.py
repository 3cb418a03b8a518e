"""Signing in at an OpenID provider: the code flow with PKCE (RFC 7636), state and nonce (OpenID Connect Core 1.0, 3.1)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx

from gatelog.api.security import Principal, Verify
from gatelog.clock import Clock
from gatelog.errors import GatelogError
from gatelog.identity.interface import Identity, IdentityError, IssuerKeys, TokenRejected
from gatelog.identity.tokens import verify

_SECOND = 1_000_000_000

MANAGEMENT_AUDIENCES = frozenset(
    {
        "https://management.azure.com",
        "https://management.azure.com/",
        "https://management.core.windows.net/",
        "https://api.loganalytics.io",
        "https://api.loganalytics.io/",
        "https://api.loganalytics.azure.com",
        "https://monitor.azure.com",
        "https://monitor.azure.com/",
        "https://metrics.monitor.azure.com",
        "https://kusto.kusto.windows.net",
        "api://gatelog",
    }
)
"""Audiences of bearer tokens that the management plane takes: what Azure's clients ask for, and our own."""


class SignInRefused(GatelogError):
    """The provider, or what it said, is not good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """An OpenID provider that people sign in at."""

    issuer: str
    """Its address; the metadata is at `/.well-known/openid-configuration` below it."""
    client_id: str
    client_secret: str = ""
    scopes: str = "openid profile email"
    groups_claim: str = "groups"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who has signed in."""

    object_id: str
    name: str
    groups: tuple[str, ...] = ()


class OidcSignIn:
    """Takes a browser to the provider and back."""

    def __init__(self, provider: Provider, identity: Identity, http: httpx.AsyncClient, clock: Clock) -> None:
        self._provider = provider
        self._identity = identity
        self._http = http
        self._clock = clock
        self._metadata: dict[str, Any] = {}

    @property
    def _metadata_url(self) -> str:
        return f"{self._provider.issuer.rstrip('/')}/.well-known/openid-configuration"

    async def _described(self) -> dict[str, Any]:
        """The provider's metadata, read once."""
        if not self._metadata:
            found = await self._json("GET", self._metadata_url)
            for name in ("authorization_endpoint", "token_endpoint", "issuer"):
                if not isinstance(found.get(name), str):
                    raise SignInRefused(f"the provider's metadata has no {name}")
            self._metadata = found
        return self._metadata

    async def _json(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        try:
            response = await self._http.request(method, url, timeout=10, **more)
            body = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise SignInRefused(f"the provider does not answer: {type(error).__name__}") from None
        if response.status_code != 200 or not isinstance(body, dict):
            reason = body.get("error_description") or body.get("error") if isinstance(body, dict) else ""
            raise SignInRefused(f"the provider answered {response.status_code}: {str(reason)[:200]}")
        return body

    async def begin(self, callback: str) -> tuple[str, dict[str, str]]:
        """Where the browser goes, and what must be remembered until it is back."""
        metadata = await self._described()
        verifier = secrets.token_urlsafe(48)
        state = {"state": secrets.token_urlsafe(24), "nonce": secrets.token_urlsafe(24), "verifier": verifier}
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "client_id": self._provider.client_id,
            "response_type": "code",
            "redirect_uri": callback,
            "scope": self._provider.scopes,
            "state": state["state"],
            "nonce": state["nonce"],
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{metadata['authorization_endpoint']}?{urlencode(query)}", state

    async def finish(self, query: Mapping[str, str], remembered: Mapping[str, str], callback: str) -> SignedIn:
        """Who came back. Raises `SignInRefused`."""
        if query.get("error"):
            raise SignInRefused(f"the provider refused: {query.get('error_description') or query['error']}"[:300])
        if not hmac.compare_digest(query.get("state", "").encode(), remembered.get("state", "").encode()):
            raise SignInRefused("the answer belongs to another sign-in")
        metadata = await self._described()
        form = {
            "grant_type": "authorization_code",
            "code": query.get("code", ""),
            "redirect_uri": callback,
            "client_id": self._provider.client_id,
            "code_verifier": remembered.get("verifier", ""),
        }
        if self._provider.client_secret:
            form["client_secret"] = self._provider.client_secret
        answer = await self._json("POST", metadata["token_endpoint"], data=form)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise SignInRefused("the provider gave no id_token")
        claims = await self._checked(token, str(metadata["issuer"]))
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), remembered.get("nonce", "").encode()):
            raise SignInRefused("the token belongs to another sign-in")
        return signed_in(claims, self._provider.groups_claim)

    async def _checked(self, token: str, issuer: str) -> dict[str, Any]:
        now = self._clock.now() // _SECOND
        for refresh in (False, True):
            try:
                keys = await self._identity.keys(self._metadata_url, refresh)
                return verify(token, keys.keys, audiences={self._provider.client_id}, issuers={issuer, keys.issuer}, now=now)
            except TokenRejected as error:
                if refresh or error.reason != "TokenSignatureKeyNotFound":
                    raise SignInRefused(f"the provider's token is not good: {error}") from None
            except IdentityError as error:
                raise SignInRefused(str(error)) from None
        raise AssertionError("unreachable")


def signed_in(claims: Mapping[str, Any], groups_claim: str = "groups") -> SignedIn:
    """Who the claims of a token name: `oid` where there is one (Entra ID), else `sub`."""
    object_id = str(claims.get("oid") or claims.get("sub") or "")
    if not object_id:
        raise SignInRefused("the token names nobody (no oid, no sub)")
    name = claims.get("preferred_username") or claims.get("upn") or claims.get("email") or claims.get("name") or object_id
    groups = claims.get(groups_claim) or ()
    return SignedIn(
        object_id=object_id, name=str(name), groups=tuple(str(group) for group in groups) if isinstance(groups, list) else ()
    )


class KnownIssuers:
    """Keys of the issuers whose bearer tokens the management plane takes; `refresh` reads those of outside providers again."""

    def __init__(self, identity: Identity, urls: tuple[str, ...]) -> None:
        self._identity = identity
        self._urls = urls
        self._found: dict[str, IssuerKeys] = {}

    async def refresh(self) -> None:
        """Read every issuer's keys; one that does not answer keeps the keys that it had."""
        for url in self._urls:
            try:
                self._found[url] = await self._identity.keys(url)
            except IdentityError:
                continue

    def keys(self) -> tuple[IssuerKeys, ...]:
        """What was read last."""
        return tuple(self._found.values())


def bearer_verifier(issuers: KnownIssuers, clock: Clock, audiences: frozenset[str] = MANAGEMENT_AUDIENCES) -> Verify:
    """Checks bearer tokens of the known issuers; for `Security(verify_bearer=...)`."""

    def check(token: str) -> Principal | None:
        if token.count(".") != 2:
            return None
        for issuer in issuers.keys():
            try:
                claims = verify(token, issuer.keys, audiences=audiences, issuers={issuer.issuer}, now=clock.now() // _SECOND)
                user = signed_in(claims)
            except (TokenRejected, SignInRefused):
                continue
            return Principal(id=user.object_id, name=user.name, kind="bearer", groups=user.groups)
        return None

    return check
