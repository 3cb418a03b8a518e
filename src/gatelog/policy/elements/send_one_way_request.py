"""`send-one-way-request`: a request whose answer nobody waits for."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from gatelog.policy.effects import Effect, SendOneWay
from gatelog.policy.elements.outgoing import Outgoing
from gatelog.policy.statement import Steps
from gatelog.record.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOneWayRequest(Outgoing):
    """Send a request and go on at once."""

    def run(self, exchange: Exchange) -> Steps:
        return self._send(exchange)

    def _send(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        request = yield from self.make(exchange)
        yield SendOneWay(request, timeout=self.timeout(exchange))
