"""Functions over series: dynamic arrays of numbers."""

from __future__ import annotations

from gatelog.kql.catalog.rows import Example, Function, signature
from gatelog.kql.kernels.arrays import elementwise
from gatelog.schema.types import KqlType

FUNCTIONS = (
    Function(
        "series_abs",
        (signature("series:dynamic", KqlType.DYNAMIC, python=elementwise(abs)),),
        "Absolute value of each item.",
        (Example("print series_abs(dynamic([-1, 2]))", (("[1,2]",),)),),
        nulls="maybe",
    ),
)
