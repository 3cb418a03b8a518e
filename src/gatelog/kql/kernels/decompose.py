"""Periods, seasons, trends and outliers of a series (learn.microsoft.com/kusto/query/series-decompose-function)."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from gatelog.kql.kernels.json_text import write
from gatelog.kql.kernels.regression import fit_line
from gatelog.kql.kernels.series import Reals, reals, written

_SHORTEST_PERIOD = 4
_SIGNIFICANT = 0.6
"""Periods that score less are not reported."""
_TUKEY_FACTOR = 2.772605605507915
"""Makes a score between the 10th and 90th percentiles comparable to Tukey's, between the quartiles."""


def _filled(values: Reals) -> Reals:
    """Gaps lie on the line between their neighbours."""
    gaps = ~np.isfinite(values)
    if not gaps.any() or gaps.all():
        return np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    places = np.arange(len(values))
    return np.interp(places, places[~gaps], values[~gaps])


def _scores(values: Reals) -> Reals:
    """For each lag, how much the series resembles itself moved by it, and by twice it: the lower of the two, from 0 to 1.

    0 below the shortest period, and where twice the lag leaves the series.
    """
    size = len(values)
    centered = values - values.mean()
    power = float((centered * centered).sum())
    scores = np.zeros(size)
    if power <= 1e-12 * max(1.0, float((values * values).sum())):
        return scores
    spectrum = np.fft.rfft(centered, 2 * size)
    products = np.fft.irfft(spectrum * np.conj(spectrum))[:size]
    alike = products / power * size / (size - np.arange(size))
    lags = np.arange(_SHORTEST_PERIOD, (size + 1) // 2)
    scores[lags] = np.clip(np.minimum(alike[lags], alike[2 * lags]), 0.0, 1.0)
    return scores


def _peaks(scores: Reals, low: float, high: float) -> list[int]:
    """Lags that score more than both neighbours, the best first."""
    lags = [
        lag
        for lag in range(max(_SHORTEST_PERIOD, math.ceil(low)), min(len(scores) - 1, math.floor(high) + 1))
        if scores[lag] > scores[lag - 1] and scores[lag] > 0 and scores[lag] >= scores[lag + 1]
    ]
    return sorted(lags, key=lambda lag: -scores[lag])


def periods_detect(text: str | None, low: float | None, high: float | None, count: int | None) -> str | None:
    """The most significant periods and their scores."""
    values = reals(text)
    if values is None or low is None or high is None or count is None or not 1 <= count <= len(values):
        return None
    if not math.isfinite(low) or not math.isfinite(high):
        return None
    scores = _scores(_filled(values))
    found: list[int] = []
    for lag in _peaks(scores, low, high):
        if (
            scores[lag] >= _SIGNIFICANT
            and len(found) < count
            and not any(abs(lag / base - round(lag / base)) * base <= 1 for base in found)
        ):
            found.append(lag)
    gaps = [0.0] * (count - len(found))
    return write([[float(lag) for lag in found] + gaps, [float(scores[lag]) for lag in found] + gaps])


def periods_validate(text: str | None, *periods: float | None) -> str | None:
    """The scores of given periods."""
    values = reals(text)
    if values is None:
        return None
    scores = _scores(_filled(values))
    found = []
    for period in periods:
        lag = 0 if period is None or not math.isfinite(period) else round(period)
        inside = _SHORTEST_PERIOD <= lag <= len(values) // 2
        peak = inside and scores[lag] >= scores[lag - 1] and scores[lag] >= scores[min(lag + 1, len(scores) - 1)]
        found.append(float(scores[lag]) if peak else 0.0)
    return write([[None if period is None else float(period) for period in periods], found])


def _period(values: Reals, threshold: float) -> int:
    """The detected period, 0 when none is significant."""
    scores = _scores(values)
    peaks = _peaks(scores, _SHORTEST_PERIOD, (len(values) - 1) // 2)
    return peaks[0] if peaks and scores[peaks[0]] >= threshold else 0


def _season(values: Reals, period: int, size: int) -> Reals:
    """The median of each phase, repeated."""
    phases = np.array([float(np.median(values[phase::period])) for phase in range(min(period, len(values)))])
    return phases[np.arange(size) % len(phases)]


def seasonal(text: str | None, period: int | None = -1, test_points: int | None = 0) -> str | None:
    """The seasonal component; zeros when there is no season."""
    values = reals(text)
    if values is None or period is None or test_points is None or not 0 <= test_points < len(values):
        return None
    filled = _filled(values)
    learned = filled[: len(filled) - test_points] if test_points > 0 else filled
    found = _period(learned, 0.7) if period == -1 else period
    return written(_season(learned, found, len(filled)) if found > 0 else np.zeros(len(filled)))


def _parts(
    text: str | None, period: int | None, trend: str | None, test_points: int | None, threshold: float | None
) -> tuple[Reals, Reals, Reals, Reals] | None:
    """baseline, seasonal, trend, residual; None when an argument makes no sense."""
    values = reals(text)
    if values is None or period is None or trend is None or test_points is None or threshold is None:
        return None
    if trend not in ("avg", "linefit", "none") or test_points < 0 or test_points >= len(values) or period < -1:
        return None
    filled = _filled(values)
    size = len(filled)
    learned = filled[: size - test_points]
    found = _period(_detrended(learned, trend), threshold) if period == -1 else period
    season = _season(learned, found, size) if found > 0 else np.zeros(size)
    line = _trend(learned - season[: len(learned)], trend, size)
    baseline = season + line
    return baseline, season, line, filled - baseline


def _detrended(values: Reals, trend: str) -> Reals:
    return values - _trend(values, trend, len(values)) if trend == "linefit" else values


def _trend(values: Reals, trend: str, size: int) -> Reals:
    if trend == "none":
        return np.zeros(size)
    if trend == "avg":
        return np.full(size, float(values.mean()))
    line = fit_line(written(values))
    assert line is not None
    fitted: Reals = line["interception"] + line["slope"] * np.arange(1, size + 1, dtype=np.float64)
    return fitted


def decompose(
    text: str | None,
    period: int | None = -1,
    trend: str | None = "avg",
    test_points: int | None = 0,
    threshold: float | None = 0.6,
) -> str | None:
    """series_decompose(): baseline, seasonal, trend, residual, as a JSON array."""
    found = _parts(text, period, trend, test_points, threshold)
    return None if found is None else "[" + ",".join(written(part) for part in found) + "]"


def forecast(
    text: str | None,
    test_points: int | None,
    period: int | None = -1,
    trend: str | None = "linefit",
    threshold: float | None = 0.6,
) -> str | None:
    """series_decompose_forecast(): the same, learned without the last points."""
    return decompose(text, period, trend, test_points, threshold)


def _outlier_scores(values: Reals, kind: str, low: float = 10, high: float = 90) -> Reals | None:
    """Distance from the normal range in units of that range; 0 inside, and for gaps."""
    low, high, factor = (25, 75, 1.0) if kind == "tukey" else (low, high, _normalization(low, high))
    known = values[np.isfinite(values)]
    if kind not in ("tukey", "ctukey") or not len(known):
        return None
    bottom, top = np.percentile(known, [low, high])
    width = top - bottom
    with np.errstate(all="ignore"):
        above = np.where(values > top, (values - top) / width * factor, 0.0)
        below = np.where(values < bottom, (values - bottom) / width * factor, 0.0)
    scores: Reals = above + below
    scores[~np.isfinite(values)] = 0.0
    return scores


def _normalization(low: float, high: float) -> float:
    """Makes scores between two percentiles comparable to Tukey's, between the quartiles, for normal data."""
    if (low, high) == (10, 90):
        return _TUKEY_FACTOR
    normal = NormalDist()
    bottom, top, quartile = normal.inv_cdf(low / 100), normal.inv_cdf(high / 100), normal.inv_cdf(0.75)
    return 1.5 * (top - bottom) / (4 * quartile - top)


def outliers(
    text: str | None,
    kind: str | None = "ctukey",
    ignored: float | None = None,
    low: float | None = 10,
    high: float | None = 90,
) -> str | None:
    """series_outliers(): the anomaly score of each item."""
    values = reals(text)
    if values is None or kind is None or low is None or high is None or not 2 <= low < high <= 98:
        return None
    if ignored is not None:
        values = np.where(values == ignored, np.nan, values)
    scores = _outlier_scores(values, kind.lower(), low, high)
    return None if scores is None else written(scores)


def anomalies(
    text: str | None,
    limit: float | None = 1.5,
    period: int | None = -1,
    trend: str | None = "avg",
    test_points: int | None = 0,
    method: str | None = "ctukey",
    threshold: float | None = 0.6,
) -> str | None:
    """series_decompose_anomalies(): flags, scores and baseline, as a JSON array."""
    found = _parts(text, period, trend, test_points, threshold)
    if found is None or limit is None or method is None:
        return None
    baseline, _, _, residual = found
    scores = _outlier_scores(residual, method.lower())
    if scores is None:
        return None
    flags = np.where(scores > limit, 1, np.where(scores < -limit, -1, 0))
    return f"[{write([int(flag) for flag in flags])},{written(scores)},{written(baseline)}]"
