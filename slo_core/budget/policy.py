"""The policy state of every budget, hour by hour (the document's "Error Budget Policy").

Exhaustion is left later than it is entered, and only towards low until people have confirmed the
exit; so a state depends on all that was before (DESIGN 2.2, Policy state).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slo_core.budget.budgets import ABOVE_EXIT, ENOUGH, HEALTHY, zone
from slo_core.budget.corrected import corrected_hours
from slo_core.budget.exits import confirmations
from slo_core.budget.hours import Hours, budget_hours
from slo_core.budget.spending import month_allowed
from slo_core.catalog import Budget, Catalog, Objective, Policy
from slo_core.durations import parse_duration
from slo_core.register import read_exit_checks, read_maintenance
from slo_core.rollup import Rollup, as_of
from slo_core.sli.corrections import Corrections
from slo_core.sli.steps import HOUR
from slo_core.sli.windows import calendar_month

COLUMNS = ["state", "start", "end", "remaining_ratio", "exit_confirmed", "exhausted_at"]

Ratios = NDArray[np.float64]


def policy_histories(
    rollup: Rollup,
    at: datetime,
    maintenance: pd.DataFrame | None = None,
    corrections: Corrections | None = None,
) -> dict[str, pd.DataFrame]:
    """The states that each budgeted service entered and left up to a moment, from the first on.

    Columns as those of `hourly_states`. Empty while there is too little history. ``maintenance`` is
    the register's table, where it is read already. States are of figures as measured, or without
    what ``corrections`` leave out.
    """
    if maintenance is None:
        maintenance = read_maintenance(rollup.store.root)
    checks = read_exit_checks(rollup.store.root)
    catalog = rollup.catalog
    by_service = _hours(rollup, at, maintenance, corrections)
    split = {it.service: catalog.objective(it.service, it.objective) for it in catalog.budgets}
    found = {}
    for service, hours in by_service.items():
        confirmed = confirmations(checks, service, catalog.policy)
        ratios = remaining_ratios(hours, catalog, service)
        if day := split[service].split_since:
            # Before that day it was not the worst platform that counted, or it was.
            until = min(at, datetime.combine(day, time()))
            then = as_of(rollup, until)
            before = _hours(then, until, maintenance, corrections)[service]
            ratios[: len(before.good)] = remaining_ratios(before, then.catalog, service)
        first = _first(hours)
        found[service] = hourly_states(hours.ends, ratios, first, catalog.policy, at, confirmed)
    return found


def _hours(
    rollup: Rollup, at: datetime, maintenance: pd.DataFrame, corrections: Corrections | None
) -> dict[str, Hours]:
    found = budget_hours(rollup, at, maintenance)
    if corrections:
        return corrected_hours(rollup, at, found, maintenance, corrections)
    return found


def states_of(
    hours: Hours,
    catalog: Catalog,
    service: str,
    at: datetime,
    confirmed: Mapping[datetime, datetime] | None = None,
) -> pd.DataFrame:
    """The states that a service's hours bring; ``confirmed`` and columns as in `hourly_states`."""
    ratios = remaining_ratios(hours, catalog, service)
    return hourly_states(hours.ends, ratios, _first(hours), catalog.policy, at, confirmed)


def hourly_states(
    moments: NDArray[np.datetime64],
    ratios: Ratios,
    first_data: datetime,
    policy: Policy,
    at: datetime,
    confirmed: Mapping[datetime, datetime] | None = None,
) -> pd.DataFrame:
    """The states over whole hours with what was left at each (NaN: no figure), as periods.

    A state there is once ``policy.min_history`` has passed since the first data; an hour without a
    figure keeps it. After an exhaustion the state is low, whatever is left, until its exit is
    confirmed: ``confirmed`` has the moment of that, by the moment the exhaustion was entered. What
    was confirmed after ``at`` is not known yet.

    Columns: ``state``; ``start`` (the whole hour at which the period was entered, or the moment of
    the confirmation) and ``end`` (at which it was left, NaT while it lasts); ``remaining_ratio``
    (at the last hour at or before its start); ``exit_confirmed`` (whether the exit of the last
    exhaustion is; null before any, and in it); ``exhausted_at`` (when that was entered, or NaT).
    """
    machine = _Machine(policy, at, confirmed or {})
    ready = np.datetime64(min(first_data, datetime.max - policy.min_history.value), "us")
    ready += np.timedelta64(policy.min_history.value)
    known = (moments >= ready) & ~np.isnan(ratios)
    moments, ratios = moments[known], ratios[known]
    zones = zone(ratios, policy)
    # Only an hour in another zone than the one before can change a state.
    turns = np.flatnonzero(np.diff(zones, prepend=-1))
    for moment, own in zip(moments[turns].tolist(), zones[turns].tolist(), strict=True):
        machine.look(moment, own)
    return machine.periods(moments, ratios)


