"""Any OpenID provider, Microsoft Entra ID included: tokens by client credentials or from the platform, keys by metadata."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx

from gatelog.clock import Clock
from gatelog.identity.fetch import FetchPolicy, FetchRefused, fetch_json
from gatelog.identity.interface import IssuerKeys, Jwk, KeysUnavailable, Token, TokenUnavailable

KEYS_SECONDS = 3600
REFRESH_SECONDS = 300
EARLY_SECONDS = 300
CACHED_ISSUERS = 100


@dataclass(frozen=True, slots=True)
class ClientCredential:
    """A registered application and its secret (RFC 6749, 4.4)."""

    token_url: str
    """`https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token`."""
    client_id: str
    client_secret: str


@dataclass(frozen=True, slots=True)
class ManagedIdentity:
    """The machine's own identity, from the platform (learn.microsoft.com/entra/identity/managed-identities-azure-resources)."""

    url: str = "http://169.254.169.254/metadata/identity/oauth2/token"
    """The instance metadata service, or App Service's IDENTITY_ENDPOINT."""
    header: str = ""
    """App Service's IDENTITY_HEADER; empty: the instance metadata service."""


@dataclass(frozen=True, slots=True)
class _CachedKeys:
    found: IssuerKeys
    read: int


class OidcProvider:
    """Tokens and keys over the network. An `Identity`."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        clock: Clock,
        credential: ClientCredential | ManagedIdentity | None = None,
        policy: FetchPolicy | None = None,
    ) -> None:
        self._client = client
        self._clock = clock
        self._credential = credential
        self._policy = policy or FetchPolicy()
        self._tokens: dict[tuple[str, str], Token] = {}
        self._keys: dict[str, _CachedKeys] = {}
        self._lock = asyncio.Lock()

    async def token(self, resource: str, client_id: str = "") -> Token:
        """See `Identity`. A `client_id` other than the configured one needs a managed identity."""
        async with self._lock:
            cached = self._tokens.get((resource, client_id))
            if cached is not None and cached.expires - EARLY_SECONDS > self._now():
                return cached
            fresh = self._tokens[(resource, client_id)] = await self._request_token(resource, client_id)
            return fresh

    async def keys(self, url: str, refresh: bool = False) -> IssuerKeys:
        """See `Identity`."""
        async with self._lock:
            cached = self._keys.get(url)
            good_for = REFRESH_SECONDS if refresh else KEYS_SECONDS
            if cached is not None and self._now() - cached.read < good_for:
                return cached.found
            try:
                found = await self._read_keys(url)
            except FetchRefused as error:
                if cached is not None:
                    return cached.found
                raise KeysUnavailable(str(error)) from error
            if len(self._keys) >= CACHED_ISSUERS:
                self._keys.clear()
            self._keys[url] = _CachedKeys(found, self._now())
            return found

    async def _read_keys(self, url: str) -> IssuerKeys:
        metadata = await fetch_json(self._client, url, self._policy)
        issuer, place = metadata.get("issuer"), metadata.get("jwks_uri")
        if not isinstance(issuer, str) or not isinstance(place, str):
            raise FetchRefused(f"{url}: expected OpenID metadata with issuer and jwks_uri")
        found = (await fetch_json(self._client, place, self._policy)).get("keys")
        keys: tuple[Jwk, ...] = tuple(key for key in found if isinstance(key, dict)) if isinstance(found, list) else ()
        signing = tuple(key for key in keys if key.get("use", "sig") == "sig" and key.get("kty") in ("RSA", "EC", "OKP"))
        if not signing:
            raise FetchRefused(f"{place}: expected a key set with signing keys")
        return IssuerKeys(issuer, signing)

    async def _request_token(self, resource: str, client_id: str) -> Token:
        try:
            answer = await self._ask(resource, client_id)
        except FetchRefused as error:
            raise TokenUnavailable(f"no token for {resource}: {error}") from error
        text = answer.get("access_token")
        if not isinstance(text, str):
            raise TokenUnavailable(f"no token for {resource}: the answer has no access_token")
        lifetime, end = answer.get("expires_in"), answer.get("expires_on")
        if str(lifetime or "").isdigit():
            return Token(text, self._now() + int(str(lifetime)))
        return Token(text, int(str(end)) if str(end or "").isdigit() else self._now() + EARLY_SECONDS)

    async def _ask(self, resource: str, client_id: str) -> dict[str, object]:
        credential = self._credential
        if credential is None:
            raise TokenUnavailable(f"no token for {resource}: no identity is configured")
        if isinstance(credential, ManagedIdentity):
            return await self._ask_platform(credential, resource, client_id)
        if client_id and client_id != credential.client_id:
            raise TokenUnavailable(f"no token for {resource}: client {client_id} is not the configured application")
        form = {
            "grant_type": "client_credentials",
            "client_id": credential.client_id,
            "client_secret": credential.client_secret,
            "scope": resource.rstrip("/") + "/.default",
        }
        return await fetch_json(self._client, credential.token_url, self._policy, form=form)

    async def _ask_platform(self, identity: ManagedIdentity, resource: str, client_id: str) -> dict[str, object]:
        """The platform's endpoint is link-local by definition and was configured by the operator: no address check applies."""
        query = {"resource": resource, "api-version": "2019-08-01" if identity.header else "2018-02-01"}
        if client_id:
            query["client_id"] = client_id
        headers = {"X-IDENTITY-HEADER": identity.header} if identity.header else {"Metadata": "true"}
        try:
            response = await self._client.get(identity.url, params=query, headers=headers, timeout=self._policy.seconds)
        except httpx.HTTPError as error:
            raise FetchRefused(f"{identity.url}: {type(error).__name__}: {error}") from error
        if response.status_code != 200:
            raise FetchRefused(f"{identity.url}: status {response.status_code}")
        found = response.json()
        return found if isinstance(found, dict) else {}

    def _now(self) -> int:
        return self._clock.now() // 1_000_000_000
