"""Recording rules: good, valid, SLI, burn rate and budget of every objective (DESIGN 1.1, 2.2).

A month's SLI is the ratio of its sums, so each window is counted by itself from the counters, and
never as a mean of shorter windows' ratios (DESIGN 2.4).
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from slo_core.alerts.conditions import comparisons
from slo_core.alerts.multiwindow import headroom_steps
from slo_core.catalog import BudgetTerm, Catalog, Journey, Objective
from slo_core.durations import parse_duration
from slo_core.prometheus.series import Counts, counts

GOOD, VALID = "slo:good:increase", "slo:valid:increase"
SLI, BURN = "slo:sli:ratio", "slo:burn_rate:ratio"
REMAINING = "slo:error_budget:remaining_ratio"
TARGET = "slo:objective:target_ratio"

_LONG = timedelta(days=1)
"""Windows as long as this change slowly: they are counted every three minutes, which is often
enough for whoever asks for the latest figure within Prometheus's five minutes."""


def recording_groups(catalog: Catalog) -> list[dict[str, Any]]:
    """The groups of recording rules, two for each journey: short windows and long ones."""
    groups = []
    for journey in catalog.journeys:
        quick: list[dict[str, Any]] = []
        slow: list[dict[str, Any]] = []
        for objective in journey.objectives:
            labels = {"journey": journey.id, "objective": objective.id}
            quick.append(_rule(TARGET, f"vector({objective.target!r})", labels))
            for window in windows(catalog, journey, objective):
                place = slow if parse_duration(window) >= _LONG else quick
                place += _of_window(catalog, journey, objective, window)
        groups.append({"name": f"slo_{journey.id}", "rules": quick})
        if slow:
            groups.append({"name": f"slo_{journey.id}_long", "interval": "3m", "rules": slow})
    return groups


def windows(catalog: Catalog, journey: Journey, objective: Objective) -> list[str]:
    """The windows that are recorded of an objective, the shortest first.

    Its own; of a budgeted one also those that burn rates are shown over and alerts look at; of
    another those of the burn alerts on its headroom.
    """
    found = {objective.window}
    budget = catalog.budget(journey.id)
    if budget and budget.objective == objective.id:
        found |= {budget.policy_window, *catalog.rules.burn_windows.value}
        found |= {window for it in catalog.burn_alerts for window in (it.long, it.short)}
        found |= set(_burn_windows(catalog))
    found |= {
        window
        for it in headroom_steps(catalog)
        if it.is_kept and (it.journey.id, it.objective.id) == (journey.id, objective.id)
        for window in (it.burn_alert.long, it.burn_alert.short)
    }
    return [
        duration_text(length) for length in sorted({parse_duration(window) for window in found})
    ]


def recorded(name: str, window: str, journey: str, objective: str) -> str:
    """The series of a recorded figure."""
    return f'{name}_{window}{{journey="{journey}",objective="{objective}"}}'


def _of_window(
    catalog: Catalog, journey: Journey, objective: Objective, window: str
) -> Iterator[dict[str, Any]]:
    own = counts(journey, objective)
    labels = {"journey": journey.id, "objective": objective.id}
    good = recorded(GOOD, window, journey.id, objective.id)
    valid = recorded(VALID, window, journey.id, objective.id)
    yield _rule(f"{GOOD}_{window}", own.good(window), labels)
    yield _rule(f"{VALID}_{window}", own.valid(window), labels)
    yield _rule(f"{SLI}_{window}", _ratio(catalog, own, good, valid), labels)
    sli = recorded(SLI, window, journey.id, objective.id)
    yield _rule(f"{BURN}_{window}", f"(1 - {sli}) / {objective.error_rate!r}", labels)
    if window == duration_text(objective.window_length):
        burn = recorded(BURN, window, journey.id, objective.id)
        yield _rule(REMAINING, f"1 - {burn}", labels)


def _ratio(catalog: Catalog, own: Counts, good: str, valid: str) -> str:
    if not own.by:
        return f"{good} / {valid}"
    # The worst of those that have enough events to decide (DESIGN 2.2, By platform).
    least = max(catalog.rules.min_valid.value, 1)
    return f"min({good} / ({valid} >= {least}))"


def _rule(record: str, expression: str, labels: dict[str, str]) -> dict[str, Any]:
    return {"record": record, "expr": expression, "labels": labels}


def _burn_windows(catalog: Catalog) -> Iterator[str]:
    """The windows of the document's own conditions on burn rates."""
    for alert in catalog.alerts:
        for comparison in comparisons(alert.parsed):
            term = catalog.term(comparison.metric)
            if isinstance(term, BudgetTerm) and term.kind == "burn_rate" and comparison.window:
                yield duration_text(comparison.window)


def duration_text(length: timedelta) -> str:
    """A length of time as Prometheus reads it, in one unit: ``5m``, ``6h``, ``30d``."""
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds % size == 0 and seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
