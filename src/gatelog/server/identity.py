"""The local issuer of a data folder: every process of one gatelog shares its keys."""

from __future__ import annotations

from gatelog.clock import Clock
from gatelog.config import Settings
from gatelog.identity.keyring import Keyring
from gatelog.identity.local import LocalIssuer


def issuer_of(settings: Settings, clock: Clock) -> LocalIssuer:
    """The issuer whose URL the management plane serves."""
    keyring = Keyring.open(settings.data / "issuer.json")
    scheme = "https" if settings.tls else "http"
    return LocalIssuer(keyring, f"{scheme}://{settings.api}/identity/{keyring.tenant}", clock)
