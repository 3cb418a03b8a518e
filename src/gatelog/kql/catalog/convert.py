"""Conversions between scalar types; none of them ever raises."""

from __future__ import annotations

from gatelog.kql.catalog.rows import Emit, Example, Fragment, Function, signature
from gatelog.schema.types import KqlType


def _converted(emit: Emit, operand: Fragment) -> str:
    return emit.convert(operand, emit.result).text


FUNCTIONS = (
    Function(
        "tostring",
        (signature("value:any", KqlType.STRING, _converted, _converted),),
        "The value as text; null gives ''.",
        (Example("print tostring(true)", (("True",),)),),
        naming="through",
        nulls="never",
    ),
)
