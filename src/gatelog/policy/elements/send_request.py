"""`send-request`: a request of the policy's own, its answer kept in a variable."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from gatelog.policy.dotnet.proxy import Message
from gatelog.policy.effects import Effect, PolicyError
from gatelog.policy.effects import SendRequest as SendRequestEffect
from gatelog.policy.elements.outgoing import Outgoing
from gatelog.policy.parts import attribute
from gatelog.policy.slots import BOOLEAN, LINE, Slot
from gatelog.policy.statement import Steps
from gatelog.record.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRequest(Outgoing):
    """Send a request and wait for its answer, which becomes a variable (`IResponse`)."""

    response_variable_name: Slot[str] = attribute(LINE, required=True, doc="variable that takes the answer")
    ignore_error: Slot[bool] = attribute(BOOLEAN, default="false", doc="no answer makes the variable null instead of an error")

    def run(self, exchange: Exchange) -> Steps:
        return self._send(exchange)

    def _send(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        name = self.response_variable_name(exchange)
        try:
            request = yield from self.make(exchange)
            response = yield SendRequestEffect(
                request,
                timeout=self.timeout(exchange),
                proxy=self.proxy.address(exchange) if self.proxy else "",
                certificate=self.certificate.certificate(exchange) if self.certificate else "",
            )
            exchange.variables[name] = Message(response)
        except PolicyError:
            if not self.ignore_error(exchange):
                raise
            exchange.variables[name] = None
