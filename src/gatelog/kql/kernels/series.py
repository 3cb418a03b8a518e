"""Functions over series: dynamic arrays of numbers, as JSON text in and out. A gap (null) stays a gap."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gatelog.kql.kernels.json_text import array, dump, load, write

Reals = NDArray[np.float64]
Number = int | float
_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_LONG = 1 << 63


def numbers(text: str | None) -> list[Number | None] | None:
    """The items of an array, null for what is not a number; None when it is no array."""
    items = array(text)
    return None if items is None else [_number(item) for item in items]


def _number(item: Any) -> Number | None:
    if isinstance(item, bool):
        return None
    if isinstance(item, int | float):
        return item
    return _WORDS.get(item) if isinstance(item, str) else None


def reals(text: str | None) -> Reals | None:
    """The items as reals, NaN for gaps; None when it is no array, or empty."""
    items = numbers(text)
    if not items:
        return None
    return np.array([math.nan if item is None else float(item) for item in items])


def whole(text: str | None) -> Reals | None:
    """The items as reals; None when one is missing."""
    items = numbers(text)
    if not items or any(item is None for item in items):
        return None
    return np.array([float(item) for item in items if item is not None])


def written(values: Reals) -> str:
    """Reals as JSON text."""
    return write([float(value) for value in values])


def each(apply: Callable[[float], Number]) -> Callable[[str | None], str | None]:
    """A kernel that maps every number of an array and keeps gaps; NaN where the function has no value."""

    def run(text: str | None) -> str | None:
        items = numbers(text)
        return None if items is None else dump([None if item is None else _applied(apply, item) for item in items])

    return run


def _applied(apply: Callable[[float], Number], item: Number) -> Number:
    try:
        return apply(item)
    except ValueError:
        return math.nan
    except OverflowError:
        return math.inf


def sign(value: float) -> Number:
    """-1, 0 or 1, of the same kind."""
    return type(value)((value > 0) - (value < 0))


def floor(value: float) -> Number:
    """The largest whole number that is not larger, as a real."""
    return float(math.floor(value)) if math.isfinite(value) else value


def ceiling(value: float) -> Number:
    """The smallest whole number that is not smaller, as a real."""
    return float(math.ceil(value)) if math.isfinite(value) else value


def pairs(apply: Callable[[Number, Number], Any]) -> Callable[[str | None, str | None], str | None]:
    """A kernel over two arrays (or an array and a number), item by item; null where one has no number."""

    def run(one: str | None, other: str | None) -> str | None:
        left, right = _operand(one), _operand(other)
        if left is None or right is None or not (isinstance(left, list) or isinstance(right, list)):
            return None
        size = max(len(side) for side in (left, right) if isinstance(side, list))
        return dump([_paired(apply, _at(left, place), _at(right, place)) for place in range(size)])

    return run


def _operand(text: str | None) -> list[Number | None] | Number | None:
    value = load(text)
    return [_number(item) for item in value] if isinstance(value, list) else _number(value)


def _at(side: list[Number | None] | Number, place: int) -> Number | None:
    if not isinstance(side, list):
        return side
    return side[place] if place < len(side) else None


def _paired(apply: Callable[[Number, Number], Any], left: Number | None, right: Number | None) -> Any:
    if left is None or right is None:
        return None
    value = apply(left, right)
    return (value + _LONG) % (2 * _LONG) - _LONG if isinstance(value, int) and not isinstance(value, bool) else value


def divide(left: Number, right: Number) -> float:
    """A quotient of reals; x/0 is infinite, 0/0 is NaN."""
    with np.errstate(all="ignore"):
        return float(np.float64(left) / np.float64(right))


def power(left: Number, right: Number) -> float:
    """A power of reals; NaN where there is none."""
    with np.errstate(all="ignore"):
        return float(np.float64(left) ** np.float64(right))


add = pairs(operator.add)
subtract = pairs(operator.sub)
multiply = pairs(operator.mul)
quotient = pairs(divide)
raised = pairs(power)
less = pairs(operator.lt)
less_equals = pairs(operator.le)
greater = pairs(operator.gt)
greater_equals = pairs(operator.ge)
equals = pairs(operator.eq)
not_equals = pairs(operator.ne)


def total(text: str | None) -> float | None:
    """The sum; null when an item is no number."""
    values = whole(text)
    return None if values is None else float(math.fsum(values)) if np.isfinite(values).all() else float(values.sum())


def product(text: str | None) -> float | None:
    """The product; null when an item is no number."""
    values = whole(text)
    return None if values is None else float(values.prod())


def magnitude(text: str | None) -> float | None:
    """The Euclidean length of the vector."""
    values = whole(text)
    return None if values is None else float(math.sqrt(float((values * values).sum())))


def dot_product(one: str | None, other: str | None) -> float | None:
    """The dot product of two vectors of one size, or of a vector and a number."""
    left, right = _operand(one), _operand(other)
    if isinstance(left, list) and isinstance(right, list) and len(left) != len(right):
        return None
    sides = [value for value in (left, right) if isinstance(value, list)]
    if not sides or left is None or right is None:
        return None
    first = [_at(left, place) for place in range(len(sides[0]))]
    second = [_at(right, place) for place in range(len(sides[0]))]
    if None in first or None in second:
        return None
    return float(np.dot(np.array(first, dtype=np.float64), np.array(second, dtype=np.float64)))


def cosine_similarity(
    one: str | None, other: str | None, one_length: float | None = None, other_length: float | None = None
) -> float | None:
    """The cosine of the angle between two vectors; their lengths may be known already."""
    left, right = numbers(one), numbers(other)
    if not left or not right:
        return None
    both = [(x, y) for x, y in zip(left, right, strict=False) if x is not None and y is not None]
    first = math.sqrt(sum(x * x for x, _ in both)) if one_length is None else one_length
    second = math.sqrt(sum(y * y for _, y in both)) if other_length is None else other_length
    return divide(sum(x * y for x, y in both), first * second)


def pearson(one: str | None, other: str | None) -> float | None:
    """The correlation coefficient of two series of one size; NaN when one never changes."""
    left, right = whole(one), whole(other)
    if left is None or right is None or len(left) != len(right):
        return None
    first, second = left - left.mean(), right - right.mean()
    return divide(float((first * second).sum()), math.sqrt(float((first * first).sum() * (second * second).sum())))


def fir(text: str | None, taps: str | None, normalize: bool | None = None, center: bool | None = False) -> str | None:
    """A finite impulse response filter: each item becomes a weighted sum of the items before it."""
    values, weights = reals(text), whole(taps)
    if values is None or weights is None:
        return None
    negative = bool((weights < 0).any())
    if normalize and negative:
        return None
    if normalize or (normalize is None and not negative):
        weights = weights / weights.sum()
    shift = (len(weights) - 1) // 2 if center else 0
    filtered = np.convolve(np.nan_to_num(values), weights)[shift : shift + len(values)]
    return written(filtered)


def iir(text: str | None, numerators: str | None, denominators: str | None) -> str | None:
    """An infinite impulse response filter, by its recursive formula."""
    values, ahead, back = reals(text), whole(numerators), whole(denominators)
    if values is None or ahead is None or back is None or back[0] == 0:
        return None
    found: list[float] = []
    for place in range(len(values)):
        result = sum(float(ahead[step]) * float(values[place - step]) for step in range(min(len(ahead), place + 1)))
        result -= sum(float(back[step]) * found[place - step] for step in range(1, min(len(back), place + 1)))
        found.append(result / float(back[0]))
    return write(found)


def fft(text: str | None, imaginary: str | None = None) -> str | None:
    """The fast Fourier transform: real and imaginary parts."""
    return _transformed(text, imaginary, np.fft.fft)


def ifft(text: str | None, imaginary: str | None = None) -> str | None:
    """The inverse fast Fourier transform: real and imaginary parts."""
    return _transformed(text, imaginary, np.fft.ifft)


def _transformed(text: str | None, imaginary: str | None, transform: Callable[..., Any]) -> str | None:
    values = whole(text)
    parts = None if imaginary is None else whole(imaginary)
    if values is None or (imaginary is not None and (parts is None or len(parts) != len(values))):
        return None
    found = transform(values if parts is None else values + 1j * parts)
    return f"[{written(found.real)},{written(found.imag)}]"
