"""Resources -> folder. Reading it back gives the same catalog.

Secrets are left out unless they are asked for: on the catalog that they came from they stay as they are, on another one keys are
made anew and named values must be given.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import yaml

from gatelog.catalog.folder.layout import DEFAULT_GROUP, EXTENSION_FOLDERS, GROUPED_FOLDERS, SIMPLE_FOLDERS
from gatelog.catalog.kinds.table import kind_of
from gatelog.catalog.resource import Resource, name_in, parent_of
from gatelog.catalog.shapes import Record, Tree, settle

_FILE_NAME = re.compile(r"[^A-Za-z0-9._;=-]")


@dataclass(slots=True)
class _Writer:
    secrets: bool
    files: dict[str, str] = field(default_factory=dict)
    by_type: dict[str, list[Resource]] = field(default_factory=lambda: defaultdict(list))

    def of(self, collection: str) -> list[Resource]:
        return self.by_type[f"microsoft.apimanagement/service/{collection}".lower()]

    def yaml(self, path: str, tree: Tree) -> None:
        self.files[path] = yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)

    def tree(self, resource: Resource) -> Tree:
        """What a file says of a resource: neither defaults nor, unless asked for, secrets."""
        kind = kind_of(resource.id)
        outer = {name: value for name, value in resource.envelope.items() if name not in ("origin", "claimed", "armId")}
        if kind is None:
            return {**outer, **resource.properties}
        shown = _plain(kind.properties, resource.properties, self.secrets)
        return {**outer, **shown}


class _Dumper(yaml.SafeDumper):
    """Texts of several lines stand as blocks."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def _plain(record: Record, properties: Any, secrets: bool) -> Tree:
    """Without defaults; secrets only where they are asked for, or where they only name a named value or are no secret."""
    shown: Tree = {}
    is_open_value = properties.get("secret") is not True and "displayName" in properties
    fields = {field.name: field for field in record.fields}
    for name, value in properties.items():
        declared = fields.get(name)
        if declared is None:
            shown[name] = value
        elif declared.default is not None and value == settle(declared.shape, declared.default) and not declared.required:
            continue
        elif declared.secret and not secrets and not (name == "value" and is_open_value) and not _only_names(value):
            continue
        elif isinstance(declared.shape, Record) and isinstance(value, dict) and not declared.secret:
            shown[name] = _plain(declared.shape, value, secrets)
        else:
            shown[name] = value
    return shown


def _only_names(value: Any) -> bool:
    """Whether every text in it is made of `{{named values}}` only."""
    if isinstance(value, dict):
        return bool(value) and all(_only_names(item) for item in value.values())
    if isinstance(value, list):
        return all(_only_names(item) for item in value)
    return isinstance(value, str) and re.sub(r"\{\{[^{}]+\}\}", "", value).strip() == "" and value != ""


def folder_files(resources: Iterable[Resource], service_id: str, *, secrets: bool = False) -> dict[str, str]:
    """Relative path -> text of every file."""
    writer = _Writer(secrets)
    for resource in sorted(resources, key=lambda item: item.key):
        writer.by_type[resource.type.lower()].append(resource)
    for step in _STEPS:
        step(writer, service_id)
    return dict(sorted(writer.files.items()))


def write_folder(root: Path, resources: Iterable[Resource], service_id: str, *, secrets: bool = False) -> list[Path]:
    """Write the files; those that hold secrets can be read by their owner only."""
    written = []
    for name, text in folder_files(resources, service_id, secrets=secrets).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600 if secrets else 0o644, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def _service(writer: _Writer, service_id: str) -> None:
    for resource in writer.by_type["microsoft.apimanagement/service"]:
        named = {"id": service_id} if resource.envelope.get("claimed") else {}
        writer.yaml("service.yaml", {**named, **writer.tree(resource)})
    for resource in writer.of("policies"):
        writer.files["policy.xml"] = resource.properties["value"]


def _named_values(writer: _Writer, service_id: str) -> None:
    values: Tree = {}
    for resource in writer.of("namedValues"):
        tree = writer.tree(resource)
        if tree.get("displayName") == resource.name:
            tree.pop("displayName")
        values[resource.name] = tree["value"] if set(tree) == {"value"} else tree
    if values:
        writer.yaml("named-values.yaml", values)


