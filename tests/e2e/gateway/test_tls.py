"""TLS on both sides of a real worker, with certificates of an authority that the test makes."""

from __future__ import annotations

import datetime
import http.client
import importlib
import ipaddress
import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PATH = "/openai/deployments/text-turbo/chat/completions?api-version=2024-02-01"


@dataclass
class Papers:
    """Files of an authority and of a server that it vouches for."""

    authority: str
    certificate: str
    key: str


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    folder: Path = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gatelog test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = Papers(*(str(folder / part) for part in ("authority.pem", "certificate.pem", "key.pem")))
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    Path(paths.authority).write_bytes(pem)
    Path(paths.certificate).write_bytes(pem)
    Path(paths.key).write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@pytest.fixture(scope="module")
def secure_backend(papers: Papers) -> Iterator[Any]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(papers.certificate, papers.key)
    server = importlib.import_module("gateway_scripted_backend").ScriptedBackend(tls=context)
    yield server
    server.close()


def chat(port: int, authority: str, document: dict[str, Any]) -> tuple[int, bytes]:
    context = ssl.create_default_context(cafile=authority)
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
    try:
        connection.request("POST", PATH, json.dumps(document), {"api-key": "good-key"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_calls_and_streams_over_tls_on_both_sides(start_worker: Any, secure_backend: Any, papers: Papers) -> None:
    settings = {"tls": [papers.certificate, papers.key], "ca_file": papers.authority}
    worker = start_worker([secure_backend.url], settings=settings)
    status, body = chat(worker.port, papers.authority, {"messages": []})
    assert status == 200 and b"Hello." in body
    status, body = chat(worker.port, papers.authority, {"messages": [], "stream": True})
    assert status == 200 and body.endswith(b"data: [DONE]\n\n")
    asked, answered = worker.last()
    assert asked.client_tls == "1.3" and answered.backend_url.startswith("https://") and answered.completed


def test_a_backend_with_a_certificate_of_nobody_is_refused(start_worker: Any, secure_backend: Any) -> None:
    worker = start_worker([secure_backend.url])
    assert worker.chat({"messages": []}).status == 500
    failure = worker.last()[1].failure
    assert failure is not None and failure.reason == "BackendConnectionFailure"
