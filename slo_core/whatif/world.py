"""A changed world: what a scenario makes of every objective's hours, and of the catalogue."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from slo_core.budget.course import Key
from slo_core.catalog import Availability, Catalog, Journey, Objective, Success
from slo_core.errors import SloError
from slo_core.forecast.coming import Coming
from slo_core.sli.at_threshold import good_at_threshold
from slo_core.sli.availability import timeline
from slo_core.sli.steps import HOUR, floor
from slo_core.sli.windows import Window
from slo_core.whatif.changed_events import (
    Maintenance,
    MonthReplayed,
    RepeatedIncident,
    ShorterIncident,
    WithoutIncident,
)
from slo_core.whatif.changed_numbers import FailureRate, Release, Target, Threshold, Traffic
from slo_core.whatif.hours import Counted, Modifier, replayed_month
from slo_core.whatif.incidents import Incident, spans_of, usual_share
from slo_core.whatif.reality import Reality, headroom_start
from slo_core.whatif.scenario import Scenario


@dataclass(frozen=True)
class World:
    """One objective's hours in a world."""

    past: Counted
    """What is counted before the look."""
    history: Counted
    """What the coming hours are drawn from: the past without what changes both alike."""
    coming: Coming | None = None
    """What is otherwise in the coming hours; None where they are as they are."""
    touched: bool = False
    """Whether the scenario changes anything of it."""
    approximate: bool = False
    """Whether a threshold splits a bin of the histogram."""


def named(scenarios: Iterable[Scenario], catalog: Catalog) -> set[Key]:
    """The objectives that scenarios are about beside the budgeted ones."""
    found: set[Key] = set()
    for change in (it for scenario in scenarios for it in scenario.changes):
        for journey, objective in catalog.objectives:
            key = (journey.id, objective.id)
            match change:
                case Target() | Threshold():
                    about = (change.journey, change.objective) == key
                case FailureRate():
                    about = _fails(objective, key, change)
                case Traffic() | Release():
                    about = change.journey == key[0] and isinstance(objective.indicator, Success)
                case Maintenance():
                    about = _is_of_scope(objective, change.scope)
                case _:
                    about = False
            if about:
                found.add(key)
    return found


def incidents_in(scenarios: Iterable[Scenario]) -> list[str]:
    """The ids of the incidents that scenarios change."""
    return list(
        dict.fromkeys(
            it.incident
            for scenario in scenarios
            for it in scenario.changes
            if isinstance(it, WithoutIncident | ShorterIncident | RepeatedIncident)
        )
    )


def changed_catalog(catalog: Catalog, scenario: Scenario) -> Catalog:
    """The catalogue with a scenario's targets and thresholds; allocations follow their targets."""
    targets = {(it.journey, it.objective): it for it in scenario.changes if isinstance(it, Target)}
    thresholds = {
        (it.journey, it.objective): it for it in scenario.changes if isinstance(it, Threshold)
    }
    if not targets and not thresholds:
        return catalog
    journeys = []
    for journey in catalog.journeys:
        objectives = []
        for objective in journey.objectives:
            key, found = (journey.id, objective.id), objective
            if key in targets:
                # Another target is another one of all hours, also of those of an earlier one.
                found = found.model_copy(update={"target": targets[key].value, "earlier": ()})
            if key in thresholds:
                assert found.threshold is not None
                side = "below" if found.threshold.below is not None else "above"
                threshold = found.threshold.model_copy(update={side: thresholds[key].value})
                found = found.model_copy(update={"threshold": threshold})
            objectives.append(found)
        journeys.append(journey.model_copy(update={"objectives": tuple(objectives)}))
    changed = catalog.model_copy(update={"journeys": tuple(journeys)})
    budgets = []
    for budget in catalog.budgets:
        key = (budget.service, budget.objective)
        times = changed.objective(*key).error_rate / catalog.objective(*key).error_rate
        allocations = [
            it.model_copy(
                update={
                    name: getattr(it, name) * times
                    for name in ("allowed", "share_of_month")
                    if getattr(it, name) is not None
                }
            )
            for it in budget.allocations
        ]
        budgets.append(
            budget.model_copy(update={"allocations": tuple(allocations)}) if times != 1 else budget
        )
    return changed.model_copy(update={"budgets": tuple(budgets)})


