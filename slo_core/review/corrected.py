"""A month without what corrections leave out, to stand beside it as it was measured."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from slo_core.budget.course import courses
from slo_core.catalog import Availability
from slo_core.review import budgets as _budgets
from slo_core.review import targets as _targets
from slo_core.review.frames import table
from slo_core.review.targets import Counted
from slo_core.sli.corrections import Corrections, inside
from slo_core.sli.counts import Span, platform_names, span_counts
from slo_core.sli.journeys import NOW
from slo_core.sli.steps import DAY
from slo_core.sli.windows import Window

_OBJECTIVE = ["journey", "objective"]

KEYS: Mapping[str, list[str]] = {
    "objectives": _OBJECTIVE,
    "months": [*_OBJECTIVE, "month"],
    "platforms": _OBJECTIVE,
    "budgets": ["service"],
    "days": ["service"],
    "impact": ["service"],
    "policy": ["service"],
}
"""The frames of a review that corrections can touch, and what the rows that belong together share.

What bad events have in common is kept by the hour and stays as measured, and so do alerts, which
look at what was measured.
"""

_SAME = ["window", "at", "journey", "objective", "platform"]


def without(counted: Counted, corrections: Corrections) -> Counted:
    """What was counted of months, without what corrections leave out."""
    counts, sums = dict(counted.counts), dict(counted.sums)
    for name, rows in _gone(counted, corrections):
        before = counts.get(name)
        if before is None:
            continue
        left = pd.concat([before, rows]).groupby(_SAME, dropna=False, as_index=False).sum()
        counts[name] = left[left["valid"] > 0][list(before.columns)]
        sums[name] = float(left["good"].sum()), float(left["valid"].sum())
    lines = {
        scope.id: corrections.timeline(scope, counted.lines[scope.id])
        for scope in counted.rollup.catalog.scopes
    }
    return replace(counted, counts=counts, sums=sums, lines=lines, corrections=corrections)


def _gone(counted: Counted, corrections: Corrections) -> list[tuple[Any, pd.DataFrame]]:
    """What is left out of each window of an objective, as counts below nought."""
    found = []
    for window in counted.month.strip():
        name = _targets.name_of(counted.month, window)
        rollup = counted.rollups[name]
        spans = [
            Span(Window(name, *bounds), DAY if name == NOW else None, keys)
            for journey in rollup.catalog.journeys
            for bounds in inside(corrections.spans.get(journey.id, ()), window)
            if (
                keys := [
                    (journey.id, it.id)
                    for it in journey.objectives
                    if not isinstance(it.indicator, Availability)
                ]
            )
        ]
        if not spans:
            continue
        rows = span_counts(rollup, spans)
        rows["platform"] = platform_names(rows).astype("str")
        rows[["good", "valid"]] *= -1
        found += list(rows.groupby(["window", "journey", "objective"]))
    return found


def corrected_frames(
    counted: Counted,
    incidents: pd.DataFrame,
    maintenance: pd.DataFrame,
    corrections: Corrections,
) -> dict[str, pd.DataFrame]:
    """The rows of a review's frames that corrections touch, by `KEYS`; nothing where none does."""
    rollup, month = counted.rollup, counted.month
    windows = {it.name: it for it in month.strip()}
    whole = Window("", next(iter(windows.values())).start, month.until)
    if not any(corrections.touches(it.id, whole) for it in rollup.catalog.journeys):
        return {}
    own = without(counted, corrections)
    months = table("months", _targets.months(own))
    in_month = [corrections.touches(row.journey, windows[row.month]) for row in months.itertuples()]
    scores, platforms = (
        table("objectives", _targets.objectives(own)),
        table("platforms", _targets.platforms(own)),
    )
    both = Window("", month.back(1).start, month.until)
    pairs = [(journey, objective) for _, journey, objective in _budgets.budgeted(rollup)]
    known = courses(rollup, pairs, month.start, month.until, maintenance, corrections)
    days, impact = _budgets.consumption(rollup, month, incidents, known, corrections)
    since = Window(
        "", min(rollup.span[0], month.start) if rollup.span else month.start, month.until
    )
    found = {
        "objectives": _touching(scores, "journey", corrections, both),
        "months": months[in_month],
        "platforms": _touching(platforms, "journey", corrections, both),
        "budgets": _touching(
            table("budgets", _budgets.budgets(rollup, month, scores)),
            "service",
            corrections,
            month.window,
        ),
        "days": _touching(table("days", days), "service", corrections, month.window),
        "impact": _touching(table("impact", impact), "service", corrections, month.window),
        "policy": _touching(
            table("policy", _budgets.policy(rollup, month, maintenance, corrections)),
            "service",
            corrections,
            since,
        ),
    }
    return {name: frame.reset_index(drop=True) for name, frame in found.items()}


def _touching(
    frame: pd.DataFrame, column: str, corrections: Corrections, window: Window
) -> pd.DataFrame:
    touched = {name for name in frame[column].unique() if corrections.touches(name, window)}
    return frame[frame[column].isin(touched)]


def exchanged(
    frames: Mapping[str, pd.DataFrame], beside: Mapping[str, pd.DataFrame]
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Frames with the rows of ``beside`` in the places of their own, and these rows beside them."""
    shown, other = dict(frames), {}
    for name, rows in beside.items():
        keys = KEYS[name]
        # Of a platform or a state that is gone altogether, no row says that it is exchanged.
        given = beside["objectives"] if name == "platforms" else rows
        touched = _keys(frames[name], keys).isin(_keys(given, keys))
        other[name] = frames[name][touched].reset_index(drop=True)
        merged = pd.concat([frames[name][~touched], rows])
        place = {key: number for number, key in enumerate(dict.fromkeys(_keys(frames[name], keys)))}
        order = [place.get(key, len(place)) for key in _keys(merged, keys)]
        merged = merged.iloc[pd.Series(order).sort_values(kind="stable").index]
        shown[name] = merged.reset_index(drop=True)
    return shown, other


def _keys(frame: pd.DataFrame, keys: list[str]) -> pd.Index:
    return pd.Index(list(frame[keys].itertuples(index=False, name=None)), tupleize_cols=False)
