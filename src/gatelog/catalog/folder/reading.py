"""Folder -> checked resources. Everything that is wrong is reported at once, with path and line; then nothing is taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gatelog.catalog.checking import checked
from gatelog.catalog.folder.layout import DEFAULT_GROUP, EXTENSION_FOLDERS, FILES, FOLDERS, GROUPED_FOLDERS, SIMPLE_FOLDERS
from gatelog.catalog.folder.positions import Positioned, read_positioned
from gatelog.catalog.kinds.table import kind_of
from gatelog.catalog.openapi.fetching import builtin_document
from gatelog.catalog.openapi.importing import import_api
from gatelog.catalog.openapi.reading import read_document
from gatelog.catalog.openapi.updating import import_changes
from gatelog.catalog.resource import SERVICE, Resource
from gatelog.catalog.shapes import Tree
from gatelog.errors import InvalidDocument, Problem

_OPENAPI = ("openapi.json", "openapi.yaml", "openapi.yml", "swagger.json", "swagger.yaml")


@dataclass(slots=True)
class _Reader:
    root: Path
    resources: list[Resource] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path) -> str:
        """A path as messages show it: with the folder's own name."""
        return path.relative_to(self.root.parent).as_posix()

    def text(self, path: Path) -> str:
        """A file's text; one that cannot be read is noted and taken as empty."""
        try:
            return path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            self.problems.append(Problem(f"not UTF-8 (byte {error.start})", place=self.place(path)))
        except OSError as error:
            self.problems.append(Problem(f"cannot be read: {error.strerror}", place=self.place(path)))
        return ""

    def yaml(self, path: Path) -> Positioned:
        """The document; an unreadable one is noted and taken as empty."""
        try:
            document = read_positioned(self.text(path), self.place(path))
        except InvalidDocument as error:
            self.problems += error.problems
            return Positioned({}, "")
        if not isinstance(document.tree, dict):
            self.problems.append(document.problem("expected a mapping"))
            return Positioned({}, "")
        return document

    def add(self, resource_id: str, document: Positioned, body: Tree) -> Resource | None:
        """Check one body and keep the resource."""
        if not document.place:
            return None
        try:
            resource = checked(resource_id, body)
        except InvalidDocument as error:
            for problem in error.problems:
                path = problem.place.replace("$.properties", "$", 1) if problem.place.startswith("$") else "$"
                self.problems.append(document.problem(problem.message, path, problem.code, problem.hint))
            return None
        resource = replace(resource, place=document.place)
        self.resources.append(resource)
        return resource

    def add_text(self, resource_id: str, path: Path, value: str, **more: Any) -> None:
        """A resource whose `value` is the text of a file."""
        document = Positioned({}, self.place(path))
        self.add(resource_id, document, {"properties": {"value": value, "format": "rawxml", **more}})


def read_folder(root: Path) -> list[Resource]:
    """The resources of a configuration folder, checked one by one. Raises `InvalidDocument` with every problem."""
    if not root.is_dir():
        raise InvalidDocument([Problem("no such folder", place=str(root))])
    reader = _Reader(root.resolve())
    for step in (_strangers, _service, _named_values, _apis, _products, _simple, _texts, _grouped, _extensions):
        step(reader)
    reader.problems += _twice(reader.resources)
    if reader.problems:
        raise InvalidDocument(reader.problems)
    return reader.resources


def _twice(resources: list[Resource]) -> list[Problem]:
    seen: dict[str, Resource] = {}
    problems = []
    for resource in resources:
        other = seen.setdefault(resource.key, resource)
        if other is not resource:
            problems.append(Problem(f"{resource.id.removeprefix(SERVICE)} stands in {other.place} too", place=resource.place))
    return problems


def _strangers(reader: _Reader) -> None:
    """A file or folder that nobody reads is more likely misspelt than meant."""
    for entry in sorted(reader.root.iterdir()):
        known = FOLDERS if entry.is_dir() else FILES
        is_note = entry.name.startswith((".", "_")) or entry.suffix.lower() in (".md", ".txt") or entry.name == "schema.json"
        if entry.name not in known and not is_note:
            what = "folder" if entry.is_dir() else "file"
            message = f"unknown {what}; expected one of {', '.join(sorted(known))}"
            reader.problems.append(Problem(message, place=reader.place(entry)))


def _files(reader: _Reader, folder: str, suffixes: tuple[str, ...]) -> Iterator[Path]:
    directory = reader.root / folder
    if not directory.is_dir():
        return
    for path in sorted(directory.iterdir()):
        if path.name.startswith((".", "_")) or path.suffix.lower() == ".md":
            continue
        if path.is_dir() or path.suffix not in suffixes:
            reader.problems.append(Problem(f"expected a file named ID{' or ID'.join(suffixes)}", place=reader.place(path)))
        else:
            yield path


def _folders(reader: _Reader, folder: str) -> Iterator[Path]:
    directory = reader.root / folder
    if not directory.is_dir():
        return
    for path in sorted(directory.iterdir()):
        if path.name.startswith((".", "_")) or path.suffix.lower() == ".md":
            continue
        if not path.is_dir():
            reader.problems.append(Problem("expected a folder for each resource", place=reader.place(path)))
        else:
            yield path


