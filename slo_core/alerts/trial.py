"""An alert with other numbers, replayed: before, after, and beside the burn alerts; or whole sets.

The quarterly review's "Review and update alert thresholds". Of one alert only that is evaluated, so
that two months answer at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from slo_core.alerts.conditions import comparisons
from slo_core.alerts.multiwindow import multiwindow
from slo_core.alerts.replay import Replayed, replay
from slo_core.alerts.sets import AlertSet, known_rules, sets_of
from slo_core.catalog import Alert, Catalog, subjects
from slo_core.rollup import Rollup, as_of

BEFORE, TRIED, BURN = "as it is", "as tried", "burn alerts"

_SETS: dict[AlertSet, str] = {
    "document": "the document's alerts",
    "burn": BURN,
    "headroom": "alerts on headroom",
}


@dataclass(frozen=True)
class Trial:
    """A set of alerts over a range: what it costs in pages, and what it finds.

    ``replayed`` is `slo_core.alerts.replay.Replayed`; of one alert it has the incidents of its
    journeys alone: no other could be found by it.
    """

    name: str
    replayed: Replayed

    @property
    def minutes(self) -> int:
        """For how many minutes it fired, each alert's own."""
        return int(self.replayed.episodes["minutes"].sum())

    @property
    def budget_gone(self) -> float | None:
        """The median of what of the month's budget had failed when an incident was detected."""
        known = self.replayed.detections["budget_gone"].dropna()
        return float(known.median()) if len(known) else None


def trial(
    rollup: Rollup,
    at: datetime,
    length: timedelta,
    alert: Alert,
    incidents: pd.DataFrame,
    *,
    name: str = BEFORE,
) -> Trial:
    """Replay one alert, as it is or with another condition, over the range that ends at ``at``.

    ``incidents`` as in `slo_core.alerts.replay.replay`; those of other journeys are left out.
    """
    own = of_journeys(incidents, journeys_of(as_of(rollup, at).catalog, alert))
    return Trial(name, replay(rollup, at, length, own, {name: [alert]})[name])


def burn_trial(
    rollup: Rollup, at: datetime, length: timedelta, alert: Alert, incidents: pd.DataFrame
) -> Trial:
    """The burn alerts of the budgets of an alert's journeys, over the same range and incidents."""
    journeys = journeys_of(as_of(rollup, at).catalog, alert)
    chosen = [rule for rule in multiwindow(rollup).burn if rule.journey in journeys]
    own = of_journeys(incidents, journeys)
    return Trial(BURN, replay(rollup, at, length, own, {BURN: chosen})[BURN])


def sets_trial(
    rollup: Rollup, at: datetime, length: timedelta, incidents: pd.DataFrame
) -> list[Trial]:
    """The document's alerts, the burn alerts and those on headroom, side by side over a range.

    Each is held against all incidents (`slo_core.alerts.replay.replay`); a set without any alert is
    left out.
    """
    every = sets_of(as_of(rollup, at))
    chosen = {name: every.rules[own] for own, name in _SETS.items() if every.rules[own]}
    found = replay(rollup, at, length, incidents, chosen) if chosen else {}
    return [Trial(name, replayed) for name, replayed in found.items()]


LOUD = ["alert", "journey", "name", "set", "tier", "episodes", "false"]


def loud(trials: Sequence[Trial], catalog: Catalog) -> pd.DataFrame:
    """Which alerts fired for nothing, of several trials: the first tier's first, then the most.

    Columns `LOUD`: a row for each alert and journey of which any episode is about no incident, with
    how many are (``false``) of how many ``episodes``; ``set`` is of `slo_core.alerts.sets.SETS`.
    """
    known = known_rules(catalog)
    rows = []
    for it in trials:
        fired = it.replayed.episodes
        for (alert, journey), own in fired.groupby(["alert", "journey"], dropna=False, sort=False):
            false, rule = int(own["incident"].isna().sum()), known.of(alert, journey)
            if false and rule:
                rows.append((alert, journey, rule.name, rule.set, rule.tier, len(own), false))
    frame = pd.DataFrame(rows, columns=LOUD)
    order = {"by": ["tier", "false"], "ascending": [True, False], "kind": "stable"}
    return frame.sort_values(**order, ignore_index=True)


def journeys_of(catalog: Catalog, alert: Alert) -> frozenset[str]:
    """The journeys that an alert can fire for."""
    found = {
        subject.journey
        for comparison in comparisons(alert.parsed)
        for subject in subjects(catalog, alert.journey, comparison)
    }
    return frozenset(journey for journey in found if journey)


def of_journeys(incidents: pd.DataFrame, journeys: frozenset[str]) -> pd.DataFrame:
    """The incidents that hit any of some journeys."""
    hit = [bool(journeys & set(own)) for own in incidents["journeys"]]
    return incidents[pd.Series(hit, index=incidents.index, dtype=bool)].reset_index(drop=True)
