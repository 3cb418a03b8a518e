# ruff: noqa: E501 - one case on one line
"""OpenAPI import, update and export."""

from __future__ import annotations

import doctest
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
import yaml

from gatelog.catalog.checking import checked
from gatelog.catalog.openapi import importing
from gatelog.catalog.openapi.exporting import as_yaml, export_api
from gatelog.catalog.openapi.fetching import BUILTIN, LinkFetcher, builtin_document
from gatelog.catalog.openapi.importing import ImportedApi, import_api, normalised
from gatelog.catalog.openapi.reading import read_document
from gatelog.catalog.openapi.updating import import_changes
from gatelog.catalog.resource import Resource
from gatelog.errors import InvalidDocument


def document(paths: Any = None, **more: Any) -> dict[str, Any]:
    return {"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": paths or {}, **more}


def imported(tree: dict[str, Any], **options: Any) -> ImportedApi:
    return import_api(read_document(json.dumps(tree)), **options)


def one(operation: dict[str, Any], path: str = "/a/{id}", method: str = "get", **more: Any) -> tuple[str, dict[str, Any]]:
    return imported(document({path: {method: operation}}, **more)).operations[0]


def query(name: str, *, required: bool) -> dict[str, Any]:
    return {"in": "query", "name": name, "required": required, "schema": {"type": "string"}}


def test_examples_in_the_documentation() -> None:
    assert doctest.testmod(importing).failed == 0


def test_required_query_parameters_become_template_parameters() -> None:
    parameters = [query("api-version", required=True), query("top", required=False), query("b", required=True)]
    _, operation = one({"operationId": "X", "parameters": parameters})
    assert operation["urlTemplate"] == "/a/{id}?api-version={api-version}&b={b}"
    assert [p["name"] for p in operation["templateParameters"]] == ["id", "api-version", "b"]
    assert [p["name"] for p in operation["request"]["queryParameters"]] == ["top"]
    kept = imported(document({"/a": {"get": {"parameters": parameters}}}), keep_queries=True).operations[0][1]
    assert kept["urlTemplate"] == "/a" and len(kept["request"]["queryParameters"]) == 3


@pytest.mark.parametrize(
    ("operation_id", "name"),
    [
        ("ChatCompletions_Create", "ChatCompletions_Create"),
        ("embeddings_create", "embeddings_create"),
        (None, "get-a-id"),
        ("Get it, please!", "get-it-please"),
        ("x" * 200, "x" * 76),
    ],
)
def test_names(operation_id: str | None, name: str) -> None:
    operation = {"operationId": operation_id} if operation_id else {}
    assert one(operation)[0] == name


def test_names_that_stand_twice_get_a_number() -> None:
    paths = {"/a": {"get": {"operationId": "same"}}, "/b": {"get": {"operationId": "SAME"}, "put": {"operationId": "same"}}}
    assert [name for name, _ in imported(document(paths)).operations] == ["same", "SAME-1", "same-2"]
    assert normalised("///") == "operation"


def test_display_names() -> None:
    assert one({"operationId": "X", "summary": "Does x"})[1]["displayName"] == "Does x"
    assert one({"operationId": "X", "summary": "s" * 301})[1]["displayName"] == "X"
    assert one({})[1]["displayName"] == "GET /a/{id}"


def test_parameters_of_the_path_are_inherited_and_overridden() -> None:
    shared = [
        {"in": "path", "name": "id", "required": True, "schema": {"type": "integer"}},
        {"$ref": "#/components/parameters/v"},
    ]
    tree = document(
        {"/a/{id}": {"parameters": shared, "get": {"parameters": [{**query("v", required=True), "description": "mine"}]}}},
        components={"parameters": {"v": query("v", required=False)}},
    )
    operation = imported(tree).operations[0][1]
    assert [(p["name"], p["type"], p.get("description")) for p in operation["templateParameters"]] == [
        ("id", "integer", None),
        ("v", "string", "mine"),
    ]


@pytest.mark.parametrize(
    ("servers", "url"),
    [
        ([{"url": "http://a/x/"}, {"url": "https://b/y/"}], "https://b/y"),
        ([{"url": "http://a/x/"}], "http://a/x"),
        (
            [{"url": "https://{host}/openai", "variables": {"host": {"default": "r.openai.azure.com"}}}],
            "https://r.openai.azure.com/openai",
        ),
        ([{"url": "/relative"}], ""),
        ([], ""),
    ],
)
def test_servers(servers: list[Any], url: str) -> None:
    assert imported(document(servers=servers)).service_url == url


