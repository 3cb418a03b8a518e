"""Text to DateTime, DateTimeOffset and TimeSpan, culture en-US: Parse, ParseExact, TryParse."""

from __future__ import annotations

import re
from typing import Final

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet.date_format import DAYS, MONTHS, STANDARD
from gatelog.policy.dotnet.dates import DAY, LOCAL, TICKS, UNSPECIFIED, UTC, DateTime, DateTimeOffset, TimeSpan, ticks_of

NOT_A_DATE: Final = "String was not recognized as a valid DateTime."
_MONTH: Final = "|".join([*MONTHS, *(m[:3] for m in MONTHS)])
_WEEKDAY: Final = "|".join([*DAYS, *(d[:3] for d in DAYS)])
_TIME: Final = r"(?P<h>\d{1,2})(?::(?P<m>\d{1,2})(?::(?P<s>\d{1,2})(?:[.,](?P<f>\d+))?)?)?\s*(?P<ap>[AaPp][Mm]?)?"
_ZONE: Final = r"\s*(?P<zone>Z|z|GMT|UTC|[+-]\d{1,2}(?::?\d{2})?)?"
_DATES: Final = (
    r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})",
    r"(?P<month>\d{1,2})[-/.](?P<day>\d{1,2})[-/.](?P<year>\d{4}|\d{2})",
    rf"(?:(?:{_WEEKDAY}),?\s+)?(?P<day>\d{{1,2}})[\s-]+(?P<name>{_MONTH})[,\s-]+(?P<year>\d{{4}}|\d{{2}})",
    rf"(?:(?:{_WEEKDAY}),?\s+)?(?P<name>{_MONTH})\.?\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}})",
    rf"(?P<name>{_MONTH})\s+(?P<year>\d{{4}})",
    r"(?P<year>\d{4})-(?P<month>\d{1,2})",
    r"(?P<month>\d{1,2})[/](?P<day>\d{1,2})",
)
_FORMS: Final = tuple(
    re.compile(rf"\s*{date}(?:(?:\s*[Tt]|[\s,]+)\s*{_TIME})?{_ZONE}\s*", re.ASCII | re.IGNORECASE) for date in _DATES
)
_ONLY_TIME: Final = re.compile(rf"\s*{_TIME}{_ZONE}\s*", re.ASCII)


def _not_a_date() -> ex.DotNetException:
    return ex.format_error(NOT_A_DATE)


def _read(text: str, today: int) -> tuple[int, int | None]:
    """Clock ticks and the zone's offset in ticks (None: no zone was written)."""
    for form in _FORMS:
        found = form.fullmatch(text)
        if found is not None:
            return _ticks(found, today), _offset(found["zone"])
    found = _ONLY_TIME.fullmatch(text)
    if found is None or (found["m"] is None and found["ap"] is None):
        raise _not_a_date()
    return today + _clock(found), _offset(found["zone"])


def _ticks(found: re.Match[str], today: int) -> int:
    groups = found.groupdict()
    month = groups.get("month")
    name = groups.get("name")
    number = int(month) if month else next(i + 1 for i, m in enumerate(MONTHS) if m[:3].lower() == str(name)[:3].lower())
    year_text = groups.get("year")
    year = int(year_text) if year_text else DateTime(today).date_parts()[0]
    if year_text and len(year_text) == 2:
        year += 2000 if year < 50 else 1900
    try:
        return ticks_of(year, number, int(groups.get("day") or 1)) + _clock(found)
    except ex.DotNetException:
        raise _not_a_date() from None


def _clock(found: re.Match[str]) -> int:
    if found["h"] is None:
        return 0
    hour, minute, second = int(found["h"]), int(found["m"] or 0), int(found["s"] or 0)
    half = (found["ap"] or "").lower()[:1]
    if half and not 0 <= hour <= 12 or not half and hour > 23 or minute > 59 or second > 59:
        raise _not_a_date()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    fraction = found["f"] or ""
    ticks = round(int(fraction[:9].ljust(9, "0")) / 100) if fraction else 0
    return (hour * 3600 + minute * 60 + second) * TICKS + ticks


