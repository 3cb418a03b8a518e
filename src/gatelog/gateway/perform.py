"""What each effect of a policy does here: one performer for each, in one table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast

from gatelog.errors import GatelogError
from gatelog.gateway.backends import Destination, read_base
from gatelog.gateway.client import UpstreamFailure
from gatelog.gateway.driver import STOP, WAITING, Performer, Run
from gatelog.gateway.exchange_once import Once, request_bytes
from gatelog.gateway.heads import BadMessage
from gatelog.llm.tokens import count_prompt
from gatelog.llm.usage import read_usage
from gatelog.policy import effects
from gatelog.policy.effects import Effect, PolicyError
from gatelog.record.events import EventHubMessage, MetricEvent, Usage

if TYPE_CHECKING:
    from gatelog.gateway.gate import Gate

KEYS_SECONDS = 5.0
"""An issuer's keys are used again for so long without asking; a token with another key asks at once (`refresh`)."""
SMALL_BYTES = 64 << 10
"""Prompts up to this are counted in the loop once the vocabulary is loaded."""


class _World:
    """Performs effects with the parts of one gate."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._keys: dict[str, tuple[dict[str, Any], float]] = {}
        """Replies to `FetchKeys`, and until when they are used (loop time)."""
        self._vocabulary_loaded = False

    # -- the network -----------------------------------------------------------------------------------------------------

    def forward(self, run: Run, effect: effects.Forward) -> object:
        return run.call.forward(effect)

    def send_request(self, run: Run, effect: effects.SendRequest) -> object:
        if effect.proxy:
            raise PolicyError("send-request", "ProxyNotSupported", "a proxy is not supported")
        destination = self._destination(effect)
        backend = destination.backend
        if backend is not None and backend.identity_resource:
            token = self._gate.known_token(backend.identity_resource)
            if token is None:
                self._gate.fetch_token(
                    backend.identity_resource, lambda text: self._send(run, effect, destination, text), run.fail
                )
                return WAITING
            self._send(run, effect, destination, token)
        else:
            self._send(run, effect, destination, "")
        return WAITING

    def _destination(self, effect: effects.SendRequest) -> Destination:
        if effect.backend_id:
            return self._gate.backends.entity(effect.backend_id)
        url = effect.request.url
        try:
            pem = self._gate.backends.certificate(effect.certificate)
            base = read_base(f"{url.scheme}://{_authority(url.host, url.port)}", None, self._gate.catalog, pem)
        except PolicyError as error:
            raise PolicyError("send-request", "InvalidUrl", error.message) from error
        return Destination(base)

    def _send(self, run: Run, effect: effects.SendRequest, destination: Destination, token: str) -> None:
        try:
            data = request_bytes(effect.request, destination, token)
        except BadMessage as error:
            run.fail(PolicyError("send-request", "InvalidRequest", str(error)))
            return
        once = Once(run.resume, lambda error: run.fail(PolicyError("send-request", error.reason, str(error))))
        once.ticket = self._gate.pool.send(destination.base.origin, effect.request.method, data, once, timeout=effect.timeout)

    def send_one_way(self, run: Run, effect: effects.SendOneWay) -> None:
        request = effects.SendRequest(effect.request, effect.timeout)
        destination = self._destination(request)
        try:
            data = request_bytes(effect.request, destination, "")
        except BadMessage as error:
            raise PolicyError("send-one-way-request", "InvalidRequest", str(error)) from error
        once = Once(_ignore_answer, _ignore_failure)
        once.ticket = self._gate.pool.send(destination.base.origin, effect.request.method, data, once, timeout=effect.timeout)

    # -- identity --------------------------------------------------------------------------------------------------------

    def fetch_token(self, run: Run, effect: effects.FetchToken) -> object:
        token = self._gate.known_token(effect.resource, effect.client_id)
        if token is not None:
            return token
        self._gate.fetch_token(effect.resource, run.resume, run.fail, effect.client_id)
        return WAITING

    def fetch_authorization(self, run: Run, effect: effects.FetchAuthorization) -> object:
        message = f"no authorization provider {effect.provider_id!r} is configured"
        raise PolicyError("get-authorization-context", "AuthorizationNotFound", message)

    def fetch_keys(self, run: Run, effect: effects.FetchKeys) -> object:
        identity = self._gate.identity
        if identity is None:
            raise PolicyError("validate-jwt", "OpenIdConfigurationUnavailable", "no identity is configured")
        known = self._keys.get(effect.url)
        if known is not None and not effect.refresh and self._gate.time() < known[1]:
            return known[0]

        async def fetch() -> Any:
            reply = (await identity.keys(effect.url, effect.refresh)).as_reply()
            if len(self._keys) >= 256:
                self._keys.clear()
            self._keys[effect.url] = (reply, self._gate.time() + KEYS_SECONDS)
            return reply

        return self._later(run, fetch(), "validate-jwt", "OpenIdConfigurationUnavailable")

    def fetch_certificate(self, run: Run, effect: effects.FetchCertificate) -> str:
        return self._gate.backends.certificate(effect.certificate_id)

    # -- time and order --------------------------------------------------------------------------------------------------

    def sleep(self, run: Run, effect: effects.Sleep) -> object:
        self._gate.call_later(max(0.0, effect.seconds), run.resume, None)
        return WAITING

    def wait(self, run: Run, effect: effects.Wait) -> object:
        return _Join(run, effect).begin()

    def answer(self, run: Run, effect: effects.Answer) -> object:
        run.call.exchange.response = effect.response
        return STOP

    def after_response(self, run: Run, effect: effects.AfterResponse) -> None:
        run.call.after(effect.steps)

    # -- counters --------------------------------------------------------------------------------------------------------

    def take_window(self, run: Run, effect: effects.TakeWindow) -> object:
        reply = self._gate.counters.take(effect, self._gate.clock.now() / 1e9)
        if isinstance(reply, effects.WindowReply):
            return reply
        return self._later(run, reply, "rate-limit", "CounterUnavailable")

    def acquire(self, run: Run, effect: effects.Acquire) -> bool:
        taken = self._gate.places.acquire(effect.key, effect.limit)
        if taken:
            run.call.places.append(effect.key)
        return taken

    def release(self, run: Run, effect: effects.Release) -> None:
        if effect.key in run.call.places:
            run.call.places.remove(effect.key)
            self._gate.places.release(effect.key)

    # -- caches ----------------------------------------------------------------------------------------------------------

    def cache_get(self, run: Run, effect: effects.CacheGet) -> object:
        if effect.external and self._gate.shared_cache is not None:
            return self._later(run, self._gate.shared_cache.get(effect.key), "cache-lookup", "CacheUnavailable")
        return self._gate.cache.get(effect.key, self._gate.time())

    def cache_put(self, run: Run, effect: effects.CachePut) -> object:
        if effect.external and self._gate.shared_cache is not None:
            work = self._gate.shared_cache.put(effect.key, effect.value, effect.seconds)
            return self._later(run, work, "cache-store", "CacheUnavailable")
        self._gate.cache.put(effect.key, effect.value, effect.seconds, self._gate.time())
        return None

    def cache_remove(self, run: Run, effect: effects.CacheRemove) -> object:
        if effect.external and self._gate.shared_cache is not None:
            return self._later(run, self._gate.shared_cache.remove(effect.key), "cache-remove-value", "CacheUnavailable")
        self._gate.cache.remove(effect.key)
        return None

    def vector_search(self, run: Run, effect: effects.VectorSearch) -> object:
        return self._gate.vectors.search(effect.partition, effect.vector, effect.threshold, self._gate.time())

    def vector_put(self, run: Run, effect: effects.VectorPut) -> None:
        self._gate.vectors.put(effect.partition, effect.vector, effect.value, effect.seconds, self._gate.time())

    # -- the record ------------------------------------------------------------------------------------------------------

    def log_to_eventhub(self, run: Run, effect: effects.LogToEventHub) -> None:
        self._gate.ledger.append(
            EventHubMessage(
                time=self._gate.clock.now(),
                message_id=run.call.exchange.id,
                logger_id=effect.logger_id,
                body=effect.body,
                partition_id=effect.partition_id,
                partition_key=effect.partition_key,
                error=effect.error,
            )
        )

    def emit_metric(self, run: Run, effect: effects.EmitMetric) -> None:
        self._gate.ledger.append(
            MetricEvent(
                time=self._gate.clock.now(),
                message_id=run.call.exchange.id,
                name=effect.name,
                value=effect.value,
                namespace=effect.namespace,
                dimensions=dict(effect.dimensions),
            )
        )

    def trace(self, run: Run, effect: effects.Trace) -> None:
        run.call.exchange.trace_records.append(effect.record)

    # -- tokens ----------------------------------------------------------------------------------------------------------

    def token_usage(self, run: Run, effect: effects.TokenUsage) -> object:
        call = run.call
        response = call.exchange.response
        body = (response.body if response is not None else None) or b""
        completion = call.tee.completion if call.tee is not None else None
        usage = completion.usage if completion is not None else read_usage(body)
        if usage is not None:
            return usage
        if call.route.match.llm is None or response is None or response.status >= 300:
            return Usage()
        return self._counted(run, len(call.body) + len(body), self._gate.estimate, call, body)

    def count_tokens(self, run: Run, effect: effects.CountTokens) -> object:
        llm = run.call.route.match.llm
        body = run.call.exchange.request.body or b""
        if llm is None:
            return 0
        return self._counted(run, len(body), count_prompt, llm.kind, body, self._gate.asked_model(run.call))

    def _counted(self, run: Run, size: int, count: Callable[..., Any], *arguments: Any) -> object:
        if self._vocabulary_loaded and size <= SMALL_BYTES:
            return count(*arguments)

        async def work() -> Any:
            counted = await self._gate.in_thread(count, *arguments)
            self._vocabulary_loaded = True
            return counted

        return self._later(run, work(), "token-limit", "TokenCountFailed")

    # -- waiting ---------------------------------------------------------------------------------------------------------

    def _later(self, run: Run, work: Awaitable[Any], source: str, reason: str) -> object:
        self._gate.tasks.start(_reply_with(run, work, source, reason))
        return WAITING


async def _reply_with(run: Run, work: Awaitable[Any], source: str, reason: str) -> None:
    try:
        reply = await work
    except PolicyError as error:
        run.fail(error)
    except (GatelogError, OSError) as error:
        run.fail(PolicyError(source, reason, str(error)))
    else:
        run.resume(reply)


class _Join:
    """`wait`: branches side by side, until all or any are done."""

    def __init__(self, run: Run, effect: effects.Wait) -> None:
        self._run = run
        self._all = effect.all
        self._runs = [run.child(steps, self._ended) for steps in effect.branches]
        self._left = len(self._runs)
        self._error: PolicyError | None = None
        self._beginning = True
        self._done = False

    def begin(self) -> object:
        for branch in self._runs:
            branch.start()
            if self._done:
                break
        self._beginning = False
        if self._done or not self._runs:
            if self._error is not None:
                raise self._error
            return None
        return WAITING

    def _ended(self, error: PolicyError | None) -> None:
        self._left -= 1
        if self._done:
            return
        if error is not None or not self._left or not self._all:
            self._done = True
            self._error = error
            for branch in self._runs:
                branch.stop()
            if not self._beginning:
                self._reply()

    def _reply(self) -> None:
        if self._error is not None:
            self._run.fail(self._error)
        else:
            self._run.resume(None)


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _ignore_answer(_: Any) -> None:
    """A one-way request's answer interests nobody."""


