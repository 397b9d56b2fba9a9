"""The projection of every budget of a catalogue, and how good such projections were before."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from slo_core.budget.corrected import as_corrected, deciding_corrections
from slo_core.budget.course import Key, courses
from slo_core.budget.exhaustion import calendar_end, rolling_end
from slo_core.budget.spending import month_end
from slo_core.budget.standing import burning, risk_window
from slo_core.budget.straight_line import End
from slo_core.catalog import Catalog
from slo_core.durations import parse_duration
from slo_core.forecast.ahead import ahead
from slo_core.forecast.past import history_of, is_touched
from slo_core.forecast.projection import Budget, Projection, outlook, project_exhaustion
from slo_core.rollup import Rollup, as_of
from slo_core.sli.corrections import Corrections
from slo_core.sli.steps import HOUR
from slo_core.status import status as look

HORIZON = timedelta(days=30)
"""How far projections reach unless another horizon is asked for."""

COLUMNS = [
    *("journey", "objective", "service", "basis", "window", "remaining_ratio", "exhausted"),
    *("p10", "p50", "p90", "probability", "linear", "recovery", "until", "note"),
]
_DATES = ("p10", "p50", "p90", "linear", "recovery", "until")


@dataclass(frozen=True)
class _Case:
    """One budget to project: what the core needs beside the counts."""

    key: Key
    service: str | None
    basis: str
    window: str
    remaining_ratio: float | None
    until: datetime
    end: End
    burn: float | None = None
    fixed: tuple[float, float] | None = None
    """Allowed and spent, of a budget of fixed size."""


def forecasts(
    rollup: Rollup,
    at: datetime,
    *,
    status: Mapping[str, Any] | None = None,
    course: Mapping[Key, pd.DataFrame] | None = None,
    horizon: timedelta = HORIZON,
    seed: int = 0,
    only_budgeted: bool = False,
    corrections: Corrections | None = None,
) -> pd.DataFrame:
    """When each budget runs out, seen from a moment: a row for each, as in the catalogue.

    First every objective over its own window, then the budgeted services: over the policy's window
    where that is another, and by the calendar month. Columns: ``journey``, ``objective``,
    ``service`` (its name where the row is a service's budget, else None), ``basis`` (``rolling``,
    ``calendar``), ``window`` (``30d``, ``2025-03``), ``remaining_ratio`` (as in the status),
    ``exhausted``, ``p10``, ``p50``, ``p90`` (dates by which it has run out in 18, 50 and 85 % of
    the futures, see `slo_core.forecast.projection`; NaT: not until ``until``),
    ``probability`` (of running out until ``until``; null without data), ``linear`` (the straight
    line; NaT where it never ends), ``recovery`` (of an exhausted budget: of a month's, when the
    next begins), ``until`` (the end of the horizon, or of the month) and ``note``.

    ``status`` and ``course`` (of `history`) are what was read already. ``only_budgeted`` leaves out
    the objectives whose figures are headroom. With ``corrections`` there are rows of the budgets
    alone whose history they touch, without what they leave out: to stand beside those as measured.
    """
    rollup = as_of(rollup, at)
    stated = look(rollup, at) if status is None else status
    keys = [(journey.id, objective.id) for journey, objective in rollup.catalog.objectives]
    if corrections:
        stated = as_corrected(stated)
        keys = [key for key in keys if is_touched(rollup.catalog, key, at, corrections)]
    if only_budgeted:
        budgeted = {(it.service, it.objective) for it in rollup.catalog.budgets}
        keys = [key for key in keys if key in budgeted]
    if not keys:
        return _typed([])
    read = history_of(rollup, at, keys, corrections) if course is None else course
    rows = [
        _row(case, rollup.catalog, read[case.key], at, seed)
        for case in _cases(stated, rollup, at, horizon, corrections)
        if case.key in keys and (case.service or not only_budgeted)
    ]
    return _typed(rows)


def _typed(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=COLUMNS)
    kinds = dict.fromkeys(_DATES, "datetime64[us]")
    return frame.astype(kinds | dict.fromkeys(("remaining_ratio", "probability"), "float64"))


def forecast(
    rollup: Rollup,
    at: datetime,
    key: Key,
    basis: str = "rolling",
    *,
    status: Mapping[str, Any],
    corrections: Corrections | None = None,
) -> tuple[pd.Series, pd.DataFrame]:
    """When one objective's budget runs out within `HORIZON`, and what is left until then.

    Its row of `forecasts` (of a budgeted one that of the service), and the frame of
    `slo_core.forecast.ahead.ahead`, of which no row lies beyond ``until``. As measured, or without
    what ``corrections`` leave out.
    """
    rollup = as_of(rollup, at)
    if corrections:
        status = as_corrected(status)
    budgeted = any(key == (it.service, it.objective) for it in rollup.catalog.budgets)
    cases = (
        _cases(status, rollup, at, HORIZON, corrections)
        if budgeted
        else _own_cases(status, rollup.catalog, at, HORIZON)
    )
    [case] = (
        it
        for it in cases
        if it.key == key and it.basis == basis and (it.service is not None) == budgeted
    )
    course = history_of(rollup, at, [key], corrections)[key]
    row = _typed([_row(case, rollup.catalog, course, at, 0)]).iloc[0]
    bad, valid = counts(course)
    asked = _asked(case, rollup.catalog)
    budget = Budget(
        bad, valid, 1 - asked["target"], asked["window_hours"], asked["allowed"], asked["spent"]
    )
    futures = None
    if case.remaining_ratio is not None:
        _, futures = outlook(budget, bad, valid, _hours_until(case, at))
    course = ahead(budget, futures, at)
    return row, course[course["at"] <= case.until].reset_index(drop=True)


def chances(rollup: Rollup, at: datetime, *, status: Mapping[str, Any]) -> dict[Key, float]:
    """How likely the objectives that `slo_core.budget.standing.burning` names are to run out.

    Each over its own window and within `HORIZON`, as in `forecasts`; not a number where there is
    too little history to say. The others are not looked at, since their risk does not depend on it.
    Figures are those that decide, as measured or as corrected.
    """
    rollup = as_of(rollup, at)
    keys = burning(status, rollup.catalog)
    if not keys:
        return {}
    corrections = deciding_corrections(rollup, status)
    if corrections:
        status = as_corrected(status)
    read = history_of(rollup, at, keys, corrections)
    return {
        case.key: _projection(case, rollup.catalog, read[case.key], at, 0).probability
        for case in _own_cases(status, rollup.catalog, at, HORIZON)
        if case.key in keys
    }


def _cases(
    status: Mapping[str, Any],
    rollup: Rollup,
    at: datetime,
    horizon: timedelta,
    corrections: Corrections | None,
) -> list[_Case]:
    catalog = rollup.catalog
    found = _own_cases(status, catalog, at, horizon)
    burns = {case.key: case.burn for case in found}
    lately = parse_duration(risk_window(catalog.rules))
    budgeted = {(it.service, it.objective) for it in catalog.budgets}
    pairs = [it for it in catalog.objectives if (it[0].id, it[1].id) in budgeted]
    recent = courses(rollup, pairs, at - lately, at, corrections=corrections)
    for budget, stated in zip(catalog.budgets, status["budgets"], strict=True):
        key, window = (budget.service, budget.objective), budget.policy_window
        left = stated["rolling"]["remaining_ratio"]
        if window != catalog.objective(*key).window:
            end = rolling_end(left, burns[key], parse_duration(window), at)
            found.append(_Case(key, budget.service, "rolling", window, left, at + horizon, end))
        end = calendar_end(stated["remaining"], recent[key], lately, at)
        until = min(at + horizon, month_end(at - timedelta(minutes=1)))
        fixed = None
        if stated["consumed"] is not None:
            fixed = (stated["allowed"], float(stated["consumed"]))
        left = stated["remaining_ratio"]
        month = stated["month"]
        found.append(_Case(key, budget.service, "calendar", month, left, until, end, fixed=fixed))
    return found


def _own_cases(
    status: Mapping[str, Any], catalog: Catalog, at: datetime, horizon: timedelta
) -> list[_Case]:
    """Every objective over its own window."""
    deciding = risk_window(catalog.rules)
    policy = {(it.service, it.objective): it.policy_window for it in catalog.budgets}
    found = []
    for stated in status["objectives"]:
        key, burn = (stated["journey"], stated["objective"]), stated["burn_rate"][deciding]
        window, left = stated["window"], stated["budget"]["remaining_ratio"]
        own = key[0] if policy.get(key) == window else None
        end = rolling_end(left, burn, parse_duration(window), at)
        found.append(_Case(key, own, "rolling", window, left, at + horizon, end, burn=burn))
    return found


def _row(
    case: _Case, catalog: Catalog, course: pd.DataFrame, at: datetime, seed: int
) -> dict[str, Any]:
    found = _projection(case, catalog, course, at, seed)
    recovery = _after(at, found.recovery)
    if found.exhausted and case.basis == "calendar":
        recovery = month_end(at - timedelta(minutes=1))
    return {
        "journey": case.key[0],
        "objective": case.key[1],
        "service": case.service,
        "basis": case.basis,
        "window": case.window,
        "remaining_ratio": case.remaining_ratio,
        "exhausted": found.exhausted,
        "p10": _after(at, found.p10),
        "p50": _after(at, found.p50),
        "p90": _after(at, found.p90),
        "probability": found.probability,
        "linear": at if case.end.kind == "spent" else case.end.at,
        "recovery": recovery,
        "until": case.until,
        "note": found.note,
    }


def _projection(
    case: _Case, catalog: Catalog, course: pd.DataFrame, at: datetime, seed: int
) -> Projection:
    if case.remaining_ratio is None:
        return Projection(None, None, None, float("nan"), note="no data in the window")
    hours = _hours_until(case, at)
    found = project_exhaustion(
        *counts(course), **_asked(case, catalog), horizon_hours=hours, seed=seed
    )
    return _as_stated(found, case.remaining_ratio)


def _asked(case: _Case, catalog: Catalog) -> dict[str, Any]:
    """What `project_exhaustion` must know of a budget beside its counts."""
    allowed, spent = case.fixed or (None, 0.0)
    return {
        "target": catalog.objective(*case.key).target,
        "window_hours": _hours(case.window) if case.basis == "rolling" else 1,
        "allowed": allowed,
        "spent": spent,
    }


def _hours_until(case: _Case, at: datetime) -> int:
    return max(1, -(-(case.until - at) // HOUR))


def _as_stated(found: Projection, remaining_ratio: float) -> Projection:
    """A projection that agrees with the status on whether anything is left.

    It knows whole hours alone, so that within an hour of an edge the two can differ. Where all that
    is known falls into the hour that is not over, nothing tells when something is left again.
    """
    if (remaining_ratio <= 0) == found.exhausted:
        return found
    if found.exhausted:
        return replace(found, p10=1.0, p50=1.0, p90=1.0, recovery=None, exhausted=False)
    recovery = 1.0 if found.probability > 0 else None
    return replace(
        found, p10=0.0, p50=0.0, p90=0.0, probability=1.0, recovery=recovery, exhausted=True
    )


def counts(course: pd.DataFrame) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Hourly bad and valid of a course, from its first hour with data on.

    Where a metric was recorded wrongly, more can be bad than valid; then all of it is bad here, and
    the status reports it.
    """
    valid = course["valid"].to_numpy(dtype=float)
    first = int(np.argmax(valid > 0)) if (valid > 0).any() else len(valid)
    good = course["good"].to_numpy(dtype=float)[first:]
    valid = valid[first:]
    return np.clip(valid - good, 0, valid), valid


def _hours(window: str) -> int:
    return max(1, round(parse_duration(window) / HOUR))


def _after(at: datetime, hours: float | None) -> datetime | None:
    return None if hours is None else at + timedelta(hours=hours)
