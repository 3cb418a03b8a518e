"""JSON text as Newtonsoft.Json writes it: indented with two spaces or compact, dates in ISO form, floats with a point."""

from __future__ import annotations

import json.encoder
import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import orjson

from gatelog.policy.dotnet.dates import DateTime, DateTimeOffset, TimeSpan
from gatelog.policy.dotnet.encodings import base64_text
from gatelog.policy.dotnet.json_tokens import WRITERS, BigInteger, JArray, JObject, JProperty, JRaw, JToken, JValue, wrap
from gatelog.policy.dotnet.numbers import Single
from gatelog.policy.dotnet.numeric_format import decimal_text
from gatelog.policy.dotnet.runtime import cat, to_text

_quote_basic: Final[Callable[[str], str]] = json.encoder.encode_basestring
_ODD: Final = re.compile("[\x85\u2028\u2029\x08\x0c]|\\\\u00|\ud800-\udfff")
_ODD_RAW: Final = re.compile("[\x85\u2028\u2029\x7f-\x9f\ud800-\udfff\x00-\x1f]|\\d{4}-\\d\\d-\\d\\dT|/Date\\(")


def quote(text: str) -> str:
    """A JSON string: only quotes, backslashes, control characters and U+0085, U+2028, U+2029 are escaped."""
    quoted = _quote_basic(text)
    if not text.isascii() and _ODD.search(quoted) is not None:
        quoted = quoted.replace("\x85", "\\u0085").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return quoted


def float_text(value: float) -> str:
    """A JSON number: shortest round-trip digits, `1.0`, `1E+20`; NaN and infinities as Newtonsoft writes them."""
    if math.isnan(value):
        return '"NaN"'
    if math.isinf(value):
        return '"Infinity"' if value > 0 else '"-Infinity"'
    text = _round_trip(value)
    return text if any(c in text for c in ".eE") else text + ".0"


def _round_trip(value: float) -> str:
    from_format = to_text_round_trip
    return from_format(value)


def to_text_round_trip(value: float) -> str:
    few, many = (7, 9) if isinstance(value, Single) else (15, 17)
    digits = few if float(f"{value:.{few}g}") == value else many
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    return _layout(mantissa, int(exponent), few)


def _layout(mantissa: str, exponent: int, digits: int) -> str:
    sign = "-" if mantissa.startswith("-") else ""
    figures = mantissa.lstrip("-").replace(".", "").rstrip("0") or "0"
    if figures == "0":
        return "0"
    if not -5 < exponent < digits:
        return (
            f"{sign}{figures[0]}{'.' + figures[1:] if len(figures) > 1 else ''}E{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
        )
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{figures}"
    if len(figures) <= exponent + 1:
        return sign + figures + "0" * (exponent + 1 - len(figures))
    return f"{sign}{figures[: exponent + 1]}.{figures[exponent + 1 :]}"


def value_text(token: JValue) -> str:
    """One primitive as JSON."""
    value = token.value
    if value is None:
        return "null" if token.kind != "Undefined" else "undefined"
    if isinstance(token, JRaw):
        return to_text(value)
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, Decimal):
        text = decimal_text(value)
        return text if "." in text else text + ".0"
    if isinstance(value, DateTime):
        return f'"{value.iso()}"'
    if isinstance(value, DateTimeOffset):
        return f'"{value.iso()}"'
    return _other_text(value)


def _other_text(value: Any) -> str:
    if isinstance(value, bytearray):
        return f'"{base64_text(value)}"'
    if isinstance(value, BigInteger):
        return value.text()
    return quote(value.text()) if isinstance(value, TimeSpan) else quote(to_text(value))


def indented(token: JToken) -> str:
    """`ToString()`: two spaces for each level."""
    parts: list[str] = []
    _write(token, parts, "\n")
    return cat(*parts)


def compact(token: JToken) -> str:
    """`ToString(Formatting.None)`."""
    parts: list[str] = []
    _write(token, parts, "")
    return cat(*parts)