class _Machine:
    """Takes hours in their order and keeps the periods of their states."""

    def __init__(
        self, policy: Policy, at: datetime, confirmed: Mapping[datetime, datetime]
    ) -> None:
        self.policy, self.at, self.confirmed = policy, at, confirmed
        self.rows: list[tuple[str, datetime, bool | None, datetime | None]] = []
        self.state: str | None = None
        self.zone = 0
        self.exhausted_at: datetime | None = None
        self.left_at: datetime | None = None
        self.waiting = False

    def look(self, moment: datetime, own: int) -> None:
        """An hour that may change the state, and which of the policy's lines its share keeps."""
        self._confirm(moment)
        self.zone = own
        if not own & ENOUGH:
            if self.state != "exhausted":
                self.exhausted_at, self.waiting = moment, False
            self._enter("exhausted", moment)
        elif self.state == "exhausted":
            if own & ABOVE_EXIT:
                self.waiting, self.left_at = True, moment
                self._enter("low", moment)
                self._confirm(moment)
        elif not self.waiting:
            self._enter(self._band, moment)

    def periods(self, moments: NDArray[np.datetime64], ratios: Ratios) -> pd.DataFrame:
        """The periods, with what was left when each began."""
        self._confirm(self.at)
        starts = [row[1] for row in self.rows]
        frame = pd.DataFrame(
            {
                "state": [row[0] for row in self.rows],
                "start": starts,
                "end": [*starts[1:], None] if starts else [],
                "remaining_ratio": _latest(moments, ratios, starts),
                "exit_confirmed": pd.Series([row[2] for row in self.rows], dtype="object"),
                "exhausted_at": [row[3] for row in self.rows],
            }
        )
        moment = "datetime64[us]"
        kinds = {"start": moment, "end": moment, "exhausted_at": moment}
        return frame[COLUMNS].astype(kinds | {"remaining_ratio": "float64"})

    @property
    def _band(self) -> str:
        return "healthy" if self.zone & HEALTHY else "low"

    def _confirm(self, until: datetime) -> None:
        """Leave what the exit's confirmation ends, if that came at or before a moment."""
        if not self.waiting or self.exhausted_at is None or self.left_at is None:
            return
        confirmed = self.confirmed.get(self.exhausted_at)
        if self.policy.human_criteria and (confirmed is None or confirmed > min(until, self.at)):
            return
        self.waiting = False
        self._enter(self._band, max(self.left_at, confirmed or self.left_at))

    def _enter(self, state: str, moment: datetime) -> None:
        exited = None if self.exhausted_at is None or state == "exhausted" else not self.waiting
        if self.rows and self.rows[-1][:3:2] == (state, exited):
            return
        if self.rows and self.rows[-1][1] == moment:
            self.rows.pop()
        self.rows.append((state, moment, exited, self.exhausted_at))
        self.state = state


def since(history: pd.DataFrame) -> datetime | None:
    """When the last state of a history was entered; None where there is no state."""
    if history.empty:
        return None
    other = np.flatnonzero((history["state"] != history["state"].iloc[-1]).to_numpy())
    first = int(other[-1]) + 1 if len(other) else 0
    moment: datetime = history["start"].iloc[first].to_pydatetime()
    return moment


def from_moment(history: pd.DataFrame, start: datetime) -> pd.DataFrame:
    """The part of a history since a moment: a period that lasted then begins with it."""
    lasting = history["end"].isna() | (history["end"] > start)
    part = history[lasting].reset_index(drop=True)
    return part.assign(start=part["start"].clip(lower=pd.Timestamp(start)))


def worst_state(states: Iterable[str | None], policy: Policy) -> str | None:
    """The worst of several states; None where there is none."""
    found = set(states)
    return next((band.id for band in reversed(policy.bands) if band.id in found), None)


def remaining_ratios(hours: Hours, catalog: Catalog, service: str) -> Ratios:
    """What was left of a service's budget at each whole hour; NaN where nothing was counted.

    Over the policy's basis: the rolling window before (in whole hours), or the calendar month.
    """
    budget = catalog.budget(service)
    assert budget is not None
    if catalog.policy.basis.value == "calendar":
        allowed, seen, bad = _month_to_date(hours, budget)
    else:
        length = max(1, round(parse_duration(budget.policy_window) / HOUR))
        bad, valid = (_trailing(it, length) for it in (hours.valid - hours.good, hours.valid))
        seen = _trailing((hours.valid > 0).astype(float), length)
        allowed = _error_rates(hours, catalog.objective(service, budget.objective)) * valid
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios: Ratios = np.where((seen > 0) & (allowed > 0), (allowed - bad) / allowed, np.nan)
    return ratios


def _error_rates(hours: Hours, objective: Objective) -> Ratios:
    """What might be bad of the events of a window, by the target that held at each whole hour."""
    if not objective.earlier:
        return np.full(len(hours.good), objective.error_rate)
    days = [(end - timedelta(minutes=1)).date() for end in hours.ends.tolist()]
    rates = {day: objective.on(day).error_rate for day in set(days)}
    return np.array([rates[day] for day in days], dtype=float)


def _month_to_date(hours: Hours, budget: Budget) -> tuple[Ratios, Ratios, Ratios]:
    """Allowed, valid and bad of the calendar month up to each whole hour."""
    ends = hours.ends.tolist()
    new = [n for n, end in enumerate(ends) if n == 0 or end - HOUR == calendar_month(end).start]
    allowed = np.array([month_allowed(budget, end) for end in ends], dtype=float)
    bad = hours.valid - hours.good
    return allowed, _since_each(hours.valid, new), _since_each(bad, new)


def _since_each(values: Ratios, firsts: list[int]) -> Ratios:
    """Running sums that begin anew at some places."""
    parts = [np.cumsum(part) for part in np.split(values, firsts[1:])]
    return np.concatenate(parts) if len(values) else values


def _trailing(values: Ratios, length: int) -> Ratios:
    """The sum over each hour and those before it, so many at most."""
    sums: Ratios = np.cumsum(values)
    before: Ratios = np.concatenate([np.zeros(min(length, len(sums))), sums[:-length]])
    result: Ratios = sums - before
    return result


def _latest(moments: NDArray[np.datetime64], ratios: Ratios, starts: list[datetime]) -> list[float]:
    places = np.searchsorted(moments, np.array(starts, dtype="datetime64[us]"), side="right") - 1
    return [float(ratios[place]) for place in places]


def _first(hours: Hours) -> datetime:
    """The start of the first hour with data."""
    seen = np.flatnonzero(hours.valid > 0)
    return hours.start + int(seen[0]) * HOUR if len(seen) else datetime.max
