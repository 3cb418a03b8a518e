"""ARM templates -> resources. Compiled Bicep is an ARM template."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gatelog.catalog.importers.expressions import Node, TemplateError, expand
from gatelog.catalog.importers.functions import FUNCTIONS, ONLY_IN_AZURE
from gatelog.catalog.importers.imported import Fetch, Imported, is_known, service_child
from gatelog.catalog.resource import SERVICE, SERVICE_TYPE, canonical_id
from gatelog.catalog.shapes import Tree
from gatelog.errors import InvalidDocument, Problem

_DEPLOYMENT = "microsoft.resources/deployments"
_DEEPEST = 10
_COPIES = 800


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The resource group that the template is read for."""

    subscription: str = "00000000-0000-0000-0000-000000000000"
    name: str = "gatelog"
    location: str = "local"
    tenant: str = "00000000-0000-0000-0000-000000000000"

    @property
    def id(self) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.name}"


@dataclass(slots=True)
class _Scope:
    """Names that expressions of one template can use."""

    group: Group
    parameters: Tree = field(default_factory=dict)
    variables: Tree = field(default_factory=dict)
    copies: dict[str, int] = field(default_factory=dict)
    resolved: Tree = field(default_factory=dict)

    def invoke(self, name: str, arguments: tuple[Node, ...], value_of: Callable[[Node], Any]) -> Any:
        lowered = name.lower()
        if lowered == "if":
            condition, yes, no = arguments
            return value_of(yes if value_of(condition) else no)
        values = [value_of(argument) for argument in arguments]
        own = _OWN.get(lowered)
        if own is not None:
            return own(self, *values)
        if lowered in ONLY_IN_AZURE:
            raise TemplateError(f"{name}() needs a running Azure; give the value as a parameter instead")
        if lowered not in FUNCTIONS:
            raise TemplateError(f"function {name!r} is not supported")
        try:
            return FUNCTIONS[lowered](*values)
        except (TypeError, ValueError, AttributeError, IndexError, ZeroDivisionError) as error:
            raise TemplateError(f"{name}(): {error}") from None

    def parameter(self, name: str) -> Any:
        lowered = {key.lower(): key for key in self.parameters}
        if name.lower() not in lowered:
            raise TemplateError(f"parameter {name!r} has no value; give it with --set {name}=...")
        return self.parameters[lowered[name.lower()]]

    def variable(self, name: str) -> Any:
        names = {key.lower(): key for key in self.variables}
        if name.lower() not in names:
            raise TemplateError(f"variable {name!r} does not exist")
        key = names[name.lower()]
        if key not in self.resolved:
            self.resolved[key] = expand(self.variables[key], self.invoke)
        return self.resolved[key]

    def copy_index(self, loop: Any = "", offset: int = 0) -> int:
        if isinstance(loop, int):
            loop, offset = "", loop
        if not self.copies:
            raise TemplateError("copyIndex() stands outside of a copy")
        return (self.copies[loop] if loop else list(self.copies.values())[-1]) + offset


def _resource_id(scope: _Scope, *parts: str) -> str:
    """`resourceId([subscription], [group], type, names...)`."""
    position = next((index for index, part in enumerate(parts) if "/" in part), None)
    if position is None:
        raise TemplateError(f"resourceId: expected a type among {parts!r}")
    kind, names = parts[position], [piece for part in parts[position + 1 :] for piece in part.split("/")]
    outer = list(parts[:position])
    group = outer.pop() if outer else scope.group.name
    subscription = outer.pop() if outer else scope.group.subscription
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{_joined(kind, names)}"


def _joined(kind: str, names: list[str]) -> str:
    provider, *collections = kind.split("/")
    if len(collections) != len(names):
        raise TemplateError(f"resourceId: {kind} needs {len(collections)} names, found {len(names)}")
    return "/".join([provider, *(part for pair in zip(collections, names, strict=True) for part in pair)])


def _subscription_resource_id(scope: _Scope, kind: str, *names: str) -> str:
    return f"/subscriptions/{scope.group.subscription}/providers/{_joined(kind, list(names))}"


def _extension_resource_id(scope: _Scope, base: str, kind: str, *names: str) -> str:
    return f"{base}/providers/{_joined(kind, list(names))}"


