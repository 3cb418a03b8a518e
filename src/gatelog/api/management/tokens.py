"""API tokens: made once, shown once, stored as a hash.

    GET    /api/tokens        {"value": [{"id", "name", "role", "scope", "expires"}]}
    POST   /api/tokens        {"name", "role", "scope"?, "days"?} -> the same with "token"
    DELETE /api/tokens/{id}
Tokens are kept in the catalog's store, so that every node knows them.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gatelog.api.management.activity import Write, record_write
from gatelog.api.management.errors import ArmError, answer, to_arm
from gatelog.api.management.face import Face, json_body
from gatelog.api.roles import BY_NAME, ROLES, Action, role_of
from gatelog.api.security import TOKEN_PREFIX, ApiToken, Principal, digest_of
from gatelog.catalog.control import Control, Snapshot
from gatelog.catalog.durations import instant_of, instant_text
from gatelog.catalog.resource import Resource
from gatelog.catalog.store.interface import Change
from gatelog.errors import GatelogError

PREFIX = "/providers/Gatelog.Security/tokens/"
_LONGEST_DAYS = 3650
_DEFAULT_DAYS = 90


def stored_tokens(snapshot: Snapshot) -> Mapping[str, ApiToken]:
    """Every token by its digest."""
    found = {}
    for key, resource in snapshot.resources.items():
        if key.startswith(PREFIX.lower()):
            p = resource.properties
            token = ApiToken(
                id=resource.name,
                name=p["name"],
                digest=p["digest"],
                role=p["role"],
                scope=p["scope"],
                expires=instant_of(p["expires"]),
            )
            found[token.digest] = token
    return found


class TokenList:
    """The tokens of a catalog, read again only when it has changed; for `Security(tokens=...)`."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._version = -1
        self._tokens: Mapping[str, ApiToken] = {}

    def __call__(self) -> Mapping[str, ApiToken]:
        snapshot = self._control.snapshot()
        if snapshot.version != self._version:
            self._tokens, self._version = stored_tokens(snapshot), snapshot.version
        return self._tokens


def token_routes(face: Face) -> list[Route]:
    """The routes."""

    async def tokens(request: Request) -> Response:
        try:
            principal = face.security.authenticate(request)
            face.security.require(principal, Action.GRANT)
            if request.method == "POST":
                return await _make(face, request, principal)
            snapshot = await run_in_threadpool(face.control.snapshot)
            return JSONResponse({"value": [_shown(token) for token in stored_tokens(snapshot).values()]})
        except GatelogError as error:
            return answer(to_arm(error, request.url.path))

    async def token(request: Request) -> Response:
        try:
            principal = face.security.authenticate(request)
            face.security.require(principal, Action.GRANT)
            return await _revoke(face, request, principal)
        except GatelogError as error:
            return answer(to_arm(error, request.url.path))

    return [
        Route("/api/tokens", tokens, methods=["GET", "POST"]),
        Route("/api/tokens/{id}", token, methods=["DELETE"]),
    ]


def _shown(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "role": token.role,
        "scope": token.scope,
        "expires": instant_text(token.expires) if token.expires else None,
    }


async def _make(face: Face, request: Request, principal: Principal) -> Response:
    body = await json_body(request)
    body = body if isinstance(body, dict) else {}
    name, role, days = body.get("name"), role_of(str(body.get("role", ""))), body.get("days", _DEFAULT_DAYS)
    scope = body.get("scope", "/")
    if not isinstance(name, str) or not re.fullmatch(r"[\w .@-]{1,100}", name):
        raise ArmError(400, "ValidationError", "$.name: expected up to 100 letters, digits, spaces, dots, dashes")
    if role is None:
        raise ArmError(
            400, "ValidationError", f"$.role: expected one of {', '.join(r.name for r in ROLES)} ({', '.join(BY_NAME)})"
        )
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= _LONGEST_DAYS:
        raise ArmError(400, "ValidationError", f"$.days: expected 1 to {_LONGEST_DAYS}")
    if not isinstance(scope, str) or not scope.startswith("/"):
        raise ArmError(400, "ValidationError", "$.scope: expected / or an ARM id")
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    expires = face.clock.now() // 1_000_000_000 + days * 86_400
    token = ApiToken(id=str(uuid4()), name=name, digest=digest_of(secret), role=role.name, scope=scope, expires=expires)
    properties = {
        "name": name, "digest": token.digest, "role": token.role, "scope": scope, "expires": instant_text(expires),
    }  # fmt: skip
    resource = Resource(id=PREFIX + token.id, properties=properties)
    await run_in_threadpool(face.control.edit, lambda before: [Change(resource.id, resource, None)])
    _recorded(face, request, principal, resource.id, "WRITE", 201)
    return JSONResponse({**_shown(token), "token": secret}, status_code=201, headers={"cache-control": "no-store"})


async def _revoke(face: Face, request: Request, principal: Principal) -> Response:
    resource_id = PREFIX + str(request.path_params["id"])
    snapshot = await run_in_threadpool(face.control.snapshot)
    if snapshot.get(resource_id) is None:
        return Response(status_code=204)
    await run_in_threadpool(face.control.edit, lambda before: [Change(resource_id, None)])
    _recorded(face, request, principal, resource_id, "DELETE", 200)
    return Response(status_code=200)


def _recorded(face: Face, request: Request, principal: Principal, resource_id: str, verb: str, status: int) -> None:
    write = Write(
        type="Gatelog.Security/tokens",
        resource_id=resource_id,
        verb=verb,
        caller=principal.name,
        client_ip=request.client.host if request.client else "",
        correlation_id=str(uuid4()),
    )
    record_write(face.record, face.clock, write, status, {})