def _ignore_failure(_: UpstreamFailure) -> None:
    """Nor does its failure: Azure does not tell either."""


def performers_of(gate: Gate) -> dict[type[Effect], Performer]:
    """Every effect with its performer."""
    world = _World(gate)
    return cast(
        dict[type[Effect], Performer],
        {
            effects.Forward: world.forward,
            effects.SendRequest: world.send_request,
            effects.SendOneWay: world.send_one_way,
            effects.FetchToken: world.fetch_token,
            effects.FetchAuthorization: world.fetch_authorization,
            effects.FetchKeys: world.fetch_keys,
            effects.FetchCertificate: world.fetch_certificate,
            effects.Sleep: world.sleep,
            effects.Wait: world.wait,
            effects.TakeWindow: world.take_window,
            effects.Acquire: world.acquire,
            effects.Release: world.release,
            effects.CacheGet: world.cache_get,
            effects.CachePut: world.cache_put,
            effects.CacheRemove: world.cache_remove,
            effects.VectorSearch: world.vector_search,
            effects.VectorPut: world.vector_put,
            effects.LogToEventHub: world.log_to_eventhub,
            effects.EmitMetric: world.emit_metric,
            effects.Trace: world.trace,
            effects.AfterResponse: world.after_response,
            effects.TokenUsage: world.token_usage,
            effects.CountTokens: world.count_tokens,
            effects.Answer: world.answer,
        },
    )
