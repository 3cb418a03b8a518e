"""The text of an OpenAPI document -> its tree, checked as far as an import needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
import yaml

from gatelog.catalog.plain import DEEPEST, plain
from gatelog.catalog.shapes import Tree
from gatelog.errors import InvalidDocument, Problem

LARGEST = 4 << 20
"""Bytes of an inline document, as in Azure."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True, slots=True)
class Document:
    """A checked document."""

    tree: Tree
    version: str
    """`2.0`, `3.0` or `3.1`."""
    place: str = ""


def read_document(text: str, place: str = "") -> Document:
    """Parse and check a document. Raises `InvalidDocument` that says where and what."""
    if len(text) > LARGEST or len(text.encode()) > LARGEST:
        raise InvalidDocument([Problem(f"the document is larger than {LARGEST >> 20} MiB", place=place, code="DocumentTooLarge")])
    try:
        tree = plain(_parsed(text, place))
    except ValueError as error:
        raise InvalidDocument([Problem(str(error), place=place)]) from None
    if not isinstance(tree, dict):
        raise InvalidDocument([Problem("expected an OpenAPI document, found no object", place=place)])
    version = _version(tree, place)
    problems = [Problem(message, place=_at(place, path)) for path, message in _findings(tree)]
    if problems:
        raise InvalidDocument(problems)
    return Document(tree, version, place)


def _at(place: str, path: str) -> str:
    return f"{place}: {path}" if place else path


def _parsed(text: str, place: str) -> Any:
    stripped = text.lstrip("\ufeff \t\r\n")
    if stripped.startswith("{"):
        try:
            return orjson.loads(stripped)
        except orjson.JSONDecodeError as error:
            raise InvalidDocument(
                [Problem(f"not JSON: {error.msg}", place=place, line=error.lineno, column=error.colno)]
            ) from None
    try:
        refuse_hostile(text)
        return yaml.load(text, Loader=YamlLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        message = f"not YAML: {error.problem or 'unreadable'}"
        raise InvalidDocument([Problem(message, place=place, line=line, column=column)]) from None
    except yaml.YAMLError as error:
        raise InvalidDocument([Problem(f"not YAML: {error}", place=place)]) from None


class YamlLoader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """Safe YAML in which dates stay text (`2023-05-15` is an API version)."""


YamlLoader.yaml_implicit_resolvers = {
    key: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for key, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def refuse_hostile(text: str) -> None:
    """Before a document is built: a few lines of aliases can stand for gigabytes, and deep nesting ends the process.

    Raises `yaml.MarkedYAMLError`.
    """
    depth = 0
    for event in yaml.parse(text, Loader=YamlLoader):
        mark: Any = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="aliases are not supported", problem_mark=mark)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise yaml.MarkedYAMLError(problem=f"nested more than {DEEPEST} levels deep", problem_mark=mark)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _version(tree: Tree, place: str) -> str:
    written = str(tree.get("openapi") or tree.get("swagger") or "")
    for version in ("2.0", "3.0", "3.1"):
        if written == version or written.startswith(f"{version}."):
            return version
    message = f"expected OpenAPI 2.0, 3.0 or 3.1, found {written!r}" if written else "expected an `openapi` or `swagger` version"
    raise InvalidDocument([Problem(message, place=place)])


def _findings(tree: Tree) -> list[tuple[str, str]]:
    """(JSON path, message) of what an import cannot do with."""
    info = tree.get("info")
    found = [] if isinstance(info, dict) and info.get("title") else [("$.info.title", "a title is required")]
    paths = tree.get("paths", {})
    if not isinstance(paths, dict):
        return [*found, ("$.paths", "expected an object")]
    for path, item in paths.items():
        if not isinstance(path, str) or not path.startswith("/"):
            found.append((f"$.paths[{path!r}]", "a path starts with a slash"))
        elif not isinstance(item, dict):
            found.append((f"$.paths[{path!r}]", "expected an object"))
        else:
            found += [
                (f"$.paths[{path!r}].{method}", "expected an object")
                for method in METHODS
                if method in item and not isinstance(item[method], dict)
            ]
    return found + list(_outside_references(tree, "$"))


def _outside_references(node: Any, path: str) -> list[tuple[str, str]]:
    found = []
    stack = [(node, path)]
    while stack:
        current, where = stack.pop()
        if isinstance(current, dict):
            reference = current.get("$ref")
            if isinstance(reference, str) and not reference.startswith("#"):
                found.append((where, f"references to other documents are not supported: {reference!r}"))
            stack += [(value, f"{where}.{key}") for key, value in current.items() if key not in ("example", "examples")]
        elif isinstance(current, list):
            stack += [(value, f"{where}[{index}]") for index, value in enumerate(current)]
    return found