def test_bodies_examples_and_schemas() -> None:
    content = {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/pet"},
            "examples": {"a": {"$ref": "#/components/examples/cat"}},
        },
        "text/plain": {"schema": {"type": "string"}, "example": "hello"},
    }
    operation = {"operationId": "Put", "requestBody": {"content": content}, "responses": {"2XX": {"description": "d", "content": content}, "default": {"description": "e"}}}  # fmt: skip
    tree = document({"/a": {"put": operation}}, components={"schemas": {"pet": {"type": "object"}}, "examples": {"cat": {"value": {"n": 1}}}})  # fmt: skip
    api = imported(tree)
    request = api.operations[0][1]["request"]["representations"]
    assert request[0] == {
        "contentType": "application/json",
        "schemaId": "openapi",
        "typeName": "pet",
        "examples": {"a": {"value": {"n": 1}}},
    }
    assert request[1]["typeName"] == "PutRequest" and request[1]["examples"] == {"default": {"value": "hello"}}
    assert [response["statusCode"] for response in api.operations[0][1]["responses"]] == [200]
    assert set(api.schema["document"]["components"]["schemas"]) == {"pet", "PutRequest", "Put200Response"}


def test_swagger() -> None:
    tree = {
        "swagger": "2.0", "info": {"title": "Old", "version": "1"}, "host": "h.example", "basePath": "/v1", "schemes": ["http", "https"],
        "paths": {"/p/{id}": {"post": {
            "operationId": "Post", "consumes": ["application/json"],
            "parameters": [
                {"in": "path", "name": "id", "type": "integer", "required": True},
                {"in": "body", "name": "b", "schema": {"$ref": "#/definitions/thing"}},
                {"in": "header", "name": "x-h", "type": "string"},
            ],
            "responses": {"201": {"description": "made", "schema": {"type": "object"}, "examples": {"application/json": {"a": 1}}}},
        }}},
        "definitions": {"thing": {"type": "object"}},
    }  # fmt: skip
    api = imported(tree)
    name, operation = api.operations[0]
    assert (name, api.service_url, operation["urlTemplate"]) == ("Post", "https://h.example/v1", "/p/{id}")
    assert operation["templateParameters"][0]["type"] == "integer"
    assert operation["request"]["representations"] == [
        {"contentType": "application/json", "schemaId": "openapi", "typeName": "thing"}
    ]
    assert operation["responses"][0]["representations"][0]["examples"] == {"default": {"value": {"a": 1}}}
    assert set(api.schema["document"]["definitions"]) == {"thing", "Post201Response"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ('{"openapi": "3.0.0",\n  "info": }', "x:2:"),
        ("a: [", "not YAML"),
        ("a: &x 1\nb: *x", "aliases are not supported"),
        ("[1]", "expected an OpenAPI document"),
        ("openapi: 4.0.0\ninfo: {title: t}", "found '4.0.0'"),
        ("info: {title: t}", "expected an `openapi` or `swagger` version"),
        ("openapi: 3.0.0\npaths: {}", "title is required"),
        ("openapi: 3.0.0\ninfo: {title: t}\npaths: {a: {}}", "starts with a slash"),
        ("openapi: 3.0.0\ninfo: {title: t}\npaths: {/a: {get: 1}}", "$.paths['/a'].get"),
        ("openapi: 3.0.0\ninfo: {title: t}\npaths: {/a: {$ref: other.yaml}}", "other.yaml"),
        ("openapi: 3.0.0\ninfo: {title: t}\npaths: {/a: {get: {parameters: [{$ref: '#/no'}]}}}", "leads to nothing"),
        ("openapi: 3.0.0\ninfo: {title: t}\npaths: {/a: {get: {parameters: [{name: x}]}}}", "no name or place"),
        (
            "openapi: 3.0.0\ninfo: {title: t}\ncomponents: {parameters: {a: {$ref: '#/components/parameters/a'}}}\n"
            "paths: {/a: {get: {parameters: [{$ref: '#/components/parameters/a'}]}}}",
            "circle",
        ),
        (" " * ((4 << 20) + 1), "larger than 4 MiB"),
        ("[" * 200_000, "nested more than 100 levels"),
        ('{"a":' * 200_000, "depth limit"),
        ('{"a":' * 300 + "1" + "}" * 300, "nested more than 100 levels"),
        ("a: !!binary aGk=", "YAML type bytes"),
        ("a: .nan", "no number of JSON"),
    ],
)
def test_a_bad_document_says_where_and_what(text: str, words: str) -> None:
    with pytest.raises(InvalidDocument) as error:
        import_api(read_document(text, "x"))
    assert words in str(error.value)
    assert str(error.value).startswith("x")


