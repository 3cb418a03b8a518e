"""An OpenID issuer of our own: demos, tests and closed networks need no cloud to have identities."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gatelog.clock import Clock
from gatelog.identity.interface import Identity, IssuerKeys, KeysUnavailable, Token
from gatelog.identity.keyring import Keyring
from gatelog.identity.tokens import sign

LIFETIME = 3600
"""Seconds that a token is good for."""
EARLY = 300
"""Seconds before its end that a cached token is replaced."""
CACHED_TOKENS = 1000
GATE_CLIENT = uuid.uuid5(uuid.NAMESPACE_URL, "gatelog/system-assigned")
"""The gate's own system-assigned identity."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a token speaks for."""

    object_id: str
    app_id: str = ""
    name: str = ""
    roles: tuple[str, ...] = ()
    is_app: bool = True


class LocalIssuer:
    """Mints tokens in this process, with keys that all processes share. An `Identity`."""

    def __init__(self, keyring: Keyring, issuer: str, clock: Clock, provider: Identity | None = None) -> None:
        self.keyring = keyring
        self.issuer = issuer.rstrip("/")
        """URL without a slash at its end; `{issuer}/.well-known/openid-configuration` describes it."""
        self._clock = clock
        self._provider = provider
        self._tokens: dict[tuple[str, str], Token] = {}

    async def token(self, resource: str, client_id: str = "") -> Token:
        """A managed-identity token; see `Identity`."""
        cached = self._tokens.get((resource, client_id))
        if cached is not None and cached.expires - EARLY > self.now():
            return cached
        identity = (
            uuid.UUID(client_id) if _is_guid(client_id) else uuid.uuid5(GATE_CLIENT, client_id) if client_id else GATE_CLIENT
        )
        subject = Subject(str(uuid.uuid5(identity, "object")), str(identity), client_id or "gatelog")
        if len(self._tokens) >= CACHED_TOKENS:
            self._tokens.clear()
        fresh = self._tokens[(resource, client_id)] = self.mint(resource, subject)
        return fresh

    async def keys(self, url: str, refresh: bool = False) -> IssuerKeys:
        """Our own keys without any network; other issuers through the provider. See `Identity`."""
        if url in self.metadata_urls():
            return IssuerKeys(self.issuer, self.keyring.public_keys())
        if self._provider is None:
            raise KeysUnavailable(f"{url}: not this issuer ({self.issuer}), and no other provider is configured")
        return await self._provider.keys(url, refresh)

    def metadata_urls(self) -> tuple[str, str]:
        """Where this issuer describes itself."""
        path = "/.well-known/openid-configuration"
        return self.issuer + path, self.issuer + "/v2.0" + path

    def mint(self, audience: str, subject: Subject, lifetime: int = LIFETIME, extra: Mapping[str, Any] | None = None) -> Token:
        """A signed token for `audience`; `extra` claims win over ours."""
        now = self.now()
        claims = {
            "aud": audience,
            "iss": self.issuer,
            "iat": now,
            "nbf": now,
            "exp": now + lifetime,
            "appid": subject.app_id,
            "azp": subject.app_id,
            "idtyp": "app" if subject.is_app else "user",
            "oid": subject.object_id,
            "sub": subject.object_id,
            "name": subject.name,
            "tid": self.keyring.tenant,
            "uti": secrets.token_urlsafe(16),
            "ver": "1.0",
            **({"roles": list(subject.roles)} if subject.roles else {}),
            **(extra or {}),
        }
        return Token(sign(claims, self.keyring.signing_key()), int(claims["exp"]))

    def now(self) -> int:
        """Unix seconds."""
        return self._clock.now() // 1_000_000_000


def _is_guid(text: str) -> bool:
    return len(text) == 36 and all(part.isalnum() for part in text.split("-")) and _hex(text.replace("-", ""))


def _hex(text: str) -> bool:
    return len(text) == 32 and not set(text.lower()) - set("0123456789abcdef")
