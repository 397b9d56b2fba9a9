"""Where every objective and budget stands at a moment: one function for pages and command line.

`status` returns the object of DESIGN 3, which `python -m slo_core status --format json` prints.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any, NamedTuple

import pandas as pd

from slo_core.budget.budgets import (
    ErrorBudget,
    allocation_at,
    burn_rate,
    calendar_budget,
    expected_requests,
    is_off,
    rolling_budget,
    sli,
)
from slo_core.budget.corrected import BUDGET, OBJECTIVE, add_corrected, as_records
from slo_core.budget.policy import policy_histories, since, worst_state
from slo_core.budget.standing import risk_window, short_window
from slo_core.catalog import (
    Allocation,
    Availability,
    Budget,
    Catalog,
    Journey,
    Latency,
    Measurement,
    Objective,
)
from slo_core.durations import parse_duration
from slo_core.logs.store import Problem
from slo_core.moments import iso
from slo_core.register import read_maintenance
from slo_core.rollup import Rollup, as_of
from slo_core.sli.availability import Timeline, timeline
from slo_core.sli.corrections import Corrections, read_corrections
from slo_core.sli.counts import read_ahead, window_counts
from slo_core.sli.freshness import freshness
from slo_core.sli.histograms import histograms, read_bins_ahead
from slo_core.sli.history import approximated
from slo_core.sli.percentiles import of_objective, percentile
from slo_core.sli.rows import UNKNOWN_PLATFORM
from slo_core.sli.windows import Window, calendar_month, month_seconds, trailing

_MONTH = "month"


class Ahead(NamedTuple):
    """Windows that will be asked for after the status: of counts, and of histograms."""

    counts: Sequence[Window] = ()
    bins: Sequence[Window] = ()


def status(
    rollup: Rollup, at: datetime, *, values: bool = True, ahead: Ahead | None = None
) -> dict[str, Any]:
    """Every objective, budget, the policy, freshness and problems at a moment (DESIGN 3).

    Without ``values`` what is only displayed is left out, ``value`` and ``value_above`` of
    latencies and measurements, freshness, and burn rates that no verdict needs: for a look at an
    earlier moment of which only verdicts and budgets are compared. What is said to come ``ahead``
    is read with what this needs: the engine takes longer to understand a question than to answer
    it.

    Moments are ISO 8601 text; figures without data are None. A figure of a window is exact for any
    minute ``at``, but for displayed percentiles (at most 1 % off). All are as measured; where the
    register's corrections touch a window, `slo_core.budget.corrected` says what stands beside them.
    """
    rollup = as_of(rollup, at)
    look = _Look(rollup, at, values=values, ahead=ahead or Ahead())
    stated = look.result()
    if corrections := read_corrections(rollup.store.root):
        _correct(stated, look, corrections)
    return stated


class _Look:
    """One look at the rollups: what several parts of the status need, read once."""

    def __init__(self, rollup: Rollup, at: datetime, *, values: bool, ahead: Ahead) -> None:
        self.rollup = rollup
        self.values = values
        self.catalog = rollup.catalog
        self.at = at
        month = calendar_month(at)
        self.month, self.month_seconds = month.name, month_seconds(month)
        self.burns = _burn_windows(self.catalog, values=values)
        self.windows = windows_at(self.catalog, at, values=values)
        read_ahead(rollup, [*self.windows.values(), *ahead.counts])
        self.counts = _Counts(window_counts(rollup, list(self.windows.values())))
        own = {
            objective.window
            for _, objective in self.catalog.objectives
            if values and isinstance(objective.indicator, Latency | Measurement)
        }
        shown = [self.windows[name] for name in sorted(own)]
        read_bins_ahead(rollup, [*shown, *ahead.bins])
        histogram = histograms(rollup, shown)
        self.histograms = dict(list(histogram.groupby(["window", "journey"])))
        self.no_histogram = histogram.iloc[:0]
        self._approximated: dict[str, set[tuple[str, str]]] = {}
        self.maintenance = read_maintenance(rollup.store.root)
        start = min(window.start for window in self.windows.values())
        self.timelines: dict[str, Timeline] = {
            scope.id: timeline(rollup, scope, start, at, self.maintenance)
            for scope in self.catalog.scopes
        }
        self.policies = policy_histories(rollup, at, self.maintenance)

    def result(self) -> dict[str, Any]:
        objectives = [self.objective(*pair) for pair in self.catalog.objectives]
        budgets = [self.budget(budget) for budget in self.catalog.budgets]
        states = [budget["policy"] for budget in budgets]
        problems = [*self.rollup.problems, *impossible(objectives)]
        return {
            "at": iso(self.at),
            "sample": self.rollup.store.is_sample,
            "objectives": objectives,
            "budgets": budgets,
            "studio_policy": worst_state(states, self.catalog.policy),
            "freshness": self._freshness() if self.values else {},
            "problems": [problem.as_dict() for problem in problems],
        }

    def good_valid(
        self, journey: Journey, objective: Objective, window: str
    ) -> tuple[float, float]:
        """Good and valid in a window: of the worst platform where each must hold."""
        if isinstance(objective.indicator, Availability):
            good, valid, _ = self._timeline(objective).counts(self.windows[window])
            return good, valid
        if not objective.per_platform:
            return self.counts.total(journey.id, objective.id, window)
        minimum = self.catalog.rules.min_valid.value
        deciding = [
            (good / valid, name, good, valid)
            for name, good, valid in self.counts.platforms(journey.id, objective.id, window)
            if valid >= minimum and valid
        ]
        return min(deciding)[2:] if deciding else (0, 0)

    def objective(self, journey: Journey, objective: Objective) -> dict[str, Any]:
        good, valid = self.good_valid(journey, objective, objective.window)
        ratio = sli(good, valid)
        budget = rolling_budget(good, valid, objective.error_rate)
        stated: dict[str, Any] = {
            "journey": journey.id,
            "objective": objective.id,
            "window": objective.window,
            "target": objective.target,
            "good": _count(good),
            "valid": _count(valid),
            "sli": ratio,
            "met": None if ratio is None else ratio >= objective.target,
            **self._value(journey, objective, good, valid),
            "threshold": objective.threshold.value if objective.threshold else None,
            "unit": objective.unit,
            "assumption": objective.assumption is not None,
            "approximate": self._is_approximate(journey, objective),
            "budget": {
                "allowed": budget.allowed,
                "consumed": _count(budget.consumed),
                "remaining": budget.remaining,
                "remaining_ratio": budget.remaining_ratio,
            },
            "burn_rate": {
                window: burn_rate(
                    *self.good_valid(journey, objective, window), objective.error_rate
                )
                for window in self.burns
            },
        }
        if isinstance(objective.indicator, Availability):
            window = self.windows[objective.window]
            stated["coverage"] = self._timeline(objective).counts(window)[2]
        if objective.per_platform:
            stated["platforms"] = self._platforms(journey, objective)
        return stated

    def budget(self, budget: Budget) -> dict[str, Any]:
        journey = self.catalog.journey(budget.service)
        objective = self.catalog.objective(budget.service, budget.objective)
        allocation = allocation_at(budget, self.at)
        month_good, month_valid = self.good_valid(journey, objective, _MONTH)
        month = calendar_budget(allocation, self.month_seconds, month_valid - month_good)
        hour_good, hour_valid = self.good_valid(journey, objective, "1h")
        rolling_good, rolling_valid = self.good_valid(journey, objective, budget.policy_window)
        rolling = rolling_budget(rolling_good, rolling_valid, objective.error_rate)
        basis = self.catalog.policy.basis.value
        # Without valid events there is no figure, also where the document fixes what is allowed.
        month_ratio = month.remaining_ratio if month_valid else None
        ratio = rolling.remaining_ratio if basis == "rolling" else month_ratio
        failures = hour_valid - hour_good
        return {
            "service": budget.service,
            "objective": budget.objective,
            "month": self.month,
            "allowed": month.allowed,
            "consumed": _count(month.consumed) if month_valid else None,
            "remaining": month.remaining if month_valid else None,
            "remaining_ratio": month_ratio,
            "unit": budget.unit,
            "traffic": self._traffic(allocation, objective, month_good, month_valid),
            "rolling": {"window": budget.policy_window, **_amounts(rolling, rolling_valid)},
            "hourly": {
                "count": _count(failures),
                "unit": budget.unit,
                "level": allocation.hourly.level(failures) if hour_valid else None,
            },
            **self._policy(budget),
            "policy_basis": f"rolling {budget.policy_window}"
            if basis == "rolling"
            else "calendar month",
            "policy_remaining_ratio": ratio,
        }

    def _policy(self, budget: Budget) -> dict[str, Any]:
        """The policy's state at the last whole hour, since when, and whether an exit is confirmed.

        ``exhausted_at`` is when the last exhaustion was entered, also where it is over.
        """
        history = self.policies[budget.service]
        if history.empty:
            return dict.fromkeys(("policy", "policy_since", "exit_confirmed", "exhausted_at"))
        last, entered = history.iloc[-1], since(history)
        exhausted = last["exhausted_at"]
        return {
            "policy": last["state"],
            "policy_since": iso(entered) if entered else None,
            "exit_confirmed": last["exit_confirmed"],
            "exhausted_at": None if pd.isna(exhausted) else iso(exhausted.to_pydatetime()),
        }

    def _freshness(self) -> dict[str, Any]:
        """When each journey was last heard of, and whether its silence is unusual."""
        return {
            journey: {
                "last_event": iso(found.last_event) if found.last_event else None,
                "stale": found.stale,
            }
            for journey, found in freshness(self.rollup, self.at).items()
        }

    def _traffic(
        self, allocation: Allocation, objective: Objective, good: float, valid: float
    ) -> dict[str, Any] | None:
        """The month's requests beside its estimate, and the budget that follows them."""
        if allocation.estimated_requests is None:
            return None
        elapsed = (self.at - self.windows[_MONTH].start).total_seconds()
        expected = expected_requests(allocation, elapsed, self.month_seconds)
        tolerance = self.catalog.rules.estimate_tolerance.value
        return {
            "requests": _count(valid),
            "expected": expected,
            "off_estimate": is_off(valid, expected, tolerance),
            **_amounts(rolling_budget(good, valid, objective.error_rate), valid),
        }

    def _value(
        self, journey: Journey, objective: Objective, good: float, valid: float
    ) -> dict[str, float | None]:
        """The figure in the document's own terms."""
        if isinstance(objective.indicator, Latency | Measurement):
            if not self.values:
                return {"value": None, "value_above": None}
            own = self.histograms.get((objective.window, journey.id), self.no_histogram)
            rows = of_objective(own, journey, objective)
            found = percentile(self.rollup, journey, objective, rows, valid)
            return {"value": found.value, "value_above": found.above}
        ratio = sli(good, valid)
        if ratio is None or objective.threshold is None:
            return {"value": ratio}
        return {"value": (valid - good) / valid}

    def _is_approximate(self, journey: Journey, objective: Objective) -> bool:
        """Whether kept history answers a threshold that it was not rolled up with."""
        name = objective.window
        if name not in self._approximated:
            self._approximated[name] = approximated(self.rollup, self.windows[name])
        return (journey.id, objective.id) in self._approximated[name]

    def _platforms(self, journey: Journey, objective: Objective) -> dict[str, dict[str, Any]]:
        minimum = self.catalog.rules.min_valid.value
        found = {}
        rows = self.counts.platforms(journey.id, objective.id, objective.window)
        for name, good, valid in sorted(rows):
            if not valid:
                continue
            ratio = sli(good, valid)
            decides = ratio is not None and valid >= minimum
            found[name] = {
                "good": _count(good),
                "valid": _count(valid),
                "sli": ratio,
                "met": ratio >= objective.target if decides and ratio is not None else None,
                "too_few": valid < minimum,
            }
        return found

    def _timeline(self, objective: Objective) -> Timeline:
        assert isinstance(objective.indicator, Availability)
        return self.timelines[objective.indicator.scope]