_OWN: Mapping[str, Callable[..., Any]] = {
    "parameters": lambda scope, name: scope.parameter(name),
    "variables": lambda scope, name: scope.variable(name),
    "copyindex": lambda scope, *arguments: scope.copy_index(*arguments),
    "resourceid": _resource_id,
    "subscriptionresourceid": _subscription_resource_id,
    "extensionresourceid": _extension_resource_id,
    "tenantresourceid": lambda scope, kind, *names: f"/providers/{_joined(kind, list(names))}",
    "resourcegroup": lambda scope: {"id": scope.group.id, "name": scope.group.name, "location": scope.group.location, "tags": {}},
    "subscription": lambda scope: {
        "id": f"/subscriptions/{scope.group.subscription}",
        "subscriptionId": scope.group.subscription,
        "tenantId": scope.group.tenant,
        "displayName": "gatelog",
    },
    "tenant": lambda scope: {"tenantId": scope.group.tenant},
    "deployment": lambda scope: {"name": "gatelog", "properties": {}},
    "environment": lambda scope: {
        "name": "AzureCloud",
        "resourceManager": "https://management.azure.com/",
        "suffixes": {"storage": "core.windows.net", "keyvaultDns": ".vault.azure.net"},
        "authentication": {"loginEndpoint": "https://login.microsoftonline.com/"},
    },
    "newguid": lambda scope: str(uuid.uuid5(uuid.NAMESPACE_URL, scope.group.id)),
    "utcnow": lambda scope, *form: "2000-01-01T00:00:00Z",
}


def import_template(
    template: Tree,
    parameters: Mapping[str, Any],
    *,
    place: str = "template",
    group: Group | None = None,
    fetch: Fetch | None = None,
) -> Imported:
    """The resources of a template. `parameters`: name -> value.

    Raises `InvalidDocument` with every resource that cannot be read.
    """
    imported = Imported()
    _template(imported, template, parameters, place, group or Group(), fetch, 0)
    return imported.finished()


def parameter_values(document: Tree) -> Tree:
    """Values of a parameters file (`{"parameters": {"name": {"value": ...}}}`)."""
    found = document.get("parameters", document)
    return {name: entry["value"] for name, entry in found.items() if isinstance(entry, dict) and "value" in entry}


def _template(
    imported: Imported, template: Tree, given: Mapping[str, Any], place: str, group: Group, fetch: Fetch | None, depth: int
) -> None:
    if depth > _DEEPEST:
        raise InvalidDocument([Problem("templates are nested too deeply", place=place)])
    scope = _Scope(group, variables=dict(template.get("variables") or {}))
    declared = template.get("parameters") or {}
    unknown = [name for name in given if name.lower() not in {key.lower() for key in declared}]
    imported.problems += [Problem(f"the template has no parameter {name!r}", place=place) for name in unknown]
    lowered = {name.lower(): value for name, value in given.items()}
    for name, entry in declared.items():
        if name.lower() in lowered:
            scope.parameters[name] = lowered[name.lower()]
        elif "defaultValue" in entry:
            try:
                scope.parameters[name] = expand(entry["defaultValue"], scope.invoke)
            except TemplateError as error:
                imported.problems.append(Problem(f"default of parameter {name!r}: {error}", place=place))
    scope.variables |= _copied_variables(scope, scope.variables.pop("copy", []))
    listed = template.get("resources") or []
    if isinstance(listed, dict):
        listed = list(listed.values())
    for index, resource in enumerate(listed):
        _resource(imported, resource, scope, f"{place}: resources[{index}]", fetch, depth, None)


def _copied_variables(scope: _Scope, loops: list[Tree]) -> Tree:
    return {loop["name"]: _loop_values(scope, loop["name"], loop["count"], loop["input"]) for loop in loops}


def _loop_values(scope: _Scope, name: str, count: Any, pattern: Any) -> list[Any]:
    values = []
    for index in range(_count(expand(count, scope.invoke))):
        scope.copies[name] = index
        values.append(expand(pattern, scope.invoke))
    scope.copies.pop(name, None)
    return values


