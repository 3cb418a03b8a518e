"""Checking JSON Web Tokens: what `validate-jwt` and `validate-azure-ad-token` share (RFC 7519, RFC 7515)."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import jwt
from jwt.exceptions import PyJWTError

from gatelog.policy.effects import Effect, FetchKeys, PolicyError
from gatelog.policy.parts import attribute, texts
from gatelog.policy.slots import LINE, Slot, one_of
from gatelog.policy.statement import Part
from gatelog.record.exchange import Exchange

_SYMMETRIC: Final = frozenset({"HS256", "HS384", "HS512"})
_ASYMMETRIC: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
_SIGNATURES: Final = jwt.PyJWS()


class TokenError(Exception):
    """A token is not good; `reason` is one of Azure's (`TokenExpired`, ...)."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredClaim(Part):
    """A claim that the token must have."""

    name: Slot[str] = attribute(LINE, required=True, doc="the claim's name")
    match: Slot[str] = attribute(one_of("all", "any"), default="all", doc="all of the values must be there, or any of them")
    separator: Slot[str] | None = attribute(LINE, doc="splits a text claim into values")
    values: tuple[Slot[str], ...] = texts("value", doc="values; none: the claim must only be there")


@dataclass(frozen=True, slots=True, eq=False)
class Key:
    """A key that may have signed a token."""

    material: Any
    """Bytes of a shared secret, or a public key."""
    id: str = ""
    symmetric: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """A parsed token, its signature not yet checked."""

    text: str
    header: dict[str, Any]
    claims: dict[str, Any]

    @property
    def algorithm(self) -> str:
        return str(self.header.get("alg", ""))

    @property
    def key_id(self) -> str:
        return str(self.header.get("kid", ""))


def parse(text: str) -> Token:
    """Raises TokenError `JwtInvalid`."""
    try:
        header = jwt.get_unverified_header(text)
        claims = jwt.decode(text, options={"verify_signature": False})
    except (PyJWTError, ValueError, RecursionError) as error:
        raise TokenError("JwtInvalid", f"The token is not a JSON Web Token: {error}") from error
    return Token(text, header, claims)


def is_signed_by(token: Token, key: Key) -> bool:
    """Whether the signature fits the key. A shared secret never checks a public-key algorithm, nor the other way round."""
    allowed = _SYMMETRIC if key.symmetric else _ASYMMETRIC
    if token.algorithm not in allowed:
        return False
    try:
        _SIGNATURES.decode(token.text, key.material, algorithms=[token.algorithm])
    except (PyJWTError, ValueError, TypeError, NotImplementedError):
        return False
    return True


def jwk_key(jwk: dict[str, Any], algorithm: str) -> Key | None:
    """The key of a JWK; None when it is of no use for the algorithm."""
    if algorithm not in _ASYMMETRIC or jwk.get("use", "sig") != "sig" or jwk.get("kty") == "oct":
        return None
    try:
        return Key(jwt.PyJWK.from_dict(jwk, algorithm=algorithm).key, str(jwk.get("kid", "")))
    except (PyJWTError, ValueError, TypeError):
        return None


class TokenMemory:
    """What one statement has worked out before: the same token comes with call after call, and checking a signature costs
    more than the rest of a policy. Only good signatures are remembered, each with the key that made it."""

    __slots__ = ("_keys", "_signed", "_tokens")
    LIMIT: Final = 1_000

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._keys: dict[tuple[str, str], tuple[list[dict[str, Any]], tuple[Key, ...]]] = {}
        self._signed: dict[tuple[str, int], Key] = {}

    def parse(self, text: str) -> Token:
        """`parse`, once for each text."""
        token = self._tokens.get(text)
        if token is None:
            token = parse(text)
            _keep(self._tokens, text, token)
        return token

    def keys(self, url: str, jwks: list[dict[str, Any]], algorithm: str) -> tuple[Key, ...]:
        """`jwk_key` of a provider's keys, once for as long as they stay the same."""
        held = self._keys.get((url, algorithm))
        if held is None or held[0] != jwks:
            found = (jwk_key(jwk, algorithm) for jwk in jwks)
            held = (jwks, tuple(key for key in found if key is not None))
            _keep(self._keys, (url, algorithm), held)
        return held[1]

    def is_signed_by(self, token: Token, key: Key) -> bool:
        """`is_signed_by`, once for each token and key that go together."""
        if key.symmetric:
            return is_signed_by(token, key)
        known = (token.text, id(key))
        if self._signed.get(known) is key:
            return True
        good = is_signed_by(token, key)
        if good:
            _keep(self._signed, known, key)
        return good


def _keep(store: dict[Any, Any], name: Any, value: Any) -> None:
    if len(store) >= TokenMemory.LIMIT:
        store.clear()
    store[name] = value


@dataclass(frozen=True, slots=True)
class Metadata:
    """What OpenID providers say about themselves."""

    issuers: tuple[str, ...]
    keys: tuple[Key, ...]


