"""The playground's call: one operation through the real gateway, its answer handed on byte by byte as it comes.

    POST /api/playground   {"api", "operation", "parameters": {}, "query": {}, "headers": {}, "body": "", "subscription"}
Status, content type and body are those of the gateway, `gatelog-correlation-id` names the logged call; a problem of ours (an
unknown operation, a gateway that does not answer) has no such header.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from gatelog.api.management.console import CREDENTIAL_HEADER, chosen_operation, request_url, texts_of
from gatelog.api.management.errors import ArmError, answer, to_arm
from gatelog.api.management.face import Face, json_body
from gatelog.api.roles import Action
from gatelog.catalog.control import Snapshot
from gatelog.catalog.trace_token import sign
from gatelog.errors import GatelogError

CORRELATION_HEADER = "gatelog-correlation-id"
_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outgoing:
    """What goes to the gateway."""

    method: str
    url: str
    headers: dict[str, str]
    content: str | None


def routes(face: Face, transport: httpx.AsyncBaseTransport | None = None) -> list[Route]:
    """The route. `transport`: how the gateway is reached, for tests."""

    async def play(request: Request) -> Response:
        try:
            principal = face.security.authenticate(request)
            # the call is made with a subscription's key, which the caller could otherwise not read
            face.security.require(principal, Action.WRITE)
            face.security.require(principal, Action.SECRETS)
            body = await json_body(request)
            snapshot = await run_in_threadpool(face.control.snapshot)
            return await _streamed(_outgoing(face, snapshot, body if isinstance(body, dict) else {}), transport)
        except GatelogError as error:
            return answer(to_arm(error, request.url.path))

    return [Route("/api/playground", play, methods=["POST"])]


def _outgoing(face: Face, snapshot: Snapshot, body: dict[str, Any]) -> _Outgoing:
    """The call that a request describes. Raises `ArmError`."""
    api, operation, subscription = chosen_operation(snapshot, body)
    content = body.get("body")
    if content is not None and not isinstance(content, str):
        raise ArmError(400, "ValidationError", "$.body: expected a text")
    key = {api.key_header: subscription.primary_key} if subscription is not None else {}
    # with it the gateway says which call this is
    token = sign(face.trace_key, face.clock.now() // 1_000_000_000, api.id) if face.trace_key else ""
    return _Outgoing(
        method=operation.method if operation.method != "*" else "POST",
        url=request_url(
            snapshot.catalog.service.gateway_url, api, operation, texts_of(body, "parameters"), texts_of(body, "query")
        ),
        headers={**texts_of(body, "headers"), **key, **({CREDENTIAL_HEADER: token} if token else {})},
        content=content,
    )


async def _streamed(outgoing: _Outgoing, transport: httpx.AsyncBaseTransport | None) -> Response:
    """The gateway's answer; its connection ends with the answer, or when the browser leaves."""
    # the certificate of a gateway on this machine is often its own
    is_here = urlsplit(outgoing.url).hostname in ("127.0.0.1", "::1", "localhost")
    client = httpx.AsyncClient(transport=transport, timeout=_SECONDS, trust_env=False, verify=not is_here)
    try:
        request = client.build_request(outgoing.method, outgoing.url, headers=outgoing.headers, content=outgoing.content)
        response = await client.send(request, stream=True)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        await client.aclose()
        raise ArmError(
            502, "GatewayUnreachable", f"the gateway at {outgoing.url} does not answer: {type(error).__name__}"
        ) from None
    return StreamingResponse(
        _chunks(response, client),
        status_code=response.status_code,
        media_type=response.headers.get("content-type", "application/octet-stream"),
        headers={
            CORRELATION_HEADER: response.headers.get("apim-trace-id", ""),
            "cache-control": "no-store",
            "content-security-policy": "sandbox",
            "x-content-type-options": "nosniff",
        },
        background=BackgroundTask(client.aclose),
    )


async def _chunks(response: httpx.Response, client: httpx.AsyncClient) -> AsyncIterator[bytes]:
    """The body as it comes. An answer that breaks off ends here; what came before it stays."""
    try:
        async for chunk in response.aiter_bytes():
            yield chunk
    except httpx.HTTPError:
        return
    finally:
        await response.aclose()
        await client.aclose()
