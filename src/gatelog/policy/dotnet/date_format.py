"""Dates as text and text as dates: standard and custom format strings of .NET, culture en-US.

Source: the .NET articles "Standard date and time format strings", "Custom date and time format strings"
and "TimeSpan format strings".
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet.dates import DAY, LOCAL, TICKS, UTC, DateTime, DateTimeOffset, TimeSpan, offset_text

MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
STANDARD: Final = {
    "d": "M/d/yyyy",
    "D": "dddd, MMMM d, yyyy",
    "f": "dddd, MMMM d, yyyy h:mm tt",
    "F": "dddd, MMMM d, yyyy h:mm:ss tt",
    "g": "M/d/yyyy h:mm tt",
    "G": "M/d/yyyy h:mm:ss tt",
    "m": "MMMM d",
    "M": "MMMM d",
    "o": "yyyy-MM-ddTHH:mm:ss.fffffffK",
    "O": "yyyy-MM-ddTHH:mm:ss.fffffffK",
    "r": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
    "R": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
    "s": "yyyy-MM-ddTHH:mm:ss",
    "t": "h:mm tt",
    "T": "h:mm:ss tt",
    "u": "yyyy-MM-dd HH:mm:ss'Z'",
    "U": "dddd, MMMM d, yyyy h:mm:ss tt",
    "y": "MMMM yyyy",
    "Y": "MMMM yyyy",
}
_PIECE: Final = re.compile(r"d+|f{1,7}|F{1,7}|g+|h+|H+|K|m+|M+|s+|t+|y+|z+|\\.|'[^']*'|\"[^\"]*\"|%.|.", re.DOTALL)


def format_time(value: DateTime, pattern: str | None) -> str:
    """`DateTime.ToString(pattern)`."""
    zone = "Z" if value.kind == UTC else "+00:00" if value.kind == LOCAL else ""
    return _format(value.ticks, pattern, zone, 0)


def format_offset(value: DateTimeOffset, pattern: str | None) -> str:
    """`DateTimeOffset.ToString(pattern)`; `r` and `u` print UTC."""
    if not pattern:
        return value.text()
    ticks = value.utc_ticks if pattern in ("r", "R", "u") else value.ticks
    return _format(ticks, pattern, offset_text(value.offset), value.offset)


def _format(ticks: int, pattern: str | None, zone: str, offset: int) -> str:
    pattern = pattern or "G"
    if len(pattern) == 1:
        if pattern not in STANDARD:
            raise ex.format_error()
        pattern = STANDARD[pattern]
    return "".join(_piece(ticks, piece, zone, offset) for piece in _PIECE.findall(pattern))


def _piece(ticks: int, piece: str, zone: str, offset: int) -> str:
    letter, size = piece[0], len(piece)
    if letter == "%" and size == 2:
        return _piece(ticks, piece[1:], zone, offset)
    if letter == "\\":
        return piece[1:]
    if letter in "'\"":
        return piece[1:-1] if size > 1 else ""
    if letter == "K":
        return zone
    if letter == "z":
        return _zone(offset, size)
    if letter in "dMyg":
        return _date_piece(ticks, letter, size)
    if letter in "hHmstfF":
        return _clock_piece(ticks, letter, size)
    return piece


def _zone(offset: int, size: int) -> str:
    text = offset_text(offset)
    if size == 1:
        return text[0] + str(int(text[1:3]))
    return text[:3] if size == 2 else text


def _date_piece(ticks: int, letter: str, size: int) -> str:
    day = date.fromordinal(ticks // DAY + 1)
    if letter == "d":
        return str(day.day).zfill(size) if size < 3 else DAYS[day.weekday()][: 3 if size == 3 else None]
    if letter == "M":
        return str(day.month).zfill(size) if size < 3 else MONTHS[day.month - 1][: 3 if size == 3 else None]
    if letter == "g":
        return "A.D."
    return str(day.year % 100).zfill(size) if size < 3 else str(day.year).zfill(size)


def _clock_piece(ticks: int, letter: str, size: int) -> str:
    seconds, fraction = ticks // TICKS % 86400, ticks % TICKS
    hour = seconds // 3600
    if letter in "fF":
        digits = f"{fraction:07d}"[:size]
        return digits if letter == "f" else digits.rstrip("0")
    if letter == "t":
        return ("AM" if hour < 12 else "PM")[: 1 if size == 1 else 2]
    value = {"h": hour % 12 or 12, "H": hour, "m": seconds // 60 % 60, "s": seconds % 60}[letter]
    return str(value).zfill(min(size, 2))


def format_span(value: TimeSpan, pattern: str | None) -> str:
    """`TimeSpan.ToString(pattern)`: `c`, `g`, `G` or a custom format."""
    if not pattern or pattern in ("c", "t", "T"):
        return value.text()
    days, rest = divmod(abs(value.ticks), DAY)
    seconds, fraction = divmod(rest, TICKS)
    hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    sign = "-" if value.ticks < 0 else ""
    if pattern == "g":
        tail = f".{fraction:07d}".rstrip("0") if fraction else ""
        return f"{sign}{f'{days}:' if days else ''}{hours}:{minutes:02d}:{seconds:02d}{tail}"
    if pattern == "G":
        return f"{sign}{days}:{hours:02d}:{minutes:02d}:{seconds:02d}.{fraction:07d}"
    if len(pattern) == 1:
        raise ex.format_error()
    parts = {"d": days, "h": hours, "m": minutes, "s": seconds}
    out: list[str] = []
    for piece in re.findall(r"d+|h+|m+|s+|f+|F+|\\.|'[^']*'|\"[^\"]*\"|%.|.", pattern, re.DOTALL):
        piece = piece[1:] if piece[0] == "%" else piece
        if piece[0] in parts:
            out.append(str(parts[piece[0]]).zfill(len(piece)))
        elif piece[0] in "fF":
            digits = f"{fraction:07d}"[: len(piece)]
            out.append(digits if piece[0] == "f" else digits.rstrip("0"))
        elif piece[0] == "\\":
            out.append(piece[1:])
        elif piece[0] in "'\"":
            out.append(piece[1:-1])
        else:
            raise ex.format_error()
    return "".join(out)