def body_of(resource_id: str, tree: Tree) -> Tree:
    """An ARM body from a file's mapping: what is not envelope is a property; `properties` may be spelled out."""
    if isinstance(tree.get("properties"), dict) and "url" not in tree:
        return tree
    kind = kind_of(resource_id)
    outer = {field.name for field in kind.envelope.fields} if kind else set()
    return {
        **{name: value for name, value in tree.items() if name in outer},
        "properties": {name: value for name, value in tree.items() if name not in outer},
    }


def _service(reader: _Reader) -> None:
    path = reader.root / "service.yaml"
    if path.is_file():
        document = reader.yaml(path)
        tree = dict(document.tree)
        arm_id = tree.pop("id", None)
        resource = reader.add(SERVICE, document, body_of(SERVICE, tree))
        if resource and arm_id:
            reader.resources[-1] = replace(resource, envelope={**resource.envelope, "armId": str(arm_id), "claimed": True})
    policy = reader.root / "policy.xml"
    if policy.is_file():
        reader.add_text(f"{SERVICE}/policies/policy", policy, reader.text(policy))


def _named_values(reader: _Reader) -> None:
    path = reader.root / "named-values.yaml"
    if not path.is_file():
        return
    document = reader.yaml(path)
    for name, value in document.tree.items():
        tree = dict(value) if isinstance(value, dict) else {"value": value if isinstance(value, str) else str(value)}
        tree.setdefault("displayName", str(name))
        before = len(reader.problems)
        resource = reader.add(f"{SERVICE}/namedValues/{name}", document, {"properties": tree})
        for index in range(before, len(reader.problems)):
            problem = reader.problems[index]
            reader.problems[index] = document.problem(f"{name}: {problem.message}", f"$.{name}", problem.code)
        if resource:
            reader.resources[-1] = resource


def _apis(reader: _Reader) -> None:
    for folder in _folders(reader, "apis"):
        api_id = f"{SERVICE}/apis/{folder.name}"
        known = ("api.yaml", "policy.xml", "diagnostic.yaml", "operations", "schemas", "releases", *_OPENAPI)
        _unknown_inside(reader, folder, known)
        if not (folder / "api.yaml").is_file():
            reader.problems.append(Problem("expected a file api.yaml", place=reader.place(folder)))
            continue
        document = reader.yaml(folder / "api.yaml")
        tree = dict(document.tree)
        tags = tree.pop("tags", ())
        openapi = tree.pop("openapi", None)
        api = reader.add(api_id, document, body_of(api_id, tree))
        _links(reader, document, api_id, "tags", tags)
        if api:
            _openapi(reader, folder, document, api, tree, openapi)
        _operations(reader, folder, api_id)
        for path in sorted((folder / "schemas").glob("*.json")) if (folder / "schemas").is_dir() else ():
            schema = reader.yaml(path)
            reader.add(f"{api_id}/schemas/{path.stem}", schema, {"properties": schema.tree})
        if (folder / "policy.xml").is_file():
            reader.add_text(f"{api_id}/policies/policy", folder / "policy.xml", reader.text(folder / "policy.xml"))
        if (folder / "diagnostic.yaml").is_file():
            diagnostic = reader.yaml(folder / "diagnostic.yaml")
            reader.add(f"{api_id}/diagnostics/azuremonitor", diagnostic, {"properties": diagnostic.tree})


def _unknown_inside(reader: _Reader, folder: Path, known: tuple[str, ...]) -> None:
    for path in sorted(folder.iterdir()):
        if path.name not in known and not path.name.startswith((".", "_")) and path.suffix != ".md":
            reader.problems.append(Problem(f"unknown file; expected one of {', '.join(known)}", place=reader.place(path)))


def _openapi(reader: _Reader, folder: Path, document: Positioned, api: Resource, given: Tree, named: object) -> None:
    """Operations and schemas of the OpenAPI document beside api.yaml, or of the one that `openapi: builtin:...` names."""
    paths = [folder / name for name in _OPENAPI if (folder / name).is_file()]
    try:
        if paths:
            imported = import_api(read_document(reader.text(paths[0]), reader.place(paths[0])))
            place = reader.place(paths[0])
        elif isinstance(named, str) and named.startswith("builtin:"):
            imported = import_api(read_document(builtin_document(named.removeprefix("builtin:")), named))
            place = document.place
        elif named is not None:
            reader.problems.append(document.problem("expected builtin:NAME (or a file openapi.json beside it)", "$.openapi"))
            return
        else:
            return
        changes = import_changes(replace(api, place=place), imported, {}, given)
    except InvalidDocument as error:
        reader.problems += error.problems
        return
    for change in changes:
        if change.resource is None:
            continue
        if change.id == api.id:
            reader.resources[reader.resources.index(api)] = replace(change.resource, place=document.place)
        else:
            reader.resources.append(change.resource)