def _offset(zone: str | None) -> int | None:
    if zone is None:
        return None
    if zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) < 3 else (int(digits[:-2]), int(digits[-2:]))
    if hours > 14 or minutes > 59:
        raise _not_a_date()
    return (hours * 60 + minutes) * 60 * TICKS * (-1 if zone[0] == "-" else 1)


def parse_date(text: str | None, styles: int = 0, today: int = 0) -> DateTime:
    """`DateTime.Parse`: with a zone the result is local time (UTC here) unless the styles say otherwise."""
    if text is None:
        raise ex.argument_null("s")
    if not text.strip():
        raise _not_a_date()
    ticks, offset = _read(text, today)
    return _adjusted(ticks, offset, styles)


def _adjusted(ticks: int, offset: int | None, styles: int) -> DateTime:
    """DateTimeStyles: 16 AdjustToUniversal, 32 AssumeLocal, 64 AssumeUniversal, 128 RoundtripKind."""
    if offset is None:
        if styles & 64:
            return DateTime(ticks, UTC if styles & 16 else LOCAL)
        if styles & 32:
            return DateTime(ticks, UTC if styles & 16 else LOCAL)
        return DateTime(ticks, UNSPECIFIED)
    moment = ticks - offset
    if styles & 16 or (styles & 128 and offset == 0):
        return DateTime(moment, UTC)
    return DateTime(moment, LOCAL)


def parse_date_with(text: str | None, _provider: object, styles: int = 0) -> DateTime:
    return parse_date(text, styles)


def parse_offset(text: str | None, styles: int = 0) -> DateTimeOffset:
    if text is None:
        raise ex.argument_null("input")
    if not text.strip():
        raise _not_a_date()
    ticks, offset = _read(text, 0)
    if styles & 16:
        return DateTimeOffset(ticks - (offset or 0), 0)
    return DateTimeOffset(ticks, offset or 0)


def parse_offset_with(text: str | None, _provider: object, styles: int = 0) -> DateTimeOffset:
    return parse_offset(text, styles)


_EXACT: Final = {
    "yyyy": r"(?P<year>\d{4})",
    "yy": r"(?P<year>\d{2})",
    "MMMM": f"(?P<name>{'|'.join(MONTHS)})",
    "MMM": f"(?P<name>{'|'.join(m[:3] for m in MONTHS)})",
    "MM": r"(?P<month>\d{2})",
    "M": r"(?P<month>\d{1,2})",
    "dddd": f"(?:{'|'.join(DAYS)})",
    "ddd": f"(?:{'|'.join(d[:3] for d in DAYS)})",
    "dd": r"(?P<day>\d{2})",
    "d": r"(?P<day>\d{1,2})",
    "HH": r"(?P<h>\d{2})",
    "H": r"(?P<h>\d{1,2})",
    "hh": r"(?P<h>\d{2})",
    "h": r"(?P<h>\d{1,2})",
    "mm": r"(?P<m>\d{2})",
    "m": r"(?P<m>\d{1,2})",
    "ss": r"(?P<s>\d{2})",
    "s": r"(?P<s>\d{1,2})",
    "tt": "(?P<ap>AM|PM)",
    "t": "(?P<ap>A|P)",
    "zzz": r"(?P<zone>[+-]\d{2}:\d{2})",
    "zz": r"(?P<zone>[+-]\d{2})",
    "z": r"(?P<zone>[+-]\d{1,2})",
    "K": r"(?P<zone>Z|[+-]\d{2}:\d{2})?",
}
_PIECES: Final = re.compile(r"y+|M+|d+|H+|h+|m+|s+|t+|f+|F+|z+|K|\\.|'[^']*'|\"[^\"]*\"|%|.", re.DOTALL)


