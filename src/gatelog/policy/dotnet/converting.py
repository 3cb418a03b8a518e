"""Convert and Parse: text to numbers and back, System.Convert's rounding and range checks, BitConverter."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet import numbers as n
from gatelog.policy.dotnet.date_parse import parse_date, parse_offset, parse_span
from gatelog.policy.dotnet.dates import DateTime, DateTimeOffset, TimeSpan
from gatelog.policy.dotnet.guids import Guid
from gatelog.policy.dotnet.guids import parse as parse_guid
from gatelog.policy.dotnet.json_tokens import JValue
from gatelog.policy.dotnet.metadata import (
    BOOL,
    BYTE,
    CHAR,
    DECIMAL,
    DOUBLE,
    FLOAT,
    INT,
    INTEGERS,
    LONG,
    OBJECT,
    SBYTE,
    SHORT,
    STRING,
    UINT,
    ULONG,
    USHORT,
    Type,
)
from gatelog.policy.dotnet.runtime import Enum, to_text, type_of
from gatelog.policy.dotnet.uris import Uri, read

MAKERS: Final[dict[Type, Callable[[Any], Any]]] = {
    INT: int, LONG: n.Int64, ULONG: n.UInt64, UINT: n.UInt32, SHORT: n.Int16, USHORT: n.UInt16, BYTE: n.Byte, SBYTE: n.SByte,
}  # fmt: skip
_ARTICLES: Final = {INT: "an Int32", LONG: "an Int64", SHORT: "an Int16", UINT: "a UInt32", ULONG: "a UInt64", USHORT: "a UInt16",
                    BYTE: "an unsigned byte", SBYTE: "a signed byte"}  # fmt: skip
INTEGER_STYLE, NUMBER_STYLE, FLOAT_STYLE, HEX_STYLE = 7, 111, 231, 515
_SPECIAL: Final = {"nan": math.nan, "infinity": math.inf, "-infinity": -math.inf}


def range_error(kind: Type) -> ex.DotNetException:
    return ex.overflow(f"Value was either too large or too small for {_ARTICLES[kind]}.")


def pattern_of(style: int) -> re.Pattern[str]:
    """What a NumberStyles value accepts, as a regular expression with groups sign, digits, fraction, exponent."""
    space = r"\s*"
    lead = space if style & 1 else ""
    tail = space + "\0*" if style & 2 else ""
    currency = r"\$?" if style & 256 else ""
    sign = "[+-]?" if style & 4 else ""
    digits = "[0-9][0-9,]*" if style & 64 else "[0-9]+"
    point = r"(?:\.(?P<fraction>[0-9]*))?" if style & 32 else "(?P<fraction>(?!))?"
    exponent = r"(?:[eE](?P<exponent>[+-]?[0-9]+))?" if style & 128 else "(?P<exponent>(?!))?"
    trailing = "(?P<after>[+-])?" if style & 8 else "(?P<after>(?!))?"
    return re.compile(f"{lead}(?P<sign>{sign}){currency}(?P<digits>{digits})?{point}{exponent}{trailing}{tail}", re.ASCII)


_PATTERNS: Final = {style: pattern_of(style) for style in (INTEGER_STYLE, NUMBER_STYLE, FLOAT_STYLE, 511, 167, 4, 0, 1, 2, 3)}


def parse_integer(kind: Type, text: str | None, style: int = INTEGER_STYLE) -> Any:
    """`int.Parse` and its kin."""
    if text is None:
        raise ex.argument_null("s")
    low, high = INTEGERS[kind]
    if style & 512:
        stripped = text.strip()
        if not re.fullmatch("[0-9A-Fa-f]+", stripped):
            raise ex.format_error()
        value = int(stripped, 16)
        if value > high - low:
            raise range_error(kind)
        return MAKERS[kind](value - (high - low + 1) if value > high else value)
    found = match(text, style)
    if found is None:
        raise ex.format_error()
    number = Decimal(number_text(found))
    if number != int(number) or not low <= number <= high:
        raise range_error(kind)
    return MAKERS[kind](int(number))


def match(text: str, style: int) -> re.Match[str] | None:
    pattern = _PATTERNS.get(style) or pattern_of(style)
    found = pattern.fullmatch(text)
    return found if found is not None and (found["digits"] or found["fraction"]) else None


def number_text(found: re.Match[str]) -> str:
    sign = "-" if "-" in (found["sign"] or "") + (found["after"] or "") else ""
    digits = (found["digits"] or "0").replace(",", "")
    return f"{sign}{digits}.{found['fraction'] or '0'}e{found['exponent'] or '0'}"


def parse_double(text: str | None, style: int = 231) -> float:
    if text is None:
        raise ex.argument_null("s")
    special = _SPECIAL.get(text.strip().lower()) if text.strip() in ("NaN", "Infinity", "-Infinity") else None
    if special is not None:
        return special
    found = match(text, style | 64 if style == 231 else style)
    if found is None:
        raise ex.format_error()
    value = float(number_text(found))
    if math.isinf(value):
        raise ex.overflow("Value was either too large or too small for a Double.")
    return value


def parse_single(text: str | None, style: int = 231) -> n.Single:
    return n.Single(parse_double(text, style))


def parse_decimal(text: str | None, style: int = 111) -> Decimal:
    if text is None:
        raise ex.argument_null("s")
    found = match(text, style)
    if found is None:
        raise ex.format_error()
    sign = "-" if "-" in (found["sign"] or "") + (found["after"] or "") else ""
    fraction = f".{found['fraction']}" if found["fraction"] else ""
    return n.fit_decimal(Decimal(f"{sign}{(found['digits'] or '0').replace(',', '')}{fraction}e{found['exponent'] or 0}"))


def parse_bool(text: str | None) -> bool:
    if text is None:
        raise ex.argument_null("value")
    word = text.strip().strip("\0").strip().lower()
    if word not in ("true", "false"):
        raise ex.format_error("String was not recognized as a valid Boolean.")
    return word == "true"


def parser(kind: Type) -> Callable[..., Any]:
    """`T.Parse(s)`, `Parse(s, style)`, `Parse(s, provider)`, `Parse(s, style, provider)`."""

    def parse(text: str | None, *rest: Any) -> Any:
        style = next((int(r) for r in rest if isinstance(r, Enum)), None)
        form = {DOUBLE: parse_double, FLOAT: parse_single, DECIMAL: parse_decimal}.get(kind)
        if form is not None:
            return form(text) if style is None else form(text, style)
        return parse_integer(kind, text) if style is None else parse_integer(kind, text, style)

    return parse


def attempt(parse: Callable[..., Any], zero: Any) -> Callable[..., tuple[bool, Any]]:
    """`TryParse` made of `Parse`."""

    def run(text: str | None, *rest: Any) -> tuple[bool, Any]:
        try:
            return True, parse(text, *rest)
        except ex.DotNetException as error:
            if error.fatal:
                raise
            return False, zero

    return run


def to_integer(kind: Type, value: Any) -> Any:
    """`Convert.ToInt32` and its kin: rounds half to even, checks the range."""
    low, high = INTEGERS[kind]
    value = primitive(value)
    if value is None:
        return MAKERS[kind](0)
    if isinstance(value, n.Char):
        number = ord(value)
    elif isinstance(value, str):
        return parse_integer(kind, value)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise range_error(kind)
        number = round(value)
    elif isinstance(value, Decimal):
        number = int(value.to_integral_value(ROUND_HALF_EVEN))
    elif isinstance(value, int):
        number = int(value)
    else:
        raise cast_error(value, kind)
    if not low <= number <= high:
        raise range_error(kind)
    return MAKERS[kind](number)


def primitive(value: Any) -> Any:
    """The value inside a JValue, which is convertible as its value is."""
    return value.value if isinstance(value, JValue) else value


def cast_error(value: Any, kind: Type) -> ex.DotNetException:
    if isinstance(value, DateTime | bool | n.Char | float | Decimal):
        return ex.invalid_cast(f"Invalid cast from '{type_of(value).short}' to '{kind.short}'.")
    return ex.invalid_cast(f"Unable to cast object of type '{type_of(value)}' to type 'System.IConvertible'.")


def to_double(value: Any) -> float:
    value = primitive(value)
    if value is None:
        return 0.0
    if isinstance(value, n.Char) or not isinstance(value, str | int | float | Decimal):
        raise cast_error(value, DOUBLE)
    return parse_double(value) if isinstance(value, str) else float(value)


def to_single(value: Any) -> n.Single:
    return n.Single(to_double(value))


def to_decimal(value: Any) -> Decimal:
    value = primitive(value)
    if value is None:
        return Decimal(0)
    if isinstance(value, n.Char) or not isinstance(value, str | int | float | Decimal):
        raise cast_error(value, DECIMAL)
    if isinstance(value, str):
        return parse_decimal(value)
    return n.double_to_decimal(value, 7 if isinstance(value, n.Single) else 15) if isinstance(value, float) else Decimal(value)


def to_bool(value: Any) -> bool:
    value = primitive(value)
    if value is None:
        return False
    if isinstance(value, n.Char) or not isinstance(value, str | int | float | Decimal):
        raise cast_error(value, BOOL)
    return parse_bool(value) if isinstance(value, str) else value != 0


def to_char(value: Any) -> n.Char:
    if isinstance(value, n.Char):
        return value
    if isinstance(value, str):
        if len(value) != 1:
            raise ex.format_error("String must be exactly one character long.")
        return n.Char(value)
    if value is None:
        return n.Char("\0")
    if isinstance(value, bool) or not isinstance(value, int):
        raise cast_error(value, CHAR)
    if not 0 <= value <= 0xFFFF:
        raise ex.overflow("Value was either too large or too small for a character.")
    return n.Char(chr(value))


def to_date(value: Any) -> DateTime:
    value = primitive(value)
    if value is None:
        return DateTime(0)
    if isinstance(value, str) and not isinstance(value, n.Char):
        return parse_date(value)
    if not isinstance(value, DateTime):
        raise cast_error(value, Type("System.DateTime"))
    return value


def change_type(value: Any, kind: Type) -> Any:
    """A value as another type with Convert's rules; strings are parsed."""
    if value is None:
        return None
    form = _CHANGES.get(kind.name)
    if form is None:
        if kind in INTEGERS:
            return to_integer(kind, value)
        if kind == OBJECT:
            return value
        raise cast_error(value, kind)
    return form(value)


