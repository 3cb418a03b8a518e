"""One call while it passes the gate: what policies read and change, and what is captured at its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gatelog.record.headers import Headers


@dataclass(slots=True)
class Url:
    """The parts of an absolute URL, unescaped as little as possible."""

    scheme: str
    host: str
    port: int
    path: str
    """Escaped, with its leading slash."""
    query: str = ""
    """Without the question mark; empty when there is none."""

    def __str__(self) -> str:
        default = {"http": 80, "https": 443, "ws": 80, "wss": 443}.get(self.scheme)
        port = "" if self.port == default else f":{self.port}"
        query = f"?{self.query}" if self.query else ""
        return f"{self.scheme}://{self.host}{port}{self.path}{query}"


@dataclass(slots=True)
class Request:
    """A request: the caller's as policies change it, and the ones that policies send."""

    method: str
    url: Url
    headers: Headers
    body: bytes | None = None
    """None: no body, or (while a policy has consumed it without `preserveContent`) a body that is gone."""


@dataclass(slots=True)
class Response:
    """An answer: the backend's as policies change it, or one that a policy made."""

    status: int
    reason: str
    headers: Headers
    body: bytes | None = None
    """None while the body is still on its way (a stream); the synthesised completion after a stream has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastError:
    """Why a call went to on-error (`context.LastError`, columns LastError*)."""

    source: str
    """The policy element or step that failed: `validate-jwt`, `forward-request`, `authorization`, `configuration`."""
    reason: str
    """`ExpressionValueEvaluationFailure`, `BackendConnectionFailure`, `SubscriptionKeyInvalid`, ..."""
    message: str
    scope: str = ""
    """`global`, `product`, `api`, `operation`."""
    section: str = ""
    """`inbound`, `backend`, `outbound`, `on-error`."""
    path: str = ""
    """Nested place: `choose[3]/when[2]`."""
    policy_id: str = ""
    elapsed_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceRecord:
    """What one `trace` statement said."""

    source: str
    severity: str
    """`verbose`, `information` or `error`."""
    message: str
    metadata: tuple[tuple[str, str], ...] = ()
    elapsed_ns: int = 0


@dataclass(slots=True, kw_only=True)
class Exchange:
    """A request with its response. `api`, `operation`, `product`, `subscription`, `user`, `service` are catalog
    entities (typed `Any` here because the catalog stands on a higher floor; `gatelog.catalog.entities` names them)."""

    id: str
    """The correlation id: a GUID in D form; `context.RequestId`, `CorrelationId`, `message_id`."""
    started: int
    """Wall clock, ns since 1970."""
    started_monotonic: int
    client_ip: str
    original_url: Url
    request: Request
    service: Any
    api: Any = None
    operation: Any = None
    product: Any = None
    subscription: Any = None
    user: Any = None
    matched_parameters: dict[str, str] = field(default_factory=dict)
    """Values of the template parameters, path and query, unescaped."""
    response: Response | None = None
    """None before any response exists (`context.Response == null`)."""
    variables: dict[str, Any] = field(default_factory=dict)
    """`context.Variables`: values of the .NET types that policy expressions know (`gatelog.policy.dotnet`)."""
    last_error: LastError | None = None
    backend_url: str = ""
    """Base URL that set-backend-service chose last; empty: the backend entity, else the API's service URL."""
    backend_id: str = ""
    """Backend entity or pool that set-backend-service chose last; the later of the two settings wins."""
    client_certificate: str = ""
    """What the gate shows to the backend: certificate id, `thumbprint:{hex}`, or PEM text with its key."""
    proxy: str = ""
    """URL of the HTTP proxy towards the backend, with credentials where it needs them."""
    view: Any = None
    """The `context` object of policy expressions, made at the first one (`gatelog.policy.expression.Context`)."""
    trace_records: list[TraceRecord] = field(default_factory=list)
    tracing: bool = False
    """A request trace was asked for and allowed."""
    tracer: Any = None
    """A `gatelog.policy.tracing.Tracer` while a request trace is taken; None costs nothing."""
    on_answer: list[Any] = field(default_factory=list)
    """What statements still have to do once the answer's head is final (callables of the exchange): headers of rate
    limits, counting that depends on the answer. The pipeline runs them; nobody else looks."""
    notes: dict[str, Any] = field(default_factory=dict)
    """What one statement leaves for another (a cache key); expressions do not see it."""
    cache: str = "none"
    """`hit`, `miss` or `none`: what a cache policy found."""
    tls_version: str = ""
    protocol: str = "HTTP/1.1"
