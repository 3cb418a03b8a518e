"""Short-lived credentials by which the test console asks the gateway for a policy trace (`Apim-Debug-Authorization`)."""

from __future__ import annotations

import base64
import hashlib
import hmac

LIFETIME = 3600
"""Seconds that a token is good for, as in Azure."""


def _signature(key: bytes, api_id: str, expires: int) -> str:
    derived = hashlib.sha256(b"gatelog trace token\0" + key).digest()
    digest = hmac.new(derived, f"{api_id.lower()}\0{expires}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def sign(key: bytes, now: int, api_id: str = "", lifetime: int = LIFETIME) -> str:
    """A token for calls to one API (empty: all of them); `now` in seconds since 1970."""
    expires = now + lifetime
    scope = base64.urlsafe_b64encode(api_id.lower().encode()).rstrip(b"=").decode()
    return f"aid={scope}&exp={expires}&sig={_signature(key, api_id, expires)}"


def check(key: bytes, token: str, now: int, api_id: str = "") -> bool:
    """Whether the token is ours, still good, and for this API."""
    parts = dict(part.split("=", 1) for part in token.split("&") if "=" in part)
    try:
        expires = int(parts["exp"])
        scope = base64.urlsafe_b64decode(parts["aid"] + "=" * (-len(parts["aid"]) % 4)).decode()
        given = parts["sig"]
    except (KeyError, ValueError):
        return False
    genuine = hmac.compare_digest(given.encode(), _signature(key, scope, expires).encode())
    return genuine and now < expires and scope in ("", api_id.lower())
