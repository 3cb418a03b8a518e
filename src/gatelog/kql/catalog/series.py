"""Functions over series: dynamic arrays of numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from gatelog.kql.catalog.rows import Emit, Fragment, Function
from gatelog.kql.catalog.shorthand import DYNAMIC, LONG, REAL, as_json, gives, real_kernel, scalar, shows
from gatelog.kql.kernels import decompose, filling, regression, series

_LINE = (
    ("rsquare", REAL),
    ("slope", REAL),
    ("variance", REAL),
    ("rvariance", REAL),
    ("interception", REAL),
    ("line_fit", DYNAMIC),
)
_SIDE = ("rsquare", "slope", "interception", "variance", "rvariance")
_TWO_LINES = (
    ("rsquare", REAL),
    ("split_idx", LONG),
    ("variance", REAL),
    ("rvariance", REAL),
    ("line_fit", DYNAMIC),
    *((f"{side}_{name}", REAL) for side in ("right", "left") for name in _SIDE),
)
_STATS = (("min", REAL), ("min_idx", LONG), ("max", REAL), ("max_idx", LONG), ("avg", REAL), ("stdev", REAL), ("variance", REAL))
_PARTS = (("baseline", DYNAMIC), ("seasonal", DYNAMIC), ("trend", DYNAMIC), ("residual", DYNAMIC))


def _each(name: str, doc: str, apply: Callable[[float], float], given: str, expected: str) -> Function:
    return scalar(
        f"series_{name}",
        "series:dynamic",
        DYNAMIC,
        f"{doc} of each item.",
        python=series.each(apply),
        nulls="maybe",
        examples=(shows(f"series_{name}(dynamic({given}))", expected),),
    )


def _pair(name: str, doc: str, run: Callable[..., Any], one: str, other: str, expected: str) -> Function:
    def render(emit: Emit, left: Fragment, right: Fragment) -> str:
        return emit.python(
            f"kql_series_{name}", run, ["VARCHAR", "VARCHAR"], "VARCHAR", as_json(emit, left), as_json(emit, right)
        )

    return scalar(
        f"series_{name}",
        "one:any other:any",
        DYNAMIC,
        doc,
        render,
        nulls="maybe",
        examples=(shows(f"series_{name}({one}, {other})", expected),),
    )


_dot_product = real_kernel("series_dot_product", series.dot_product, "VARCHAR", "VARCHAR")


def _dot(emit: Emit, left: Fragment, right: Fragment) -> str:
    sides = [Fragment(as_json(emit, one), DYNAMIC) for one in (left, right)]
    return _dot_product(emit, *sides)


def _fill_const(emit: Emit, items: Fragment, value: Fragment | None = None, placeholder: Fragment | None = None) -> str:
    filler = "'0'" if value is None else as_json(emit, value)
    gap = "NULL" if placeholder is None else placeholder.text
    types = ["VARCHAR", "VARCHAR", "DOUBLE"]
    return emit.python("kql_series_fill_const", filling.constant, types, "VARCHAR", items.text, filler, gap)


def _shown(expression: str, *values: Any) -> tuple[Any, ...]:
    return (shows(expression, *values),)


def _log(value: float) -> float:
    return math.log(value) if value > 0 else (-math.inf if value == 0 else math.nan)


_WEEK = "dynamic([1, 2, 3, 10, 1, 2, 3, 10, 1, 2, 3, 10, 1, 2, 3, 10])"

FUNCTIONS: tuple[Function, ...] = (
    _pair("add", "Sums, item by item.", series.add, "dynamic([1, 2, 4])", "dynamic([4, 2, 1])", "[5,4,5]"),
    _pair("subtract", "Differences, item by item.", series.subtract, "dynamic([1, 2, 4])", "1", "[0,1,3]"),
    _pair("multiply", "Products, item by item.", series.multiply, "dynamic([1, 2, 4])", "dynamic([4, 2, 1])", "[4,4,4]"),
    _pair(
        "divide",
        "Quotients, item by item, as reals.",
        series.quotient,
        "dynamic([1, 2, 4])",
        "dynamic([4, 2, 1])",
        "[0.25,1.0,4.0]",
    ),
    _pair("pow", "Powers, item by item, as reals.", series.raised, "dynamic([1, 2, 3, 4])", "2", "[1.0,4.0,9.0,16.0]"),
    _pair("less", "Whether items are smaller.", series.less, "dynamic([1, 2, 4])", "dynamic([4, 2, 1])", "[true,false,false]"),
    _pair(
        "less_equals",
        "Whether items are not larger.",
        series.less_equals,
        "dynamic([1, 2, 4])",
        "dynamic([4, 2, 1])",
        "[true,true,false]",
    ),
    _pair(
        "greater", "Whether items are larger.", series.greater, "dynamic([1, 2, 4])", "dynamic([4, 2, 1])", "[false,false,true]"
    ),
    _pair(
        "greater_equals",
        "Whether items are not smaller.",
        series.greater_equals,
        "dynamic([1, 2, 4])",
        "dynamic([4, 2, 1])",
        "[false,true,true]",
    ),
    _pair("equals", "Whether items are equal.", series.equals, "dynamic([1, 2, 4])", "dynamic([4, 2, 1])", "[false,true,false]"),
    _pair(
        "not_equals", "Whether items differ.", series.not_equals, "dynamic([1, 2, 4])", "dynamic([4, 2, 1])", "[true,false,true]"
    ),
    _each("abs", "Absolute value", abs, "[-6.5, 0, 8.2]", "[6.5,0,8.2]"),
    _each("sign", "Sign", series.sign, "[-6, 0, 8]", "[-1,0,1]"),
    _each("floor", "Largest whole number below", series.floor, "[-1.5, 1, 2.5]", "[-2.0,1.0,2.0]"),
    _each("ceiling", "Smallest whole number above", series.ceiling, "[-1.5, 1, 2.5]", "[-1.0,1.0,3.0]"),
    _each("exp", "e to the power", math.exp, "[0]", "[1.0]"),
    _each("log", "Natural logarithm", _log, "[1]", "[0.0]"),
    _each("sin", "Sine", math.sin, "[0]", "[0.0]"),
    _each("cos", "Cosine", math.cos, "[0]", "[1.0]"),
    _each("tan", "Tangent", math.tan, "[0]", "[0.0]"),
    _each("asin", "Inverse sine", math.asin, "[0, 2]", '[0.0,"NaN"]'),
    _each("acos", "Inverse cosine", math.acos, "[1]", "[0.0]"),
    _each("atan", "Inverse tangent", math.atan, "[0]", "[0.0]"),
    scalar(
        "series_sum",
        "series:dynamic",
        REAL,
        "The sum of the items.",
        real_kernel("series_sum", series.total, "VARCHAR"),
        nulls="maybe",
        examples=_shown("series_sum(dynamic([1, 2, 3, 4]))", 10.0),
    ),
    scalar(
        "series_product",
        "series:dynamic",
        REAL,
        "The product of the items.",
        real_kernel("series_product", series.product, "VARCHAR"),
        nulls="maybe",
        examples=_shown("series_product(dynamic([1, 2, 3, 4]))", 24.0),
    ),
    scalar(
        "series_magnitude",
        "series:dynamic",
        REAL,
        "The length of the vector.",
        real_kernel("series_magnitude", series.magnitude, "VARCHAR"),
        nulls="maybe",
        examples=_shown("series_magnitude(dynamic([3, 4]))", 5.0),
    ),
    scalar(
        "series_dot_product",
        "one:any other:any",
        REAL,
        "The dot product of two vectors.",
        _dot,
        nulls="maybe",
        examples=_shown("series_dot_product(dynamic([1, 2, 3]), dynamic([4, 5, 6]))", 32.0),
    ),
    scalar(
        "series_cosine_similarity",
        "one:dynamic other:dynamic one_length:real? other_length:real?",
        REAL,
        "The cosine of the angle between two vectors.",
        real_kernel("series_cosine_similarity", series.cosine_similarity, "VARCHAR", "VARCHAR", "DOUBLE", "DOUBLE"),
        nulls="maybe",
        examples=_shown("series_cosine_similarity(dynamic([1, 0]), dynamic([1, 0]))", 1.0),
    ),
    scalar(
        "series_pearson_correlation",
        "one:dynamic other:dynamic",
        REAL,
        "The correlation coefficient of two series.",
        real_kernel("series_pearson_correlation", series.pearson, "VARCHAR", "VARCHAR"),
        nulls="maybe",
        examples=_shown("series_pearson_correlation(dynamic([1, 2, 3]), dynamic([2, 4, 6]))", 1.0),
    ),
    scalar(
        "series_fir",
        "series:dynamic filter:dynamic normalize:bool? center:bool?",
        DYNAMIC,
        "A finite impulse response filter, such as a moving average.",
        python=series.fir,
        naming="through",
        nulls="maybe",
        examples=_shown(
            "series_fir(dynamic([0, 0, 10, 0, 0]), dynamic([1, 1])), series_fir(dynamic([1, 3, 6]), dynamic([1, -1]), false)",
            "[0.0,0.0,5.0,5.0,0.0]",
            "[1.0,2.0,3.0]",
        ),
    ),
    scalar(
        "series_iir",
        "series:dynamic numerators:dynamic denominators:dynamic",
        DYNAMIC,
        "An infinite impulse response filter.",
        python=series.iir,
        naming="through",
        nulls="maybe",
        examples=_shown("series_iir(dynamic([1, 2, 3, 4]), dynamic([1]), dynamic([1, -1]))", "[1.0,3.0,6.0,10.0]"),
    ),
    scalar(
        "series_fft",
        "series:dynamic imaginary:dynamic?",
        DYNAMIC,
        "The fast Fourier transform.",
        python=series.fft,
        nulls="maybe",
        columns=(("real", DYNAMIC), ("imag", DYNAMIC)),
        examples=(gives("print s = dynamic([1, 1]) | project (r, i) = series_fft(s)", ("[2.0,0.0]", "[0.0,0.0]")),),
    ),
    scalar(
        "series_ifft",
        "series:dynamic imaginary:dynamic?",
        DYNAMIC,
        "The inverse fast Fourier transform.",
        python=series.ifft,
        nulls="maybe",
        columns=(("real", DYNAMIC), ("imag", DYNAMIC)),
        examples=(gives("print s = dynamic([2, 0]) | project (r, i) = series_ifft(s)", ("[1.0,1.0]", "[0.0,0.0]")),),
    ),
    scalar(
        "series_fill_forward",
        "series:dynamic placeholder:real?",
        DYNAMIC,
        "Gaps get the value before them.",
        python=filling.forward,
        naming="through",
        nulls="maybe",
        examples=_shown("series_fill_forward(dynamic([null, 1, null, 3]))", "[null,1,1,3]"),
    ),
    scalar(
        "series_fill_backward",
        "series:dynamic placeholder:real?",
        DYNAMIC,
        "Gaps get the value after them.",
        python=filling.backward,
        naming="through",
        nulls="maybe",
        examples=_shown("series_fill_backward(dynamic([null, 1, null, 3, null]))", "[1,1,3,3,null]"),
    ),
    scalar(
        "series_fill_const",
        "series:dynamic value:any? placeholder:real?",
        DYNAMIC,
        "Gaps get a constant.",
        _fill_const,
        naming="through",
        nulls="maybe",
        examples=_shown("series_fill_const(dynamic([null, 111, null, 36]), 0)", "[0,111,0,36]"),
    ),
    scalar(
        "series_fill_linear",
        "series:dynamic placeholder:real? edges:bool? value:real?",
        DYNAMIC,
        "Gaps lie on the line between their neighbours.",
        python=filling.linear,
        naming="through",
        nulls="maybe",
        examples=_shown(
            "series_fill_linear(dynamic([null, 111, null, 36, 41, null, null, 16, 61, 33, null, null])), "
            "series_fill_linear(dynamic([null, 1.0, null, 2.0]), double(null), false)",
            "[111,111,73,36,41,32,24,16,61,33,33,33]",
            "[null,1.0,1.5,2.0]",
        ),
    ),
    scalar(
        "series_stats",
        "series:dynamic ignore_nonfinite:bool?",
        DYNAMIC,
        "Statistics of a series.",
        python=regression.stats_columns,
        nulls="maybe",
        columns=_STATS,
        examples=(
            gives(
                "print x = dynamic([23, 46, 23, 87, 4, 8, 3, 75, 2, 56, 13, 75, 32, 16, 29]) | project (a, b, c, "
                "d) = series_stats(x) | project a, b, c, d",
                (2.0, 8, 87.0, 3),
            ),
        ),
    ),
    scalar(
        "series_stats_dynamic",
        "series:dynamic ignore_nonfinite:bool?",
        DYNAMIC,
        "Statistics of a series, as a bag.",
        python=regression.stats_bag,
        nulls="maybe",
        examples=_shown("series_stats_dynamic(dynamic([1, 3])).avg", "2.0"),
    ),
    scalar(
        "series_fit_line",
        "series:dynamic",
        DYNAMIC,
        "The best line through a series.",
        python=regression.line_columns,
        nulls="maybe",
        columns=_LINE,
        examples=(
            gives(
                "print y = dynamic([2, 5, 6, 8, 11, 15, 17, 18, 25, 26, 30, 30]) | extend (r, s, v, rv, "
                "i) = series_fit_line(y) | "
                "project round(r, 3), round(s, 3), round(v, 3), round(rv, 3), round(i, 3)",
                (0.983, 2.731, 98.629, 1.686, -1.667),
            ),
        ),
    ),
    scalar(
        "series_fit_line_dynamic",
        "series:dynamic",
        DYNAMIC,
        "The best line through a series, as a bag.",
        python=regression.line_bag,
        nulls="maybe",
        examples=_shown("series_fit_line_dynamic(dynamic([1, 2, 3])).slope", "1.0"),
    ),
    scalar(
        "series_fit_2lines",
        "series:dynamic",
        DYNAMIC,
        "The best two lines through a series.",
        python=regression.two_lines_columns,
        nulls="maybe",
        columns=_TWO_LINES,
        examples=(
            gives("print y = dynamic([1, 2, 3, 4, 4, 3, 2, 1]) | project (r, i) = series_fit_2lines(y) | project r, i", (1.0, 4)),
        ),
    ),
    scalar(
        "series_fit_2lines_dynamic",
        "series:dynamic",
        DYNAMIC,
        "The best two lines through a series, as a bag.",
        python=regression.two_lines_bag,
        nulls="maybe",
        examples=_shown("series_fit_2lines_dynamic(dynamic([1, 2, 3, 4, 4, 3, 2, 1])).split_idx", "4"),
    ),
    scalar(
        "series_fit_poly",
        "series:dynamic places:dynamic? degree:long?",
        DYNAMIC,
        "The best polynomial through a series.",
        python=regression.fit_poly,
        nulls="maybe",
        columns=(("rsquare", REAL), ("coefficients", DYNAMIC), ("variance", REAL), ("rvariance", REAL), ("poly_fit", DYNAMIC)),
        examples=(
            gives(
                "print y = dynamic([1, 2, 3, 4]) | project (r, c) = series_fit_poly(y) | project round(r, 6), "
                "round(todouble(c[0]), 6)",
                (1.0, 1.0),
            ),
        ),
    ),
    scalar(
        "series_periods_detect",
        "series:dynamic min_period:real max_period:real count:long",
        DYNAMIC,
        "The most significant periods of a series, and their scores.",
        python=decompose.periods_detect,
        nulls="maybe",
        columns=(("periods", DYNAMIC), ("scores", DYNAMIC)),
        examples=(
            gives(
                "print y = dynamic([80, 139, 87, 110, 68, 54, 50, 51, 53, 133, 86, 141, 97, 156, 94, 149, 95, 140, "
                "77, 61, 50, 54, 47, 133, 72, 152, 94, 148, "
                "105, 162, 101, 160, 87, 63, 53, 55, 54, 151, 103, 189, 108, 183, 113, 175, 113, 178, 90, 71, 62, "
                "62, 65, 165, 109, 181, 115, 182, 121, 178, "
                "114, 170]) | project (p, s) = series_periods_detect(y, 0.0, 50.0, 2) | project p, round(todouble(s[0]), 2)",
                ("[14.0,0.0]", 0.84),
            ),
        ),
    ),
    scalar(
        "series_periods_validate",
        "series:dynamic period:real+",
        DYNAMIC,
        "The scores of given periods.",
        python=decompose.periods_validate,
        nulls="maybe",
        columns=(("periods", DYNAMIC), ("scores", DYNAMIC)),
        examples=(
            gives(
                f"print y = {_WEEK} | project (p, s) = series_periods_validate(y, 4.0, 5.0) | project p, s[0] > 0.7, s[1] == 0",
                ("[4.0,5.0]", True, True),
            ),
        ),
    ),
    scalar(
        "series_seasonal",
        "series:dynamic period:long? test_points:long?",
        DYNAMIC,
        "The median of each phase of a period.",
        python=decompose.seasonal,
        nulls="maybe",
        examples=_shown(
            "series_seasonal(dynamic([1, 3, 5, 1, 3, 5, 2, 4, 6]), 3), series_seasonal(dynamic([1, 3, 5, 2, 4, "
            "6, 1, 3, 5, 2, 4, 6]), 3)",
            "[1.0,3.0,5.0,1.0,3.0,5.0,1.0,3.0,5.0]",
            "[1.5,3.5,5.5,1.5,3.5,5.5,1.5,3.5,5.5,1.5,3.5,5.5]",
        )
        + _shown(
            "series_seasonal(dynamic([8, 12, 14, 12, 10, 10, 12, 14, 12, 10, 10, 12, 14, 12, 10, 10, 12, 14, 12, 10]))",
            "[10.0,12.0,14.0,12.0,10.0,10.0,12.0,14.0,12.0,10.0,10.0,12.0,14.0,12.0,10.0,10.0,12.0,14.0,12.0,10.0]",
        ),
    ),
    scalar(
        "series_decompose",
        "series:dynamic period:long? trend:string? test_points:long? threshold:real?",
        DYNAMIC,
        "Season, trend and rest of a series.",
        python=decompose.decompose,
        nulls="maybe",
        columns=_PARTS,
        examples=(
            gives(
                "print y = dynamic([1, 5, 1, 5, 1, 9]) | project (b, s, t, r) = series_decompose(y, 2)",
                (
                    "[1.6666666666666665,5.666666666666667,1.6666666666666665,5.666666666666667,1.6666666666666665,5.666666666666667]",
                    "[1.0,5.0,1.0,5.0,1.0,5.0]",
                    "[0.6666666666666666,0.6666666666666666,0.6666666666666666,0.6666666666666666,0.6666666666666666,0.6666666666666666]",
                    "[-0.6666666666666665,-0.666666666666667,-0.6666666666666665,-0.666666666666667,-0.6666666666666665,3.333333333333333]",
                ),
            ),
        ),
    ),
    scalar(
        "series_decompose_forecast",
        "series:dynamic test_points:long period:long? trend:string? threshold:real?",
        DYNAMIC,
        "Season and trend, continued over the last points.",
        python=decompose.forecast,
        nulls="maybe",
        columns=_PARTS,
        examples=(
            gives(
                "print y = dynamic([1, 2, 3, 4, 0, 0]) | project (b) = series_decompose_forecast(y, 2, 0) | project b",
                ("[1.0,2.0,3.0,4.0,5.0,6.0]",),
            ),
        ),
    ),
    scalar(
        "series_decompose_anomalies",
        "series:dynamic limit:real? period:long? trend:string? test_points:long? method:string? threshold:real?",
        DYNAMIC,
        "Items that lie outside season and trend.",
        python=decompose.anomalies,
        nulls="maybe",
        columns=(("ad_flag", DYNAMIC), ("ad_score", DYNAMIC), ("baseline", DYNAMIC)),
        examples=(
            gives(
                "print y = dynamic([1, 2, 1, 2, 1, 2, 1, 30, 1, 2]) | project (flag) = series_decompose_anomalies(y, "
                "1.5, 0) | project flag",
                ("[0,0,0,0,0,0,0,1,0,0]",),
            ),
        ),
    ),
    scalar(
        "series_outliers",
        "series:dynamic kind:string? ignored:real? min_percentile:real? max_percentile:real?",
        DYNAMIC,
        "The anomaly score of each item by Tukey's test.",
        python=decompose.outliers,
        naming="through",
        nulls="maybe",
        examples=_shown(
            "series_outliers(dynamic([-3, 2.4, 15, 3.9, 5, 6, 4.5, 5.2, 3, 4, 5, 16, 7, 5, 5, 4]))[0]", "-1.904078548360857"
        ),
    ),
)
