"""Statistics and fitted lines of a series."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gatelog.kql.kernels.json_text import write
from gatelog.kql.kernels.series import Reals, numbers, whole, written


def _sample_variance(values: Reals) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0


def stats(text: str | None, ignore_nonfinite: bool | None = False) -> dict[str, Any] | None:
    """min, min_idx, max, max_idx, avg, stdev, variance, sum,"""
    """len; all null when an item has no finite value and none may be ignored."""
    items = numbers(text)
    if not items:
        return None
    places = [place for place, item in enumerate(items) if item is not None and math.isfinite(item)]
    if not places or (len(places) < len(items) and not ignore_nonfinite):
        return None
    values = np.array([items[place] for place in places], dtype=np.float64)
    variance = _sample_variance(values)
    low, high = int(values.argmin()), int(values.argmax())
    return {
        "min": float(values[low]),
        "min_idx": places[low],
        "max": float(values[high]),
        "max_idx": places[high],
        "avg": float(values.mean()),
        "stdev": math.sqrt(variance),
        "variance": variance,
        "sum": float(values.sum()),
        "len": len(values),
    }


def stats_columns(text: str | None, ignore_nonfinite: bool | None = False) -> str | None:
    """The seven columns of series_stats(), as a JSON array."""
    found = stats(text, ignore_nonfinite)
    return None if found is None else write(list(found.values())[:7])


def stats_bag(text: str | None, ignore_nonfinite: bool | None = False) -> str | None:
    """series_stats_dynamic()."""
    found = stats(text, ignore_nonfinite)
    return None if found is None else write(found)


def _line(values: Reals) -> dict[str, Any]:
    """The best line through the items; the first item stands at x = 1."""
    places = np.arange(1, len(values) + 1, dtype=np.float64)
    centered, spread = places - places.mean(), values - values.mean()
    square = float((centered * centered).sum())
    slope = float((centered * spread).sum()) / square if square else 0.0
    interception = float(values.mean()) - slope * float(places.mean())
    fitted = interception + slope * places
    residual = values - fitted
    around = float((spread * spread).sum())
    rsquare = 1 - float((residual * residual).sum()) / around if around else 1.0
    return {
        "rsquare": rsquare,
        "slope": slope,
        "variance": _sample_variance(values),
        "rvariance": _sample_variance(residual),
        "interception": interception,
        "line_fit": [float(value) for value in fitted],
    }


def fit_line(text: str | None) -> dict[str, Any] | None:
    """The best line through a series."""
    values = whole(text)
    return None if values is None or not np.isfinite(values).all() else _line(values)


def line_columns(text: str | None) -> str | None:
    """The columns of series_fit_line(), as a JSON array."""
    found = fit_line(text)
    return None if found is None else write(list(found.values()))


def line_bag(text: str | None) -> str | None:
    """series_fit_line_dynamic()."""
    found = fit_line(text)
    return None if found is None else write(found)


def two_lines(text: str | None) -> dict[str, Any] | None:
    """The two lines, left and right of the best split, through a series."""
    values = whole(text)
    if values is None or len(values) < 4 or not np.isfinite(values).all():
        return None
    best: tuple[float, int] | None = None
    for split in range(2, len(values) - 1):
        error = sum(_squares(part) for part in (values[:split], values[split:]))
        if best is None or error < best[0]:
            best = (error, split)
    assert best is not None
    error, split = best
    left, right = _line(values[:split]), _line(values[split:])
    fitted = left["line_fit"] + right["line_fit"]
    around = float(((values - values.mean()) ** 2).sum())
    found = {
        "rsquare": 1 - error / around if around else 1.0,
        "split_idx": split,
        "variance": _sample_variance(values),
        "rvariance": _sample_variance(values - np.array(fitted)),
        "line_fit": fitted,
    }
    for side, line in (("right", right), ("left", left)):
        found |= {f"{side}_{name}": line[name] for name in ("rsquare", "slope", "interception", "variance", "rvariance")}
    return found


def _squares(values: Reals) -> float:
    residual = values - np.array(_line(values)["line_fit"])
    return float((residual * residual).sum())


def two_lines_columns(text: str | None) -> str | None:
    """The columns of series_fit_2lines(), as a JSON array."""
    found = two_lines(text)
    return None if found is None else write(list(found.values()))


def two_lines_bag(text: str | None) -> str | None:
    """series_fit_2lines_dynamic(): the sides are bags of their own."""
    found = two_lines(text)
    if found is None:
        return None
    bag: dict[str, Any] = {name: found[name] for name in ("rsquare", "split_idx", "variance", "rvariance", "line_fit")}
    for side in ("right", "left"):
        bag[side] = {name: found[f"{side}_{name}"] for name in ("rsquare", "slope", "interception", "variance", "rvariance")}
    return write(bag)


def fit_poly(text: str | None, places: str | None = None, degree: int | None = 1) -> str | None:
    """The best polynomial through a series: rsquare, coefficients (highest power first), variance, rvariance, poly_fit."""
    values = whole(text)
    if values is None or degree is None or not 1 <= degree < len(values):
        return None
    points = np.arange(1, len(values) + 1, dtype=np.float64) if places is None else whole(places)
    if points is None or len(points) != len(values):
        return None
    coefficients: Reals = np.asarray(np.polyfit(points, values, degree), dtype=np.float64)
    fitted: Reals = np.asarray(np.polyval(coefficients, points), dtype=np.float64)
    around, residual = float(((values - values.mean()) ** 2).sum()), values - fitted
    rsquare = 1 - float((residual * residual).sum()) / around if around else 1.0
    moments = f"{write(_sample_variance(values))},{write(_sample_variance(residual))}"
    return f"[{write(rsquare)},{written(coefficients)},{moments},{written(fitted)}]"
