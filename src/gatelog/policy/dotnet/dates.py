"""DateTime, DateTimeOffset and TimeSpan: 100 ns ticks since year 1, the gateway's time zone being UTC."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet.numbers import wrap
from gatelog.policy.dotnet.runtime import Instance

TICKS: Final = 10_000_000
"""Ticks of a second."""
DAY: Final = 86_400 * TICKS
EPOCH: Final = 621_355_968_000_000_000
"""Ticks of 1970-01-01."""
MAX_TICKS: Final = 3_155_378_975_999_999_999
UNSPECIFIED, UTC, LOCAL = 0, 1, 2


class TimeSpan(Instance):
    """A duration in ticks."""

    __slots__ = ("ticks",)
    NAME = "System.TimeSpan"

    def __init__(self, ticks: int) -> None:
        if not -(2**63) <= ticks < 2**63:
            raise ex.overflow("TimeSpan overflowed because the duration is too long.")
        self.ticks = ticks

    def text(self) -> str:
        """Format `c`: `[-][d.]hh:mm:ss[.fffffff]`."""
        sign = "-" if self.ticks < 0 else ""
        days, rest = divmod(abs(self.ticks), DAY)
        seconds, fraction = divmod(rest, TICKS)
        lead = f"{days}." if days else ""
        tail = f".{fraction:07d}" if fraction else ""
        return f"{sign}{lead}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{tail}"

    def same_value(self, other: TimeSpan) -> bool:
        return self.ticks == other.ticks

    def hash_code(self) -> int:
        return wrap((self.ticks & 0xFFFFFFFF) ^ (self.ticks >> 32 & 0xFFFFFFFF), 32)

    def part(self, unit: int, modulus: int) -> int:
        """One component: `unit` ticks each, counted modulo `modulus`, with the sign of the whole."""
        value = abs(self.ticks) // unit % modulus
        return -value if self.ticks < 0 else value


class DateTime(Instance):
    """A point in time with its kind (unspecified, UTC, local)."""

    __slots__ = ("kind", "ticks")
    NAME = "System.DateTime"

    def __init__(self, ticks: int, kind: int = UNSPECIFIED) -> None:
        if not 0 <= ticks <= MAX_TICKS:
            raise ex.out_of_range("ticks", "Ticks must be between DateTime.MinValue.Ticks and DateTime.MaxValue.Ticks.")
        self.ticks = ticks
        self.kind = kind

    def text(self) -> str:
        """Format `G` in en-US: `6/5/2024 3:04:09 PM`."""
        year, month, day = self.date_parts()
        seconds = self.ticks // TICKS % 86400
        hour = seconds // 3600
        half = "AM" if hour < 12 else "PM"
        return f"{month}/{day}/{year:04d} {hour % 12 or 12}:{seconds // 60 % 60:02d}:{seconds % 60:02d} {half}"

    def date_parts(self) -> tuple[int, int, int]:
        day = date.fromordinal(self.ticks // DAY + 1)
        return day.year, day.month, day.day

    def same_value(self, other: DateTime) -> bool:
        return self.ticks == other.ticks

    def hash_code(self) -> int:
        return wrap((self.ticks & 0xFFFFFFFF) ^ (self.ticks >> 32 & 0xFFFFFFFF), 32)

    def iso(self) -> str:
        """As JSON: `2024-01-02T03:04:05.12Z`, trailing zeros of the fraction dropped."""
        zone = "Z" if self.kind == UTC else "+00:00" if self.kind == LOCAL else ""
        return iso_text(self.ticks) + zone


class DateTimeOffset(Instance):
    """A point in time with its offset from UTC; `ticks` is the clock time there."""

    __slots__ = ("offset", "ticks")
    NAME = "System.DateTimeOffset"

    def __init__(self, ticks: int, offset: int = 0) -> None:
        if not 0 <= ticks <= MAX_TICKS:
            raise ex.out_of_range("ticks", "Ticks must be between DateTime.MinValue.Ticks and DateTime.MaxValue.Ticks.")
        self.ticks = ticks
        self.offset = offset
        """In ticks."""

    @property
    def utc_ticks(self) -> int:
        return self.ticks - self.offset

    def text(self) -> str:
        return f"{DateTime(self.ticks).text()} {offset_text(self.offset)}"

    def same_value(self, other: DateTimeOffset) -> bool:
        return self.utc_ticks == other.utc_ticks

    def hash_code(self) -> int:
        return DateTime(self.utc_ticks).hash_code()

    def iso(self) -> str:
        return iso_text(self.ticks) + offset_text(self.offset)


def iso_text(ticks: int) -> str:
    moment = DateTime(ticks)
    year, month, day = moment.date_parts()
    seconds, fraction = ticks // TICKS % 86400, ticks % TICKS
    tail = f".{fraction:07d}".rstrip("0") if fraction else ""
    return f"{year:04d}-{month:02d}-{day:02d}T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{tail}"


def offset_text(offset: int) -> str:
    minutes = abs(offset) // (60 * TICKS)
    return f"{'-' if offset < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"


def ticks_of(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, millisecond: int = 0) -> int:
    """Ticks of a calendar date; what does not exist is refused as .NET does."""
    try:
        days = date(year, month, day).toordinal() - 1
    except ValueError:
        raise ex.DotNetException(
            "ArgumentOutOfRangeException", "Year, Month, and Day parameters describe an un-representable DateTime."
        ) from None
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        raise ex.DotNetException(
            "ArgumentOutOfRangeException", "Hour, Minute, and Second parameters describe an un-representable DateTime."
        )
    if not 0 <= millisecond < 1000:
        raise ex.out_of_range("millisecond", "Valid values are between 0 and 999, inclusive.")
    return days * DAY + (hour * 3600 + minute * 60 + second) * TICKS + millisecond * 10_000


_ISO: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,7})\d*)?(Z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_MICROSOFT: Final = re.compile(r"/Date\((-?\d+)([+-]\d{4})?\)/", re.ASCII)


def parse_iso(text: str) -> DateTime | None:
    """What Newtonsoft's reader takes for a date: an exact ISO timestamp or `/Date(ms)/`; None for anything else."""
    found = _ISO.fullmatch(text)
    if found is None:
        old = _MICROSOFT.fullmatch(text)
        return DateTime(EPOCH + int(old[1]) * 10_000, LOCAL if old[2] else UTC) if old is not None else None
    try:
        ticks = ticks_of(*(int(found[i]) for i in range(1, 7)))
    except ex.DotNetException:
        return None
    ticks += int((found[7] or "").ljust(7, "0"))
    zone = found[8]
    if zone is None:
        return DateTime(ticks, UNSPECIFIED)
    if zone == "Z":
        return DateTime(ticks, UTC)
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return DateTime(ticks - (minutes if zone[0] == "+" else -minutes) * 60 * TICKS, LOCAL)


