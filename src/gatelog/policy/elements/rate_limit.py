"""`rate-limit` and `rate-limit-by-key`: so many calls in a sliding window."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from gatelog.policy.answers import rate_limited
from gatelog.policy.effects import Effect, TakeWindow, WindowReply
from gatelog.policy.parts import attribute, nodes
from gatelog.policy.slots import BOOLEAN, INTEGER, LINE, SECONDS, Computed, Slot, within
from gatelog.policy.statement import Part, Statement, Steps
from gatelog.record.exchange import Exchange

_CALLS = within(INTEGER, 0, 2**31 - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Statement):
    """How a limit tells the caller about itself."""

    retry_after_header_name: Slot[str] = attribute(
        LINE, default="Retry-After", doc="header with the seconds to wait, when refused"
    )
    retry_after_variable_name: Slot[str] | None = attribute(LINE, doc="variable with the seconds to wait, when refused")
    remaining_calls_header_name: Slot[str] | None = attribute(LINE, doc="response header with the calls that are left")
    remaining_calls_variable_name: Slot[str] | None = attribute(LINE, doc="variable with the calls that are left")
    total_calls_header_name: Slot[str] | None = attribute(LINE, doc="response header with the limit")

    def tell(self, exchange: Exchange, limit: int, remaining: int) -> None:
        """Note what is left, for the policies after this one and for the answer."""
        if self.remaining_calls_variable_name is not None:
            exchange.variables[self.remaining_calls_variable_name(exchange)] = max(0, remaining)
        headers = [(slot(exchange), value) for slot, value in self._told(limit, remaining)]

        def mark(finished: Exchange) -> Steps:
            if finished.response is not None:
                for name, value in headers:
                    finished.response.headers.set(name, value)
            return None

        if headers:
            exchange.on_answer.append(mark)

    def _told(self, limit: int, remaining: int) -> list[tuple[Slot[str], str]]:
        pairs = ((self.remaining_calls_header_name, str(max(0, remaining))), (self.total_calls_header_name, str(limit)))
        return [(slot, value) for slot, value in pairs if slot is not None]

    def refuse(self, exchange: Exchange, reply: WindowReply) -> None:
        """Answer 429."""
        seconds = max(1, math.ceil(reply.retry_after))
        if self.retry_after_variable_name is not None:
            exchange.variables[self.retry_after_variable_name(exchange)] = seconds
        error = rate_limited(self.place.element, seconds)
        name = self.retry_after_header_name(exchange)
        if name.lower() != "retry-after":
            error.retry_after, error.headers = None, ((name, str(seconds)),)
        raise error


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitedOperation(Part):
    """A limit of one operation."""

    id: Slot[str] | None = attribute(LINE, doc="the operation's id")
    name: Slot[str] | None = attribute(LINE, doc="the operation's name, where no id is given")
    calls: Slot[int] = attribute(_CALLS, required=True, doc="calls in the period")
    renewal_period: Slot[float] = attribute(SECONDS, required=True, doc="length of the window in seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitedApi(Part):
    """A limit of one API, and of its operations."""

    id: Slot[str] | None = attribute(LINE, doc="the API's id")
    name: Slot[str] | None = attribute(LINE, doc="the API's name, where no id is given")
    calls: Slot[int] | None = attribute(_CALLS, doc="calls in the period")
    renewal_period: Slot[float] | None = attribute(SECONDS, doc="length of the window in seconds")
    operations: tuple[LimitedOperation, ...] = nodes("operation", LimitedOperation, doc="limits of its operations")


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit(Told):
    """Refuse calls of a subscription (429) after so many in a sliding window. Calls without a subscription are counted by
    the caller's address."""

    calls: Slot[int] = attribute(_CALLS, required=True, doc="calls in the period")
    renewal_period: Slot[float] = attribute(SECONDS, required=True, doc="length of the window in seconds")
    apis: tuple[LimitedApi, ...] = nodes("api", LimitedApi, doc="more limits for single APIs, at product scope")

    def run(self, exchange: Exchange) -> Steps:
        return self._count(exchange)

    def _count(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        caller = exchange.subscription.id if exchange.subscription is not None else f"ip:{exchange.client_ip}"
        owner = owner_of(exchange, self.place.scope)
        for name, calls, period in self._limits(exchange):
            limit = calls(exchange)
            key = f"rate-limit:{owner}:{self.place.path}:{caller}{name}"
            reply: WindowReply = yield TakeWindow(key, limit, period(exchange))
            if not reply.allowed:
                self.refuse(exchange, reply)
            if not name:
                self.tell(exchange, limit, reply.remaining)

    def _limits(self, exchange: Exchange) -> list[tuple[str, Slot[int], Slot[float]]]:
        limits: list[tuple[str, Slot[int], Slot[float]]] = [("", self.calls, self.renewal_period)]
        for api in self.apis:
            if not is_named(api, exchange.api, exchange):
                continue
            if api.calls is not None and api.renewal_period is not None:
                limits.append((f":{exchange.api.id}", api.calls, api.renewal_period))
            limits += [
                (f":{exchange.api.id}:{exchange.operation.id}", operation.calls, operation.renewal_period)
                for operation in api.operations
                if is_named(operation, exchange.operation, exchange)
            ]
        return limits


def is_named(limited: Any, entity: Any, exchange: Exchange) -> bool:
    """Whether an `api` or `operation` element names the call's own."""
    if entity is None:
        return False
    if limited.id is not None:
        return bool(limited.id(exchange).lower() == entity.id.lower())
    return limited.name is not None and bool(limited.name(exchange).lower() == entity.name.lower())


def owner_of(exchange: Exchange, scope: str) -> str:
    """What a statement's counters belong to: the entity of its scope."""
    if scope == "product" and exchange.product is not None:
        return f"product:{exchange.product.id}"
    if scope in ("api", "operation") and exchange.api is not None:
        operation = f":{exchange.operation.id}" if scope == "operation" and exchange.operation is not None else ""
        return f"{scope}:{exchange.api.id}{operation}"
    return scope or "global"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitByKey(Told):
    """Refuse calls (429) after so many with the same key in a sliding window. A key has one counter at all scopes."""

    calls: Slot[int] = attribute(_CALLS, required=True, doc="calls in the period")
    renewal_period: Slot[float] = attribute(SECONDS, required=True, doc="length of the window in seconds")
    counter_key: Slot[str] = attribute(LINE, required=True, doc="what is counted by")
    increment_condition: Slot[bool] | None = attribute(BOOLEAN, doc="whether the call counts; over a response: known after it")
    increment_count: Slot[int] | None = attribute(INTEGER, doc="how much the call counts; 1 when absent")

    def run(self, exchange: Exchange) -> Steps:
        return self._later(exchange) if self._needs_response() else self._count(exchange)

    def _needs_response(self) -> bool:
        slots = (self.increment_condition, self.increment_count)
        return any(isinstance(slot, Computed) and "Response" in slot.expression.text for slot in slots)

    def _window(self, exchange: Exchange, **how: Any) -> TakeWindow:
        key = f"rate-limit-by-key:{self.counter_key(exchange)}"
        return TakeWindow(key, self.calls(exchange), self.renewal_period(exchange), **how)

    def _count(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        counts = self.increment_condition is None or self.increment_condition(exchange)
        amount = self.increment_count(exchange) if self.increment_count else 1
        reply: WindowReply = yield self._window(exchange, amount=amount, probe=not counts)
        if not reply.allowed:
            self.refuse(exchange, reply)
        self.tell(exchange, self.calls(exchange), reply.remaining)

    def _later(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        """Ask now, count when the response is known."""
        reply: WindowReply = yield self._window(exchange, probe=True)
        if not reply.allowed:
            self.refuse(exchange, reply)
        window = self._window(exchange)
        exchange.on_answer.append(lambda finished: self._settle(finished, window))

    def _settle(self, exchange: Exchange, window: TakeWindow) -> Generator[Effect, Any, None]:
        if self.increment_condition is not None and not self.increment_condition(exchange):
            return
        amount = self.increment_count(exchange) if self.increment_count else 1
        reply: WindowReply = yield TakeWindow(window.key, window.limit, window.period, amount, force=True)
        self.tell(exchange, window.limit, reply.remaining)
