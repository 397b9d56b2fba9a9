"""What the page of user journeys shows of each journey, over a range and the one compared with it.

Which journey shows what follows from its objectives alone (the document's "User Journey
Dashboard"): a success objective has a course, a latency objective percentiles, a measurement
objective a distribution, one that must hold on each platform a matrix; a funnel has its steps.

Frames of counts have a row per window, step of time, journey, objective and platform, so that one
query answers for the whole page; the functions below it pick from such a frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from slo_core.catalog import (
    Availability,
    Catalog,
    Journey,
    Latency,
    Measurement,
    Objective,
    Share,
    Success,
)
from slo_core.rollup import Rollup
from slo_core.sli.counts import Span, platform_names, span_counts
from slo_core.sli.steps import DAY, HOUR, MINUTE, starts, step_for
from slo_core.sli.windows import Window

_LADDER = (MINUTE, 5 * MINUTE, HOUR, 6 * HOUR, DAY)
_MOST = 180
_MINUTES_UP_TO = 6 * HOUR
_WEEK = timedelta(days=7)

_COUNTS = {
    "window": "str",
    "at": "datetime64[us]",
    "journey": "str",
    "objective": "str",
    "platform": "str",
    "good": "float64",
    "valid": "float64",
}

NOW, BEFORE = "now", "before"
"""The names of the range and of the one that it is compared with."""

COMPARISONS = ("period", "weeks", "nothing")
"""With what a range is compared: the one just before it, the same weekdays before, or nothing."""


@dataclass(frozen=True)
class Timed:
    """The durations of a journey's requests, or of one of its steps, with their objectives."""

    journey: Journey
    step: str | None
    objectives: tuple[Objective, ...]


@dataclass(frozen=True)
class Measured:
    """The values of one metric of a journey, with their objectives."""

    journey: Journey
    metric: str
    objectives: tuple[Objective, ...]

    @property
    def unit(self) -> str:
        """The unit of its values."""
        return self.objectives[0].unit


@dataclass(frozen=True)
class Sections:
    """What there is to show of a journey, in the document's order."""

    journey: Journey
    success: tuple[Objective, ...]
    """Success rates over all platforms."""
    shares: tuple[Objective, ...]
    timed: tuple[Timed, ...]
    measured: tuple[Measured, ...]
    per_platform: tuple[Objective, ...]
    """Success rates that must hold on each platform."""


def panel_journeys(catalog: Catalog) -> tuple[tuple[Journey, ...], tuple[Journey, ...]]:
    """The journeys that the document's dashboard has a panel for, and the other ones of users.

    Without any headings in the catalogue all journeys of users, and those with a funnel, are
    the first kind.
    """
    users = [j for j in catalog.journeys if j.panel or j.group == "journey" or j.funnel]
    named = tuple(journey for journey in users if journey.panel)
    if not named:
        return tuple(users), ()
    return named, tuple(journey for journey in users if not journey.panel)


def sections(journey: Journey) -> Sections:
    """What a journey's objectives give to show."""
    success: list[Objective] = []
    shares: list[Objective] = []
    per_platform: list[Objective] = []
    timed: dict[str | None, list[Objective]] = {}
    measured: dict[str, list[Objective]] = {}
    for objective in journey.objectives:
        match objective.indicator:
            case Success():
                (per_platform if objective.per_platform else success).append(objective)
            case Share():
                shares.append(objective)
            case Latency(step=step):
                timed.setdefault(step, []).append(objective)
            case Measurement(metric=metric):
                measured.setdefault(metric, []).append(objective)
            case Availability():
                pass  # it is measured in slices of time; its row in the table tells it
    return Sections(
        journey,
        tuple(success),
        tuple(shares),
        tuple(Timed(journey, step, tuple(own)) for step, own in timed.items()),
        tuple(Measured(journey, metric, tuple(own)) for metric, own in measured.items()),
        tuple(per_platform),
    )


