"""Filling gaps of a series. The placeholder marks a gap; null and NaN are gaps when it is null."""

from __future__ import annotations

import math

from gatelog.kql.kernels.json_text import dump, load
from gatelog.kql.kernels.series import Number, numbers


def _is_gap(item: Number | None, placeholder: float | None) -> bool:
    if placeholder is None or math.isnan(placeholder):
        return item is None or (isinstance(item, float) and math.isnan(item))
    return item == placeholder


def _kept(values: list[Number | None]) -> list[Number | None]:
    """Whole numbers among reals become reals: an array has one kind."""
    if any(isinstance(value, float) for value in values):
        return [float(value) if isinstance(value, int) else value for value in values]
    return values


def forward(text: str | None, placeholder: float | None = None) -> str | None:
    """Each gap gets the value before it; gaps at the start stay."""
    items = numbers(text)
    if items is None:
        return None
    last: Number | None = None
    filled: list[Number | None] = []
    for item in items:
        gap = _is_gap(item, placeholder)
        last = last if gap else item
        filled.append(last if gap and last is not None else item)
    return dump(filled)


def backward(text: str | None, placeholder: float | None = None) -> str | None:
    """Each gap gets the value after it; gaps at the end stay."""
    items = numbers(text)
    if items is None:
        return None
    after: Number | None = None
    filled: list[Number | None] = []
    for item in reversed(items):
        gap = _is_gap(item, placeholder)
        after = after if gap else item
        filled.append(after if gap and after is not None else item)
    return dump(filled[::-1])


def constant(text: str | None, value: str | None = "0", placeholder: float | None = None) -> str | None:
    """Each gap gets a constant, given as JSON; a real among reals."""
    items = numbers(text)
    if items is None:
        return None
    filler = load(value)
    if isinstance(filler, int) and any(isinstance(item, float) for item in items):
        filler = float(filler)
    return dump([filler if _is_gap(item, placeholder) else item for item in items])


def linear(
    text: str | None, placeholder: float | None = None, edges: bool | None = True, value: float | None = 0.0
) -> str | None:
    """Gaps lie on the line between their neighbours; at the edges, the nearest value (or, without it, the gap)."""
    items = numbers(text)
    if items is None:
        return None
    places = [place for place, item in enumerate(items) if not _is_gap(item, placeholder)]
    if not places:
        return dump(items if value is None else [float(value)] * len(items))
    all_whole = all(isinstance(items[place], int) for place in places)
    filled = list(items)
    for left, right in zip(places, places[1:], strict=False):
        low, high = items[left], items[right]
        if low is None or high is None:
            continue
        for place in range(left + 1, right):
            point = low + (high - low) * (place - left) / (right - left)
            filled[place] = int(point) if all_whole else point
    if edges is not False:
        filled[: places[0]] = [items[places[0]]] * places[0]
        filled[places[-1] + 1 :] = [items[places[-1]]] * (len(items) - places[-1] - 1)
    return dump(_kept(filled))
