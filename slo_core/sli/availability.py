"""Availability in slices of ten seconds: observed, up or down, and under maintenance (DESIGN 2.2).

What a slice is, `slo_core.sli.slices` judges by whole days; here they become a scope's timeline, as
it was known at the moment of a look, and without maintenance that counts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from slo_core.catalog import AvailabilityRules, Scope
from slo_core.durations import SLICE_SECONDS
from slo_core.rollup import Rollup
from slo_core.sli.slices import MINUTE_SLICES, Flags, judged_days, slices_in
from slo_core.sli.steps import DAY, floor
from slo_core.sli.windows import Window


@dataclass(frozen=True)
class Timeline:
    """One scope's slices over a span: five flags a slice, and where the first one begins.

    ``observed`` has any probe or request in its minute; ``by_probes`` and ``by_errors`` are down
    for that reason, or for both; ``in_hindsight`` is down by errors only for minutes that end after
    the slice's minute on the clock, so that a look at that minute's end knew nothing of it;
    ``maintained`` touches a maintenance window that counts, and is left out of everything.
    """

    start: datetime
    observed: Flags
    by_probes: Flags
    by_errors: Flags
    in_hindsight: Flags
    maintained: Flags

    @property
    def down(self) -> Flags:
        """Down by probes or by errors."""
        return self.by_probes | self.by_errors

    def counts(self, window: Window) -> tuple[int, int, float | None]:
        """Seconds up, seconds observed, and coverage of a window that lies within the span.

        Coverage is observed time over the window without maintenance; None where that is nothing.
        """
        first = slices_in(window.start - self.start)
        last = slices_in(window.end - self.start)
        observed = self.observed[first:last] & ~self.maintained[first:last]
        valid = int(observed.sum()) * SLICE_SECONDS
        good = valid - int((observed & self.down[first:last]).sum()) * SLICE_SECONDS
        left = int((~self.maintained[first:last]).sum()) * SLICE_SECONDS
        return good, valid, valid / left if left else None

    def series(self, step: timedelta) -> pd.DataFrame:
        """Seconds up and observed in steps from the span's start: ``at``, ``good``, ``valid``.

        A step without observed seconds has no row.
        """
        width = slices_in(step)
        observed = self.observed & ~self.maintained
        edges = np.arange(0, len(observed), width)
        valid = np.add.reduceat(observed.astype(np.int64), edges) * SLICE_SECONDS
        down = np.add.reduceat((observed & self.down).astype(np.int64), edges) * SLICE_SECONDS
        frame = pd.DataFrame(
            {
                "at": np.datetime64(self.start, "us")
                + np.arange(len(edges)) * np.timedelta64(step),
                "good": (valid - down).astype(float),
                "valid": valid.astype(float),
            }
        )
        return frame[frame["valid"] > 0].reset_index(drop=True)


def timeline(
    rollup: Rollup, scope: Scope, start: datetime, at: datetime, maintenance: pd.DataFrame
) -> Timeline:
    """Judge every slice of a scope in ``[start, at)``, on whole minutes.

    ``maintenance`` is the register's table. Minutes end at or before ``at`` and may begin before
    ``start``.
    """
    first = floor(start, DAY)
    days = judged_days(rollup, first, at)
    rows = slice(slices_in(start - first), slices_in(at - first))
    observed, by_probes, by_errors, in_hindsight = (
        np.concatenate([day[scope.id][number] for day in days] or [np.zeros(0, bool)])[rows]
        for number in range(4)
    )
    # Of minutes that end after it a look knows nothing: these are of the last minute's slices.
    last = slice(max(len(by_errors) - MINUTE_SLICES, 0), None)
    by_errors[last] &= ~in_hindsight[last]
    in_hindsight[last] = False
    rules = rollup.catalog.rules.availability
    maintained = _maintained(maintenance, scope, start, slices_in(at - start), rules)
    return Timeline(start, observed, by_probes, by_errors, in_hindsight, maintained)


def _maintained(
    maintenance: pd.DataFrame, scope: Scope, start: datetime, size: int, rules: AvailabilityRules
) -> Flags:
    """Slices that touch maintenance announced early enough and not cancelled."""
    maintained = np.zeros(size, dtype=bool)
    for window in maintenance.itertuples():
        in_time = rules.in_time(window.announced_at, window.starts_at)
        if window.scope == scope.id and in_time and pd.isna(window.cancelled_at):
            first = (window.starts_at - start) // timedelta(seconds=SLICE_SECONDS)
            last = -((start - window.ends_at) // timedelta(seconds=SLICE_SECONDS))
            maintained[max(first, 0) : max(last, 0)] = True
    return maintained
