"""`azure-openai-token-limit` and `llm-token-limit`: so many tokens a minute, or in a longer period, for each key.

What a call will cost is known only after it. So the prompt is reserved before (when it is to be estimated), and the
difference to what the model counted is settled after: given back when the call failed, added when the answer was long.
A call is refused only when the tokens used and reserved so far leave no room for it; so at most the calls that are under way
go over the limit, never one that starts after it is reached.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from gatelog.policy.answers import tokens_limited
from gatelog.policy.binding import Binder
from gatelog.policy.effects import AfterResponse, CountTokens, Effect, PolicyError, TakeWindow, TokenUsage, WindowReply
from gatelog.policy.parts import attribute
from gatelog.policy.reader import Node
from gatelog.policy.slots import BOOLEAN, INTEGER, LINE, Slot, one_of, within
from gatelog.policy.statement import Statement, Steps
from gatelog.record.exchange import Exchange

_TOKENS = within(INTEGER, 1, 10**12)
_PERIOD = one_of("Hourly", "Daily", "Weekly", "Monthly", "Yearly")


@dataclass(slots=True)
class _Taken:
    """What one call has taken from a limit so far."""

    rate: TakeWindow | None = None
    quota: TakeWindow | None = None
    reserved: int = 0
    rate_left: int = 0
    quota_left: int = 0
    settled: bool = False
    windows: list[TakeWindow] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLimit(Statement):
    """Refuse calls once a key has used its tokens: 429 for the rate, 403 for the quota."""

    reads_request_body: ClassVar[bool] = True

    counter_key: Slot[str] = attribute(LINE, required=True, doc="what is counted by")
    tokens_per_minute: Slot[int] | None = attribute(_TOKENS, doc="tokens in a sliding minute")
    token_quota: Slot[int] | None = attribute(_TOKENS, doc="tokens in `token-quota-period`")
    token_quota_period: Slot[str] | None = attribute(_PERIOD, doc="calendar period (UTC) of the quota")
    estimate_prompt_tokens: Slot[bool] = attribute(
        BOOLEAN, required=True, doc="count the prompt before the call, so that one that does not fit is not sent"
    )
    retry_after_header_name: Slot[str] = attribute(
        LINE, default="Retry-After", doc="header with the seconds to wait, when refused"
    )
    retry_after_variable_name: Slot[str] | None = attribute(LINE, doc="variable with the seconds to wait, when refused")
    remaining_tokens_header_name: Slot[str] | None = attribute(LINE, doc="response header with the tokens left of the rate")
    remaining_tokens_variable_name: Slot[str] | None = attribute(LINE, doc="variable with the tokens left of the rate")
    remaining_quota_tokens_header_name: Slot[str] | None = attribute(
        LINE, doc="response header with the tokens left of the quota"
    )
    remaining_quota_tokens_variable_name: Slot[str] | None = attribute(LINE, doc="variable with the tokens left of the quota")
    tokens_consumed_header_name: Slot[str] | None = attribute(LINE, doc="response header with the tokens of the call")
    tokens_consumed_variable_name: Slot[str] | None = attribute(
        LINE, doc="variable with the tokens of the call: estimated before, counted after"
    )

    def check(self, binder: Binder, node: Node) -> None:
        if self.tokens_per_minute is None and self.token_quota is None:
            binder.problem(node, f"'{node.name}' needs 'tokens-per-minute' or 'token-quota'")
        if (self.token_quota is None) != (self.token_quota_period is None):
            binder.problem(node, f"'{node.name}' needs 'token-quota' and 'token-quota-period' together")

    def run(self, exchange: Exchange) -> Steps:
        return self._reserve(exchange)

    def _reserve(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        taken = _Taken()
        taken.rate, taken.quota = self._rate(exchange), self._quota(exchange)
        if self.estimate_prompt_tokens(exchange):
            taken.reserved = yield CountTokens()
        for window in (taken.rate, taken.quota):
            if window is not None:
                yield from self._take(exchange, window, taken)
        self._tell_variables(exchange, taken, taken.reserved)
        yield AfterResponse(self._settle(exchange, taken))
        exchange.on_answer.append(lambda finished: self._mark(finished, taken))

    def _take(self, exchange: Exchange, window: TakeWindow, taken: _Taken) -> Generator[Effect, Any, None]:
        amount = taken.reserved
        reply: WindowReply = yield _sized(window, max(1, amount), probe=amount == 0)
        if not reply.allowed:
            for earlier in taken.windows:
                yield _sized(earlier, -amount, force=True)
            self._refuse(exchange, window is taken.rate, reply)
        if amount:
            taken.windows.append(window)
        self._left(taken, window, reply)

    @staticmethod
    def _left(taken: _Taken, window: TakeWindow, reply: WindowReply) -> None:
        if window is taken.rate:
            taken.rate_left = max(0, reply.remaining)
        else:
            taken.quota_left = max(0, reply.remaining)

    def _refuse(self, exchange: Exchange, rate: bool, reply: WindowReply) -> None:
        seconds = max(1, math.ceil(reply.retry_after))
        if self.retry_after_variable_name is not None:
            exchange.variables[self.retry_after_variable_name(exchange)] = seconds
        element = self.place.element
        error = tokens_limited(element, seconds) if rate else _quota_spent(element, seconds)
        name = self.retry_after_header_name(exchange)
        if name.lower() != "retry-after":
            error.retry_after, error.headers = None, ((name, str(seconds)),)
        raise error

    # after the answer

    def _settle(self, exchange: Exchange, taken: _Taken) -> Generator[Effect, Any, None]:
        """Charge what the model counted in place of what was reserved."""
        if taken.settled:
            return
        taken.settled = True
        usage = yield TokenUsage()
        for window in (taken.rate, taken.quota):
            if window is not None and usage.total_tokens != taken.reserved:
                reply: WindowReply = yield _sized(window, usage.total_tokens - taken.reserved, force=True)
                self._left(taken, window, reply)
        taken.reserved = usage.total_tokens

    def _mark(self, exchange: Exchange, taken: _Taken) -> Generator[Effect, Any, None]:
        """Tell the caller; with the real numbers where the answer is there already."""
        if exchange.response is None:
            return
        if exchange.response.body is not None:
            yield from self._settle(exchange, taken)
        told = (
            (self.remaining_tokens_header_name, taken.rate_left),
            (self.remaining_quota_tokens_header_name, taken.quota_left),
            (self.tokens_consumed_header_name, taken.reserved),
        )
        for slot, value in told:
            if slot is not None:
                exchange.response.headers.set(slot(exchange), str(value))
        self._tell_variables(exchange, taken, taken.reserved)

    def _tell_variables(self, exchange: Exchange, taken: _Taken, consumed: int) -> None:
        told = (
            (self.remaining_tokens_variable_name, taken.rate_left),
            (self.remaining_quota_tokens_variable_name, taken.quota_left),
            (self.tokens_consumed_variable_name, consumed),
        )
        for slot, value in told:
            if slot is not None:
                exchange.variables[slot(exchange)] = value

    # windows

    def _rate(self, exchange: Exchange) -> TakeWindow | None:
        if self.tokens_per_minute is None:
            return None
        return TakeWindow(f"token-limit:{self.counter_key(exchange)}:minute", self.tokens_per_minute(exchange), 60)

    def _quota(self, exchange: Exchange) -> TakeWindow | None:
        if self.token_quota is None or self.token_quota_period is None:
            return None
        period = self.token_quota_period(exchange)
        start, end = period_of(period, exchange.started // 1_000_000_000)
        key = f"token-limit:{self.counter_key(exchange)}:{period}:{start}"
        return TakeWindow(key, self.token_quota(exchange), end - start, sliding=False, first_period=start)


def _sized(window: TakeWindow, amount: int, *, force: bool = False, probe: bool = False) -> TakeWindow:
    return TakeWindow(
        window.key,
        window.limit,
        window.period,
        amount,
        sliding=window.sliding,
        first_period=window.first_period,
        force=force,
        probe=probe,
    )


def _quota_spent(element: str, seconds: int) -> PolicyError:
    text = f"Token quota is exceeded. Try again in {seconds} seconds."
    return PolicyError(element, "TokenQuotaExceeded", text, status=403, body_message=text, retry_after=seconds)


def period_of(period: str, now: int) -> tuple[int, int]:
    """Start and end of the calendar period (UTC) that holds a time, all in seconds since 1970."""
    moment = datetime.fromtimestamp(now, UTC)
    if period == "Hourly":
        start = moment.replace(minute=0, second=0, microsecond=0)
        end = start + timedelta(hours=1)
    else:
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        start, end = _days(period, day)
    return int(start.timestamp()), int(end.timestamp())


def _days(period: str, day: datetime) -> tuple[datetime, datetime]:
    if period == "Weekly":
        start = day - timedelta(days=day.weekday())
        return start, start + timedelta(days=7)
    if period == "Monthly":
        start = day.replace(day=1)
        return start, start + timedelta(days=calendar.monthrange(day.year, day.month)[1])
    if period == "Yearly":
        start = day.replace(month=1, day=1)
        return start, start.replace(year=day.year + 1)
    return day, day + timedelta(days=1)
