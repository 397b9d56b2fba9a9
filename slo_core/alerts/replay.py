"""Two sets of alerts replayed over the same history: pages, what they find, how soon, at what cost.

For the quarterly review's "Review and update alert thresholds". What they should have found is a
list of incidents: the register's, or the truth that sample data comes with.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from slo_core.alerts.episodes import budget_spent, episodes, runs_of
from slo_core.alerts.evaluate import Evaluated, Evaluation, Rule, evaluate
from slo_core.alerts.multiwindow import multiwindow
from slo_core.alerts.peaks import Span
from slo_core.errors import SloError
from slo_core.register import read_incidents
from slo_core.rollup import Rollup
from slo_core.sli.steps import MINUTE

INCIDENTS = ["id", "title", "severity", "journeys", "start", "end"]

DETECTIONS = [*INCIDENTS, "detected", "alert", "minutes", "budget_gone"]

AFTER = timedelta(hours=1)
"""An alert that starts so soon after an incident's end is still about it: windows trail."""


@dataclass(frozen=True)
class Replayed:
    """One set of alerts over a range.

    ``episodes`` are those of the set (`slo_core.alerts.episodes.episodes`, percentiles without
    their peaks), with ``incident``: the id of the one that it is about, or None for a false one.
    ``detections`` has a row for each incident that began in the range: when it was ``detected`` and
    by which ``alert`` first (null: never), ``minutes`` from its start to that, and ``budget_gone``,
    what failed in between as a share of the month's budget (of its journeys the largest; null
    without a budget).
    """

    name: str
    episodes: pd.DataFrame
    detections: pd.DataFrame

    @property
    def true(self) -> int:
        """Episodes that are about an incident."""
        return int(self.episodes["incident"].notna().sum())

    @property
    def false(self) -> int:
        """Episodes that are about none."""
        return len(self.episodes) - self.true

    @property
    def found(self) -> int:
        """Incidents that were detected."""
        return int(self.detections["detected"].notna().sum())

    @property
    def precision(self) -> float | None:
        """The share of episodes that are about an incident; None where nothing fired."""
        return self.true / len(self.episodes) if len(self.episodes) else None

    @property
    def recall(self) -> float | None:
        """The share of incidents that were detected; None where there were none."""
        return self.found / len(self.detections) if len(self.detections) else None

    @property
    def median_minutes(self) -> float | None:
        """The median time to detect, in minutes; None where nothing was."""
        known = self.detections["minutes"].dropna()
        return float(known.median()) if len(known) else None


def replay(
    rollup: Rollup,
    at: datetime,
    length: timedelta,
    incidents: pd.DataFrame,
    sets: Mapping[str, Sequence[Rule]] | None = None,
) -> dict[str, Replayed]:
    """Replay sets of alerts over the range that ends at a moment, by their names.

    Without ``sets`` they are the catalogue's own (``document``), its burn alerts on budgets
    (``multiwindow``) and those on the headroom of other objectives (``headroom``). ``incidents``
    has the columns of `INCIDENTS`; one that lasts has no end. Only those that begin in the range
    are to be found; an episode may be about an older one.
    """
    widened, burn, headroom = multiwindow(rollup)
    chosen: Mapping[str, Sequence[Rule]] = sets or {
        "document": rollup.catalog.alerts,
        "multiwindow": burn,
        "headroom": headroom,
    }
    found = {}
    for name, rules in chosen.items():
        evaluated = evaluate(widened, at, length, rules)
        inside = within(incidents, evaluated.start, at)
        frame = episodes(evaluated, peaks_since=at)
        fired, known = frame.to_dict("records"), incidents.sort_values("start").to_dict("records")
        frame["incident"] = pd.Series([incident_of(it, known) for it in fired], dtype="object")
        rows = [_detection(evaluated, it, fired) for it in inside.to_dict("records")]
        moments = dict.fromkeys(("start", "end", "detected"), "datetime64[us]")
        kinds = moments | dict.fromkeys(("minutes", "budget_gone"), float)
        found[name] = Replayed(name, frame, pd.DataFrame(rows, columns=DETECTIONS).astype(kinds))
    return found


def register_incidents(root: str | Path) -> pd.DataFrame:
    """The register's incidents, merged ones left out, for `replay`."""
    frame = read_incidents(root)
    frame = frame[frame["merged_into"].isna()]
    frame = frame.rename(columns={"started_at": "start", "ended_at": "end"})
    return frame[INCIDENTS].reset_index(drop=True)


def scenario_incidents(root: str | Path) -> pd.DataFrame:
    """The incidents that sample data were made with, for `replay`.

    Left out are those in which nothing failed, since there is no data at all. Raises SloError where
    the folder's data are no sample.
    """
    path = Path(root) / "scenario.json"
    try:
        stated = json.loads(path.read_text("utf-8"))["incidents"]
    except (OSError, ValueError, KeyError):
        raise SloError(
            f"{path} is not there or no scenario: only sample data come with their truth; make "
            "some with `python -m slo_core sample`."
        ) from None
    frame = pd.DataFrame(
        [{name: it[name] for name in INCIDENTS} for it in stated if it["kind"] != "no_data"],
        columns=INCIDENTS,
    )
    for name in ("start", "end"):
        moments = pd.to_datetime(frame[name], utc=True)
        frame[name] = moments.dt.tz_localize(None).astype("datetime64[us]")
    return frame


def within(incidents: pd.DataFrame, start: datetime, at: datetime) -> pd.DataFrame:
    """Those that begin in the range: of others nobody knows what the range did not see."""
    inside = incidents[(incidents["start"] >= start) & (incidents["start"] < at)]
    return inside.sort_values("start", ignore_index=True)


def is_about(episode: Mapping[str, Any], incident: Mapping[str, Any]) -> bool:
    """Whether an episode is of the incident's journeys and of its time, and a little longer."""
    ended = incident["end"]
    return (
        episode["journey"] in incident["journeys"]
        and episode["until"] > incident["start"]
        and (pd.isna(ended) or episode["start"] <= ended + AFTER)
    )


def plain_episodes(evaluation: Evaluation, merge: timedelta) -> list[dict[str, Any]]:
    """The episodes of one evaluation without their peaks and costs, which take long.

    ``journey``, ``start`` and ``until`` as in `slo_core.alerts.episodes.episodes`.
    """
    return [
        {
            "journey": evaluation.journey,
            "start": evaluation.start + (first + 1) * MINUTE,
            "until": evaluation.start + (last + 1) * MINUTE,
        }
        for first, last in runs_of(evaluation.firing, merge)
    ]


def incident_of(episode: Mapping[str, Any], incidents: Sequence[Mapping[str, Any]]) -> object:
    """The latest incident that an episode is about, or None."""
    return next((it["id"] for it in reversed(incidents) if is_about(episode, it)), None)


def _detection(
    evaluated: Evaluated, incident: Mapping[str, Any], fired: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    # One that fires already when the incident starts tells nobody of it.
    own = [it for it in fired if it["start"] > incident["start"] and is_about(it, incident)]
    row: dict[str, Any] = dict.fromkeys(DETECTIONS) | dict(incident)
    if own:
        detected = own[0]["start"]
        row["detected"], row["alert"] = detected, own[0]["alert"]
        row["minutes"] = (detected - incident["start"]) / MINUTE
        span = Span(incident["start"].floor("min").to_pydatetime(), detected.to_pydatetime())
        shares = [budget_spent(evaluated, journey, span) for journey in incident["journeys"]]
        row["budget_gone"] = max((it for it in shares if it is not None), default=None)
    return row
