"""A document -> what an import makes of it, by Azure's rules
(learn.microsoft.com/azure/api-management/api-management-api-import-restrictions).

An operation is named by its operationId, in its own spelling; one without gets `method-path`. Required query parameters become
part of the URL template, so that a call without them does not match. Security schemes are not imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gatelog.catalog.openapi.reading import METHODS, Document
from gatelog.catalog.openapi.references import component_name, resolve
from gatelog.catalog.shapes import Tree
from gatelog.errors import InvalidDocument, Problem

SCHEMA_ID = "openapi"
"""Name of the schema resource that an import makes."""

_VALID_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,78}[A-Za-z0-9_])?")
_PATH_PARAMETER = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class ImportedApi:
    """What a document says of an API."""

    title: str
    description: str
    service_url: str
    operations: tuple[tuple[str, Tree], ...]
    """(name, properties) of each operation, in document order."""
    schema: Tree
    """Properties of the schema resource; empty when there are no schemas."""


@dataclass(slots=True)
class _Import:
    document: Document
    keep_queries: bool
    names: set[str] = field(default_factory=set)
    extra_schemas: Tree = field(default_factory=dict)

    @property
    def is_swagger(self) -> bool:
        return self.document.version == "2.0"


def import_api(document: Document, *, keep_queries: bool = False) -> ImportedApi:
    """Read an API out of a document. `keep_queries`: required query parameters stay query parameters.

    Raises `InvalidDocument`.
    """
    work = _Import(document, keep_queries)
    tree = document.tree
    operations = []
    problems: list[Problem] = []
    for path, item in tree.get("paths", {}).items():
        item = resolve(document, item)
        for method in METHODS:
            if method not in item:
                continue
            try:
                operations.append(_operation(work, path, method, item, item[method]))
            except InvalidDocument as error:
                problems += error.problems
    if problems:
        raise InvalidDocument(problems)
    info = tree["info"]
    return ImportedApi(
        title=str(info["title"])[:300],
        description=str(info.get("description") or ""),
        service_url=_service_url(document),
        operations=tuple(operations),
        schema=_schema_resource(work),
    )


def _service_url(document: Document) -> str:
    """The first HTTPS server, else the first one; variables take their defaults."""
    tree = document.tree
    if document.version == "2.0":
        if not tree.get("host"):
            return ""
        schemes = tree.get("schemes") or ["https"]
        scheme = "https" if "https" in schemes else schemes[0]
        return f"{scheme}://{tree['host']}{tree.get('basePath') or ''}".rstrip("/")
    urls = []
    for server in tree.get("servers") or ():
        url = str(server.get("url") or "")
        for name, variable in (server.get("variables") or {}).items():
            url = url.replace("{" + name + "}", str(variable.get("default", "")))
        if url.startswith(("https://", "http://")):
            urls.append(url.rstrip("/"))
    return next((url for url in urls if url.startswith("https://")), urls[0] if urls else "")


def _operation(work: _Import, path: str, method: str, item: Tree, operation: Tree) -> tuple[str, Tree]:
    name = _name(work, path, method, operation)
    parameters = list(_parameters(work, item, operation))
    plain_path, _, written_query = path.partition("?")
    query = {p["name"]: p for p in parameters if p.get("in") == "query"}
    in_template = [n for n, p in query.items() if p.get("required")] if not work.keep_queries else []
    pieces = [written_query] if written_query else []
    pieces += [f"{n}={{{n}}}" for n in in_template if f"{{{n}}}" not in written_query]
    template = plain_path + ("?" + "&".join(pieces) if pieces else "")
    declared = {p["name"]: p for p in parameters if p.get("in") in ("path", "query")}
    template_parameters = [
        _contract(declared.get(n, {"name": n}), required=True) for n in dict.fromkeys(_PATH_PARAMETER.findall(template))
    ]
    properties: Tree = {
        "displayName": _display_name(operation, method, path),
        "method": method.upper(),
        "urlTemplate": template,
        "templateParameters": template_parameters,
        "request": _request(work, name, operation, parameters, set(in_template)),
        "responses": list(_responses(work, name, operation)),
    }
    description = operation.get("description")
    if description:
        properties["description"] = str(description)
    return name, properties


def _name(work: _Import, path: str, method: str, operation: Tree) -> str:
    """The operationId as it is written; made from method and path when it is missing or no resource name."""
    written = str(operation.get("operationId") or "")
    name = written if _VALID_NAME.fullmatch(written) else normalised(written or f"{method}-{path}")
    candidate, number = name, 0
    while candidate.lower() in work.names:
        number += 1
        candidate = f"{name}-{number}"
    work.names.add(candidate.lower())
    return candidate


def normalised(text: str) -> str:
    """A resource name made of any text: lower case, one dash for each run of other characters, 76 characters.

    >>> normalised("get-/foo/{bar}")
    'get-foo-bar'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:76].strip("-") or "operation"


def _display_name(operation: Tree, method: str, path: str) -> str:
    summary = str(operation.get("summary") or "").strip()
    if summary and len(summary) <= 300:
        return summary
    return str(operation.get("operationId") or f"{method.upper()} {path}")[:300]


def _parameters(work: _Import, item: Tree, operation: Tree) -> Iterator[Tree]:
    """Parameters of the path and of the operation; the operation's win."""
    found: dict[tuple[str, str], Tree] = {}
    for source in (item.get("parameters") or (), operation.get("parameters") or ()):
        for parameter in source:
            parameter = resolve(work.document, parameter)
            if not isinstance(parameter, dict) or "name" not in parameter or "in" not in parameter:
                place = work.document.place
                raise InvalidDocument(
                    [Problem(f"a parameter of {operation.get('operationId')!r} has no name or place", place=place)]
                )
            found[parameter["name"], parameter["in"]] = {**parameter, "schema": resolve(work.document, parameter.get("schema"))}
    yield from found.values()


