"""Who is asking, and whether they may: admin key, API tokens, portal sessions and OpenID Connect tokens.

    NotAuthenticated    401: no credential, or one that is not good
    AccessDenied        403: a good credential whose roles do not cover what it asks for
Every API router calls `security.authenticate(request)` and then `security.require(principal, action, scope)`.
A credential travels as `Authorization: Bearer ...`, in the header `Gatelog-Key`, or (browser) in the session cookie.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from starlette.requests import HTTPConnection

from gatelog.api.roles import ROLES, Action, Grant, allows, role_of
from gatelog.catalog.entities import RoleAssignment
from gatelog.clock import Clock
from gatelog.errors import GatelogError

KEY_HEADER = "gatelog-key"
CSRF_HEADER = "x-csrf-token"
COOKIE = "gatelog_session"
TOKEN_PREFIX = "glt_"
_SECOND = 1_000_000_000
_OWNER = Grant(ROLES[0], "/")


class NotAuthenticated(GatelogError):
    """401."""

    def __init__(self, message: str, retry_after: int = 0) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds; not 0 when too many wrong credentials came from the same address (429)."""


class AccessDenied(GatelogError):
    """403."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is asking."""

    id: str
    """Object id: what role assignments name."""
    name: str
    """Shown in AzureActivity.Caller and in the portal."""
    kind: str
    """`admin`, `token`, `session` or `bearer`."""
    groups: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = field(default=(), repr=False)
    """What the credential itself carries; assignments are added when something is asked for."""
    csrf: str = field(default="", repr=False)
    """Of a session: what a write must repeat in the header `Gatelog-Csrf`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """An API token as it is stored: its hash only."""

    id: str
    name: str
    digest: str
    """SHA-256 of the token, hexadecimal."""
    role: str
    """Name of a role."""
    scope: str = "/"
    expires: int = 0
    """Seconds since 1970; 0: never."""


def digest_of(token: str) -> str:
    """What is stored of a token. Tokens are 256 random bits, so one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


