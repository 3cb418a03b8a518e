"""Functions over dynamic arrays, as JSON text in and out."""

from __future__ import annotations

import math
from typing import Any

from gatelog.kql.kernels.json_text import array, dump, load, real_text, write

_LONGEST = 1_048_576
"""Most items that range() and repeat() give."""


def concat(*texts: str | None) -> str | None:
    """One array of all items; what is no array is one item; null adds nothing."""
    items: list[Any] = []
    for text in texts:
        value = load(text)
        items.extend(value if isinstance(value, list) else [] if value is None else [value])
    return dump(items)


def cut(text: str | None, start: int | None, end: int | None) -> str | None:
    """The items from start to end, both included; negative places count from the end."""
    items = array(text)
    if items is None or start is None or end is None:
        return None
    size = len(items)
    first = start + size if start < 0 else start
    last = end + size if end < 0 else end
    return dump(items[max(first, 0) : last + 1] if last >= 0 else [])


def split_at(text: str | None, places: str | int | None) -> str | None:
    """The array cut before each place, as an array of arrays."""
    items = array(text)
    wanted = [places] if isinstance(places, int) else array(places)
    if items is None or wanted is None:
        return None
    size = len(items)
    pieces: list[Any] = []
    begin = 0
    for place in wanted:
        if not isinstance(place, int):
            return None
        stop = min(max(place + size if place < 0 else place, 0), size)
        pieces.append(items[begin:stop])
        begin = max(stop, begin)
    return dump([*pieces, items[begin:]])


def shift(text: str | None, count: int | None, filler: str | None = None) -> str | None:
    """The items moved to the left (negative: right); the gap gets the filler."""
    items = array(text)
    if items is None or count is None:
        return None
    size = len(items)
    gap = [load(filler)] * min(abs(count), size)
    return dump(items[count:] + gap if count >= 0 else gap + items[: max(size + count, 0)])


def shift_right(text: str | None, count: int | None, filler: str | None = None) -> str | None:
    """The items moved to the right (negative: left)."""
    return shift(text, None if count is None else -count, filler)


def rotate(text: str | None, count: int | None) -> str | None:
    """The items rotated to the left."""
    items = array(text)
    if items is None or count is None:
        return None
    turn = count % len(items) if items else 0
    return dump(items[turn:] + items[:turn])


def rotate_right(text: str | None, count: int | None) -> str | None:
    """The items rotated to the right."""
    return rotate(text, None if count is None else -count)


def reverse(text: str | None) -> str | None:
    """The items backwards."""
    items = array(text)
    return None if items is None else dump(items[::-1])


def index_of(
    text: str | None, value: str | None, start: int | None = 0, length: int | None = -1, occurrence: int | None = 1
) -> int | None:
    """The place of the n-th item that equals the value; -1 when there is none."""
    items = array(text)
    if items is None or start is None or length is None or occurrence is None or length < -1 or occurrence < 1:
        return None
    wanted = key(load(value))
    begin = start if start >= 0 else max(len(items) + start, 0)
    end = len(items) if length == -1 else min(begin + length, len(items))
    places = [place for place in range(begin, end) if key(items[place]) == wanted]
    return places[occurrence - 1] if len(places) >= occurrence else -1


def key(value: Any) -> Any:
    """What two items must share to be the same."""
    if isinstance(value, bool) or value is None:
        return (type(value).__name__, value)
    if isinstance(value, int | float):
        return ("number", value)
    return ("text", value) if isinstance(value, str) else ("json", write(value))


def choose(conditions: str | None, then: str | None, otherwise: str | None) -> str | None:
    """For each condition one item of two arrays (or of two plain values); a missing item is null."""
    flags = array(conditions)
    if flags is None:
        return None
    yes, no = load(then), load(otherwise)
    return dump(
        [_item(yes if _truth(flag) else no, place) if _truth(flag) is not None else None for place, flag in enumerate(flags)]
    )


def _truth(flag: Any) -> bool | None:
    return bool(flag) if isinstance(flag, bool | int | float) else None


def _item(value: Any, place: int) -> Any:
    if not isinstance(value, list):
        return value
    return value[place] if place < len(value) else None


def union(*texts: str | None) -> str | None:
    """The distinct items of several arrays."""
    return _sets(texts, lambda first, rest: [item for group in (first, *rest) for item in group])


