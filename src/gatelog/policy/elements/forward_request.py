"""`forward-request`: send the call to its backend."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

from gatelog.policy.binding import Binder
from gatelog.policy.effects import Effect, Forward
from gatelog.policy.parts import attribute
from gatelog.policy.reader import Node
from gatelog.policy.slots import BOOLEAN, INTEGER, SECONDS, Slot, are_constant, one_of
from gatelog.policy.statement import Place, Statement, Steps
from gatelog.record.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardRequest(Statement):
    """Send the request to the chosen backend and wait for the head of its answer."""

    constant: Forward | None = None
    """The effect, when it is the same for every call."""

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

    @classmethod
    def bind(cls, binder: Binder, node: Node, place: Place) -> ForwardRequest | None:
        values = binder.values(cls, node)
        if values is None:
            return None
        statement = cls(place=place, **values)
        return replace(statement, constant=statement._effect(None)) if are_constant(values.values()) else statement

    def run(self, exchange: Exchange) -> Steps:
        return self._forward(exchange)

    def _forward(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        effect = self.constant or self._effect(exchange)
        exchange.response = None
        yield effect
        if effect.fail_on_error_status_code:
            self._judge(exchange)

    def _effect(self, exchange: Any) -> Forward:
        """What is asked; with constants only, the call does not matter."""
        milliseconds = self.timeout_ms(exchange) if self.timeout_ms else None
        return Forward(
            timeout=self.timeout(exchange) if milliseconds is None else milliseconds / 1000,
            follow_redirects=self.follow_redirects(exchange),
            buffer_request_body=self.buffer_request_body(exchange),
            buffer_response=self.buffer_response(exchange),
            fail_on_error_status_code=self.fail_on_error_status_code(exchange),
            http_version=self.http_version(exchange),
        )

    def _judge(self, exchange: Exchange) -> None:
        status = exchange.response.status if exchange.response is not None else 0
        if 400 <= status <= 599:
            raise self.error("BackendErrorStatusCode", f"the backend answered with status code {status}")
