"""The local issuer's signing keys and registered clients, in one file that only its owner can read.

Several processes share the file: whoever comes first makes it, and all see a rotation.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from gatelog.errors import InvalidDocument, Problem
from gatelog.identity.interface import Jwk

KEPT_KEYS = 3
"""The signing key and those before it, whose tokens may still be around."""


@dataclass(frozen=True, slots=True)
class Client:
    """A program that may ask for tokens."""

    id: str
    secret_hash: str
    """SHA-256 of its secret in hex; the secret itself is random and kept nowhere."""
    name: str
    object_id: str
    """`oid` of its service principal."""
    redirect_uris: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()

    def accepts(self, secret: str) -> bool:
        """The secret is right."""
        return hmac.compare_digest(hash_secret(secret), self.secret_hash)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key pair."""

    id: str
    pem: str


@dataclass(frozen=True, slots=True)
class _Content:
    tenant: str
    keys: tuple[SigningKey, ...]
    """Newest first; the first one signs."""
    clients: tuple[Client, ...]


def hash_secret(secret: str) -> str:
    """SHA-256 in hex: enough for secrets that are random."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Keyring:
    """The file, opened. Methods may be called from any thread."""

    def __init__(self, path: Path, content: _Content) -> None:
        self.path = path
        self._content = content
        self._published: tuple[tuple[SigningKey, ...], tuple[Jwk, ...]] = ((), ())
        self._stamp = _stamp(path)
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path) -> Keyring:
        """Read the file, or make it with a new key and tenant. Raises `InvalidDocument` when it is not ours."""
        if not path.exists():
            _create(path, _Content(_guid(), (_new_key(),), ()))
        return cls(path, _read(path))

    @property
    def tenant(self) -> str:
        """The issuer's tenant id, a GUID made with the file."""
        return self._content.tenant

    def signing_key(self) -> SigningKey:
        """The key that signs now."""
        self._reread()
        return self._content.keys[0]

    def public_keys(self) -> tuple[Jwk, ...]:
        """All keys that may have signed, as JWKs."""
        self._reread()
        keys, published = self._published
        if keys is not self._content.keys:
            keys = self._content.keys
            published = tuple(_jwk(key) for key in keys)
            self._published = (keys, published)
        return published

    def client(self, client_id: str) -> Client | None:
        """The registered client of that id."""
        self._reread()
        return next((client for client in self._content.clients if client.id == client_id), None)

    def rotate(self) -> SigningKey:
        """Sign with a new key from now on; the keys before it stay published."""
        key = _new_key()
        self._change(lambda content: replace(content, keys=(key, *content.keys[: KEPT_KEYS - 1])))
        return key

    def register(self, name: str, redirect_uris: Sequence[str] = (), roles: Sequence[str] = ()) -> tuple[Client, str]:
        """A new client and its secret, which is shown this once."""
        secret = secrets.token_urlsafe(32)
        client = Client(_guid(), hash_secret(secret), name, _guid(), tuple(redirect_uris), tuple(roles))
        self._change(lambda content: replace(content, clients=(*content.clients, client)))
        return client, secret

    def _change(self, change: Any) -> None:
        with self._lock:
            content = change(_read(self.path))
            _replace(self.path, content)
            self._content, self._stamp = content, _stamp(self.path)

    def _reread(self) -> None:
        if _stamp(self.path) == self._stamp:
            return
        with self._lock:
            self._content, self._stamp = _read(self.path), _stamp(self.path)


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_ino


def _guid() -> str:
    digits = secrets.token_hex(16)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _new_key() -> SigningKey:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return SigningKey(secrets.token_hex(8), key.private_bytes(encoding, form, serialization.NoEncryption()).decode())


def _jwk(key: SigningKey) -> Jwk:
    private = serialization.load_pem_private_key(key.pem.encode(), password=None)
    assert isinstance(private, rsa.RSAPrivateKey)
    return {**RSAAlgorithm.to_jwk(private.public_key(), as_dict=True), "kid": key.id, "use": "sig", "alg": "RS256"}


def _write(descriptor: int, content: _Content) -> None:
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(content), file, indent=1)
        file.flush()
        os.fsync(file.fileno())


def _temporary(path: Path, content: _Content) -> Path:
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    _write(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), content)
    return new


def _create(path: Path, content: _Content) -> None:
    """Whole or not at all; when another process was faster, its file stays."""
    new = _temporary(path, content)
    try:
        os.link(new, path)
    except FileExistsError:
        pass
    finally:
        new.unlink()


def _replace(path: Path, content: _Content) -> None:
    _temporary(path, content).replace(path)


def _read(path: Path) -> _Content:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        keys = tuple(SigningKey(**key) for key in found["keys"])
        clients = tuple(_client(client) for client in found["clients"])
        if not keys:
            raise ValueError("no key")
        return _Content(found["tenant"], keys, clients)
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidDocument([Problem(f"not an issuer's key file: {error}", place=str(path))]) from error


def _client(found: dict[str, Any]) -> Client:
    lists = {name: tuple(found.get(name, ())) for name in ("redirect_uris", "roles")}
    return Client(**{**found, **lists})
