"""`set-status`: the status code of the answer."""

from __future__ import annotations

from dataclasses import dataclass

from gatelog.policy.answers import phrase
from gatelog.policy.elements.messages import response_of
from gatelog.policy.parts import attribute
from gatelog.policy.slots import LINE, STATUS, Slot
from gatelog.policy.statement import Statement, Steps
from gatelog.record.exchange import Exchange, Response


@dataclass(frozen=True, slots=True, kw_only=True)
class SetStatus(Statement):
    """Set status code and reason of the response."""

    code: Slot[int] = attribute(STATUS, required=True, doc="the status code")
    reason: Slot[str] | None = attribute(LINE, doc="text beside the code; absent: the usual one")

    def run(self, exchange: Exchange) -> Steps:
        self.apply(response_of(exchange, self.place), exchange)
        return None

    def apply(self, response: Response, exchange: Exchange) -> None:
        """Change a response."""
        response.status = self.code(exchange)
        response.reason = self.reason(exchange) if self.reason else phrase(response.status)