def test_dates_stay_text() -> None:
    tree = read_document("openapi: 3.1.0\ninfo: {title: t, version: 2023-05-15}").tree
    assert tree["info"]["version"] == "2023-05-15"


@pytest.mark.parametrize("name", BUILTIN)
def test_the_builtin_documents(name: str) -> None:
    api = import_api(read_document(builtin_document(name), name))
    names = {operation for operation, _ in api.operations}
    assert {"ChatCompletions_Create", "Completions_Create", "embeddings_create"} <= names
    for operation, properties in api.operations:
        checked(f"~/apis/a/operations/{operation}", {"properties": properties})
    if name != "azure-openai-2023-05-15":
        assert {"Responses_Create", "Models_List"} <= names


def stored(api: ImportedApi, name: str = "a") -> tuple[Resource, list[Resource], list[Resource]]:
    resource = checked(f"~/apis/{name}", {"properties": {"displayName": api.title, "path": name, "serviceUrl": api.service_url}})
    changes = [c.resource for c in import_changes(resource, api, {}, {}) if c.resource]
    operations = [r for r in changes if "/operations/" in r.id]
    return changes[0], operations, [r for r in changes if "/schemas/" in r.id]


@pytest.mark.parametrize("name", BUILTIN)
def test_an_exported_document_gives_the_same_operations(name: str) -> None:
    first = import_api(read_document(builtin_document(name)))
    api, operations, schemas = stored(first)
    again = import_api(read_document(as_yaml(export_api(api, operations, schemas, "http://127.0.0.1:8080"))))
    assert again.title == first.title
    assert {n: p["urlTemplate"] for n, p in again.operations} == {n: p["urlTemplate"] for n, p in first.operations}
    assert dict(again.operations) == dict(first.operations)
    assert again.schema == first.schema


def test_an_update_matches_by_name_without_case() -> None:
    first = imported(document({"/a": {"get": {"operationId": "List"}}, "/b": {"get": {"operationId": "Other"}}}))
    api, operations, schemas = stored(first)
    resources = {r.key: r for r in (api, *operations, *schemas)}
    second = imported(document({"/a": {"get": {"operationId": "list", "summary": "new"}}}))
    changes = {change.id: change.resource for change in import_changes(api, second, resources, {})}
    assert changes["~/apis/a/operations/Other"] is None
    updated = changes["~/apis/a/operations/List"]
    assert updated is not None and updated.properties["displayName"] == "new"


def test_what_the_request_says_wins_over_the_document() -> None:
    api = checked("~/apis/a", {"properties": {"path": "a", "displayName": "mine", "serviceUrl": "http://mine"}})
    tree = document(servers=[{"url": "https://theirs"}])
    given = {"displayName": "mine"}
    changed = import_changes(api, imported(tree), {}, given)[0].resource
    assert changed is not None
    assert (changed.properties["displayName"], changed.properties["serviceUrl"]) == ("mine", "https://theirs")
    assert replace(changed, properties={}).id == "~/apis/a"


def fetcher(handler: Any, *hosts: str) -> LinkFetcher:
    return LinkFetcher(hosts, httpx.MockTransport(handler))


def test_links() -> None:
    fetch = fetcher(lambda request: httpx.Response(200, text="openapi: 3.0.0"), "good.example")
    assert fetch("https://good.example/x.yaml") == "openapi: 3.0.0"
    assert "ChatCompletions_Create" in fetch("builtin:openai-v1")


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("https://bad.example/x", "host 'bad.example' is not allowed"),
        ("http://good.example/x", "expected an https:// link"),
        ("file:///etc/passwd", "expected an https:// link"),
        ("https://good.example/missing", "answered 404"),
        ("https://good.example/away", "host 'evil.example' is not allowed"),
        ("https://good.example/round", "redirects too often"),
        ("https://good.example/large", "is larger than 4 MiB"),
        ("https://good.example/down", "cannot be fetched"),
        ("builtin:none", "expected one of"),
    ],
)
def test_bad_links_say_what_is_wrong(link: str, words: str) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        match request.url.path:
            case "/away":
                return httpx.Response(302, headers={"location": "https://evil.example/"})
            case "/round":
                return httpx.Response(302, headers={"location": "/round"})
            case "/large":
                return httpx.Response(200, content=b"x" * ((4 << 20) + 1))
            case "/down":
                raise httpx.ConnectError("refused")
        return httpx.Response(404)

    with pytest.raises(InvalidDocument) as error:
        fetcher(handler, "good.example")(link)
    assert words in str(error.value)


def test_builtin_documents_are_plain_yaml() -> None:
    for name in BUILTIN:
        assert yaml.safe_load(builtin_document(name))["openapi"].startswith("3.")
