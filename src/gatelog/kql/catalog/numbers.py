"""Mathematical functions, binning and bits."""

from __future__ import annotations

import math
from typing import Any

from gatelog.kql.catalog.rows import Emit, Fragment, Function, signature
from gatelog.kql.catalog.shorthand import BOOL, DATETIME, LONG, REAL, STRING, TIMESPAN, constant, real_kernel, scalar, shows
from gatelog.kql.kernels import numerics
from gatelog.schema.types import KqlType

_EPOCH_US = 62_135_596_800_000_000
"""Microseconds from 0001-01-01, where bins start, to 1970-01-01."""
_NAN = "CAST('NaN' AS DOUBLE)"


def _bin_number(emit: Emit, value: Fragment, size: Fragment) -> str:
    value, size = emit.convert(value, emit.result), emit.convert(size, emit.result)
    v, s = value.text, size.text
    if emit.result in (KqlType.REAL, KqlType.DECIMAL):
        floored = f"(floor({v} / {s}) * {s})"
        if emit.result is KqlType.DECIMAL:
            floored = (
                f"CAST(floor(CAST({v} AS DOUBLE) / CAST({s} AS DOUBLE)) * {s} AS DECIMAL(38,18))"
                if emit.dialect == "duckdb"
                else floored
            )
    else:
        floored = f"({v} - ((({v} % {s}) + {s}) % {s}))"
    known = isinstance(size.value, int | float) and size.value > 0
    return floored if known else _when(emit, f"{s} > 0", floored)


def _when(emit: Emit, condition: str, value: str) -> str:
    return f"(CASE WHEN {condition} THEN {value} END)" if emit.dialect == "duckdb" else f"if({condition}, {value}, NULL)"


def _bin_timespan(emit: Emit, value: Fragment, size: Fragment) -> str:
    v, s = value.text, size.text
    floored = f"({v} - ((({v} % {s}) + {s}) % {s}))"
    return floored if isinstance(size.value, int) and size.value > 0 else _when(emit, f"{s} > 0", floored)


