"""Encryption of secrets at rest: AES-256-GCM with a key from a file, the environment or a key service.

Sealed bytes are `1 | nonce (12) | ciphertext and tag`; the resource's id is authenticated with them, so that a sealed
secret cannot be moved to another resource. Several keys can be held: the first seals, all of them open (key rotation).
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gatelog.errors import GatelogError

_VERSION = b"\x01"


class SealBroken(GatelogError):
    """A secret could not be decrypted: the key is another one, or the data was changed."""


class Vault:
    """Seals and opens secrets."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != 32 for key in keys):
            raise ValueError("expected one or more keys of 32 bytes")
        self._ciphers = [AESGCM(key) for key in keys]
        self._keys = tuple(keys)

    def __repr__(self) -> str:
        return f"Vault({len(self._keys)} keys)"

    @property
    def key(self) -> bytes:
        """The sealing key, from which keys of other purposes are derived (`gatelog.catalog.trace_token`)."""
        return self._keys[0]

    def seal(self, plain: bytes, owner: str) -> bytes:
        """Encrypt `plain` for the resource `owner`."""
        nonce = os.urandom(12)
        return _VERSION + nonce + self._ciphers[0].encrypt(nonce, plain, owner.encode())

    def open(self, sealed: bytes, owner: str) -> bytes:
        """The inverse of `seal`. Raises `SealBroken`."""
        if sealed[:1] != _VERSION:
            raise SealBroken(f"secret of {owner!r} has an unknown format")
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(sealed[1:13], sealed[13:], owner.encode())
            except InvalidTag:
                continue
        raise SealBroken(f"secret of {owner!r} cannot be decrypted: the key is another one, or the data was changed")


def decode_key(text: str) -> bytes:
    """A key from its base64 or hexadecimal spelling. Raises ValueError."""
    stripped = text.strip()
    key = bytes.fromhex(stripped) if len(stripped) == 64 else base64.b64decode(stripped, validate=True)
    if len(key) != 32:
        raise ValueError(f"expected a key of 32 bytes in base64 or hexadecimal, found {len(key)} bytes")
    return key


def load_vault(path: Path) -> Vault:
    """The vault whose keys stand in a file, one on each line; a missing file is made, readable by its owner only."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        text = base64.b64encode(secrets.token_bytes(32)).decode() + "\n"
        try:
            with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
                file.write(text)
        except FileExistsError:
            pass
    lines = [line for line in path.read_text(encoding="ascii").splitlines() if line.strip() and not line.startswith("#")]
    return Vault([decode_key(line) for line in lines])
