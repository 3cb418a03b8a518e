"""Folders of the APIOps extractor (github.com/Azure/apiops) -> resources."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from gatelog.catalog.importers.imported import Fetch, Imported
from gatelog.catalog.resource import SERVICE
from gatelog.catalog.shapes import Tree
from gatelog.errors import InvalidDocument, Problem

_SIMPLE = (
    ("named values", "namedValues", "namedValueInformation.json"),
    ("backends", "backends", "backendInformation.json"),
    ("loggers", "loggers", "loggerInformation.json"),
    ("diagnostics", "diagnostics", "diagnosticInformation.json"),
    ("groups", "groups", "groupInformation.json"),
    ("tags", "tags", "tagInformation.json"),
    ("version sets", "apiVersionSets", "versionSetInformation.json"),
    ("subscriptions", "subscriptions", "subscriptionInformation.json"),
)
"""Folder, collection of the service, file in each sub-folder."""

_SKIPPED = ("gateways", "workspaces", "policy restrictions", "documentations")
_SPECIFICATIONS = {"specification.json": "openapi+json", "specification.yaml": "openapi", "specification.yml": "openapi"}


def import_folder(root: Path, *, fetch: Fetch | None = None) -> Imported:
    """The resources of an extracted folder. Raises `InvalidDocument` with every problem."""
    if not root.is_dir():
        raise InvalidDocument([Problem("no such folder", place=str(root))])
    imported = Imported()
    try:
        _read(imported, root, fetch)
    except UnicodeDecodeError as error:
        raise InvalidDocument([Problem(f"a file is not UTF-8 (byte {error.start})", place=str(root))]) from None
    return imported.finished()


def _read(imported: Imported, root: Path, fetch: Fetch | None) -> None:
    names = {path.name.lower(): path for path in root.iterdir()}
    for folder, collection, file in _SIMPLE:
        for directory in _folders(names.get(folder)):
            _add(imported, root, f"{SERVICE}/{collection}/{directory.name}", directory / file)
    for directory in _folders(names.get("policy fragments")):
        _fragment(imported, root, directory)
    for directory in _folders(names.get("apis")):
        _api(imported, root, directory, fetch)
    for directory in _folders(names.get("products")):
        _product(imported, root, directory)
    _policies(imported, root, root, SERVICE)
    imported.warnings += [f"{names[name].name}: not imported" for name in _SKIPPED if name in names]


def _folders(path: Path | None) -> list[Path]:
    return sorted(entry for entry in path.iterdir() if entry.is_dir()) if path is not None and path.is_dir() else []


def _json(imported: Imported, root: Path, path: Path) -> Tree | None:
    """A file's object; one that cannot be read is a problem."""
    place = path.relative_to(root).as_posix()
    if not path.is_file():
        imported.problems.append(Problem("expected this file", place=place))
        return None
    try:
        tree: Any = (
            yaml.safe_load(path.read_text("utf-8-sig")) if path.suffix != ".json" else json.loads(path.read_text("utf-8-sig"))
        )
    except json.JSONDecodeError as error:
        imported.problems.append(Problem(f"not JSON: {error.msg}", place=place, line=error.lineno, column=error.colno))
        return None
    if not isinstance(tree, dict):
        imported.problems.append(Problem("expected an object", place=place))
        return None
    return tree


def _add(imported: Imported, root: Path, resource_id: str, path: Path) -> None:
    body = _json(imported, root, path)
    if body is not None:
        imported.add(resource_id, body, path.relative_to(root).as_posix())


def _policies(imported: Imported, root: Path, folder: Path, owner: str) -> None:
    """`policy.xml` of a scope; other `.xml` names of older extractors are read too."""
    for path in sorted(folder.glob("*.xml")):
        body = {"properties": {"format": "rawxml", "value": path.read_text("utf-8-sig")}}
        imported.add(f"{owner}/policies/policy", body, path.relative_to(root).as_posix())


def _fragment(imported: Imported, root: Path, folder: Path) -> None:
    about = _json(imported, root, folder / "policyFragmentInformation.json") or {}
    text = folder / "policy.xml"
    if not text.is_file():
        imported.problems.append(Problem("expected this file", place=text.relative_to(root).as_posix()))
        return
    properties = {**(about.get("properties") or {}), "format": "rawxml", "value": text.read_text("utf-8-sig")}
    imported.add(f"{SERVICE}/policyFragments/{folder.name}", {"properties": properties}, text.relative_to(root).as_posix())


def _api(imported: Imported, root: Path, folder: Path, fetch: Fetch | None) -> None:
    api_id = f"{SERVICE}/apis/{folder.name}"
    path = folder / "apiInformation.json"
    body = _json(imported, root, path)
    if body is None:
        return
    properties = dict(body.get("properties") or {})
    for name, written in _SPECIFICATIONS.items():
        if (folder / name).is_file():
            properties |= {"format": written, "value": (folder / name).read_text("utf-8-sig")}
            break
    imported.add(api_id, {**body, "properties": properties}, path.relative_to(root).as_posix(), fetch)
    _policies(imported, root, folder, api_id)
    for operation in _folders(folder / "operations"):
        _policies(imported, root, operation, f"{api_id}/operations/{operation.name}")
    for diagnostic in _folders(folder / "diagnostics"):
        _add(imported, root, f"{api_id}/diagnostics/{diagnostic.name}", diagnostic / "diagnosticInformation.json")
    _links(imported, root, folder, api_id, "tags")


def _product(imported: Imported, root: Path, folder: Path) -> None:
    product_id = f"{SERVICE}/products/{folder.name}"
    _add(imported, root, product_id, folder / "productInformation.json")
    _policies(imported, root, folder, product_id)
    for collection in ("apis", "groups", "tags"):
        _links(imported, root, folder, product_id, collection)


def _links(imported: Imported, root: Path, folder: Path, owner: str, collection: str) -> None:
    """Links as sub-folders (newer extractors) or as a list `apis.json` of names (older ones)."""
    names = {directory.name for directory in _folders(folder / collection)}
    listed = folder / f"{collection}.json"
    if listed.is_file():
        entries = json.loads(listed.read_text("utf-8-sig"))
        names |= {str(entry["name"] if isinstance(entry, dict) else entry) for entry in entries}
    for name in sorted(names):
        imported.add(f"{owner}/{collection}/{name}", {}, folder.relative_to(root).as_posix())
