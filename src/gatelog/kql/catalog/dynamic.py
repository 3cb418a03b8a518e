"""Functions over dynamic values: arrays and property bags."""

from __future__ import annotations

from gatelog.kql.catalog.rows import Example, Function, signature
from gatelog.schema.types import KqlType

FUNCTIONS = (
    Function(
        "array_length",
        (
            signature(
                "array:dynamic",
                KqlType.LONG,
                "(CASE WHEN starts_with({0}, '[') THEN CAST(json_array_length({0}) AS BIGINT) END)",
                "(if(startsWith({0}, '['), toInt64(JSONLength(assumeNotNull({0}))), NULL))",
            ),
        ),
        "Number of items of a dynamic array; null for anything else.",
        (Example("print array_length(dynamic([1, 2, 3]))", ((3,),)),),
        nulls="maybe",
    ),
)
