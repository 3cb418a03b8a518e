"""Numbers as text: `ToString()`, standard (`N2`, `X4`, `C`, ...) and custom (`#,##0.00`) format strings, culture en-US.

Source: the .NET articles "Standard numeric format strings" and "Custom numeric format strings".
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

from gatelog.policy.dotnet.exceptions import format_error
from gatelog.policy.dotnet.metadata import INTEGERS
from gatelog.policy.dotnet.numbers import Byte, Int16, Int64, SByte, Single, UInt16, UInt32, UInt64

_WIDE: Final = Context(prec=400, rounding=ROUND_HALF_UP)
_BITS: Final = {Byte: 8, SByte: 8, Int16: 16, UInt16: 16, int: 32, UInt32: 32, Int64: 64, UInt64: 64}
_SPECIAL: Final = {math.inf: "Infinity", -math.inf: "-Infinity"}


def double_text(value: float, digits: int = 15) -> str:
    """`double.ToString()`: up to 15 significant digits, an exponent below 1E-05 and from 1E+15 on."""
    if value != value:
        return "NaN"
    if value in _SPECIAL:
        return _SPECIAL[value]
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    return _general(mantissa, int(exponent), digits, "E", 2)


def single_text(value: float) -> str:
    """`float.ToString()`: up to 7 significant digits."""
    return double_text(float(value), 7)


def round_trip_text(value: float) -> str:
    """Format `R`: 15 digits when they are enough, else 17; a float: 7, else 9."""
    few, many = (7, 9) if isinstance(value, Single) else (15, 17)
    short = f"{value:.{few}g}"
    same = Single(float(short)) == value if isinstance(value, Single) else float(short) == value
    return double_text(float(value), few if same else many)


def _general(mantissa: str, exponent: int, digits: int, letter: str, exponent_digits: int) -> str:
    """Scientific digits as the G format writes them."""
    negative = mantissa.startswith("-")
    figures = mantissa.lstrip("-").replace(".", "").rstrip("0") or "0"
    if -5 < exponent < digits:
        if exponent < 0:
            text = "0." + "0" * (-exponent - 1) + figures
        elif len(figures) <= exponent + 1:
            text = figures + "0" * (exponent + 1 - len(figures))
        else:
            text = f"{figures[: exponent + 1]}.{figures[exponent + 1 :]}"
    else:
        head = figures[0] + ("." + figures[1:] if len(figures) > 1 else "")
        text = f"{head}{letter}{'-' if exponent < 0 else '+'}{abs(exponent):0{exponent_digits}d}"
    return f"-{text}" if negative else text


def decimal_text(value: Decimal) -> str:
    """`decimal.ToString()`: every place of its scale, never an exponent."""
    return format(value.copy_abs() if not value else value, "f")


def number_text(value: Any) -> str:
    """A number's `ToString()`."""
    if isinstance(value, Single):
        return single_text(value)
    if isinstance(value, float):
        return double_text(value)
    if isinstance(value, Decimal):
        return decimal_text(value)
    return int.__repr__(value)


def format_number(value: Any, pattern: str | None) -> str:
    """`value.ToString(pattern)`.

    >>> format_number(1234.5, "N2"), format_number(255, "X4"), format_number(0.5, "P0"), format_number(7, "000")
    ('1,234.50', '00FF', '50 %', '007')
    """
    if not pattern:
        return number_text(value)
    if isinstance(value, float) and (math.isnan(value) or math.isinf(value)):
        return double_text(value)
    standard = re.fullmatch(r"([A-Za-z])(\d{0,2})", pattern)
    if standard is None:
        return _custom(_exact(value), pattern)
    letter, precision = standard[1], int(standard[2]) if standard[2] else None
    form = _STANDARD.get(letter.upper())
    if form is None:
        raise format_error("Format specifier was invalid.")
    return str(form(value, letter, precision))


def _exact(value: Any) -> Decimal:
    """The number as the formatter sees it: a double has 15 significant digits."""
    if isinstance(value, Single):
        return Decimal(f"{float(value):.6e}")
    if isinstance(value, float):
        return Decimal(f"{value:.14e}")
    return Decimal(int(value)) if not isinstance(value, Decimal) else value


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), context=_WIDE)


