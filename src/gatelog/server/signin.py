"""The OpenID provider that people sign in to the portal at, if one is set."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from gatelog.api.signin import OidcSignIn, Provider
from gatelog.clock import Clock
from gatelog.config import Settings
from gatelog.identity.fetch import FetchPolicy
from gatelog.identity.provider import OidcProvider


def sign_in_of(settings: Settings, clock: Clock) -> OidcSignIn | None:
    """Sign-in at the provider of the settings; None when there is none. The provider's own host may be a private address."""
    if not settings.oidc_issuer or not settings.oidc_client_id:
        return None
    provider = Provider(issuer=settings.oidc_issuer, client_id=settings.oidc_client_id, client_secret=settings.oidc_client_secret)
    host = urlsplit(settings.oidc_issuer).hostname or ""
    policy = FetchPolicy(allow_loopback=host in ("127.0.0.1", "localhost", "::1"), trusted_hosts=frozenset({host}))
    http = httpx.AsyncClient(trust_env=False, follow_redirects=False)
    return OidcSignIn(provider, OidcProvider(http, clock, policy=policy), http, clock)