def fetch_metadata(urls: Sequence[str], token: Token, memory: TokenMemory) -> Generator[Effect, Any, Metadata]:
    """Issuers and keys of providers; fetched again when the token's key is not among them."""
    metadata = yield from _fetch(urls, token, memory, refresh=False)
    if token.key_id and all(key.id != token.key_id for key in metadata.keys):
        metadata = yield from _fetch(urls, token, memory, refresh=True)
    return metadata


def _fetch(urls: Sequence[str], token: Token, memory: TokenMemory, *, refresh: bool) -> Generator[Effect, Any, Metadata]:
    issuers: list[str] = []
    keys: list[Key] = []
    for url in urls:
        document: dict[str, Any] = yield FetchKeys(url, refresh)
        issuers.append(str(document["issuer"]))
        keys += memory.keys(url, document["keys"], token.algorithm)
    return Metadata(tuple(issuers), tuple(keys))


def check_signature(token: Token, keys: Sequence[Key], memory: TokenMemory) -> None:
    """Raises TokenError when none of the keys signed the token. A key id, when both sides have one, must agree."""
    if token.algorithm.lower() == "none":
        raise TokenError("TokenSignatureInvalid", "The token is not signed. Access denied.")
    named = [key for key in keys if not token.key_id or not key.id or key.id == token.key_id]
    if not named:
        raise TokenError("TokenSignatureKeyNotFound", f"No key with the id '{token.key_id}' was found. Access denied.")
    if not any(memory.is_signed_by(token, key) for key in named):
        raise TokenError("TokenSignatureInvalid", "The signature of the token is not valid. Access denied.")


def check_times(token: Token, now: int, skew: float, *, require_expiration: bool) -> None:
    """`exp` and `nbf` against the time in seconds since 1970."""
    expires, begins = _seconds(token, "exp"), _seconds(token, "nbf")
    if expires is None and require_expiration:
        raise TokenError("TokenNoExpirationTime", "The token has no expiration time. Access denied.")
    if expires is not None and expires + skew <= now:
        raise TokenError("TokenExpired", "The token is expired. Access denied.")
    if begins is not None and begins - skew > now:
        raise TokenError("TokenNotYetValid", "The token is not valid yet. Access denied.")


def _seconds(token: Token, claim: str) -> float | None:
    value = token.claims.get(claim)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenError("JwtInvalid", f"The claim '{claim}' is not a number. Access denied.")
    return float(value)


def audiences_of(token: Token) -> list[str]:
    """`aud` as a list."""
    return _texts(token.claims.get("aud"))


def check_audience(token: Token, allowed: Sequence[str]) -> None:
    """One of the token's audiences must be allowed; nothing allowed means that any will do."""
    if allowed and not set(audiences_of(token)) & set(allowed):
        raise TokenError("TokenAudienceNotAllowed", "The audience of the token is not allowed. Access denied.")


def check_issuer(token: Token, allowed: Sequence[str]) -> None:
    """The issuer must be allowed; `{tenantid}` in an issuer stands for the token's tenant."""
    if not allowed:
        return
    tenant = str(token.claims.get("tid", ""))
    names = {issuer.replace("{tenantid}", tenant) for issuer in allowed}
    if str(token.claims.get("iss", "")) not in names:
        raise TokenError("TokenIssuerNotAllowed", "The issuer of the token is not allowed. Access denied.")


def check_claims(token: Token, required: Sequence[RequiredClaim], exchange: Exchange) -> None:
    """Every required claim must be there, with the values that are asked for."""
    missing = [name for claim in required if (name := claim.name(exchange)) not in token.claims]
    if missing:
        names = ", ".join(missing)
        raise TokenError("TokenClaimNotFound", f"JWT token is missing the following claims: {names}. Access denied.")
    for claim in required:
        _check_claim(token, claim, exchange)


def _check_claim(token: Token, claim: RequiredClaim, exchange: Exchange) -> None:
    wanted = [value(exchange) for value in claim.values]
    if not wanted:
        return
    name = claim.name(exchange)
    held = _texts(token.claims[name])
    separator = claim.separator(exchange) if claim.separator else ""
    if separator or (claim.separator is not None and not separator):
        held = [part for text in held for part in text.split(separator or " ")]
    found = [value in held for value in wanted]
    if not (all(found) if claim.match(exchange) == "all" else any(found)):
        shown = ", ".join(held)
        raise TokenError("TokenClaimValueNotAllowed", f"Claim {name} value of {shown} is not allowed. Access denied.")


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [str(value).lower() if isinstance(value, bool) else str(value)]


def refusal(source: str, error: TokenError, status: int, message: str) -> PolicyError:
    """The answer to a call whose token is no good."""
    return PolicyError(source, error.reason, error.message, status=status, body_message=message or error.message)


def bearer(value: str, scheme: str) -> str:
    """The token in a header's value; '' when there is none or when its scheme is not the required one."""
    first, _, rest = value.strip().partition(" ")
    if scheme:
        return rest.strip() if first.lower() == scheme.lower() else ""
    return rest.strip() if rest else first
