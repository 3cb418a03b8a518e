"""`wait`: policies side by side."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from gatelog.policy.effects import Effect
from gatelog.policy.effects import Wait as WaitEffect
from gatelog.policy.parts import attribute, statements
from gatelog.policy.slots import Slot, one_of
from gatelog.policy.statement import EndOfPipeline, Statement, Steps, run_statements
from gatelog.record.exchange import Exchange

_FOR = one_of("all", "any")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(Statement):
    """Run the policies inside side by side, and go on when all of them (or any one) are done."""

    for_: Slot[str] = attribute(_FOR, default="all", doc="how many must be done")
    statements: tuple[Statement, ...] = statements(
        "send-request", "cache-lookup-value", "choose", "include-fragment", required=True, doc="each is a branch"
    )

    def run(self, exchange: Exchange) -> Steps:
        return self._wait(exchange)

    def _wait(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        ended: list[bool] = []
        branches = tuple(_branch(statement, exchange, ended) for statement in self.statements)
        yield WaitEffect(branches, all=self.for_(exchange) == "all")
        if ended:
            raise EndOfPipeline


def _branch(statement: Statement, exchange: Exchange, ended: list[bool]) -> Generator[Effect, Any, None]:
    """A branch; that it answered the call (return-response) is noted, because only the pipeline itself can end."""
    try:
        yield from run_statements((statement,), exchange)
    except EndOfPipeline:
        ended.append(True)
