"""The compiled policies of one operation: inbound, backend, outbound, and on-error when something goes wrong."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from gatelog.policy.answers import response_to
from gatelog.policy.dotnet.exceptions import DotNetException
from gatelog.policy.effects import Answer, Effect, PolicyError
from gatelog.policy.elements.cors import Cors
from gatelog.policy.slots import elapsed_ns
from gatelog.policy.statement import EndOfPipeline, Place, ServedFromCache, Statement, located, run_statements
from gatelog.record.exchange import Exchange, LastError, Response
from gatelog.record.headers import Headers

Steps = Generator[Effect, Any, None]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What runs for each call of an operation, all scopes spliced into one.

    `run` yields effects and takes their replies; the driver throws a `PolicyError` into it where an effect fails. When it
    ends, `exchange.response` is the answer.
    """

    inbound: tuple[Statement, ...]
    backend: tuple[Statement, ...]
    outbound: tuple[Statement, ...]
    on_error: tuple[Statement, ...]
    after_store: tuple[Statement, ...] = ()
    """What of outbound runs when the answer came from a cache: all after the element that stores."""
    needs_request_body: bool = False
    """Some statement reads the request's body."""
    buffers_response: bool = False
    """The whole answer must be there before outbound runs: it cannot be passed on while it arrives."""
    has_deferred: bool = False
    """Some log-to-eventhub or trace reads the response's body: it runs after a stream has ended."""
    cors: Cors | None = None
    """The first `cors` of inbound, which answers preflight requests."""
    references: frozenset[tuple[str, str]] = frozenset()
    """What it refers to: (`backend`, id), (`logger`, id), (`certificate`, id), (`fragment`, id)."""

    def run(self, exchange: Exchange) -> Steps:
        """Everything that a call passes, from the first inbound statement to the last outbound one."""
        try:
            outbound = yield from self._answer(exchange)
            yield from run_statements(outbound, exchange)
            yield from _finish(exchange)
            return
        except EndOfPipeline:
            failure = None
        except PolicyError as error:
            failure = error
        if failure is None:
            yield from _finish_quietly(exchange)
            yield _answer(exchange)
        else:
            yield from self.fail(exchange, failure)

    def _answer(self, exchange: Exchange) -> Generator[Effect, Any, tuple[Statement, ...]]:
        """Get an answer, from the backend or a cache; gives what is left to run of outbound."""
        try:
            yield from run_statements(self.inbound, exchange)
            yield from run_statements(self.backend, exchange)
        except ServedFromCache:
            return self.after_store
        if exchange.response is None:
            exchange.response = Response(200, "OK", Headers())
        return self.outbound

    def fail(self, exchange: Exchange, error: PolicyError) -> Steps:
        """Answer a failed call: the gateway's own answer, then on-error, which may make another."""
        _record(exchange, error)
        ended = False
        try:
            yield from run_statements(self.on_error, exchange)
        except EndOfPipeline:
            ended = True
        except PolicyError as another:
            _record(exchange, another)
        yield from _finish_quietly(exchange)
        if ended:
            yield _answer(exchange)

    def preflight(self, exchange: Exchange) -> Response | None:
        """The answer to a CORS preflight request; None when the request is none or no policy answers it."""
        return self.cors.preflight(exchange) if self.cors else None


def _record(exchange: Exchange, error: PolicyError) -> None:
    exchange.last_error = _last_error(error, exchange)
    exchange.response = response_to(error, exchange)


def _last_error(error: PolicyError, exchange: Exchange) -> LastError:
    place: Place = error.place or Place(error.source)
    return LastError(
        source=error.source,
        reason=error.reason,
        message=error.message,
        scope=place.scope,
        section=place.section,
        path=place.path,
        policy_id=place.policy_id,
        elapsed_ns=elapsed_ns(exchange),
    )


def _finish(exchange: Exchange) -> Steps:
    """Run what statements left to do for when the answer is known."""
    while exchange.on_answer:
        try:
            steps = exchange.on_answer.pop(0)(exchange)
            if steps is not None:
                yield from steps
        except DotNetException as error:
            raise located(error, Place("")) from error


def _finish_quietly(exchange: Exchange) -> Steps:
    """The same for a call whose answer is settled: what fails is on record as the last error and changes nothing else."""
    while exchange.on_answer:
        try:
            yield from _finish(exchange)
        except PolicyError as error:
            exchange.last_error = exchange.last_error or _last_error(error, exchange)


def _answer(exchange: Exchange) -> Answer:
    assert exchange.response is not None
    return Answer(exchange.response)
