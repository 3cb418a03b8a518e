"""Keys and certificates: signatures verify, thumbprints and names are those of the certificate."""

from __future__ import annotations

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from gatelog.policy.expression import compile, describe, evaluate, to_text


@pytest.fixture(scope="module")
def pem() -> str:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"), x509.NameAttribute(NameOID.COMMON_NAME, "client")])
    start = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(0xABC)
        .not_valid_before(start).not_valid_after(start + datetime.timedelta(days=3650)).sign(key, hashes.SHA256())
    )  # fmt: skip
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return (certificate.public_bytes(serialization.Encoding.PEM) + private).decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("context.Request.Certificate.Subject", "CN=client, C=DE"),
        ("context.Request.Certificate.SerialNumber", "0ABC"),
        ("context.Request.Certificate.Thumbprint.Length", "40"),
        ("context.Request.Certificate.NotBefore.Year", "2024"),
        ("context.Request.Certificate.HasPrivateKey", "True"),
        (
            "new X509Certificate2(context.Request.Certificate.RawData).Thumbprint == context.Request.Certificate.Thumbprint",
            "True",
        ),
    ],
)
def test_certificate(pem: str, text: str, expected: str) -> None:
    assert to_text(evaluate(compile(text), describe({"Request": {"Certificate": pem}}))) == expected


def test_sign_and_verify(pem: str) -> None:
    text = """@{
      var data = Encoding.UTF8.GetBytes("header.payload");
      using (var rsa = context.Request.Certificate.GetRSAPrivateKey()) {
        var signature = rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var other = Encoding.UTF8.GetBytes("other");
        var key = context.Request.Certificate.GetRSAPublicKey();
        return signature.Length + "," + key.VerifyData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
          + "," + key.VerifyData(other, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
      }
    }"""
    assert evaluate(compile(text), describe({"Request": {"Certificate": pem}})) == "256,True,False"


def test_encryption_goes_both_ways() -> None:
    text = """@{
      var aes = Aes.Create(); aes.Key = new byte[32]; aes.IV = new byte[16];
      var hidden = Encoding.UTF8.GetBytes("secret").Encrypt(aes);
      return hidden.Length + Encoding.UTF8.GetString(hidden.Decrypt("AES", new byte[32], new byte[16]));
    }"""
    assert evaluate(compile(text), describe({})) == "16secret"