def _correct(stated: dict[str, Any], look: _Look, corrections: Corrections) -> None:
    """Put beside what corrections touch the same figures without what they leave out."""
    catalog = look.catalog
    stated["corrections"] = as_records(corrections)
    if not corrections.journeys(catalog):
        return
    other = _without(look, corrections)
    for (journey, objective), own in zip(catalog.objectives, stated["objectives"], strict=True):
        if corrections.touches(journey.id, look.windows[objective.window]):
            add_corrected(own, other.objective(journey, objective), OBJECTIVE, catalog)
    for budget, own in zip(catalog.budgets, stated["budgets"], strict=True):
        windows = (look.windows[name] for name in (_MONTH, budget.policy_window))
        if any(corrections.touches(budget.service, window) for window in windows):
            add_corrected(own, other.budget(budget), BUDGET, catalog)
    if any("corrected" in own for own in stated["budgets"]):
        states = [{**own, **own.get("corrected", {})}["policy"] for own in stated["budgets"]]
        worst = {"studio_policy": worst_state(states, catalog.policy)}
        add_corrected(stated, worst, ("studio_policy",), catalog)


def _without(look: _Look, corrections: Corrections) -> _Look:
    """The same look, of corrected journeys from what is left of each window."""
    rollup, windows = look.rollup, list(look.windows.values())
    other = copy(look)
    other.counts = _Counts(corrections.counts(rollup, windows))
    if look.values:
        found = corrections.histograms(rollup, windows)
        other.histograms = dict(list(found.groupby(["window", "journey"])))
    other.timelines = {
        scope.id: corrections.timeline(scope, look.timelines[scope.id])
        for scope in look.catalog.scopes
    }
    other.policies = policy_histories(rollup, look.at, look.maintenance, corrections)
    return other


