"""Where the month's error budgets went: by day, by what failures have in common, by incident.

The document's "Error budget consumption analysis" and "Incident impact assessment".
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from slo_core.budget.budgets import allocation_at, expected_requests, is_off
from slo_core.budget.course import Key
from slo_core.budget.impact import incident_impact
from slo_core.budget.policy import from_moment, policy_histories
from slo_core.budget.spending import days as spent_days
from slo_core.budget.spending import month_allowed
from slo_core.catalog import Availability, Budget, Journey, Objective
from slo_core.review.month import Month
from slo_core.rollup import Rollup
from slo_core.sli.breakdown import budgeted_part, causes_between
from slo_core.sli.corrections import Corrections
from slo_core.sli.downtime import downtime
from slo_core.sli.steps import HOUR, MINUTE, floor
from slo_core.sli.windows import month_seconds

Pair = tuple[Journey, Objective]

_SHOWN = 8
"""Values of a dimension that a review keeps, those that cost most first."""


def budgeted(rollup: Rollup) -> list[tuple[Budget, Journey, Objective]]:
    """Each budget of the catalogue with the journey and the objective that it is of."""
    catalog = rollup.catalog
    return [
        (it, catalog.journey(it.service), catalog.objective(it.service, it.objective))
        for it in catalog.budgets
    ]


def budgets(rollup: Rollup, month: Month, scores: pd.DataFrame) -> list[dict[str, Any]]:
    """Each service's budget of the month: the document's allocation, and what traffic would allow.

    ``scores`` are the review's objectives. A service without valid events has nothing consumed
    that anybody knows of: nulls.
    """
    seconds, tolerance = month_seconds(month.window), rollup.catalog.rules.estimate_tolerance.value
    rows = []
    for budget, journey, objective in budgeted(rollup):
        own = scores[(scores["journey"] == journey.id) & (scores["objective"] == objective.id)]
        found = own.iloc[0]
        allowed, allocation = month_allowed(budget, month.until), allocation_at(budget, month.until)
        consumed = found["consumed"] if found["valid"] else None
        left = None if consumed is None else allowed - consumed
        elapsed = (month.until - month.start).total_seconds()
        expected = expected_requests(allocation, elapsed, seconds)
        by_traffic = found["allowed"] if allocation.estimated_requests else None
        rows.append(
            {
                "service": budget.service,
                "objective": budget.objective,
                "name": journey.name,
                "unit": budget.unit,
                "allowed": allowed,
                "consumed": consumed,
                "remaining": left,
                "remaining_ratio": None if left is None else left / allowed,
                "requests": found["valid"] if allocation.estimated_requests else None,
                "expected": expected,
                "by_traffic": by_traffic,
                "by_traffic_ratio": 1 - consumed / by_traffic
                if by_traffic and consumed is not None
                else None,
                "off_estimate": is_off(found["valid"], expected, tolerance),
            }
        )
    return rows


def consumption(
    rollup: Rollup,
    month: Month,
    incidents: pd.DataFrame,
    known: Mapping[Key, pd.DataFrame],
    corrections: Corrections | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What each day, and each incident, took of each service's budget.

    ``known`` are the month's courses of the budgeted objectives at least, without what
    ``corrections`` leave out. The first frame is of `slo_core.budget.spending.days`, the second of
    `slo_core.budget.impact.incident_impact`, both with the ``service``.
    """
    days, impacts = [], []
    for budget, journey, objective in budgeted(rollup):
        course = known[journey.id, objective.id]
        own = spent_days(course, objective.error_rate, budget)
        days.append(own.assign(service=budget.service))
        key = (journey.id, objective.id)
        impact = incident_impact(
            rollup, *key, month.window, incidents, course=course, corrections=corrections
        )
        impacts.append(impact.assign(service=budget.service))
    return _together(days), _together(impacts)


def parts(rollup: Rollup, month: Month, pairs: Sequence[Pair]) -> Iterator[dict[str, Any]]:
    """What the bad events of some objectives have in common, value by value of each dimension.

    Over the whole hours that the month touches; of a scope's seconds down, what says so. Where each
    platform must hold by itself, on the worst, whose verdict it is.
    """
    for journey, objective in pairs:
        key = {"journey": journey.id, "objective": objective.id}
        if isinstance(objective.indicator, Availability):
            minutes = (month.until - month.start) // MINUTE
            found = downtime(rollup, objective.indicator.scope, f"{minutes}m", month.until)
            ranked = {"reason": found.reasons}
        else:
            end = _ceil(month.until)
            causes = causes_between(rollup, journey.id, objective.id, month.start, end)
            only = budgeted_part(objective, causes)
            ranked = {name: causes.ranked(name, only) for name in causes.dimensions}
        for dimension, frame in ranked.items():
            for row in frame.head(_SHOWN).itertuples():
                amounts = {"value": str(row.value), "bad": row.bad, "share": row.share}
                yield {**key, "dimension": dimension, **amounts}


def policy(
    rollup: Rollup,
    month: Month,
    maintenance: pd.DataFrame,
    corrections: Corrections | None = None,
) -> Iterator[dict[str, Any]]:
    """The policy states that each budgeted service passed through in the month, in order."""
    histories = policy_histories(rollup, month.until, maintenance, corrections)
    for service, history in histories.items():
        for row in from_moment(history, month.start).to_dict("records"):
            yield {**row, "service": service}


def until_end(row: Any, month: Month) -> datetime:
    """When a period of the policy ended, at the latest with what is known of the month."""
    end: datetime | None = None if pd.isna(row.end) else row.end.to_pydatetime()
    return month.until if end is None else min(end, month.until)


def _ceil(moment: datetime) -> datetime:
    down = floor(moment, HOUR)
    return down if down == moment else down + HOUR


def _together(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
