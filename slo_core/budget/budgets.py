"""The arithmetic of error budgets, on counts (the document's "Error Budget"; DESIGN 2.2)."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slo_core.catalog import Allocation, Budget, Policy
from slo_core.errors import SloError

_FIRST_DAY = 86_400.0
_DIGITS = 12

ENOUGH, ABOVE_EXIT, HEALTHY = 1, 2, 4
"""Lines of the policy that a share keeps: not exhausted, enough to leave exhaustion, healthy."""


@dataclass(frozen=True)
class ErrorBudget:
    """A budget in the objective's own events (requests, values, seconds): allowed and spent."""

    allowed: float
    consumed: float

    @property
    def remaining(self) -> float:
        """What is left; negative when overspent."""
        return self.allowed - self.consumed

    @property
    def remaining_ratio(self) -> float | None:
        """What is left as a share of what is allowed; None where nothing is allowed."""
        return self.remaining / self.allowed if self.allowed else None


@dataclass(frozen=True)
class Calculation:
    """The answer of the document's SLO calculator."""

    sli: float | None
    met: bool | None
    budget: ErrorBudget


def rolling_budget(good: float, valid: float, error_rate: float) -> ErrorBudget:
    """The budget over a window: (1 - target) × valid is allowed, valid - good is spent."""
    return ErrorBudget(error_rate * valid, valid - good)


def allocation_at(budget: Budget, at: datetime) -> Allocation:
    """The allocation that counts in a look at a moment, and so its hourly levels.

    It is that of the day of the last minute before the moment, as the month is (DESIGN 2.2): at
    midnight of the day from which a new one is in force, the old one still counts.
    """
    return budget.allocation_on((at - timedelta(minutes=1)).date())


def calendar_budget(allocation: Allocation, month_seconds: float, consumed: float) -> ErrorBudget:
    """The budget of a calendar month: the document's allocation, whatever the traffic."""
    return ErrorBudget(allocation.allowed_in(month_seconds), consumed)


def expected_requests(
    allocation: Allocation, elapsed_seconds: float, month_seconds: float
) -> float | None:
    """How many requests an allocation's estimate means for the part of a month that is over.

    None where the document has no estimate, and on the first day, whose hours are not alike.
    """
    if allocation.estimated_requests is None or elapsed_seconds < _FIRST_DAY:
        return None
    return allocation.estimated_requests * elapsed_seconds / month_seconds


def is_off(requests: float, expected: float | None, tolerance: float) -> bool:
    """Whether traffic is so far off its estimate that the month's allocation misleads."""
    return expected is not None and abs(requests - expected) > tolerance * expected


def burn_rate(good: float, valid: float, error_rate: float) -> float | None:
    """How many times faster than on budget bad events come; None without valid events."""
    return (valid - good) / valid / error_rate if valid else None


def sli(good: float, valid: float) -> float | None:
    """Good over valid; None without valid events, never 100 % and never nought."""
    return good / valid if valid else None


def zone(remaining_ratios: NDArray[np.float64], policy: Policy) -> NDArray[np.int64]:
    """Where remaining shares lie on the policy's lines: `ENOUGH`, `ABOVE_EXIT`, `HEALTHY`, added.

    Exactly half remaining is healthy (DESIGN 2.3), exactly 10 % is not exhausted, exactly 30 % is
    not above the exit.
    """
    # In binary a tenth of a budget may be a hair less than 0.1; the verdict is that of decimals.
    ratios = np.round(remaining_ratios, _DIGITS)
    found = ENOUGH * (ratios >= policy.exhausted_below)
    found += ABOVE_EXIT * (ratios > policy.exit_above)
    found += HEALTHY * (ratios >= policy.healthy_from)
    return found.astype(np.int64)


def calculate(good: float, total: float, target_percent: float) -> Calculation:
    """The document's appendix: current SLI, whether it meets a target in percent, and the budget.

    Zero requests are no data. Raises SloError where good exceeds total or a figure is impossible.
    """
    if not (0 <= good < math.inf and 0 <= total < math.inf):
        raise SloError("--good and --total count requests: expected 0 or more.")
    if good > total:
        raise SloError(
            f"--good {good:g} is more than --total {total:g}: good requests are a part of the "
            "total; check which number is which."
        )
    if not 0 < target_percent < 100:
        raise SloError(f"--target is a percentage above 0 and below 100, found {target_percent:g}.")
    # In binary 99.9 / 100 is above 0.999, and 1 - 0.999 is not quite 0.001; in decimals they are.
    target = Fraction(repr(float(target_percent))) / 100
    ratio = sli(good, total)
    met = None if ratio is None else Fraction(good) / Fraction(total) >= target
    return Calculation(ratio, met, rolling_budget(good, total, float(1 - target)))
