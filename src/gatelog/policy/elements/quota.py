"""`quota` and `quota-by-key`: so many calls, or so much data, in a long period."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from gatelog.policy.answers import quota_spent
from gatelog.policy.binding import Binder
from gatelog.policy.effects import AfterResponse, Effect, TakeWindow, WindowReply
from gatelog.policy.elements.rate_limit import is_named, owner_of
from gatelog.policy.parts import attribute, nodes
from gatelog.policy.reader import Node
from gatelog.policy.slots import BOOLEAN, INTEGER, LINE, MOMENT, SECONDS, Computed, Constant, Slot
from gatelog.policy.statement import Part, Statement, Steps
from gatelog.record.exchange import Exchange

_FIRST = "0001-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaOperation(Part):
    """A quota of one operation."""

    id: Slot[str] | None = attribute(LINE, doc="the operation's id")
    name: Slot[str] | None = attribute(LINE, doc="the operation's name, where no id is given")
    calls: Slot[int] | None = attribute(INTEGER, doc="calls in the period")
    bandwidth: Slot[int] | None = attribute(INTEGER, doc="kilobytes in the period")
    renewal_period: Slot[float] | None = attribute(SECONDS, doc="length of the period in seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaApi(QuotaOperation):
    """A quota of one API, and of its operations."""

    operations: tuple[QuotaOperation, ...] = nodes("operation", QuotaOperation, doc="quotas of its operations")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """One pair of counters."""

    key: str
    calls: int | None
    bandwidth: int | None
    period: float
    first: int

    def window(self, limit: int, kind: str, **how: Any) -> TakeWindow:
        return TakeWindow(f"{self.key}:{kind}", limit, self.period, sliding=False, first_period=self.first, **how)


class _Counting(Statement):
    """Counting that both elements share."""

    __slots__ = ()

    def _count(self, limits: Limits, amount: int, *, counts: bool) -> Generator[Effect, Any, None]:
        if limits.calls is not None:
            reply: WindowReply = yield limits.window(limits.calls, "calls", amount=amount, probe=not counts)
            self._judge(reply, "call volume")
        if limits.bandwidth is not None:
            reply = yield limits.window(limits.bandwidth * 1024, "bytes", probe=True)
            self._judge(reply, "bandwidth")

    def _judge(self, reply: WindowReply, what: str) -> None:
        if not reply.allowed:
            raise quota_spent(self.place.element, max(1, math.ceil(reply.retry_after)), what)

    def _weigh(self, exchange: Exchange, limits: Limits) -> Generator[Effect, Any, None]:
        """Count the bytes of both bodies once the answer is there."""
        if limits.bandwidth is not None:
            size = len(exchange.request.body or b"") + _response_size(exchange)
            yield limits.window(limits.bandwidth * 1024, "bytes", amount=size, force=True)


def _response_size(exchange: Exchange) -> int:
    response = exchange.response
    if response is None:
        return 0
    if response.body is not None:
        return len(response.body)
    declared = response.headers.get("Content-Length") or ""
    return int(declared) if declared.isdigit() else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota(_Counting):
    """Refuse calls of a subscription (403) once its calls or kilobytes of the period are used up. Calls without a
    subscription are counted by the caller's address."""

    calls: Slot[int] | None = attribute(INTEGER, doc="calls in the period")
    bandwidth: Slot[int] | None = attribute(INTEGER, doc="kilobytes in the period")
    renewal_period: Slot[float] = attribute(SECONDS, required=True, doc="length of the period in seconds; 0: for ever")
    first_period_start: Slot[int] = attribute(MOMENT, default=_FIRST, doc="when the first period began")
    apis: tuple[QuotaApi, ...] = nodes("api", QuotaApi, doc="more quotas for single APIs, at product scope")

    def check(self, binder: Binder, node: Node) -> None:
        _check(binder, node, self.calls, self.bandwidth, self.renewal_period)

    def run(self, exchange: Exchange) -> Steps:
        return self._run(exchange)

    def _run(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        caller = exchange.subscription.id if exchange.subscription is not None else f"ip:{exchange.client_ip}"
        prefix = f"quota:{owner_of(exchange, self.place.scope)}:{self.place.path}:{caller}"
        for limits in self._all(exchange, prefix):
            yield from self._count(limits, 1, counts=True)
            if limits.bandwidth is not None:
                yield AfterResponse(self._weigh(exchange, limits))

    def _all(self, exchange: Exchange, prefix: str) -> list[Limits]:
        period, first = self.renewal_period(exchange), self.first_period_start(exchange)

        def limits(entry: Any, key: str) -> Limits:
            own = entry.renewal_period(exchange) if entry.renewal_period else period
            calls = entry.calls(exchange) if entry.calls else None
            bandwidth = entry.bandwidth(exchange) if entry.bandwidth else None
            return Limits(key=key, calls=calls, bandwidth=bandwidth, period=own, first=first)

        found = [limits(self, prefix)]
        for api in self.apis:
            if is_named(api, exchange.api, exchange):
                found.append(limits(api, f"{prefix}:{exchange.api.id}"))
                found += [
                    limits(operation, f"{prefix}:{exchange.api.id}:{exchange.operation.id}")
                    for operation in api.operations
                    if is_named(operation, exchange.operation, exchange)
                ]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaByKey(_Counting):
    """Refuse calls (403) once the calls or kilobytes of a key are used up for the period."""

    calls: Slot[int] | None = attribute(INTEGER, doc="calls in the period")
    bandwidth: Slot[int] | None = attribute(INTEGER, doc="kilobytes in the period")
    renewal_period: Slot[float] = attribute(SECONDS, required=True, doc="length of the period in seconds; 0: for ever")
    counter_key: Slot[str] = attribute(LINE, required=True, doc="what is counted by")
    increment_condition: Slot[bool] | None = attribute(BOOLEAN, doc="whether the call counts; over a response: known after it")
    increment_count: Slot[int] | None = attribute(INTEGER, doc="how much the call counts; 1 when absent")
    first_period_start: Slot[int] = attribute(MOMENT, default=_FIRST, doc="when the first period began")

    def check(self, binder: Binder, node: Node) -> None:
        _check(binder, node, self.calls, self.bandwidth, self.renewal_period)

    def run(self, exchange: Exchange) -> Steps:
        return self._run(exchange)

    def _run(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        limits = Limits(
            key=f"quota-by-key:{self.counter_key(exchange)}",
            calls=self.calls(exchange) if self.calls else None,
            bandwidth=self.bandwidth(exchange) if self.bandwidth else None,
            period=self.renewal_period(exchange),
            first=self.first_period_start(exchange),
        )
        slots = (self.increment_condition, self.increment_count)
        if any(isinstance(slot, Computed) and "Response" in slot.expression.text for slot in slots):
            yield from self._count(limits, 1, counts=False)
            exchange.on_answer.append(lambda finished: self._settle(finished, limits))
        else:
            counts = self.increment_condition is None or self.increment_condition(exchange)
            yield from self._count(limits, self._amount(exchange), counts=counts)
        if limits.bandwidth is not None:
            yield AfterResponse(self._weigh(exchange, limits))

    def _amount(self, exchange: Exchange) -> int:
        return self.increment_count(exchange) if self.increment_count else 1

    def _settle(self, exchange: Exchange, limits: Limits) -> Generator[Effect, Any, None]:
        counts = self.increment_condition is None or self.increment_condition(exchange)
        if counts and limits.calls is not None:
            yield limits.window(limits.calls, "calls", amount=self._amount(exchange), force=True)


def _check(binder: Binder, node: Node, calls: object, bandwidth: object, period: Slot[float]) -> None:
    if calls is None and bandwidth is None:
        binder.problem(node, f"'{node.name}' needs 'calls' or 'bandwidth'")
    if isinstance(period, Constant) and isinstance(period.value, float) and 0 < period.value < 300:
        binder.problem(node, f"the renewal-period of '{node.name}' must be 0 or at least 300 seconds")
