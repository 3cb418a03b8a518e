"""Time as a value that is passed in, so that nothing below the composition root reads it by itself."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Wall-clock and monotonic time, both in nanoseconds."""

    def now(self) -> int:
        """Nanoseconds since 1970-01-01T00:00:00Z."""
        ...

    def monotonic(self) -> int:
        """Nanoseconds on a clock that never goes back; only differences mean anything."""
        ...


class SystemClock:
    """The machine's clock."""

    now = staticmethod(time.time_ns)
    monotonic = staticmethod(time.monotonic_ns)


class FixedClock:
    """A clock that stands still until it is moved; for tests."""

    def __init__(self, now: int = 1_700_000_000_000_000_000) -> None:
        self._now = now

    def now(self) -> int:
        return self._now

    def monotonic(self) -> int:
        return self._now

    def advance(self, seconds: float) -> None:
        """Move both times forward."""
        self._now += int(seconds * 1_000_000_000)
