"""Sessions: rows in order of time that belong together."""

from __future__ import annotations


def session_start(times: list[int | None] | None, place: int | None, longest: int | None) -> int | None:
    """The time at which the session of the row at `place` (from 1) began, when no session lasts `longest` or more."""
    if times is None or place is None or longest is None:
        return None
    first: int | None = None
    for time in times[:place]:
        if time is None:
            continue
        if first is None or time - first >= longest:
            first = time
    return first
