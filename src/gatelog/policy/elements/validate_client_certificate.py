"""`validate-client-certificate`: refuse callers without a good TLS certificate."""

from __future__ import annotations

from dataclasses import dataclass

from gatelog.policy.parts import attribute, nodes
from gatelog.policy.slots import BOOLEAN, LINE, Slot
from gatelog.policy.statement import Part, Statement, Steps
from gatelog.record.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity(Part):
    """A certificate that is good."""

    thumbprint: Slot[str] | None = attribute(LINE, doc="its thumbprint")
    serial_number: Slot[str] | None = attribute(LINE, doc="its serial number")
    common_name: Slot[str] | None = attribute(LINE, doc="its common name")
    subject: Slot[str] | None = attribute(LINE, doc="its subject")
    dns_name: Slot[str] | None = attribute(LINE, doc="a DNS name of it")
    issuer_subject: Slot[str] | None = attribute(LINE, doc="its issuer's subject")
    issuer_thumbprint: Slot[str] | None = attribute(LINE, doc="its issuer's thumbprint")
    issuer_certificate_id: Slot[str] | None = attribute(LINE, doc="id of its issuer's configured certificate")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateClientCertificate(Statement):
    """Refuse callers without a good certificate. The gate does not ask callers for certificates, so none has one: every call
    is refused (401), unless `ignore-error` is set."""

    validate_revocation: Slot[bool] = attribute(BOOLEAN, default="true", doc="look at revocation lists")
    validate_trust: Slot[bool] = attribute(BOOLEAN, default="true", doc="the chain must be trusted")
    validate_not_before: Slot[bool] = attribute(BOOLEAN, default="true", doc="it must have begun to be valid")
    validate_not_after: Slot[bool] = attribute(BOOLEAN, default="true", doc="it must still be valid")
    ignore_error: Slot[bool] = attribute(BOOLEAN, default="false", doc="go on with the next policy all the same")
    identities: tuple[Identity, ...] = nodes(
        "identities/identity", Identity, doc="certificates that are good; none: every valid one"
    )

    def run(self, exchange: Exchange) -> Steps:
        if self.ignore_error(exchange):
            return None
        raise self.error(
            "ClientCertificateNotFound",
            "Client certificate missing.",
            status=401,
            body_message="Client certificate missing.",
        )
