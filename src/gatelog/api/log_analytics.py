"""The Log Analytics query API (learn.microsoft.com/azure/azure-monitor/logs/api/overview): query, batch, metadata.

There is one workspace here, so any workspace id names it; questions over several workspaces are refused.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gatelog.api.asking import Asker, Question
from gatelog.api.compression import BodyRefused, json_response, read_body
from gatelog.api.kusto_errors import TOO_LARGE, problem_object, problem_text
from gatelog.api.resource_scope import ScopeRefused
from gatelog.api.roles import Action
from gatelog.api.security import AccessDenied, NotAuthenticated, Principal, Security
from gatelog.api.timespan import TimespanError, read_timespan
from gatelog.api.visualization import log_analytics_render
from gatelog.api.wire import rows_of
from gatelog.kql.errors import KqlError
from gatelog.schema.query import Result
from gatelog.storage.errors import QueryStopped, StorageError

MOST_BATCH = 100
_RESOURCE_TYPE = "microsoft.operationalinsights/workspaces"


class _Refused(Exception):
    """An error answer."""

    def __init__(self, status: int, error: dict[str, Any]) -> None:
        super().__init__(str(error))
        self.status = status
        self.error = error


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    document: dict[str, Any]
    headers: Mapping[str, str]

    @property
    def body(self) -> bytes:
        return orjson.dumps(self.document)


class LogAnalyticsApi:
    """The routes of one workspace."""

    def __init__(self, asker: Asker, security: Security, scope: str = "/", workspace_name: str = "gatelog") -> None:
        """`scope`: ARM id of the workspace, which roles are granted on."""
        self._asker = asker
        self._security = security
        self._scope = scope
        self._name = workspace_name

    def routes(self) -> list[Route]:
        """What to mount."""
        return [
            Route("/v1/workspaces/{workspace}/query", self.query, methods=["POST", "GET"]),
            Route("/v1/workspaces/{workspace}/metadata", self.metadata, methods=["POST", "GET"]),
            Route("/v1/$batch", self.batch, methods=["POST"]),
            Route("/v1/subscriptions/{resource:path}/query", self.resource_query, methods=["POST", "GET"]),
        ]

    async def query(self, request: Request) -> Response:
        """One query."""
        return await self._one_query(request, "")

    async def resource_query(self, request: Request) -> Response:
        """One query in the context of a resource: it sees that resource's rows."""
        return await self._one_query(request, "/subscriptions/" + request.path_params["resource"])

    async def _one_query(self, request: Request, resource: str) -> Response:
        try:
            principal = self._authenticated(request)
            found = await self._given(request)
            reply = await self._answer(found, principal, request.headers.get("prefer", ""), request.headers, resource)
        except _Refused as refused:
            reply = _error(refused)
        return json_response(request, reply.body, reply.status, dict(reply.headers))

    async def batch(self, request: Request) -> Response:
        """Several queries, answered side by side; each has its own status."""
        try:
            principal = self._authenticated(request)
            asked = (await self._given(request)).get("requests")
            if not isinstance(asked, list) or len(asked) > MOST_BATCH or not all(isinstance(one, dict) for one in asked):
                raise _bad_argument(f"expected 'requests' with at most {MOST_BATCH} objects")
            replies = await asyncio.gather(*(self._one_of_batch(one, principal, request) for one in asked))
            responses = [
                {"id": str(one.get("id", "")), "status": reply.status, "headers": dict(reply.headers), "body": reply.document}
                for one, reply in zip(asked, replies, strict=True)
            ]
            return json_response(request, orjson.dumps({"responses": responses}), 200, {})
        except _Refused as refused:
            reply = _error(refused)
            return json_response(request, reply.body, reply.status, dict(reply.headers))

    async def _one_of_batch(self, asked: dict[str, Any], principal: Principal, request: Request) -> _Reply:
        try:
            if str(asked.get("path", "/query")).strip("/") != "query":
                raise _bad_argument("expected the path /query")
            body = asked.get("body")
            if not isinstance(body, dict):
                raise _bad_argument("expected an object with the query in 'body'")
            headers = {str(name).lower(): str(value) for name, value in (asked.get("headers") or {}).items()}
            return await self._answer(body, principal, headers.get("prefer", ""), {**request.headers, **headers})
        except _Refused as refused:
            return _error(refused)

    async def metadata(self, request: Request) -> Response:
        """Tables, columns and functions, for editors."""
        try:
            principal = self._authenticated(request)
            document = await run_in_threadpool(self._described, request.path_params["workspace"], self._reads_bodies(principal))
            return json_response(request, orjson.dumps(document), 200, {})
        except _Refused as refused:
            reply = _error(refused)
            return json_response(request, reply.body, reply.status, dict(reply.headers))

    def _authenticated(self, request: Request) -> Principal:
        try:
            principal = self._security.authenticate(request)
            if not self._reads_bodies(principal):
                self._security.require(principal, Action.USAGE, self._scope)
        except NotAuthenticated as error:
            status = 429 if error.retry_after else 401
            code = "ThrottledError" if error.retry_after else "AuthorizationRequiredError"
            message = f"Valid authentication was not provided: {error}"
            raise _Refused(status, {"message": message, "code": code}) from error
        except AccessDenied as error:
            message = f"The provided credentials have insufficient access to perform the requested operation: {error}"
            raise _Refused(403, {"message": message, "code": "InsufficientAccessError"}) from error
        return principal

    def _reads_bodies(self, principal: Principal) -> bool:
        return self._security.may(principal, Action.LOGS, self._scope)

    async def _given(self, request: Request) -> dict[str, Any]:
        if request.method == "GET":
            return dict(request.query_params)
        try:
            found = orjson.loads(await read_body(request))
        except orjson.JSONDecodeError as error:
            raise _bad_argument(f"the body is not JSON: {error}") from error
        except BodyRefused as error:
            raise _Refused(error.status, {"message": str(error), "code": "BadArgumentError"}) from error
        if not isinstance(found, dict):
            raise _bad_argument("expected a JSON object with the query in 'query'")
        if "timespan" in request.query_params and not found.get("timespan"):
            found["timespan"] = request.query_params["timespan"]
        return found

    async def _answer(
        self, found: dict[str, Any], principal: Principal, prefer: str, headers: Mapping[str, str], resource: str = ""
    ) -> _Reply:
        preferences = _preferences(prefer)
        question = replace(self._question(found, principal, preferences, headers), resource=resource)
        try:
            result = await self._asker.ask(question)
        except KqlError as error:
            raise _query_error(error) from error
        except ScopeRefused as error:
            raise _bad_argument(str(error)) from error
        except StorageError as error:
            raise _run_error(error) from error
        answered = {"Preference-Applied": prefer} if prefer else {}
        document = await run_in_threadpool(_document, result, preferences)
        return _Reply(200, document, {"Content-Language": "en", **answered})

    def _question(
        self, found: dict[str, Any], principal: Principal, preferences: Mapping[str, str], headers: Mapping[str, str]
    ) -> Question:
        text, timespan, others = found.get("query"), found.get("timespan"), found.get("workspaces")
        if not isinstance(text, str) or not text.strip():
            raise _bad_argument("expected the query in 'query'")
        if others:
            raise _bad_argument("queries over several workspaces are not supported: this installation has one workspace")
        try:
            time_range = read_timespan(str(timespan), self._asker.clock.now()) if timespan else None
        except TimespanError as error:
            raise _bad_argument(f"timespan: {error}") from error
        wait = preferences.get("wait", "")
        return Question(
            text=text,
            request_id=headers.get("x-ms-client-request-id") or str(uuid.uuid4()),
            user=principal.name,
            time_range=time_range,
            seconds=float(wait) if wait.isdigit() else 0.0,
            may_read_bodies=self._reads_bodies(principal),
        )

    def _described(self, workspace: str, may_read_bodies: bool) -> dict[str, Any]:
        tables = [
            {
                "id": f"t/{table.name}",
                "name": table.name,
                "description": table.doc,
                "timespanColumn": table.time_column,
                "tableType": "Microsoft",
                "labels": [],
                "columns": [
                    {"name": column.name, "type": column.type.value, "description": column.doc} for column in table.columns
                ],
                "related": {"workspaces": [workspace]},
            }
            for table in self._asker.schema(may_read_bodies)
        ]
        functions = [
            {
                "id": f"f/{function.name}",
                "name": function.name,
                "displayName": function.name,
                "description": function.doc,
                "parameters": function.parameters.strip()[1:-1],
                "body": function.body,
                "related": {"workspaces": [workspace]},
            }
            for function in self._asker.functions.all()
        ]
        entry = {"id": workspace, "resourceId": self._scope, "name": self._name, "region": "", "related": {}}
        entry["related"] = {
            "tables": [table["id"] for table in tables],
            "functions": [function["id"] for function in functions],
        }
        return {
            "tables": tables,
            "functions": functions,
            "workspaces": [entry],
            "tableGroups": [],
            "categories": [],
            "solutions": [],
            "queries": [],
            "resourceTypes": [{"id": f"rt/{_RESOURCE_TYPE}", "type": _RESOURCE_TYPE}],
        }


