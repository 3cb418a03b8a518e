"""Hashes, keyed hashes, RSA, AES and certificates of System.Security.Cryptography, over `hashlib` and `cryptography`."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import pkcs12

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet.dates import EPOCH, LOCAL, TICKS, DateTime
from gatelog.policy.dotnet.metadata import Type
from gatelog.policy.dotnet.runtime import Instance

NS: Final = "System.Security.Cryptography."
NAMES: Final = ("MD5", "SHA1", "SHA256", "SHA384", "SHA512")
_HASHES: Final[dict[str, Any]] = {
    "MD5": hashes.MD5,
    "SHA1": hashes.SHA1,
    "SHA256": hashes.SHA256,
    "SHA384": hashes.SHA384,
    "SHA512": hashes.SHA512,
}


def crypto_error(message: str) -> ex.DotNetException:
    return ex.DotNetException("CryptographicException", message)


class Hash(Instance):
    """A hash algorithm, keyed or not."""

    __slots__ = ("algorithm", "key", "value")

    def __init__(self, algorithm: str, key: bytearray | None = None) -> None:
        self.algorithm = algorithm
        self.key = key
        self.value: bytearray | None = None

    @property
    def type(self) -> Any:
        return Type(NS + ("HMAC" if self.key is not None else "") + self.algorithm)

    def compute(self, data: bytearray | None) -> bytearray:
        if data is None:
            raise ex.argument_null("buffer")
        name = self.algorithm.lower()
        if self.key is None:
            self.value = bytearray(hashlib.new(name, bytes(data), usedforsecurity=False).digest())
        else:
            self.value = bytearray(hmac.new(bytes(self.key), bytes(data), name).digest())
        return self.value

    def compute_part(self, data: bytearray | None, start: int, count: int) -> bytearray:
        if data is None:
            raise ex.argument_null("buffer")
        return self.compute(data[start : start + count])

    def size(self) -> int:
        return 8 * hashlib.new(self.algorithm.lower(), usedforsecurity=False).digest_size


def hasher(algorithm: str) -> Any:
    return lambda: Hash(algorithm)


def keyed_hasher(algorithm: str) -> Any:
    def make(key: bytearray | None) -> Hash:
        if key is None:
            raise ex.argument_null("key")
        return Hash(algorithm, key)

    return make


def random_keyed_hasher(algorithm: str) -> Any:
    return lambda: Hash(algorithm, bytearray(secrets.token_bytes(64)))


def set_key(target: Hash, key: bytearray) -> bytearray:
    target.key = key
    return key


def by_name(name: str | None) -> Hash | None:
    """`HashAlgorithm.Create(name)`, `HMAC.Create(name)`."""
    short = (name or "").upper().replace("-", "").rpartition(".")[2]
    if short.startswith("HMAC") and short[4:] in NAMES:
        return Hash(short[4:], bytearray(secrets.token_bytes(64)))
    return Hash(short) if short in NAMES else None


class AlgorithmName(Instance):
    """HashAlgorithmName."""

    __slots__ = ("name",)
    NAME = NS + "HashAlgorithmName"

    def __init__(self, name: str) -> None:
        self.name = name

    def text(self) -> str:
        return self.name

    def same_value(self, other: AlgorithmName) -> bool:
        return self.name == other.name


class Padding(Instance):
    """RSASignaturePadding, RSAEncryptionPadding."""

    __slots__ = ("hash_name", "kind")
    NAME = NS + "RSASignaturePadding"

    def __init__(self, kind: str, hash_name: str = "SHA1") -> None:
        self.kind = kind
        self.hash_name = hash_name

    def text(self) -> str:
        return self.kind


class Rsa(Instance):
    """An RSA key, private or public."""

    __slots__ = ("key",)
    NAME = NS + "RSA"

    def __init__(self, key: Any) -> None:
        self.key = key

    def private(self) -> rsa.RSAPrivateKey:
        if not isinstance(self.key, rsa.RSAPrivateKey):
            raise crypto_error("Keyset does not exist")
        return self.key

    def public(self) -> rsa.RSAPublicKey:
        found: rsa.RSAPublicKey = self.key.public_key() if isinstance(self.key, rsa.RSAPrivateKey) else self.key
        return found

    def sign(self, data: bytearray, name: AlgorithmName, pad: Padding) -> bytearray:
        return bytearray(self.private().sign(bytes(data), _signature_padding(pad, name), _hash(name)))

    def verify(self, data: bytearray, signature: bytearray, name: AlgorithmName, pad: Padding) -> bool:
        try:
            self.public().verify(bytes(signature), bytes(data), _signature_padding(pad, name), _hash(name))
        except InvalidSignature:
            return False
        return True

    def encrypt(self, data: bytearray, pad: Padding) -> bytearray:
        return bytearray(self.public().encrypt(bytes(data), _encryption_padding(pad)))

    def decrypt(self, data: bytearray, pad: Padding) -> bytearray:
        try:
            return bytearray(self.private().decrypt(bytes(data), _encryption_padding(pad)))
        except ValueError as error:
            raise crypto_error("The parameter is incorrect.") from error

    def size(self) -> int:
        return int(self.key.key_size)


def _hash(name: AlgorithmName) -> Any:
    if name.name not in _HASHES:
        raise crypto_error(f"'{name.name}' is not a known hash algorithm.")
    return _HASHES[name.name]()


def _signature_padding(pad: Padding, name: AlgorithmName) -> Any:
    if pad.kind == "Pss":
        return padding.PSS(padding.MGF1(_hash(name)), padding.PSS.DIGEST_LENGTH)
    return padding.PKCS1v15()


def _encryption_padding(pad: Padding) -> Any:
    if pad.kind == "Oaep":
        digest = _HASHES[pad.hash_name]
        return padding.OAEP(padding.MGF1(digest()), digest(), None)
    return padding.PKCS1v15()


class Certificate(Instance):
    """X509Certificate2."""

    __slots__ = ("certificate", "key")
    NAME = NS + "X509Certificates.X509Certificate2"

    def __init__(self, certificate: x509.Certificate, key: Any = None) -> None:
        self.certificate = certificate
        self.key = key

    @classmethod
    def read(cls, data: bytes, password: str | None = None) -> Certificate:
        """DER, PEM (with or without its key) or PKCS#12."""
        try:
            if b"-----BEGIN" in data:
                key = serialization.load_pem_private_key(data, None) if b"PRIVATE KEY-----" in data else None
                return cls(x509.load_pem_x509_certificate(data), key)
            try:
                return cls(x509.load_der_x509_certificate(data))
            except ValueError:
                key, certificate, _ = pkcs12.load_key_and_certificates(data, password.encode() if password else None)
                if certificate is None:
                    raise
                return cls(certificate, key)
        except (ValueError, TypeError) as error:
            raise crypto_error("Cannot find the requested object.") from error

    def thumbprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA1()).hex().upper()

    def der(self) -> bytearray:
        return bytearray(self.certificate.public_bytes(serialization.Encoding.DER))

    def text(self) -> str:
        subject, issuer = name_text(self.certificate.subject), name_text(self.certificate.issuer)
        return f"[Subject]\n  {subject}\n\n[Issuer]\n  {issuer}\n\n[Thumbprint]\n  {self.thumbprint()}\n"

    def serial(self) -> str:
        digits = f"{self.certificate.serial_number:X}"
        return digits.zfill(len(digits) + len(digits) % 2)

    def not_before(self) -> DateTime:
        return DateTime(EPOCH + int(self.certificate.not_valid_before_utc.timestamp()) * TICKS, LOCAL)

    def not_after(self) -> DateTime:
        return DateTime(EPOCH + int(self.certificate.not_valid_after_utc.timestamp()) * TICKS, LOCAL)

    def same_value(self, other: Certificate) -> bool:
        return self.certificate == other.certificate


