"""GET and HEAD: resources, lists and their pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from gatelog.api.management.addresses import Address
from gatelog.api.management.errors import ArmError
from gatelog.api.management.rendering import arm_json
from gatelog.api.roles import ROLES
from gatelog.catalog.control import Snapshot
from gatelog.catalog.resource import SERVICE, Resource, full_id, parent_of
from gatelog.catalog.shapes import Tree

PAGE = 100
"""Members of one page."""

CATEGORIES = {
    "microsoft.apimanagement/service": (
        ("GatewayLogs", "Logs", ("allLogs",)),
        ("GatewayLlmLogs", "Logs", ("allLogs",)),
        ("WebSocketConnectionLogs", "Logs", ("allLogs",)),
        ("DeveloperPortalAuditLogs", "Logs", ("allLogs", "audit")),
        ("AllMetrics", "Metrics", ()),
    ),
    "microsoft.cognitiveservices/accounts": (
        ("Audit", "Logs", ("allLogs", "audit")),
        ("RequestResponse", "Logs", ("allLogs",)),
        ("AzureOpenAIRequestUsage", "Logs", ("allLogs",)),
        ("Trace", "Logs", ("allLogs",)),
        ("AllMetrics", "Metrics", ()),
    ),
}
"""Diagnostic categories of each type that has some: name, kind, groups."""


def members(address: Address, snapshot: Snapshot) -> list[Resource]:
    """The resources of a collection."""
    if address.kind is None:
        return _derived(address, snapshot)
    prefix = f"{address.id}/{address.tail}/".lower()
    if address.kind.extension:
        provider = address.kind.type.split("/")[0]
        prefix = f"{address.id}/providers/{provider}/{address.tail}/".lower()
        if address.kind.collection == "roleAssignments":
            suffix = f"/providers/{provider}/{address.tail}/".lower()
            return [r for key, r in sorted(snapshot.resources.items()) if suffix in key and _reaches(r, address.id)]
    elif "/" in address.kind.type and not address.kind.type.startswith("Microsoft.ApiManagement/service/"):
        return _in_scope(address, snapshot)
    return [r for key, r in sorted(snapshot.resources.items()) if key.startswith(prefix) and "/" not in key[len(prefix) :]]


def _reaches(assignment: Resource, scope: str) -> bool:
    """Assignments at a scope, above it and below it are listed, as in Azure."""
    at = assignment.id.lower().rsplit("/providers/microsoft.authorization", 1)[0]
    asked = scope.lower()
    return asked.startswith(at) or at.startswith(asked) or at == SERVICE


def _in_scope(address: Address, snapshot: Snapshot) -> list[Resource]:
    """Top-level resources of a type in a subscription, a resource group or another resource."""
    assert address.kind is not None
    wanted = address.kind.type.lower()
    scope = address.path.lower().split("/providers/")[0] + "/" if "/providers/" in address.path.lower() else ""
    if wanted.count("/") > 1:
        prefix = f"{address.id}/{address.tail}/".lower()
        return [r for key, r in sorted(snapshot.resources.items()) if key.startswith(prefix)]
    found = [r for _, r in sorted(snapshot.resources.items()) if r.type.lower() == wanted]
    return [r for r in found if full_id(r.id, snapshot.service_id).lower().startswith(scope)]


def _derived(address: Address, snapshot: Snapshot) -> list[Resource]:
    """Lists that are not collections of their own."""
    owner, tail = address.id.lower(), address.tail.lower()
    every = [resource for _, resource in sorted(snapshot.resources.items())]
    if owner.startswith(f"{SERVICE}/apis/") and tail == "products":
        name = address.id.rsplit("/", 1)[-1]
        ids = {product.id.lower() for product in snapshot.catalog.products_of(name)}
        ids |= {product.id.lower() for product in snapshot.catalog.configuration.products if name in product.api_ids}
        return [r for r in every if parent_of(r.id) == SERVICE and "/products/" in r.key and r.name.lower() in ids]
    if owner.startswith((f"{SERVICE}/products/", f"{SERVICE}/users/")) and tail == "subscriptions":
        owned = address.id.removeprefix(SERVICE).lower()
        return [
            r for r in every
            if r.type.lower().endswith("service/subscriptions")
            and owned in (r.properties["scope"].lower(), str(r.properties.get("ownerId", "")).lower())
        ]  # fmt: skip
    if owner.startswith(f"{SERVICE}/users/") and tail == "groups":
        user = snapshot.catalog.user(address.id.rsplit("/", 1)[-1])
        names = {name.lower() for name in user.groups} if user else set()
        return [r for r in every if r.type.lower().endswith("service/groups") and r.name.lower() in names]
    raise ArmError(404, "InvalidResourceType", f"gatelog has no resource or list at '{address.path}'.")


def derived_json(address: Address, snapshot: Snapshot) -> Tree | None:
    """Answers that are not made of stored resources."""
    tail, owner = address.tail.lower(), address.id.lower()
    if tail == "revisions" and owner.startswith(f"{SERVICE}/apis/"):
        return {"value": _revisions(address, snapshot)}
    if tail == "diagnosticsettingscategories":
        return {"value": _categories(address, snapshot)}
    if tail == "resourcegroups" and owner.startswith("/subscriptions/"):
        return {"value": _resource_groups(address, snapshot)}
    if tail == "roledefinitions":
        return {"value": [_role_definition(role.id) for role in ROLES]}
    return None


def _revisions(address: Address, snapshot: Snapshot) -> list[Tree]:
    base = address.id.partition(";rev=")[0].rsplit("/", 1)[-1].lower()
    return [
        {
            "apiId": f"/apis/{api.id}",
            "apiRevision": api.revision,
            "isCurrent": api.is_current,
            "isOnline": True,
            "privateUrl": f"/{api.path}" + ("" if api.is_current else f";rev={api.revision}"),
        }
        for api in snapshot.catalog.apis
        if api.id.partition(";rev=")[0].lower() == base
    ]


def _categories(address: Address, snapshot: Snapshot) -> list[Tree]:
    target = re.split(r"/providers/microsoft\.insights$", address.id, flags=re.IGNORECASE)[0]
    kind = next((r.type.lower() for r in (snapshot.get(target),) if r), "")
    base = full_id(target, snapshot.service_id)
    return [
        {
            "id": f"{base}/providers/Microsoft.Insights/diagnosticSettingsCategories/{name}",
            "name": name,
            "type": "Microsoft.Insights/diagnosticSettingsCategories",
            "properties": {"categoryType": category, "categoryGroups": list(groups)},
        }
        for name, category, groups in CATEGORIES.get(kind, ())
    ]


def _resource_groups(address: Address, snapshot: Snapshot) -> list[Tree]:
    found: dict[str, str] = {}
    for resource in snapshot.resources.values():
        match = re.match(r"/subscriptions/[^/]+/resourceGroups/[^/]+", full_id(resource.id, snapshot.service_id), re.IGNORECASE)
        if match and match[0].lower().startswith(f"{address.id.lower()}/"):
            found.setdefault(match[0].lower(), match[0])
    return [resource_group(group_id, snapshot) for group_id in sorted(found.values())]


def resource_group(group_id: str, snapshot: Snapshot) -> Tree:
    """A resource group: one that was put, or one that exists because something stands in it."""
    stored = snapshot.get(group_id)
    return {
        "id": group_id,
        "name": group_id.rsplit("/", 1)[-1],
        "type": "Microsoft.Resources/resourceGroups",
        "location": "local",
        **(dict(stored.envelope) if stored else {}),
        "properties": {"provisioningState": "Succeeded"},
    }


def _role_definition(role_id: str) -> Tree:
    role = next(role for role in ROLES if role.id == role_id)
    return {
        "id": f"/providers/Microsoft.Authorization/roleDefinitions/{role.id}",
        "name": role.id,
        "type": "Microsoft.Authorization/roleDefinitions",
        "properties": {"roleName": role.name, "description": role.doc, "type": "BuiltInRole", "assignableScopes": ["/"]},
    }


def subscriptions_json(snapshot: Snapshot) -> Tree:
    """The Azure subscriptions that ids name."""
    names = {snapshot.service_id.split("/")[2]} | {
        r.id.split("/")[2] for r in snapshot.resources.values() if r.id.startswith("/subscriptions/")
    }
    return {
        "value": [
            {"id": f"/subscriptions/{name}", "subscriptionId": name, "displayName": "gatelog", "state": "Enabled",
             "tenantId": snapshot.catalog.service.tenant_id}
            for name in sorted(names)
        ]
    }  # fmt: skip


_FILTER = re.compile(
    r"\s*(?:(?P<function>contains|startswith|endswith)\(\s*(?P<field>[\w/]+)\s*,\s*'(?P<text>(?:[^']|'')*)'\s*\)"
    r"|(?P<path>[\w/]+)\s+(?P<operator>eq|ne)\s+(?P<value>'(?:[^']|'')*'|true|false|-?\d+))\s*",
    re.IGNORECASE,
)


def _field(item: Tree, path: str) -> object:
    names = path.split("/")
    tree: object = item if names[0] in item else item.get("properties", {})
    for name in names:
        lowered = {str(key).lower(): value for key, value in tree.items()} if isinstance(tree, Mapping) else {}
        tree = lowered.get(name.lower())
    return tree


def matches(item: Tree, expression: str) -> bool:
    """An OData filter of `eq`, `ne`, `contains`, `startswith`, `endswith` joined by `and` or `or`. Raises `ArmError`."""
    parts = [re.split(r"\s+and\s+", part, flags=re.IGNORECASE) for part in re.split(r"\s+or\s+", expression, flags=re.IGNORECASE)]
    found = [[_holds(item, term) for term in terms] for terms in parts]
    return any(all(held) for held in found)


def _holds(item: Tree, term: str) -> bool:
    match = _FILTER.fullmatch(term.strip().removeprefix("(").removesuffix(")") if term.strip().startswith("(") else term)
    if match is None:
        message = f"$filter: expected terms such as name eq 'x' or contains(properties/displayName,'x'), found {term[:80]!r}"
        raise ArmError(400, "InvalidFilterInQueryString", message)
    if match["function"]:
        value, text = str(_field(item, match["field"]) or "").lower(), match["text"].replace("''", "'").lower()
        return {"contains": text in value, "startswith": value.startswith(text), "endswith": value.endswith(text)}[
            match["function"].lower()
        ]
    found = _field(item, match["path"])
    wanted = match["value"]
    shown = str(found).lower() if isinstance(found, bool | int) else str(found or "")
    equal = shown.lower() == (wanted[1:-1].replace("''", "'") if wanted.startswith("'") else wanted).lower()
    return equal == (match["operator"].lower() == "eq")


def page(items: list[Tree], query: Mapping[str, str], url: str) -> Tree:
    """One page of a list; `nextLink` when there is more. `url`: the list's own, without a query."""
    expression = query.get("$filter", "")
    if expression and "atScope()" not in expression and "principalId" not in expression:
        matches({}, expression)
        items = [item for item in items if matches(item, expression)]
    skip, top = _number(query, "$skip", 0), _number(query, "$top", 0)
    size = min(top, PAGE) if top else PAGE
    answer: Tree = {"value": items[skip : skip + size], "count": len(items)}
    left = len(items) - skip - size
    if left > 0 and (not top or top > size):
        rest = {**{k: v for k, v in query.items() if k not in ("$skip", "$top")}, "$skip": str(skip + size)}
        if top:
            rest["$top"] = str(top - size)
        answer["nextLink"] = f"{url}?{urlencode(rest)}"
    return answer


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not text.isdigit():
        raise ArmError(400, "InvalidQueryParameterValue", f"{name}: expected a whole number, found {text[:40]!r}")
    return int(text)


def list_json(resources: Iterable[Resource], snapshot: Snapshot, *, secrets: bool, policy_format: str) -> list[Tree]:
    """The JSON of a list's members."""
    return [arm_json(resource, snapshot, secrets=secrets, policy_format=policy_format) for resource in resources]
