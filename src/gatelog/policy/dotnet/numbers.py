"""Numbers: how each .NET numeric type lives in Python, and arithmetic that wraps, truncates and divides as C# does.

`int` is Python's int (Int32), `double` is float, `decimal` is decimal.Decimal, `bool` is bool; every other integer type is a
subclass of int and `char` one of str, so that a boxed value still knows its type.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Any, Final

from gatelog.policy.dotnet.exceptions import DotNetException, overflow


class Int64(int):
    """System.Int64."""

    __slots__ = ()


class UInt64(int):
    """System.UInt64."""

    __slots__ = ()


class UInt32(int):
    """System.UInt32."""

    __slots__ = ()


class Int16(int):
    """System.Int16."""

    __slots__ = ()


class UInt16(int):
    """System.UInt16."""

    __slots__ = ()


class Byte(int):
    """System.Byte."""

    __slots__ = ()


class SByte(int):
    """System.SByte."""

    __slots__ = ()


class Single(float):
    """System.Single: a float rounded to 24 bits."""

    __slots__ = ()

    def __new__(cls, value: float = 0.0) -> Single:
        try:
            return super().__new__(cls, struct.unpack("<f", struct.pack("<f", value))[0])
        except OverflowError:
            return super().__new__(cls, math.copysign(math.inf, value))


class Char(str):
    """System.Char: one UTF-16 code unit."""

    __slots__ = ()


DECIMAL_CONTEXT: Final = Context(prec=40, rounding=ROUND_HALF_EVEN)
DECIMAL_LIMIT: Final = 2**96


def wrap(value: int, bits: int) -> int:
    """`value` as a signed number of `bits` bits."""
    half = 1 << (bits - 1)
    return ((value + half) & ((1 << bits) - 1)) - half


def to_int(value: int) -> int:
    return ((value + 0x80000000) & 0xFFFFFFFF) - 0x80000000


def to_long(value: int) -> Int64:
    return Int64(((value + 0x8000000000000000) & 0xFFFFFFFFFFFFFFFF) - 0x8000000000000000)


def to_uint(value: int) -> UInt32:
    return UInt32(value & 0xFFFFFFFF)


def to_ulong(value: int) -> UInt64:
    return UInt64(value & 0xFFFFFFFFFFFFFFFF)


def to_short(value: int) -> Int16:
    return Int16(wrap(value, 16))


def to_ushort(value: int) -> UInt16:
    return UInt16(value & 0xFFFF)


def to_byte(value: int) -> Byte:
    return Byte(value & 0xFF)


def to_sbyte(value: int) -> SByte:
    return SByte(wrap(value, 8))


def to_char(value: int) -> Char:
    return Char(chr(value & 0xFFFF))


def trunc(value: float) -> int:
    """A double as an integer, toward zero; NaN and infinities become the smallest long, as x64 does."""
    if math.isnan(value) or math.isinf(value) or abs(value) >= 2.0**63:
        return -(2**63)
    return int(value)


def double_to_integer(value: float, narrow: Callable[[int], Any]) -> Any:
    """`(int)double`, `(long)double`, ...: truncates; what does not fit becomes what the processor gives."""
    number = trunc(value)
    if narrow is to_int and not -(2**31) <= number < 2**31:
        return -(2**31)
    return narrow(number)


def decimal_to_integer(value: Decimal, low: int, high: int, name: str) -> int:
    """A decimal cast to an integer type: truncates, and overflows with an exception."""
    number = int(value.to_integral_value(rounding=ROUND_DOWN))
    if not low <= number <= high:
        raise overflow(f"Value was either too large or too small for {name}.")
    return number


def divide(left: int, right: int) -> int:
    if right == 0:
        raise DotNetException("DivideByZeroException", "Attempted to divide by zero.")
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def remainder(left: int, right: int) -> int:
    if right == 0:
        raise DotNetException("DivideByZeroException", "Attempted to divide by zero.")
    result = abs(left) % abs(right)
    return -result if left < 0 else result


def divide_double(left: float, right: float) -> float:
    if right != 0:
        return left / right
    if left == 0 or math.isnan(left) or math.isnan(right):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def multiply_double(left: float, right: float) -> float:
    return float(left) * float(right)


def remainder_double(left: float, right: float) -> float:
    if right == 0 or math.isnan(left) or math.isnan(right) or math.isinf(left):
        return math.nan
    return math.fmod(left, right)


def fit_decimal(value: Decimal) -> Decimal:
    """Round to what 96 bits and 28 places hold."""
    if not value.is_finite():
        raise overflow("Value was either too large or too small for a Decimal.")
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    if exponent > 0:
        value = value.quantize(Decimal(1), context=DECIMAL_CONTEXT)
        exponent = 0
    places = min(-exponent, 28)
    while True:
        candidate = value.quantize(Decimal(1).scaleb(-places), context=DECIMAL_CONTEXT) if places != -exponent else value
        digits = abs(int(candidate.scaleb(places, context=DECIMAL_CONTEXT)))
        if digits < DECIMAL_LIMIT:
            return candidate
        if places == 0:
            raise overflow("Value was either too large or too small for a Decimal.")
        places -= 1


def decimal_operation(operator: str, left: Decimal, right: Decimal) -> Decimal:
    """`+ - * / %` on decimals; the result keeps C#'s scale."""
    try:
        if operator == "+":
            return fit_decimal(DECIMAL_CONTEXT.add(left, right))
        if operator == "-":
            return fit_decimal(DECIMAL_CONTEXT.subtract(left, right))
        if operator == "*":
            return fit_decimal(Context(prec=80).multiply(left, right))
        if right == 0:
            raise DotNetException("DivideByZeroException", "Attempted to divide by zero.")
        if operator == "/":
            return fit_decimal(DECIMAL_CONTEXT.divide(left, right))
        return fit_decimal(DECIMAL_CONTEXT.remainder(left, right))
    except InvalidOperation:
        raise overflow("Value was either too large or too small for a Decimal.") from None


def double_to_decimal(value: float, digits: int = 15) -> Decimal:
    """`(decimal)double`: 15 significant digits."""
    if math.isnan(value) or math.isinf(value) or abs(value) >= 7.9228162514264338e28:
        raise overflow("Value was either too large or too small for a Decimal.")
    number = Decimal(f"{value:.{digits}g}")
    return fit_decimal(number.normalize() if number else Decimal(0))


def add_single(operator: str, left: float, right: float) -> Single:
    """Arithmetic on floats, rounded to 24 bits."""
    if operator == "/":
        return Single(divide_double(left, right))
    if operator == "%":
        return Single(remainder_double(left, right))
    results = {"+": left + right, "-": left - right, "*": left * right}
    return Single(results[operator])


def long_operation(operator: str, left: int, right: int) -> int:
    """Integer arithmetic before it is wrapped."""
    if operator == "/":
        return divide(left, right)
    if operator == "%":
        return remainder(left, right)
    raise ValueError(operator)


def unbox_number(value: Any) -> Any:
    """The plain Python number behind a boxed one (a char: its code)."""
    return ord(value) if type(value) is Char else value