_SHOWN: Final = {
    "commonName": "CN",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "countryName": "C",
    "localityName": "L",
    "stateOrProvinceName": "S",
    "emailAddress": "E",
    "domainComponent": "DC",
}


def name_text(name: x509.Name) -> str:
    """A distinguished name in Windows order, most specific part first."""
    parts = [f"{_SHOWN.get(part.oid._name, 'OID.' + part.oid.dotted_string)}={part.value!s}" for part in reversed(list(name))]
    return ", ".join(parts)


def from_bytes(data: bytearray | None, password: str | None = None) -> Certificate:
    if data is None:
        raise ex.argument_null("rawData")
    return Certificate.read(bytes(data), password)


def private_key(certificate: Certificate) -> Rsa | None:
    return Rsa(certificate.key) if isinstance(certificate.key, rsa.RSAPrivateKey) else None


def public_key(certificate: Certificate) -> Rsa | None:
    key = certificate.certificate.public_key()
    return Rsa(key) if isinstance(key, rsa.RSAPublicKey) else None


class Symmetric(Instance):
    """Aes: key, vector, mode and padding."""

    __slots__ = ("iv", "key", "mode", "padding")
    NAME = NS + "Aes"

    def __init__(self) -> None:
        self.key = bytearray(secrets.token_bytes(32))
        self.iv = bytearray(secrets.token_bytes(16))
        self.mode = 1
        self.padding = 2


