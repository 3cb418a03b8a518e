"""The local issuer mints tokens that verify, across rotations and processes."""

from __future__ import annotations

import asyncio
import stat
import uuid
from pathlib import Path

import jwt
import pytest

from gatelog.clock import FixedClock
from gatelog.errors import InvalidDocument
from gatelog.identity.interface import KeysUnavailable, TokenRejected
from gatelog.identity.keyring import KEPT_KEYS, Keyring
from gatelog.identity.local import LocalIssuer
from gatelog.identity.tokens import sign, verify

AUDIENCE = "https://cognitiveservices.azure.com"
URL = "http://127.0.0.1:1/identity/t"
NOW = 1_700_000_000


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring.open(tmp_path / "issuer.json")


@pytest.fixture
def issuer(keyring: Keyring) -> LocalIssuer:
    return LocalIssuer(keyring, URL + "/", FixedClock())


def test_the_key_file_is_private_and_shared(keyring: Keyring) -> None:
    assert stat.S_IMODE(keyring.path.stat().st_mode) == 0o600
    again = Keyring.open(keyring.path)
    assert again.tenant == keyring.tenant and again.public_keys() == keyring.public_keys()
    assert uuid.UUID(keyring.tenant)
    assert list(keyring.path.parent.iterdir()) == [keyring.path]


def test_no_private_part_is_published(keyring: Keyring) -> None:
    assert all(set(key) <= {"kty", "n", "e", "kid", "use", "alg", "key_ops"} for key in keyring.public_keys())


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"tenant": "t", "keys": [], "clients": []}'])
def test_a_foreign_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "issuer.json").write_text(text)
    with pytest.raises(InvalidDocument, match="not an issuer's key file"):
        Keyring.open(tmp_path / "issuer.json")


def test_tokens_verify_and_are_cached(issuer: LocalIssuer) -> None:
    token = asyncio.run(issuer.token(AUDIENCE))
    claims = verify(token.text, issuer.keyring.public_keys(), audiences=[AUDIENCE], issuers=[URL], now=NOW)
    assert claims["tid"] == issuer.keyring.tenant and claims["appid"] and token.expires == NOW + 3600
    assert asyncio.run(issuer.token(AUDIENCE)) == token
    other = asyncio.run(issuer.token(AUDIENCE, str(uuid.UUID(int=7))))
    assert jwt.decode(other.text, options={"verify_signature": False})["appid"] == str(uuid.UUID(int=7))


def test_a_cached_token_is_replaced_before_it_ends(keyring: Keyring) -> None:
    clock = FixedClock()
    issuer = LocalIssuer(keyring, URL, clock)
    first = asyncio.run(issuer.token(AUDIENCE))
    clock.advance(3600 - 299)
    assert asyncio.run(issuer.token(AUDIENCE)).expires == first.expires + 3600 - 299


def test_rotation_reaches_other_processes(keyring: Keyring, issuer: LocalIssuer) -> None:
    other = Keyring.open(keyring.path)
    old = asyncio.run(issuer.token(AUDIENCE)).text
    other.rotate()
    assert keyring.signing_key().id == other.signing_key().id
    verify(old, keyring.public_keys(), audiences=[], issuers=[], now=NOW)
    for _ in range(KEPT_KEYS):
        other.rotate()
    assert len(keyring.public_keys()) == KEPT_KEYS
    with pytest.raises(TokenRejected) as caught:
        verify(old, keyring.public_keys(), audiences=[], issuers=[], now=NOW)
    assert caught.value.reason == "TokenSignatureKeyNotFound"


def test_own_metadata_needs_no_network(issuer: LocalIssuer) -> None:
    found = asyncio.run(issuer.keys(URL + "/v2.0/.well-known/openid-configuration"))
    assert found.as_reply() == {"issuer": URL, "keys": list(issuer.keyring.public_keys())}
    with pytest.raises(KeysUnavailable, match="no other provider"):
        asyncio.run(issuer.keys("https://login.example/x"))


def test_rejections(issuer: LocalIssuer) -> None:
    keys = issuer.keyring.public_keys()
    token = asyncio.run(issuer.token(AUDIENCE)).text
    forged = sign({"exp": NOW + 9}, Keyring.open(issuer.keyring.path.with_name("other.json")).signing_key())
    swapped = forged.replace(forged.split(".")[0], token.split(".")[0])
    unsigned = jwt.encode({"exp": NOW + 9}, "", algorithm="none")
    shared = jwt.encode({"exp": NOW + 9}, "x" * 32, algorithm="HS256", headers={"kid": keys[0]["kid"]})
    endless = sign({"aud": AUDIENCE}, issuer.keyring.signing_key())
    cases: list[tuple[str, str, int]] = [
        (token, "TokenExpired", NOW + 4000),
        (token, "TokenNotYetValid", NOW - 400),
        (forged, "TokenSignatureKeyNotFound", NOW),
        (swapped, "TokenSignatureInvalid", NOW),
        (unsigned, "JwtInvalid", NOW),
        (shared, "JwtInvalid", NOW),
        (endless, "JwtInvalid", NOW),
        ("not a token", "JwtInvalid", NOW),
    ]
    for text, reason, now in cases:
        with pytest.raises(TokenRejected) as caught:
            verify(text, keys, audiences=[], issuers=[], now=now)
        assert caught.value.reason == reason, text
    for audiences, issuers, reason in (["x"], [], "TokenAudienceNotAllowed"), ([], ["x"], "TokenIssuerNotAllowed"):
        with pytest.raises(TokenRejected) as caught:
            verify(token, keys, audiences=audiences, issuers=issuers, now=NOW)
        assert caught.value.reason == reason
