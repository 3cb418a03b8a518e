"""Making and checking JSON web tokens (RFC 7519).

Claims as in learn.microsoft.com/entra/identity-platform/access-token-claims-reference.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import jwt

from gatelog.identity.interface import Jwk, TokenRejected
from gatelog.identity.keyring import SigningKey

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256")
"""Never `none`, never a shared secret: keys come from public metadata."""


def sign(claims: Mapping[str, Any], key: SigningKey) -> str:
    """A token with these claims."""
    return jwt.encode(dict(claims), key.pem, algorithm="RS256", headers={"kid": key.id, "x5t": key.id})


def verify(
    token: str, keys: Sequence[Jwk], *, audiences: Collection[str], issuers: Collection[str], now: int, skew: int = 300
) -> dict[str, Any]:
    """The claims of a token that holds: signature, times (unix seconds `now`, `skew` allowed), audience and issuer.

    Empty `audiences` or `issuers` accept any. Raises `TokenRejected`.
    """
    claims = _signed_claims(token, keys)
    _check_times(claims, now, skew)
    found = claims.get("aud")
    named = set(found) if isinstance(found, list) else {found}
    if audiences and not named & set(audiences):
        raise TokenRejected("TokenAudienceNotAllowed", f"audience {found!r} is not accepted; expected {sorted(audiences)}")
    if issuers and claims.get("iss") not in issuers:
        raise TokenRejected("TokenIssuerNotAllowed", f"issuer {claims.get('iss')!r} is not accepted; expected {sorted(issuers)}")
    return claims


def _signed_claims(token: str, keys: Sequence[Jwk]) -> dict[str, Any]:
    try:
        kid = jwt.get_unverified_header(token).get("kid")
    except jwt.InvalidTokenError as error:
        raise TokenRejected("JwtInvalid", f"not a token: {error}") from error
    candidates = [key for key in keys if kid is None or key.get("kid") == kid]
    if not candidates:
        raise TokenRejected("TokenSignatureKeyNotFound", f"no key {kid!r} among the issuer's keys")
    options: Any = {"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_iss": False}
    for key in candidates:
        try:
            claims: dict[str, Any] = jwt.decode(token, jwt.PyJWK(key), algorithms=ALGORITHMS, options=options)
        except jwt.InvalidSignatureError:
            continue
        except (jwt.InvalidTokenError, jwt.PyJWKError) as error:
            raise TokenRejected("JwtInvalid", f"not a valid token: {error}") from error
        return claims
    raise TokenRejected("TokenSignatureInvalid", "the signature does not match the issuer's key")


def _check_times(claims: Mapping[str, Any], now: int, skew: int) -> None:
    expires, begins = claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(expires, int | float) or not isinstance(begins, int | float):
        raise TokenRejected("JwtInvalid", "the token has no expiry time")
    if now > expires + skew:
        raise TokenRejected("TokenExpired", "the token has expired")
    if now < begins - skew:
        raise TokenRejected("TokenNotYetValid", "the token is not valid yet")