def real_world(reality: Reality, key: Key) -> World:
    """An objective's hours as they are."""
    return World(reality.hours[key], reality.hours[key])


def changed_world(reality: Reality, scenario: Scenario, catalog: Catalog, key: Key) -> World:
    """An objective's hours under a scenario, of which ``catalog`` has the targets and thresholds.

    First come what was counted (thresholds, incidents, maintenance), then shares and traffic in the
    order of the scenario, then incidents that happen again. Raises SloError for a month without
    data.
    """
    real = reality.hours[key]
    objective = catalog.objective(*key)
    journey = catalog.journey(key[0])
    own, touched, approximate = real, False, False
    changes = scenario.changes
    other = any(isinstance(it, Threshold) and (it.journey, it.objective) == key for it in changes)
    if other:
        start = headroom_start(reality.grid)
        good, approximate = _good_at_threshold(reality, journey, objective, start)
        bad = own.valid - _by_hour(reality, good, "good")
        known = np.arange(len(bad)) >= (start - reality.grid.start) // HOUR
        own, touched = Counted(np.where(known, bad, own.bad), own.valid), True
    touched |= any(isinstance(it, Target) and (it.journey, it.objective) == key for it in changes)
    modifier = Modifier.none(reality.grid)
    for change in changes:
        match change:
            case WithoutIncident() | ShorterIncident() if (
                key in reality.incidents[change.incident].minutes
            ):
                own, touched = _eased(reality, own, key, change, by_hour=other), True
            case Maintenance() if _is_of_scope(objective, change.scope):
                own, touched = _maintained(reality, own, objective, change), True
                ahead = reality.grid.within(change.start, change.end)
                ahead[: reality.grid.past] = 0
                modifier = modifier.more_traffic(0, ahead)
    for change in changes:
        match change:
            case Traffic() if change.journey in (None, key[0]) and not _counts_time(objective):
                part = reality.grid.since(change.since)
                modifier, touched = modifier.more_traffic(change.factor, part), True
            case FailureRate() if _fails(objective, key, change):
                part = reality.grid.since(change.since)
                modifier, touched = modifier.failures(change.factor, change.added, part), True
            case Release() if change.journey == key[0] and isinstance(objective.indicator, Success):
                part, rest = reality.grid.since(change.since), 1 - change.share
                added = change.rate * change.share
                modifier, touched = modifier.failures(rest, added, part), True
            case RepeatedIncident() if key in reality.incidents[change.incident].minutes:
                modifier, touched = _repeated(reality, real, modifier, key, change), True
    replayed = None
    for change in changes:
        if isinstance(change, MonthReplayed):
            replayed, touched = replayed_month(own, reality.grid, change.start), True
    if not touched:
        return real_world(reality, key)
    past = Counted(*modifier.past(own.bad, own.valid))
    return World(past, own, modifier.coming(len(own.bad), replayed), True, approximate)


def _good_at_threshold(
    reality: Reality, journey: Journey, objective: Objective, start: datetime
) -> tuple[pd.DataFrame, bool]:
    """`slo_core.sli.at_threshold.good_at_threshold` of what is not left out."""
    whole = Window("", start, reality.at)
    parts = reality.corrections.left(journey.id, whole) if reality.corrections else [whole]
    found = [
        good_at_threshold(reality.rollup, journey, objective, it.start, it.end) for it in parts
    ]
    if not found:
        return pd.DataFrame({"at": pd.Series([], dtype="datetime64[us]"), "good": []}), False
    good = pd.concat([rows for rows, _ in found], ignore_index=True)
    return good, any(approximate for _, approximate in found)


def check(reality: Reality, scenario: Scenario) -> None:
    """Refuse what this data cannot answer: a month without any. Raises SloError."""
    for change in scenario.changes:
        if isinstance(change, MonthReplayed) and not any(
            replayed_month(own, reality.grid, change.start)[1].any()
            for own in reality.hours.values()
        ):
            raise SloError(
                f"what-if replay-month is {change}: nothing was counted in that month before the "
                "look; name a month with data."
            )