def _cipher(key: bytes, iv: bytes, mode: int = 1) -> Cipher[Any]:
    if len(key) not in (16, 24, 32):
        raise crypto_error("Specified key is not a valid size for this algorithm.")
    if mode != 2 and len(iv) != 16:
        raise crypto_error("Specified initialization vector (IV) does not match the block size for this algorithm.")
    if mode not in (1, 2):
        raise ex.not_supported("cipher modes other than CBC and ECB are not supported here")
    return Cipher(algorithms.AES(key), modes.CBC(iv) if mode == 1 else modes.ECB())


def encrypt(data: bytearray, algorithm: Any, *secret: bytearray) -> bytearray:
    """`Encrypt(alg, key, iv)`, `Encrypt(SymmetricAlgorithm[, key, iv])`."""
    key, iv, mode, pad = _parameters(algorithm, secret)
    padder = PKCS7(128).padder()
    padded = padder.update(bytes(data)) + padder.finalize() if pad else bytes(data)
    worker = _cipher(key, iv, mode).encryptor()
    try:
        return bytearray(worker.update(padded) + worker.finalize())
    except ValueError:
        raise crypto_error("The input data is not a complete block.") from None


def decrypt(data: bytearray, algorithm: Any, *secret: bytearray) -> bytearray:
    key, iv, mode, pad = _parameters(algorithm, secret)
    worker = _cipher(key, iv, mode).decryptor()
    try:
        plain = worker.update(bytes(data)) + worker.finalize()
        unpadder = PKCS7(128).unpadder()
        return bytearray(unpadder.update(plain) + unpadder.finalize() if pad else plain)
    except ValueError:
        raise crypto_error("Padding is invalid and cannot be removed.") from None


def _parameters(algorithm: Any, secret: tuple[bytearray, ...]) -> tuple[bytes, bytes, int, bool]:
    if isinstance(algorithm, str):
        if algorithm.lower() not in ("aes", "rijndael", "rijndaelmanaged", "aesmanaged"):
            raise ex.not_supported(f"The algorithm '{algorithm}' is not supported here")
        return bytes(secret[0]), bytes(secret[1]), 1, True
    key, iv = secret if secret else (algorithm.key, algorithm.iv)
    return bytes(key), bytes(iv), algorithm.mode, algorithm.padding == 2


def verify_chain(certificate: Certificate | None) -> bool:
    """`Verify()`, `VerifyNoRevocation()`: in its dates, and issued by itself or by a known root (none is configured here)."""
    if certificate is None:
        raise ex.null_reference()
    return False


def random_bytes(target: bytearray) -> None:
    target[:] = secrets.token_bytes(len(target))
