"""An operation resource -> `Operation`: template parameters, examples and schemas gathered from where ARM keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from gatelog.catalog import entities
from gatelog.catalog.resource import Resource, parent_of

_PLACEHOLDER = re.compile(r"\{(\*?[^{}/?&=]+)\}")


def placeholders(url_template: str) -> list[str]:
    """The names inside a URL template, in order.

    >>> placeholders("/deployments/{deployment-id}/embeddings?api-version={api-version}")
    ['deployment-id', 'api-version']
    """
    return [name.removeprefix("*") for name in _PLACEHOLDER.findall(url_template)]


def operation_of(resource: Resource, schemas: Mapping[str, Resource]) -> entities.Operation:
    """The entity. Raises ValueError when template and parameters disagree."""
    properties = resource.properties
    template = properties["urlTemplate"]
    if template.count("{") != template.count("}"):
        raise ValueError(f"$.properties.urlTemplate: braces do not match in {template!r}")
    names = placeholders(template)
    if len(set(names)) != len(names):
        raise ValueError(f"$.properties.urlTemplate: a parameter stands twice in {template!r}")
    declared = {parameter["name"]: parameter for parameter in properties.get("templateParameters", ())}
    unknown = [name for name in declared if name not in names]
    if unknown:
        raise ValueError(f"$.properties.templateParameters: {unknown[0]!r} is not in the template {template!r}")
    return entities.Operation(
        id=resource.name,
        name=properties["displayName"],
        method=properties["method"].upper(),
        url_template=template if template.startswith("/") else f"/{template}",
        parameters=tuple(_parameter(declared.get(name, {"name": name})) for name in names),
        description=properties.get("description", ""),
        examples=tuple(_examples(properties)),
        schemas=dict(_schemas(properties, parent_of(resource.id), schemas)),
    )


def _parameter(declared: Mapping[str, Any]) -> entities.TemplateParameter:
    return entities.TemplateParameter(
        name=declared["name"],
        type=declared.get("type") or "string",
        required=declared.get("required", True),
        default=declared.get("defaultValue", ""),
        description=declared.get("description", ""),
        values=tuple(declared.get("values", ())),
    )


def _bodies(properties: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Every representation with its status; 0 for the request's."""
    for representation in (properties.get("request") or {}).get("representations", ()):
        yield 0, representation
    for response in properties.get("responses", ()):
        for representation in response.get("representations", ()):
            yield response["statusCode"], representation


def _examples(properties: Mapping[str, Any]) -> Iterator[entities.Example]:
    for status, representation in _bodies(properties):
        for example in (representation.get("examples") or {}).values():
            value = example.get("value")
            if value is None:
                continue
            text = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
            yield entities.Example(status=status, content_type=representation["contentType"], text=text)


def _schemas(
    properties: Mapping[str, Any], api: str, schemas: Mapping[str, Resource]
) -> Iterator[tuple[str, Mapping[str, object]]]:
    """`request:application/json` -> the component, with all components beside it so that references resolve."""
    for status, representation in _bodies(properties):
        schema_id, type_name = representation.get("schemaId"), representation.get("typeName")
        if not schema_id or not type_name:
            continue
        resource = schemas.get(f"{api}/schemas/{schema_id.rsplit('/', 1)[-1]}".lower())
        if resource is None:
            continue
        document = resource.properties.get("document") or {}
        components = (document.get("components") or {}).get("schemas") or document.get("definitions") or {}
        if type_name in components:
            where = f"{status}:{representation['contentType']}" if status else f"request:{representation['contentType']}"
            yield where, {"$ref": f"#/components/schemas/{type_name}", "components": {"schemas": components}}
