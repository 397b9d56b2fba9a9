"""Burn rates against what alerts allow (the document's "burn rate, current vs. target")."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from slo_core.alerts.conditions import comparisons
from slo_core.budget.corrected import deciding
from slo_core.budget.course import Key
from slo_core.budget.standing import risk_window, standings
from slo_core.catalog import BudgetTerm, Catalog, Objective
from slo_core.durations import parse_duration

BURN_STATES = ("above_alert", "above_budget", "within", "no_data")
"""What a burn rate can be, in the order in which it wants attention."""


@dataclass(frozen=True)
class BurnAlert:
    """A burn rate above which an alert of the catalogue holds, over its own window."""

    name: str
    severity: str
    burn: float
    window: timedelta
    text: str
    """The comparison as the document writes it."""


def burn_alerts(catalog: Catalog, journey: str, objective: Objective) -> list[BurnAlert]:
    """The burn rates that alerts set for an objective, the lowest first.

    Budget conditions are about the budgeted objectives alone (DESIGN 2.2), each of which is its
    journey's. A comparison without a window is taken over the shortest burn window.
    """
    if not objective.budgeted:
        return []
    shortest = min(map(parse_duration, catalog.rules.burn_windows.value))
    found = [
        BurnAlert(
            alert.name,
            alert.severity,
            term.burn(comparison.amount),
            comparison.window or shortest,
            comparison.text,
        )
        for alert in catalog.alerts
        if alert.journey in (None, journey)
        for comparison in comparisons(alert.parsed)
        if isinstance(term := catalog.term(comparison.metric), BudgetTerm)
        and (comparison.op, term.kind) == (">", "burn_rate")
    ]
    return sorted(found, key=lambda it: it.burn)


def largest_burn(objective: Objective) -> float:
    """The burn rate at which everything is bad: no objective can burn faster (DESIGN 2.4)."""
    return 1 / objective.error_rate


def cost(burn: float, over: timedelta, window: timedelta) -> float:
    """The share of a window's budget that a burn rate spends when it lasts for a time."""
    return burn * (over / window)


def burn_table(
    status: Mapping[str, Any], catalog: Catalog, chances: Mapping[Key, float]
) -> pd.DataFrame:
    """Every objective of a status (DESIGN 3) with its burn rates, the budgeted first.

    ``chances`` as for `slo_core.budget.standing.standings`. Its columns, in its order otherwise,
    and: a column for each burn window, by its name; ``alert`` (the lowest `BurnAlert`, or None),
    ``alert_burn`` (the burn over that alert's window; null where it is none of the burn windows),
    ``state`` (of `BURN_STATES`): above an alert, burning faster than on budget over the window that
    decides on risk, or within budget.
    """
    frame = standings(status, catalog, chances)
    rates = {
        (it["journey"], it["objective"]): it["burn_rate"]
        for it in map(deciding, status["objectives"])
    }
    windows = catalog.rules.burn_windows.value
    lengths = {parse_duration(name): name for name in windows}
    rows = []
    for key in zip(frame["journey"], frame["objective"], strict=True):
        own = rates[key]
        alerts = burn_alerts(catalog, key[0], catalog.objective(*key))
        row = {"alert": alerts[0] if alerts else None, "alert_burn": None, "state": "no_data"}
        row |= {name: own[name] for name in windows}
        above = False
        for alert in alerts:
            burn = own.get(lengths.get(alert.window, ""))
            above = above or (burn is not None and burn > alert.burn)
            if alert is alerts[0]:
                row["alert_burn"] = burn
        lately = own[risk_window(catalog.rules)]
        if above:
            row["state"] = "above_alert"
        elif lately is not None:
            row["state"] = "above_budget" if lately > 1 else "within"
        rows.append(row)
    rates_frame = pd.DataFrame(rows).astype(dict.fromkeys([*windows, "alert_burn"], float))
    found = pd.concat([frame, rates_frame], axis=1)
    order = found["budgeted"].sort_values(ascending=False, kind="stable").index
    return found.loc[order].reset_index(drop=True)