def _fails(objective: Objective, key: Key, change: FailureRate) -> bool:
    if change.objective is not None:
        return (change.journey, change.objective) == key
    return change.journey == key[0] and isinstance(objective.indicator, Success)


def _counts_time(objective: Objective) -> bool:
    return isinstance(objective.indicator, Availability)


def _is_of_scope(objective: Objective, scope: str) -> bool:
    return isinstance(objective.indicator, Availability) and objective.indicator.scope == scope


def _by_hour(reality: Reality, rows: pd.DataFrame, name: str) -> np.ndarray:
    start = np.datetime64(reality.grid.start, "us")
    places = (rows["at"].to_numpy(dtype="datetime64[us]") - start) // np.timedelta64(HOUR)
    amounts = rows[name].to_numpy(dtype=float)
    return np.bincount(places, amounts, minlength=reality.grid.past)


def _usual(reality: Reality, real: Counted, key: Key, incident: Incident) -> float:
    spans = spans_of(reality.register, key[0], reality.at)
    return usual_share(real, reality.grid, (incident.start, incident.end), spans)


def _eased(
    reality: Reality,
    own: Counted,
    key: Key,
    change: WithoutIncident | ShorterIncident,
    *,
    by_hour: bool,
) -> Counted:
    """Hours in which an incident's minutes, or its last ones, were as usual."""
    incident, grid = reality.incidents[change.incident], reality.grid
    last = None
    if isinstance(change, ShorterIncident):
        last = change.by // timedelta(minutes=1)
    if by_hour:
        # At another threshold minutes are not known; they get their part of the hour.
        start = incident.start
        if last is not None:
            start = max(start, incident.end - timedelta(minutes=last))
        beyond = np.maximum(own.bad - _usual(reality, own, key, incident) * own.valid, 0)
        gone = grid.within(start, incident.end)[: grid.past] * beyond
    else:
        usual = _usual(reality, reality.hours[key], key, incident)
        gone = grid.collect(incident.start, incident.excess(key, usual, last))[: grid.past]
    return replace(own, bad=np.where(gone > 0, np.maximum(own.bad - gone, 0.0), own.bad))


def _repeated(
    reality: Reality, real: Counted, modifier: Modifier, key: Key, change: RepeatedIncident
) -> Modifier:
    incident = reality.incidents[change.incident]
    share = incident.excess_share(key, _usual(reality, real, key, incident))
    moment = change.again(incident.start, reality.at)
    return modifier.again(reality.grid.spread(moment, share))


def _maintained(
    reality: Reality, own: Counted, objective: Objective, change: Maintenance
) -> Counted:
    """Hours that leave out a maintenance window, announced as early as the rules want it."""
    start = max(floor(change.start, HOUR), reality.grid.start)
    end = min(change.end, reality.at)
    if start >= end:
        return own
    notice = reality.catalog.rules.availability.maintenance_notice.value
    row = {
        "id": "what-if",
        "scope": change.scope,
        "starts_at": change.start,
        "ends_at": change.end,
        "announced_at": change.start - notice,
        "cancelled_at": pd.NaT,
    }
    listed = pd.concat(
        [reality.maintenance, pd.DataFrame([row]).reindex(columns=reality.maintenance.columns)]
    ).astype(reality.maintenance.dtypes.drop(["id", "version"], errors="ignore").to_dict())
    assert isinstance(objective.indicator, Availability)
    scope = reality.catalog.scope(objective.indicator.scope)
    line = timeline(reality.rollup, scope, start, reality.at, listed)
    if reality.corrections:
        line = reality.corrections.timeline(scope, line)
    rows = line.series(HOUR)
    places = np.arange(reality.grid.past)
    first = (start - reality.grid.start) // HOUR
    inside = (places >= first) & (reality.grid.within(change.start, change.end)[: len(places)] > 0)
    good, valid = _by_hour(reality, rows, "good"), _by_hour(reality, rows, "valid")
    return Counted(
        np.where(inside, np.minimum(valid - good, own.bad), own.bad),
        np.where(inside, np.minimum(valid, own.valid), own.valid),
    )
