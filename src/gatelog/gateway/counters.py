"""Counters behind rate limits, quotas and concurrency limits.

`Counters` is the seam; `LocalCounters` counts in this process, `gatelog.gateway.shared.RedisCounters` for all gateways together.
Sliding windows are exact up to 64 entries, then entries closer than 1/128 of the period are merged.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable
from typing import Protocol

from gatelog.policy.effects import TakeWindow, WindowReply

EXACT_ENTRIES = 64
SWEEP_EVERY = 4096
"""Counts between two sweeps of windows that have run out."""


class Counters(Protocol):
    """Where windows are counted."""

    def take(self, effect: TakeWindow, now: float) -> WindowReply | Awaitable[WindowReply]:
        """Count `effect.amount` if the limit allows it (or always, with `force`). `now`: seconds since 1970."""
        ...


class _Sliding:
    """Amounts of the last `period` seconds."""

    __slots__ = ("entries", "period", "total")

    def __init__(self, period: float) -> None:
        self.period = period
        self.entries: deque[list[float]] = deque()
        self.total = 0.0

    def expire(self, now: float) -> None:
        entries = self.entries
        while entries and entries[0][0] <= now - self.period:
            self.total -= entries.popleft()[1]

    def add(self, now: float, amount: float) -> None:
        self.total += amount
        entries = self.entries
        if amount < 0:
            self._give_back(-amount)
        elif len(entries) >= EXACT_ENTRIES and now - entries[-1][0] < self.period / 128:
            entries[-1][1] += amount
        else:
            entries.append([now, amount])

    def _give_back(self, amount: float) -> None:
        """What was reserved leaves the entries that hold it, latest first."""
        entries = self.entries
        while entries and amount > 0:
            given = min(entries[-1][1], amount)
            entries[-1][1] -= given
            amount -= given
            if not entries[-1][1]:
                entries.pop()
        self.total += amount

    def wait_for(self, room: float, now: float) -> float:
        """Seconds until `room` has been freed."""
        freed = 0.0
        for time, amount in self.entries:
            freed += amount
            if freed >= room:
                return max(0.0, time + self.period - now)
        return self.period


class _Fixed:
    """The amount of the current period; period 0: for ever."""

    __slots__ = ("first", "index", "period", "total")

    def __init__(self, period: float, first: float) -> None:
        self.period = period
        self.first = first
        self.index = 0
        self.total = 0.0

    def expire(self, now: float) -> None:
        index = int((now - self.first) // self.period) if self.period else 0
        if index != self.index:
            self.index, self.total = index, 0.0

    def add(self, now: float, amount: float) -> None:
        self.total = max(0.0, self.total + amount)

    def wait_for(self, room: float, now: float) -> float:
        return self.first + (self.index + 1) * self.period - now if self.period else 0.0


class LocalCounters:
    """Windows of this process; `Counters` that always answer at once."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, float, bool], _Sliding | _Fixed] = {}
        self._count = 0

    def take(self, effect: TakeWindow, now: float) -> WindowReply:
        """See `Counters`."""
        self._count += 1
        if self._count % SWEEP_EVERY == 0:
            self._sweep(now)
        key = (effect.key, effect.period, effect.sliding)
        window = self._windows.get(key)
        if window is None:
            window = _Sliding(effect.period) if effect.sliding else _Fixed(effect.period, float(effect.first_period))
            self._windows[key] = window
        window.expire(now)
        before, needed = window.total, effect.room or effect.amount
        over = before + needed - effect.limit
        allowed = over <= 0
        counted = allowed or effect.force
        if counted and not effect.probe:
            window.add(now, effect.amount)
        total = before + needed if counted and (effect.probe or effect.room) else window.total
        remaining = max(0, int(effect.limit - total))
        return WindowReply(allowed, remaining, 0.0 if allowed else max(0.0, window.wait_for(over, now)))

    def _sweep(self, now: float) -> None:
        for key, window in list(self._windows.items()):
            window.expire(now)
            if not window.total:
                del self._windows[key]


class Places:
    """Places of `limit-concurrency`, counted in this process as Azure counts them in one gateway."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def acquire(self, key: str, limit: int) -> bool:
        """Take a place if one is free."""
        taken = self._taken.get(key, 0)
        if taken >= limit:
            return False
        self._taken[key] = taken + 1
        return True

    def release(self, key: str) -> None:
        """Give a place back."""
        taken = self._taken.get(key, 0) - 1
        if taken > 0:
            self._taken[key] = taken
        else:
            self._taken.pop(key, None)
