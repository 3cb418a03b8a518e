"""PUT, PATCH, DELETE: what each changes, as a plan that `Control.edit` carries out or refuses whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gatelog.api.management.addresses import Address
from gatelog.api.management.errors import ArmError, not_found, precondition_failed
from gatelog.catalog.checking import checked
from gatelog.catalog.control import Snapshot
from gatelog.catalog.initial import is_claimed, named_after
from gatelog.catalog.openapi.fetching import DEFAULT_HOSTS, LinkFetcher
from gatelog.catalog.openapi.importing import import_api
from gatelog.catalog.openapi.reading import read_document
from gatelog.catalog.openapi.updating import import_changes
from gatelog.catalog.preparing import Makings, prepared
from gatelog.catalog.resource import SERVICE, Resource
from gatelog.catalog.shapes import Tree
from gatelog.catalog.store.interface import Change
from gatelog.errors import InvalidDocument, Problem

OPENAPI_FORMATS = ("openapi", "openapi+json", "openapi-link", "openapi+json-link", "swagger-json", "swagger-link-json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a write asks for."""

    address: Address
    body: Any
    if_match: str = ""
    if_none_match: str = ""
    query: Mapping[str, str]


def check_etag(asked: Asked, current: Resource | None) -> str | None | bool:
    """Raises 412 when the conditions do not hold; else the etag that the store must still have (`Change.expected`)."""
    path = asked.address.path
    if asked.if_none_match == "*" and current is not None:
        raise precondition_failed(path)
    if asked.if_match and asked.if_match != "*":
        tags = [tag.strip().removeprefix("W/").strip('"') for tag in asked.if_match.split(",")]
        if current is None or current.etag not in tags:
            raise precondition_failed(path)
    return current.etag if current else None


def put_plan(asked: Asked, before: Snapshot, makings: Makings) -> Sequence[Change]:
    """Create or replace a resource."""
    address = asked.address
    current = before.get(address.id)
    expected = check_etag(asked, current)
    resource_id = current.id if current else address.id
    if address.id == SERVICE:
        return [_service_change(asked, before, makings)]
    resource = checked(resource_id, asked.body)
    given = _given(asked.body)
    if given.get("format", "").lower().endswith("-link") and "/policies" in address.id.lower():
        resource = _with_fetched_policy(resource, before)
    if "value" in given and address.id.lower().startswith(f"{SERVICE}/apis/") and address.id.count("/") == 2:
        return _import_plan(resource, current, given, before)
    if address.id.lower().startswith(f"{SERVICE}/apis/") and address.id.count("/") == 2:
        return _api_plan(resource, current, before)
    made = prepared(resource, current, makings)
    if current is None and "state" not in given:
        made = _awaiting_approval(made, before)
    changes = [Change(made.id, made, expected)]
    return changes + _after_release(made, before)


def _awaiting_approval(made: Resource, before: Snapshot) -> Resource:
    """A new subscription of a product that asks for approval opens nothing until somebody makes it active."""
    scope = str(made.properties.get("scope", "")) if made.type.lower().endswith("service/subscriptions") else ""
    product = before.get(f"{SERVICE}{scope}") if scope.lower().startswith("/products/") else None
    if product is None or not product.properties.get("approvalRequired"):
        return made
    return replace(made, properties={**made.properties, "state": "submitted"})


def _given(body: Any) -> Tree:
    properties = body.get("properties") if isinstance(body, dict) else None
    return {k: v for k, v in properties.items() if v is not None} if isinstance(properties, dict) else {}


def _service_change(asked: Asked, before: Snapshot, makings: Makings) -> Change:
    current = before.get(SERVICE)
    asked_id = asked.address.service
    if is_claimed(current) and asked_id.lower() != before.service_id.lower():
        message = f"This gateway is the service '{before.service_id}'; delete that one first to give it another name."
        raise ArmError(409, "ServiceAlreadyExists", message)
    made = prepared(checked(SERVICE, asked.body), current, makings)
    return Change(SERVICE, named_after(made, before.service_id if is_claimed(current) else asked_id))


def _fetcher(snapshot: Snapshot) -> LinkFetcher:
    hosts = snapshot.catalog.settings.get("import-hosts")
    return LinkFetcher(tuple(host.strip() for host in hosts.split(",")) if hosts is not None else DEFAULT_HOSTS)


