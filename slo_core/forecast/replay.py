"""How good projections would have been: made at past moments, held against what then happened.

"Not within the horizon", and any later hour, count as the horizon. Moments at which the budget was
exhausted already ask nothing and are left out. Coverage is over the moments whose P10 lies inside
the horizon, because an interval that begins at its end cannot be missed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slo_core.budget.course import Key
from slo_core.catalog import Catalog
from slo_core.durations import parse_duration
from slo_core.forecast.budgets import counts
from slo_core.forecast.projection import (
    ENOUGH_HISTORY,
    Budget,
    first,
    project_exhaustion,
)
from slo_core.sli.steps import HOUR

LEVELS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}

COLUMNS = ["origin", *LEVELS, "probability", "hours", "ran_out", "remaining_ratio"]

Fixed = Callable[[int], tuple[float, float]]
"""Allowed and spent of a budget of fixed size, by the hour of the projection."""

_MOST_REPLAYS = 24
_LEAST_REPLAYS = 8
_HORIZON = 720


def replay(
    bad: NDArray[np.float64],
    valid: NDArray[np.float64],
    origins: Iterable[int],
    *,
    target: float,
    window_hours: int,
    fixed: Fixed | None = None,
    horizon_hours: int = _HORIZON,
    seed: int = 0,
) -> pd.DataFrame:
    """Project at past hours from what was known then, and say what happened.

    ``bad`` and ``valid`` are hourly counts, ``origins`` hours that have a horizon after them.
    Columns: ``origin``, ``p10``, ``p50``, ``p90``, ``hours`` (what happened), all at most the
    horizon, ``probability``, ``ran_out``, ``remaining_ratio``.
    """
    rows = []
    for origin in origins:
        known = slice(0, origin)
        allowed, spent = fixed(origin) if fixed else (None, 0.0)
        budget = Budget(bad[known], valid[known], 1 - target, window_hours, allowed, spent)
        projected = project_exhaustion(
            bad[known],
            valid[known],
            target=target,
            window_hours=window_hours,
            allowed=allowed,
            spent=spent,
            horizon_hours=horizon_hours,
            seed=seed,
        )
        if projected.exhausted or projected.probability != projected.probability:
            continue
        coming = slice(origin, origin + horizon_hours)
        after = budget.exhausted_in(np.cumsum(bad[coming])[None, :], np.cumsum(valid[coming]))
        hours, ever = first(after)
        dates = {name: getattr(projected, name) for name in LEVELS}
        rows.append(
            {
                "origin": origin,
                **{n: horizon_hours if date is None else date for n, date in dates.items()},
                "probability": projected.probability,
                "hours": min(float(hours[0]), horizon_hours),
                "ran_out": bool(ever[0]),
                "remaining_ratio": budget.left_now / budget.allowed_now,
            }
        )
    kinds = dict.fromkeys([*LEVELS, "probability", "hours", "remaining_ratio"], float)
    return pd.DataFrame(rows, columns=COLUMNS).astype(kinds | {"ran_out": bool})


def pinball(replayed: pd.DataFrame, dates: Mapping[str, pd.Series | float]) -> float:
    """The mean pinball loss of P10, P50 and P90 dates, in hours: nought is perfect."""
    losses = []
    for name, level in LEVELS.items():
        over = replayed["hours"] - dates[name]
        losses.append(np.maximum(level * over, (level - 1) * over).mean())
    return float(np.mean(losses))


def coverage(replayed: pd.DataFrame, horizon_hours: int = _HORIZON) -> tuple[float, float]:
    """The share of outcomes between P10 and P90, and of the moments that it is over."""
    asked = replayed[replayed["p10"] < horizon_hours]
    inside = (asked["p10"] <= asked["hours"]) & (asked["hours"] <= asked["p90"])
    return float(inside.mean()), len(asked) / len(replayed) if len(replayed) else float("nan")


def brier(replayed: pd.DataFrame) -> tuple[float, float]:
    """The Brier score of the probability, and of always saying the share that did run out."""
    ran_out = replayed["ran_out"].astype(float)
    own = ((replayed["probability"] - ran_out) ** 2).mean()
    return float(own), float(((ran_out.mean() - ran_out) ** 2).mean())


@dataclass(frozen=True)
class TrackRecord:
    """How past projections on this very data did."""

    projections: int
    """How many were made again, at moments a horizon or more ago."""
    expected: float
    """How many budgets should have run out by their probabilities."""
    ran_out: int
    """How many did."""
    asked: int
    """How many had a P10 within the horizon."""
    covered: int
    """In how many of these what happened lay between P10 and P90."""

    @property
    def sentence(self) -> str:
        """The same in one sentence for people."""
        if self.projections < _LEAST_REPLAYS:
            return (
                "Too little history to say how good past projections were: "
                "it takes four weeks before a projection and 30 days after it."
            )
        budgets = "1 budget" if self.ran_out == 1 else f"{self.ran_out} budgets"
        said = (
            f"Of {self.projections} projections made again on this data, {budgets} "
            f"ran out within 30 days where {self.expected:.1f} were expected"
        )
        if not self.asked:
            return f"{said}; none of them gave a P10 date."
        return f"{said}; {self.covered} of {self.asked} P10 to P90 intervals held."


def track_record(catalog: Catalog, course: Mapping[Key, pd.DataFrame], at: datetime) -> TrackRecord:
    """How good projections of the budgeted services, rolling, would have been on their own past.

    ``course`` is that of `slo_core.forecast.history`. Some two dozen moments are tried, spread
    evenly.
    """
    per_budget = max(1, _MOST_REPLAYS // max(1, len(catalog.budgets)))
    frames = []
    for budget in catalog.budgets:
        key = (budget.service, budget.objective)
        own = course[key]
        bad, valid = counts(own[own["until"] <= at])
        window = max(1, round(parse_duration(budget.policy_window) / HOUR))
        begin, end = max(window, ENOUGH_HISTORY), len(bad) - _HORIZON
        if end < begin:
            continue
        origins = np.unique(np.linspace(begin, end, per_budget).astype(int))
        target = catalog.objective(*key).target
        frames.append(replay(bad, valid, origins, target=target, window_hours=window))
    if not frames:
        return TrackRecord(0, 0.0, 0, 0, 0)
    replayed = pd.concat(frames, ignore_index=True)
    share, asked = coverage(replayed)
    number = round(asked * len(replayed)) if len(replayed) else 0
    return TrackRecord(
        projections=len(replayed),
        expected=float(replayed["probability"].sum()),
        ran_out=int(replayed["ran_out"].sum()),
        asked=number,
        covered=round(share * number) if number else 0,
    )
