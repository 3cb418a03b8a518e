"""Certificates: given ones are checked, generated ones are private and kept until they are about to end."""

from __future__ import annotations

import ssl
import stat
from pathlib import Path

import pytest

from gatelog.server.tls import CertificateUnusable, certificate_of


def test_none_means_plain_http(tmp_path: Path) -> None:
    assert certificate_of("", tmp_path, ()) is None


def test_a_generated_certificate_loads_and_is_kept(tmp_path: Path) -> None:
    found = certificate_of("auto", tmp_path, ("gate.example",))
    assert found is not None
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(found.certificate, found.key)
    assert stat.S_IMODE(found.key.stat().st_mode) == 0o600
    before = found.certificate.read_bytes()
    certificate_of("auto", tmp_path, ())
    assert found.certificate.read_bytes() == before


@pytest.mark.parametrize(
    ("setting", "message"), [("one.pem", "expected auto or CERT.pem,KEY.pem"), ("a.pem,b.pem", "cannot read a.pem")]
)
def test_wrong_settings_are_one_line(tmp_path: Path, setting: str, message: str) -> None:
    with pytest.raises(CertificateUnusable, match=message):
        certificate_of(setting, tmp_path, ())
