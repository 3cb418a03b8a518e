"""`retry`: run the policies inside again while a condition holds."""

from __future__ import annotations

import random
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from gatelog.policy.effects import Effect, PolicyError, Sleep
from gatelog.policy.parts import attribute, statements
from gatelog.policy.slots import BOOLEAN, INTEGER, SECONDS, Slot, within
from gatelog.policy.statement import Statement, Steps, run_statements
from gatelog.record.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry(Statement):
    """Run the policies inside once, then again while the condition is true and tries are left. A policy that fails counts
    as a try: `context.Response` is null in the condition after a forward that got no answer."""

    condition: Slot[bool] = attribute(BOOLEAN, required=True, doc="true: try again")
    count: Slot[int] = attribute(within(INTEGER, 1, 50), required=True, doc="how often to try again at most")
    interval: Slot[float] = attribute(SECONDS, required=True, doc="seconds between the tries")
    max_interval: Slot[float] | None = attribute(SECONDS, doc="longest wait, with `delta` exponential")
    delta: Slot[float] | None = attribute(SECONDS, doc="seconds by which each wait grows")
    first_fast_retry: Slot[bool] = attribute(BOOLEAN, default="false", doc="try again at once the first time")
    statements: tuple[Statement, ...] = statements(required=True)

    def run(self, exchange: Exchange) -> Steps:
        return self._try(exchange)

    def _try(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        count = self.count(exchange)
        body = exchange.request.body
        for tried in range(count + 1):
            failure = None
            if tried:
                exchange.request.body = body
            try:
                yield from run_statements(self.statements, exchange)
            except PolicyError as error:
                failure = error
            if tried == count or not self.condition(exchange):
                break
            wait = self._wait(exchange, tried + 1)
            if wait > 0:
                yield Sleep(wait)
        if failure is not None:
            raise failure

    def _wait(self, exchange: Exchange, number: int) -> float:
        """Seconds before the retry of this number, from 1 on."""
        if number == 1 and self.first_fast_retry(exchange):
            return 0.0
        wait = self.interval(exchange)
        delta = self.delta(exchange) if self.delta else 0.0
        if self.max_interval is None:
            return wait + (number - 1) * delta
        if delta:
            jitter = random.Random(f"{exchange.id}/{number}").uniform(0.8 * delta, 1.2 * delta)
            wait += (2**number - 1) * jitter
        return min(wait, self.max_interval(exchange))
