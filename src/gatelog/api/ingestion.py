"""The Logs Ingestion API (learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview).

`POST /dataCollectionRules/{rule}/streams/{stream}` with a JSON array of rows; the client azure-monitor-ingestion works
unmodified. A stream `Custom-NAME_CL` or `NAME` feeds the table of that name; a custom table is made by its first rows. A batch
with a row that does not fit is refused whole, with the index of every such row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gatelog.api.compression import BodyRefused, read_body
from gatelog.errors import GatelogError
from gatelog.intake.fitting import sort_rows
from gatelog.intake.load import UnknownTable, table_for
from gatelog.schema.table import Schema

MOST_BYTES = 16 << 20
PREFIX = "Custom-"
SHOWN_PROBLEMS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestionFace:
    """What the API works with."""

    schema: Callable[[], Schema]
    append: Callable[[str, Sequence[Mapping[str, Any]]], None]
    """Table, rows (JSON values): into the journal, visible a moment later."""
    allow: Callable[[Request], None]
    answer_error: Callable[[GatelogError, str], Response]


def routes(face: IngestionFace) -> list[Route]:
    """The endpoint."""

    async def upload(request: Request) -> Response:
        try:
            face.allow(request)
            body = await read_body(request, MOST_BYTES)
            return await run_in_threadpool(_take, face, request.path_params["stream"], body)
        except BodyRefused as error:
            return _refused(error.status, "InvalidRequest", str(error))
        except UnknownTable as error:
            return _refused(404, "InvalidStream", str(error))
        except GatelogError as error:
            return face.answer_error(error, request.url.path)

    return [Route("/dataCollectionRules/{rule}/streams/{stream}", upload, methods=["POST"])]


def _take(face: IngestionFace, stream: str, body: bytes) -> Response:
    name = stream.removeprefix(PREFIX)
    table = table_for(face.schema(), name)
    try:
        rows = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return _refused(400, "InvalidRequest", f"line {error.lineno}, column {error.colno}: {error.msg}")
    if not isinstance(rows, list):
        return _refused(400, "InvalidRequest", "expected an array of objects")
    found = sort_rows(table, enumerate(rows))
    if found.rejected:
        details = [
            {"code": "InvalidRow", "target": f"$[{bad.line}]", "message": bad.reason} for bad in found.rejected[:SHOWN_PROBLEMS]
        ]
        return _refused(
            400, "InvalidRequest", f"{len(found.rejected)} of {len(rows)} rows do not fit {name}; nothing was taken", details
        )
    if found.rows:
        face.append(name, found.rows)
    return Response(status_code=204)


def _refused(status: int, code: str, message: str, details: Sequence[Mapping[str, str]] = ()) -> Response:
    return JSONResponse({"error": {"code": code, "message": message, "details": list(details)}}, status)