def _contract(parameter: Mapping[str, Any], *, required: bool | None = None) -> Tree:
    """An ARM ParameterContract."""
    schema = parameter.get("schema") or parameter
    kind = schema.get("type") or "string"
    contract: Tree = {"name": parameter["name"], "type": kind if isinstance(kind, str) else next(iter(kind), "string")}
    contract["required"] = bool(parameter.get("required", False)) if required is None else required
    if parameter.get("description"):
        contract["description"] = str(parameter["description"])
    default = schema.get("default", parameter.get("example", schema.get("example")))
    if default is not None:
        contract["defaultValue"] = _text(default)
    if schema.get("enum"):
        contract["values"] = [_text(value) for value in schema["enum"]]
    return contract


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _request(work: _Import, name: str, operation: Tree, parameters: list[Tree], in_template: set[str]) -> Tree:
    request: Tree = {
        "queryParameters": [_contract(p) for p in parameters if p["in"] == "query" and p["name"] not in in_template],
        "headers": [_contract(p) for p in parameters if p["in"] == "header"],
        "representations": [],
    }
    if work.is_swagger:
        request["representations"] = list(_swagger_bodies(work, name, operation, parameters))
        body = next((p for p in parameters if p["in"] == "body"), {})
    else:
        body = resolve(work.document, operation.get("requestBody")) or {}
        request["representations"] = list(_bodies(work, f"{name}Request", body.get("content")))
    if body.get("description"):
        request["description"] = str(body["description"])
    return request


def _swagger_bodies(work: _Import, name: str, operation: Tree, parameters: list[Tree]) -> Iterator[Tree]:
    types = operation.get("consumes") or work.document.tree.get("consumes") or ["application/json"]
    form = [_contract(p) for p in parameters if p["in"] == "formData"]
    for parameter in (p for p in operation.get("parameters") or ()):
        parameter = resolve(work.document, parameter)
        if parameter.get("in") == "body":
            for content_type in types:
                yield _representation(work, f"{name}Request", content_type, parameter.get("schema"), {})
    if form:
        for content_type in operation.get("consumes") or ["application/x-www-form-urlencoded"]:
            yield {"contentType": content_type, "formParameters": form}


def _responses(work: _Import, name: str, operation: Tree) -> Iterator[Tree]:
    for status, response in (operation.get("responses") or {}).items():
        digits = str(status).upper().replace("XX", "00")
        if not digits.isdigit():
            continue
        response = resolve(work.document, response)
        made: Tree = {"statusCode": int(digits), "description": str(response.get("description") or "")}
        headers = {header: resolve(work.document, value) or {} for header, value in (response.get("headers") or {}).items()}
        made["headers"] = [
            _contract({**value, "name": header, "schema": resolve(work.document, value.get("schema"))})
            for header, value in headers.items()
        ]
        if work.is_swagger:
            made["representations"] = list(_swagger_answers(work, f"{name}{digits}Response", operation, response))
        else:
            made["representations"] = list(_bodies(work, f"{name}{digits}Response", response.get("content")))
        yield made


def _swagger_answers(work: _Import, type_name: str, operation: Tree, response: Tree) -> Iterator[Tree]:
    types = operation.get("produces") or work.document.tree.get("produces") or ["application/json"]
    samples = response.get("examples") or {}
    if "schema" in response or samples:
        for content_type in types:
            example = {"default": {"value": samples[content_type]}} if content_type in samples else {}
            yield _representation(work, type_name, content_type, response.get("schema"), example)


def _bodies(work: _Import, type_name: str, content: Mapping[str, Any] | None) -> Iterator[Tree]:
    for content_type, media in (content or {}).items():
        examples: Tree = {}
        if "example" in media:
            examples["default"] = {"value": media["example"]}
        for key, example in (media.get("examples") or {}).items():
            example = resolve(work.document, example)
            examples[key] = {
                part: example[part] for part in ("summary", "description", "value", "externalValue") if part in example
            }
        yield _representation(work, type_name, content_type, media.get("schema"), examples)


def _representation(work: _Import, type_name: str, content_type: str, schema: Any, examples: Tree) -> Tree:
    """A body; a schema that stands inline becomes a component of the API."""
    made: Tree = {"contentType": content_type}
    if isinstance(schema, dict) and schema:
        name = component_name(schema)
        if not name:
            name = type_name
            work.extra_schemas[name] = schema
        made |= {"schemaId": SCHEMA_ID, "typeName": name}
        if not examples and "example" in schema:
            examples = {"default": {"value": schema["example"]}}
    if examples:
        made["examples"] = examples
    return made


def _schema_resource(work: _Import) -> Tree:
    tree = work.document.tree
    if work.is_swagger:
        definitions = {**(tree.get("definitions") or {}), **work.extra_schemas}
        content_type = "application/vnd.ms-azure-apim.swagger.definitions+json"
        return {"contentType": content_type, "document": {"definitions": definitions}} if definitions else {}
    schemas = {**((tree.get("components") or {}).get("schemas") or {}), **work.extra_schemas}
    content_type = "application/vnd.oai.openapi.components+json"
    return {"contentType": content_type, "document": {"components": {"schemas": schemas}}} if schemas else {}