def _guid(value: Any) -> Guid:
    return value if isinstance(value, Guid) else parse_guid(to_text(value))


def _span(value: Any) -> TimeSpan:
    return value if isinstance(value, TimeSpan) else parse_span(to_text(value))


def _offset(value: Any) -> DateTimeOffset:
    if isinstance(value, DateTime):
        return DateTimeOffset(value.ticks)
    return value if isinstance(value, DateTimeOffset) else parse_offset(to_text(value))


def _uri(value: Any) -> Uri:
    return value if isinstance(value, Uri) else read(to_text(value), relative=True)


_CHANGES: Final[dict[str, Callable[[Any], Any]]] = {
    BOOL.name: to_bool, STRING.name: to_text, DOUBLE.name: to_double, FLOAT.name: to_single, DECIMAL.name: to_decimal,
    CHAR.name: to_char, "System.DateTime": to_date, "System.DateTimeOffset": _offset, "System.TimeSpan": _span,
    "System.Guid": _guid, "System.Uri": _uri,
}  # fmt: skip


def to_base(value: int, base: int) -> str:
    """`Convert.ToString(int, toBase)`: two's complement in bases 2, 8, 16."""
    if base not in (2, 8, 10, 16):
        raise ex.argument("Invalid Base.")
    if base == 10:
        return int.__repr__(value)
    bits = {n.Int64: 64, n.Int16: 16, n.Byte: 8}.get(type(value), 32)
    return format(int(value) & ((1 << bits) - 1), {2: "b", 8: "o", 16: "x"}[base])


