"""Windows of rate limits and quotas."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog.gateway.counters import LocalCounters, Places
from gatelog.policy.effects import TakeWindow


def test_sliding_window() -> None:
    counters = LocalCounters()
    take = TakeWindow("k", 3, 10.0)
    assert [counters.take(take, now).remaining for now in (0.0, 4.0, 8.0)] == [2, 1, 0]
    refused = counters.take(take, 9.0)
    assert (refused.allowed, refused.retry_after) == (False, 1.0)
    assert counters.take(take, 10.0).allowed
    assert not counters.take(take, 10.5).allowed


def test_fixed_window_starts_at_its_first_period() -> None:
    counters = LocalCounters()
    take = TakeWindow("k", 1, 100.0, sliding=False, first_period=30)
    assert counters.take(take, 125.0).allowed
    refused = counters.take(take, 126.0)
    assert (refused.allowed, refused.retry_after) == (False, 4.0)
    assert counters.take(take, 130.0).allowed


def test_for_ever() -> None:
    counters = LocalCounters()
    take = TakeWindow("k", 2, 0, sliding=False)
    assert [counters.take(take, now).allowed for now in (0.0, 1e6, 2e9)] == [True, True, False]


def test_forced_amounts_count_past_the_limit() -> None:
    counters = LocalCounters()
    counters.take(TakeWindow("k", 100, 60.0, amount=250, force=True), 0.0)
    refused = counters.take(TakeWindow("k", 100, 60.0), 1.0)
    assert (refused.allowed, refused.remaining, refused.retry_after) == (False, 0, 59.0)


def test_keys_do_not_share() -> None:
    counters = LocalCounters()
    assert counters.take(TakeWindow("a", 1, 10.0), 0.0).allowed
    assert counters.take(TakeWindow("b", 1, 10.0), 0.0).allowed


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.0, 5.0), min_size=1, max_size=300), st.integers(1, 40))
def test_never_more_than_the_limit_in_any_window(gaps: list[float], limit: int) -> None:
    counters = LocalCounters()
    now, taken = 0.0, []
    for gap in gaps:
        now += gap
        if counters.take(TakeWindow("k", limit, 20.0), now).allowed:
            taken.append(now)
    for start in taken:
        assert sum(1 for time in taken if start <= time < start + 20.0) <= limit


def test_places() -> None:
    places = Places()
    assert [places.acquire("k", 2) for _ in range(3)] == [True, True, False]
    places.release("k")
    assert places.acquire("k", 2)
