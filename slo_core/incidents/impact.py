"""What an incident did, computed from data: whom it hit, and how much beyond what is usual.

The document's "On-call assesses severity and impact" and "Incident impact assessment". The usual is
the same minutes of the same weekday in weeks before, by the catalogue's ``usual_weeks``: the median
of those with data, so that one odd week among them decides nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from typing import Any

import pandas as pd

from slo_core.budget.spending import month_allowed
from slo_core.incidents.spent import spent, whole_minutes
from slo_core.rollup import Rollup
from slo_core.sli.corrections import Corrections
from slo_core.sli.requests import requests_in
from slo_core.sli.windows import Window

WEEK = timedelta(days=7)
_OWN = "own"
_DEVIATIONS = 2.0
"""How far beyond the usual a journey is hit: more than chance alone does (of a Poisson's)."""


@dataclass(frozen=True)
class Impact:
    """What an incident did up to a moment, in the whole minutes that it touches.

    ``start`` and ``end`` are of those minutes. ``journeys`` has a row for every journey that had
    requests or has a part in the incident, those hit first: ``journey``, ``named`` (whether the
    register says so), ``valid``, ``failed``, ``usual``, ``excess`` (failed - usual), ``hit``.
    ``platforms`` has the same of each ``platform``, over the incident's journeys alone.
    ``budgets``: ``service``, ``unit``, ``spent``, ``usual``, ``excess``, ``share`` and
    ``excess_share`` (of the allocation of the month in which it ended), ``spent_corrected`` and
    ``share_corrected`` (see `slo_core.incidents.spent.spent`). Usual, excess and hit are null where
    no week before has data, the last two also where the incident's own time has none. Hit are those
    that failed more often than the usual by `rules.min_failures` at least, and by more than chance
    does. ``weeks`` are those looked at,
    before the incident.
    """

    start: datetime
    end: datetime
    journeys: pd.DataFrame
    platforms: pd.DataFrame
    budgets: pd.DataFrame
    weeks: tuple[int, ...]

    @property
    def failed(self) -> float | None:
        """Failed requests of the incident's own journeys; None where none of them had any."""
        own = self.journeys[self.journeys["named"]]
        return float(own["failed"].sum()) if own["valid"].sum() else None

    @property
    def excess(self) -> float | None:
        """Of those, what is beyond the usual; None where that is known of no journey."""
        own = self.journeys.loc[self.journeys["named"], "excess"].dropna()
        return float(own.sum()) if len(own) else None


def impact(
    rollup: Rollup, incident: Any, at: datetime, corrections: Corrections | None = None
) -> Impact | None:
    """What an incident, a row of the register, did up to ``at``; None where it begins after that.

    What it took of budgets is there without what ``corrections`` leave out, too.
    Weeks are counted back from the incident by its length, so that it never is its own usual.
    """
    window = whole_minutes(_OWN, incident.started_at, incident.ended_at, at)
    if window is None:
        return None
    weeks = usual_weeks(window, rollup.catalog.rules.usual_weeks.value)
    shifted = [_earlier(window, week) for week in weeks]
    counts = requests_in(rollup, [window, *shifted])
    least = rollup.catalog.rules.min_failures.value
    by_journey = counts.groupby(["window", "journey"], as_index=False)[["valid", "failed"]].sum()
    journeys = _against_usual(by_journey, "journey", list(incident.journeys), least)
    journeys.insert(1, "named", journeys["journey"].isin(incident.journeys))
    own = counts[counts["journey"].isin(incident.journeys)]
    by_platform = own.groupby(["window", "platform"], as_index=False)[["valid", "failed"]].sum()
    platforms = _against_usual(by_platform, "platform", [], least)
    budgets = _budgets(rollup, incident, [window, *shifted], corrections)
    return Impact(window.start, window.end, journeys, platforms, budgets, tuple(weeks))


def usual_weeks(window: Window, count: int) -> list[int]:
    """How many weeks before a window those lie that say what is usual: the latest apart from it."""
    first = max(1, -(-(window.end - window.start) // WEEK))
    return [first + number for number in range(count)]


def _earlier(window: Window, weeks: int) -> Window:
    return Window(str(weeks), window.start - weeks * WEEK, window.end - weeks * WEEK)


def _against_usual(
    counts: pd.DataFrame, name: str, needed: Sequence[str], least: int
) -> pd.DataFrame:
    """The incident's own counts by ``name`` beside the usual; those needed also without a count."""
    own = counts[counts["window"] == _OWN].set_index(name)[["valid", "failed"]]
    own = own.reindex([*own.index, *(it for it in needed if it not in own.index)], fill_value=0.0)
    seen = counts[(counts["window"] != _OWN) & (counts["valid"] > 0)]
    usual = seen.groupby(name)["failed"].median().reindex(own.index)
    excess = (own["failed"] - usual).where(own["valid"] > 0)  # of nothing nothing is known
    frame = own.assign(usual=usual, excess=excess).rename_axis(name).reset_index()
    beyond = frame["excess"] >= frame["usual"].map(lambda it: max(least, _DEVIATIONS * sqrt(it)))
    frame["hit"] = beyond.astype("boolean").mask(frame["excess"].isna())
    order = frame.sort_values(["excess", "failed"], ascending=False, kind="stable")
    return order.reset_index(drop=True)


def _budgets(
    rollup: Rollup, incident: Any, windows: Sequence[Window], corrections: Corrections | None
) -> pd.DataFrame:
    end = windows[0].end  # The month is the incident's own, however late the look.
    spans = pd.DataFrame(
        {
            "id": [window.name for window in windows],
            "journeys": [incident.journeys] * len(windows),
            "since": [pd.Timestamp(window.start) for window in windows],
            "ended": [pd.Timestamp(window.end) for window in windows],
        }
    )
    found = spent(rollup, spans, end, corrections)
    own = found[found["id"] == _OWN].drop(columns="id")
    before = found[found["id"] != _OWN].groupby("service")["spent"].median()
    frame = own.assign(usual=own["service"].map(before).astype(float))
    frame["excess"] = frame["spent"] - frame["usual"]
    allowed = {it.service: month_allowed(it, end) for it in rollup.catalog.budgets}
    frame["excess_share"] = frame["excess"] / frame["service"].map(allowed).astype(float)
    columns = ["service", "unit", "spent", "usual", "excess", "share", "excess_share"]
    columns += ["spent_corrected", "share_corrected"]
    return frame[columns].reset_index(drop=True)
