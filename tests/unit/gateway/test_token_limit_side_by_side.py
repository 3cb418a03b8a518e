"""A token limit under calls side by side: at most one goes over, and none is refused while there is room."""

from __future__ import annotations

import random
from collections.abc import Generator
from typing import Any

import pytest

from gatelog.gateway.counters import LocalCounters
from gatelog.policy.compile import PolicySource, compile_pipeline
from gatelog.policy.effects import AfterResponse, Effect, Forward, Sleep, TakeWindow, TokenUsage
from gatelog.record.events import Usage
from gatelog.record.exchange import Exchange, Request, Response, Url
from gatelog.record.headers import Headers

LIMIT = 1000
POLICY = f"""<policies><inbound>
<llm-token-limit counter-key="k" tokens-per-minute="{LIMIT}" estimate-prompt-tokens="false" />
</inbound><backend><forward-request /></backend></policies>"""


class Caller:
    """One call: driven until it waits for the backend, sleeps or ends."""

    def __init__(self, counters: LocalCounters, tokens: int) -> None:
        url = Url("https", "gate.example", 443, "/chat/completions", "")
        request = Request("POST", url, Headers(), b'{"max_tokens": 400}')
        self.exchange = Exchange(
            id="1", started=0, started_monotonic=0, client_ip="::1", original_url=url, request=request, service=None
        )
        self.counters, self.tokens, self.state = counters, tokens, "new"
        self.after: list[Generator[Effect, Any, None]] = []
        self.steps = compile_pipeline([PolicySource("api", POLICY)]).run(self.exchange)
        self.reply: Any = None

    def advance(self) -> str:
        """Go on to the next wait; says why it waits."""
        self.state = self._drive(self.steps)
        if self.state == "end":
            status = self.exchange.response.status if self.exchange.response is not None else 0
            for steps in self.after:
                self.reply = None
                self._drive(steps)
            self.state = "answered" if status == 200 else "refused"
        return self.state

    def _drive(self, steps: Generator[Effect, Any, None]) -> str:
        while True:
            try:
                effect = steps.send(self.reply)
            except StopIteration:
                return "end"
            self.reply = None
            if isinstance(effect, TakeWindow):
                self.reply = self.counters.take(effect, 100.0)
            elif isinstance(effect, AfterResponse):
                self.after.append(effect.steps)
            elif isinstance(effect, TokenUsage):
                self.reply = Usage(total_tokens=self.tokens)
            elif isinstance(effect, Forward):
                self.exchange.response = Response(200, "OK", Headers(), None)
                return "forward"
            elif isinstance(effect, Sleep):
                return "sleep"


@pytest.mark.parametrize("seed", range(20))
def test_one_call_at_most_goes_over_and_none_is_refused_falsely(seed: int) -> None:
    chance = random.Random(seed)
    counters = LocalCounters()
    waiting = [Caller(counters, chance.randint(1, 400)) for _ in range(40)]
    used = 0
    answered: list[int] = []
    while waiting:
        caller = chance.choice(waiting)
        state = caller.advance()
        if state == "answered":
            used += caller.tokens
            answered.append(caller.tokens)
        if state == "refused":
            assert used >= LIMIT, "refused although there was room"
        if state in ("answered", "refused"):
            waiting.remove(caller)
    assert LIMIT <= used < LIMIT + 400
    assert used - answered[-1] < LIMIT, "more than one call went over"


def test_settled_limits_hold_nothing_back() -> None:
    counters = LocalCounters()
    caller = Caller(counters, 30)
    assert [caller.advance(), caller.advance()] == ["forward", "answered"]
    for key, period, counted in (("token-limit:k:minute", 60, 30), ("token-limit:k:pending", 600, 0)):
        assert counters.take(TakeWindow(key, 10_000, period, 0, probe=True), 100.0).remaining == 10_000 - counted
