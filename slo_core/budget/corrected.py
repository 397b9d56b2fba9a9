"""Figures without what corrections leave out, beside those as measured, and which of them decide.

A status (DESIGN 3) keeps its figures as measured. Where a correction touches the window of an
objective or a budget, ``corrected`` has the same figures without it, and ``decides`` says which of
the two count for verdicts: ``corrected`` or ``measured``, by the catalogue's `corrections_decide`.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pandas as pd

from slo_core.budget.hours import Hours
from slo_core.catalog import Availability, Catalog, Objective
from slo_core.moments import iso
from slo_core.rollup import Rollup
from slo_core.sli.availability import timeline
from slo_core.sli.corrections import Bounds, Corrections, inside, read_corrections
from slo_core.sli.counts import series
from slo_core.sli.steps import HOUR, floor, starts
from slo_core.sli.windows import Window

OBJECTIVE = (
    *("good", "valid", "sli", "met", "value", "value_above", "budget", "burn_rate"),
    *("coverage", "platforms"),
)
"""The keys of an objective's status that its ``corrected`` has, where the status has them."""

BUDGET = (
    *("allowed", "consumed", "remaining", "remaining_ratio", "traffic", "rolling", "hourly"),
    *("policy", "policy_since", "exit_confirmed", "exhausted_at", "policy_remaining_ratio"),
)
"""The keys of a budget's status that its ``corrected`` has."""


def add_corrected(
    stated: dict[str, Any], other: Mapping[str, Any], keys: tuple[str, ...], catalog: Catalog
) -> None:
    """Put beside an objective or a budget of a status what ``other``, corrected, says of it."""
    stated["corrected"] = {key: other[key] for key in keys if key in other}
    stated["decides"] = which_decides(catalog)


def which_decides(catalog: Catalog) -> str:
    """Which figures count for verdicts where a correction touches them.

    ``corrected`` or ``measured``, by the catalogue.
    """
    return "corrected" if catalog.rules.corrections_decide.value else "measured"


def deciding(stated: Mapping[str, Any]) -> dict[str, Any]:
    """An objective or a budget of a status with the figures that decide in their places."""
    over = stated["corrected"] if stated.get("decides") == "corrected" else {}
    return {**stated, **over}


def others(stated: Mapping[str, Any]) -> dict[str, Any] | None:
    """An objective or a budget of a status with the figures that do not decide in their places.

    None where no correction touches it.
    """
    if "corrected" not in stated:
        return None
    return {**stated, **(stated["corrected"] if stated["decides"] == "measured" else {})}


def beside_name(stated: Mapping[str, Any]) -> str:
    """What the figures of `others` are called: ``as measured``, or ``as corrected``."""
    return "as measured" if stated["decides"] == "corrected" else "as corrected"


def as_corrected(status: Mapping[str, Any]) -> dict[str, Any]:
    """A status whose objectives and budgets have the corrected figures in their places.

    What no correction touches is as measured.
    """
    parts = {
        name: [{**it, **it.get("corrected", {})} for it in status[name]]
        for name in ("objectives", "budgets")
    }
    return {**status, **parts}


def known_corrections(rollup: Rollup, status: Mapping[str, Any]) -> Corrections | None:
    """The register's corrections; the register is read only where the status says it has any."""
    return read_corrections(rollup.store.root) if status.get("corrections") else None


def deciding_corrections(rollup: Rollup, status: Mapping[str, Any]) -> Corrections | None:
    """The corrections that verdicts go by; None without any, or where the measured decide."""
    decides = which_decides(rollup.catalog) == "corrected"
    return known_corrections(rollup, status) if decides else None


def as_records(corrections: Corrections) -> list[dict[str, Any]]:
    """The corrections that count, as a status lists them."""
    return [
        {
            "id": int(row.id),
            "scope": row.scope,
            "starts_at": iso(row.starts_at.to_pydatetime()),
            "ends_at": iso(row.ends_at.to_pydatetime()),
            "reason": row.reason,
            "approver": row.approver,
        }
        for row in corrections.rows.itertuples()
    ]


def corrected_hours(
    rollup: Rollup,
    at: datetime,
    hours: Mapping[str, Hours],
    maintenance: pd.DataFrame,
    corrections: Corrections,
) -> dict[str, Hours]:
    """The hours of budgeted services (`slo_core.budget.hours`) without what is left out.

    Where each platform must hold they stay as measured: which one is worst is of a whole window.
    """
    found = dict(hours)
    for service, own in hours.items():
        budget = rollup.catalog.budget(service)
        spans = corrections.spans.get(service, ())
        if budget is None or not spans or not len(own.good):
            continue
        objective = rollup.catalog.objective(service, budget.objective)
        if objective.per_platform:
            continue
        good, valid = own.good.copy(), own.valid.copy()
        reach = Window("", own.start, own.start + len(good) * HOUR)
        for span in inside(spans, reach):
            gone = _counted(rollup, service, objective, span, at, maintenance)
            places = (gone["at"] - own.start) // HOUR
            good[places] -= gone["good"].to_numpy(dtype=float)
            valid[places] -= gone["valid"].to_numpy(dtype=float)
        found[service] = replace(own, good=good, valid=valid)
    return found


def _counted(
    rollup: Rollup,
    service: str,
    objective: Objective,
    span: Bounds,
    at: datetime,
    maintenance: pd.DataFrame,
) -> pd.DataFrame:
    """Good and valid of a span, by the hour of the clock in which they lie: ``at`` is its start."""
    start, end = span
    if not isinstance(objective.indicator, Availability):
        rows = series(rollup, start, end, HOUR, [(service, objective.id)])
        return rows.groupby("at", as_index=False)[["good", "valid"]].sum()
    scope = rollup.catalog.scope(objective.indicator.scope)
    # An outage is known by minutes that may end after the span.
    line = timeline(rollup, scope, floor(start, HOUR), min(end + HOUR, at), maintenance)
    begins = starts(start, end, HOUR)
    parts = [Window("", max(it, start), min(it + HOUR, end)) for it in begins.to_pydatetime()]
    sums = [line.counts(part)[:2] for part in parts]
    return pd.DataFrame(sums, columns=["good", "valid"]).assign(at=begins)