def _with_fetched_policy(resource: Resource, before: Snapshot) -> Resource:
    text = _fetcher(before)(resource.properties["value"])
    written = resource.properties["format"].removesuffix("-link")
    return replace(resource, properties={**resource.properties, "format": written, "value": text})


def _api_plan(resource: Resource, current: Resource | None, before: Snapshot) -> Sequence[Change]:
    """An API without an import; a new one may take operations and policies from another (`sourceApiId`)."""
    made = with_own_path(resource, before)
    changes = [Change(made.id, made)]
    source = str(resource.properties.get("sourceApiId", "")).rstrip("/").rsplit("/", 1)[-1]
    if current is None and source:
        prefix = f"{SERVICE}/apis/{source}/".lower()
        copied = [r for key, r in before.resources.items() if key.startswith(prefix) and "/diagnostics/" not in key]
        changes += [Change(copy.id, copy) for copy in (replace(r, id=made.id + r.id[len(prefix) - 1 :]) for r in copied)]
    return changes


def with_own_path(resource: Resource, before: Snapshot) -> Resource:
    """A revision has the path of its API; any other API must say its own."""
    base, is_revision, _ = resource.id.partition(";rev=")
    owner = before.get(base) if is_revision else None
    if owner is not None:
        inherited = {**owner.properties, **resource.properties, "path": owner.properties.get("path", "")}
        return replace(resource, properties=inherited)
    if "path" not in resource.properties:
        raise InvalidDocument([Problem("'path' is required", place="$.properties.path", code="ValidationError")])
    if not resource.properties.get("displayName"):
        return replace(resource, properties={**resource.properties, "displayName": resource.name})
    return resource


def _import_plan(resource: Resource, current: Resource | None, given: Tree, before: Snapshot) -> Sequence[Change]:
    written = str(given.get("format") or "swagger-json")
    if written.lower() not in OPENAPI_FORMATS:
        problem = Problem(
            f"expected one of {', '.join(OPENAPI_FORMATS)}, found {written!r}",
            place="$.properties.format",
            code="ValidationError",
        )
        raise InvalidDocument([problem])
    value = str(given["value"])
    is_link = "link" in written.lower()
    text = _fetcher(before)(value) if is_link else value
    try:
        document = read_document(text)
        keep = str(given.get("translateRequiredQueryParameters", "template")).lower() == "query"
        imported = import_api(document, keep_queries=keep)
    except InvalidDocument as error:
        raise InvalidDocument([_in_value(problem, value if is_link else "") for problem in error.problems]) from None
    properties = {**(current.properties if current else {}), **_only_given(resource.properties, given)}
    api = replace(resource, properties={**resource.properties, **properties})
    changes = list(import_changes(api, imported, before.resources, given))
    if changes[0].resource is not None:
        changes[0] = Change(api.id, with_own_path(changes[0].resource, before))
    return changes


def _only_given(properties: Mapping[str, Any], given: Tree) -> Tree:
    return {name: value for name, value in properties.items() if name in given}


def _in_value(problem: Problem, link: str) -> Problem:
    where = f"{link}: " if link else ""
    inner = f"{problem.place}: " if problem.place else ""
    message = f"{where}{inner}{problem.message}"
    return Problem(
        message,
        place="$.properties.value",
        line=problem.line,
        column=problem.column,
        code="DocumentTooLarge" if problem.code == "DocumentTooLarge" else "ValidationError",
        hint=problem.hint,
    )


def _after_release(made: Resource, before: Snapshot) -> list[Change]:
    """A release makes its revision current: what the revision has becomes the API's."""
    if not made.type.lower().endswith("/apis/releases"):
        return []
    revision = f"{SERVICE}{made.properties['apiId']}"
    base = revision.partition(";rev=")[0]
    source, target = before.get(revision), before.get(base)
    if source is None or target is None or source.key == target.key:
        return []
    changes = [Change(target.id, replace(source, id=target.id))]
    for key, resource in before.resources.items():
        if key.startswith((f"{target.key}/operations/", f"{target.key}/policies/", f"{target.key}/schemas/")):
            changes.append(Change(resource.id, None))
    for key, resource in before.resources.items():
        if key.startswith(f"{source.key}/"):
            copy = replace(resource, id=target.id + resource.id[len(source.id) :])
            changes.append(Change(copy.id, copy))
    return changes


