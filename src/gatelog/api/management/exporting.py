"""GET of an API with `export=true`: its OpenAPI document, inline or behind a link."""

from __future__ import annotations

import base64
from urllib.parse import quote

from starlette.responses import JSONResponse, Response

from gatelog.api.management.errors import ArmError
from gatelog.catalog.control import Snapshot
from gatelog.catalog.openapi.exporting import as_yaml, export_api
from gatelog.catalog.resource import Resource, full_id
from gatelog.catalog.shapes import Tree

FORMATS = ("openapi", "openapi+json", "openapi-link", "openapi+json-link")


def document_of(api: Resource, snapshot: Snapshot) -> Tree:
    """The OpenAPI document of a stored API."""
    below = [resource for key, resource in sorted(snapshot.resources.items()) if key.startswith(f"{api.key}/")]
    operations = [r for r in below if r.type.lower().endswith("/apis/operations")]
    schemas = [r for r in below if r.type.lower().endswith("/apis/schemas")]
    return export_api(api, operations, schemas, snapshot.catalog.service.gateway_url)


def exported(api: Resource, snapshot: Snapshot, wanted: str, base_url: str) -> Response:
    """The answer to an export. A link is a `data:` address: there is no store that a link could outlive the answer in."""
    if wanted not in FORMATS:
        raise ArmError(400, "ValidationError", f"format: expected one of {', '.join(FORMATS)}, found {wanted[:40]!r}")
    document = document_of(api, snapshot)
    identity = full_id(api.id, snapshot.service_id)
    if wanted == "openapi+json":
        return JSONResponse({"id": identity, "format": wanted, "value": document})
    if wanted == "openapi":
        return JSONResponse({"id": identity, "format": wanted, "value": as_yaml(document)})
    media = "application/vnd.oai.openapi+json" if wanted.startswith("openapi+json") else "application/vnd.oai.openapi"
    text = JSONResponse(document).body if wanted.startswith("openapi+json") else as_yaml(document).encode()
    link = f"data:{quote(media, safe='/+.')};base64,{base64.b64encode(bytes(text)).decode()}"
    return JSONResponse({"id": identity, "format": wanted, "value": {"link": link}})
