"""`set-method`: the method of the request."""

from __future__ import annotations

from dataclasses import dataclass

from gatelog.policy.parts import content
from gatelog.policy.slots import LINE, Slot
from gatelog.policy.statement import Statement, Steps
from gatelog.record.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMethod(Statement):
    """Change the request's HTTP method."""

    method: Slot[str] = content(LINE, required=True, doc="the method")

    def run(self, exchange: Exchange) -> Steps:
        exchange.request.method = self.method(exchange).upper()
        return None
