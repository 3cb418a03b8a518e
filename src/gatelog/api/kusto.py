"""Kusto's REST API: queries in versions 1 and 2, management commands, and what clients ask before they sign in.

learn.microsoft.com/kusto/api/rest. One database; its name in a request is not looked at.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gatelog.api.asking import Asker, Question
from gatelog.api.compression import BodyRefused, json_response, read_body
from gatelog.api.functions import FunctionRefused
from gatelog.api.kusto_commands import CommandRefused, Session, datatable_text, run_command, split_pipe, strip_comments
from gatelog.api.kusto_errors import Context, bad_request, one_api_error, query_refused, run_failed
from gatelog.api.kusto_frames import v1_answer, v1_command, v2_answer
from gatelog.api.roles import Action
from gatelog.api.security import AccessDenied, NotAuthenticated, Principal, Security
from gatelog.kql.errors import KqlError
from gatelog.schema.query import Result
from gatelog.storage.errors import StorageError

DATABASE = "gatelog"
_METADATA = {
    "AzureAD": {
        "LoginEndpoint": "https://login.microsoftonline.com",
        "LoginMfaRequired": False,
        "KustoClientAppId": "db662dc1-0cfe-4e1c-a843-19a68e65be58",
        "KustoClientRedirectUri": "http://localhost",
        "KustoServiceResourceId": "https://kusto.kusto.windows.net",
        "FirstPartyAuthorityUrl": "https://login.microsoftonline.com/f8cdef31-a31e-4b4a-93e4-5f571e91255a",
    },
    "dSTS": {
        "CloudEndpointSuffix": "windows.net",
        "DstsRealm": "",
        "DstsInstance": "",
        "KustoDnsHostName": "",
        "ServiceName": "",
    },
}
_MOST_SECONDS = 86_400.0
_TIMEOUT = re.compile(r"(?:(\d+)\.)?(\d+):(\d+):(\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class _Call:
    """One request, read."""

    text: str
    database: str
    options: Mapping[str, Any]
    parameters: Mapping[str, str]
    principal: Principal
    context: Context


class KustoApi:
    """The routes of one workspace."""

    def __init__(self, asker: Asker, security: Security, scope: str = "/", database: str = DATABASE) -> None:
        """`scope`: ARM id of the workspace, which roles are granted on."""
        self._asker = asker
        self._security = security
        self._scope = scope
        self._database = database
        self._started = Context("", "", asker.clock.now()).timestamp

    def routes(self) -> list[Route]:
        """What to mount."""
        return [
            Route("/v1/rest/query", self.query_v1, methods=["POST", "GET"]),
            Route("/v2/rest/query", self.query_v2, methods=["POST", "GET"]),
            Route("/v1/rest/mgmt", self.mgmt, methods=["POST"]),
            Route("/v1/rest/auth/metadata", self.metadata, methods=["GET"]),
            Route("/v1/rest/ping", self.ping, methods=["GET"]),
        ]

    async def metadata(self, request: Request) -> Response:
        """What clients read before they sign in."""
        return Response(orjson.dumps(_METADATA), media_type="application/json")

    async def ping(self, request: Request) -> Response:
        """Whether somebody is there."""
        return Response(b"Pong!", media_type="text/plain")

    async def query_v1(self, request: Request) -> Response:
        """A query, answered in version 1."""
        return await self._guarded(request, lambda call: self._query(call, v1_answer))

    async def query_v2(self, request: Request) -> Response:
        """A query, answered in version 2."""
        return await self._guarded(request, lambda call: self._query(call, v2_answer))

    async def mgmt(self, request: Request) -> Response:
        """A management command; a text without a leading dot is a query, answered in version 1, as Kusto does."""
        return await self._guarded(request, self._command)

    async def _query(self, call: _Call, write: Callable[[Result, Context, Mapping[str, Any]], bytes]) -> bytes:
        if strip_comments(call.text).lstrip().startswith("."):
            raise CommandRefused("a management command was sent to the query endpoint; send it to /v1/rest/mgmt")
        question = self._question(call, call.text)
        return await run_in_threadpool(lambda: write(self._asker.answer(question), call.context, call.options))

    async def _command(self, call: _Call) -> bytes:
        command, query = split_pipe(call.text)
        if not command.startswith("."):
            return await self._query(call, v1_answer)
        principal = call.principal
        session = Session(
            self._asker,
            self._database,
            principal.name,
            self._may(principal, Action.LOGS),
            self._may(principal, Action.INGEST) or self._may(principal, Action.WRITE),
            self._started,
        )
        table = await run_in_threadpool(run_command, session, command)
        if not query:
            return v1_command(table)
        question = self._question(call, f"{datatable_text(table)} | {query}")
        return await run_in_threadpool(lambda: v1_answer(self._asker.answer(question), call.context, call.options))

    def _question(self, call: _Call, text: str) -> Question:
        return Question(
            text=text,
            request_id=call.context.request_id,
            user=call.principal.name,
            parameters=call.parameters,
            seconds=_seconds(call.options),
            options=call.options,
            may_read_bodies=self._may(call.principal, Action.LOGS),
        )

    def _may(self, principal: Principal, action: Action) -> bool:
        return self._security.may(principal, action, self._scope)

    async def _guarded(self, request: Request, answer: Callable[[_Call], Any]) -> Response:
        """Run one call; every error in Kusto's shape."""
        context = Context(
            request.headers.get("x-ms-client-request-id") or f"unspecified;{uuid.uuid4()}",
            str(uuid.uuid4()),
            self._asker.clock.now(),
        )
        headers = {"x-ms-client-request-id": context.request_id, "x-ms-activity-id": context.activity_id}
        try:
            call = await self._read(request, context)
            context = call.context
            body = await answer(call)
            return json_response(request, body, 200, headers)
        except NotAuthenticated as error:
            status = 429 if error.retry_after else 401
            kind = "Kusto.Data.Exceptions.KustoRequestUnauthorizedException"
            document = one_api_error("General_Unauthorized", "Not authenticated", kind, str(error), context)
            headers["WWW-Authenticate"] = "Bearer"
            if error.retry_after:
                headers["Retry-After"] = str(error.retry_after)
        except AccessDenied as error:
            kind = "Kusto.Data.Exceptions.KustoRequestDeniedException"
            status, document = 403, one_api_error("Forbidden", "Caller is not authorized", kind, str(error), context)
        except KqlError as error:
            status, document = 400, query_refused(error, context)
        except (CommandRefused, FunctionRefused) as error:
            status, document = 400, bad_request(str(error), context)
        except BodyRefused as error:
            status, document = error.status, bad_request(str(error), context)
        except StorageError as error:
            status, document = run_failed(error, context)
        return json_response(request, orjson.dumps(document), status, headers)

    async def _read(self, request: Request, context: Context) -> _Call:
        principal = self._security.authenticate(request)
        if not self._may(principal, Action.LOGS):
            self._security.require(principal, Action.USAGE, self._scope)
        found = dict(request.query_params) if request.method == "GET" else _object(await read_body(request))
        text, database = found.get("csl"), found.get("db")
        if not isinstance(text, str) or not text.strip():
            raise BodyRefused(400, "expected a JSON object with the query in 'csl'")
        properties = found.get("properties") or {}
        properties = _object(properties.encode()) if isinstance(properties, str) else properties
        options = properties.get("Options") or {} if isinstance(properties, dict) else {}
        parameters = properties.get("Parameters") or {} if isinstance(properties, dict) else {}
        if not isinstance(options, dict) or not isinstance(parameters, dict):
            raise BodyRefused(400, "expected objects in properties.Options and properties.Parameters")
        values = {str(name): _parameter(value) for name, value in parameters.items()}
        named = database if isinstance(database, str) else self._database
        context = Context(context.request_id, context.activity_id, context.now, named, text)
        return _Call(text, named, options, values, principal, context)


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BodyRefused(400, f"the body is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise BodyRefused(400, "expected a JSON object with the query in 'csl'")
    return found


def _parameter(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _seconds(options: Mapping[str, Any]) -> float:
    """The time limit that the client asks for: `servertimeout` as `hh:mm:ss` or seconds, `norequesttimeout`."""
    if options.get("norequesttimeout") is True:
        return _MOST_SECONDS
    asked = options.get("servertimeout")
    if isinstance(asked, int | float) and not isinstance(asked, bool):
        return max(0.0, float(asked))
    if not isinstance(asked, str):
        return 0.0
    match = _TIMEOUT.fullmatch(asked.strip())
    if match is None:
        raise BodyRefused(400, f"servertimeout {asked!r} is not a time such as 00:04:00")
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + seconds


def routes(asker: Asker, security: Security, scope: str = "/", database: str = DATABASE) -> list[Route]:
    """Kusto's routes for a workspace."""
    return KustoApi(asker, security, scope, database).routes()
