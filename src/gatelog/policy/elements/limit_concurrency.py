"""`limit-concurrency`: so many calls at a time inside of it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from gatelog.policy.effects import Acquire, Effect, PolicyError, Release
from gatelog.policy.parts import attribute, statements
from gatelog.policy.slots import INTEGER, LINE, Slot, within
from gatelog.policy.statement import EndOfPipeline, ServedFromCache, Statement, Steps, run_statements
from gatelog.record.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitConcurrency(Statement):
    """Run the policies inside for at most so many calls with the same key at a time; others are refused at once (429)."""

    key: Slot[str] = attribute(LINE, required=True, doc="what is counted by")
    max_count: Slot[int] = attribute(within(INTEGER, 1, 1_000_000), required=True, doc="calls at a time")
    statements: tuple[Statement, ...] = statements(required=True)

    def run(self, exchange: Exchange) -> Steps:
        return self._run(exchange)

    def _run(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        key = f"limit-concurrency:{self.key(exchange)}"
        taken: bool = yield Acquire(key, self.max_count(exchange))
        if not taken:
            text = "Too many requests are being processed. Try again later."
            raise self.error("ConcurrencyLimitExceeded", text, status=429, body_message=text)
        try:
            yield from run_statements(self.statements, exchange)
        except (PolicyError, EndOfPipeline, ServedFromCache):
            yield Release(key)
            raise
        yield Release(key)
