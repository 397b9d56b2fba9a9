"""The plain model that the projection must beat: a block bootstrap of the latest past."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slo_core.forecast import projection
from slo_core.forecast.replay import LEVELS, Fixed

Floats = NDArray[np.float64]

_BLOCK, _HALF_LIFE, _FUTURES = 72, 720, 400


@dataclass(frozen=True)
class Budget:
    """A budget of one history, replayed."""

    bad: Floats
    valid: Floats
    target: float
    window: int
    fixed: Fixed | None


def replay_plain(budget: Budget, origins: NDArray[np.int64], horizon: int) -> pd.DataFrame:
    """What the plain bootstrap says at past hours: a row each.

    Columns: ``p10``, ``p50``, ``p90`` (hours, at most the horizon) and ``probability``. Blocks keep
    their failures; the traffic of the last week goes on, so that it knows no rhythm.
    """
    rng, rows = np.random.default_rng(0), []
    for origin in origins:
        bad, valid = budget.bad[:origin], budget.valid[:origin]
        allowed, spent = budget.fixed(int(origin)) if budget.fixed else (None, 0.0)
        now = projection.Budget(bad, valid, 1 - budget.target, budget.window, allowed, spent)
        starts = np.arange(origin - _BLOCK + 1)
        weights = 0.5 ** ((starts[-1] - starts) / _HALF_LIFE)
        shape = (_FUTURES, -(-horizon // _BLOCK))
        drawn = rng.choice(starts, shape, p=weights / weights.sum())
        path = (drawn[:, :, None] + np.arange(_BLOCK)).reshape(_FUTURES, -1)[:, :horizon]
        coming = np.cumsum(np.full(horizon, valid[-168:].mean()))
        hours, ever = projection.first(now.exhausted_in(np.cumsum(bad[path], axis=1), coming))
        dates = np.quantile(hours.clip(max=horizon), list(LEVELS.values()), method="inverted_cdf")
        rows.append([*dates, ever.mean()])
    return pd.DataFrame(rows, columns=[*LEVELS, "probability"], dtype=float)