def intersect(*texts: str | None) -> str | None:
    """The distinct items that all arrays have."""

    def run(first: list[Any], rest: list[list[Any]]) -> list[Any]:
        others = [{key(item) for item in group} for group in rest]
        return [item for item in first if all(key(item) in other for other in others)]

    return _sets(texts, run)


def difference(*texts: str | None) -> str | None:
    """The distinct items of the first array that no other array has."""

    def run(first: list[Any], rest: list[list[Any]]) -> list[Any]:
        gone = {key(item) for group in rest for item in group}
        return [item for item in first if key(item) not in gone]

    return _sets(texts, run)


def _sets(texts: tuple[str | None, ...], combine: Any) -> str | None:
    groups = [array(text) for text in texts]
    known = [group for group in groups if group is not None]
    if len(known) != len(groups):
        return None
    distinct: dict[Any, Any] = {}
    for item in combine(known[0], known[1:]):
        distinct.setdefault(key(item), item)
    return dump(list(distinct.values()))


def same_set(one: str | None, other: str | None) -> bool | None:
    """Whether two arrays have the same distinct items."""
    left, right = array(one), array(other)
    return None if left is None or right is None else {key(item) for item in left} == {key(item) for item in right}


def has_element(text: str | None, value: str | None) -> bool | None:
    """Whether an array has an item."""
    items = array(text)
    return None if items is None else key(load(value)) in {key(item) for item in items}


def jaccard(one: str | None, other: str | None) -> str | None:
    """Size of the intersection over size of the union; NaN for two empty sets."""
    left, right = array(one), array(other)
    if left is None or right is None:
        return None
    first, second = {key(item) for item in left}, {key(item) for item in right}
    return dump(len(first & second) / len(first | second) if first | second else float("nan"))


def zipped(*texts: str | None) -> str | None:
    """An array of arrays: the items of each place together; short arrays get null, plain values repeat."""
    values = [load(text) for text in texts]
    size = max((len(value) for value in values if isinstance(value, list)), default=1)
    return dump([[_item(value, place) for value in values] for place in range(size)])


def sort_ascending(text: str | None, nulls_last: bool | None = True) -> str | None:
    """The items from the smallest to the largest."""
    return _sorted(text, descending=False, nulls_last=nulls_last)


def sort_descending(text: str | None, nulls_last: bool | None = True) -> str | None:
    """The items from the largest to the smallest."""
    return _sorted(text, descending=True, nulls_last=nulls_last)


def _sorted(text: str | None, *, descending: bool, nulls_last: bool | None) -> str | None:
    items = array(text)
    if items is None:
        return None
    nulls = [item for item in items if item is None]
    ordered = sorted((item for item in items if item is not None), key=_rank, reverse=descending)
    return dump(ordered + nulls if nulls_last is not False else nulls + ordered)


def _rank(item: Any) -> tuple[int, Any]:
    if isinstance(item, bool):
        return (0, item)
    if isinstance(item, int | float):
        return (1, item)
    return (2, item) if isinstance(item, str) else (3, write(item))


def repeat(value: str | None, count: int | None) -> str | None:
    """An array of one JSON value, several times."""
    if count is None or count < 0 or count > _LONGEST:
        return None
    return dump([load(value)] * count)


def number_range(start: float | None, stop: float | None, step: float | None = 1) -> str | None:
    """The numbers from start to stop, both included."""
    if start is None or stop is None or not step or not all(map(math.isfinite, (start, stop, step))):
        return None
    count = int((stop - start) / step + 1e-9) + 1 if (stop - start) / step >= 0 else 0
    return dump([start + place * step for place in range(min(count, _LONGEST))])


def total(text: str | None) -> float | None:
    """The sum of the items; null when there is one that is no number."""
    items = array(text)
    if items is None or not all(isinstance(item, int | float) and not isinstance(item, bool) for item in items):
        return None
    return float(sum(items))


def set_of(texts: list[str] | None, limit: int = _LONGEST) -> str:
    """make_set(): the distinct JSON values in order of appearance, at most `limit`."""
    return "[" + ",".join(list(dict.fromkeys(texts or []))[:limit]) + "]"


def percentile_label(value: float) -> str:
    """A percentile as it stands in column names: 99.9 gives 99_9."""
    return real_text(float(value)).replace(".", "_").replace("-", "_")
