"""API resources -> an OpenAPI 3.0.1 document; an import of it gives the same operations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from gatelog.catalog.operations import placeholders
from gatelog.catalog.resource import Resource
from gatelog.catalog.shapes import Tree


def export_api(api: Resource, operations: Iterable[Resource], schemas: Iterable[Resource], gateway_url: str) -> Tree:
    """The document of one API; the server is the gateway's address of the API."""
    properties = api.properties
    path = properties.get("path", "").strip("/")
    names = properties.get("subscriptionKeyParameterNames") or {}
    document: Tree = {
        "openapi": "3.0.1",
        "info": {"title": properties.get("displayName") or api.name, "version": properties.get("apiVersion") or "1.0"},
        "servers": [{"url": f"{gateway_url.rstrip('/')}/{path}".rstrip("/")}],
        "paths": {},
        "components": {"schemas": {}, "securitySchemes": {}},
    }
    if properties.get("description"):
        document["info"]["description"] = properties["description"]
    for schema in schemas:
        content = schema.properties.get("document") or {}
        document["components"]["schemas"] |= (content.get("components") or {}).get("schemas") or content.get("definitions") or {}
    if properties.get("subscriptionRequired", True):
        document["components"]["securitySchemes"] = {
            "apiKeyHeader": {"type": "apiKey", "in": "header", "name": names.get("header") or "Ocp-Apim-Subscription-Key"},
            "apiKeyQuery": {"type": "apiKey", "in": "query", "name": names.get("query") or "subscription-key"},
        }
        document["security"] = [{"apiKeyHeader": []}, {"apiKeyQuery": []}]
    for operation in operations:
        route = operation.properties["urlTemplate"].partition("?")[0] or "/"
        item = document["paths"].setdefault(route if route.startswith("/") else f"/{route}", {})
        item[operation.properties["method"].lower()] = _operation(operation)
    return document


def as_yaml(document: Tree) -> str:
    """The document in YAML, in its own order."""
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)


def _operation(resource: Resource) -> Tree:
    properties = resource.properties
    path, _, query = properties["urlTemplate"].partition("?")
    declared = {parameter["name"]: parameter for parameter in properties.get("templateParameters", ())}
    parameters = [
        {"in": where, **_parameter(declared.get(name, {"name": name}), required=True)}
        for where, text in (("path", path), ("query", query))
        for name in placeholders(text)
    ]
    request = properties.get("request") or {}
    parameters += [{"in": "query", **_parameter(parameter)} for parameter in request.get("queryParameters", ())]
    parameters += [{"in": "header", **_parameter(parameter)} for parameter in request.get("headers", ())]
    made: Tree = {"summary": properties["displayName"], "operationId": resource.name, "responses": {}}
    if properties.get("description"):
        made["description"] = properties["description"]
    if parameters:
        made["parameters"] = parameters
    content = _content(request.get("representations", ()))
    if content:
        made["requestBody"] = {"content": content}
        if request.get("description"):
            made["requestBody"]["description"] = request["description"]
    for response in properties.get("responses", ()):
        made["responses"][str(response["statusCode"])] = _response(response)
    if not made["responses"]:
        made["responses"]["200"] = {"description": ""}
    return made


def _parameter(contract: Tree, *, required: bool | None = None) -> Tree:
    schema: Tree = {"type": contract.get("type") or "string"}
    if contract.get("values"):
        schema["enum"] = contract["values"]
    if contract.get("defaultValue") not in (None, ""):
        schema["default"] = contract["defaultValue"]
    made: Tree = {
        "name": contract["name"],
        "required": contract.get("required", False) if required is None else required,
        "schema": schema,
    }
    if contract.get("description"):
        made["description"] = contract["description"]
    return made


def _response(response: Tree) -> Tree:
    made: Tree = {"description": response.get("description", "")}
    if response.get("headers"):
        headers = {contract["name"]: _parameter(contract) for contract in response["headers"]}
        made["headers"] = {name: {k: v for k, v in value.items() if k != "name"} for name, value in headers.items()}
    content = _content(response.get("representations", ()))
    return {**made, "content": content} if content else made


def _content(representations: Iterable[Tree]) -> Tree:
    content: dict[str, Any] = {}
    for representation in representations:
        media: Tree = {}
        if representation.get("typeName"):
            media["schema"] = {"$ref": f"#/components/schemas/{representation['typeName']}"}
        if representation.get("examples"):
            media["examples"] = representation["examples"]
        content[representation["contentType"]] = media
    return content
