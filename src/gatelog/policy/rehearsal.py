"""A rehearsal: one policy document run against a described call, the world played from a script.

The description is that of `gatelog.policy.expression.describe` with two more fields:

    Backend   the answer to forward-request: {StatusCode, StatusReason, Headers, Body}, or a list with one for each try;
              {"Error": "Timeout"} for none; absent: 200 with an empty JSON object
    Replies   SendRequest   a list of answers like those of Backend, in order
              Token         what authentication-managed-identity gets
              Authorization what get-authorization-context gets
              Keys          {"issuer": ..., "keys": [JWK]} for validate-jwt
              Certificates  id -> PEM
              Cache         key -> value that is there already
              Usage         {"prompt_tokens", "completion_tokens", "total_tokens"} of the call
              Limited       true: rate limits, quotas and token limits refuse
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from gatelog.errors import InvalidDocument, Problem
from gatelog.policy import effects
from gatelog.policy.compile import Mode, PolicySource, compile_pipeline
from gatelog.policy.effects import Effect, PolicyError
from gatelog.policy.expression.describe import describe, response_of, value_of
from gatelog.policy.tracing import Step, Tracer
from gatelog.policy.tracing import describe as describe_effect
from gatelog.record.events import Usage
from gatelog.record.exchange import Exchange, Response

Plain = Mapping[str, Any]
_REPLIES: Final = frozenset({"SendRequest", "Token", "Authorization", "Keys", "Certificates", "Cache", "Usage", "Limited"})


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a document did with a call."""

    steps: list[Step]
    """Each element that ran (`gatelog.policy.tracing`)."""
    response: Response
    effects: list[str]
    """What it asked of the world, in words and in order; what ran after the answer comes last."""
    exchange: Exchange


def rehearse(
    xml: str,
    description: Plain | None = None,
    *,
    named_values: Mapping[str, str] | None = None,
    fragments: Mapping[str, str] | None = None,
    mode: Mode = "safe",
    scope: str = "api",
    monotonic: Callable[[], int] = lambda: 0,
) -> Rehearsal:
    """Run a document. Raises InvalidDocument when the document or the description is wrong."""
    plain = dict(description or {})
    world = _World(plain.pop("Backend", None), plain.pop("Replies", None) or {})
    source = PolicySource(scope, xml)
    pipeline = compile_pipeline([source], named_values=named_values, fragments=fragments, mode=mode)
    view = describe(plain)
    exchange = view.exchange
    exchange.view = view
    exchange.tracer = tracer = Tracer(monotonic)
    world.play(pipeline.run(exchange), exchange)
    for steps in world.later:
        world.play(steps, exchange)
    assert exchange.response is not None
    return Rehearsal(tracer.records, exchange.response, world.told, exchange)


def _answers(plain: Any) -> Iterator[Plain]:
    """The answers in order; the last one again and again."""
    given = list(plain) if isinstance(plain, list) else [plain]
    last: Plain = {"StatusCode": 200, "StatusReason": "OK", "Body": "{}", "Headers": {"Content-Type": "application/json"}}
    for entry in given:
        last = last if entry is None else entry
        yield last
    while True:
        yield last


