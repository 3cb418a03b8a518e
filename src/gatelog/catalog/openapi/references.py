"""`#/...` references inside a document."""

from __future__ import annotations

from typing import Any

from gatelog.catalog.openapi.reading import Document
from gatelog.errors import InvalidDocument, Problem

_DEEPEST = 50


def resolve(document: Document, node: Any) -> Any:
    """`node`, or what it refers to; follows references to references. Raises `InvalidDocument` for one to nothing."""
    for _ in range(_DEEPEST):
        if not isinstance(node, dict) or not isinstance(node.get("$ref"), str):
            return node
        node = look_up(document, node["$ref"])
    raise InvalidDocument([Problem("references go round in a circle", place=document.place)])


def look_up(document: Document, reference: str) -> Any:
    """What stands at a JSON pointer (`#/components/schemas/chat`)."""
    node: Any = document.tree
    for part in reference.removeprefix("#").strip("/").split("/"):
        name = part.replace("~1", "/").replace("~0", "~").replace("%7B", "{").replace("%7D", "}")
        if isinstance(node, dict) and name in node:
            node = node[name]
        elif isinstance(node, list) and name.isdigit() and int(name) < len(node):
            node = node[int(name)]
        else:
            raise InvalidDocument([Problem(f"reference {reference!r} leads to nothing", place=document.place)])
    return node


def component_name(node: Any) -> str:
    """The name of the schema component that a `$ref` node names; empty for anything else."""
    reference = node.get("$ref", "") if isinstance(node, dict) else ""
    for prefix in ("#/components/schemas/", "#/definitions/"):
        if reference.startswith(prefix):
            return str(reference[len(prefix) :]).replace("~1", "/").replace("~0", "~")
    return ""
