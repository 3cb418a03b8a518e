"""Portal sessions: signing in with a key or by OpenID Connect, the sealed cookie, signing out.

    POST   /portal/session           {"key"} -> {"name", "roles", "csrf"} and the cookie
    GET    /portal/session           the same for a good cookie
    DELETE /portal/session           ends it
    GET    /portal/signin/oidc       to the provider;  GET /portal/signin/callback: back from it
The cookie is sealed with the catalog's key (AES-GCM), HttpOnly and SameSite=Strict. A session ends after twelve hours, when it is
signed out, and when the key or token that opened it is no longer good.
"""

from __future__ import annotations

import base64
import secrets
import threading
from dataclasses import dataclass

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from gatelog.api.roles import ROLES
from gatelog.api.security import COOKIE, NotAuthenticated, Principal, Security, SessionContent, digest_of
from gatelog.api.signin import OidcSignIn, SignedIn, SignInRefused
from gatelog.catalog.vault import SealBroken, Vault
from gatelog.clock import Clock
from gatelog.errors import GatelogError

LIFETIME = 12 * 3600
"""Seconds."""

_STATE_COOKIE = "gatelog_signin"
_LARGEST = 16_384
_SECOND = 1_000_000_000


class Sessions:
    """Makes and opens session cookies."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock
        self._lock = threading.Lock()
        self._ended: dict[str, int] = {}

    def start(self, *, kind: str, reference: str, name: str, groups: tuple[str, ...] = ()) -> tuple[str, SessionContent]:
        """Cookie and content of a new session."""
        content = SessionContent(
            id=secrets.token_urlsafe(16),
            kind=kind,
            reference=reference,
            name=name,
            groups=groups,
            csrf=secrets.token_urlsafe(24),
            expires=self._now() + LIFETIME,
        )
        return self.sealed(content, "session"), content

    def sealed(self, content: object, purpose: str) -> str:
        """Any content as the text of a cookie."""
        return base64.urlsafe_b64encode(self._vault.seal(orjson.dumps(content), purpose)).decode()

    def unsealed(self, text: str, purpose: str) -> dict[str, object] | None:
        """The inverse; None for a text that is not ours."""
        try:
            found = orjson.loads(self._vault.open(base64.urlsafe_b64decode(text), purpose))
        except (SealBroken, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def open(self, cookie: str) -> SessionContent | None:
        """What a cookie holds, unless it has ended."""
        found = self.unsealed(cookie, "session")
        if found is None:
            return None
        content = SessionContent(**{**found, "groups": tuple(found.get("groups") or ())})  # type: ignore[arg-type]
        return content if content.expires > self._now() and content.id not in self._ended else None

    def end(self, content: SessionContent) -> None:
        """Sign out: the cookie is refused from now on, whoever holds a copy of it."""
        with self._lock:
            now = self._now()
            self._ended = {key: expires for key, expires in self._ended.items() if expires > now}
            self._ended[content.id] = content.expires

    def _now(self) -> int:
        return self._clock.now() // _SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInFace:
    """What the sign-in routes work with."""

    sessions: Sessions
    security: Security
    oidc: OidcSignIn | None = None


def routes(face: SignInFace) -> list[Route]:
    """The routes of signing in and out."""

    async def session(request: Request) -> Response:
        try:
            if request.method == "POST":
                return await _sign_in(face, request)
            return _sign_out(face, request) if request.method == "DELETE" else _show(face, request)
        except NotAuthenticated as error:
            return _refusal(face, error)
        except GatelogError as error:
            return JSONResponse({"error": {"code": "AuthorizationFailed", "message": str(error)}}, status_code=403)

    async def to_provider(request: Request) -> Response:
        if face.oidc is None:
            return JSONResponse(
                {"error": {"code": "NotConfigured", "message": "no OpenID provider is configured"}}, status_code=404
            )
        try:
            address, state = await face.oidc.begin(_callback_url(request))
        except SignInRefused as error:
            return _sign_in_failed(str(error))
        response = RedirectResponse(address, status_code=302)
        text = face.sessions.sealed(state, "signin")
        response.set_cookie(
            _STATE_COOKIE,
            text,
            max_age=600,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
            path="/portal/signin",
        )
        return response

    async def callback(request: Request) -> Response:
        state = face.sessions.unsealed(request.cookies.get(_STATE_COOKIE, ""), "signin")
        if face.oidc is None or state is None:
            return _sign_in_failed("the sign-in was not started here, or took too long")
        try:
            user = await face.oidc.finish(
                dict(request.query_params), {k: str(v) for k, v in state.items()}, _callback_url(request)
            )
        except SignInRefused as error:
            return _sign_in_failed(str(error))
        return _welcome(face, request, user)

    return [
        Route("/portal/session", session, methods=["GET", "POST", "DELETE"]),
        Route("/portal/signin/oidc", to_provider, methods=["GET"]),
        Route("/portal/signin/callback", callback, methods=["GET"]),
    ]


def _callback_url(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}/portal/signin/callback"


def _refusal(face: SignInFace, error: NotAuthenticated) -> Response:
    status = 429 if error.retry_after else 401
    body = {
        "error": {"code": "TooManyRequests" if error.retry_after else "AuthenticationFailed", "message": str(error)},
        "oidc": face.oidc is not None,
    }
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
    return JSONResponse(body, status_code=status, headers=headers)


def _sign_in_failed(message: str) -> Response:
    """Back to the portal, which shows the reason."""
    reason = base64.urlsafe_b64encode(message.encode()[:300]).decode()
    response = RedirectResponse(f"/#signin-failed={reason}", status_code=302)
    response.delete_cookie(_STATE_COOKIE, path="/portal/signin")
    return response


async def _sign_in(face: SignInFace, request: Request) -> Response:
    address = request.client.host if request.client else ""
    wait = face.security.throttle.wait(address)
    if wait:
        raise NotAuthenticated("too many wrong credentials", retry_after=wait)
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > _LARGEST:
            raise NotAuthenticated("expected {key}")
    try:
        body = orjson.loads(bytes(received))
    except orjson.JSONDecodeError:
        body = None
    key = body.get("key") if isinstance(body, dict) else None
    principal = face.security.of_credential(key) if isinstance(key, str) and key else None
    if principal is None or not isinstance(key, str):
        face.security.throttle.failed(address)
        raise NotAuthenticated("the key is not good, or has expired")
    face.security.throttle.succeeded(address)
    if principal.kind == "admin":
        cookie, content = face.sessions.start(kind="admin", reference=face.security.admin_reference, name=principal.name)
    elif principal.kind == "token":
        cookie, content = face.sessions.start(kind="token", reference=digest_of(key), name=principal.name)
    else:
        cookie, content = face.sessions.start(kind="user", reference=principal.id, name=principal.name, groups=principal.groups)
    response = JSONResponse(_described(face, principal, content.csrf))
    _set_cookie(request, response, cookie)
    return response


def _set_cookie(request: Request, response: Response, cookie: str) -> None:
    is_tls = request.url.scheme == "https"
    response.set_cookie(COOKIE, cookie, max_age=LIFETIME, httponly=True, samesite="strict", secure=is_tls, path="/")
    response.headers["cache-control"] = "no-store"


def _described(face: SignInFace, principal: Principal, csrf: str) -> dict[str, object]:
    grants = face.security.grants_of(principal)
    actions = sorted({action.value for grant in grants for action in grant.role.actions})
    names = {grant.role.name for grant in grants}
    roles = [role.name for role in ROLES if role.name in names]
    return {"name": principal.name, "roles": roles, "actions": actions, "csrf": csrf}


def _show(face: SignInFace, request: Request) -> Response:
    principal = face.security.authenticate(request)
    return JSONResponse(_described(face, principal, principal.csrf), headers={"cache-control": "no-store"})


def _sign_out(face: SignInFace, request: Request) -> Response:
    content = face.sessions.open(request.cookies.get(COOKIE, ""))
    if content is not None:
        face.security.authenticate(request)
        face.sessions.end(content)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/")
    return response


def _welcome(face: SignInFace, request: Request, user: SignedIn) -> Response:
    cookie, _ = face.sessions.start(kind="user", reference=user.object_id, name=user.name, groups=user.groups)
    response = RedirectResponse("/", status_code=302)
    _set_cookie(request, response, cookie)
    response.delete_cookie(_STATE_COOKIE, path="/portal/signin")
    return response
