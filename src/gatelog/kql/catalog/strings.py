"""String functions (learn.microsoft.com/kusto/query/scalar-functions, string functions)."""

from __future__ import annotations

from gatelog.kql.catalog.rows import Example, Function, signature
from gatelog.schema.types import KqlType

FUNCTIONS = (
    Function(
        "tolower",
        (signature("value:text", KqlType.STRING, "lower({0})", "lowerUTF8({0})"),),
        "The text in lower case.",
        (Example("print tolower('HELLO')", (("hello",),)),),
        fold=str.lower,
    ),
    Function(
        "strlen",
        (signature("value:text", KqlType.LONG, "length({0})", "toInt64(lengthUTF8({0}))"),),
        "Length of the text in characters.",
        (Example("print strlen('hello')", ((5,),)),),
        naming="prefix",
        fold=len,
    ),
)