def _document(result: Result, preferences: Mapping[str, str]) -> dict[str, Any]:
    document: dict[str, Any] = {
        "tables": [
            {
                "name": table.name,
                "columns": [{"name": column.name, "type": column.type.value} for column in table.columns],
                "rows": rows_of(table, native_dynamic=False),
            }
            for table in result.tables
        ]
    }
    if preferences.get("include-statistics") == "true":
        document["statistics"] = {"query": _statistics(result)}
    if preferences.get("include-render") == "true":
        document["render"] = log_analytics_render(result.tables[0].visualization if result.tables else {})
    if result.truncated:
        message = f"{result.truncated} (E_QUERY_RESULT_SET_TOO_LARGE)"
        inner = {"code": str(TOO_LARGE), "message": message, "severity": 2, "severityName": "Error"}
        detail = {
            "code": "EngineError",
            "message": "Something went wrong processing your query on the server.",
            "innererror": inner,
        }
        document["error"] = {
            "code": "PartialError",
            "message": "There were some errors when processing your query.",
            "details": [detail],
        }
    return document


def _statistics(result: Result) -> dict[str, Any]:
    return {
        "executionTime": round(result.seconds, 7),
        "resourceUsage": {
            "cache": {"memory": {"hits": 0, "misses": 0, "total": 0}, "disk": {"hits": 0, "misses": 0, "total": 0}},
            "cpu": {"user": "00:00:00", "kernel": "00:00:00", "totalCpu": "00:00:00"},
            "memory": {"peakPerNode": 0},
        },
        "inputDatasetStatistics": {
            "extents": {"total": 0, "scanned": 0},
            "rows": {"total": result.rows_scanned, "scanned": result.rows_scanned},
        },
        "datasetStatistics": [{"tableRowCount": table.data.num_rows, "tableSize": table.data.nbytes} for table in result.tables],
    }


