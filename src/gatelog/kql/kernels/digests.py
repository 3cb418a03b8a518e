"""Sketches (hll, tdigest) that stay exact, and weighted percentiles. A sketch is opaque to queries, as Kusto's is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from gatelog.kql.kernels.json_text import array, dump, write

_HLL = [1024, 14]
"""First item of an hll: the header that Kusto writes."""
_TDIGEST = [7]
"""First item of a tdigest: the header that Kusto writes."""


def hll(texts: list[str] | None) -> str:
    """An hll of values, given as JSON text: it remembers the distinct ones."""
    return "[" + write(_HLL) + ",[" + ",".join(dict.fromkeys(texts or [])) + "]]"


def hll_merge(sketches: list[str] | None) -> str | None:
    """One hll of several."""
    merged: dict[str, None] = {}
    for sketch in sketches or []:
        items = _hll_items(sketch)
        if items is not None:
            merged.update(dict.fromkeys(write(item) for item in items))
    return hll(list(merged))


def hll_merge_values(*sketches: str | None) -> str | None:
    """One hll of those in the arguments."""
    return hll_merge([sketch for sketch in sketches if sketch is not None])


def hll_count(sketch: str | None) -> int | None:
    """How many distinct values an hll saw; null for what is no hll."""
    items = None if sketch is None else _hll_items(sketch)
    return None if items is None else len(items)


def _hll_items(sketch: str) -> list[Any] | None:
    value = array(sketch)
    if value is None or len(value) != 2 or value[0] != _HLL or not isinstance(value[1], list):
        return None
    return value[1]


def tdigest(values: list[float | None] | None, weights: list[int | None] | None = None) -> str:
    """A tdigest of numbers: the distinct ones in order, with their weights."""
    total: dict[float, int] = {}
    for place, value in enumerate(values or []):
        weight = 1 if weights is None else weights[place]
        if value is not None and weight is not None and weight > 0:
            total[value] = total.get(value, 0) + weight
    ordered = sorted(total)
    return write([_TDIGEST, ordered, [total[value] for value in ordered]])


def tdigest_merge(sketches: list[str] | None) -> str:
    """One tdigest of several."""
    values: list[float | None] = []
    weights: list[int | None] = []
    for sketch in sketches or []:
        found = _points(sketch)
        for value, weight in found or []:
            values.append(value)
            weights.append(weight)
    return tdigest(values, weights)


def tdigest_merge_values(*sketches: str | None) -> str:
    """One tdigest of those in the arguments."""
    return tdigest_merge([sketch for sketch in sketches if sketch is not None])


def _percentile(sketch: str | None, percentile: float | None) -> float | None:
    points = None if sketch is None else _points(sketch)
    return None if not points or percentile is None else weighted_rank(points, percentile)


def tdigest_percentile(sketch: str | None, percentile: float | None) -> str | None:
    """The nearest-rank percentile of a tdigest, as JSON text."""
    return dump(_percentile(sketch, percentile))


def tdigest_percentiles(sketch: str | None, *percentiles: float | str | None) -> str | None:
    """Several percentiles of a tdigest as an array."""
    wanted: list[Any] = []
    for percentile in percentiles:
        items = array(percentile) if isinstance(percentile, str) else None
        wanted.extend([percentile] if items is None else items)
    return dump([_percentile(sketch, float(percentile)) for percentile in wanted])


def tdigest_rank(sketch: str | None, value: float | None) -> float | None:
    """How many values of a tdigest are smaller than or equal to the value, in percent."""
    points = None if sketch is None else _points(sketch)
    if not points or value is None:
        return None
    return 100.0 * sum(weight for point, weight in points if point <= value) / sum(weight for _, weight in points)


def _points(sketch: str) -> list[tuple[float, int]] | None:
    value = array(sketch)
    if value is None or len(value) != 3 or value[0] != _TDIGEST:
        return None
    return list(zip(value[1], value[2], strict=True))


def weighted_rank(points: Sequence[tuple[float, int]], percentile: float) -> float:
    """The smallest value whose cumulated weight reaches the percentile; points are in order."""
    total = sum(weight for _, weight in points)
    wanted = math.ceil(round(total * percentile / 100, 9))
    reached = 0
    for value, weight in points:
        reached += weight
        if reached >= wanted:
            return value
    return points[-1][0]


def weighted_percentile(
    values: list[float | None] | None, weights: list[int | None] | None, percentile: float | None
) -> float | None:
    """percentilew(): every value counts as often as its weight says."""
    points = _points(tdigest(values, weights))
    return None if not points or percentile is None else weighted_rank(points, percentile)