def compared(at: datetime, length: timedelta, comparison: str) -> list[Window]:
    """The range that ends at a moment, and the one of the same length that it is compared with.

    ``weeks`` goes back by as many whole weeks as the range is long, so that weekdays agree.
    """
    now = Window(NOW, at - length, at)
    if comparison == "nothing":
        return [now]
    back = -(-length // _WEEK) * _WEEK if comparison == "weeks" else length
    return [now, Window(BEFORE, now.start - back, now.end - back)]


def course_step(length: timedelta) -> timedelta:
    """The step in which a range is drawn: minutes up to six hours, else an hour and more."""
    return step_for(length, _LADDER if length <= _MINUTES_UP_TO else _LADDER[2:], _MOST)


def count_ranges(
    rollup: Rollup, windows: Sequence[Window], journeys: Sequence[Journey], step: timedelta
) -> pd.DataFrame:
    """Good and valid events of journeys' objectives in a range, and in the one compared with it.

    Columns ``window``, ``at`` (the start of a step in the first window; null in the others, which
    are counted as a whole), ``journey``, ``objective``, ``platform`` (``unknown`` where the log
    names none), ``good``, ``valid`` (events, or the metric's unit for shares of a sum). What had no
    valid events has no row; objectives of availability have none at all.
    """
    return count_page(rollup, windows, journeys, step)[0]


def count_page(
    rollup: Rollup, windows: Sequence[Window], journeys: Sequence[Journey], step: timedelta
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All counts of the page in one read: those of `count_ranges`, and those by day and platform.

    The second frame has the same columns. It has the objectives that must hold on each platform,
    day by day over their own windows up to the end of the range; ``window`` is `of_platforms`.
    """
    now, *others = windows
    keys = {(journey.id, objective.id) for journey in journeys for objective in journey.objectives}
    spans = [Span(now, step, keys), *(Span(window, None, keys) for window in others)]
    daily = [
        Span(
            Window(of_platforms(journey, objective), now.end - objective.window_length, now.end),
            DAY,
            {(journey.id, objective.id)},
        )
        for journey in journeys
        for objective in journey.objectives
        if objective.per_platform
    ]
    rows = span_counts(rollup, [*spans, *daily])
    rows["platform"] = platform_names(rows)
    rows = rows.reindex(columns=list(_COUNTS)).astype(_COUNTS)
    is_daily = rows["window"].isin([span.window.name for span in daily])
    return rows[~is_daily].reset_index(drop=True), rows[is_daily].reset_index(drop=True)


def of_platforms(journey: Journey, objective: Objective) -> str:
    """The name of the window in which an objective is counted on each platform."""
    return f"{journey.id}.{objective.id}"


def platforms_of(counts: pd.DataFrame, journey: str | None = None) -> list[str]:
    """The platforms that were seen, of one journey or of all, the busiest first."""
    own = counts if journey is None else counts[counts["journey"] == journey]
    sums = own.groupby("platform")["valid"].count()
    return list(sums.sort_values(ascending=False, kind="stable").index)


def pick(
    counts: pd.DataFrame, window: str, journey: str, objective: str, platform: str | None = None
) -> pd.DataFrame:
    """The rows of one objective in one window, on one platform or all."""
    is_own = (
        (counts["window"] == window)
        & (counts["journey"] == journey)
        & (counts["objective"] == objective)
    )
    if platform is not None:
        is_own &= counts["platform"] == platform
    return counts[is_own]


def by_platform(
    counts: pd.DataFrame, window: str, journey: str, objective: str, enough: int
) -> pd.DataFrame:
    """Good, valid and SLI of one objective on each platform.

    Columns ``platform``, ``good``, ``valid``, ``sli``, ``decides`` (False with fewer than
    ``enough`` valid events), the worst of those that decide first.
    """
    rows = pick(counts, window, journey, objective)
    frame = rows.groupby("platform", as_index=False)[["good", "valid"]].sum()
    frame["sli"] = frame["good"] / frame["valid"]
    frame["decides"] = frame["valid"] >= enough
    order = frame.assign(few=~frame["decides"]).sort_values(["few", "sli", "platform"]).index
    return frame.loc[order].reset_index(drop=True)


def total(
    counts: pd.DataFrame,
    window: str,
    journey: Journey,
    objective: Objective,
    platform: str | None,
    enough: int,
) -> tuple[float, float]:
    """Good and valid in a window; where each platform must hold, those of the worst."""
    if objective.per_platform and platform is None:
        found = by_platform(counts, window, journey.id, objective.id, enough)
        found = found[found["decides"]]
        if found.empty:
            return 0.0, 0.0
        return float(found["good"].iloc[0]), float(found["valid"].iloc[0])
    rows = pick(counts, window, journey.id, objective.id, platform)
    return float(rows["good"].sum()), float(rows["valid"].sum())


def course(
    counts: pd.DataFrame,
    window: Window,
    journey: str,
    objective: Objective,
    step: timedelta,
    platform: str | None = None,
) -> pd.DataFrame:
    """An objective's course over a window, step by step.

    Columns ``at``, ``good``, ``valid``, ``sli``, ``bad``, ``bad_so_far`` and ``allowed_so_far``
    (what the target lets be bad of the events so far). A step without valid events is there with
    nulls: a gap.
    """
    rows = pick(counts, window.name, journey, objective.id, platform)
    sums = rows.groupby("at")[["good", "valid"]].sum()
    index = starts(window.start, window.end, step)
    frame = sums.reindex(index).rename_axis("at").reset_index()
    frame["sli"] = (frame["good"] / frame["valid"]).where(frame["valid"] > 0)
    frame["bad"] = frame["valid"] - frame["good"]
    known = frame["valid"].notna()
    frame["bad_so_far"] = frame["bad"].fillna(0).cumsum().where(known)
    frame["allowed_so_far"] = (frame["valid"].fillna(0).cumsum() * objective.error_rate).where(
        known
    )
    return frame


def heard(counts: pd.DataFrame, window: Window, journey: str, step: timedelta) -> pd.DataFrame:
    """In which steps of a window anything of a journey was counted: ``at``, ``heard``."""
    index = starts(window.start, window.end, step)
    rows = counts[(counts["window"] == window.name) & (counts["journey"] == journey)]
    return pd.DataFrame({"at": index, "heard": index.isin(rows["at"])})
