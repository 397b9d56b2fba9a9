"""Actual against target: every objective over a calendar month, and the months before it.

The month is the window: its SLI is the ratio of its sums, whatever the objective's own window is
(the document's "Actual vs. target SLO performance").
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pandas as pd

from slo_core.budget.standing import provable
from slo_core.catalog import Availability, Journey, Objective
from slo_core.review.month import Month
from slo_core.rollup import Rollup, as_of
from slo_core.sli.availability import Timeline, timeline
from slo_core.sli.corrections import Corrections
from slo_core.sli.counts import worst_platform
from slo_core.sli.histograms import histograms
from slo_core.sli.history import approximated
from slo_core.sli.journeys import BEFORE, NOW, count_ranges, total
from slo_core.sli.range_figures import range_figures
from slo_core.sli.rows import UNKNOWN_PLATFORM
from slo_core.sli.steps import DAY, floor
from slo_core.sli.windows import Window

_EMPTY = pd.DataFrame(
    {name: pd.Series(dtype="str") for name in ("window", "journey", "objective", "platform")}
    | {"at": pd.Series(dtype="datetime64[us]")}
    | {name: pd.Series(dtype="float64") for name in ("good", "valid")}
)


@dataclass(frozen=True)
class Counted:
    """Everything that is counted of a month and of those before it, read once.

    ``counts`` are of `slo_core.sli.journeys.count_ranges`: the month itself is the window `NOW`,
    day by day, that before it `BEFORE`, the others have their names. ``rollups`` read each with the
    promises that held at its end. ``sums`` are good and valid of each window over all platforms.
    ``lines`` are the scopes of availability, from the first month with data on. ``corrections`` are
    what is left out of all this; None where it is as measured.
    """

    rollup: Rollup
    month: Month
    rollups: Mapping[str, Rollup]
    counts: Mapping[tuple[str, str, str], pd.DataFrame]
    sums: Mapping[tuple[str, str, str], tuple[float, float]]
    lines: Mapping[str, Timeline]
    corrections: Corrections | None = None

    def of(self, window: str, journey: Journey, objective: Objective) -> pd.DataFrame:
        """The counts of one objective in one window; empty where it had no valid event."""
        return self.counts.get((window, journey.id, objective.id), _EMPTY)

    def good_valid(
        self, window: Window, name: str, journey: Journey, objective: Objective
    ) -> tuple[float, float]:
        """Good and valid in a window; of the worst platform where each had to hold then."""
        if isinstance(objective.indicator, Availability):
            line = self.lines[objective.indicator.scope]
            start, end = max(window.start, line.start), max(window.end, line.start)
            good, valid, _ = line.counts(Window(name, start, end))
            return good, valid
        then = self.promised(name, journey, objective)
        if not then.per_platform:
            return self.sums.get((name, journey.id, objective.id), (0.0, 0.0))
        rows, enough = self.of(name, journey, objective), self.rollup.catalog.rules.min_valid.value
        return total(rows, name, journey, then, None, enough)

    def promised(self, name: str, journey: Journey, objective: Objective) -> Objective:
        """The objective as it was promised in a window."""
        return self.rollups[name].catalog.objective(journey.id, objective.id)

    def daily(self, journey: Journey, objective: Objective) -> pd.DataFrame:
        """The month day by day: ``at``, ``good``, ``valid``; days without events have no row.

        Where each platform must hold, over all platforms together: what people met with.
        """
        if isinstance(objective.indicator, Availability):
            series = self.lines[objective.indicator.scope].series(DAY)
            inside = (series["at"] >= self.month.start) & (series["at"] < self.month.until)
            return series[inside].reset_index(drop=True)
        rows = self.of(NOW, journey, objective)
        return rows.groupby("at", as_index=False)[["good", "valid"]].sum()


def count_months(rollup: Rollup, month: Month, maintenance: pd.DataFrame) -> Counted:
    """Count every objective in the months of the strip; ``maintenance`` is the register's table."""
    windows = month.strip()
    named = [Window(name_of(month, it), it.start, it.end) for it in reversed(windows)]
    rollups = {it.name: as_of(rollup, it.end) for it in named}
    found = []
    for own, names in groupby(named, key=lambda it: rollups[it.name]):
        # Figures before a change of a promise are those of its time.
        found.append(count_ranges(own, list(names), own.catalog.journeys, DAY))
    first = floor(rollup.span[0], DAY) if rollup.span else month.start
    begin = min(max(windows[0].start, first), month.start)
    lines = {
        scope.id: timeline(rollup, scope, begin, month.until, maintenance)
        for scope in rollup.catalog.scopes
    }
    grouped = pd.concat(found).groupby(["window", "journey", "objective"])
    sums = {
        key: (float(good), float(valid))
        for key, good, valid in grouped[["good", "valid"]].sum().itertuples()
    }
    return Counted(rollup, month, rollups, dict(list(grouped)), sums, lines)


