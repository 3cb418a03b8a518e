"""Aggregates of summarize, make-series and mv-apply. (arg_max, arg_min and take_any live with summarize: they widen to `*`.)"""

from __future__ import annotations

from gatelog.kql.catalog.rows import Aggregate, Example, signature
from gatelog.schema.types import KqlType

AGGREGATES = (
    Aggregate(
        "count",
        (signature("", KqlType.LONG, "count(*)", "toInt64(count())"),),
        "Number of rows.",
        (Example("range x from 1 to 3 step 1 | summarize count()", ((3,),)),),
        nulls="never",
    ),
    Aggregate(
        "countif",
        (signature("predicate:bool", KqlType.LONG, "count(*) FILTER (WHERE {0})", "toInt64(countIf(ifNull({0}, 0)))"),),
        "Number of rows for which the predicate holds.",
        (Example("range x from 1 to 3 step 1 | summarize countif(x > 1)", ((2,),)),),
        nulls="never",
    ),
)
