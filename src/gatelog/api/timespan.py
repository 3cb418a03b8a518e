"""The `timespan` of the Azure Monitor APIs: an ISO 8601 duration back from now, or an interval."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_DURATION = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(?P<hours>\d+(?:\.\d+)?)H)?(?:(?P<minutes>\d+(?:\.\d+)?)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_SECONDS = {
    "years": 31_536_000,
    "months": 2_592_000,
    "weeks": 604_800,
    "days": 86_400,
    "hours": 3_600,
    "minutes": 60,
    "seconds": 1,
}
_FRACTION = re.compile(r"\.(\d+)")


class TimespanError(ValueError):
    """A text that is no timespan."""


def read_timespan(text: str, now: int) -> tuple[int, int]:
    """Start and end, inclusive, in ns since 1970. `PT12H`, `start/end`, `start/PT1H`, `PT1H/end`. Raises `TimespanError`."""
    first, slash, second = text.strip().partition("/")
    if not slash:
        return now - _duration(first), now
    if first.startswith("P"):
        end = _instant(second)
        return end - _duration(first), end
    start = _instant(first)
    return start, start + _duration(second) if second.startswith("P") else _instant(second)


def _duration(text: str) -> int:
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groupdict().values()):
        raise TimespanError(f"{text!r} is not an ISO 8601 duration such as PT12H")
    total = sum(float(value) * _SECONDS[name] for name, value in match.groupdict().items() if value)
    return round(total * 1_000_000) * 1_000


def _instant(text: str) -> int:
    """A time with up to seven digits; without a zone it is UTC."""
    fraction = _FRACTION.search(text)
    try:
        parsed = datetime.fromisoformat(_FRACTION.sub("", text, count=1).replace("Z", "+00:00"))
    except ValueError as error:
        raise TimespanError(f"{text!r} is not an ISO 8601 time such as 2024-06-05T00:00:00Z") from error
    zoned = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    rest = int(fraction[1][:9].ljust(9, "0")) if fraction else 0
    return round(zoned.timestamp()) * 1_000_000_000 + rest