def span_of(value: float, unit: int) -> TimeSpan:
    """`TimeSpan.FromSeconds` and its kin: rounded to the millisecond."""
    if value != value:
        raise ex.argument("TimeSpan does not accept floating point Not-a-Number values.")
    milliseconds = value * (unit // 10_000) + (0.5 if value >= 0 else -0.5)
    if abs(milliseconds) > 922_337_203_685_477:
        raise ex.overflow("TimeSpan overflowed because the duration is too long.")
    return TimeSpan(int(milliseconds) * 10_000)


def add_span(moment: DateTime, value: float, unit: int) -> DateTime:
    """`DateTime.AddSeconds` and its kin: rounded to the millisecond."""
    milliseconds = int(value * (unit // 10_000) + (0.5 if value >= 0 else -0.5))
    return moved(moment, milliseconds * 10_000)


def moved(moment: DateTime, ticks: int) -> DateTime:
    if not 0 <= moment.ticks + ticks <= MAX_TICKS:
        raise ex.out_of_range("value", "The added or subtracted value results in an un-representable DateTime.")
    return DateTime(moment.ticks + ticks, moment.kind)


def add_months(moment: Any, months: int) -> int:
    """Ticks after `months` calendar months; the day is cut to the month's length."""
    if not -120_000 <= months <= 120_000:
        raise ex.out_of_range("months", "Months value must be between +/-120000.")
    year, month, day = DateTime(moment.ticks).date_parts()
    index = year * 12 + month - 1 + months
    year, month = index // 12, index % 12 + 1
    if not 1 <= year <= 9999:
        raise ex.out_of_range("months", "The added or subtracted value results in an un-representable DateTime.")
    return (date(year, month, min(day, days_in_month(year, month))).toordinal() - 1) * DAY + int(moment.ticks) % DAY


def days_in_month(year: int, month: int) -> int:
    if not 1 <= month <= 12:
        raise ex.out_of_range("month", "Month must be between one and twelve.")
    if month == 2:
        return 29 if is_leap(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def is_leap(year: int) -> bool:
    if not 1 <= year <= 9999:
        raise ex.out_of_range("year", "Year must be between 1 and 9999.")
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def from_unix(ticks: int) -> DateTimeOffset:
    return DateTimeOffset(EPOCH + ticks, 0)


def offset_of(moment: DateTime) -> DateTimeOffset:
    """The implicit conversion DateTime -> DateTimeOffset; local time is UTC here."""
    return DateTimeOffset(moment.ticks, 0)
