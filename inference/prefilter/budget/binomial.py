"""Exact intervals of a rate (Clopper and Pearson, Biometrika 26, 1934), for any number of trials."""

import math

_MOST_STEPS = 500
_TINY = 1e-300


def lower_bound(hits: int, trials: int, confidence: float) -> float:
    """The smallest rate at which as many hits are not too surprising: one-sided; 0 without trials."""
    return 0.0 if hits <= 0 else _inverse(hits, trials - hits + 1, 1 - confidence)


def upper_bound(hits: int, trials: int, confidence: float) -> float:
    """The largest rate at which as few hits are not too surprising: one-sided; 1 without trials."""
    return 1.0 if hits >= trials else _inverse(hits + 1, trials - hits, confidence)


def _inverse(a: float, b: float, share: float) -> float:
    """Where the beta distribution's cumulative share is `share`: halving, for it only ever rises."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if beta_share(a, b, middle) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def beta_share(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b), for a and b above 0.

    By its continued fraction (DLMF 8.17.22), taken on the side where it converges fast.
    """
    if not 0 < x < 1:
        return float(x >= 1)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    """Lentz's way: numerator and denominator by their ratios, so that nothing overflows."""
    c, d = 1.0, _not_zero(1 - (a + b) * x / (a + 1))
    d = 1 / d
    result = d
    for m in range(1, _MOST_STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _not_zero(1 + term * d)
            c = _not_zero(1 + term / c)
            result *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return result


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
