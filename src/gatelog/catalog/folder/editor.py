"""The JSON schema for editors: one document with a definition for each file of the folder."""

from __future__ import annotations

from gatelog.catalog.folder.layout import EXTENSION_FOLDERS, GROUPED_FOLDERS, SIMPLE_FOLDERS
from gatelog.catalog.kinds.kind import Kind
from gatelog.catalog.kinds.table import KINDS
from gatelog.catalog.shapes import Tree

_API = "microsoft.apimanagement/service"
_NAMES: Tree = {"type": "array", "items": {"type": "string"}}


def _file(kind: Kind, **extra: Tree) -> Tree:
    """Schema of a file: envelope and properties side by side, and what only files have."""
    made = kind.properties.schema()
    outer = kind.envelope.schema()["properties"]
    properties = {**outer, **made["properties"], **extra}
    return {**made, "title": kind.title, "description": kind.doc, "properties": properties}


def editor_schema() -> Tree:
    """The schema. A file chooses its part: `# yaml-language-server: $schema=schema.json#/$defs/backend`."""
    text: Tree = {"type": "string"}
    named_value = _file(KINDS[f"{_API}/namedvalues"])
    named_value["required"] = []
    definitions: Tree = {
        "service": _file(KINDS[_API], id={**text, "description": "ARM id of the service."}),
        "named-values": {
            "type": "object",
            "additionalProperties": {"anyOf": [text, {"type": "number"}, {"type": "boolean"}, named_value]},
        },
        "api": _file(
            KINDS[f"{_API}/apis"], tags=_NAMES, openapi={**text, "description": "`builtin:NAME` of a document of gatelog's."}
        ),
        "operation": _file(KINDS[f"{_API}/apis/operations"], tags=_NAMES),
        "diagnostic": _file(KINDS[f"{_API}/diagnostics"]),
        "product": _file(KINDS[f"{_API}/products"], apis=_NAMES, groups=_NAMES, tags=_NAMES),
    }
    for folder, collection in SIMPLE_FOLDERS.items():
        extra = {"users": _NAMES} if collection == "groups" else {}
        definitions[folder.removesuffix("s")] = _file(KINDS[f"{_API}/{collection.lower()}"], **extra)
    for folder, kind in GROUPED_FOLDERS.items():
        extra = {"id": text}
        if kind.endswith("accounts"):
            deployment = _file(KINDS[f"{kind.lower()}/deployments"])
            extra["deployments"] = {"type": "object", "additionalProperties": {"anyOf": [text, deployment]}}
        definitions[folder.removesuffix("s")] = _file(KINDS[kind.lower()], **extra)
    for folder, kind in EXTENSION_FOLDERS.items():
        made = _file(KINDS[kind.lower()], resource=text, name=text)
        definitions[folder.removesuffix("s")] = {**made, "required": [*made.get("required", []), "resource"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "gatelog configuration folder",
        "$defs": definitions,
    }
