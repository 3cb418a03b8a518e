"""Checks of resources: one body against its kind, and all resources against each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gatelog.catalog.kinds.kind import Kind, Reference
from gatelog.catalog.kinds.table import kind_of
from gatelog.catalog.resource import SERVICE, SERVICE_TYPE, Resource, parent_of, relative
from gatelog.catalog.shapes import Tree
from gatelog.errors import InvalidDocument, Problem

IDENTITY = ("id", "name", "type", "systemData", "etag", "resourceGroup", "subscriptionId", "managedBy")
"""What an answer to GET carries besides; ignored when a client sends it back."""


def checked(resource_id: str, body: Any, place: str = "") -> Resource:
    """The resource that a PUT body describes, settled: defaults filled in, references in their short form.

    Raises `InvalidDocument` with the JSON path of every problem.
    """
    kind = kind_of(resource_id)
    if kind is None:
        raise InvalidDocument([Problem(f"gatelog has no resource {resource_id!r}", place=place, code="InvalidResourceType")])
    problems = name_problems(kind, resource_id, place)
    if body is None and kind.nullable_body:
        body = {}
    if not isinstance(body, dict):
        raise InvalidDocument([*problems, Problem("expected a JSON object", place=place or "$", code="InvalidRequestContent")])
    properties = body.get("properties")
    if properties is None:
        properties = {}
    if kind.link:
        return Resource(id=resource_id, properties={}, place=place) if not problems else _refuse(problems)
    envelope = {name: value for name, value in body.items() if name != "properties" and not _is_identity(kind, name)}
    found: list[Problem] = []
    kind.properties.check(properties, "$.properties", found)
    kind.envelope.check(envelope, "$", found)
    problems += [_placed(problem, place) for problem in found]
    if problems:
        _refuse(problems)
    settled = with_short_references(kind, kind.properties.settle(properties))
    return Resource(id=resource_id, properties=settled, envelope=kind.envelope.settle(envelope), place=place)


def _is_identity(kind: Kind, name: str) -> bool:
    return name in IDENTITY and name not in {field.name for field in kind.envelope.fields if not field.read_only}


def _placed(problem: Problem, place: str) -> Problem:
    if not place:
        return problem
    return Problem(f"{problem.place}: {problem.message}", place=place, code=problem.code, hint=problem.hint)


def _refuse(problems: list[Problem]) -> Resource:
    raise InvalidDocument(problems)


def name_problems(kind: Kind, resource_id: str, place: str = "") -> list[Problem]:
    """What is wrong with the name of a resource."""
    name = resource_id.rsplit("/", 1)[-1]
    if resource_id == SERVICE or re.fullmatch(kind.names, name):
        return []
    message = f"{name[:80]!r} is no name for {kind.type}: it does not match {kind.names}"
    return [Problem(message, place=place, code="ValidationError")]


def with_short_references(kind: Kind, properties: Tree) -> Tree:
    """Properties whose references to parts of the service are in short form (`/loggers/hub`)."""
    shortened = dict(properties)
    for reference in kind.references:
        if "/" not in reference.collection and reference.path != "name":
            shortened = _map_path(shortened, reference.path.split("."), _short)
    if kind.type == f"{SERVICE_TYPE}/subscriptions" and "scope" in shortened:
        shortened["scope"] = relative(shortened["scope"])
    return shortened


def _short(value: Any) -> Any:
    """A reference in its short form; a bare name stays a bare name."""
    return relative(value) if isinstance(value, str) and "/" in value else value


def _map_path(value: Any, path: list[str], change: Any) -> Any:
    """`value` with `change` applied at a path such as `pool.services[].id`."""
    if not path:
        return change(value)
    if not isinstance(value, dict):
        return value
    head, rest = path[0], path[1:]
    name = head.removesuffix("[]")
    if name not in value:
        return value
    if head.endswith("[]"):
        return {**value, name: [_map_path(item, rest, change) for item in value[name]]}
    return {**value, name: _map_path(value[name], rest, change)}


def map_references(kind: Kind, properties: Mapping[str, Any], change: Any) -> Tree:
    """Properties with `change(text)` applied to every reference to a part of the service."""
    changed = dict(properties)
    for reference in kind.references:
        if "/" not in reference.collection and reference.path != "name":
            changed = _map_path(changed, reference.path.split("."), change)
    return changed


def _values_at(value: Any, path: list[str]) -> Iterator[str]:
    if not path:
        if isinstance(value, str) and value:
            yield value
        return
    if not isinstance(value, Mapping):
        return
    inner = value.get(path[0].removesuffix("[]"))
    if path[0].endswith("[]"):
        for item in inner or ():
            yield from _values_at(item, path[1:])
    elif inner is not None:
        yield from _values_at(inner, path[1:])


def references_of(resource: Resource) -> Iterator[tuple[Reference, str]]:
    """Every reference of a resource, with the canonical id that it names."""
    kind = kind_of(resource.id)
    for reference in kind.references if kind else ():
        values = [resource.name] if reference.path == "name" else list(_values_at(resource.properties, reference.path.split(".")))
        for value in values:
            if "/" in reference.collection:
                yield reference, value
            else:
                name = value.rstrip("/").rsplit("/", 1)[-1]
                yield reference, f"{SERVICE}/{reference.collection}/{name}"
    scope = resource.properties.get("scope", "") if resource.type == f"{SERVICE_TYPE}/subscriptions" else ""
    if scope.lower().startswith(("/products/", "/apis/")):
        yield Reference(path="scope", collection=scope.split("/")[1]), SERVICE + scope


def relation_problems(resources: Iterable[Resource]) -> list[Problem]:
    """Parents that are missing, references to nothing, names that are taken twice."""
    everything = list(resources)
    keys = {resource.key for resource in everything}
    problems = []
    for resource in everything:
        problems += _missing_parent(resource, keys)
        for reference, target in references_of(resource):
            built_in = target.rsplit("/", 1)[-1].lower() in reference.built_in
            if not built_in and target.lower() not in keys:
                where = "the name" if reference.path == "name" else f"$.properties.{reference.path}"
                message = f"{where} refers to {target.removeprefix(SERVICE)!r}, which does not exist"
                problems.append(Problem(message, place=resource.place or resource.id, code="ReferenceNotFound"))
        problems += _scope_problems(resource)
    return problems + _taken_twice(everything)


def _missing_parent(resource: Resource, keys: set[str]) -> list[Problem]:
    parent = parent_of(resource.id)
    lowered = parent.lower()
    implied = parent in ("", SERVICE) or kind_of(parent) is None or "/providers/" not in lowered and not lowered.startswith("~/")
    if implied or lowered in keys:
        return []
    message = f"{parent.removeprefix(SERVICE)!r}, in which it stands, does not exist"
    return [Problem(message, place=resource.place or resource.id, code="ParentResourceNotFound")]


_SCOPE = re.compile(r"/|/apis|/apis/[^/]+|/products/[^/]+", re.IGNORECASE)


def _scope_problems(resource: Resource) -> list[Problem]:
    scope = resource.properties.get("scope", "/") if resource.type == f"{SERVICE_TYPE}/subscriptions" else "/"
    if _SCOPE.fullmatch(scope):
        return []
    message = f"$.properties.scope: expected /products/ID, /apis/ID, /apis or /, found {scope!r}"
    return [Problem(message, place=resource.place or resource.id, code="ValidationError")]


def _taken_twice(resources: list[Resource]) -> list[Problem]:
    """Display names of named values, paths of APIs and keys of subscriptions must be unique."""
    owners: dict[tuple[str, str], Resource] = {}
    problems = []
    for resource in resources:
        for what, value in _unique_values(resource):
            other = owners.setdefault((what, value), resource)
            if other is not resource:
                shown = "the key" if what == "subscription key" else f"{what} {value!r}"
                message = f"{shown} is taken by {other.id.removeprefix(SERVICE)}"
                problems.append(Problem(message, place=resource.place or resource.id, code="ValidationError"))
    return problems


def _unique_values(resource: Resource) -> Iterator[tuple[str, str]]:
    properties = resource.properties
    match resource.type.lower():
        case "microsoft.apimanagement/service/namedvalues":
            yield "display name", properties["displayName"]
        case "microsoft.apimanagement/service/apis" if ";rev=" not in resource.key:
            version = f" of version {properties.get('apiVersion')}" if properties.get("apiVersion") else ""
            yield "path", properties.get("path", "").strip("/").lower() + version
        case "microsoft.apimanagement/service/subscriptions":
            for name in ("primaryKey", "secondaryKey"):
                if properties.get(name):
                    yield "subscription key", properties[name]
