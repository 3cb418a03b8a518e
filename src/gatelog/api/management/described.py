"""The OpenAPI document of the management API, made from the table of resource kinds."""

from __future__ import annotations

from gatelog.api.management.actions import ACTIONS
from gatelog.catalog.kinds.kind import Kind
from gatelog.catalog.kinds.table import KINDS
from gatelog.catalog.resource import SERVICE_TYPE
from gatelog.catalog.shapes import Tree

_GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
_SERVICE = f"{_GROUP}/providers/{SERVICE_TYPE}/{{serviceName}}"


def item_path(kind: Kind) -> str:
    """The path of one resource; extension resources are shown on the service.

    >>> item_path(KINDS["microsoft.apimanagement/service/apis/operations"]).partition("/service/")[2]
    '{serviceName}/apis/{apis}/operations/{name}'
    """
    if kind.type == SERVICE_TYPE:
        return _SERVICE
    if kind.extension:
        return f"{_SERVICE}/providers/{kind.type}/{{name}}"
    if kind.type.startswith("Microsoft.Resources/"):
        return _GROUP
    provider, *collections = kind.type.split("/")
    base = f"{_GROUP}/providers/{provider}"
    if kind.type.startswith(f"{SERVICE_TYPE}/"):
        base, collections = _SERVICE, collections[1:]
    for collection in collections[:-1]:
        base += f"/{collection}/{{{collection}}}"
    return f"{base}/{collections[-1]}/{{name}}"


def management_document() -> Tree:
    """OpenAPI 3.1."""
    paths: Tree = {}
    schemas: Tree = {"Error": _ERROR}
    for kind in KINDS.values():
        path = item_path(kind)
        name = kind.type.replace("Microsoft.", "").replace("/", ".")
        schemas[name] = _schema(kind)
        paths.setdefault(path, {"parameters": _parameters(path)}).update(_item(kind, name))
        if kind.type not in (SERVICE_TYPE, "Microsoft.Resources/subscriptions/resourceGroups"):
            collection = path.rsplit("/", 1)[0]
            paths.setdefault(collection, {"parameters": _parameters(collection)})["get"] = _list(kind, name)
        for action in ACTIONS:
            if action.kind == kind.type.lower():
                where = f"{path}/{action.name}"
                paths[where] = {"parameters": _parameters(where), "post": _action(action.name, action.doc, name)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "gatelog management API",
            "version": "2024-05-01",
            "description": "Azure's management shapes; any api-version is taken. Answers are synchronous.",
        },
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
    }


_ERROR: Tree = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "details": {"type": "array", "items": {"type": "object"}},
            },
        }
    },
}


def _schema(kind: Kind) -> Tree:
    properties = kind.properties.schema()
    outer = kind.envelope.schema()["properties"]
    return {"type": "object", "title": kind.title, "description": kind.doc, "properties": {**outer, "properties": properties}}


def _parameters(path: str) -> list[Tree]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    shown = [{"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}} for name in names]
    return [*shown, {"name": "api-version", "in": "query", "required": False, "schema": {"type": "string"}}]


_ANSWERS: Tree = {
    "default": {
        "description": "What went wrong.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
}


def _answer(description: str, schema: Tree | None = None) -> Tree:
    return {"description": description, **({"content": {"application/json": {"schema": schema}}} if schema else {})}


def _item(kind: Kind, name: str) -> Tree:
    whole: Tree = {"type": "object", "required": ["id", "name", "type"]}
    body = {
        "required": not kind.nullable_body,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}},
    }
    made: Tree = {
        "get": {
            "operationId": f"{name}.get",
            "summary": f"Get: {kind.title}",
            "responses": {"200": _answer("The resource.", whole), **_ANSWERS},
        },
        "put": {
            "operationId": f"{name}.put",
            "summary": f"Create or replace: {kind.title}",
            "requestBody": body,
            "responses": {"200": _answer("Replaced.", whole), "201": _answer("Created.", whole), **_ANSWERS},
        },
        "delete": {
            "operationId": f"{name}.delete",
            "summary": f"Delete: {kind.title}",
            "responses": {"200": _answer("Deleted."), "204": _answer("It was not there."), **_ANSWERS},
        },
    }
    if not kind.link:
        made["patch"] = {
            "operationId": f"{name}.patch",
            "summary": f"Change: {kind.title} (JSON merge patch)",
            "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
            "responses": {"200": _answer("Changed.", whole), **_ANSWERS},
        }
    return made


def _list(kind: Kind, name: str) -> Tree:
    schema: Tree = {
        "type": "object",
        "required": ["value"],
        "properties": {"value": {"type": "array", "items": {"type": "object"}}},
    }
    return {
        "operationId": f"{name}.list",
        "summary": f"List: {kind.title}",
        "responses": {"200": _answer("A page.", schema), **_ANSWERS},
    }


def _action(name: str, doc: str, owner: str) -> Tree:
    body = {"required": False, "content": {"application/json": {"schema": {"type": "object"}}}}
    answers = {"200": _answer(doc, {"type": "object"}), "204": _answer("Done."), **_ANSWERS}
    return {"operationId": f"{owner}.{name}", "summary": doc, "requestBody": body, "responses": answers}