class Throttle:
    """Counts wrong credentials by address; after a few, each further one makes the address wait longer."""

    _FREE = 10
    _LONGEST = 300
    _ADDRESSES = 10_000

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: dict[str, tuple[int, int]] = {}

    def wait(self, address: str) -> int:
        """Seconds that the address still has to wait."""
        count, last = self._failures.get(address, (0, 0))
        if count < self._FREE:
            return 0
        pause = min(1 << (count - self._FREE), self._LONGEST)
        return max(0, pause - (self._clock.monotonic() - last) // _SECOND)

    def failed(self, address: str) -> None:
        """Note a wrong credential."""
        with self._lock:
            if len(self._failures) >= self._ADDRESSES and address not in self._failures:
                self._failures.pop(next(iter(self._failures)))
            count, last = self._failures.pop(address, (0, 0))
            if self._clock.monotonic() - last > 2 * self._LONGEST * _SECOND:
                count = 0
            self._failures[address] = (min(count + 1, 64), self._clock.monotonic())

    def succeeded(self, address: str) -> None:
        """Forget the wrong ones."""
        with self._lock:
            self._failures.pop(address, None)


Verify = Callable[[str], Principal | None]
"""Bearer token of an issuer -> who it names; None when it is not good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionContent:
    """What a session cookie holds, sealed (see `gatelog.api.session`)."""

    id: str
    kind: str
    """`admin`, `token` or `user`."""
    reference: str
    """Digest of the key or token that opened it: when that is gone, so is the session. Object id of a user."""
    name: str
    groups: tuple[str, ...] = ()
    csrf: str
    expires: int
    """Seconds since 1970."""


OpenSession = Callable[[str], SessionContent | None]
"""Cookie -> content; None when it is not ours, has ended or was signed out."""


class Security:
    """Authenticates requests and answers what a principal may do."""

    def __init__(
        self,
        admin_key: str,
        clock: Clock,
        *,
        assignments: Callable[[], Iterable[RoleAssignment]] = tuple,
        tokens: Callable[[], Mapping[str, ApiToken]] = dict,
        verify_bearer: Verify | None = None,
        open_session: OpenSession | None = None,
    ) -> None:
        """`tokens`: by digest. `open_session`: what a cookie holds."""
        if len(admin_key) < 16:
            raise GatelogError("the administration key needs at least 16 characters")
        self._admin_digest = hashlib.sha256(admin_key.encode()).digest()
        self._clock = clock
        self._assignments = assignments
        self._tokens = tokens
        self._verify_bearer = verify_bearer
        self._open_session = open_session
        self.throttle = Throttle(clock)

    def authenticate(self, request: HTTPConnection) -> Principal:
        """Who is asking. Raises `NotAuthenticated`."""
        address = request.client.host if request.client else ""
        wait = self.throttle.wait(address)
        if wait:
            raise NotAuthenticated("too many wrong credentials", retry_after=wait)
        credential = _credential(request)
        if credential:
            principal = self.of_credential(credential)
        elif request.cookies.get(COOKIE):
            principal = self._of_cookie(request)
        else:
            raise NotAuthenticated("no credential: expected Authorization: Bearer, Gatelog-Key or a portal session")
        if principal is None:
            self.throttle.failed(address)
            raise NotAuthenticated("the credential is not good, or has expired")
        self.throttle.succeeded(address)
        return principal

    def of_credential(self, credential: str) -> Principal | None:
        """Who holds a key or a token."""
        if hmac.compare_digest(hashlib.sha256(credential.encode()).digest(), self._admin_digest):
            return Principal(id="admin", name="admin", kind="admin", grants=(_OWNER,))
        if credential.startswith(TOKEN_PREFIX):
            return self._of_digest(digest_of(credential))
        return self._verify_bearer(credential) if self._verify_bearer else None

    def _of_digest(self, digest: str) -> Principal | None:
        token = self._tokens().get(digest)
        if token is None or (token.expires and token.expires <= self._clock.now() // _SECOND):
            return None
        role = role_of(token.role)
        grants = (Grant(role, token.scope),) if role else ()
        return Principal(id=token.id, name=token.name, kind="token", grants=grants)

    def _of_cookie(self, request: HTTPConnection) -> Principal | None:
        content = self._open_session(request.cookies[COOKIE]) if self._open_session else None
        principal = self.of_session(content) if content else None
        method = request.scope.get("method", "GET")
        if principal and method not in ("GET", "HEAD", "OPTIONS"):
            given = request.headers.get(CSRF_HEADER, "")
            if not hmac.compare_digest(given.encode(), principal.csrf.encode()):
                raise AccessDenied("a change from the browser needs the header X-CSRF-Token of its session")
        return principal

    def of_session(self, content: SessionContent) -> Principal | None:
        """Who a session stands for, as long as what opened it still holds."""
        if content.kind == "admin":
            holds = hmac.compare_digest(content.reference, self.admin_reference)
            found = Principal(id="admin", name="admin", kind="session", grants=(_OWNER,)) if holds else None
        elif content.kind == "token":
            found = self._of_digest(content.reference)
        else:
            found = Principal(id=content.reference, name=content.name, kind="session", groups=content.groups)
        return replace(found, kind="session", csrf=content.csrf) if found else None

    @property
    def admin_reference(self) -> str:
        """What a session of the administrator refers to: changes with the key."""
        return hashlib.sha256(b"session" + self._admin_digest).hexdigest()

    def grants_of(self, principal: Principal) -> tuple[Grant, ...]:
        """Everything that a principal was granted."""
        names = {principal.id.lower(), *(group.lower() for group in principal.groups)}
        found = list(principal.grants)
        for assignment in self._assignments():
            role = role_of(assignment.role_definition_id)
            if role and assignment.principal_id.lower() in names:
                found.append(Grant(role, assignment.scope))
        return tuple(found)

    def may(self, principal: Principal, action: Action, scope: str = "/") -> bool:
        """Whether the principal may do it at that scope."""
        return allows(self.grants_of(principal), action, scope)

    def require(self, principal: Principal, action: Action, scope: str = "/") -> None:
        """Raises `AccessDenied` when the principal may not."""
        if not self.may(principal, action, scope):
            raise AccessDenied(
                f"{principal.name!r} does not have authorization to perform action {action.value!r} over scope {scope!r}"
            )

    def may_anywhere(self, principal: Principal, action: Action) -> bool:
        """Whether some scope allows it; for lists that are then filtered."""
        return any(action in grant.role.actions for grant in self.grants_of(principal))


def _credential(request: HTTPConnection) -> str:
    header = request.headers.get("authorization", "")
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "bearer" and rest.strip():
        return rest.strip()
    return request.headers.get(KEY_HEADER, "").strip()
