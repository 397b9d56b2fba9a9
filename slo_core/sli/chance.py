"""How sure a rate is: what chance alone does to shares of so many events."""

import math

CONFIDENCE = 0.95

_DEVIATIONS = 1.959963984540054  # of a normal distribution: between them lies CONFIDENCE of it


def wilson(good: float, valid: float) -> tuple[float, float]:
    """The Wilson score interval of a rate, at `CONFIDENCE`; ``valid`` is above nought."""
    # Imported here: it takes a second to load, and few pages need it.
    from scipy.stats import binomtest

    found = binomtest(int(good), int(valid)).proportion_ci(CONFIDENCE, method="wilson")
    return float(found.low), float(found.high)


def within_chance(now: float, events_now: float, before: float, events_before: float) -> bool:
    """Whether two rates differ by no more than chance does: the two-proportion test.

    True where either has no events.
    """
    if not events_now or not events_before:
        return True
    pooled = (now * events_now + before * events_before) / (events_now + events_before)
    spread = pooled * (1 - pooled) * (1 / events_now + 1 / events_before)
    return abs(now - before) <= _DEVIATIONS * math.sqrt(max(spread, 0.0))
