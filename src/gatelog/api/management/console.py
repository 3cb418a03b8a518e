"""The test console: run one operation through the real gateway and get its answer with the policy trace.

    POST /api/console   {"api", "operation", "parameters": {}, "query": {}, "headers": {}, "body": "", "subscription"}
The call goes to the gateway by HTTP, with the subscription's key and a short-lived trace token, and is logged like any other.
"""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gatelog.api.management.errors import ArmError, answer, to_arm
from gatelog.api.management.face import Face, json_body
from gatelog.api.roles import Action
from gatelog.catalog.control import Snapshot
from gatelog.catalog.entities import Api, Operation, Subscription
from gatelog.catalog.operations import placeholders
from gatelog.catalog.trace_token import sign
from gatelog.errors import GatelogError

TRACE_HEADER = "gatelog-trace"
CREDENTIAL_HEADER = "Apim-Debug-Authorization"
_LARGEST_ANSWER = 4 << 20
_SECONDS = 300.0


def console_routes(face: Face, transport: httpx.AsyncBaseTransport | None = None) -> list[Route]:
    """The route. `transport`: how the gateway is reached, for tests."""

    async def console(request: Request) -> Response:
        try:
            principal = face.security.authenticate(request)
            face.security.require(principal, Action.WRITE)
            face.security.require(principal, Action.SECRETS)
            body = await json_body(request)
            snapshot = await run_in_threadpool(face.control.snapshot)
            return await _run(face, snapshot, body if isinstance(body, dict) else {}, transport)
        except GatelogError as error:
            return answer(to_arm(error, request.url.path))

    return [Route("/api/console", console, methods=["POST"])]


def texts_of(body: dict[str, Any], name: str) -> dict[str, str]:
    """A field that holds an object of texts. Raises `ArmError`."""
    found = body.get(name) or {}
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise ArmError(400, "ValidationError", f"$.{name}: expected an object of texts")
    return found


def chosen_operation(snapshot: Snapshot, body: dict[str, Any]) -> tuple[Api, Operation, Subscription | None]:
    """The API, operation and subscription that a request names. Raises `ArmError`."""
    api = snapshot.catalog.api(str(body.get("api", "")))
    if api is None:
        raise ArmError(404, "ResourceNotFound", f"$.api: there is no API {body.get('api')!r}")
    wanted = str(body.get("operation", "")).lower()
    operation = next((found for found in api.operations if found.id.lower() == wanted), None)
    if operation is None:
        raise ArmError(404, "ResourceNotFound", f"$.operation: API {api.id!r} has no operation {body.get('operation')!r}")
    subscription = None
    if body.get("subscription"):
        subscription = snapshot.catalog.subscription(str(body["subscription"]))
        if subscription is None:
            raise ArmError(404, "ResourceNotFound", f"$.subscription: there is no subscription {body['subscription']!r}")
    return api, operation, subscription


def request_url(gateway_url: str, api: Api, operation: Operation, parameters: dict[str, str], query: dict[str, str]) -> str:
    """The URL of one call. Raises `ArmError` for a template parameter without a value."""
    path, _, written = operation.url_template.partition("?")
    given = {name.lower(): value for name, value in parameters.items()}
    missing = [name for name in placeholders(operation.url_template) if name.lower() not in given]
    if missing:
        raise ArmError(400, "ValidationError", f"$.parameters: template parameter {missing[0]!r} has no value")
    for name in placeholders(path):
        path = path.replace("{" + name + "}", quote(given[name.lower()], safe="")).replace(
            "{*" + name + "}", quote(given[name.lower()])
        )
    for name in placeholders(written):
        written = written.replace("{" + name + "}", quote(given[name.lower()], safe=""))
    more = urlencode(query)
    suffix = f"/{api.path}" if api.path else ""
    if not api.is_current:
        suffix += f";rev={api.revision}"
    text = "&".join(part for part in (written, more) if part)
    return f"{gateway_url.rstrip('/')}{suffix}{path}" + (f"?{text}" if text else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What the gateway said."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    milliseconds: float

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")


async def _called(
    method: str, url: str, headers: dict[str, str], content: str | None, transport: httpx.AsyncBaseTransport | None
) -> _Answer:
    """One call to the gateway; an answer of more than 4 MiB is cut."""
    started = time.perf_counter()
    received = bytearray()
    # the certificate of a gateway on this machine is often its own
    is_here = urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")
    try:
        async with httpx.AsyncClient(transport=transport, timeout=_SECONDS, trust_env=False, verify=not is_here) as client:
            async with client.stream(method, url, headers=headers, content=content) as response:
                async for chunk in response.aiter_bytes():
                    received += chunk
                    if len(received) > _LARGEST_ANSWER:
                        break
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ArmError(502, "GatewayUnreachable", f"the gateway at {url} does not answer: {type(error).__name__}") from None
    return _Answer(
        status=response.status_code,
        reason=response.reason_phrase,
        headers=tuple(response.headers.multi_items()),
        body=bytes(received),
        milliseconds=round((time.perf_counter() - started) * 1000, 1),
    )


async def _run(face: Face, snapshot: Snapshot, body: dict[str, Any], transport: httpx.AsyncBaseTransport | None) -> Response:
    api, operation, subscription = chosen_operation(snapshot, body)
    url = request_url(snapshot.catalog.service.gateway_url, api, operation, texts_of(body, "parameters"), texts_of(body, "query"))
    headers = texts_of(body, "headers")
    if subscription is not None:
        headers = {**headers, api.key_header: subscription.primary_key}
    if face.trace_key:
        headers = {**headers, CREDENTIAL_HEADER: sign(face.trace_key, face.clock.now() // 1_000_000_000, api.id)}
    content = body.get("body")
    if content is not None and not isinstance(content, str):
        raise ArmError(400, "ValidationError", "$.body: expected a text")
    method = operation.method if operation.method != "*" else str(body.get("method", "GET")).upper()
    response = await _called(method, url, headers, content, transport)
    shown = {
        name: value for name, value in headers.items() if name.lower() not in (api.key_header.lower(), CREDENTIAL_HEADER.lower())
    }
    return JSONResponse(
        {
            "request": {"method": method, "url": url, "headers": shown},
            "response": {
                "status": response.status,
                "reason": response.reason,
                "headers": [[name, value] for name, value in response.headers if name.lower() != TRACE_HEADER],
                "body": response.body.decode("utf-8", errors="replace"),
                "milliseconds": response.milliseconds,
            },
            "correlationId": response.header("apim-trace-id"),
            "trace": _trace(response.header(TRACE_HEADER)),
        },
        headers={"cache-control": "no-store"},
    )


def _trace(header: str) -> list[Any]:
    """The records that the gateway sent; none when it sent none."""
    try:
        found = orjson.loads(base64.b64decode(header)) if header else []
    except ValueError:
        return []
    return found if isinstance(found, list) else []