def patch_plan(asked: Asked, before: Snapshot, makings: Makings) -> Sequence[Change]:
    """JSON merge patch (RFC 7396) of what is there."""
    current = before.get(asked.address.id)
    if current is None:
        raise not_found(asked.address.path)
    expected = check_etag(asked, current)
    if not isinstance(asked.body, dict):
        raise InvalidDocument([Problem("expected a JSON object", place="$", code="InvalidRequestContent")])
    own = {name: value for name, value in current.envelope.items() if name in ("armId", "claimed")}
    outer = {name: value for name, value in current.envelope.items() if name not in (*own, "origin")}
    merged = merge_patch({**outer, "properties": dict(current.properties)}, asked.body)
    resource = checked(current.id, merged)
    if current.type.lower().endswith("/apis"):
        resource = with_own_path(resource, before)
    made = prepared(resource, current, makings)
    return [Change(made.id, replace(made, envelope={**made.envelope, **own}), expected)]


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7396.

    >>> merge_patch({"a": 1, "b": {"c": 2, "d": 3}}, {"a": None, "b": {"c": 4}})
    {'b': {'c': 4, 'd': 3}}
    """
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


BUILT_IN = (
    f"{SERVICE}/subscriptions/master",
    f"{SERVICE}/groups/administrators",
    f"{SERVICE}/groups/developers",
    f"{SERVICE}/groups/guests",
)


def delete_plan(asked: Asked, before: Snapshot, makings: Makings) -> Sequence[Change]:
    """Delete a resource with everything in it, and the links that only said it belongs somewhere."""
    current = before.get(asked.address.id)
    if current is None:
        return []
    expected = check_etag(asked, current)
    if current.key in BUILT_IN:
        raise ArmError(400, "ValidationError", f"'{current.name}' is built in and cannot be deleted.")
    if current.id == SERVICE:
        return _delete_service(before)
    doomed = {key: r for key, r in before.resources.items() if key.startswith(f"{current.key}/")}
    if current.type.lower() == "microsoft.apimanagement/service/apis":
        for key, resource in before.resources.items():
            if key.startswith(f"{current.key};rev="):
                doomed[key] = resource
    doomed |= {r.key: r for r in before.resources.values() if _is_link_to(r, current)}
    if asked.query.get("deleteSubscriptions", "").lower() == "true":
        scope = current.id.removeprefix(SERVICE).lower()
        doomed |= {
            r.key: r
            for r in before.resources.values()
            if scope in (str(r.properties.get("scope", "")).lower(), str(r.properties.get("ownerId", "")).lower())
        }
    return [Change(current.id, None, expected), *(Change(r.id, None) for r in doomed.values())]


def _delete_service(before: Snapshot) -> Sequence[Change]:
    """All parts of the service go; the gateway becomes a service without a name that anyone has given."""
    current = before.resources[SERVICE]
    kept = {name: value for name, value in current.envelope.items() if name not in ("claimed", "tags")}
    parts = [r for key, r in before.resources.items() if key.startswith(f"{SERVICE}/") and key not in BUILT_IN]
    return [Change(SERVICE, Resource(id=SERVICE, properties={}, envelope=kept)), *(Change(r.id, None) for r in parts)]


_LINKS = {
    "microsoft.apimanagement/service/apis": ("products/apis", "products/apilinks"),
    "microsoft.apimanagement/service/groups": ("products/groups", "products/grouplinks"),
    "microsoft.apimanagement/service/users": ("groups/users",),
    "microsoft.apimanagement/service/tags": ("apis/tags", "products/tags", "apis/operations/tags"),
}


def _is_link_to(link: Resource, target: Resource) -> bool:
    kinds = _LINKS.get(target.type.lower(), ())
    kind = link.type.lower().removeprefix("microsoft.apimanagement/service/")
    if kind not in kinds:
        return False
    named = link.properties.get("apiId") or link.properties.get("groupId") or link.name
    return str(named).rsplit("/", 1)[-1].lower() == target.name.lower()