def _apis(writer: _Writer, service_id: str) -> None:
    for resource in writer.of("apis"):
        tree = writer.tree(resource)
        tags = [tag.name for tag in writer.of("apis/tags") if parent_of(tag.id).lower() == resource.key]
        writer.yaml(f"apis/{resource.name}/api.yaml", {**tree, **({"tags": tags} if tags else {})})
    for resource in writer.of("apis/operations"):
        tags = [tag.name for tag in writer.of("apis/operations/tags") if parent_of(tag.id).lower() == resource.key]
        tree = {**writer.tree(resource), **({"tags": tags} if tags else {})}
        writer.yaml(f"apis/{name_in(resource.id, 'apis')}/operations/{resource.name}/operation.yaml", tree)
    for resource in writer.of("apis/schemas"):
        writer.files[f"apis/{name_in(resource.id, 'apis')}/schemas/{resource.name}.json"] = _json(dict(resource.properties))
    for resource in writer.of("apis/policies"):
        writer.files[f"apis/{name_in(resource.id, 'apis')}/policy.xml"] = resource.properties["value"]
    for resource in writer.of("apis/operations/policies"):
        folder = f"apis/{name_in(resource.id, 'apis')}/operations/{name_in(resource.id, 'operations')}"
        writer.files[f"{folder}/policy.xml"] = resource.properties["value"]
    for resource in writer.of("apis/diagnostics"):
        if resource.name.lower() == "azuremonitor":
            writer.yaml(f"apis/{name_in(resource.id, 'apis')}/diagnostic.yaml", writer.tree(resource))


def _json(tree: Tree) -> str:
    return orjson.dumps(tree, option=orjson.OPT_INDENT_2).decode() + "\n"


def _products(writer: _Writer, service_id: str) -> None:
    for resource in writer.of("products"):
        tree = writer.tree(resource)
        apis = {link.name for link in writer.of("products/apis") if parent_of(link.id).lower() == resource.key}
        apis |= {
            str(link.properties["apiId"]).rsplit("/", 1)[-1]
            for link in writer.of("products/apiLinks")
            if parent_of(link.id).lower() == resource.key
        }
        groups = {link.name for link in writer.of("products/groups") if parent_of(link.id).lower() == resource.key}
        tags = {link.name for link in writer.of("products/tags") if parent_of(link.id).lower() == resource.key}
        links = {name: sorted(names) for name, names in (("apis", apis), ("groups", groups), ("tags", tags)) if names}
        writer.yaml(f"products/{resource.name}/product.yaml", {**tree, **links})
    for resource in writer.of("products/policies"):
        writer.files[f"products/{name_in(resource.id, 'products')}/policy.xml"] = resource.properties["value"]


def _simple(writer: _Writer, service_id: str) -> None:
    for folder, collection in SIMPLE_FOLDERS.items():
        for resource in writer.of(collection):
            tree = writer.tree(resource)
            if collection == "groups":
                users = [link.name for link in writer.of("groups/users") if parent_of(link.id).lower() == resource.key]
                tree = {**tree, **({"users": users} if users else {})}
            writer.yaml(f"{folder}/{resource.name}.yaml", tree)


def _texts(writer: _Writer, service_id: str) -> None:
    for resource in writer.of("policyFragments"):
        writer.files[f"fragments/{resource.name}.xml"] = resource.properties["value"]
        if resource.properties.get("description"):
            writer.yaml(f"fragments/{resource.name}.yaml", {"description": resource.properties["description"]})
    for resource in writer.of("certificates"):
        if writer.secrets:
            writer.files[f"certificates/{resource.name}.pem"] = resource.properties["data"]


def _grouped(writer: _Writer, service_id: str) -> None:
    for folder, kind in GROUPED_FOLDERS.items():
        for resource in writer.by_type[kind.lower()]:
            tree = writer.tree(resource)
            if resource.id != f"{DEFAULT_GROUP}/providers/{kind}/{resource.name}":
                tree = {"id": resource.id, **tree}
            deployments = {
                deployment.name: writer.tree(deployment)
                for deployment in writer.by_type[f"{kind.lower()}/deployments"]
                if parent_of(deployment.id).lower() == resource.key
            }
            writer.yaml(f"{folder}/{resource.name}.yaml", {**tree, **({"deployments": deployments} if deployments else {})})


def _extensions(writer: _Writer, service_id: str) -> None:
    for folder, kind in EXTENSION_FOLDERS.items():
        taken: set[str] = set()
        for resource in writer.by_type[kind.lower()]:
            target = parent_of(resource.id)
            stem = _FILE_NAME.sub("-", resource.name)
            number = 1
            while stem.lower() in taken:
                number += 1
                stem = f"{_FILE_NAME.sub('-', resource.name)}-{number}"
            taken.add(stem.lower())
            named = {} if stem == resource.name else {"name": resource.name}
            writer.yaml(f"{folder}/{stem}.yaml", {"resource": target, **named, **writer.tree(resource)})


_STEPS: tuple[Callable[[_Writer, str], None], ...] = (
    _service,
    _named_values,
    _apis,
    _products,
    _simple,
    _texts,
    _grouped,
    _extensions,
)
