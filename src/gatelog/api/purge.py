"""The purge API of Log Analytics (learn.microsoft.com/rest/api/loganalytics/workspace-purge).

    POST {workspace}/purge             {"table", "filters": [{"column", "operator", "value"}]} -> 202 {"operationId"}
    GET  {workspace}/operations/{id}   {"status": "pending" | "completed"}
A purge that could not be done answers 409 with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gatelog.api.management.errors import ArmError, answer, not_found, to_arm
from gatelog.api.management.face import json_body
from gatelog.errors import GatelogError
from gatelog.storage.errors import StorageError
from gatelog.workspace.space import Workspace

API_VERSION = "2020-08-01"
_WORKSPACE = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.OperationalInsights/workspaces/{workspace}"


@dataclass(frozen=True, slots=True)
class PurgeFace:
    """What the API works with."""

    workspace: Workspace
    workspace_id: str
    allow: Callable[[Request], None]
    """Raises when the caller may not purge."""


def routes(face: PurgeFace) -> list[Route]:
    """Both endpoints."""

    async def purge(request: Request) -> Response:
        try:
            _enter(face, request)
            identity = await run_in_threadpool(_ask, face.workspace, await json_body(request))
        except GatelogError as error:
            return answer(to_arm(error, request.url.path))
        place = str(request.base_url).rstrip("/") + f"{face.workspace_id}/operations/{identity}?api-version={API_VERSION}"
        return JSONResponse({"operationId": identity}, 202, headers={"x-ms-status-location": place})

    async def status(request: Request) -> Response:
        try:
            _enter(face, request)
            found = await run_in_threadpool(_status, face.workspace, request.path_params["operation"], request.url.path)
        except GatelogError as error:
            return answer(to_arm(error, request.url.path))
        return JSONResponse({"status": found}, headers={"cache-control": "no-store"})

    return [
        Route(f"{_WORKSPACE}/purge", purge, methods=["POST"]),
        Route(f"{_WORKSPACE}/operations/{{operation}}", status, methods=["GET"]),
    ]


def _enter(face: PurgeFace, request: Request) -> None:
    face.allow(request)
    given = _WORKSPACE.format(**request.path_params)
    if given.lower() != face.workspace_id.lower():
        raise not_found(given)


def _ask(workspace: Workspace, body: Any) -> str:
    if not isinstance(body, dict) or not isinstance(body.get("table"), str) or not isinstance(body.get("filters"), list):
        raise ArmError(400, "InvalidRequestContent", "$: expected table (a text) and filters (an array)")
    try:
        return workspace.purging.ask(body["table"], body["filters"])
    except StorageError as error:
        raise ArmError(400, "InvalidParameter", str(error)) from None


def _status(workspace: Workspace, identity: str, path: str) -> str:
    for receipt in workspace.purges():
        if receipt.id == identity:
            if receipt.error:
                raise ArmError(409, "PurgeFailed", receipt.error)
            return "completed"
    if any(request.id == identity for request in workspace.purging.requests()):
        return "pending"
    raise not_found(path)
