"""`forward-request`: send the call to its backend."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from gatelog.policy.effects import Effect, Forward
from gatelog.policy.parts import attribute
from gatelog.policy.slots import BOOLEAN, INTEGER, SECONDS, Slot, one_of
from gatelog.policy.statement import Statement, Steps
from gatelog.record.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardRequest(Statement):
    """Send the request to the chosen backend and wait for the head of its answer."""

    timeout: Slot[float] = attribute(SECONDS, default="300", doc="seconds until the answer's head must be there")
    timeout_ms: Slot[int] | None = attribute(INTEGER, doc="the same in milliseconds; wins over `timeout`")
    continue_timeout: Slot[float] | None = attribute(SECONDS, doc="accepted; gatelog sends no `Expect: 100-continue`")
    http_version: Slot[str] = attribute(one_of("1", "2", "2or1"), default="1", doc="HTTP version towards the backend")
    follow_redirects: Slot[bool] = attribute(BOOLEAN, default="false", doc="follow redirects instead of passing them on")
    buffer_request_body: Slot[bool] = attribute(
        BOOLEAN, default="false", doc="keep the body for another try; gatelog always does"
    )
    buffer_response: Slot[bool] = attribute(
        BOOLEAN, default="true", doc="collect 8 KB before passing on; gatelog never holds back a stream"
    )
    fail_on_error_status_code: Slot[bool] = attribute(BOOLEAN, default="false", doc="answers from 400 to 599 go to on-error")

    def run(self, exchange: Exchange) -> Steps:
        return self._forward(exchange)

    def _forward(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        milliseconds = self.timeout_ms(exchange) if self.timeout_ms else None
        fails = self.fail_on_error_status_code(exchange)
        exchange.response = None
        yield Forward(
            timeout=self.timeout(exchange) if milliseconds is None else milliseconds / 1000,
            follow_redirects=self.follow_redirects(exchange),
            buffer_request_body=self.buffer_request_body(exchange),
            buffer_response=self.buffer_response(exchange),
            fail_on_error_status_code=fails,
            http_version=self.http_version(exchange),
        )
        status = exchange.response.status if exchange.response is not None else 0
        if fails and 400 <= status <= 599:
            raise self.error("BackendErrorStatusCode", f"the backend answered with status code {status}")
