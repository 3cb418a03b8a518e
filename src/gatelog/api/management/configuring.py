"""The configuration as a whole over HTTP: what `gatelog config` and `gatelog import` talk to.

POST /api/config/apply?dryRun=true&prune=true    {"resources": [{"id", "properties", ...}]} -> {"changes": [...]}
GET  /api/config/export?secrets=true             -> {"files": {path: text}}
GET  /api/config/schema                          -> the JSON schema for editors
"""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gatelog.api.management.activity import record_differences
from gatelog.api.management.errors import ArmError, answer, to_arm
from gatelog.api.management.face import Face, json_body
from gatelog.api.roles import Action
from gatelog.catalog.checking import checked
from gatelog.catalog.folder import apply_resources, diff_resources
from gatelog.catalog.folder.editor import editor_schema
from gatelog.catalog.folder.writing import folder_files
from gatelog.catalog.resource import SERVICE, Resource
from gatelog.errors import GatelogError, InvalidDocument, Problem

_LARGEST = 64 << 20
"""Bytes of a whole configuration."""


def configuration_routes(face: Face) -> list[Route]:
    """The routes."""

    async def apply(request: Request) -> Response:
        return await _answered(request, _apply)

    async def export(request: Request) -> Response:
        return await _answered(request, _export)

    async def schema(request: Request) -> Response:
        return JSONResponse(editor_schema())

    async def _answered(request: Request, work: Any) -> Response:
        try:
            response: Response = await work(face, request)
        except GatelogError as error:
            return answer(to_arm(error, request.url.path))
        return response

    return [
        Route("/api/config/apply", apply, methods=["POST"]),
        Route("/api/config/export", export, methods=["GET"]),
        Route("/api/config/schema", schema, methods=["GET"]),
    ]


def _is_true(request: Request, name: str) -> bool:
    return request.query_params.get(name, "").lower() in ("true", "1")


async def _apply(face: Face, request: Request) -> Response:
    principal = face.security.authenticate(request)
    for action in (Action.READ,) if _is_true(request, "dryRun") else (Action.WRITE, Action.SECRETS, Action.GRANT):
        face.security.require(principal, action)
    body = await json_body(request, _LARGEST)
    resources = _resources(body)
    work = diff_resources if _is_true(request, "dryRun") else apply_resources
    found = await run_in_threadpool(work, face.control, resources, prune=_is_true(request, "prune"))
    if not _is_true(request, "dryRun"):
        client_ip = request.client.host if request.client else ""
        service_id = (await run_in_threadpool(face.control.snapshot)).service_id
        record_differences(face.record, face.clock, found, caller=principal.name, service_id=service_id, client_ip=client_ip)
    return JSONResponse({"changes": [{"id": d.id, "what": d.what, "lines": list(d.lines)} for d in found]})


def _resources(body: Any) -> list[Resource]:
    """The checked resources of a request; every problem at once."""
    items = body.get("resources") if isinstance(body, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) and isinstance(item.get("id"), str) for item in items):
        raise ArmError(400, "InvalidRequestContent", "expected {resources: [{id, properties, ...}]}")
    resources: list[Resource] = []
    problems: list[Problem] = []
    for item in items:
        place = str(item.get("place", ""))
        own = {"armId": item["armId"], "claimed": True} if item["id"] == SERVICE and isinstance(item.get("armId"), str) else {}
        written = {name: value for name, value in item.items() if name not in ("id", "place", "armId")}
        try:
            made = checked(item["id"], written, place)
        except InvalidDocument as error:
            problems += error.problems
            continue
        resources.append(Resource(id=made.id, properties=made.properties, envelope={**made.envelope, **own}, place=place))
    if problems:
        raise InvalidDocument(problems)
    return resources


def as_json(resources: list[Resource]) -> list[dict[str, Any]]:
    """The inverse: what a client sends."""
    return [
        {
            "id": resource.id,
            **{name: value for name, value in resource.envelope.items() if name not in ("origin", "claimed")},
            "properties": dict(resource.properties),
            "place": resource.place,
        }
        for resource in resources
    ]


async def _export(face: Face, request: Request) -> Response:
    principal = face.security.authenticate(request)
    secrets = _is_true(request, "secrets")
    face.security.require(principal, Action.SECRETS if secrets else Action.READ)
    snapshot = await run_in_threadpool(face.control.snapshot)
    files = await run_in_threadpool(folder_files, snapshot.resources.values(), snapshot.service_id, secrets=secrets)
    return JSONResponse({"files": files}, headers={"cache-control": "no-store"})


def problems_of(body: Any) -> InvalidDocument | None:
    """The problems that an error answer of ours lists, for a client that shows them."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return None
    details = error.get("details") or [{"message": error.get("message", ""), "code": error.get("code", "")}]
    return InvalidDocument(
        [Problem(str(d.get("message", "")), place=str(d.get("target", "")), code=str(d.get("code", ""))) for d in details]
    )
