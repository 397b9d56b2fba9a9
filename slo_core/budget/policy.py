"""How a budget's policy state came about, hour by hour (the document's "Error Budget Policy").

Exhaustion is left later than it is entered, so the state at a moment may depend on what was before
(DESIGN 2.2, Policy state).
"""

from datetime import datetime

import pandas as pd

from slo_core.budget.budgets import band
from slo_core.budget.burn_down import calendar, rolling
from slo_core.budget.course import courses
from slo_core.budget.spending import month_allowed
from slo_core.catalog import Availability, Budget, Policy
from slo_core.durations import parse_duration
from slo_core.rollup import Rollup
from slo_core.sli.steps import HOUR, floor

COLUMNS = ["state", "start", "end", "remaining_ratio", "exit_confirmed"]


def policy_history(
    rollup: Rollup,
    budget: Budget,
    at: datetime,
    since: datetime | None = None,
    *,
    course: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The states that a budget's policy entered and left up to a moment, in order of time.

    ``since`` is from when on they are wanted; as much before it is read as decides its state.
    ``course`` is the objective's course up to ``at``, where it is read already.
    Columns: ``state``, ``start`` (the whole hour at which it was entered, or ``since``), ``end``
    (at which it was left, NaT while it holds), ``remaining_ratio`` (at the start), and
    ``exit_confirmed`` (False after an exhaustion of which nobody has said that its human criteria
    are met; else null, or with ``since`` if it was long before). Empty while there is too little
    history.
    """
    catalog = rollup.catalog
    journey = catalog.journey(budget.service)
    objective = catalog.objective(budget.service, budget.objective)
    first = _first_date(rollup, budget)
    if first is None:
        return hourly_states(_nothing(), datetime.max, catalog.policy, since)
    begin = max(floor(since, HOUR), first) if since else first
    window = parse_duration(budget.policy_window)
    reach = max(window, catalog.policy.min_history.value)
    look = begin
    while True:
        pair = (journey, objective)
        start = floor(look - reach, HOUR)
        if course is None or course.empty or course["at"].iloc[0] > start:
            course = courses(rollup, [pair], start, at)[journey.id, objective.id]
        own = course[course["at"] >= start]
        seen = own[own["valid"] > 0]
        frame = _burn_down(own, budget, objective.error_rate, catalog.policy)
        if start <= first or _decided(frame, begin, catalog.policy):
            data = seen["at"].min() if len(seen) else datetime.max
            # Older data than is read here was there long enough.
            data = data if start <= first else datetime.min
            return hourly_states(frame, data, catalog.policy, since)
        look -= window


def hourly_states(
    burn_down: pd.DataFrame, first_data: datetime, policy: Policy, since: datetime | None = None
) -> pd.DataFrame:
    """The states over a frame with ``at`` (whole hours) and ``remaining_ratio``, as periods.

    A state there is once ``policy.min_history`` has passed since the first data; an hour without a
    figure keeps the state. Columns as those of `policy_history`.
    """
    rows: list[dict[str, object]] = []
    state, was_exhausted = None, False
    ready = datetime.min
    if first_data != datetime.min:
        ready = min(first_data, datetime.max - policy.min_history.value) + policy.min_history.value
    for moment, ratio in zip(burn_down["at"], burn_down["remaining_ratio"], strict=True):
        if moment < ready:
            continue
        entered = state if pd.isna(ratio) else next_state(state, ratio, policy)
        was_exhausted = was_exhausted or entered == "exhausted"
        if since and moment <= since:
            rows = []
        elif entered == state:
            continue
        state = entered
        if state is not None:
            confirmed = False if was_exhausted and state != "exhausted" else None
            if rows:
                rows[-1]["end"] = moment
            row = (state, max(moment, since or moment), pd.NaT, ratio, confirmed)
            rows.append(dict(zip(COLUMNS, row, strict=True)))
    frame = pd.DataFrame(rows, columns=COLUMNS)
    kinds = {"start": "datetime64[us]", "end": "datetime64[us]", "remaining_ratio": "float64"}
    return frame.astype(kinds)


def next_state(state: str | None, remaining_ratio: float, policy: Policy) -> str:
    """The state after an hour: exhaustion ends only above its exit, else the band decides."""
    if state == "exhausted" and remaining_ratio <= policy.exit_above:
        return "exhausted"
    entered = band(remaining_ratio, policy)
    assert entered is not None
    return entered


def _decided(frame: pd.DataFrame, begin: datetime, policy: Policy) -> bool:
    """Whether some hour up to ``begin`` has a share that makes the state, whatever was before."""
    early = frame.loc[frame["at"] <= begin, "remaining_ratio"]
    return bool(((early < policy.exhausted_below) | (early > policy.exit_above)).any())


def _burn_down(
    course: pd.DataFrame, budget: Budget, error_rate: float, policy: Policy
) -> pd.DataFrame:
    if policy.basis.value == "rolling":
        return rolling(course, parse_duration(budget.policy_window), error_rate)
    months = [
        calendar(hours, month_allowed(budget, start.to_pydatetime())).dropna(subset="valid")
        for start, hours in course.groupby(course["at"].dt.to_period("M").dt.to_timestamp())
    ]
    return pd.concat(months, ignore_index=True) if months else _nothing()


def _nothing() -> pd.DataFrame:
    return pd.DataFrame({"at": pd.Series(dtype="datetime64[us]"), "remaining_ratio": []})


def _first_date(rollup: Rollup, budget: Budget) -> datetime | None:
    """The first date with rows of a table that the budget's objective counts."""
    indicator = rollup.catalog.objective(budget.service, budget.objective).indicator
    kind = "measurements" if indicator.kind in ("measurement", "share") else "requests"
    units = ("requests", "probes") if isinstance(indicator, Availability) else (kind,)
    days = [
        day
        for unit in units
        for day, entry in rollup.manifests[unit].entries.items()
        if entry.folder
    ]
    return datetime.combine(min(days), datetime.min.time()) if days else None
