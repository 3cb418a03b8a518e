"""What expressions may use of the numeric types, Boolean, Math, Convert, BitConverter, Random."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any, Final

from gatelog.policy.dotnet import converting as cv
from gatelog.policy.dotnet import encodings
from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet import numbers as n
from gatelog.policy.dotnet.collections import zero_of
from gatelog.policy.dotnet.formatting import enum_text
from gatelog.policy.dotnet.knuth import Random
from gatelog.policy.dotnet.linq import order
from gatelog.policy.dotnet.metadata import (
    BYTE,
    DECIMAL,
    DOUBLE,
    FLOAT,
    INT,
    INTEGERS,
    LONG,
    SBYTE,
    SHORT,
    UINT,
    ULONG,
    USHORT,
    Type,
    TypeDef,
)
from gatelog.policy.dotnet.numeric_format import format_number, number_text
from gatelog.policy.dotnet.runtime import checked_nullable, equals, hash_of, to_text

WORDS: Final = {
    INT: "int",
    LONG: "long",
    SHORT: "short",
    BYTE: "byte",
    SBYTE: "sbyte",
    UINT: "uint",
    ULONG: "ulong",
    USHORT: "ushort",
    DOUBLE: "double",
    FLOAT: "float",
    DECIMAL: "decimal",
}


def _shared(word: str, kind: Type, zero: Any) -> tuple[tuple[Any, ...], ...]:
    parse = cv.parser(kind)
    attempt = cv.attempt(parse, zero)
    return (
        (f"static {word} Parse(string s)", parse),
        (f"static {word} Parse(string s, NumberStyles style)", parse),
        (f"static {word} Parse(string s, IFormatProvider provider)", parse),
        (f"static {word} Parse(string s, NumberStyles style, IFormatProvider provider)", parse),
        (f"static bool TryParse(string s, out {word} result)", attempt),
        (f"static bool TryParse(string s, NumberStyles style, IFormatProvider provider, out {word} result)", attempt),
        ("string ToString()", number_text),
        ("string ToString(string format)", format_number),
        ("string ToString(IFormatProvider provider)", lambda v, _: number_text(v)),
        ("string ToString(string format, IFormatProvider provider)", lambda v, f, _: format_number(v, f)),
        (f"bool Equals({word} obj)", "({0} == {1})"),
        ("bool Equals(object obj)", equals),
        (f"int CompareTo({word} value)", order),
        ("int CompareTo(object value)", lambda a, b: 1 if b is None else order(a, b)),
        ("int GetHashCode()", hash_of),
    )


def _integer(kind: Type) -> TypeDef:
    word = WORDS[kind]
    low, high = (cv.MAKERS[kind](v) for v in INTEGERS[kind])
    rows = ((f"static {word} MinValue", "{c}", low), (f"static {word} MaxValue", "{c}", high))
    return TypeDef(
        kind.name,
        (*rows, *_shared(word, kind, cv.MAKERS[kind](0))),
        extends=("IComparable", f"IComparable<{word}>"),
        kind="struct",
    )


def _floating(kind: Type, make: Callable[[float], Any], high: float, tiny: float) -> TypeDef:
    word = WORDS[kind]
    constants = {
        "MinValue": -high,
        "MaxValue": high,
        "Epsilon": tiny,
        "NaN": math.nan,
        "PositiveInfinity": math.inf,
        "NegativeInfinity": -math.inf,
    }
    rows: tuple[tuple[Any, ...], ...] = tuple((f"static {word} {name}", "{c}", make(value)) for name, value in constants.items())
    tests = (
        (f"static bool IsNaN({word} d)", math.isnan),
        (f"static bool IsInfinity({word} d)", math.isinf),
        (f"static bool IsPositiveInfinity({word} d)", lambda d: d == math.inf),
        (f"static bool IsNegativeInfinity({word} d)", lambda d: d == -math.inf),
    )
    return TypeDef(
        kind.name,
        (*rows, *tests, *_shared(word, kind, make(0.0))),
        extends=("IComparable", f"IComparable<{word}>"),
        kind="struct",
    )


_BIGGEST: Final = Decimal(2**96 - 1)


def _rounded_decimal(value: Decimal, places: int = 0, mode: int = 0) -> Decimal:
    if not 0 <= places <= 28:
        raise ex.out_of_range("decimals", "Decimal can only round to between 0 and 28 digits of precision.")
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= places:
        return value
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP if mode else ROUND_HALF_EVEN)


def _whole(rounding: str) -> Callable[[Decimal], Decimal]:
    return lambda value: value.to_integral_value(rounding=rounding)


DECIMAL_TYPE: Final = TypeDef(
    DECIMAL.name,
    (
        ("static decimal MinValue", "{c}", -_BIGGEST),
        ("static decimal MaxValue", "{c}", _BIGGEST),
        ("static decimal Zero", "{c}", Decimal(0)),
        ("static decimal One", "{c}", Decimal(1)),
        ("static decimal MinusOne", "{c}", Decimal(-1)),
        ("static decimal Round(decimal d)", _rounded_decimal),
        ("static decimal Round(decimal d, int decimals)", _rounded_decimal),
        ("static decimal Truncate(decimal d)", _whole(ROUND_DOWN)),
        ("static decimal Floor(decimal d)", _whole(ROUND_FLOOR)),
        ("static decimal Ceiling(decimal d)", _whole(ROUND_CEILING)),
        ("static decimal Negate(decimal d)", lambda v: -v),
        ("static int ToInt32(decimal d)", lambda v: n.decimal_to_integer(v, *INTEGERS[INT], "an Int32")),
        *(
            tuple(
                (f"static decimal {name}(decimal d1, decimal d2)", (lambda o: lambda a, b: n.decimal_operation(o, a, b))(op))
                for name, op in (
                    ("Add", "+"),
                    ("Subtract", "-"),
                    ("Multiply", "*"),
                    ("Divide", "/"),
                    ("Remainder", "%"),
                )
            )
        ),
        *_shared("decimal", DECIMAL, Decimal(0)),
    ),
    extends=("IComparable", "IComparable<decimal>"),
    kind="struct",
)

BOOLEAN: Final = TypeDef(
    "System.Boolean",
    (
        ("static string TrueString", "{c}", "True"),
        ("static string FalseString", "{c}", "False"),
        ("static bool Parse(string value)", cv.parse_bool),
        ("static bool TryParse(string value, out bool result)", cv.attempt(cv.parse_bool, False)),
        ("string ToString()", to_text),
        ("bool Equals(bool obj)", "({0} == {1})"),
        ("bool Equals(object obj)", equals),
        ("int CompareTo(bool value)", lambda a, b: int(a) - int(b)),
        ("int GetHashCode()", hash_of),
    ),
    extends=("IComparable", "IComparable<bool>"),
    kind="struct",
)

NULLABLE: Final = TypeDef(
    "System.Nullable<T>",
    (
        ("bool HasValue", "({0} is not None)"),
        ("T Value", checked_nullable),
        ("typed T GetValueOrDefault()", lambda a, v: v if v is not None else zero_of(a[0])),
        ("T GetValueOrDefault(T defaultValue)", "({0} if {0} is not None else {1})"),
        ("string ToString()", to_text),
        ("bool Equals(object other)", lambda a, b: a is b is None or equals(a, b)),
        ("int GetHashCode()", hash_of),
    ),
    kind="class",
)


def _absolute(kind: Type) -> Callable[[Any], Any]:
    low = INTEGERS[kind][0]

    def run(value: Any) -> Any:
        if value == low:
            raise ex.overflow("Negating the minimum value of a twos complement number is invalid.")
        return cv.MAKERS[kind](abs(value))

    return run


def round_double(value: float, places: int = 0, mode: int = 0) -> float:
    """`Math.Round(double, digits, mode)`: scales as .NET does, half to even or away from zero."""
    if not 0 <= places <= 15:
        raise ex.out_of_range("digits", "Rounding digits must be between 0 and 15, inclusive.")
    if abs(value) >= 1e16 or not math.isfinite(value):
        return value
    scaled = value * 10.0**places
    if mode:
        whole = math.floor(abs(scaled))
        rounded = math.copysign(whole + (1 if abs(scaled) - whole >= 0.5 else 0), scaled)
    else:
        rounded = float(round(scaled))
    return math.copysign(rounded / 10.0**places, value)


def _safe(function: Callable[..., float], *, domain: float = math.nan) -> Callable[..., float]:
    """A function of Math: bad arguments give NaN or infinity, never an exception."""

    def run(*values: float) -> float:
        try:
            return float(function(*values))
        except ValueError:
            return domain
        except (OverflowError, ZeroDivisionError):
            return math.inf

    return run


def _log(value: float, base: float | None = None) -> float:
    if value == 0:
        return -math.inf
    return math.log(value) if base is None else math.log(value) / math.log(base)


def _sign(value: Any) -> int:
    if isinstance(value, float) and math.isnan(value):
        raise ex.DotNetException("ArithmeticException", "Function does not accept floating point Not-a-Number values.")
    return int((value > 0) - (value < 0))


def _bigger(a: Any, b: Any) -> Any:
    return a if a != a or a >= b else b


def _smaller(a: Any, b: Any) -> Any:
    return a if a != a or a <= b else b


_EXTREMES: Final = (INT, LONG, DOUBLE, DECIMAL, FLOAT, SHORT, BYTE, UINT, ULONG, SBYTE, USHORT)
MATH: Final = TypeDef(
    "System.Math",
    (
        ("static double PI", "{c}", math.pi),
        ("static double E", "{c}", math.e),
        *((f"static {WORDS[k]} Max({WORDS[k]} val1, {WORDS[k]} val2)", _bigger) for k in _EXTREMES),
        *((f"static {WORDS[k]} Min({WORDS[k]} val1, {WORDS[k]} val2)", _smaller) for k in _EXTREMES),
        *((f"static {WORDS[k]} Abs({WORDS[k]} value)", _absolute(k)) for k in (INT, LONG, SHORT, SBYTE)),
        ("static double Abs(double value)", abs),
        ("static decimal Abs(decimal value)", abs),
        ("static float Abs(float value)", lambda v: n.Single(abs(v))),
        *((f"static int Sign({WORDS[k]} value)", _sign) for k in (INT, LONG, DOUBLE, DECIMAL, FLOAT)),
        ("static double Round(double a)", round_double),
        ("static double Round(double value, int digits)", round_double),
        ("static double Round(double value, MidpointRounding mode)", lambda v, m: round_double(v, 0, m)),
        ("static double Round(double value, int digits, MidpointRounding mode)", round_double),
        ("static decimal Round(decimal d)", _rounded_decimal),
        ("static decimal Round(decimal d, int decimals)", _rounded_decimal),
        ("static decimal Round(decimal d, MidpointRounding mode)", lambda v, m: _rounded_decimal(v, 0, m)),
        ("static decimal Round(decimal d, int decimals, MidpointRounding mode)", _rounded_decimal),
        ("static double Floor(double d)", lambda v: float(math.floor(v)) if math.isfinite(v) else v),
        ("static decimal Floor(decimal d)", _whole(ROUND_FLOOR)),
        ("static double Ceiling(double a)", lambda v: float(math.ceil(v)) if math.isfinite(v) else v),
        ("static decimal Ceiling(decimal d)", _whole(ROUND_CEILING)),
        ("static double Truncate(double d)", lambda v: float(math.trunc(v)) if math.isfinite(v) else v),
        ("static decimal Truncate(decimal d)", _whole(ROUND_DOWN)),
        ("static double Pow(double x, double y)", _safe(math.pow)),
        ("static double Sqrt(double d)", _safe(math.sqrt)),
        ("static double Exp(double d)", _safe(math.exp)),
        ("static double Log(double d)", _safe(_log)),
        ("static double Log(double a, double newBase)", _safe(_log)),
        ("static double Log10(double d)", _safe(lambda v: -math.inf if v == 0 else math.log10(v))),
        *(
            (f"static double {name}(double d)", _safe(f))
            for name, f in (
                ("Sin", math.sin),
                ("Cos", math.cos),
                ("Tan", math.tan),
                ("Asin", math.asin),
                ("Acos", math.acos),
                ("Atan", math.atan),
                ("Sinh", math.sinh),
                ("Cosh", math.cosh),
                ("Tanh", math.tanh),
            )
        ),
        ("static double Atan2(double y, double x)", math.atan2),
        ("static double IEEERemainder(double x, double y)", _safe(math.remainder)),
        ("static long BigMul(int a, int b)", lambda a, b: n.Int64(a * b)),
        ("static int DivRem(int a, int b, out int result)", lambda a, b: (n.divide(a, b), n.remainder(a, b))),
        (
            "static long DivRem(long a, long b, out long result)",
            lambda a, b: (n.Int64(n.divide(a, b)), n.Int64(n.remainder(a, b))),
        ),
    ),
    kind="static",
)

_SOURCES: Final = (
    "object",
    "string",
    "bool",
    "char",
    "byte",
    "sbyte",
    "short",
    "ushort",
    "int",
    "uint",
    "long",
    "ulong",
    "float",
    "double",
    "decimal",
    "DateTime",
)


def _conversions(name: str, word: str, form: Callable[[Any], Any]) -> tuple[tuple[Any, ...], ...]:
    rows: list[tuple[Any, ...]] = [(f"static {word} {name}({source} value)", form) for source in _SOURCES]
    rows.append((f"static {word} {name}(string value, IFormatProvider provider)", lambda v, _: form(v)))
    rows.append((f"static {word} {name}(object value, IFormatProvider provider)", lambda v, _: form(v)))
    return tuple(rows)


def _to(kind: Type) -> Callable[[Any], Any]:
    return lambda value: cv.to_integer(kind, value)


def _hex_convert(kind: Type) -> tuple[str, Any]:
    return f"static {WORDS[kind]} To{kind.short}(string value, int fromBase)", cv.from_base(kind)


CONVERT: Final = TypeDef(
    "System.Convert",
    (
        *(
            row
            for k in (INT, LONG, SHORT, BYTE, SBYTE, UINT, ULONG, USHORT)
            for row in _conversions(f"To{k.short}", WORDS[k], _to(k))
        ),
        *(_hex_convert(k) for k in (INT, LONG, SHORT, BYTE, SBYTE, UINT, ULONG, USHORT)),
        *_conversions("ToDouble", "double", cv.to_double),
        *_conversions("ToSingle", "float", cv.to_single),
        *_conversions("ToDecimal", "decimal", cv.to_decimal),
        *_conversions("ToBoolean", "bool", cv.to_bool),
        *_conversions("ToChar", "char", cv.to_char),
        *_conversions("ToDateTime", "DateTime", cv.to_date),
        *_conversions("ToString", "string", to_text),
        *((f"static string ToString({word} value, int toBase)", cv.to_base) for word in ("byte", "short", "int", "long")),
        ("static string ToBase64String(byte[] inArray)", encodings.base64_text),
        (
            "static string ToBase64String(byte[] inArray, int offset, int length)",
            lambda d, o, c: encodings.base64_text(d[o : o + c]),
        ),
        (
            "static string ToBase64String(byte[] inArray, Base64FormattingOptions options)",
            lambda d, o: "\r\n".join(t[i : i + 76] for i in range(0, len(t), 76)) if (t := encodings.base64_text(d)) and o else t,
        ),
        ("static byte[] FromBase64String(string s)", encodings.base64_bytes),
    ),
    kind="static",
)

_SIZES: Final = (
    ("bool", "<?"),
    ("char", "<H"),
    ("short", "<h"),
    ("ushort", "<H"),
    ("int", "<i"),
    ("uint", "<I"),
    ("long", "<q"),
    ("ulong", "<Q"),
    ("float", "<f"),
    ("double", "<d"),
)
_READS: Final = (
    ("short", "Int16", "<h", n.Int16),
    ("ushort", "UInt16", "<H", n.UInt16),
    ("int", "Int32", "<i", int),
    ("uint", "UInt32", "<I", n.UInt32),
    ("long", "Int64", "<q", n.Int64),
    ("ulong", "UInt64", "<Q", n.UInt64),
    ("float", "Single", "<f", n.Single),
    ("double", "Double", "<d", float),
    ("bool", "Boolean", "<?", bool),
    ("char", "Char", "<H", lambda v: n.Char(chr(v))),
)
BITS: Final = TypeDef(
    "System.BitConverter",
    (
        ("static bool IsLittleEndian", "{c}", True),
        ("static string ToString(byte[] value)", cv.hex_text),
        ("static string ToString(byte[] value, int startIndex)", cv.hex_text),
        ("static string ToString(byte[] value, int startIndex, int length)", cv.hex_text),
        *((f"static byte[] GetBytes({word} value)", cv.write_bytes(form)) for word, form in _SIZES),
        *(
            (f"static {word} To{name}(byte[] value, int startIndex)", cv.read_bytes(form, make))
            for word, name, form, make in _READS
        ),
        ("static long DoubleToInt64Bits(double value)", lambda v: cv.read_bytes("<q", n.Int64)(cv.write_bytes("<d")(v), 0)),
        ("static double Int64BitsToDouble(long value)", lambda v: cv.read_bytes("<d", float)(cv.write_bytes("<q")(v), 0)),
    ),
    kind="static",
)

RANDOM: Final = TypeDef(
    "System.Random",
    (
        ("ctx new()", lambda c: Random(c.seed())),
        ("new(int Seed)", Random),
        ("int Next()", Random.next),
        ("int Next(int maxValue)", Random.below),
        ("int Next(int minValue, int maxValue)", Random.between),
        ("double NextDouble()", Random.double),
        ("void NextBytes(byte[] buffer)", Random.fill),
    ),
)

ENUM: Final = TypeDef(
    "System.Enum",
    (
        ("string ToString()", to_text),
        ("string ToString(string format)", enum_text),
        ("bool HasFlag(Enum flag)", lambda a, b: int(a) & int(b) == int(b)),
        ("int CompareTo(object target)", lambda a, b: (int(a) > int(b)) - (int(a) < int(b))),
    ),
)

TYPES: Final = (
    *(_integer(k) for k in (INT, LONG, SHORT, BYTE, SBYTE, UINT, ULONG, USHORT)),
    _floating(DOUBLE, float, 1.7976931348623157e308, 5e-324),
    _floating(FLOAT, n.Single, 3.4028234663852886e38, 1.401298464324817e-45),
    DECIMAL_TYPE,
    BOOLEAN,
    NULLABLE,
    MATH,
    CONVERT,
    BITS,
    RANDOM,
    ENUM,
    TypeDef("System.MidpointRounding", kind="enum", values=(("ToEven", 0), ("AwayFromZero", 1))),
    TypeDef("System.Base64FormattingOptions", kind="enum", values=(("None", 0), ("InsertLineBreaks", 1))),
    TypeDef(
        "System.Globalization.NumberStyles",
        kind="enum",
        flags=True,
        values=(
            ("None", 0),
            ("AllowLeadingWhite", 1),
            ("AllowTrailingWhite", 2),
            ("AllowLeadingSign", 4),
            ("Integer", 7),
            ("AllowTrailingSign", 8),
            ("AllowParentheses", 16),
            ("AllowDecimalPoint", 32),
            ("AllowThousands", 64),
            ("Number", 111),
            ("AllowExponent", 128),
            ("Float", 167),
            ("AllowCurrencySymbol", 256),
            ("Currency", 383),
            ("Any", 511),
            ("AllowHexSpecifier", 512),
            ("HexNumber", 515),
        ),
    ),
)
