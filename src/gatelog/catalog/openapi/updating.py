"""What an import changes: the API's own properties, its operations and its schemas.

Operations are matched by name, which is the operationId. Those that the document no longer has are deleted; a new one takes over
the policy of a deleted one with the same method and URL template.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gatelog.catalog.checking import checked
from gatelog.catalog.openapi.importing import SCHEMA_ID, ImportedApi
from gatelog.catalog.resource import Resource
from gatelog.catalog.shapes import Tree
from gatelog.catalog.store.interface import Change


def import_changes(api: Resource, imported: ImportedApi, resources: Mapping[str, Resource], given: Tree) -> list[Change]:
    """Changes that make `api` what the document says.

    `api`: the API with the properties that the request gave over what it had; `given`: only what the request gave;
    `resources`: what is stored, by key.
    """
    taken = {
        "displayName": given.get("displayName") or imported.title,
        "description": given.get("description") or imported.description or api.properties.get("description", ""),
        "serviceUrl": given.get("serviceUrl") or imported.service_url or api.properties.get("serviceUrl", ""),
    }
    properties = {**api.properties, **{name: value for name, value in taken.items() if value}}
    changes = [Change(api.id, replace(api, properties=properties))]
    wanted = {f"{api.id}/operations/{name}": operation for name, operation in imported.operations}
    existing = _below(resources, f"{api.key}/operations/")
    kept = {resource_id.lower() for resource_id in wanted}
    gone = {key: resource for key, resource in existing.items() if key not in kept}
    for key in gone:
        changes += [Change(found.id, None) for found in (*_descendants(resources, key).values(), gone[key])]
    changes += _schema_changes(api, imported, resources)
    for resource_id, operation in wanted.items():
        old = existing.get(resource_id.lower())
        new = checked(old.id if old else resource_id, {"properties": operation}, api.place)
        changes.append(Change(new.id, new))
        if old is None:
            changes += _inherited_policies(new, gone, resources)
    return changes


def _below(resources: Mapping[str, Resource], prefix: str) -> dict[str, Resource]:
    """Resources that stand directly below a collection."""
    return {key: resource for key, resource in resources.items() if key.startswith(prefix) and "/" not in key[len(prefix) :]}


def _descendants(resources: Mapping[str, Resource], key: str) -> dict[str, Resource]:
    return {other: resource for other, resource in resources.items() if other.startswith(f"{key}/")}


def _schema_changes(api: Resource, imported: ImportedApi, resources: Mapping[str, Resource]) -> list[Change]:
    schema_id = f"{api.id}/schemas/{SCHEMA_ID}"
    if imported.schema:
        return [Change(schema_id, checked(schema_id, {"properties": imported.schema}, api.place))]
    return [Change(schema_id, None)] if schema_id.lower() in resources else []


def _inherited_policies(new: Resource, gone: Mapping[str, Resource], resources: Mapping[str, Resource]) -> list[Change]:
    """The policy of the deleted operation that had the same method and template."""
    shape = (new.properties["method"].upper(), new.properties["urlTemplate"].lower())
    for key, old in gone.items():
        if (old.properties["method"].upper(), old.properties["urlTemplate"].lower()) == shape:
            policy = resources.get(f"{key}/policies/policy")
            if policy is not None:
                moved = replace(policy, id=f"{new.id}/policies/policy", place="")
                return [Change(moved.id, moved)]
    return []
