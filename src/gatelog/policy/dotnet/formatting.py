"""`ToString(format)`, `string.Format` and interpolation holes: which formatter a value has."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet.date_format import format_offset, format_span, format_time
from gatelog.policy.dotnet.dates import DateTime, DateTimeOffset, TimeSpan
from gatelog.policy.dotnet.guids import Guid, format_guid
from gatelog.policy.dotnet.json_tokens import JValue
from gatelog.policy.dotnet.numeric_format import format_number
from gatelog.policy.dotnet.runtime import MAX_TEXT, Enum, cat, iterate, to_text
from gatelog.policy.dotnet.strings import length

_HOLE: Final = re.compile(r"\{\{|\}\}|\{(\d+)\s*(?:,\s*(-?\d+)\s*)?(?::((?:[^{}]|\{\{|\}\})*))?\}|[{}]")


def format_value(value: Any, pattern: str | None) -> str:
    """`value.ToString(pattern)` of anything that is IFormattable; anything else ignores the pattern."""
    if not pattern:
        return to_text(value)
    if isinstance(value, Enum):
        return enum_text(value, pattern)
    if isinstance(value, bool | str) or value is None:
        return to_text(value)
    if isinstance(value, int | float | Decimal):
        return format_number(value, pattern)
    if isinstance(value, DateTime):
        return format_time(value, pattern)
    if isinstance(value, DateTimeOffset):
        return format_offset(value, pattern)
    if isinstance(value, TimeSpan):
        return format_span(value, pattern)
    if isinstance(value, Guid):
        return format_guid(value, pattern)
    return format_value(value.value, pattern) if isinstance(value, JValue) else to_text(value)


def enum_text(value: Enum, pattern: str | None) -> str:
    letter = (pattern or "G").upper()
    if letter in ("G", "F"):
        return value.text()
    if letter == "D":
        return str(int(value))
    if letter == "X":
        return f"{int(value) & 0xFFFFFFFF:08X}"
    raise ex.format_error('Format String can be only "G", "g", "X", "x", "F", "f", "D" or "d".')


def format_hole(value: Any, alignment: int, pattern: str) -> str:
    """One `{value,alignment:pattern}`."""
    text = format_value(value, pattern)
    missing = abs(alignment) - length(text)
    if missing > MAX_TEXT:
        raise ex.spent("builds a string that is too long")
    if missing <= 0:
        return text
    return " " * missing + text if alignment > 0 else text + " " * missing


def format_composite(pattern: str | None, values: Any) -> str:
    """`string.Format(pattern, params object[])`."""
    if pattern is None or values is None:
        raise ex.argument_null("format" if pattern is None else "args")
    items = list(iterate(values))

    def one(found: re.Match[str]) -> str:
        if found[0] in ("{{", "}}"):
            return found[0][0]
        if found[1] is None:
            raise ex.format_error()
        index = int(found[1])
        if index >= len(items):
            raise ex.format_error(
                "Index (zero based) must be greater than or equal to zero and less than the size of the argument list."
            )
        return format_hole(items[index], int(found[2] or 0), (found[3] or "").replace("{{", "{").replace("}}", "}"))

    return cat(_HOLE.sub(one, pattern))


def format_with(_provider: Any, pattern: str | None, values: Any) -> str:
    return format_composite(pattern, values)
