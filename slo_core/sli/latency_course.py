"""Percentiles of requests' durations over time, at the shares that objectives ask for."""

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction

import numpy as np
import pandas as pd

from slo_core.rollup import Rollup
from slo_core.sli.histograms import bins_in_steps
from slo_core.sli.journeys import Timed
from slo_core.sli.percentiles import bin_value, cuts_of
from slo_core.sli.steps import DAY, HOUR, MINUTE, starts, step_for
from slo_core.sli.windows import Window

_LADDER = (MINUTE, 5 * MINUTE, HOUR, 6 * HOUR, DAY)
_MOST = 72
_MINUTES_UP_TO = 6 * HOUR

_COLUMNS = ["journey", "objective", "at", "value", "above"]


def latency_step(length: timedelta) -> timedelta:
    """The step in which percentiles of a range are drawn: coarser than counts, which cost less."""
    return step_for(length, _LADDER if length <= _MINUTES_UP_TO else _LADDER[2:], _MOST)


def latency_courses(
    rollup: Rollup,
    window: Window,
    subjects: Sequence[Timed],
    counts: pd.DataFrame,
    step: timedelta,
    platform: str | None = None,
) -> pd.DataFrame:
    """The percentile of each latency objective, step by step over a window.

    ``counts`` is of `slo_core.sli.journeys.count_ranges` with the same window, in steps that this
    one is made of. Columns
    ``journey``, ``objective``, ``at``, ``value`` (ms; where the percentile lies among timeouts the
    timeout, null if the journey has none), ``above`` (whether it does). A row for every step;
    without valid events ``value`` is null and ``above`` False.
    """
    wanted = _wanted(window, subjects, counts, step, platform)
    found = _found(rollup, window, wanted, step, platform)
    timeouts = {
        subject.journey.id: subject.journey.timeout.value.total_seconds() * 1000
        for subject in subjects
        if subject.journey.timeout
    }
    rows = wanted.merge(found, on=["journey", "objective", "at"], how="left")
    rows["above"] = rows["value"].isna()
    rows["value"] = rows["value"].fillna(rows["journey"].map(timeouts))
    index = pd.MultiIndex.from_tuples(
        [
            (subject.journey.id, objective.id, moment)
            for subject in subjects
            for objective in subject.objectives
            for moment in starts(window.start, window.end, step)
        ],
        names=["journey", "objective", "at"],
    )
    keyed = rows.set_index(["journey", "objective", "at"])[["value", "above"]]
    frame = keyed.reindex(index).reset_index()
    frame["above"] = frame["above"].eq(True)
    return frame[_COLUMNS]


def _wanted(
    window: Window,
    subjects: Sequence[Timed],
    counts: pd.DataFrame,
    step: timedelta,
    platform: str | None,
) -> pd.DataFrame:
    """At which rank of each step's timed requests each objective's percentile lies."""
    keys = pd.DataFrame(
        [
            (subject.journey.id, objective.id, subject.step, *_ratio(objective.target))
            for subject in subjects
            for objective in subject.objectives
        ],
        columns=["journey", "objective", "step", "above", "below"],
    ).astype({"step": "str"})
    rows = counts[counts["window"] == window.name]
    if platform is not None:
        rows = rows[rows["platform"] == platform]
    rows = rows[rows["journey"].isin(keys["journey"])]
    rows = rows.assign(at=rows["at"].dt.floor(step))
    sums = rows.groupby(["journey", "objective", "at"], as_index=False)["valid"].sum()
    wanted = sums.merge(keys, on=["journey", "objective"])
    valid = wanted["valid"].astype("int64")
    wanted["rank"] = -(-(valid * wanted["above"]) // wanted["below"])  # rounded up, exactly
    return wanted.astype({"rank": "int64", "at": "datetime64[us]"})


def _ratio(target: float) -> tuple[int, int]:
    """A share as its decimals say it, as a fraction: 0.95 is 19 of 20."""
    return Fraction(repr(target)).as_integer_ratio()


def _found(
    rollup: Rollup,
    window: Window,
    wanted: pd.DataFrame,
    step: timedelta,
    platform: str | None,
) -> pd.DataFrame:
    """The values at those ranks; ranks beyond the histogram lie among timeouts and are missing."""
    nothing = pd.DataFrame({name: [] for name in ("journey", "objective", "at", "value")}).astype(
        {"at": "datetime64[us]", "journey": "str", "objective": "str", "value": float}
    )
    if wanted.empty:
        return nothing
    bins = bins_in_steps(rollup, "requests", window, step, set(wanted["journey"]), platform)
    parts = []
    for (journey, name), asked in wanted.groupby(["journey", "step"], dropna=False):
        own = bins[bins["journey"] == journey]
        own = own if pd.isna(name) else own[own["kind"] == name]
        found = _at_ranks(own, asked)
        for plan, rows in found.groupby("plan"):
            cuts = cuts_of(rollup, str(plan), rollup.catalog.journey(journey), None)
            values = [bin_value(number, cuts) for number in rows["bin"]]
            parts.append(rows.assign(value=values)[list(nothing.columns)])
    return pd.concat(parts, ignore_index=True) if parts else nothing


def _at_ranks(bins: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    """The ``plan`` and ``bin`` in which the event of each rank lies, among those of its step.

    What is asked beyond a step's last event is left out.
    """
    bins = bins.sort_values(["at", "bin", "plan"], ignore_index=True)
    # Events are numbered through all steps, so that one search finds every rank.
    seen = bins["events"].cumsum().to_numpy()
    first = bins["at"].searchsorted(asked["at"])
    last = bins["at"].searchsorted(asked["at"], side="right")
    before = np.concatenate([[0], seen])
    rank = before[first] + asked["rank"].to_numpy()
    inside = rank <= before[last]
    place = np.searchsorted(seen, rank[inside])
    return asked[inside].assign(
        plan=bins["plan"].to_numpy()[place], bin=bins["bin"].to_numpy()[place]
    )
