"""The identity seam: tokens that the gate sends, and the keys that it checks callers' tokens with.

IdentityError
├── TokenUnavailable    no token could be had for a resource
├── KeysUnavailable     an issuer's metadata or keys could not be read
└── TokenRejected       a token does not hold; `reason` says why
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from gatelog.errors import GatelogError

Jwk = dict[str, Any]
"""A public key as RFC 7517 writes it."""


class IdentityError(GatelogError):
    """Root of what identity raises."""


class TokenUnavailable(IdentityError):
    """No token could be had."""


class KeysUnavailable(IdentityError):
    """An issuer's metadata or keys could not be read."""


class TokenRejected(IdentityError):
    """A token does not hold."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        """`TokenNotPresent`, `TokenSignatureInvalid`, `TokenExpired`, ... as `context.LastError.Reason` names them."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token."""

    text: str
    expires: int
    """Unix seconds."""


@dataclass(frozen=True, slots=True)
class IssuerKeys:
    """What a token of one issuer is checked with."""

    issuer: str
    keys: tuple[Jwk, ...]

    def as_reply(self) -> dict[str, Any]:
        """The reply to `gatelog.policy.effects.FetchKeys`."""
        return {"issuer": self.issuer, "keys": list(self.keys)}


class Identity(Protocol):
    """Whoever the gate is, and whomever it believes."""

    async def token(self, resource: str, client_id: str = "") -> Token:
        """A token of the gate's managed identity for `resource` (an audience URI, without `/.default`), from the cache while
        it is good for five more minutes. `client_id` picks a user-assigned identity. Raises `TokenUnavailable`."""
        ...

    async def keys(self, url: str, refresh: bool = False) -> IssuerKeys:
        """The issuer behind an OpenID configuration URL, from the cache for an hour; with `refresh` read again when the last
        reading is five minutes old. Raises `KeysUnavailable`."""
        ...
