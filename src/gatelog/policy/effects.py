"""What a policy may ask of the world. A statement yields an effect, the driver performs it and sends back the reply.

Statements hold no I/O; the driver (`gatelog.gateway.driver`) holds no policy. A driver that can answer at once does so without
waiting, so a call whose effects are all answered at once runs as one straight function. A driver reports failure by throwing a
`PolicyError` into the pipeline at the place of the effect.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gatelog.record.exchange import Request, Response, TraceRecord


class PolicyError(Exception):
    """A call goes to on-error: source, reason and message become `context.LastError`; status and body are the caller's
    answer when no on-error section makes another."""

    def __init__(
        self,
        source: str,
        reason: str,
        message: str,
        *,
        status: int = 500,
        body_message: str = "",
        retry_after: int | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        status_reason: str = "",
    ) -> None:
        super().__init__(message)
        self.source = source
        self.reason = reason
        self.message = message
        self.status = status
        self.body_message = body_message
        """Text of the answer's `message`; empty: Azure's `Internal server error` with an activityId."""
        self.retry_after = retry_after
        """Seconds for the Retry-After header."""
        self.headers = headers
        """More headers of the default answer (`WWW-Authenticate`)."""
        self.status_reason = status_reason
        """Text of the status line; empty: the usual one of the status code."""
        self.place: Any = None
        """The statement that failed (`gatelog.policy.statement.Place`); set on its way out."""


class Effect:
    """Root of all effects."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Forward(Effect):
    """Send `exchange.request` to the chosen backend; sets `exchange.response`. Reply: None, once the answer's head is there
    (and its whole body, when the pipeline needs it). Throws reasons `Timeout`, `BackendConnectionFailure`."""

    timeout: float = 300.0
    """Seconds until the answer's head must be there."""
    follow_redirects: bool = False
    buffer_request_body: bool = False
    buffer_response: bool = True
    fail_on_error_status_code: bool = False
    http_version: str = "1"


@dataclass(frozen=True, slots=True)
class SendRequest(Effect):
    """Send a request of the policy's own. Reply: `Response` with its body. Throws `PolicyError` on no answer."""

    request: Request
    timeout: float = 60.0
    backend_id: str = ""
    """A backend entity whose URL and credentials apply (embeddings, content safety); empty: the request's own URL."""
    proxy: str = ""
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class SendOneWay(Effect):
    """Send a request and forget it. Reply: None, at once."""

    request: Request
    timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class FetchToken(Effect):
    """A managed-identity access token for `resource`. Reply: str, from the cache where it is still good."""

    resource: str
    client_id: str = ""


@dataclass(frozen=True, slots=True)
class FetchAuthorization(Effect):
    """A token of a configured OAuth authorization (`get-authorization-context`). Reply: str access token."""

    provider_id: str
    authorization_id: str
    identity: str = ""


@dataclass(frozen=True, slots=True)
class FetchKeys(Effect):
    """OpenID metadata and signing keys. Reply: dict with `issuer: str` and `keys: list[dict]` (JWKs)."""

    url: str
    refresh: bool = False
    """A key id was not found: fetch again if the last fetch is old enough."""


@dataclass(frozen=True, slots=True)
class FetchCertificate(Effect):
    """A configured certificate. Reply: str PEM (with its key, where there is one). Throws when there is none."""

    certificate_id: str


@dataclass(frozen=True, slots=True)
class Sleep(Effect):
    """Wait. Reply: None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Wait(Effect):
    """Run branches side by side (`wait`). Each is a generator of effects. Reply: None when all (or any) are done."""

    branches: tuple[Any, ...]
    all: bool = True


@dataclass(frozen=True, slots=True)
class TakeWindow(Effect):
    """Count against a window. Reply: `WindowReply`. Nothing is counted when the limit would be passed."""

    key: str
    limit: int
    period: float
    """Seconds; 0: for ever."""
    amount: int = 1
    sliding: bool = True
    """True: sliding window (rate-limit); False: fixed windows from `first_period` (quota)."""
    first_period: int = 0
    """Start of the first fixed window, seconds since 1970."""
    force: bool = False
    """Count even past the limit (settling what was reserved, or a condition that is known only after the answer).
    `amount` may then be negative: what was reserved and not used is given back."""
    probe: bool = False
    """Only ask: the reply is as if `amount` were counted, nothing is."""
    room: int = 0
    """Allowed as soon as this much fits, whatever `amount` is then counted (a reserve that will mostly be given back);
    `remaining` is told as if `room` had been counted. 0: `amount` must fit."""


@dataclass(frozen=True, slots=True)
class WindowReply:
    """Answer to `TakeWindow`."""

    allowed: bool
    remaining: int
    retry_after: float
    """Seconds until `amount` fits again; 0 when allowed."""


@dataclass(frozen=True, slots=True)
class Acquire(Effect):
    """Take one of `limit` places of `key` (limit-concurrency). Reply: bool."""

    key: str
    limit: int


@dataclass(frozen=True, slots=True)
class Release(Effect):
    """Give the place back. Reply: None."""

    key: str


@dataclass(frozen=True, slots=True)
class CacheGet(Effect):
    """Reply: the stored value or None. `external` asks for the shared cache (Redis) when one is configured."""

    key: str
    external: bool = False


@dataclass(frozen=True, slots=True)
class CachePut(Effect):
    """Store a value for `seconds`. Reply: None."""

    key: str
    value: Any
    seconds: float
    external: bool = False


@dataclass(frozen=True, slots=True)
class CacheRemove(Effect):
    """Reply: None."""

    key: str
    external: bool = False


@dataclass(frozen=True, slots=True)
class VectorSearch(Effect):
    """Nearest stored vector of a semantic cache. Reply: (score, value) or None. Score: cosine distance, 0 is equal."""

    partition: str
    vector: tuple[float, ...]
    threshold: float


@dataclass(frozen=True, slots=True)
class VectorPut(Effect):
    """Store a value under a vector. Reply: None."""

    partition: str
    vector: tuple[float, ...]
    value: Any
    seconds: float


@dataclass(frozen=True, slots=True)
class LogToEventHub(Effect):
    """Append a message to the journal. Reply: None, at once."""

    logger_id: str
    body: bytes
    partition_id: str = ""
    partition_key: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class EmitMetric(Effect):
    """Append a metric value to the journal. Reply: None, at once."""

    name: str
    value: float
    namespace: str = "API Management"
    dimensions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Trace(Effect):
    """Add a trace record to the call. Reply: None, at once."""

    record: TraceRecord


@dataclass(frozen=True, slots=True)
class AfterResponse(Effect):
    """Run `steps` (a generator of effects) once the answer has been sent in full and its completion and usage are known:
    log-to-eventhub and trace over a stream's body, settling token limits, emitting token metrics. Reply: None, at once."""

    steps: Any


@dataclass(frozen=True, slots=True)
class TokenUsage(Effect):
    """Tokens of the finished answer; only inside `AfterResponse` steps (or when the body is there already).
    Reply: `gatelog.record.events.Usage`."""


@dataclass(frozen=True, slots=True)
class CountTokens(Effect):
    """Tokens of the prompt in `exchange.request`, by the bundled tokenizer. Reply: int."""


@dataclass(frozen=True, slots=True)
class Answer(Effect):
    """End the pipeline with `exchange.response` as it stands (return-response, a cache hit). Reply: never."""

    response: Response = field()
