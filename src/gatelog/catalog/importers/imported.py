"""What an importer gives, and the steps that all importers share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gatelog.catalog.checking import checked
from gatelog.catalog.initial import WORKSPACE_ID
from gatelog.catalog.kinds.table import KINDS, kind_of
from gatelog.catalog.openapi.importing import import_api
from gatelog.catalog.openapi.reading import read_document
from gatelog.catalog.openapi.updating import import_changes
from gatelog.catalog.resource import SERVICE, SERVICE_TYPE, Resource, type_of
from gatelog.catalog.shapes import ListOf, MapOf, Record, Shape, Tree
from gatelog.errors import InvalidDocument, Problem

Fetch = Callable[[str], str]


@dataclass(slots=True)
class Imported:
    """Resources that are ready to be applied, and what was left out."""

    resources: list[Resource] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def add(self, resource_id: str, body: Tree, place: str, fetch: Fetch | None = None) -> None:
        """Keep one resource; what gatelog does not know of it becomes a warning."""
        kind = kind_of(resource_id)
        if kind is None:
            self.warnings.append(f"{place}: {type_of(resource_id)} is not imported")
            return
        cleaned = self._cleaned(kind.properties, body.get("properties") or {}, f"{place}: {resource_id}")
        outer = {f.name for f in kind.envelope.fields if not f.read_only}
        envelope = {name: value for name, value in body.items() if name in outer}
        try:
            resource = replace(checked(resource_id, {**envelope, "properties": cleaned}), place=place)
            self._keep(resource, cleaned, fetch)
        except InvalidDocument as error:
            self.problems += [
                replace(problem, place=place, message=f"{resource_id}: {problem.place}: {problem.message}".replace(": : ", ": "))
                for problem in error.problems
            ]

    def _keep(self, resource: Resource, given: Tree, fetch: Fetch | None) -> None:
        if resource.type == f"{SERVICE_TYPE}/apis" and given.get("value"):
            self._keep_import(resource, given, fetch)
        elif str(given.get("format", "")).endswith("-link") and "value" in given:
            text = self._fetched(given["value"], fetch, resource)
            properties = {**resource.properties, "format": given["format"].removesuffix("-link"), "value": text}
            self.resources.append(replace(resource, properties=properties))
        else:
            self.resources.append(resource)

    def _keep_import(self, resource: Resource, given: Tree, fetch: Fetch | None) -> None:
        text = self._fetched(given["value"], fetch, resource) if "link" in str(given.get("format", "")) else given["value"]
        imported = import_api(read_document(text))
        changes = import_changes(resource, imported, {}, given)
        self.resources += [replace(change.resource, place=resource.place) for change in changes if change.resource]

    def _fetched(self, link: str, fetch: Fetch | None, resource: Resource) -> str:
        if fetch is None:
            raise InvalidDocument([Problem(f"{link} must be fetched; links are not followed here", place="$.properties.value")])
        return fetch(link)

    def _cleaned(self, shape: Shape, value: Any, path: str) -> Any:
        """Without unknown properties; each is named in a warning."""
        if isinstance(shape, Record) and isinstance(value, Mapping):
            known = {declared.name: declared for declared in shape.fields}
            unknown = [name for name, item in value.items() if name not in known and item is not None]
            self.warnings += [f"{path}: property {name!r} is not known and was left out" for name in unknown]
            return {
                name: self._cleaned(known[name].shape, item, f"{path}.{name}")
                for name, item in value.items()
                if name in known and item is not None
            }
        if isinstance(shape, ListOf) and isinstance(value, list):
            return [self._cleaned(shape.item, item, f"{path}[{index}]") for index, item in enumerate(value)]
        if isinstance(shape, MapOf) and isinstance(value, Mapping):
            return {name: self._cleaned(shape.value, item, f"{path}.{name}") for name, item in value.items()}
        return value

    def finished(self) -> Imported:
        """The same with workspaces that are elsewhere replaced by ours. Raises `InvalidDocument` when anything was wrong."""
        if self.problems:
            raise InvalidDocument(self.problems)
        here = {resource.key for resource in self.resources}
        for index, resource in enumerate(self.resources):
            workspace = str(resource.properties.get("workspaceId", ""))
            if workspace and workspace.lower() not in here and workspace.lower() != WORKSPACE_ID.lower():
                self.warnings.append(
                    f"{resource.place}: workspace {workspace} is not here; its logs go to gatelog's own workspace"
                )
                self.resources[index] = replace(resource, properties={**resource.properties, "workspaceId": WORKSPACE_ID})
        return self


def service_child(arm_type: str, names: list[str]) -> str:
    """The canonical id of a part of the service from its type and the names after the service's.

    >>> service_child("Microsoft.ApiManagement/service/apis/operations", ["openai", "chat"])
    '~/apis/openai/operations/chat'
    """
    collections = arm_type.split("/")[2:]
    return "/".join([SERVICE, *(part for pair in zip(collections, names, strict=True) for part in pair)])


def is_known(arm_type: str) -> bool:
    """Whether gatelog has such resources."""
    return arm_type.lower() in KINDS