def objectives(counted: Counted) -> list[dict[str, Any]]:
    """Each objective's month beside its target and the month before, in the document's order."""
    rollup, month = counted.rollup, counted.month
    before = month.back(1)
    ranges = [Window(NOW, month.start, month.until), Window(BEFORE, before.start, before.end)]
    if counted.corrections:
        histogram = counted.corrections.histograms(rollup, ranges)
    else:
        histogram = histograms(rollup, ranges)
    guessed = approximated(rollup, month.window)
    rows = []
    for journey in rollup.catalog.journeys:
        figures = _figures(counted, journey, histogram[histogram["journey"] == journey.id])
        for objective in journey.objectives:
            good, valid = counted.good_valid(month.window, NOW, journey, objective)
            good_before, valid_before = counted.good_valid(before, BEFORE, journey, objective)
            now, then = (figures.get((objective.id, it), {}) for it in (NOW, BEFORE))
            sli = good / valid if valid else None
            sli_before = good_before / valid_before if valid_before else None
            target_before = counted.promised(BEFORE, journey, objective).target
            allowed = objective.error_rate * valid
            row = {
                "journey": journey.id,
                "objective": objective.id,
                "journey_name": journey.name,
                "name": objective.name,
                "promise": objective.document,
                "platform": _worst(counted, journey, objective),
                "unit": objective.unit,
                "target": objective.target,
                "threshold": objective.threshold.value if objective.threshold else None,
                "good": good,
                "valid": valid,
                "sli": sli,
                "met": None if sli is None else sli >= objective.target,
                "value": now.get("value", sli),
                "value_above": now.get("value_above"),
                "allowed": allowed,
                "consumed": valid - good if valid else None,
                "used": (valid - good) / allowed if allowed else None,
                "coverage": _coverage(counted, objective),
                "valid_before": valid_before,
                "sli_before": sli_before,
                "met_before": None if sli_before is None else sli_before >= target_before,
                "value_before": then.get("value", sli_before),
                "value_above_before": then.get("value_above"),
                "budgeted": objective.budgeted,
                "assumption": objective.assumption is not None,
                "approximate": (journey.id, objective.id) in guessed,
            }
            rows.append(row | {"provable": provable(row)})
    return rows


def months(counted: Counted) -> list[dict[str, Any]]:
    """Each objective in each month of the strip, the earliest first."""
    rows = []
    for journey, objective in counted.rollup.catalog.objectives:
        for window in counted.month.strip():
            name = name_of(counted.month, window)
            good, valid = counted.good_valid(window, name, journey, objective)
            sli = good / valid if valid else None
            target = counted.promised(name, journey, objective).target
            rows.append(
                {
                    "journey": journey.id,
                    "objective": objective.id,
                    "month": window.name,
                    "target": target,
                    "good": good,
                    "valid": valid,
                    "sli": sli,
                    "met": None if sli is None else sli >= target,
                }
            )
    return rows


def platforms(counted: Counted) -> list[dict[str, Any]]:
    """Each platform of each objective in the month; none where the log names no platform."""
    rows = []
    for journey, objective in counted.rollup.catalog.objectives:
        found = counted.of(NOW, journey, objective).groupby("platform")[["good", "valid"]].sum()
        if set(found.index) <= {UNKNOWN_PLATFORM}:
            continue
        for name, good, valid in found.itertuples():
            row = {"journey": journey.id, "objective": objective.id, "platform": name}
            if valid:
                rows.append(row | {"good": good, "valid": valid, "sli": good / valid})
    return rows


def name_of(month: Month, window: Window) -> str:
    """What a month's window is called in the counts."""
    return {month.name: NOW, month.back(1).name: BEFORE}.get(window.name, window.name)


def _figures(
    counted: Counted, journey: Journey, histogram: pd.DataFrame
) -> dict[tuple[str, str], Mapping[str, Any]]:
    """The month's and the month before's figures in the document's own terms, by objective."""
    own = [
        rows
        for objective in journey.objectives
        for name in (NOW, BEFORE)
        if len(rows := counted.of(name, journey, objective))
    ]
    counts = pd.concat(own, ignore_index=True) if own else _EMPTY
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for name in (NOW, BEFORE):
        rollup = counted.rollups[name]
        if name == BEFORE and rollup is counted.rollups[NOW]:
            break  # nothing was promised otherwise: both are in the frame
        frame = range_figures(rollup, counts, histogram, rollup.catalog.journey(journey.id))
        for row in frame.to_dict("records"):
            if row["window"] == name or rollup is counted.rollups[BEFORE]:
                found[str(row["objective"]), str(row["window"])] = row
    return found


def _worst(counted: Counted, journey: Journey, objective: Objective) -> str | None:
    """The platform that decides, where each must hold."""
    if not objective.per_platform:
        return None
    enough = counted.rollup.catalog.rules.min_valid.value
    return worst_platform(counted.of(NOW, journey, objective), enough)


def _coverage(counted: Counted, objective: Objective) -> float | None:
    if not isinstance(objective.indicator, Availability):
        return None
    return counted.lines[objective.indicator.scope].counts(counted.month.window)[2]
