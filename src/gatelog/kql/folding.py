"""Constants computed at compile time: conversions and arithmetic over the values of `catalog.rows.Operand.value`."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from typing import Any

from gatelog.kql.literals import (
    MAX_TICKS,
    datetime_ticks,
    decimal_value,
    guid_text,
    timespan_ticks,
)
from gatelog.schema.types import KqlType

_BITS = {KqlType.INT: 32, KqlType.LONG: 64}


def wrapped(value: int) -> int:
    """The long that an overflowing computation ends in."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def _integer(text: str, bits: int) -> int | None:
    stripped = text.strip()
    try:
        value = int(stripped, 16) if stripped[:2].lower() == "0x" else int(stripped)
    except ValueError:
        return None
    return value if -(1 << (bits - 1)) <= value < 1 << (bits - 1) and "_" not in stripped else None


def _real(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def converted_constant(value: Any, source: KqlType, target: KqlType) -> Any:
    """The value as another type; None when it cannot be."""
    if source is target or value is None:
        return value
    if source is KqlType.STRING:
        return _from_string(value, target)
    if isinstance(value, (int, float, Decimal)) and source not in (KqlType.DATETIME, KqlType.TIMESPAN):
        return _from_number(value, target)
    return None


def _from_string(value: str, target: KqlType) -> Any:
    match target:
        case KqlType.INT | KqlType.LONG:
            return _integer(value, _BITS[target])
        case KqlType.REAL:
            return _real(value)
        case KqlType.DECIMAL:
            return decimal_value(value)
        case KqlType.DATETIME:
            return datetime_ticks(value)
        case KqlType.TIMESPAN:
            return timespan_ticks(value)
        case KqlType.GUID:
            return guid_text(value)
        case KqlType.BOOL:
            number = _integer(value, 64)
            return {"true": True, "false": False}.get(value.strip().lower(), None if number is None else number != 0)
        case _:
            return None


def _from_number(value: int | float | Decimal, target: KqlType) -> Any:
    match target:
        case KqlType.INT | KqlType.LONG:
            if isinstance(value, float) and not math.isfinite(value):
                return None
            whole = int(value)
            bits = _BITS[target]
            return whole if -(1 << (bits - 1)) <= whole < 1 << (bits - 1) else None
        case KqlType.REAL:
            return float(value)
        case KqlType.DECIMAL:
            return (
                None
                if isinstance(value, float) and not math.isfinite(value)
                else Decimal(repr(value) if isinstance(value, float) else value)
            )
        case KqlType.BOOL:
            return value != 0
        case _:
            return None


def computed(operator: str, left: Any, right: Any, result: KqlType, kinds: tuple[KqlType, KqlType]) -> Any:
    """`left operator right`; None when it is null or must be left to the engine."""
    if result is KqlType.DATETIME:
        value = left + right if operator == "+" else left - right
        return value if 0 <= value <= MAX_TICKS else None
    if result is KqlType.REAL:
        return _reals(operator, float(left), float(right))
    if result is KqlType.DECIMAL:
        return _decimals(operator, Decimal(str(left)), Decimal(str(right)))
    if isinstance(left, int) and isinstance(right, int):
        return _integers(operator, left, right)
    scaled = float(left) * float(right) if operator == "*" else float(left) / float(right)
    return int(scaled)


def _integers(operator: str, left: int, right: int) -> int | None:
    match operator:
        case "+":
            return wrapped(left + right)
        case "-":
            return wrapped(left - right)
        case "*":
            return wrapped(left * right)
        case "/":
            quotient = abs(left) // abs(right)
            return quotient if (left < 0) == (right < 0) else -quotient
        case _:
            return left % abs(right)


def _reals(operator: str, left: float, right: float) -> float | None:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            if right == 0:
                return math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1, right)
            return left / right
        case _:
            return left % abs(right) if right else None


def _decimals(operator: str, left: Decimal, right: Decimal) -> Decimal | None:
    with localcontext() as context:
        context.prec = 34
        match operator:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                return left / right if right else None
            case _:
                return left % abs(right) if right else None