def _write(token: JToken, parts: list[str], newline: str) -> None:
    """Append the text of `token`; `newline` is the line break with the present indent, empty for compact text."""
    if isinstance(token, JValue):
        parts.append(value_text(token))
    elif isinstance(token, JObject):
        if token.raw is not None and not token.items:
            _write_raw(token.raw, parts, newline)
        else:
            _write_object(token, parts, newline)
    elif isinstance(token, JArray):
        if token.raw is not None and all(child is None for child in token.items):
            _write_raw(token.raw, parts, newline)
        else:
            _write_array(token, parts, newline)
    elif isinstance(token, JProperty):
        parts.append(f"{quote(token.name)}:{' ' if newline else ''}")
        _write(token.value, parts, newline)


def _write_object(token: JObject, parts: list[str], newline: str) -> None:
    names = token.names()
    if not names:
        parts.append("{}")
        return
    deeper, colon = (newline + "  ", ": ") if newline else ("", ":")
    lead = "{"
    for name in names:
        parts.append(f"{lead}{deeper}{quote(name)}{colon}")
        child = token.items.get(name)
        if child is None:
            assert token.raw is not None
            _write_raw(token.raw[name], parts, deeper)
        elif type(child) is JValue:
            value = child.value
            parts.append(quote(value) if type(value) is str else value_text(child))
        else:
            _write(child, parts, deeper)
        lead = ","
    parts.append(newline + "}")


def _write_array(token: JArray, parts: list[str], newline: str) -> None:
    if not token.items:
        parts.append("[]")
        return
    deeper = newline + "  " if newline else ""
    lead = "["
    for index, child in enumerate(token.items):
        parts.append(lead + deeper)
        if child is None:
            assert token.raw is not None
            _write_raw(token.raw[index], parts, deeper)
        else:
            _write(child, parts, deeper)
        lead = ","
    parts.append(newline + "]")


def _write_raw(raw: Any, parts: list[str], newline: str) -> None:
    """Data that no expression touched: orjson writes it alike, unless floats, dates or odd characters are inside."""
    if raw is None:
        parts.append("null")
    elif isinstance(raw, str) or not isinstance(raw, dict | list):
        parts.append(value_text(wrap(raw)))  # type: ignore[arg-type]
    elif not raw:
        parts.append("{}" if isinstance(raw, dict) else "[]")
    elif (text := _fast(raw, newline)) is not None:
        parts.append(text)
    else:
        _write_raw_children(raw, parts, newline)


def _fast(raw: Any, newline: str) -> str | None:
    if not _plain(raw):
        return None
    text = orjson.dumps(raw, option=orjson.OPT_INDENT_2 if newline else 0).decode()
    return text.replace("\n", newline) if len(newline) > 1 else text


def _plain(raw: Any) -> bool:
    """Whether orjson and Newtonsoft write this data alike."""
    if isinstance(raw, str):
        return _ODD_RAW.search(raw) is None or _only_newlines(raw)
    if isinstance(raw, dict):
        return all(_plain(k) and _plain(v) for k, v in raw.items())
    if isinstance(raw, list):
        return all(map(_plain, raw))
    return not isinstance(raw, float | JToken) and (raw is None or raw is True or raw is False or -(2**63) <= raw < 2**63)


_HARMLESS: Final = re.compile("[\n\r\t]")


def _only_newlines(text: str) -> bool:
    return _ODD_RAW.search(_HARMLESS.sub("", text)) is None


def _write_raw_children(raw: Any, parts: list[str], newline: str) -> None:
    deeper = newline + "  " if newline else ""
    if isinstance(raw, dict):
        lead = "{"
        for name, value in raw.items():
            parts.append(f"{lead}{deeper}{quote(name)}:{' ' if newline else ''}")
            _write_raw(value, parts, deeper)
            lead = ","
        parts.append(newline + "}")
        return
    lead = "["
    for value in raw:
        parts.append(lead + deeper)
        _write_raw(value, parts, deeper)
        lead = ","
    parts.append(newline + "]")


WRITERS.indented = indented
