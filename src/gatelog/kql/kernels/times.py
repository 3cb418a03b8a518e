"""Dates and times in ticks of 100 ns since 0001-01-01: what constants fold to, and what SQL says badly."""

from __future__ import annotations

from datetime import date, timedelta

TICKS = {
    "day": 864_000_000_000,
    "hour": 36_000_000_000,
    "minute": 600_000_000,
    "second": 10_000_000,
    "millisecond": 10_000,
    "microsecond": 10,
}
_DAY = TICKS["day"]
_LAST = 3_155_378_975_999_999_999
"""9999-12-31T23:59:59.9999999."""


def parts(ticks: int) -> tuple[date, int]:
    """The day of a datetime and the ticks since its midnight."""
    days, rest = divmod(ticks, _DAY)
    return date.fromordinal(days + 1), rest


def of_date(day: date) -> int:
    """The ticks of a day's midnight."""
    return (day.toordinal() - 1) * _DAY


def add(part: str, value: int, ticks: int) -> int | None:
    """datetime_add(); None outside the years 1 to 9999."""
    part = part.lower()
    if part in ("year", "quarter", "month"):
        return _add_months(value * {"year": 12, "quarter": 3, "month": 1}[part], ticks)
    if part == "nanosecond":
        return _inside(ticks + int(value / 100))
    unit = 7 * _DAY if part == "week" else _ticks(part)
    return _inside(ticks + value * unit)


def _ticks(part: str) -> int:
    if part not in TICKS:
        raise ValueError(f"no part {part!r}")
    return TICKS[part]


def _inside(ticks: int) -> int | None:
    return ticks if 0 <= ticks <= _LAST else None


def _add_months(months: int, ticks: int) -> int | None:
    day, rest = parts(ticks)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        return None
    first = date(year, month + 1, 1)
    after = date(year + month // 11, (month + 1) % 12 + 1, 1) if (year, month) != (9999, 11) else None
    last = 31 if after is None else (after - timedelta(days=1)).day
    return of_date(first.replace(day=min(day.day, last))) + rest


def start(part: str, ticks: int, offset: int = 0) -> int | None:
    """startofday(), startofweek(), startofmonth(), startofyear()."""
    day, _ = parts(ticks)
    if part == "day":
        return add("day", offset, of_date(day))
    if part == "week":
        return add("week", offset, of_date(day) - (day.isoweekday() % 7) * _DAY)
    return add(part, offset, of_date(day.replace(day=1) if part == "month" else day.replace(month=1, day=1)))


def end(part: str, ticks: int, offset: int = 0) -> int | None:
    """endofday(), endofweek(), endofmonth(), endofyear(): one tick before the next start."""
    after = start(part, ticks, offset + 1)
    return None if after is None else _inside(after - 1)


def difference(part: str, one: int, other: int) -> int:
    """datetime_diff(): how many boundaries of the period lie between."""
    part = part.lower()
    first, second = parts(one)[0], parts(other)[0]
    if part == "year":
        return first.year - second.year
    if part == "quarter":
        return (first.year - second.year) * 4 + (first.month - 1) // 3 - (second.month - 1) // 3
    if part == "month":
        return (first.year - second.year) * 12 + first.month - second.month
    if part == "week":
        return first.toordinal() // 7 - second.toordinal() // 7
    if part == "nanosecond":
        span = (one - other) * 100
        if not -(1 << 63) <= span < 1 << 63:
            raise OverflowError("more nanoseconds than a long holds")
        return span
    return one // _ticks(part) - other // _ticks(part)


def part_of(part: str, ticks: int) -> int:
    """datetime_part()."""
    part = part.lower()
    day, rest = parts(ticks)
    calendar = {
        "year": day.year,
        "quarter": (day.month - 1) // 3 + 1,
        "month": day.month,
        "week_of_year": day.isocalendar().week,
        "weekofyear": day.isocalendar().week,
        "day": day.day,
        "dayofyear": day.timetuple().tm_yday,
    }
    if part in calendar:
        return calendar[part]
    second = rest % TICKS["second"]
    clock = {
        "hour": rest // TICKS["hour"],
        "minute": rest // TICKS["minute"] % 60,
        "second": rest // TICKS["second"] % 60,
        "millisecond": second // TICKS["millisecond"],
        "microsecond": second // TICKS["microsecond"],
        "nanosecond": second * 100,
    }
    if part not in clock:
        raise ValueError(f"no part {part!r}")
    return clock[part]
