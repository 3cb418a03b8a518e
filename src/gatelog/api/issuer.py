"""The local issuer over HTTP: metadata, keys, tokens and sign-in below the path of its URL."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gatelog.api.compression import BodyRefused, read_body
from gatelog.identity.endpoints import CheckUser, Endpoints, IssuerRequest
from gatelog.identity.local import LocalIssuer

_MOST_BYTES = 64 * 1024


def routes(issuer: LocalIssuer, check_user: CheckUser) -> list[Route]:
    """The issuer's routes; `check_user` decides who may sign in."""
    endpoints = Endpoints(issuer, check_user)
    path = urlsplit(issuer.issuer).path.rstrip("/")

    async def answer(request: Request) -> Response:
        try:
            body = await read_body(request, _MOST_BYTES)
        except BodyRefused as error:
            return Response(str(error), error.status)
        asked = IssuerRequest(request.method, "/" + request.path_params["rest"], request.url.query, body, dict(request.headers))
        reply = await run_in_threadpool(endpoints.answer, asked)
        return Response(reply.body, reply.status, dict(reply.headers), media_type=reply.content_type)

    return [Route(path + "/{rest:path}", answer, methods=["GET", "POST"])]
