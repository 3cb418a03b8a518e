"""Circuit breakers: when a backend is left alone for a while (learn.microsoft.com/azure/api-management/backends#circuit-breaker).

The machine is a table: (state, input) -> (action, next state). Azure has no half-open state: after the trip duration the
breaker is closed again and counts anew.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from gatelog.catalog.entities import CircuitBreaker

CLOSED: Final = "closed"
OPEN: Final = "open"

TABLE: Final = {
    (CLOSED, "success"): ("count", CLOSED),
    (CLOSED, "failure"): ("count", CLOSED),
    (CLOSED, "limit"): ("trip", OPEN),
    (OPEN, "success"): ("ignore", OPEN),
    (OPEN, "failure"): ("ignore", OPEN),
    (OPEN, "elapsed"): ("reset", CLOSED),
}
"""Answers that were on their way when the breaker tripped change nothing."""


class Breaker:
    """One backend's breaker. Times are seconds on a monotonic clock, passed in."""

    __slots__ = ("_failures", "_rule", "_until", "_window", "state", "trips")

    def __init__(self, rule: CircuitBreaker) -> None:
        self._rule = rule
        self._window: deque[tuple[float, bool]] = deque()
        self._failures = 0
        self._until = 0.0
        self.state = CLOSED
        self.trips = 0

    def is_open(self, now: float) -> bool:
        """The backend is to be left alone."""
        if self.state == OPEN and now >= self._until:
            self._enter("elapsed", now, 0.0)
        return self.state == OPEN

    def retry_after(self, now: float) -> float:
        """Seconds until it closes; 0 when it is closed."""
        return max(0.0, self._until - now) if self.state == OPEN else 0.0

    def answered(self, now: float, status: int, retry_after: float) -> None:
        """The backend answered with this status; `retry_after` in seconds, 0 when it did not say."""
        failed = any(low <= status <= high for low, high in self._rule.status_ranges)
        self._enter("failure" if failed else "success", now, retry_after)

    def broke(self, now: float, reason: str) -> None:
        """No answer came: `Timeout` or `BackendConnectionFailure`."""
        wanted = self._rule.error_reasons
        failed = reason in wanted or "ServerError" in wanted or any(low <= 500 <= high for low, high in self._rule.status_ranges)
        self._enter("failure" if failed else "success", now, 0.0)

    def _enter(self, event: str, now: float, retry_after: float) -> None:
        action, self.state = TABLE[(self.state, event)]
        if action == "count":
            self._count(event == "failure", now, retry_after)
        elif action == "trip":
            use_theirs = self._rule.accept_retry_after and retry_after > 0
            self._until = now + (retry_after if use_theirs else self._rule.trip_duration)
            self.trips += 1
        if action in ("trip", "reset"):
            self._window.clear()
            self._failures = 0

    def _count(self, failed: bool, now: float, retry_after: float) -> None:
        window = self._window
        window.append((now, failed))
        self._failures += failed
        while window and window[0][0] <= now - self._rule.interval:
            self._failures -= window.popleft()[1]
        if failed and self._at_limit():
            self._enter("limit", now, retry_after)

    def _at_limit(self) -> bool:
        if self._rule.count:
            return self._failures >= self._rule.count
        return bool(self._rule.percentage) and self._failures * 100 >= self._rule.percentage * len(self._window)