@dataclass(slots=True)
class _World:
    """Answers effects from the script."""

    backend: Any
    replies: Plain
    told: list[str] = field(default_factory=list)
    later: list[Generator[Effect, Any, None]] = field(default_factory=list)
    cache: dict[str, Any] = field(default_factory=dict)
    _forwarded: Iterator[Plain] = field(init=False)
    _sent: Iterator[Plain] = field(init=False)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.replies) - _REPLIES)
        if unknown:
            known = ", ".join(sorted(_REPLIES))
            raise InvalidDocument([Problem(f"unknown field '{unknown[0]}'; known: {known}", place="Replies")])
        self._forwarded = _answers(self.backend)
        self._sent = _answers(self.replies.get("SendRequest"))
        kept = self.replies.get("Cache") or {}
        self.cache = {f"value:{key}": value_of(value, f"Replies.Cache.{key}") for key, value in kept.items()}

    def play(self, steps: Generator[Effect, Any, None], exchange: Exchange) -> None:
        """Drive a generator of effects to its end."""
        reply: Any = None
        failure: PolicyError | None = None
        while True:
            try:
                effect = steps.send(reply) if failure is None else steps.throw(failure)
            except StopIteration:
                return
            reply, failure = None, None
            try:
                reply = self._reply(effect, exchange)
            except PolicyError as error:
                failure = error

    def _reply(self, effect: Effect, exchange: Exchange) -> Any:
        if isinstance(effect, effects.Answer):
            return None
        if isinstance(effect, effects.AfterResponse):
            self.later.append(effect.steps)
            return None
        self.told.append(_told(effect))
        if isinstance(effect, effects.Wait):
            for branch in effect.branches:
                self.play(branch, exchange)
            return None
        if isinstance(effect, effects.Forward):
            exchange.response = self._response(next(self._forwarded), "Backend", "forward-request")
            return None
        return self._value(effect)

    def _value(self, effect: Effect) -> Any:
        known: dict[type[Effect], Callable[[Any], Any]] = {
            effects.SendRequest: lambda _: self._response(next(self._sent), "Replies.SendRequest", "send-request"),
            effects.FetchToken: lambda _: str(self.replies.get("Token", "rehearsal-token")),
            effects.FetchAuthorization: lambda _: str(self.replies.get("Authorization", "rehearsal-token")),
            effects.FetchKeys: self._keys,
            effects.FetchCertificate: self._certificate,
            effects.TakeWindow: self._window,
            effects.Acquire: lambda _: not self.replies.get("Limited"),
            effects.CacheGet: lambda asked: self.cache.get(asked.key),
            effects.CachePut: lambda asked: self.cache.update({asked.key: asked.value}),
            effects.CacheRemove: lambda asked: self.cache.pop(asked.key, None) and None,
            effects.TokenUsage: lambda _: self._usage(),
            effects.CountTokens: lambda _: self._usage().prompt_tokens,
        }
        performer = known.get(type(effect))
        return performer(effect) if performer else None

    def _response(self, plain: Plain, place: str, source: str) -> Response:
        if "Error" in plain:
            raise PolicyError(source, str(plain["Error"]), str(plain.get("Message", "no answer")))
        response = response_of(plain, place)
        assert response is not None
        return response

    def _keys(self, effect: effects.FetchKeys) -> Any:
        keys = self.replies.get("Keys")
        if keys is None:
            raise PolicyError("", "OpenIdConfigurationUnavailable", f"the description has no Replies.Keys for {effect.url}")
        return keys

    def _certificate(self, effect: effects.FetchCertificate) -> str:
        found = (self.replies.get("Certificates") or {}).get(effect.certificate_id)
        if found is None:
            raise PolicyError("", "CertificateNotFound", f"the description has no Replies.Certificates.{effect.certificate_id}")
        return str(found)

    def _window(self, effect: effects.TakeWindow) -> effects.WindowReply:
        if self.replies.get("Limited") and not effect.force:
            return effects.WindowReply(False, 0, effect.period)
        return effects.WindowReply(True, max(0, effect.limit - effect.amount), 0.0)

    def _usage(self) -> Usage:
        try:
            return msgspec.convert(self.replies.get("Usage") or {}, Usage)
        except msgspec.ValidationError as error:
            raise InvalidDocument([Problem(str(error), place="Replies.Usage")]) from error


def _told(effect: Effect) -> str:
    if isinstance(effect, effects.LogToEventHub):
        text = effect.error or effect.body.decode("utf-8", "replace")
        return f"LogToEventHub {effect.logger_id}: {text}"
    if isinstance(effect, effects.EmitMetric):
        dimensions = ", ".join(f"{name}={value}" for name, value in effect.dimensions)
        return f"EmitMetric {effect.namespace}/{effect.name} {effect.value:g} ({dimensions})"
    if isinstance(effect, effects.Trace):
        return f"Trace {effect.record.source} {effect.record.severity}: {effect.record.message}"
    return describe_effect(effect)
