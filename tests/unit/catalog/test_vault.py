"""Encryption at rest, and the credentials of the test console."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from gatelog.catalog import trace_token
from gatelog.catalog.vault import SealBroken, Vault, decode_key, load_vault


def test_sealed_text_opens_for_its_owner_only() -> None:
    vault = Vault([b"a" * 32])
    sealed = vault.seal(b"secret", "~/namedvalues/a")
    assert b"secret" not in sealed and vault.seal(b"secret", "~/namedvalues/a") != sealed
    assert vault.open(sealed, "~/namedvalues/a") == b"secret"
    for changed, owner in (
        (sealed, "~/namedvalues/b"),
        (sealed[:-1] + b"\0", "~/namedvalues/a"),
        (b"\2" + sealed[1:], "~/namedvalues/a"),
    ):
        with pytest.raises(SealBroken):
            vault.open(changed, owner)


def test_the_key_file_is_private_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    key = load_vault(path).key
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_vault(path).key == key


def test_rotation(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    sealed = load_vault(path).seal(b"x", "o")
    path.write_text(base64.b64encode(b"n" * 32).decode() + "\n" + path.read_text())
    vault = load_vault(path)
    assert vault.key == b"n" * 32 and vault.open(sealed, "o") == b"x"


@pytest.mark.parametrize("text", ["", "abc", base64.b64encode(b"short").decode()])
def test_bad_keys(text: str) -> None:
    with pytest.raises(ValueError):
        decode_key(text)
    with pytest.raises(ValueError):
        Vault([text.encode()])


def test_hexadecimal_keys() -> None:
    assert decode_key("61" * 32) == b"a" * 32


def test_trace_tokens() -> None:
    token = trace_token.sign(b"k" * 32, 1000, "openai")
    assert trace_token.check(b"k" * 32, token, 1000, "OpenAI")
    assert not trace_token.check(b"k" * 32, token, 1000 + trace_token.LIFETIME, "openai"), "expired"
    assert not trace_token.check(b"k" * 32, token, 1000, "other")
    assert not trace_token.check(b"x" * 32, token, 1000, "openai")
    assert not trace_token.check(b"k" * 32, token.replace("exp=", "exp=9"), 1000, "openai")
    assert not trace_token.check(b"k" * 32, "nonsense", 1000)
    assert trace_token.check(b"k" * 32, trace_token.sign(b"k" * 32, 1000), 1000, "any")