def _bin_datetime(emit: Emit, value: Fragment, size: Fragment) -> str:
    v = value.text
    if isinstance(size.value, int) and size.value > 0:
        if size.value < 10:
            return v
        if size.value % 10:
            raise emit.refuse("bin() of a datetime needs a bin of whole microseconds")
        s = str(size.value // 10)
        if emit.dialect == "duckdb":
            return f"make_timestamp(epoch_us({v}) - ((epoch_us({v}) + {_EPOCH_US}) % {s}))"
        micros = f"toUnixTimestamp64Micro({v})"
        return f"fromUnixTimestamp64Micro({micros} - (({micros} + {_EPOCH_US}) % {s}), 'UTC')"
    if emit.dialect != "duckdb":
        raise emit.refuse("bin() of a datetime needs a constant bin on this engine")
    floored = f"epoch_us({v}) - ((epoch_us({v}) + {_EPOCH_US}) % ({size.text} // 10))"
    return f"(CASE WHEN {size.text} > 9 THEN make_timestamp({floored}) END)"


def _fold_bin(value: Any, size: Any) -> int | float | None:
    """A bin of constants; datetimes and timespans are ticks."""
    if not isinstance(value, int | float) or not isinstance(size, int | float) or size <= 0:
        return None
    if isinstance(value, int) and isinstance(size, int):
        return value - value % size
    return math.floor(value / size) * float(size)


def _bin_at_number(emit: Emit, value: Fragment, size: Fragment, fixed: Fragment) -> str:
    v, s, f = (emit.convert(one, emit.result).text for one in (value, size, fixed))
    if emit.result in (KqlType.REAL, KqlType.DECIMAL):
        return f"(CASE WHEN {s} > 0 THEN floor(({v} - {f}) / {s}) * {s} + {f} END)"
    return f"(CASE WHEN {s} > 0 THEN {v} - (((({v} - {f}) % {s}) + {s}) % {s}) END)"


def _bin_at_timespan(emit: Emit, value: Fragment, size: Fragment, fixed: Fragment) -> str:
    v, s, f = value.text, size.text, fixed.text
    return f"(CASE WHEN {s} > 0 THEN {v} - (((({v} - {f}) % {s}) + {s}) % {s}) END)"


def _bin_at_datetime(emit: Emit, value: Fragment, size: Fragment, fixed: Fragment) -> str:
    v, s, f = f"epoch_us({value.text})", f"({size.text} // 10)", f"epoch_us({fixed.text})"
    return f"(CASE WHEN {s} > 0 THEN make_timestamp({v} - (((({v} - {f}) % {s}) + {s}) % {s})) END)"


def _round(emit: Emit, value: Fragment, precision: Fragment | None = None) -> str:
    digits = constant(precision, 0)
    if not isinstance(digits, int):
        raise emit.refuse("round() needs a constant precision")
    if emit.dialect == "duckdb":
        rounded = f"round({value.text}, {digits})" if digits else f"round({value.text})"
        return {
            KqlType.INT: f"CAST({rounded} AS INTEGER)",
            KqlType.LONG: f"CAST({rounded} AS BIGINT)",
            KqlType.DECIMAL: f"CAST({rounded} AS DECIMAL(38,18))",
        }.get(value.type, rounded)
    if value.type in (KqlType.INT, KqlType.LONG) and digits >= 0:
        return value.text
    if value.type is KqlType.REAL and digits >= 0:
        scale = f"{10.0**digits!r}"
        return f"(sign({value.text}) * floor(abs({value.text}) * {scale} + 0.5) / {scale})"
    raise emit.refuse("round() of this type is not supported on this engine")


def _ceiling(emit: Emit, value: Fragment) -> str:
    if value.type in (KqlType.INT, KqlType.LONG):
        return value.text
    return f"CAST(ceil({value.text}) AS DECIMAL(38,18))" if value.type is KqlType.DECIMAL else f"ceil({value.text})"


def _abs(emit: Emit, value: Fragment) -> str:
    wide = "BIGINT" if emit.dialect == "duckdb" else "Nullable(Int64)"
    return f"abs(CAST({value.text} AS {wide}))" if value.type in (KqlType.INT, KqlType.LONG) else f"abs({value.text})"


def _rand(emit: Emit, limit: Fragment | None = None) -> str:
    if limit is None or (isinstance(limit.value, int) and limit.value <= 1):
        return "random()" if emit.dialect == "duckdb" else "(rand64() / 18446744073709551616.)"
    return f"floor(random() * {limit.text})"


def _tohex(emit: Emit, value: Fragment, length: Fragment | None = None) -> str:
    if value.type not in (KqlType.INT, KqlType.LONG):
        raise emit.refuse("tohex() takes an int or a long")
    bits = f"(CAST({value.text} AS BIGINT) & 4294967295)" if value.type is KqlType.INT else value.text
    digits = f"lower(hex({bits}))"
    if length is None:
        return digits
    size = f"CAST(least(greatest({length.text}, 0), 1024) AS INTEGER)"
    return f"(CASE WHEN length({digits}) >= {size} THEN {digits} ELSE lpad({digits}, {size}, '0') END)"


def _real(
    name: str, doc: str, duckdb: str, clickhouse: str | None, expression: str, value: float | None, **more: Any
) -> Function:
    """A function from one real to a real."""
    return scalar(name, "value:real", REAL, doc, duckdb, clickhouse, examples=(shows(expression, value),), **more)


FUNCTIONS: tuple[Function, ...] = (
    scalar(
        "bin",
        (
            signature("value:number size:number", "widest", _bin_number, _bin_number),
            signature("value:timespan size:timespan", TIMESPAN, _bin_timespan, _bin_timespan),
            signature("value:datetime size:timespan", DATETIME, _bin_datetime, _bin_datetime),
        ),
        LONG,
        "The value rounded down to a multiple of a bin; datetimes are counted from 0001-01-01.",
        aliases=("floor",),
        fold=_fold_bin,
        naming="through",
        nulls="maybe",
        examples=(
            shows("bin(4.5, 1), bin(-7, 5), bin(7, 0)", 4.0, -10, None),
            shows("bin(time(16d), 7d), bin(datetime(1970-05-11 13:45:07), 1d)", "14.00:00:00", "1970-05-11T00:00:00.0000000Z"),
            shows("bin(datetime(1970-05-11 13:45:07), 7d), floor(2.7, 0.5)", "1970-05-11T00:00:00.0000000Z", 2.5),
        ),
    ),
    scalar(
        "bin_at",
        (
            signature("value:number size:number fixed:number", "widest", _bin_at_number),
            signature("value:timespan size:timespan fixed:timespan", TIMESPAN, _bin_at_timespan),
            signature("value:datetime size:timespan fixed:datetime", DATETIME, _bin_at_datetime),
        ),
        LONG,
        "The value rounded down to a bin that is aligned to a fixed point.",
        naming="through",
        nulls="maybe",
        examples=(
            shows("bin_at(6.5, 2.5, 7), bin_at(time(1h), 1d, 12h)", 4.5, "-12:00:00"),
            shows("bin_at(datetime(2017-05-15 10:20:00.0), 1d, datetime(1970-01-01 12:00:00.0))", "2017-05-14T12:00:00.0000000Z"),
            shows("bin_at(datetime(2017-05-17 10:20:00.0), 7d, datetime(2017-06-04 00:00:00.0))", "2017-05-14T00:00:00.0000000Z"),
        ),
    ),
    scalar(
        "round",
        "value:number precision:!long?",
        "arg0",
        "The number rounded to digits after (or, negative, before) the point; halves go away from zero.",
        _round,
        _round,
        naming="through",
        examples=(
            shows(
                "round(2.98765, 3), round(2.15, 1), round(2.15), round(-50.55, -2), round(21.5, -1)",
                2.988,
                2.2,
                2.0,
                -100.0,
                20.0,
            ),
        ),
    ),
    scalar(
        "ceiling",
        "value:number",
        "arg0",
        "The smallest whole number that is not smaller.",
        _ceiling,
        _ceiling,
        naming="through",
        examples=(shows("ceiling(-1.1), ceiling(0.9), ceiling(5)", -1.0, 1.0, 5),),
    ),
    scalar(
        "abs",
        (
            signature(
                "value:number",
                lambda operands: LONG if operands[0].type in (KqlType.INT, KqlType.LONG) else operands[0].type,
                _abs,
                _abs,
            ),
            signature("value:timespan", TIMESPAN, "abs({0})", "abs({0})"),
        ),
        LONG,
        "The absolute value.",
        naming="through",
        examples=(shows("abs(-5), abs(-2.5), abs(-1h)", 5, 2.5, "01:00:00"),),
    ),
    scalar(
        "sign",
        "value:real",
        REAL,
        "-1, 0 or 1.",
        "CAST(sign({0}) AS DOUBLE)",
        "toFloat64(sign({0}))",
        examples=(shows("sign(-42), sign(0), sign(11.2)", -1.0, 0.0, 1.0),),
    ),
    scalar(
        "pow",
        "base:real exponent:real",
        REAL,
        "A power.",
        "pow({0}, {1})",
        "pow({0}, {1})",
        naming="through",
        examples=(shows("pow(2, 3)", 8.0),),
    ),
    _real(
        "sqrt",
        "Square root; NaN for a negative number.",
        f"(CASE WHEN {{0}} < 0 THEN {_NAN} ELSE sqrt({{0}}) END)",
        "sqrt({0})",
        "sqrt(9)",
        3.0,
        naming="through",
    ),
    _real(
        "log",
        "Natural logarithm; null unless positive.",
        "(CASE WHEN {0} > 0 THEN ln({0}) END)",
        "if({0} > 0, log({0}), NULL)",
        "log(1)",
        0.0,
        naming="through",
        nulls="maybe",
    ),
    _real(
        "log2",
        "Logarithm to base 2; null unless positive.",
        "(CASE WHEN {0} > 0 THEN log2({0}) END)",
        "if({0} > 0, log2({0}), NULL)",
        "log2(8)",
        3.0,
        naming="through",
        nulls="maybe",
    ),
    _real(
        "log10",
        "Logarithm to base 10; null unless positive.",
        "(CASE WHEN {0} > 0 THEN log10({0}) END)",
        "if({0} > 0, log10({0}), NULL)",
        "log10(100)",
        2.0,
        naming="through",
        nulls="maybe",
    ),
    _real("exp", "e to a power.", "exp({0})", "exp({0})", "exp(0)", 1.0, naming="through"),
    _real("exp2", "2 to a power.", "pow(2, {0})", "exp2({0})", "exp2(3)", 8.0, naming="through"),
    _real("exp10", "10 to a power.", "pow(10, {0})", "exp10({0})", "exp10(3)", 1000.0, naming="through"),
    scalar("pi", "", REAL, "The number pi.", "pi()", "pi()", examples=(shows("round(pi(), 5)", 3.14159),), nulls="never"),
    _real(
        "sin",
        "Sine.",
        f"(CASE WHEN isfinite({{0}}) THEN sin({{0}}) WHEN {{0}} IS NOT NULL THEN {_NAN} END)",
        "sin({0})",
        "sin(0)",
        0.0,
        naming="through",
    ),
    _real(
        "cos",
        "Cosine.",
        f"(CASE WHEN isfinite({{0}}) THEN cos({{0}}) WHEN {{0}} IS NOT NULL THEN {_NAN} END)",
        "cos({0})",
        "cos(0)",
        1.0,
        naming="through",
    ),
    _real(
        "tan",
        "Tangent.",
        f"(CASE WHEN isfinite({{0}}) THEN tan({{0}}) WHEN {{0}} IS NOT NULL THEN {_NAN} END)",
        "tan({0})",
        "tan(0)",
        0.0,
        naming="through",
    ),
    _real(
        "cot",
        "Cotangent.",
        f"(CASE WHEN isfinite({{0}}) THEN 1 / tan({{0}}) WHEN {{0}} IS NOT NULL THEN {_NAN} END)",
        "(1 / tan({0}))",
        "round(cot(1), 6)",
        0.642093,
    ),
    _real(
        "asin",
        "Inverse sine; null outside [-1, 1].",
        "(CASE WHEN abs({0}) <= 1 THEN asin({0}) END)",
        "if(abs({0}) <= 1, asin({0}), NULL)",
        "asin(0)",
        0.0,
        naming="through",
        nulls="maybe",
    ),
    _real(
        "acos",
        "Inverse cosine; null outside [-1, 1].",
        "(CASE WHEN abs({0}) <= 1 THEN acos({0}) END)",
        "if(abs({0}) <= 1, acos({0}), NULL)",
        "acos(1)",
        0.0,
        naming="through",
        nulls="maybe",
    ),
    _real("atan", "Inverse tangent.", "atan({0})", "atan({0})", "atan(0)", 0.0, naming="through"),
    scalar(
        "atan2",
        "y:real x:real",
        REAL,
        "The angle of a point.",
        "atan2({0}, {1})",
        "atan2({0}, {1})",
        naming="through",
        examples=(shows("round(atan2(1, 1), 6)", 0.785398),),
    ),
    _real("degrees", "Radians in degrees.", "degrees({0})", "degrees({0})", "degrees(0)", 0.0),
    _real("radians", "Degrees in radians.", "radians({0})", "radians({0})", "round(radians(180), 6)", 3.141593),
    scalar(
        "gamma",
        "value:real",
        REAL,
        "The gamma function.",
        real_kernel("gamma", numerics.gamma, "DOUBLE"),
        naming="through",
        examples=(shows("gamma(5)", 24.0),),
    ),
    scalar(
        "loggamma",
        "value:real",
        REAL,
        "Logarithm of the gamma function.",
        real_kernel("loggamma", numerics.log_gamma, "DOUBLE"),
        naming="through",
        examples=(shows("round(loggamma(5), 6)", 3.178054),),
    ),
    scalar(
        "erf",
        "value:real",
        REAL,
        "The error function.",
        real_kernel("erf", numerics.erf, "DOUBLE"),
        naming="through",
        examples=(shows("erf(0)", 0.0),),
    ),
    scalar(
        "erfc",
        "value:real",
        REAL,
        "The complementary error function.",
        real_kernel("erfc", numerics.erfc, "DOUBLE"),
        naming="through",
        examples=(shows("erfc(0)", 1.0),),
    ),
    scalar(
        "beta_cdf",
        "x:real alpha:real beta:real",
        REAL,
        "Cumulative beta distribution.",
        real_kernel("beta_cdf", numerics.beta_cdf, "DOUBLE", "DOUBLE", "DOUBLE"),
        nulls="maybe",
        examples=(shows("round(beta_cdf(0.5, 10, 20), 6)", 0.969286),),
    ),
    scalar(
        "beta_pdf",
        "x:real alpha:real beta:real",
        REAL,
        "Density of the beta distribution.",
        real_kernel("beta_pdf", numerics.beta_pdf, "DOUBLE", "DOUBLE", "DOUBLE"),
        nulls="maybe",
        examples=(shows("round(beta_pdf(0.5, 10, 20), 6)", 0.746176),),
    ),
    scalar(
        "beta_inv",
        "probability:real alpha:real beta:real",
        REAL,
        "Inverse of the cumulative beta distribution.",
        real_kernel("beta_inv", numerics.beta_inv, "DOUBLE", "DOUBLE", "DOUBLE"),
        nulls="maybe",
        examples=(shows("round(beta_inv(0.1, 10, 20), 6)", 0.226415),),
    ),
    scalar(
        "welch_test",
        "mean1:real variance1:real count1:real mean2:real variance2:real count2:real",
        REAL,
        "p-value of Welch's t-test.",
        real_kernel("welch_test", numerics.welch_test, "DOUBLE", "DOUBLE", "DOUBLE", "DOUBLE", "DOUBLE", "DOUBLE"),
        nulls="maybe",
        examples=(shows("welch_test(10, 2, 20, 10, 2, 20)", 1.0),),
    ),
    scalar(
        "rand",
        "limit:long?",
        REAL,
        "A random number in [0, 1), or a whole one below the limit.",
        _rand,
        naming="through",
        nulls="maybe",
        deterministic=False,
        examples=(shows("rand() < 1, rand(1000) < 1000", True, True),),
    ),
    scalar(
        "isnan",
        "value:real",
        BOOL,
        "Whether the number is NaN.",
        "coalesce(isnan({0}), false)",
        "ifNull(isNaN({0}), 0)",
        nulls="never",
        examples=(shows("isnan(0.0/0.0), isnan(1.0), isnan(real(null))", True, False, False),),
    ),
    scalar(
        "isinf",
        "value:real",
        BOOL,
        "Whether the number is infinite.",
        "coalesce(isinf({0}), false)",
        "ifNull(isInfinite({0}), 0)",
        nulls="never",
        examples=(shows("isinf(1.0/0.0), isinf(1.0)", True, False),),
    ),
    scalar(
        "isfinite",
        "value:real",
        BOOL,
        "Whether the number is neither infinite nor NaN.",
        "coalesce(isfinite({0}), false)",
        "ifNull(isFinite({0}), 0)",
        nulls="never",
        examples=(shows("isfinite(1.0/0.0), isfinite(1.0)", False, True),),
    ),
    scalar(
        "binary_and",
        "left:long right:long",
        LONG,
        "Bitwise and.",
        "({0} & {1})",
        "bitAnd({0}, {1})",
        naming="through",
        examples=(shows("binary_and(12, 10)", 8),),
    ),
    scalar(
        "binary_or",
        "left:long right:long",
        LONG,
        "Bitwise or.",
        "({0} | {1})",
        "bitOr({0}, {1})",
        naming="through",
        examples=(shows("binary_or(12, 10)", 14),),
    ),
    scalar(
        "binary_xor",
        "left:long right:long",
        LONG,
        "Bitwise exclusive or.",
        "xor({0}, {1})",
        "bitXor({0}, {1})",
        naming="through",
        examples=(shows("binary_xor(12, 10)", 6),),
    ),
    scalar(
        "binary_not",
        "value:long",
        LONG,
        "Bitwise not.",
        "(~{0})",
        "bitNot({0})",
        naming="through",
        examples=(shows("binary_not(1)", -2),),
    ),
    scalar(
        "binary_shift_left",
        "value:long bits:long",
        LONG,
        "Bits moved to the left.",
        python=numerics.shift_left,
        naming="through",
        nulls="maybe",
        examples=(shows("binary_shift_left(1, 2), binary_shift_left(1, 64), binary_shift_left(1, -1)", 4, 1, None),),
    ),
    scalar(
        "binary_shift_right",
        "value:long bits:long",
        LONG,
        "Bits moved to the right.",
        python=numerics.shift_right,
        naming="through",
        nulls="maybe",
        examples=(shows("binary_shift_right(4, 1), binary_shift_right(1, 64)", 2, 1),),
    ),
    scalar(
        "bitset_count_ones",
        "value:long",
        LONG,
        "Number of bits that are 1.",
        "CAST(bit_count({0}) AS BIGINT)",
        "toInt64(bitCount({0}))",
        naming="through",
        examples=(shows("bitset_count_ones(42)", 3),),
    ),
    scalar(
        "tohex",
        "value:number length:long?",
        STRING,
        "The whole number in hexadecimal digits, filled up with zeros.",
        _tohex,
        naming="through",
        examples=(
            shows(
                "tohex(256), tohex(-256), tohex(toint(-256), 8), tohex(256, 8)", "100", "ffffffffffffff00", "ffffff00", "00000100"
            ),
        ),
    ),
    scalar(
        "format_bytes",
        "size:real precision:!long? units:!string?",
        STRING,
        "A number of bytes in a unit that people read.",
        python=numerics.format_bytes,
        naming="through",
        examples=(
            shows(
                "format_bytes(564), format_bytes(10332, 1), format_bytes(20010332), format_bytes(20010332, 2), "
                "format_bytes(20010332, 0, 'KB')",
                "564 Bytes",
                "10.1 KB",
                "19 MB",
                "19.08 MB",
                "19541 KB",
            ),
        ),
    ),
    scalar(
        "new_guid",
        "",
        KqlType.GUID,
        "A random GUID.",
        "CAST(uuid() AS VARCHAR)",
        "toString(generateUUIDv4())",
        nulls="never",
        deterministic=False,
        examples=(shows("strlen(tostring(new_guid()))", 36),),
    ),
)
