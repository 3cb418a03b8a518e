"""Mathematical functions."""

from __future__ import annotations

from gatelog.kql.catalog.rows import Example, Function, signature
from gatelog.schema.types import KqlType

FUNCTIONS = (
    Function(
        "sqrt",
        (
            signature(
                "value:real",
                KqlType.REAL,
                "(CASE WHEN {0} < 0 THEN CAST('NaN' AS DOUBLE) ELSE sqrt({0}) END)",
                "sqrt({0})",
            ),
        ),
        "Square root; NaN for negative numbers.",
        (Example("print sqrt(9)", ((3.0,),)),),
    ),
)
