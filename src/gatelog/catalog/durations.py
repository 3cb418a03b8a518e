"""Spellings inside properties: ISO 8601 durations and instants, GUIDs."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_DURATION = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+(?:\.\d+)?)D)?(?:T(?:(?P<hours>\d+(?:\.\d+)?)H)?(?:(?P<minutes>\d+(?:\.\d+)?)M)?"
    r"(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_SECONDS = {"weeks": 604800.0, "days": 86400.0, "hours": 3600.0, "minutes": 60.0, "seconds": 1.0}
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def seconds_of(text: str) -> float:
    """Seconds of an ISO 8601 duration. Raises ValueError.

    >>> seconds_of("PT1M30S"), seconds_of("P1D")
    (90.0, 86400.0)
    """
    match = _DURATION.fullmatch(text.strip())
    parts = {name: value for name, value in match.groupdict().items() if value} if match else {}
    if not parts:
        raise ValueError(f"expected an ISO 8601 duration such as PT1M, found {text!r}")
    return sum(float(value) * _SECONDS[name] for name, value in parts.items())


def expected_duration(text: str) -> str:
    """Empty when `text` is an ISO 8601 duration."""
    try:
        seconds_of(text)
    except ValueError:
        return "an ISO 8601 duration such as PT1M"
    return ""


def expected_guid(text: str) -> str:
    """Empty when `text` is a GUID."""
    return "" if _GUID.fullmatch(text) else "a GUID"


def instant_of(text: str) -> int:
    """Seconds since 1970 of an ISO 8601 instant; 0 for an empty text. Raises ValueError."""
    if not text:
        return 0
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def instant_text(seconds: int) -> str:
    """`2026-11-21T02:00:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
