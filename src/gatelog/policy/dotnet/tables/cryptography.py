"""What expressions may use of System.Security.Cryptography and the Encrypt/Decrypt extensions."""

from __future__ import annotations

from typing import Any, Final

from gatelog.policy.dotnet import hashing as ha
from gatelog.policy.dotnet.metadata import TypeDef

NS: Final = ha.NS
X: Final = NS + "X509Certificates."


def setter(field: str) -> Any:
    def put(target: Any, value: Any) -> Any:
        setattr(target, field, int(value) if field in ("mode", "padding") else value)
        return value

    return put


_HASH: Final = (
    ("byte[] ComputeHash(byte[] buffer)", ha.Hash.compute),
    ("byte[] ComputeHash(byte[] buffer, int offset, int count)", ha.Hash.compute_part),
    ("byte[] Hash", "{0}.value"),
    ("int HashSize", ha.Hash.size),
    ("void Clear()", lambda _: None),
    ("void Dispose()", lambda _: None),
    ("static HashAlgorithm Create(string hashName)", ha.by_name),
)

TYPES: Final = (
    TypeDef(NS + "HashAlgorithm", _HASH),
    TypeDef(NS + "KeyedHashAlgorithm", (("byte[] Key", "{0}.key", ha.set_key),), extends=("HashAlgorithm",)),
    TypeDef(NS + "HMAC", (("static HMAC Create(string algorithmName)", ha.by_name),), extends=("KeyedHashAlgorithm",)),
    *(TypeDef(NS + name, ((f"static {name} Create()", ha.hasher(name)),), extends=("HashAlgorithm",)) for name in ha.NAMES),
    *(
        TypeDef(f"{NS}{name}{tail}", (("new()", ha.hasher(name)),), extends=(name,))
        for name in ha.NAMES
        for tail in ("Managed", "CryptoServiceProvider", "Cng")
    ),
    *(
        TypeDef(
            f"{NS}HMAC{name}",
            (("new()", ha.random_keyed_hasher(name)), ("new(byte[] key)", ha.keyed_hasher(name))),
            extends=("HMAC",),
        )
        for name in ha.NAMES
    ),
    TypeDef(
        NS + "HashAlgorithmName",
        (
            *((f"static HashAlgorithmName {name}", "{c}", ha.AlgorithmName(name)) for name in ha.NAMES),
            ("string Name", "{0}.name"),
            ("new(string name)", ha.AlgorithmName),
        ),
        kind="struct",
    ),
    TypeDef(
        NS + "RSASignaturePadding",
        (
            ("static RSASignaturePadding Pkcs1", lambda: ha.Padding("Pkcs1")),
            ("static RSASignaturePadding Pss", lambda: ha.Padding("Pss")),
        ),
    ),
    TypeDef(
        NS + "RSAEncryptionPadding",
        (
            ("static RSAEncryptionPadding Pkcs1", lambda: ha.Padding("Pkcs1")),
            *(
                (f"static RSAEncryptionPadding Oaep{name}", (lambda n: lambda: ha.Padding("Oaep", n))(name))
                for name in ha.NAMES[1:]
            ),
        ),
    ),
    TypeDef(NS + "AsymmetricAlgorithm", (("int KeySize", ha.Rsa.size), ("void Dispose()", lambda _: None))),
    TypeDef(
        NS + "RSA",
        (
            ("byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)", ha.Rsa.sign),
            (
                "bool VerifyData(byte[] data, byte[] signature, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)",
                ha.Rsa.verify,
            ),
            ("byte[] Encrypt(byte[] data, RSAEncryptionPadding padding)", ha.Rsa.encrypt),
            ("byte[] Decrypt(byte[] data, RSAEncryptionPadding padding)", ha.Rsa.decrypt),
        ),
        extends=("AsymmetricAlgorithm",),
    ),
    TypeDef(NS + "CipherMode", kind="enum", values=(("CBC", 1), ("ECB", 2), ("OFB", 3), ("CFB", 4), ("CTS", 5))),
    TypeDef(NS + "PaddingMode", kind="enum", values=(("None", 1), ("PKCS7", 2), ("Zeros", 3), ("ANSIX923", 4), ("ISO10126", 5))),
    TypeDef(
        NS + "SymmetricAlgorithm",
        (
            ("byte[] Key", "{0}.key", setter("key")),
            ("byte[] IV", "{0}.iv", setter("iv")),
            ("CipherMode Mode", "{0}.mode", setter("mode")),
            ("PaddingMode Padding", "{0}.padding", setter("padding")),
            ("void Dispose()", lambda _: None),
        ),
    ),
    TypeDef(NS + "Aes", (("static Aes Create()", ha.Symmetric),), extends=("SymmetricAlgorithm",)),
    TypeDef(NS + "AesManaged", (("new()", ha.Symmetric),), extends=("Aes",)),
    TypeDef(
        NS + "RNGCryptoServiceProvider",
        (
            ("new()", lambda: ha.Padding("rng")),
            ("void GetBytes(byte[] data)", lambda _, b: ha.random_bytes(b)),
            ("void Dispose()", lambda _: None),
        ),
    ),
    TypeDef(X + "X500DistinguishedName", (("string Name", ha.name_text),)),
    TypeDef(X + "PublicKey"),
    TypeDef(
        X + "X509Certificate2",
        (
            ("new(byte[] rawData)", ha.from_bytes),
            ("new(byte[] rawData, string password)", ha.from_bytes),
            ("string Thumbprint", ha.Certificate.thumbprint),
            ("string Subject", lambda c: ha.name_text(c.certificate.subject)),
            ("string Issuer", lambda c: ha.name_text(c.certificate.issuer)),
            ("X500DistinguishedName SubjectName", lambda c: c.certificate.subject),
            ("X500DistinguishedName IssuerName", lambda c: c.certificate.issuer),
            ("string SerialNumber", ha.Certificate.serial),
            ("DateTime NotBefore", ha.Certificate.not_before),
            ("DateTime NotAfter", ha.Certificate.not_after),
            ("byte[] RawData", ha.Certificate.der),
            ("byte[] GetRawCertData()", ha.Certificate.der),
            ("byte[] GetCertHash()", lambda c: bytearray.fromhex(c.thumbprint())),
            ("string GetCertHashString()", ha.Certificate.thumbprint),
            ("string GetSerialNumberString()", ha.Certificate.serial),
            ("bool HasPrivateKey", lambda c: c.key is not None),
            ("int Version", lambda c: c.certificate.version.value + 1),
            ("string GetExpirationDateString()", lambda c: c.not_after().text()),
            ("string GetEffectiveDateString()", lambda c: c.not_before().text()),
            ("RSA GetRSAPrivateKey()", ha.private_key),
            ("RSA GetRSAPublicKey()", ha.public_key),
            ("bool Verify()", ha.verify_chain),
            ("bool VerifyNoRevocation()", ha.verify_chain),
            ("string ToString()", ha.Certificate.text),
        ),
    ),
    TypeDef(
        "Microsoft.Azure.ApiManagement.CipherExtensions",
        (
            ("static byte[] Encrypt(this byte[] input, string alg, byte[] key, byte[] iv)", ha.encrypt),
            ("static byte[] Encrypt(this byte[] input, SymmetricAlgorithm alg)", ha.encrypt),
            ("static byte[] Encrypt(this byte[] input, SymmetricAlgorithm alg, byte[] key, byte[] iv)", ha.encrypt),
            ("static byte[] Decrypt(this byte[] input, string alg, byte[] key, byte[] iv)", ha.decrypt),
            ("static byte[] Decrypt(this byte[] input, SymmetricAlgorithm alg)", ha.decrypt),
            ("static byte[] Decrypt(this byte[] input, SymmetricAlgorithm alg, byte[] key, byte[] iv)", ha.decrypt),
        ),
        kind="static",
    ),
)
