"""Mathematical functions that SQL lacks, over floats: special functions, shifts, units of bytes."""

from __future__ import annotations

import math

_BYTE_UNITS = ("Bytes", "KB", "MB", "GB", "TB", "PB", "EB")
_MASK = 0xFFFFFFFFFFFFFFFF
_ITERATIONS = 300
_LARGEST_SHAPE = 10_000


def signed_64(value: int) -> int:
    """The low 64 bits as a signed long."""
    value &= _MASK
    return value - (1 << 64) if value >> 63 else value


def shift_left(value: int | None, bits: int | None) -> int | None:
    """Bits moved to the left, modulo 64; null for a negative distance."""
    if value is None or bits is None or bits < 0:
        return None
    return signed_64(value << (bits % 64))


def shift_right(value: int | None, bits: int | None) -> int | None:
    """Bits moved to the right, modulo 64, the sign kept; null for a negative distance."""
    if value is None or bits is None or bits < 0:
        return None
    return value >> (bits % 64)


def gamma(value: float | None) -> float | None:
    """The gamma function."""
    if value is None:
        return None
    try:
        return math.gamma(value)
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan


def log_gamma(value: float | None) -> float | None:
    """The logarithm of the absolute value of the gamma function."""
    if value is None:
        return None
    try:
        return math.lgamma(value)
    except (OverflowError, ValueError):
        return math.inf


def erf(value: float | None) -> float | None:
    """The error function."""
    return None if value is None else math.erf(value)


def erfc(value: float | None) -> float | None:
    """The complementary error function."""
    return None if value is None else math.erfc(value)


def _has_shape(alpha: float, beta: float) -> bool:
    return 0 < alpha <= _LARGEST_SHAPE and 0 < beta <= _LARGEST_SHAPE


def beta_pdf(x: float | None, alpha: float | None, beta: float | None) -> float | None:
    """Density of the beta distribution; NaN outside [0, 1] and for shapes that make no sense."""
    if x is None or alpha is None or beta is None:
        return None
    if not 0 <= x <= 1 or not _has_shape(alpha, beta):
        return math.nan
    if x in (0.0, 1.0):
        edge = alpha if x == 0 else beta
        return math.inf if edge < 1 else 0.0 if edge > 1 else (beta if x == 0 else alpha)
    return math.exp(_log_kernel(x, alpha, beta)) / (x * (1 - x))


def beta_cdf(x: float | None, alpha: float | None, beta: float | None) -> float | None:
    """The regularized incomplete beta function; NaN outside [0, 1] and for shapes that make no sense."""
    if x is None or alpha is None or beta is None:
        return None
    if not 0 <= x <= 1 or not _has_shape(alpha, beta):
        return math.nan
    if x in (0.0, 1.0):
        return x
    front = math.exp(_log_kernel(x, alpha, beta))
    if x < (alpha + 1) / (alpha + beta + 2):
        return front * _fraction(x, alpha, beta) / alpha
    return 1 - front * _fraction(1 - x, beta, alpha) / beta


def beta_inv(probability: float | None, alpha: float | None, beta: float | None) -> float | None:
    """The x whose beta_cdf() is the probability; null for no probability, NaN for shapes that make no sense."""
    if probability is None or alpha is None or beta is None or not 0 < probability <= 1:
        return None
    if not _has_shape(alpha, beta):
        return math.nan
    low, high = 0.0, 1.0
    for _ in range(_ITERATIONS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if (beta_cdf(middle, alpha, beta) or 0.0) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _log_kernel(x: float, alpha: float, beta: float) -> float:
    norm = math.lgamma(alpha + beta) - math.lgamma(alpha) - math.lgamma(beta)
    return norm + alpha * math.log(x) + beta * math.log1p(-x)


def _fraction(x: float, alpha: float, beta: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    tiny = 1e-300
    c, d = 1.0, 1 - (alpha + beta) * x / (alpha + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    result = d
    for step in range(1, _ITERATIONS):
        even = step * (beta - step) * x / ((alpha + 2 * step - 1) * (alpha + 2 * step))
        odd = -(alpha + step) * (alpha + beta + step) * x / ((alpha + 2 * step) * (alpha + 2 * step + 1))
        change = 1.0
        for term in (even, odd):
            d = 1 + term * d
            d = 1 / (d if abs(d) > tiny else tiny)
            c = 1 + term / c
            c = c if abs(c) > tiny else tiny
            change = c * d
            result *= change
        if abs(change - 1) < 1e-16:
            break
    return result


def welch_test(
    mean1: float | None,
    variance1: float | None,
    count1: float | None,
    mean2: float | None,
    variance2: float | None,
    count2: float | None,
) -> float | None:
    """Two-tailed p-value of Welch's t-test from the moments of two samples."""
    if mean1 is None or variance1 is None or count1 is None or mean2 is None or variance2 is None or count2 is None:
        return None
    if count1 <= 1 or count2 <= 1 or variance1 < 0 or variance2 < 0 or variance1 + variance2 == 0:
        return None
    one, other = variance1 / count1, variance2 / count2
    try:
        statistic = (mean1 - mean2) ** 2 / (one + other)
        freedom = (one + other) ** 2 / (one**2 / (count1 - 1) + other**2 / (count2 - 1))
    except (OverflowError, ZeroDivisionError):
        return None
    return beta_cdf(freedom / (freedom + statistic), freedom / 2, 0.5)


def format_bytes(size: float | None, precision: int | None = 0, units: str | None = "") -> str | None:
    """A number of bytes in the unit that suits it, or in the given one; null for an unknown unit."""
    if size is None or precision is None or not math.isfinite(size):
        return None
    names = {name.lower(): power for power, name in enumerate(_BYTE_UNITS)}
    if units:
        if units.lower() not in names:
            return None
        power = names[units.lower()]
    else:
        power = 0
        while power < len(_BYTE_UNITS) - 1 and abs(size) >= 1024 ** (power + 1):
            power += 1
    value = _round_half_away(size / 1024**power, precision)
    text = f"{value:.{max(precision, 0)}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {_BYTE_UNITS[power]}"


def _round_half_away(value: float, digits: int) -> float:
    scale = 10.0**digits
    return math.copysign(math.floor(abs(value) * scale + 0.5), value) / scale