def windows_at(catalog: Catalog, at: datetime, *, values: bool = True) -> dict[str, Window]:
    """The windows of all figures of a look, by the catalogue's words for them, and the month.

    ``values`` as in `status`.
    """
    names = {objective.window for _, objective in catalog.objectives}
    names |= {budget.policy_window for budget in catalog.budgets}
    names |= {*_burn_windows(catalog, values=values), "1h"}
    month = Window(_MONTH, calendar_month(at).start, at)
    found = {name: trailing(name, at, parse_duration(name)) for name in sorted(names)}
    return {**found, _MONTH: month}


def _burn_windows(catalog: Catalog, *, values: bool) -> Sequence[str]:
    if values:
        return catalog.rules.burn_windows.value
    return list(dict.fromkeys([short_window(catalog.rules), risk_window(catalog.rules)]))


class _Counts:
    """Good and valid events by window, journey, objective and platform, looked up."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._platforms: dict[tuple[str, str, str], list[tuple[str, float, float]]] = {}
        for row in frame.itertuples(index=False):
            platform = row.platform if isinstance(row.platform, str) else UNKNOWN_PLATFORM
            key = (row.journey, row.objective, row.window)
            self._platforms.setdefault(key, []).append((platform, row.good, row.valid))

    def platforms(
        self, journey: str, objective: str, window: str
    ) -> list[tuple[str, float, float]]:
        """Name, good and valid of each platform."""
        merged: dict[str, tuple[float, float]] = {}
        for name, good, valid in self._platforms.get((journey, objective, window), []):
            before = merged.get(name, (0.0, 0.0))
            merged[name] = (before[0] + good, before[1] + valid)
        return [(name, good, valid) for name, (good, valid) in merged.items()]

    def total(self, journey: str, objective: str, window: str) -> tuple[float, float]:
        """Good and valid over all platforms."""
        rows = self._platforms.get((journey, objective, window), [])
        return sum(good for _, good, _ in rows), sum(valid for _, _, valid in rows)


def impossible(objectives: list[Mapping[str, Any]] | list[dict[str, Any]]) -> list[Problem]:
    """Objectives whose bad events exceed their valid ones: bad data, said as such (DESIGN 2.4)."""
    return [
        Problem(
            "measurements",
            None,
            f"{stated['journey']}.{stated['objective']} has more bad than valid events in its "
            f"window ({stated['budget']['consumed']:g} of {stated['valid']:g}); check the "
            "metrics that it sums",
        )
        for stated in objectives
        if stated["good"] < 0
    ]


def _amounts(budget: ErrorBudget, valid: float) -> dict[str, float | int | None]:
    """A budget that follows traffic; nothing is left or spent of no traffic at all."""
    return {
        "allowed": budget.allowed,
        "consumed": _count(budget.consumed) if valid else None,
        "remaining": budget.remaining if valid else None,
        "remaining_ratio": budget.remaining_ratio,
    }


def _count(number: float) -> float | int:
    """A whole number as one, so that counts print without a decimal point."""
    return int(number) if float(number).is_integer() else number