def _operations(reader: _Reader, folder: Path, api_id: str) -> None:
    directory = folder / "operations"
    for path in sorted(directory.iterdir()) if directory.is_dir() else ():
        if not path.is_dir():
            reader.problems.append(Problem("expected a folder for each operation", place=reader.place(path)))
            continue
        _unknown_inside(reader, path, ("operation.yaml", "policy.xml"))
        operation_id = f"{api_id}/operations/{path.name}"
        if (path / "operation.yaml").is_file():
            document = reader.yaml(path / "operation.yaml")
            tree = dict(document.tree)
            _links(reader, document, operation_id, "tags", tree.pop("tags", ()))
            reader.add(operation_id, document, {"properties": tree})
        if (path / "policy.xml").is_file():
            reader.add_text(f"{operation_id}/policies/policy", path / "policy.xml", reader.text(path / "policy.xml"))


def _links(reader: _Reader, document: Positioned, owner: str, collection: str, names: object) -> None:
    """Link resources from a list of names."""
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        reader.problems.append(document.problem("expected a list of names", f"$.{collection}"))
        return
    for name in names:
        reader.add(f"{owner}/{collection}/{name}", document, {})


def _products(reader: _Reader) -> None:
    for folder in _folders(reader, "products"):
        product_id = f"{SERVICE}/products/{folder.name}"
        _unknown_inside(reader, folder, ("product.yaml", "policy.xml"))
        if not (folder / "product.yaml").is_file():
            reader.problems.append(Problem("expected a file product.yaml", place=reader.place(folder)))
            continue
        document = reader.yaml(folder / "product.yaml")
        tree = dict(document.tree)
        links = {collection: tree.pop(collection, ()) for collection in ("apis", "groups", "tags")}
        reader.add(product_id, document, {"properties": tree})
        for collection, names in links.items():
            _links(reader, document, product_id, collection, names)
        if (folder / "policy.xml").is_file():
            reader.add_text(f"{product_id}/policies/policy", folder / "policy.xml", reader.text(folder / "policy.xml"))


def _simple(reader: _Reader) -> None:
    for folder, collection in SIMPLE_FOLDERS.items():
        for path in _files(reader, folder, (".yaml",)):
            document = reader.yaml(path)
            tree = dict(document.tree)
            resource_id = f"{SERVICE}/{collection}/{path.stem}"
            if collection == "groups":
                _links(reader, document, resource_id, "users", tree.pop("users", ()))
            reader.add(resource_id, document, {"properties": tree})


def _texts(reader: _Reader) -> None:
    """Fragments and certificates: files of their own format."""
    for path in _files(reader, "fragments", (".xml", ".yaml")):
        if path.suffix == ".xml":
            about = path.with_suffix(".yaml")
            more = dict(reader.yaml(about).tree) if about.is_file() else {}
            reader.add_text(f"{SERVICE}/policyFragments/{path.stem}", path, reader.text(path), **more)
        elif not path.with_suffix(".xml").is_file():
            reader.problems.append(Problem(f"expected {path.stem}.xml beside it", place=reader.place(path)))
    for path in _files(reader, "certificates", (".pem", ".yaml")):
        certificate_id = f"{SERVICE}/certificates/{path.stem}"
        if path.suffix == ".pem":
            reader.add(certificate_id, Positioned({}, reader.place(path)), {"properties": {"data": reader.text(path)}})
        else:
            document = reader.yaml(path)
            reader.add(certificate_id, document, {"properties": document.tree})


def _grouped(reader: _Reader) -> None:
    for folder, kind in GROUPED_FOLDERS.items():
        for path in _files(reader, folder, (".yaml",)):
            document = reader.yaml(path)
            tree = dict(document.tree)
            resource_id = str(tree.pop("id", "") or f"{DEFAULT_GROUP}/providers/{kind}/{path.stem}")
            deployments = tree.pop("deployments", {})
            if not (kind_of(resource_id) and resource_id.lower().split("/providers/")[-1].startswith(kind.lower())):
                reader.problems.append(document.problem(f"expected the id of a {kind}", "$.id"))
                continue
            reader.add(resource_id, document, body_of(resource_id, tree))
            if not isinstance(deployments, dict):
                reader.problems.append(document.problem("expected a mapping from deployment names", "$.deployments"))
                continue
            for name, deployment in deployments.items():
                deployment_id = f"{resource_id}/deployments/{name}"
                if isinstance(deployment, str):
                    deployment = {"model": {"name": deployment}}
                reader.add(deployment_id, document, body_of(deployment_id, deployment))


def _extensions(reader: _Reader) -> None:
    for folder, kind in EXTENSION_FOLDERS.items():
        for path in _files(reader, folder, (".yaml",)):
            document = reader.yaml(path)
            tree = dict(document.tree)
            target = tree.pop("resource", None)
            if not isinstance(target, str):
                reader.problems.append(
                    document.problem("expected `resource`: ~ for the service, ~/apis/ID or an ARM id", "$.resource")
                )
                continue
            name = str(tree.pop("name", path.stem))
            resource_id = f"{target.rstrip('/')}/providers/{kind}/{name}"
            reader.add(resource_id, document, {"properties": tree})