def _exact_pattern(form: str) -> re.Pattern[str]:
    if len(form) == 1:
        form = STANDARD.get(form, form)
    out: list[str] = []
    for piece in _PIECES.findall(form):
        if piece in _EXACT:
            out.append(_EXACT[piece])
        elif piece[0] == "f":
            out.append(rf"(?P<f>\d{{{len(piece)}}})")
        elif piece[0] == "F":
            out.append(rf"(?P<f>\d{{0,{len(piece)}}})")
        elif piece[0] in "\\'\"":
            out.append(re.escape(piece[1:] if piece[0] == "\\" else piece[1:-1]))
        elif piece != "%":
            out.append(re.escape(piece))
    try:
        return re.compile("".join(out), re.ASCII | re.IGNORECASE)
    except re.error:
        raise ex.format_error("Input string was not in a correct format.") from None


def _exact(text: str | None, form: str | None) -> tuple[int, int | None]:
    if text is None or form is None:
        raise ex.argument_null("s" if text is None else "format")
    found = _exact_pattern(form).fullmatch(text)
    if found is None:
        raise _not_a_date()
    groups = {"h": None, "m": None, "s": None, "f": None, "ap": None, "zone": None, **found.groupdict()}
    filled = _Groups(groups)
    if groups["h"] is None and any(groups[k] for k in ("m", "s")):
        filled.values["h"] = "0"
    return _ticks(filled, 0), 0 if form in ("r", "R", "u") else _offset(groups["zone"])  # type: ignore[arg-type]


class _Groups:
    """A match with groups that the pattern may lack."""

    def __init__(self, values: dict[str, str | None]) -> None:
        self.values = values

    def groupdict(self) -> dict[str, str | None]:
        return self.values

    def __getitem__(self, name: str) -> str | None:
        return self.values[name]


def parse_exact(text: str | None, form: str | None, _provider: object, styles: int = 0) -> DateTime:
    """`DateTime.ParseExact`."""
    ticks, offset = _exact(text, form)
    if form in ("r", "R", "u", "s"):
        return DateTime(ticks, UTC if styles & 16 else UNSPECIFIED)
    return _adjusted(ticks, offset, styles | (128 if form in ("o", "O") else 0))


def parse_offset_exact(text: str | None, form: str | None, _provider: object, styles: int = 0) -> DateTimeOffset:
    ticks, offset = _exact(text, form)
    return DateTimeOffset(ticks - (offset or 0), 0) if styles & 16 else DateTimeOffset(ticks, offset or 0)


_SPAN: Final = re.compile(r"\s*(-)?(?:(\d+)\.)?(\d+)(?::(\d+))?(?::(\d+))?(?:\.(\d{1,7}))?\s*", re.ASCII)
_COLON_SPAN: Final = re.compile(r"\s*(-)?(\d+):(\d+):(\d+):(\d+)(?:\.(\d{1,7}))?\s*", re.ASCII)


def parse_span(text: str | None) -> TimeSpan:
    """`TimeSpan.Parse`: `d`, `hh:mm[:ss[.fffffff]]`, `d.hh:mm...`."""
    if text is None:
        raise ex.argument_null("input")
    found = _COLON_SPAN.fullmatch(text) or _SPAN.fullmatch(text)
    if found is None:
        raise ex.format_error("String was not recognized as a valid TimeSpan.")
    sign, days, hours, minutes, seconds, fraction = found.groups()
    if minutes is None:
        if days is not None or fraction is not None:
            raise ex.format_error("String was not recognized as a valid TimeSpan.")
        days, hours = hours, "0"
    numbers = [int(v or 0) for v in (days, hours, minutes, seconds)]
    if numbers[1] > 23 or numbers[2] > 59 or numbers[3] > 59:
        raise ex.overflow(
            "The TimeSpan could not be parsed because at least one of the numeric components is out of range or "
            "contains too many digits."
        )
    ticks = numbers[0] * DAY + (numbers[1] * 3600 + numbers[2] * 60 + numbers[3]) * TICKS + int((fraction or "").ljust(7, "0"))
    return TimeSpan(-ticks if sign else ticks)
