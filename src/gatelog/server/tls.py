"""TLS of the listeners: a certificate that an operator gives, or one that is generated into the data folder."""

from __future__ import annotations

import datetime
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gatelog.errors import GatelogError

VALID_DAYS = 825
RENEW_DAYS = 30


class CertificateUnusable(GatelogError):
    """The certificate or its key cannot be read."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Two PEM files."""

    certificate: Path
    key: Path


def certificate_of(setting: str, data: Path, hosts: tuple[str, ...]) -> Certificate | None:
    """The certificate that the setting `tls` means; None for plain HTTP. Raises `CertificateUnusable`."""
    if not setting:
        return None
    if setting == "auto":
        return _generated(data, hosts)
    names = setting.split(",")
    if len(names) != 2:
        raise CertificateUnusable(f"--tls: expected auto or CERT.pem,KEY.pem, found {setting!r}")
    found = Certificate(Path(names[0]), Path(names[1]))
    for path in (found.certificate, found.key):
        if not os.access(path, os.R_OK):
            raise CertificateUnusable(f"--tls: cannot read {path}")
    return found


def _generated(data: Path, hosts: tuple[str, ...]) -> Certificate:
    """A self-signed certificate for these hosts and localhost, made anew when it is about to end."""
    found = Certificate(data / "tls-certificate.pem", data / "tls-key.pem")
    if found.certificate.exists() and found.key.exists() and _days_left(found.certificate) > RENEW_DAYS:
        return found
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gatelog")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName(_alternative_names(hosts)), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    descriptor = os.open(found.key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    found.certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    return found


def _days_left(certificate: Path) -> int:
    loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
    return (loaded.not_valid_after_utc - datetime.datetime.now(datetime.UTC)).days


def _alternative_names(hosts: tuple[str, ...]) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = []
    for host in dict.fromkeys(("localhost", "127.0.0.1", "::1", *hosts)):
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(host)))
        except ValueError:
            names.append(x509.DNSName(host))
    return names
