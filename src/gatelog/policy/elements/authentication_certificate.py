"""`authentication-certificate`: a client certificate for the backend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

from gatelog.policy.binding import Binder
from gatelog.policy.effects import PolicyError
from gatelog.policy.parts import attribute
from gatelog.policy.reader import Node
from gatelog.policy.slots import ANY, LINE, Constant, Slot
from gatelog.policy.statement import Statement, Steps
from gatelog.record.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationCertificate(Statement):
    """Show a client certificate to the backend: a configured one, or one that an expression gives."""

    thumbprint: Slot[str] | None = attribute(LINE, doc="thumbprint of a configured certificate")
    certificate_id: Slot[str] | None = attribute(LINE, doc="id of a configured certificate")
    body: Slot[Any] | None = attribute(ANY, doc="PKCS #12 bytes")
    password: Slot[str] | None = attribute(LINE, doc="password of `body`")

    def check(self, binder: Binder, node: Node) -> None:
        if sum(slot is not None for slot in (self.thumbprint, self.certificate_id, self.body)) != 1:
            binder.problem(node, "'authentication-certificate' needs one of 'thumbprint', 'certificate-id' and 'body'")
        if isinstance(self.certificate_id, Constant):
            binder.refer("certificate", self.certificate_id.value, node)

    def run(self, exchange: Exchange) -> Steps:
        exchange.client_certificate = self.certificate(exchange)
        return None

    def certificate(self, exchange: Exchange) -> str:
        """The certificate as `Exchange.client_certificate` names it."""
        if self.certificate_id is not None:
            return self.certificate_id(exchange)
        if self.thumbprint is not None:
            return f"thumbprint:{self.thumbprint(exchange).replace(' ', '').upper()}"
        data = self.body(exchange) if self.body else b""
        password = self.password(exchange).encode() if self.password else None
        return _pem(data, password, self.place.element)


def _pem(data: Any, password: bytes | None, source: str) -> str:
    if not isinstance(data, bytes | bytearray):
        raise PolicyError(source, "CertificateInvalid", "the certificate's body must be bytes")
    try:
        key, certificate, chain = load_key_and_certificates(bytes(data), password)
    except ValueError as error:
        raise PolicyError(source, "CertificateInvalid", f"the certificate cannot be read: {error}") from error
    if key is None or certificate is None:
        raise PolicyError(source, "CertificateInvalid", "the certificate's body holds no key or no certificate")
    pieces = [key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())]
    pieces += [entry.public_bytes(Encoding.PEM) for entry in (certificate, *chain)]
    return b"".join(pieces).decode()