def _preferences(header: str) -> dict[str, str]:
    """`wait=600, include-statistics=true` (RFC 7240)."""
    pairs = (part.strip().partition("=") for part in re.split(r"[,;]", header))
    return {name.strip().lower(): value.strip().strip('"').lower() for name, _, value in pairs if name}


def _bad_argument(message: str) -> _Refused:
    return _Refused(400, {"message": message, "code": "BadArgumentError"})


def _query_error(error: KqlError) -> _Refused:
    """A query with findings: three levels deep, as Log Analytics nests them."""
    first = error.problems[0]
    is_syntax = first.code.startswith("SYN")
    innermost = {
        "code": first.code,
        "message": problem_text(first),
        "line": first.line,
        "pos": first.column,
    }
    inner = {
        "code": "SyntaxError" if is_syntax else "SemanticError",
        "message": "A recognition error occurred in the query." if is_syntax else "A semantic error occurred.",
        "innererror": innermost,
    }
    return _Refused(
        400,
        {
            "message": "The request had some invalid properties",
            "code": "BadArgumentError",
            "innererror": inner,
            "details": [problem_object(problem) for problem in error.problems],
        },
    )


def _run_error(error: StorageError) -> _Refused:
    if isinstance(error, QueryStopped) and error.reason == "time":
        return _Refused(504, {"message": str(error), "code": "GatewayTimeout"})
    if isinstance(error, QueryStopped):
        inner = {"code": "QueryLimits" if error.reason != "cancelled" else "QueryCancelled", "message": str(error)}
        return _Refused(400, {"message": "The query was stopped", "code": "BadArgumentError", "innererror": inner})
    message = "Something went wrong processing your query on the server."
    return _Refused(
        500, {"message": message, "code": "EngineError", "innererror": {"code": "QueryFailed", "message": str(error)}}
    )


def _error(refused: _Refused) -> _Reply:
    headers = {"WWW-Authenticate": "Bearer"} if refused.status == 401 else {}
    return _Reply(refused.status, {"error": {**refused.error, "correlationId": str(uuid.uuid4())}}, headers)


def routes(asker: Asker, security: Security, scope: str = "/", workspace_name: str = "gatelog") -> list[Route]:
    """The Log Analytics routes of a workspace."""
    return LogAnalyticsApi(asker, security, scope, workspace_name).routes()