def from_base(kind: Type) -> Callable[[str | None, int], Any]:
    """`Convert.ToInt32(string, fromBase)`."""

    def run(text: str | None, base: int) -> Any:
        if base not in (2, 8, 10, 16):
            raise ex.argument("Invalid Base.")
        if text is None:
            return MAKERS[kind](0)
        if not text:
            raise ex.out_of_range(
                "startIndex", "Index was out of range. Must be non-negative and less than the size of the collection."
            )
        if base == 10:
            return parse_integer(kind, text)
        digits = text[2:] if base == 16 and text[:2] in ("0x", "0X") else text
        allowed = {2: "[01]+", 8: "[0-7]+", 16: "[0-9A-Fa-f]+"}[base]
        if not re.fullmatch(allowed, digits):
            raise ex.format_error("Could not find any recognizable digits." if not re.match(allowed, digits) else
                                  "Additional non-parsable characters are at the end of the string.")  # fmt: skip
        low, high = INTEGERS[kind]
        value = int(digits, base)
        if value > high - low:
            raise range_error(kind)
        return MAKERS[kind](value - (high - low + 1) if value > high else value)

    return run


def hex_text(data: bytearray | None, start: int = 0, count: int | None = None) -> str:
    """`BitConverter.ToString`: `0A-FF`."""
    if data is None:
        raise ex.argument_null("value")
    part = data[start:] if count is None else data[start : start + count]
    return "-".join(f"{b:02X}" for b in part)


def read_bytes(form: str, make: Callable[[Any], Any]) -> Callable[[bytearray | None, int], Any]:
    """`BitConverter.ToInt32` and its kin, little-endian."""
    width = struct.calcsize(form)

    def run(data: bytearray | None, start: int) -> Any:
        if data is None:
            raise ex.argument_null("value")
        if not 0 <= start < len(data):
            raise ex.out_of_range(
                "startIndex", "Index was out of range. Must be non-negative and less than the size of the collection."
            )
        if start + width > len(data):
            raise ex.argument(
                "Destination array is not long enough to copy all the items in the collection. Check array index and length.",
                "value",
            )
        return make(struct.unpack_from(form, data, start)[0])

    return run


def write_bytes(form: str) -> Callable[[Any], bytearray]:
    return lambda value: bytearray(struct.pack(form, ord(value) if isinstance(value, str) else value))
