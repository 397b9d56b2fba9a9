"""When each budget is exhausted on the straight line at the current burn: the forecast's reference.

The document's "projected budget exhaustion date" itself is a distribution: `slo_core.forecast`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from slo_core.budget.burn_down import calendar, rolling, spent_since
from slo_core.budget.course import Key, closed
from slo_core.budget.spending import month_end
from slo_core.budget.standing import risk_window
from slo_core.budget.straight_line import End, projected_end
from slo_core.catalog import Catalog
from slo_core.durations import parse_duration
from slo_core.sli.steps import HOUR

COLUMNS = [
    *("service", "basis", "window", "unit", "remaining", "allowed", "remaining_ratio"),
    *("burn", "end", "since", "since_exactly"),
]


def rolling_end(
    remaining_ratio: float | None, burn: float | None, window: timedelta, at: datetime
) -> End:
    """When a rolling budget ends: a burn of 1 spends the whole of it in its window."""
    per_hour = None if burn is None else burn / (window / HOUR)
    return projected_end(remaining_ratio, per_hour, at)


def calendar_end(
    remaining: float | None, course: pd.DataFrame, over: timedelta, at: datetime
) -> End:
    """When a month's allocation ends: at as many bad events an hour as there were lately.

    ``over`` is how long that is. Of an hour that begins before it a part counts.
    """
    start = pd.Timestamp(at - over)
    lately = course[course["until"] > start]
    part = (lately["until"] - lately["at"].clip(lower=start)) / (lately["until"] - lately["at"])
    bad = ((lately["valid"] - lately["good"]) * part).sum()
    per_hour = bad / (over / HOUR) if lately["valid"].sum() else None
    return projected_end(remaining, per_hour, at, month_end(at - timedelta(minutes=1)))


def exhaustions(
    status: Mapping[str, Any],
    catalog: Catalog,
    courses: Mapping[Key, pd.DataFrame],
    at: datetime,
) -> pd.DataFrame:
    """The straight line of every budgeted service, rolling and by the calendar month.

    ``courses`` reach back two policy windows and to the first of the month. Columns: ``service``,
    ``basis`` (``rolling``, ``calendar``), ``window`` (``30d``, ``2025-03``), ``unit``,
    ``remaining``, ``allowed`` (in it), ``remaining_ratio``, ``burn`` (over the window that decides
    on risk), ``end`` (an `End`), ``since`` (since when it is spent, else NaT), ``since_exactly``
    (False where it was spent before the figures begin).
    """
    rates = {(it["journey"], it["objective"]): it["burn_rate"] for it in status["objectives"]}
    deciding = risk_window(catalog.rules)
    rows = []
    for budget, stated in zip(catalog.budgets, status["budgets"], strict=True):
        key = (budget.service, budget.objective)
        objective, course = catalog.objective(*key), courses[key]
        burn, window = rates[key][deciding], parse_duration(budget.policy_window)
        month = course[course["at"] >= pd.Timestamp(f"{stated['month']}-01")]
        bases = {
            "rolling": (
                stated["rolling"],
                budget.policy_window,
                rolling_end(stated["rolling"]["remaining_ratio"], burn, window, at),
                closed(rolling(course, window, objective.error_rate), at, stated["rolling"]),
            ),
            "calendar": (
                stated,
                stated["month"],
                calendar_end(stated["remaining"], course, parse_duration(deciding), at),
                calendar(month, stated["allowed"]),
            ),
        }
        for basis, (amounts, name, end, burn_down) in bases.items():
            since = spent_since(burn_down) if end.kind == "spent" else None
            rows.append(
                {
                    "service": budget.service,
                    "basis": basis,
                    "window": name,
                    "unit": budget.unit,
                    **{it: amounts[it] for it in ("remaining", "allowed", "remaining_ratio")},
                    "burn": burn,
                    "end": end,
                    "since": since[0] if since else pd.NaT,
                    "since_exactly": since[1] if since else None,
                }
            )
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.astype(
        dict.fromkeys(("remaining", "allowed", "remaining_ratio", "burn"), float)
        | {"since": "datetime64[us]"}
    )
