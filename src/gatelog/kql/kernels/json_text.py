"""JSON text of dynamic values: read with orjson, written as Kusto writes it (1.0 stays real, 1E+20, "NaN")."""

from __future__ import annotations

import math
from typing import Any

import orjson


def load(text: str | None) -> Any:
    """The value behind the JSON text of a dynamic; None for null."""
    return None if text is None else orjson.loads(text)


def dump(value: Any) -> str | None:
    """Compact JSON text of a value; None for None."""
    return None if value is None else write(value)


def write(value: Any) -> str:
    """Compact JSON text of a value, `null` for None."""
    if isinstance(value, float):
        return real_json(value)
    if isinstance(value, list):
        return "[" + ",".join([write(item) for item in value]) + "]"
    if isinstance(value, dict):
        return "{" + ",".join([f"{orjson.dumps(key).decode()}:{write(item)}" for key, item in value.items()]) + "}"
    return orjson.dumps(value).decode()


def real_text(value: float) -> str:
    """A real as tostring() writes it: shortest digits that read back, exponent from 1E+15 and from 1E-05 down."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    sign, digits, point = _decimal_digits(value)
    exponent = point - 1
    if -5 < exponent < 15:
        return sign + _positional(digits, point)
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}E{'+' if exponent >= 0 else '-'}{abs(exponent):02d}"


def real_json(value: float) -> str:
    """A real inside JSON: always visibly real; what JSON cannot say is a string."""
    text = real_text(value)
    if not math.isfinite(value):
        return f'"{text}"'
    return text if "." in text or "E" in text else text + ".0"


def _decimal_digits(value: float) -> tuple[str, str, int]:
    """Sign, significant digits without trailing zeros, and where the decimal point stands after them."""
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + fraction
    point = len(whole) + int(exponent or 0)
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    stripped = stripped.rstrip("0")
    return (sign, stripped, point) if stripped else (sign, "0", 1)


def _positional(digits: str, point: int) -> str:
    if point <= 0:
        return "0." + "0" * -point + digits
    if len(digits) <= point:
        return digits + "0" * (point - len(digits))
    return f"{digits[:point]}.{digits[point:]}"


def array(text: str | None) -> list[Any] | None:
    """The items of a dynamic array; None for anything else."""
    if text is None or not text.startswith("["):
        return None
    items: list[Any] = orjson.loads(text)
    return items


def bag(text: str | None) -> dict[str, Any] | None:
    """The slots of a property bag; None for anything else."""
    if text is None or not text.startswith("{"):
        return None
    slots: dict[str, Any] = orjson.loads(text)
    return slots


def text_of(value: Any) -> str:
    """tostring() of an item of a dynamic."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return real_json(value).strip('"')
    return write(value)
