"""Running a statement after the answer was sent, with the call as it stood when the statement's turn came."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from gatelog.policy.effects import Effect
from gatelog.policy.reads import RESPONSE_BODY, reads_of
from gatelog.policy.slots import Computed
from gatelog.record.exchange import Exchange


def reads_response_body(*slots: object) -> bool:
    """Whether an expression among the slots reads `context.Response.Body`."""
    return any(isinstance(slot, Computed) and RESPONSE_BODY in reads_of(slot.expression.text) for slot in slots)


@contextmanager
def untouched_bodies(exchange: Exchange) -> Iterator[None]:
    """Bodies that an expression consumes inside are there again after it: saying something about a call must not change it."""
    request, response = exchange.request, exchange.response
    kept = request.body, response.body if response is not None else None
    try:
        yield
    finally:
        request.body = kept[0]
        if response is not None:
            response.body = kept[1]


def later(exchange: Exchange, steps: Callable[[Exchange], Generator[Effect, Any, None]]) -> Generator[Effect, Any, None]:
    """The steps over a snapshot of the call, taken now; only the response's body is the one that is there when they run."""
    snapshot = replace(
        exchange,
        request=replace(exchange.request, headers=exchange.request.headers.copy(), url=replace(exchange.request.url)),
        response=exchange.response and replace(exchange.response, headers=exchange.response.headers.copy()),
        variables=dict(exchange.variables),
        view=None,
    )

    def run() -> Generator[Effect, Any, None]:
        if snapshot.response is not None and exchange.response is not None:
            snapshot.response.body = exchange.response.body
        yield from steps(snapshot)

    return run()
