"""Scalar functions over the sketches that hll() and tdigest() give."""

from __future__ import annotations

from collections.abc import Sequence

from gatelog.kql.catalog.rows import Emit, Fragment, Function, Operand, signature
from gatelog.kql.catalog.shorthand import DYNAMIC, LONG, REAL, gives, scalar
from gatelog.kql.kernels import digests
from gatelog.schema.types import KqlType

_ROWS = "range x from 1 to 10 step 1 | summarize t = tdigest(x), h = hll(x % 4)"


def _percentile(emit: Emit, sketch: Fragment, percentile: Fragment, wanted: Fragment | None = None) -> str:
    found = emit.python(
        "kql_percentile_tdigest", digests.tdigest_percentile, ["VARCHAR", "DOUBLE"], "VARCHAR", sketch.text, percentile.text
    )
    type = DYNAMIC if wanted is None else wanted.value
    if type in (KqlType.DATETIME, KqlType.TIMESPAN):
        raise emit.refuse("percentile_tdigest() gives numbers only")
    return found if type is DYNAMIC else emit.convert(Fragment(found, DYNAMIC), type).text


def _wanted(operands: Sequence[Operand]) -> KqlType:
    found: KqlType = operands[2].value
    return found


FUNCTIONS: tuple[Function, ...] = (
    scalar(
        "dcount_hll",
        "hll:dynamic",
        LONG,
        "How many distinct values a sketch saw.",
        python=digests.hll_count,
        naming="prefix",
        nulls="maybe",
        examples=(gives(f"{_ROWS} | project n = dcount_hll(h)", (4,)),),
    ),
    scalar(
        "hll_merge",
        "first:dynamic more:dynamic+",
        DYNAMIC,
        "One sketch of several.",
        python=digests.hll_merge_values,
        naming="fixed",
        label="hll_merged_result",
        nulls="maybe",
        examples=(gives(f"{_ROWS} | project n = dcount_hll(hll_merge(h, h))", (4,)),),
    ),
    scalar(
        "tdigest_merge",
        "first:dynamic more:dynamic+",
        DYNAMIC,
        "One sketch of several.",
        python=digests.tdigest_merge_values,
        naming="fixed",
        label="tdigests_merge_result",
        nulls="never",
        aliases=("merge_tdigest",),
        examples=(gives(f"{_ROWS} | project p = percentile_tdigest(tdigest_merge(t, t), 50, typeof(long))", (5,)),),
    ),
    scalar(
        "percentile_tdigest",
        (
            signature("tdigest:dynamic percentile:real", DYNAMIC, _percentile),
            signature("tdigest:dynamic percentile:real type:type", _wanted, _percentile),
        ),
        DYNAMIC,
        "The nearest-rank percentile of a sketch.",
        naming="prefix",
        nulls="maybe",
        examples=(gives(f"{_ROWS} | project p = percentile_tdigest(t, 95, typeof(long))", (10,)),),
    ),
    scalar(
        "percentiles_array_tdigest",
        (
            signature("tdigest:dynamic percentiles:dynamic", DYNAMIC, python=digests.tdigest_percentiles),
            signature("tdigest:dynamic percentile:real+", DYNAMIC, python=digests.tdigest_percentiles),
        ),
        DYNAMIC,
        "Several percentiles of a sketch.",
        naming="prefix",
        label="percentile_tdigest",
        nulls="maybe",
        examples=(gives(f"{_ROWS} | project p = percentiles_array_tdigest(t, 10, 50)", ("[1,5]",)),),
    ),
    scalar(
        "percentrank_tdigest",
        "tdigest:dynamic value:real",
        REAL,
        "The share of values that are not larger, in percent.",
        python=digests.tdigest_rank,
        nulls="maybe",
        examples=(gives(f"{_ROWS} | project p = percentrank_tdigest(t, 5)", (50.0,)),),
    ),
)
