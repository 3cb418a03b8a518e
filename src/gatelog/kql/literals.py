"""Text of literals to values and back: datetime and timespan are ticks of 100 ns (datetime: since 0001-01-01)."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation

TICKS_PER_SECOND = 10_000_000
TICKS_PER_DAY = 86_400 * TICKS_PER_SECOND
MAX_TICKS = 3652059 * TICKS_PER_DAY - 1
"""9999-12-31T23:59:59.9999999Z."""
EPOCH_TICKS = 719_162 * TICKS_PER_DAY
"""1970-01-01."""

UNITS = {
    **dict.fromkeys(("d", "day", "days"), TICKS_PER_DAY),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3_600 * TICKS_PER_SECOND),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60 * TICKS_PER_SECOND),
    **dict.fromkeys(("s", "sec", "second", "seconds"), TICKS_PER_SECOND),
    **dict.fromkeys(("ms", "milli", "millis", "millisec", "millisecond", "milliseconds"), TICKS_PER_SECOND // 1000),
    **dict.fromkeys(("micro", "micros", "microsec", "microsecond", "microseconds"), 10),
    **dict.fromkeys(("tick", "ticks"), 1),
}
_SHORT = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*([a-z]+)\s*\Z", re.IGNORECASE)
_CLOCK = re.compile(r"\s*([+-])?(?:(\d+)(?:\.|:(?=\d+:\d+:\d+)))?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7})\d*)?)?\s*\Z")
_DAYS = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*\Z")


def timespan_ticks(text: str) -> int | None:
    """`1d`, `1.5h`, `00:01:00`, `1.02:03:04.5`, `12` (days) -> ticks; None when it is none of these."""
    if match := _SHORT.match(text):
        unit = UNITS.get(match[2].lower())
        return None if unit is None else int(Decimal(match[1]) * unit)
    if match := _CLOCK.match(text):
        sign, days, hours, minutes, seconds, fraction = match.groups()
        if int(hours) > 23 or int(minutes) > 59 or int(seconds or 0) > 59:
            return None
        ticks = int(days or 0) * TICKS_PER_DAY + (int(hours) * 3600 + int(minutes) * 60 + int(seconds or 0)) * TICKS_PER_SECOND
        ticks += int((fraction or "").ljust(7, "0"))
        return -ticks if sign == "-" else ticks
    if match := _DAYS.match(text):
        return int(Decimal(match[1]) * TICKS_PER_DAY)
    return None


def timespan_text(ticks: int) -> str:
    """`1.02:03:04.5000000`: as tostring() and the wire write a timespan."""
    sign = "-" if ticks < 0 else ""
    days, rest = divmod(abs(ticks), TICKS_PER_DAY)
    seconds, fraction = divmod(rest, TICKS_PER_SECOND)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if fraction:
        text += f".{fraction:07}"
    return f"{sign}{days}.{text}" if days else f"{sign}{text}"


_ISO = re.compile(
    r"\s*(\d{4})-(\d{1,2})(?:-(\d{1,2}))?(?:[T ]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?)?"
    r"\s*(Z|[+-]\d{1,2}:?\d{2}|UTC|GMT)?\s*\Z",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"\s*(\d{4})(\d{2})(\d{2})(?:[T ]?(\d{2}):?(\d{2})(?::?(\d{2})(?:\.(\d{1,7}))?)?)?()()(Z)?\s*\Z")
_YEAR = re.compile(r"\s*(\d{4})\s*\Z")
_AMERICAN = re.compile(
    r"\s*(\d{1,2})/(\d{1,2})/(\d{4})(?:[T ,]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?)?\s*(AM|PM)?\s*(Z|UTC|GMT)?\s*\Z",
    re.IGNORECASE,
)
_RFC = re.compile(
    r"\s*(?:[A-Za-z]{3,9},?\s+)?(\d{1,2})[\s-]+([A-Za-z]{3,9})[\s,-]+(\d{2,4})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?)?"
    r"\s*(AM|PM)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?\s*\Z",
    re.IGNORECASE,
)
_MONTHS = {name: index for index, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}


def _zone(text: str | None) -> int:
    if not text or text.upper() in {"Z", "UTC", "GMT"}:
        return 0
    digits = text[1:].replace(":", "").rjust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return minutes * 60 * TICKS_PER_SECOND * (-1 if text[0] == "-" else 1)


def _ticks(year: int, month: int, day: int, hour: int, minute: int, second: int, fraction: str, zone: int = 0) -> int | None:
    try:
        days = dt.date(year, month, day).toordinal() - 1
    except ValueError:
        return None
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and (minute or second)):
        return None
    ticks = (
        days * TICKS_PER_DAY + (hour * 3600 + minute * 60 + second) * TICKS_PER_SECOND + int(fraction[:7].ljust(7, "0")) - zone
    )
    return ticks if 0 <= ticks <= MAX_TICKS else None


def _hour(hour: str | None, half: str | None) -> int:
    value = int(hour or 0)
    if not half:
        return value
    return value % 12 + (12 if half.upper() == "PM" else 0)


def datetime_ticks(text: str) -> int | None:
    """ISO 8601, RFC 822/850, `m/d/yyyy`, `yyyymmdd`, `yyyy` -> ticks since 0001-01-01 in UTC; None when it is none of these."""
    if match := _ISO.match(text):
        year, month, day, hour, minute, second, fraction, zone = match.groups()
        return _ticks(
            int(year), int(month), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), fraction or "", _zone(zone)
        )
    if match := _YEAR.match(text):
        return _ticks(int(match[1]), 1, 1, 0, 0, 0, "")
    if match := _COMPACT.match(text):
        year, month, day, hour, minute, second, fraction = match.groups()[:7]
        return _ticks(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), fraction or "")
    if match := _AMERICAN.match(text):
        month, day, year, hour, minute, second, fraction, half, zone = match.groups()
        return _ticks(int(year), int(month), int(day), _hour(hour, half), int(minute or 0), int(second or 0), fraction or "")
    if match := _RFC.match(text):
        day, name, year, hour, minute, second, fraction, half, zone = match.groups()
        month_number = _MONTHS.get(name[:3].lower())
        if month_number is None:
            return None
        full = int(year) + (0 if len(year) == 4 else 2000 if int(year) < 50 else 1900)
        return _ticks(
            full, month_number, int(day), _hour(hour, half), int(minute or 0), int(second or 0), fraction or "", _zone(zone)
        )
    return None


def datetime_text(ticks: int) -> str:
    """`2024-01-01T00:00:00.0000000Z`."""
    days, rest = divmod(ticks, TICKS_PER_DAY)
    date = dt.date.fromordinal(days + 1)
    seconds, fraction = divmod(rest, TICKS_PER_SECOND)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{fraction:07}"
    return f"{date.year:04}-{date.month:02}-{date.day:02}T{clock}Z"


_GUID = re.compile(r"\s*[{(]?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})[)}]?\s*\Z", re.IGNORECASE)


def guid_text(text: str) -> str | None:
    """A guid in lower case with dashes; None when it is none."""
    match = _GUID.match(text)
    return "-".join(match.groups()).lower() if match else None


def decimal_value(text: str) -> Decimal | None:
    """A finite decimal; None when it is none."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def real_text(value: float) -> str:
    """As tostring() writes a real: `1.0`, `0.1`, `1E+20`, `NaN`, `Infinity`."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value)}.0"
    mantissa, _, exponent = repr(value).partition("e")
    if not exponent:
        digits = mantissa.removesuffix(".0")
        return digits if "." in mantissa and not mantissa.endswith(".0") else _scientific(value)
    return f"{mantissa}E{int(exponent):+03d}"


def _scientific(value: float) -> str:
    mantissa, _, exponent = f"{value:.16e}".partition("e")
    shortest = repr(float(value))
    if "e" in shortest:
        mantissa, _, exponent = shortest.partition("e")
        return f"{mantissa}E{int(exponent):+03d}"
    return shortest


def decimal_text(value: Decimal) -> str:
    """Without trailing zeros and without exponent."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
