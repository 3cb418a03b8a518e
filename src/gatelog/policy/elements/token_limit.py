"""`azure-openai-token-limit` and `llm-token-limit`: so many tokens a minute, or in a longer period, for each key.

What a call will cost is known only after it. So a reserve is taken before: its prompt (counted, or a token for four bytes) and
the longest answer that it asks for (`max_tokens` and its newer names, times `n`; 1,024 tokens when it does not say). What the
model counted takes the reserve's place after. A call passes as soon as its prompt fits, so one call may go over the limit, but
not two side by side. A call that finds room taken only by reserves of others waits until they settle, 20 seconds at most,
since a refusal would be false: most of a reserve is given back.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

import orjson

from gatelog.policy.answers import tokens_limited
from gatelog.policy.binding import Binder
from gatelog.policy.effects import AfterResponse, CountTokens, Effect, PolicyError, Sleep, TakeWindow, TokenUsage, WindowReply
from gatelog.policy.parts import attribute
from gatelog.policy.reader import Node
from gatelog.policy.slots import BOOLEAN, INTEGER, LINE, Slot, one_of, within
from gatelog.policy.statement import Statement, Steps
from gatelog.record.exchange import Exchange, Request

_TOKENS = within(INTEGER, 1, 10**12)
_PERIOD = one_of("Hourly", "Daily", "Weekly", "Monthly", "Yearly")
_ANSWER_LENGTHS: Final = ("max_completion_tokens", "max_tokens", "max_output_tokens")
UNKNOWN_ANSWER: Final = 1024
"""Tokens reserved for the answer to a request that does not limit it."""
BYTES_OF_TOKEN: Final = 4
PATIENCE: Final = 20.0
"""Seconds that a call waits for the reserves of others."""
PAUSE: Final = 0.05
_ANY: Final = 10**15
"""A limit that is never reached: the reply's `remaining` then tells what is counted."""


@dataclass(slots=True)
class _Taken:
    """What one call has taken from a limit so far."""

    pending: TakeWindow = field(default_factory=lambda: TakeWindow("", _ANY, 600))
    rate: TakeWindow | None = None
    quota: TakeWindow | None = None
    reserved: int = 0
    consumed: int = 0
    """Its prompt at first, all that it used once that is known."""
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
        taken.rate, taken.quota, taken.pending = self._rate(exchange), self._quota(exchange), self._pending(exchange)
        prompt = (yield CountTokens()) if self.estimate_prompt_tokens(exchange) else 0
        taken.consumed, taken.reserved = prompt, reserve_for(exchange.request, prompt)
        for window in (taken.rate, taken.quota):
            if window is not None:
                yield from self._take(exchange, window, taken, max(1, prompt))
        self._tell_variables(exchange, taken)
        yield AfterResponse(self._settle(exchange, taken))
        exchange.on_answer.append(lambda finished: self._mark(finished, taken))

    def _take(self, exchange: Exchange, window: TakeWindow, taken: _Taken, room: int) -> Generator[Effect, Any, None]:
        amount, waited = taken.reserved, 0.0
        while True:
            reply: WindowReply = yield _sized(window, amount, room=room)
            if reply.allowed:
                break
            if waited >= PATIENCE or not (yield from self._held_by_reserves(window, taken, room)):
                for earlier in taken.windows:
                    yield _sized(earlier, -amount, force=True)
                self._refuse(exchange, window is taken.rate, reply)
            yield Sleep(PAUSE)
            waited += PAUSE
        if not taken.windows:
            yield _sized(taken.pending, amount, force=True)
            taken.windows.append(taken.pending)
        taken.windows.append(window)
        self._left(taken, window, reply)

    @staticmethod
    def _held_by_reserves(window: TakeWindow, taken: _Taken, room: int) -> Generator[Effect, Any, bool]:
        """Whether `room` would fit if the calls under way used nothing."""
        pending = _ANY - (yield from _counted(taken.pending))
        if taken.pending in taken.windows:
            pending -= taken.reserved
        if pending <= 0:
            return False
        return _ANY - (yield from _counted(window)) - pending + room <= window.limit

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
        yield _sized(taken.pending, -taken.reserved, force=True)
        for window in (taken.rate, taken.quota):
            if window is not None and usage.total_tokens != taken.reserved:
                reply: WindowReply = yield _sized(window, usage.total_tokens - taken.reserved, force=True)
                self._left(taken, window, reply)
        taken.consumed = usage.total_tokens

    def _mark(self, exchange: Exchange, taken: _Taken) -> Generator[Effect, Any, None]:
        """Tell the caller; with the real numbers where the answer is there already."""
        if exchange.response is None:
            return
        if exchange.response.body is not None:
            yield from self._settle(exchange, taken)
        told = (
            (self.remaining_tokens_header_name, taken.rate_left),
            (self.remaining_quota_tokens_header_name, taken.quota_left),
            (self.tokens_consumed_header_name, taken.consumed),
        )
        for slot, value in told:
            if slot is not None:
                exchange.response.headers.set(slot(exchange), str(value))
        self._tell_variables(exchange, taken)

    def _tell_variables(self, exchange: Exchange, taken: _Taken) -> None:
        told = (
            (self.remaining_tokens_variable_name, taken.rate_left),
            (self.remaining_quota_tokens_variable_name, taken.quota_left),
            (self.tokens_consumed_variable_name, taken.consumed),
        )
        for slot, value in told:
            if slot is not None:
                exchange.variables[slot(exchange)] = value

    # windows

    def _pending(self, exchange: Exchange) -> TakeWindow:
        """Reserves of the calls under way; those of a gateway that died are forgotten after ten minutes."""
        return TakeWindow(f"token-limit:{self.counter_key(exchange)}:pending", _ANY, 600)

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


def reserve_for(request: Request, prompt: int) -> int:
    """Tokens to hold back for a call until it is known what it used."""
    body = request.body or b""
    return (prompt or len(body) // BYTES_OF_TOKEN) + longest_answer(body, embeds=request.url.path.endswith("/embeddings"))


def longest_answer(body: bytes, *, embeds: bool) -> int:
    """Tokens that the answer to a request may have: what it says itself, times its choices."""
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        return 0
    if embeds or not isinstance(asked, dict):
        return 0
    given = (asked.get(name) for name in _ANSWER_LENGTHS)
    most = next((value for value in given if type(value) is int and 0 <= value <= 10**9), UNKNOWN_ANSWER)
    choices = asked.get("n")
    return most * (choices if type(choices) is int and 1 <= choices <= 128 else 1)


def _counted(window: TakeWindow) -> Generator[Effect, Any, int]:
    reply: WindowReply = yield TakeWindow(
        window.key, _ANY, window.period, 0, sliding=window.sliding, first_period=window.first_period, probe=True
    )
    return reply.remaining


def _sized(window: TakeWindow, amount: int, *, force: bool = False, room: int = 0) -> TakeWindow:
    return TakeWindow(
        window.key,
        window.limit,
        window.period,
        amount,
        sliding=window.sliding,
        first_period=window.first_period,
        force=force,
        room=room,
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
