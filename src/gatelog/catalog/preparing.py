"""What a write adds to a checked resource: keys, dates, ids, and texts in the form that is stored."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

from gatelog.catalog.durations import instant_text
from gatelog.catalog.resource import Resource
from gatelog.catalog.shapes import Tree
from gatelog.errors import InvalidDocument, Problem
from gatelog.policy.documents import to_raw


@dataclass(frozen=True, slots=True)
class Makings:
    """What is made rather than given: time, secrets and ids come in as functions."""

    now: int
    """Seconds since 1970."""
    make_key: Callable[[], str]
    """A fresh subscription or account key."""
    make_guid: Callable[[], str]


def prepared(resource: Resource, previous: Resource | None, makings: Makings) -> Resource:
    """The resource as it is stored; what `previous` had and a client cannot see (keys) is kept.

    Raises `InvalidDocument`.
    """
    step = _STEPS.get(resource.type.lower())
    return step(resource, previous, makings) if step else resource


def _with(resource: Resource, properties: Mapping[str, Any]) -> Resource:
    return replace(resource, properties=dict(properties))


def _kept(properties: Tree, previous: Resource | None, names: tuple[str, ...]) -> None:
    """Keep what the previous one had where this one says nothing."""
    for name in names:
        if name not in properties and previous is not None and name in previous.properties:
            properties[name] = previous.properties[name]


def _subscription(resource: Resource, previous: Resource | None, makings: Makings) -> Resource:
    properties = dict(resource.properties)
    _kept(properties, previous, ("primaryKey", "secondaryKey", "createdDate", "startDate"))
    for name in ("primaryKey", "secondaryKey"):
        if not properties.get(name):
            properties[name] = makings.make_key()
    properties.setdefault("createdDate", instant_text(makings.now))
    return _with(resource, properties)


def _user(resource: Resource, previous: Resource | None, makings: Makings) -> Resource:
    properties = dict(resource.properties)
    _kept(properties, previous, ("registrationDate",))
    properties.setdefault("registrationDate", instant_text(makings.now))
    return _with(resource, properties)


def _account(resource: Resource, previous: Resource | None, makings: Makings) -> Resource:
    properties = dict(resource.properties)
    _kept(properties, previous, ("key1", "key2"))
    for name in ("key1", "key2"):
        if not properties.get(name):
            properties[name] = makings.make_key()
    label = properties.get("customSubDomainName") or resource.name
    properties.setdefault("endpoint", f"https://{label}.openai.azure.com/")
    return _with(resource, properties)


def _workspace(resource: Resource, previous: Resource | None, makings: Makings) -> Resource:
    properties = dict(resource.properties)
    _kept(properties, previous, ("customerId",))
    properties.setdefault("customerId", makings.make_guid())
    return _with(resource, properties)


def _service(resource: Resource, previous: Resource | None, makings: Makings) -> Resource:
    envelope = dict(resource.envelope)
    before = previous.envelope if previous else {}
    known = before.get("identity") or {}
    identity = envelope.get("identity")
    if identity is None and known:
        envelope["identity"] = known
    elif identity is not None and str(identity.get("type", "")).lower() != "none":
        made = {
            "principalId": known.get("principalId") or makings.make_guid(),
            "tenantId": known.get("tenantId") or makings.make_guid(),
        }
        envelope["identity"] = {**identity, **made}
    if "armId" in before and "armId" not in envelope:
        envelope["armId"] = before["armId"]
    return replace(resource, envelope=envelope)


def _policy(resource: Resource, previous: Resource | None, makings: Makings) -> Resource:
    written = resource.properties.get("format", "xml")
    if written.endswith("-link"):
        problem = Problem("$.properties.format: a link must be fetched before the policy is stored", code="ValidationError")
        raise InvalidDocument([problem])
    value = resource.properties["value"]
    properties = {**resource.properties, "format": "rawxml", "value": to_raw(value) if written == "xml" else value}
    return _with(resource, properties)


def _certificate(resource: Resource, previous: Resource | None, makings: Makings) -> Resource:
    properties = dict(resource.properties)
    _kept(properties, previous, ("data",))
    data = properties.get("data", "")
    if not data or properties.get("keyVault"):
        raise InvalidDocument(
            [Problem("$.properties.data: expected PKCS #12 in base64, or PEM", place=resource.place, code="ValidationError")]
        )
    if "-----BEGIN" not in data:
        properties["data"] = _pem(data, properties.get("password", ""), resource.place)
    properties.pop("password", None)
    return _with(resource, properties)


def _pem(data: str, password: str, place: str) -> str:
    """PEM (certificate, key, chain) of PKCS #12 data in base64."""
    try:
        bundle = load_pkcs12(base64.b64decode(data), password.encode() or None)
    except ValueError as error:
        problem = Problem(f"$.properties.data: expected PKCS #12 in base64: {error}", place=place, code="ValidationError")
        raise InvalidDocument([problem]) from None
    parts = []
    if bundle.cert is not None:
        parts.append(bundle.cert.certificate.public_bytes(Encoding.PEM))
    if bundle.key is not None:
        parts.append(bundle.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    parts += [extra.certificate.public_bytes(Encoding.PEM) for extra in bundle.additional_certs]
    return b"".join(parts).decode()


def _role_assignment(resource: Resource, previous: Resource | None, makings: Makings) -> Resource:
    if resource.properties.get("condition"):
        raise InvalidDocument(
            [Problem("$.properties.condition: conditions are not supported", place=resource.place, code="ValidationError")]
        )
    return resource


def random_guid() -> str:
    """A random GUID in D form."""
    return str(uuid.uuid4())


_STEPS: Mapping[str, Callable[[Resource, Resource | None, Makings], Resource]] = {
    "microsoft.apimanagement/service": _service,
    "microsoft.apimanagement/service/subscriptions": _subscription,
    "microsoft.apimanagement/service/users": _user,
    "microsoft.apimanagement/service/certificates": _certificate,
    "microsoft.apimanagement/service/policies": _policy,
    "microsoft.apimanagement/service/products/policies": _policy,
    "microsoft.apimanagement/service/apis/policies": _policy,
    "microsoft.apimanagement/service/apis/operations/policies": _policy,
    "microsoft.apimanagement/service/policyfragments": _policy,
    "microsoft.cognitiveservices/accounts": _account,
    "microsoft.operationalinsights/workspaces": _workspace,
    "microsoft.authorization/roleassignments": _role_assignment,
}