def _count(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value <= _COPIES:
        raise TemplateError(f"copy: expected a count from 0 to {_COPIES}, found {value!r}")
    return value


def _resource(
    imported: Imported, resource: Tree, scope: _Scope, place: str, fetch: Fetch | None, depth: int, parent: tuple[str, str] | None
) -> None:
    """One resource, as often as its copy says; its children after it."""
    try:
        loop = resource.get("copy")
        if loop is None:
            _single(imported, resource, scope, place, fetch, depth, parent)
            return
        for index in range(_count(expand(loop["count"], scope.invoke))):
            scope.copies[loop["name"]] = index
            _single(imported, resource, scope, f"{place}[{index}]", fetch, depth, parent)
        scope.copies.pop(loop["name"], None)
    except TemplateError as error:
        imported.problems.append(Problem(f"{resource.get('type', '')} {resource.get('name', '')}: {error}", place=place))


def _single(
    imported: Imported, resource: Tree, scope: _Scope, place: str, fetch: Fetch | None, depth: int, parent: tuple[str, str] | None
) -> None:
    if resource.get("existing") or not expand(resource.get("condition", True), scope.invoke):
        return
    kind, name = str(resource.get("type", "")), str(expand(resource.get("name", ""), scope.invoke))
    if kind.lower() == _DEPLOYMENT:
        _nested(imported, resource, scope, place, fetch, depth)
        return
    if parent is not None and not kind.lower().startswith("microsoft."):
        kind = f"{parent[0]}/{kind}"
    if parent is not None and name.count("/") < kind.count("/") - 1:
        name = f"{parent[1]}/{name}"
    scope_id = str(expand(resource.get("scope", ""), scope.invoke))
    if "/providers/" in kind.lower():
        kind, name, scope_id = _extension(kind, name, scope.group)
    if is_known(kind):
        body = {
            key: expand(_with_copies(value, scope), scope.invoke)
            for key, value in resource.items()
            if key
            not in ("type", "name", "apiVersion", "dependsOn", "resources", "copy", "condition", "comments", "scope", "asserts")
        }
        imported.add(_id_of(kind, name, scope_id, scope.group), body, place, fetch)
    else:
        imported.warnings.append(f"{place}: {kind} {name!r} is not imported")
    for index, child in enumerate(resource.get("resources") or []):
        _resource(imported, child, scope, f"{place}.resources[{index}]", fetch, depth, (kind, name))


def _with_copies(value: Any, scope: _Scope) -> Any:
    """Property copies (`"copy": [{"name", "count", "input"}]`) in a body."""
    if isinstance(value, dict):
        made = {name: _with_copies(item, scope) for name, item in value.items() if name != "copy"}
        loops = value.get("copy")
        if isinstance(loops, list):
            for loop in loops:
                made[loop["name"]] = _loop_values(scope, loop["name"], loop["count"], loop["input"])
        elif loops is not None:
            made["copy"] = loops
        return made
    return [_with_copies(item, scope) for item in value] if isinstance(value, list) else value


def _id_of(kind: str, name: str, scope_id: str, group: Group) -> str:
    """The canonical id of a resource; parts of whatever service the template names become parts of ours."""
    names = name.split("/")
    if kind.lower().startswith(SERVICE_TYPE.lower()):
        return SERVICE if kind.lower() == SERVICE_TYPE.lower() else service_child(kind, names[1:])
    if kind in ("Microsoft.Insights/diagnosticSettings", "Microsoft.Authorization/roleAssignments"):
        base = _rebased(scope_id, group) if scope_id else group.id
        return f"{base}/providers/{kind}/{names[-1]}"
    return f"{group.id}/providers/{_joined(kind, names)}"


def _extension(kind: str, name: str, group: Group) -> tuple[str, str, str]:
    """Type, name and scope of the older spelling `Type/providers/diagnosticSettings` with the name `x/Microsoft.Insights/y`."""
    outer, _, last = kind.partition("/providers/")
    names = name.split("/")
    depth = outer.count("/")
    if len(names) != depth + 2:
        raise TemplateError(f"expected {depth + 2} names in {name!r}")
    return f"{names[depth]}/{last}", names[-1], f"{group.id}/providers/{_joined(outer, names[:depth])}"


def _rebased(resource_id: str, group: Group) -> str:
    """An id of any API Management service as one of ours; a relative scope is completed."""
    full = resource_id if resource_id.startswith("/subscriptions/") else ""
    if not full:
        provider, *rest = resource_id.split("/providers/")[-1].split("/")
        full = f"{group.id}/providers/{provider}/{'/'.join(rest)}"
    marker = "/providers/microsoft.apimanagement/service/"
    position = full.lower().find(marker)
    if position < 0:
        return full
    service = full[: position + len(marker)] + full[position + len(marker) :].split("/", 1)[0]
    return canonical_id(full, service)


def _nested(imported: Imported, resource: Tree, scope: _Scope, place: str, fetch: Fetch | None, depth: int) -> None:
    """A nested template: its own names (`inner`), or those of the outer one (the default)."""
    properties = resource.get("properties") or {}
    template = properties.get("template")
    if not isinstance(template, dict):
        imported.warnings.append(f"{place}: a linked template is not imported")
        return
    options = properties.get("expressionEvaluationOptions") or {}
    group = scope.group
    if resource.get("resourceGroup"):
        group = replace(group, name=str(expand(resource["resourceGroup"], scope.invoke)))
    if str(options.get("scope", "outer")).lower() == "inner":
        given = parameter_values(expand(properties.get("parameters") or {}, scope.invoke))
        _template(imported, template, given, place, group, fetch, depth + 1)
        return
    listed = template.get("resources") or []
    for index, inner in enumerate(listed.values() if isinstance(listed, dict) else listed):
        _resource(imported, inner, scope, f"{place}.resources[{index}]", fetch, depth + 1, None)