def _fixed(value: Decimal, places: int, grouped: bool = False) -> str:
    number = _rounded(value, places)
    return format(number, f"{',' if grouped else ''}.{places}f").lstrip("-")


def _signed(value: Decimal, places: int, text: str) -> str:
    return f"-{text}" if _rounded(value, places) < 0 else text


def _currency(value: Any, _letter: str, precision: int | None) -> str:
    number, places = _exact(value), 2 if precision is None else precision
    text = "$" + _fixed(number, places, grouped=True)
    return f"({text})" if _rounded(number, places) < 0 else text


def _integer_digits(value: Any, _letter: str, precision: int | None) -> str:
    if not isinstance(value, int):
        raise format_error("Format specifier was invalid.")
    text = f"{abs(value):0{precision or 1}d}"
    return f"-{text}" if value < 0 else text


def _exponential(value: Any, letter: str, precision: int | None) -> str:
    places = 6 if precision is None else precision
    exact = Decimal(value) if isinstance(value, float) and places > 14 else _exact(value)
    number = exact.normalize(_WIDE)
    exponent = number.adjusted() if number else 0
    rounded = _rounded(number.scaleb(-exponent, _WIDE), places)
    if abs(rounded) >= 10:
        exponent, rounded = exponent + 1, _rounded(rounded / 10, places)
    return f"{rounded:.{places}f}{letter}{'-' if exponent < 0 else '+'}{abs(exponent):03d}"


def _fixed_point(value: Any, _letter: str, precision: int | None) -> str:
    number, places = _exact(value), 2 if precision is None else precision
    return _signed(number, places, _fixed(number, places))


def _with_groups(value: Any, _letter: str, precision: int | None) -> str:
    number, places = _exact(value), 2 if precision is None else precision
    return _signed(number, places, _fixed(number, places, grouped=True))


def _percent(value: Any, _letter: str, precision: int | None) -> str:
    number, places = _exact(value).scaleb(2, _WIDE), 2 if precision is None else precision
    return _signed(number, places, _fixed(number, places, grouped=True) + " %")


def _general_format(value: Any, letter: str, precision: int | None) -> str:
    if not precision:
        text = number_text(value)
        return text.replace("E", letter.replace("G", "E").replace("g", "e")) if isinstance(value, float) else text
    if isinstance(value, float):
        mantissa, _, exponent = f"{value:.{precision - 1}e}".partition("e")
        return "0" if value == 0 else _general(mantissa, int(exponent), precision, "e" if letter == "g" else "E", 2)
    if not value:
        return "0"
    number = Context(prec=precision, rounding=ROUND_HALF_UP).create_decimal(_exact(value))
    mantissa, _, exponent = f"{number:.{precision - 1}e}".partition("e")
    return _general(mantissa, int(exponent), precision, "e" if letter == "g" else "E", 2)


def _hexadecimal(value: Any, letter: str, precision: int | None) -> str:
    if not isinstance(value, int):
        raise format_error("Format specifier was invalid.")
    number = int(value) & ((1 << _BITS.get(type(value), 32)) - 1)
    return f"{number:0{precision or 1}{'x' if letter == 'x' else 'X'}}"


def _round_trip(value: Any, _letter: str, _precision: int | None) -> str:
    if not isinstance(value, float):
        raise format_error("Format specifier was invalid.")
    return round_trip_text(value)


_STANDARD: Final = {
    "C": _currency,
    "D": _integer_digits,
    "E": _exponential,
    "F": _fixed_point,
    "G": _general_format,
    "N": _with_groups,
    "P": _percent,
    "R": _round_trip,
    "X": _hexadecimal,
}


def _sections(pattern: str) -> list[str]:
    """Split a custom format at `;` outside of quotes."""
    parts, current, quote, escaped = [], "", "", False
    for char in pattern:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == ";":
            parts.append(current)
            current = ""
            continue
        current += char
    return [*parts, current]


_PIECE: Final = re.compile(r"\\.|'[^']*'?|\"[^\"]*\"?|[eE][+-]?0+|.", re.DOTALL)


