"""Window functions: they look at other rows of serialized input."""

from __future__ import annotations

from gatelog.kql.catalog.rows import Emit, Example, Fragment, Function, signature
from gatelog.schema.types import KqlType


def _restarted(emit: Emit, start: Fragment, restart: Fragment) -> str:
    group = emit.hoist(f"sum(CASE WHEN {restart.text} THEN 1 ELSE 0 END) OVER {emit.over}")
    return f"(row_number() OVER (PARTITION BY {group} {emit.over.strip('()')}) + {start.text} - 1)"


FUNCTIONS = (
    Function(
        "row_number",
        (
            signature("", KqlType.LONG, "row_number() OVER {over}", "toInt64(row_number() OVER {over})"),
            signature("start:long", KqlType.LONG, "(row_number() OVER {over} + {0} - 1)", "toInt64(row_number() OVER {over} + {0} - 1)"),
            signature("start:long restart:bool", KqlType.LONG, _restarted),
        ),
        "Index of the row, from 1 or from `start`.",
        (Example("range x from 5 to 6 step 1 | serialize n = row_number()", ((5, 1), (6, 2))),),
        window=True,
        nulls="never",
    ),
)
