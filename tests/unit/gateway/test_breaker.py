"""The breaker's table, driven by a clock that the test holds."""

from __future__ import annotations

import pytest

from gatelog.catalog.entities import CircuitBreaker
from gatelog.gateway.breaker import CLOSED, OPEN, TABLE, Breaker

RULE = CircuitBreaker(count=3, interval=10.0, status_ranges=((429, 429), (500, 599)), trip_duration=30.0, accept_retry_after=True)


def test_trips_at_the_limit_and_closes_after_its_time() -> None:
    breaker = Breaker(RULE)
    for now in (0.0, 1.0):
        breaker.answered(now, 500, 0)
        assert not breaker.is_open(now)
    breaker.answered(2.0, 503, 0)
    assert breaker.is_open(2.0) and breaker.retry_after(12.0) == 20.0
    assert not breaker.is_open(32.0)
    breaker.answered(33.0, 500, 0)
    assert not breaker.is_open(33.0), "it counts anew after a trip"


def test_old_failures_do_not_count() -> None:
    breaker = Breaker(RULE)
    for now in (0.0, 1.0, 11.5, 12.0):
        breaker.answered(now, 500, 0)
    assert not breaker.is_open(12.0)


def test_statuses_outside_the_ranges_are_no_failures() -> None:
    breaker = Breaker(RULE)
    for now in range(20):
        breaker.answered(float(now) / 10, 404, 0)
    assert not breaker.is_open(2.0)


def test_retry_after_of_the_backend_is_taken_when_the_rule_says_so() -> None:
    breaker = Breaker(RULE)
    for _ in range(3):
        breaker.answered(0.0, 429, 7.0)
    assert breaker.retry_after(0.0) == 7.0


@pytest.mark.parametrize("reason", ["Timeout", "BackendConnectionFailure"])
def test_no_answer_is_a_failure_when_the_rule_covers_500(reason: str) -> None:
    breaker = Breaker(RULE)
    for _ in range(3):
        breaker.broke(0.0, reason)
    assert breaker.is_open(0.0)


def test_percentage() -> None:
    breaker = Breaker(CircuitBreaker(percentage=50, interval=10.0, status_ranges=((500, 599),), trip_duration=5.0))
    for now in (0.0, 0.1, 0.2):
        breaker.answered(now, 200, 0)
    breaker.answered(0.3, 500, 0)
    breaker.answered(0.4, 500, 0)
    assert not breaker.is_open(0.4)
    breaker.answered(0.5, 500, 0)
    assert breaker.is_open(0.5)


def test_late_answers_of_an_open_breaker_change_nothing() -> None:
    breaker = Breaker(RULE)
    for _ in range(3):
        breaker.answered(0.0, 500, 0)
    breaker.answered(1.0, 500, 0)
    breaker.answered(1.0, 200, 0)
    assert breaker.retry_after(1.0) == 29.0 and breaker.trips == 1


def test_every_state_answers_every_outcome() -> None:
    for state in (CLOSED, OPEN):
        assert (state, "success") in TABLE and (state, "failure") in TABLE
