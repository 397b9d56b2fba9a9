"""What bad events have in common: reason, endpoint, status, platform, step, and time.

The rollup keeps what failed or was slow by the hour, so causes are counted over the whole hours
that an objective's window touches; where the window is whole hours, they add up to the very bad
events that its budget counts. Kept history that was rolled up without the objective's threshold is
left out, since nobody can tell which of its events were bad. Everything here is in the budget's
unit: events, or a metric's unit. Availability has no events: see `slo_core.sli.downtime`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from slo_core.catalog import Journey, Latency, Measurement, Objective, Share, Success
from slo_core.durations import parse_duration
from slo_core.errors import SloError
from slo_core.rollup import Rollup
from slo_core.sli.counts import Span, exact_counts, platform_names
from slo_core.sli.indicators import REQUEST_COLUMNS, indicators
from slo_core.sli.rows import values
from slo_core.sli.steps import HOUR, floor, starts
from slo_core.sli.sums import REASONS
from slo_core.sli.windows import Window

_SQL = Path(__file__).parent / "sql"

FIRST_FAILURE = 4
"""The rollup's number of the outcome that is the first of `REASONS`."""

SLOW, TIMEOUT = "slow", "timeout"

NOT_LOGGED = "none"
"""What a dimension's value is where the log names none."""

OTHER_ENDPOINT = "other"
"""All routes of a day beyond those that cost most."""

Only = Mapping[str, str]
"""What is looked at alone: a value for some dimensions."""

_CUBE = ("reason", "reached", "endpoint", "status", "platform", "step")


@dataclass(frozen=True)
class Causes:
    """What the bad events of one objective have in common, over ``[start, end)``.

    ``is_window`` says that this span is the objective's window to the minute. ``cube`` has a column
    for each dimension and ``bad``; ``platforms`` has ``platform``, ``good``, ``valid``, ``bad``,
    ``sli`` and ``decides`` (False with too few valid events), the worst first.
    """

    start: datetime
    end: datetime
    is_window: bool
    dimensions: tuple[str, ...]
    cube: pd.DataFrame
    platforms: pd.DataFrame

    def bad(self, only: Only) -> float:
        """How many of the bad events, or how much, there are of some values."""
        return float(_kept(self.cube, only)["bad"].sum())

    def ranked(self, dimension: str, only: Only) -> pd.DataFrame:
        """Each value of a dimension with its bad events, the most first.

        Columns ``value``, ``bad`` and ``share`` (of all bad events that ``only`` leaves). What
        ``only`` says of the dimension itself is left aside, so that its other values can be seen.
        """
        rest = {name: value for name, value in only.items() if name != dimension}
        rows = _kept(self.cube, rest)
        sums = rows.groupby(dimension, as_index=False)["bad"].sum()
        sums = sums[sums["bad"] > 0].rename(columns={dimension: "value"})
        sums["share"] = sums["bad"] / sums["bad"].sum()
        order = sums.assign(less=-sums["bad"]).sort_values(["less", "value"], kind="stable").index
        return sums.loc[order, ["value", "bad", "share"]].reset_index(drop=True)

    @property
    def deciding(self) -> str | None:
        """The platform that is worst among those with enough valid events."""
        names = self.platforms.loc[self.platforms["decides"], "platform"]
        return None if names.empty else str(names.iloc[0])


def budgeted_part(objective: Objective, causes: Causes) -> dict[str, str]:
    """What the figures of an objective are kept to: its worst platform where each must hold.

    Nothing where no platform has enough valid events. (DESIGN 2.2, `platform_sync`.)
    """
    worst = causes.deciding if objective.per_platform else None
    return {"platform": worst} if worst else {}


def dimensions(objective: Objective) -> tuple[str, ...]:
    """By what bad events can be told apart, the most telling first; nothing for seconds."""
    match objective.indicator:
        case Success(step=None):
            return ("reason", "endpoint", "status", "platform", "step")
        case Success():
            return ("reason", "endpoint", "status", "platform")
        case Latency(step=None):
            return ("reached", "endpoint", "status", "platform", "step")
        case Latency():
            return ("reached", "endpoint", "status", "platform")
        case Measurement() | Share():
            return ("platform",)
    return ()


def hours_of(objective: Objective, at: datetime) -> tuple[datetime, datetime]:
    """The whole hours that an objective's window touches: where they start, and where they end."""
    end = floor(at, HOUR)
    return floor(at - parse_duration(objective.window), HOUR), end if end == at else end + HOUR


