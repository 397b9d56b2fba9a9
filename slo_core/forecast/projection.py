"""When an error budget runs out: a distribution of dates, never one confident date (DESIGN 2.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slo_core.errors import SloError
from slo_core.forecast.coming import Coming
from slo_core.forecast.futures import DAY, WEEK, Floats, Futures, futures
from slo_core.text import count, counted

_SLACK = 1e-9
"""Sums of hours may miss a limit by rounding; a limit met up to so much is met."""

ENOUGH_HISTORY = 4 * WEEK
"""Hours of history below which a projection says that it rests on little."""

# What happens shall lie from P10 to P90 four times in five. Futures are a little too wide, so the
# ends are drawn in; the early one more, because nothing can be missed above where P90 lies beyond
# the horizon (docs/forecast.md says how that was chosen).
EARLY, MIDDLE, LATE = 0.18, 0.50, 0.85
"""The shares of the futures in which a budget has run out by its P10, P50 and P90 date."""


@dataclass(frozen=True)
class Projection:
    """When a budget runs out. Hours count from the moment of the projection."""

    p10: float | None
    """The early date: by then the budget has run out in a share `EARLY` of the futures. None: not
    within the horizon."""
    p50: float | None
    """The middle date: in half of the futures. None: not within the horizon."""
    p90: float | None
    """The late date: in a share `LATE` of the futures. None: not within the horizon."""
    probability: float
    """Of running out within the horizon, 0 to 1; not a number where it declines to say."""
    recovery: float | None = None
    """Where it is exhausted: when something is left again, as likely before as after. None where
    it is not exhausted, or stays so for the horizon."""
    exhausted: bool = False
    """Whether nothing is left already."""
    note: str = ""
    """What a reader must know: too little history, no failures, no traffic. Else empty."""


def project_exhaustion(
    bad: Any,
    valid: Any,
    *,
    target: float,
    window_hours: int,
    allowed: float | None = None,
    spent: float = 0,
    horizon_hours: int = 720,
    seed: int = 0,
) -> Projection:
    """Project when a budget runs out, from hourly counts that end now.

    ``bad`` and ``valid`` are as many numbers (a list, an array, a Series), the last hour last; more
    history than the window makes a better projection. Without ``allowed`` the budget is rolling:
    (1 - target) × valid over the last ``window_hours``, from which failures age out. With
    ``allowed`` it is of fixed size, ``spent`` of it is gone, and nothing ages out. It is exhausted
    when nothing is left. The same seed gives the same answer.

    Raises SloError with one sentence where the numbers are no such counts.
    """
    lost, events = _counts(bad, "bad"), _counts(valid, "valid")
    _check(lost, events, target, window_hours, allowed, spent, horizon_hours)
    budget = Budget(lost, events, 1 - target, window_hours, allowed, float(spent))
    return outlook(budget, lost, events, horizon_hours, seed)[0]


def outlook(
    budget: "Budget",
    bad: Floats,
    valid: Floats,
    horizon_hours: int,
    seed: int = 0,
    coming: Coming | None = None,
) -> tuple[Projection, Futures | None]:
    """Project a budget over what may follow a history, and the futures that it rests on.

    ``bad`` and ``valid`` are the history that is replayed, ``coming`` what will be otherwise than
    in it. What will fail does not depend on what is promised. No futures where nothing can be
    said, or nothing can fail.
    """
    if not budget.has_data:
        return Projection(None, None, None, 0.0, note="no traffic"), None
    exhausted = bool(budget.left_now <= _SLACK * budget.allowed_now)
    if len(bad) < DAY:
        note = f"too little history: {len(bad)} h, and 24 h are needed"
        if exhausted:
            return Projection(0.0, 0.0, 0.0, 1.0, exhausted=True, note=note), None
        return Projection(None, None, None, float("nan"), note=note), None
    note = _history_note(bad, valid)
    unchanged = coming is None or coming.is_neutral
    if not exhausted and not bad.any() and unchanged:
        return Projection(None, None, None, 0.0, note=note), None
    found = futures(bad, valid, horizon_hours, seed)
    if coming is not None:
        found = coming.applied(found)
    over = budget.exhausted_in(found.bad, found.valid)
    if exhausted:
        recovery = None
        if not budget.is_fixed:
            hours, _ = first(~over)
            recovery = _quantile(hours, found.weights, MIDDLE, horizon_hours)
        return Projection(0.0, 0.0, 0.0, 1.0, recovery, exhausted=True, note=note), found
    hours, ever = first(over)
    probability = min(1.0, float(found.weights[ever].sum()))
    p10, p50, p90 = (
        _quantile(hours, found.weights, level, horizon_hours) for level in (EARLY, MIDDLE, LATE)
    )
    return Projection(p10, p50, p90, probability, note=note), found


class Budget:
    """A budget now, and at each hour of futures."""

    def __init__(
        self,
        bad: Floats,
        valid: Floats,
        error_rate: float,
        window: int,
        allowed: float | None,
        spent: float,
    ) -> None:
        self._bad, self._valid = bad, valid
        self.error_rate, self._window = error_rate, window
        self._fixed, self._spent = allowed, spent
        if allowed is None:
            self.has_data = bool(valid[-window:].sum() > 0)
            self.allowed_now = float(error_rate * valid[-window:].sum())
            self.left_now = self.allowed_now - float(bad[-window:].sum())
        else:
            self.has_data = bool(valid.sum() > 0) or spent >= allowed
            self.allowed_now, self.left_now = allowed, allowed - spent

    def exhausted_in(self, bad: Floats, valid: Floats) -> NDArray[np.bool_]:
        """Whether nothing is left at the end of each hour, from sums since now."""
        if self._fixed is not None:
            reached: NDArray[np.bool_] = bad >= self._fixed * (1 - _SLACK) - self._spent
            return reached
        horizon, window = bad.shape[1], self._window
        allowed = self.error_rate * self._inside(valid, self._valid)
        limit = allowed * (1 - _SLACK) - self._old(self._bad, horizon)
        found = bad >= limit
        if horizon > window:
            found[:, window:] = bad[:, window:] - bad[:, :-window] >= limit[window:]
        # An hour that sees neither traffic nor failures is no data, and exhausts nothing.
        return found & (allowed > 0)

    def left_in(self, bad: Floats, valid: Floats) -> tuple[Floats, Floats]:
        """What is left and what is allowed at the end of each hour, from sums since now."""
        if self._fixed is not None:
            return self._fixed - self._spent - bad, np.full(len(valid), self._fixed)
        horizon, window = bad.shape[1], self._window
        allowed = self.error_rate * self._inside(valid, self._valid)
        spent = bad + self._old(self._bad, horizon)
        if horizon > window:
            spent[:, window:] -= bad[:, :-window]
        return allowed - spent, allowed

    @property
    def is_fixed(self) -> bool:
        """Whether it is of fixed size, so that nothing ages out."""
        return self._fixed is not None

    def _inside(self, sums: Floats, history: Floats) -> Floats:
        """The sum over the window that ends with each coming hour."""
        inside = sums + self._old(history, len(sums))
        if len(sums) > self._window:
            inside[self._window :] -= sums[: -self._window]
        return inside

    def _old(self, history: Floats, horizon: int) -> Floats:
        """What of history is still in the window at the end of each coming hour."""
        known = history[-self._window :]
        padded = np.concatenate([np.zeros(self._window - len(known)), known])
        staying = np.concatenate([np.cumsum(padded[::-1])[::-1][1:], np.zeros(horizon)])
        return staying[:horizon]


def first(holds: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.bool_]]:
    """The first hour, counted from 1, at whose end it holds; infinite where it never does."""
    ever: NDArray[np.bool_] = np.any(holds, axis=1)
    return np.where(ever, holds.argmax(axis=1) + 1.0, np.inf), ever


def _quantile(hours: Floats, weights: Floats, level: float, horizon: int) -> float | None:
    order = np.argsort(hours, kind="stable")
    reached = np.cumsum(weights[order])
    place = int(np.searchsorted(reached, level * reached[-1] - 1e-12))
    found = float(hours[order][min(place, len(order) - 1)])
    return found if found <= horizon else None


def _history_note(bad: Floats, valid: Floats) -> str:
    notes = []
    if len(bad) < ENOUGH_HISTORY:
        notes.append(f"rests on {len(bad) / DAY:.0f} days of history")
    if not bad.any():
        notes.append("no failures in the history")
    elif not valid[-DAY:].any():
        notes.append("no traffic in the last 24 h")
    return "; ".join(notes)


def _counts(values: Sequence[float] | Any, name: str) -> Floats:
    try:
        found = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        found = np.zeros((0, 0))
    if found.ndim != 1:
        raise SloError(f"{name} is no list of hourly counts: give one number for each hour.")
    wrong = np.flatnonzero(~(np.isfinite(found) & (found >= 0)))
    if len(wrong):
        raise SloError(
            f"{name}[{wrong[0]}] is {found[wrong[0]]:g}: a count of an hour is 0 or more; give 0 "
            "where nothing was counted."
        )
    return found


def _check(
    bad: Floats,
    valid: Floats,
    target: float,
    window: float,
    allowed: float | None,
    spent: float,
    horizon: float,
) -> None:
    if len(bad) != len(valid):
        raise SloError(
            f"bad has {counted(len(bad), 'hour')} and valid {count(len(valid))}: give both for the "
            "same hours."
        )
    # A sum of measured parts may pass the whole by rounding.
    wrong = np.flatnonzero(bad > valid * (1 + _SLACK))
    if len(wrong):
        hour = wrong[0]
        raise SloError(
            f"bad[{hour}] is {bad[hour]:g} of {valid[hour]:g} valid: failures are a part of the "
            "valid events; check which is which."
        )
    if not 0 < target < 1:
        raise SloError(f"target is a share above 0 and below 1, such as 0.999, found {target:g}.")
    for name, number in (("window_hours", window), ("horizon_hours", horizon)):
        if not (number >= 1 and float(number).is_integer()):
            raise SloError(f"{name} counts whole hours from 1, found {number:g}.")
    for name, amount in (("allowed", allowed), ("spent", spent)):
        if amount is not None and not 0 <= amount < np.inf:
            raise SloError(f"{name} is an amount of 0 or more, found {amount:g}.")