def _custom(value: Decimal, pattern: str) -> str:
    """A custom format: sections for positive, negative and zero."""
    sections = _sections(pattern)
    if value > 0 or (value == 0 and len(sections) < 3) or (value < 0 and (len(sections) < 2 or not sections[1])):
        text, zero = _custom_section(abs(value), sections[0])
        if zero and len(sections) > 2 and value != 0:
            return _custom_section(Decimal(0), sections[2])[0]
        return f"-{text}" if value < 0 and not zero else text
    if value < 0:
        text, zero = _custom_section(abs(value), sections[1])
        return _custom_section(Decimal(0), sections[2])[0] if zero and len(sections) > 2 else text
    return _custom_section(Decimal(0), sections[2] or sections[0])[0]


def _custom_section(value: Decimal, pattern: str) -> tuple[str, bool]:
    """The digits of a non-negative number poured into one section; whether they all rounded to zero."""
    pieces = _PIECE.findall(pattern)
    point = next((i for i, p in enumerate(pieces) if p == "."), len(pieces))
    whole_slots = [i for i, p in enumerate(pieces[:point]) if p in ("0", "#")]
    part_slots = [i for i, p in enumerate(pieces) if i > point and p in ("0", "#")]
    exponent_piece = next((p for p in pieces if re.fullmatch(r"[eE][+-]?0+", p)), None)
    commas = [i for i, p in enumerate(pieces[:point]) if p == ","]
    scaling = sum(1 for i in commas if whole_slots and i > whole_slots[-1])
    grouped = any(whole_slots and whole_slots[0] < i < whole_slots[-1] for i in commas)
    value = value.scaleb(2 * pieces.count("%") + 3 * pieces.count("‰") - 3 * scaling, _WIDE)
    exponent = 0
    if exponent_piece and value:
        exponent = value.adjusted() - max(len(whole_slots), 1) + 1
        value = value.scaleb(-exponent, _WIDE)
    number = _rounded(value, len(part_slots))
    whole, _, part = format(number, "f").partition(".")
    whole = whole.lstrip("0")
    required = len(whole_slots) - next((n for n, i in enumerate(whole_slots) if pieces[i] == "0"), len(whole_slots))
    whole = whole.rjust(required, "0")
    kept = part.rstrip("0")
    needed = max((n + 1 for n, i in enumerate(part_slots) if pieces[i] == "0"), default=0)
    part = part[: max(len(kept), needed)]
    return _pour(pieces, point, whole, part, grouped, exponent), number == 0


def _grouping(whole: str) -> list[str]:
    """The digits of the whole part, each with the comma that follows it."""
    size = len(whole)
    return [d + ("," if (size - 1 - n) % 3 == 0 and n != size - 1 else "") for n, d in enumerate(whole)]


def _pour(pieces: list[str], point: int, whole: str, part: str, grouped: bool, exponent: int) -> str:
    slots = sum(1 for p in pieces[:point] if p in ("0", "#"))
    digits = _grouping(whole) if grouped else list(whole)
    out: list[str] = []
    seen = used = 0
    for index, piece in enumerate(pieces):
        if piece in ("0", "#"):
            if index < point:
                seen += 1
                take = len(digits) - (slots - seen) - used
                out.extend(digits[used : used + max(take, 0)])
                used += max(take, 0)
            else:
                out.append(part[:1])
                part = part[1:]
        elif piece == ".":
            out.append("." if part and index == point else "")
        elif piece != ",":
            out.append(_literal(piece, exponent))
    return "".join(out)


def _literal(piece: str, exponent: int) -> str:
    if piece[0] == "\\":
        return piece[1:]
    if piece[0] in "'\"":
        return piece.strip(piece[0])
    if len(piece) > 1 and piece[0] in "eE":
        sign = "-" if exponent < 0 else "+" if "+" in piece else ""
        return f"{piece[0]}{sign}{abs(exponent):0{piece.count('0')}d}"
    return piece


def parse_range(name: str) -> tuple[int, int]:
    """Smallest and greatest value of an integer type, by its .NET name (`Int32`)."""
    return next(limits for kind, limits in INTEGERS.items() if kind.short == name)