def causes(rollup: Rollup, journey: str, objective: str, at: datetime) -> Causes:
    """Everything that the rollup knows of an objective's bad events in its window up to a moment.

    Raises SloError for an objective of availability, which has no events.
    """
    start, end = hours_of(rollup.catalog.objective(journey, objective), at)
    return causes_between(rollup, journey, objective, start, end, is_window=end == at)


def causes_between(
    rollup: Rollup,
    journey: str,
    objective: str,
    start: datetime,
    end: datetime,
    *,
    is_window: bool = False,
) -> Causes:
    """The same over a span of whole hours, such as a calendar month; raises as `causes` does."""
    owner, found = rollup.catalog.journey(journey), rollup.catalog.objective(journey, objective)
    if found.indicator.kind == "availability":
        raise SloError(f"{journey}.{objective} counts seconds, not events: ask for its downtime.")
    hourly = _hourly(rollup, owner, found, start, end)
    by_platform = hourly.groupby("platform", as_index=False)[["good", "valid"]].sum()
    by_platform["bad"] = by_platform["valid"] - by_platform["good"]
    if isinstance(found.indicator, Success | Latency):
        cube = _cube(rollup, owner, found, start, end)
    else:
        cube = by_platform[["platform", "bad"]]
    return Causes(
        start,
        end,
        is_window,
        _told_apart(dimensions(found), cube),
        cube,
        _judged(by_platform, rollup.catalog.rules.min_valid.value),
    )


def course(
    rollup: Rollup, journey: str, objective: str, at: datetime, only: Only | None = None
) -> pd.DataFrame:
    """Bad events hour by hour over the hours of `causes`, of some values alone.

    Columns ``at`` (the start of an hour), ``bad``, ``valid`` and ``allowed`` (what the target lets
    be bad of them). ``valid`` keeps to the platform of ``only``, all that is kept of good events.
    Hours without valid events are there with nulls: a gap.
    """
    owner, found = rollup.catalog.journey(journey), rollup.catalog.objective(journey, objective)
    start, end = hours_of(found, at)
    only = dict(only or {})
    hourly = _kept(_hourly(rollup, owner, found, start, end), _of(only, "platform"))
    sums = hourly.groupby("at")[["good", "valid"]].sum()
    frame = sums.reindex(starts(start, end, HOUR)).rename_axis("at").reset_index()
    frame["bad"] = frame["valid"] - frame["good"]
    frame.loc[~((frame["valid"] > 0) | (frame["bad"] > 0)), ["valid", "bad"]] = None
    if only.keys() - {"platform"}:
        bad = _bad_by_hour(rollup, owner, found, start, end, only)
        there = frame["valid"].notna()
        frame["bad"] = frame["at"].map(bad).fillna(0.0).astype(float).where(there)
    frame["allowed"] = frame["valid"] * found.error_rate
    return frame[["at", "bad", "valid", "allowed"]]


def worst_period(course: pd.DataFrame) -> tuple[datetime, datetime] | None:
    """The hours in which more was bad than was usual for their traffic: start and end.

    Usual is the bad share of the whole course. The hour with the most above it is the worst, of
    equals the first; with it go its neighbours that have at least half as much above it. None where
    nothing was bad.
    """
    bad, valid = course["bad"].fillna(0.0).to_numpy(), course["valid"].fillna(0.0).to_numpy()
    if not bad.sum() > 0:
        return None
    usual = valid * (bad.sum() / valid.sum()) if valid.sum() > 0 else 0.0
    excess = np.where(bad > 0, bad - usual, -np.inf)
    first = last = int(excess.argmax())
    enough = max(excess[first] / 2, 0.0)
    while first > 0 and excess[first - 1] >= enough:
        first -= 1
    while last + 1 < len(bad) and excess[last + 1] >= enough:
        last += 1
    moments = course["at"]
    return moments.iloc[first].to_pydatetime(), moments.iloc[last].to_pydatetime() + HOUR


def _hourly(
    rollup: Rollup, journey: Journey, objective: Objective, start: datetime, end: datetime
) -> pd.DataFrame:
    """Good and valid of one objective by hour and platform: ``at, platform, good, valid``."""
    key = (journey.id, objective.id)
    rows = exact_counts(rollup, [Span(Window("", start, end), HOUR, {key})], known=True)
    rows["platform"] = platform_names(rows)
    return rows.groupby(["at", "platform"], as_index=False)[["good", "valid"]].sum()


