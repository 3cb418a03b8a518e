"""Resource -> Azure's JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1

from gatelog.catalog.checking import map_references
from gatelog.catalog.control import Snapshot
from gatelog.catalog.initial import WORKSPACE_GUID
from gatelog.catalog.kinds.kind import Kind
from gatelog.catalog.kinds.table import kind_of
from gatelog.catalog.resource import SERVICE, Resource, full_id
from gatelog.catalog.shapes import Record, Tree
from gatelog.policy.documents import to_xml

INNER = ("armId", "claimed", "origin")
"""What the envelope holds for ourselves."""

HIDDEN = "***"


def arm_json(resource: Resource, snapshot: Snapshot, *, secrets: bool, policy_format: str = "xml") -> Tree:
    """The JSON of one resource. `secrets`: the reader may see credentials; keys are shown to nobody (listSecrets gives them)."""
    kind = kind_of(resource.id)
    properties = _visible(kind, resource, snapshot) if kind else dict(resource.properties)
    if kind:
        properties = _concealed(kind.properties, properties, secrets)
        properties = map_references(kind, properties, lambda text: _expanded(text, snapshot.service_id))
    adjust = _MADE.get(resource.type.lower())
    if adjust:
        properties |= adjust(resource, snapshot)
    if resource.type.lower().endswith("/policies") or resource.type.lower().endswith("/policyfragments"):
        properties |= _policy(resource, policy_format)
    if resource.type.lower() == "microsoft.apimanagement/service/subscriptions":
        properties["scope"] = snapshot.service_id + resource.properties["scope"]
    return {
        "id": full_id(resource.id, snapshot.service_id),
        "type": resource.type,
        "name": snapshot.service_id.rsplit("/", 1)[-1] if resource.id == SERVICE else resource.name,
        **{name: value for name, value in resource.envelope.items() if name not in INNER},
        **({"etag": resource.etag} if resource.id == SERVICE else {}),
        "properties": properties,
    }


def _visible(kind: Kind, resource: Resource, snapshot: Snapshot) -> Tree:
    """Properties of the resource; a link shows those of what it links to."""
    if kind.link:
        for reference in kind.references:
            target = snapshot.get(f"{SERVICE}/{reference.collection}/{resource.name}")
            target_kind = kind_of(target.id) if target else None
            if target and target_kind:
                return _concealed(target_kind.properties, dict(target.properties), False)
    return dict(resource.properties)


def _concealed(record: Record, properties: Mapping[str, Any], secrets: bool) -> Tree:
    """Without what is never shown, and with credentials masked for those who may not see them."""
    shown: Tree = {}
    fields = {field.name: field for field in record.fields}
    is_plain_value = not properties.get("secret") and "keyVault" not in properties and "displayName" in properties
    for name, value in properties.items():
        field = fields.get(name)
        if field is None:
            shown[name] = value
        elif field.write_only:
            continue
        elif field.secret and name == "value":
            if is_plain_value:
                shown[name] = value
        elif field.secret and not secrets:
            shown[name] = _masked(value)
        elif isinstance(field.shape, Record) and isinstance(value, dict):
            shown[name] = _concealed(field.shape, value, secrets)
        else:
            shown[name] = value
    return shown


def _masked(value: Any) -> Any:
    """Credentials with their texts hidden; references to named values stay, they tell nothing."""
    if isinstance(value, dict):
        return {name: _masked(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    return value if isinstance(value, str) and value.startswith("{{") and value.endswith("}}") else HIDDEN


def _expanded(text: Any, service_id: str) -> Any:
    """A short reference as a full ARM id."""
    return (
        service_id + text if isinstance(text, str) and text.startswith("/") and not text.startswith("/subscriptions/0") else text
    )


def _policy(resource: Resource, wanted: str) -> Tree:
    raw = resource.properties["value"]
    if wanted.startswith("rawxml"):
        return {"format": "rawxml", "value": raw}
    return {"format": "xml", "value": to_xml(raw)}


def _service(resource: Resource, snapshot: Snapshot) -> Tree:
    service = snapshot.catalog.service
    return {
        "provisioningState": "Succeeded",
        "targetProvisioningState": "",
        "gatewayUrl": service.gateway_url,
        "platformVersion": "stv2",
        "publicIPAddresses": [],
        "privateIPAddresses": [],
    }


def _api(resource: Resource, snapshot: Snapshot) -> Tree:
    properties = resource.properties
    names = properties.get("subscriptionKeyParameterNames") or {}
    _, _, revision = resource.name.partition(";rev=")
    return {
        "displayName": properties.get("displayName") or resource.name,
        "path": properties.get("path", ""),
        "apiRevision": revision or properties.get("apiRevision", "1"),
        "isCurrent": not revision,
        "isOnline": properties.get("isOnline", True),
        "subscriptionKeyParameterNames": {
            "header": names.get("header") or "Ocp-Apim-Subscription-Key",
            "query": names.get("query") or "subscription-key",
        },
        "provisioningState": "Succeeded",
    }


def _succeeded(resource: Resource, snapshot: Snapshot) -> Tree:
    return {"provisioningState": "Succeeded"}


def _group(resource: Resource, snapshot: Snapshot) -> Tree:
    return {"builtIn": resource.properties.get("type") == "system"}


def _user(resource: Resource, snapshot: Snapshot) -> Tree:
    user = snapshot.catalog.user(resource.name)
    return {"groups": [{"displayName": name, "type": "custom"} for name in user.groups] if user else []}


def _certificate(resource: Resource, snapshot: Snapshot) -> Tree:
    pem = str(resource.properties.get("data", ""))
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        return {}
    return {
        "subject": certificate.subject.rfc4514_string(),
        "thumbprint": certificate.fingerprint(SHA1()).hex().upper(),
        "expirationDate": certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _account(resource: Resource, snapshot: Snapshot) -> Tree:
    return {
        "provisioningState": "Succeeded",
        "endpoints": {"OpenAI Language Model Instance API": resource.properties.get("endpoint", "")},
    }


def _workspace(resource: Resource, snapshot: Snapshot) -> Tree:
    return {
        "provisioningState": "Succeeded",
        "customerId": resource.properties.get("customerId", WORKSPACE_GUID),
        "retentionInDays": resource.properties.get("retentionInDays", -1),
    }


def _role_assignment(resource: Resource, snapshot: Snapshot) -> Tree:
    parent = resource.id.lower().rsplit("/providers/microsoft.authorization", 1)[0]
    return {"scope": full_id(resource.id[: len(parent)], snapshot.service_id) or "/"}


_MADE: Mapping[str, Callable[[Resource, Snapshot], Tree]] = {
    "microsoft.apimanagement/service": _service,
    "microsoft.apimanagement/service/apis": _api,
    "microsoft.apimanagement/service/apis/schemas": _succeeded,
    "microsoft.apimanagement/service/namedvalues": _succeeded,
    "microsoft.apimanagement/service/policyfragments": _succeeded,
    "microsoft.apimanagement/service/groups": _group,
    "microsoft.apimanagement/service/users": _user,
    "microsoft.apimanagement/service/certificates": _certificate,
    "microsoft.cognitiveservices/accounts": _account,
    "microsoft.cognitiveservices/accounts/deployments": _succeeded,
    "microsoft.operationalinsights/workspaces": _workspace,
    "microsoft.resources/subscriptions/resourcegroups": _succeeded,
    "microsoft.authorization/roleassignments": _role_assignment,
}
