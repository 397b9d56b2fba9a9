"""Student's t distribution: how far a mean of few values may be off.

    reach = quantile(freedom=4, part=0.975)  # 2.776 standard errors

It is worked out here because loading a library for it takes longer than many an answer.
"""

from functools import lru_cache
from math import exp, lgamma, log, log1p, sqrt

_TERMS = 300  # far more than the fraction needs where it is used
_HALVINGS = 200


@lru_cache(maxsize=1024)  # a projection asks for the same thousands of times
def quantile(freedom: float, part: float) -> float:
    """The value below which a ``part`` of outcomes lies, of so many degrees of ``freedom``.

    ``part`` is between 0 and 1, and ``freedom`` above 0; neither need be whole. The relative error
    is below 1e-9 for up to 10,000 degrees.
    """
    if part == 0.5:
        return 0.0
    if part < 0.5:
        return -quantile(freedom, 1 - part)
    # Of the outcomes beyond ±t a part of y = t² / (freedom + t²) is left, on both sides.
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if _within(middle, freedom) < 2 * part - 1:
            low = middle
        else:
            high = middle
    return sqrt(freedom * low / (1 - low))


def _within(y: float, freedom: float) -> float:
    """The share of outcomes between ±t: the regularised incomplete beta of a half and freedom/2."""
    one, other = 0.5, freedom / 2
    front = exp(
        lgamma(one + other) - lgamma(one) - lgamma(other) + one * log(y) + other * log1p(-y)
    )
    if y < (one + 1) / (one + other + 2):
        return front * _fraction(y, one, other) / one
    return 1 - front * _fraction(1 - y, other, one) / other


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    upper = 1.0
    found = lower = 1 / (1 - (a + b) * x / (a + 1))
    for n in range(1, _TERMS):
        for step in (
            n * (b - n) * x / ((a + 2 * n - 1) * (a + 2 * n)),
            -(a + n) * (a + b + n) * x / ((a + 2 * n) * (a + 2 * n + 1)),
        ):
            lower = 1 / (1 + step * lower)
            upper = 1 + step / upper
            found *= upper * lower
        if abs(upper * lower - 1) < 1e-15:
            break
    return found