def _cube(
    rollup: Rollup, journey: Journey, objective: Objective, start: datetime, end: datetime
) -> pd.DataFrame:
    """The bad requests by every dimension at once."""
    columns = ", ".join(_CUBE)
    found = _bad_rows(rollup, journey, objective, start, end)
    if found is None:
        return pd.DataFrame({name: [] for name in (*_CUBE, "bad")}).astype({"bad": float})
    cursor, rows = found
    return cursor.execute(
        f"SELECT {columns}, CAST(sum(bad) AS DOUBLE) AS bad FROM ({rows}) GROUP BY ALL ORDER BY ALL"
    ).df()


def _bad_by_hour(
    rollup: Rollup,
    journey: Journey,
    objective: Objective,
    start: datetime,
    end: datetime,
    only: Only,
) -> dict[datetime, float]:
    found = _bad_rows(rollup, journey, objective, start, end)
    if found is None:
        return {}
    cursor, rows = found
    known = {name: value for name, value in only.items() if name in _CUBE}
    where = " AND ".join(f"{name} = ?" for name in known) or "true"
    return dict(
        cursor.execute(
            f"SELECT r.at, CAST(sum(r.bad) AS DOUBLE) FROM ({rows}) AS r WHERE {where} GROUP BY 1",
            list(known.values()),
        ).fetchall()
    )


def _bad_rows(
    rollup: Rollup, journey: Journey, objective: Objective, start: datetime, end: datetime
) -> tuple[duckdb.DuckDBPyConnection, str] | None:
    """A cursor and, for it, a SELECT of an objective's bad requests by hour and dimension."""
    source = rollup.source(
        "requests",
        "breakdown",
        [(start, end)],
        columns="journey, hour, step, platform, endpoint, status, outcome, band, events",
        where=f"journey = '{journey.id}' AND hour >= TIMESTAMP '{start}' "
        f"AND hour < TIMESTAMP '{end}'",
    )
    if source is None:
        return None
    # Kept history that lacks the threshold knows how many were bad at best, not which.
    own = [
        found
        for found in indicators(rollup)[0]
        if (found.journey, found.objective) == (journey.id, objective.id) and found.cut != 0
    ]
    if not own:
        return None
    reasons = [(0, SLOW), *((FIRST_FAILURE + at, reason) for at, reason in enumerate(REASONS))]
    tables = [
        values("request_indicator", REQUEST_COLUMNS, own),
        values("outcome_reason", {"outcome": "INTEGER", "reason": "VARCHAR"}, reasons),
        f"breakdown AS ({source})",
    ]
    cursor = rollup.cursor()
    cursor.register("reached", _reached(rollup, journey))
    return cursor, f"WITH {', '.join(tables)} {_read('breakdown')}"


def _reached(rollup: Rollup, journey: Journey) -> pd.DataFrame:
    """The cut in milliseconds that each band of the journey begins at, by plan."""
    rows = []
    for name, plan in rollup.manifests["requests"].plans.items():
        own = next((row[1:] for row in plan["journeys"] if row[0] == journey.id), [])
        rows += [(name, band, f"{cut:g}") for band, cut in enumerate(own, start=1)]
    return pd.DataFrame(rows, columns=["plan", "band", "reached"]).astype(
        {"plan": "str", "band": "int64", "reached": "str"}
    )


def _judged(by_platform: pd.DataFrame, enough: int) -> pd.DataFrame:
    """Platforms with their SLI, the worst of those that decide first."""
    frame = by_platform.assign(
        sli=by_platform["good"] / by_platform["valid"],
        decides=by_platform["valid"] >= enough,
    )
    order = frame.assign(few=~frame["decides"]).sort_values(["few", "sli", "platform"]).index
    return frame.loc[order].reset_index(drop=True)


def _told_apart(names: tuple[str, ...], cube: pd.DataFrame) -> tuple[str, ...]:
    """The dimensions that tell anything: a log without steps has nothing to say by step."""
    return tuple(
        name for name in names if name != "step" or set(cube["step"].unique()) - {NOT_LOGGED}
    )


def _kept(frame: pd.DataFrame, only: Only) -> pd.DataFrame:
    for name, value in only.items():
        if name in frame:
            frame = frame[frame[name] == value]
    return frame


def _of(only: Only, name: str) -> Only:
    return {name: only[name]} if name in only else {}


@cache
def _read(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text("utf-8")
