"""The local issuer of a data folder: every process of one gatelog shares its keys."""

from __future__ import annotations

import httpx

from gatelog.clock import Clock
from gatelog.config import Settings
from gatelog.identity.keyring import Keyring
from gatelog.identity.local import LocalIssuer
from gatelog.identity.provider import OidcProvider


def issuer_of(settings: Settings, clock: Clock) -> LocalIssuer:
    """The issuer whose URL the management plane serves; keys of other issuers (`validate-jwt`) come over the network."""
    keyring = Keyring.open(settings.data / "issuer.json")
    scheme = "https" if settings.tls else "http"
    return LocalIssuer(
        keyring,
        f"{scheme}://{settings.api}/identity/{keyring.tenant}",
        clock,
        OidcProvider(httpx.AsyncClient(trust_env=False), clock),
    )
