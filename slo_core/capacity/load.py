"""What the error budgets look like at several times the traffic, by `slo_core.whatif`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from slo_core.durations import parse_duration
from slo_core.rollup import Rollup
from slo_core.sli.steps import DAY
from slo_core.whatif import Scenario, what_ifs
from slo_core.whatif.standing import Standing

FACTORS = (2, 5, 10)

_COLUMNS = [
    *("service", "times", "month", "allowed", "expected", "probability", "p50", "until"),
    *("rolling_probability", "allowed_then", "policy", "window", "whole_month"),
]


def budgets_under_load(
    rollup: Rollup,
    at: datetime,
    factors: Sequence[float] = FACTORS,
    *,
    status: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Each error budget from the moment on at so many times the traffic, and as it is (1).

    The same share of the requests fails at any traffic: the month's fixed allocation is what does
    not grow with it. Columns: ``service``, ``times``, ``month``, ``allowed`` (of the month),
    ``expected`` (what will be bad by its end: what was, and the middle of what may be),
    ``probability`` (that it runs out before), ``p50`` (when, NaT: not), ``until``,
    ``rolling_probability`` (that the rolling budget runs out within 30 days), ``allowed_then`` (an
    allocation that follows the traffic: so many times the present one; null for seconds, which do
    not), ``policy`` (now), ``window`` (of the rolling budget), ``whole_month`` (what a whole month
    like that window would use, at so many times its traffic: ``expected`` says less the later in
    the month one looks; null where there is less history than the window). Nulls without data.
    """
    catalog = rollup.catalog
    scenarios = [Scenario.parse(f"traffic:{factor:g}", catalog) for factor in factors]
    stated = None if status is None else dict(status)
    found = what_ifs(rollup, at, scenarios, status=stated)
    worlds = [(1.0, found[0].real)] if found else []
    worlds += [(factor, it.changed) for factor, it in zip(factors, found, strict=True)]
    rows = []
    for factor, standings in worlds:
        for own in standings:
            if own.service is None or own.calendar is None or own.calendar_outlook is None:
                continue
            ahead, month = own.calendar_outlook, own.calendar
            known = month.consumed is not None
            counts = catalog.budget(own.service).unit == "failures"  # type: ignore[union-attr]
            rows.append(
                (
                    *(own.service, factor, month.window, month.allowed),
                    (month.consumed or 0) + (ahead.expected or 0) if known else None,
                    *(1.0 if ahead.exhausted else ahead.probability, ahead.p50, ahead.until),
                    1.0 if own.rolling_outlook.exhausted else own.rolling_outlook.probability,
                    month.allowed * factor if counts else None,
                    *(own.policy, own.rolling.window),
                    _whole_month(rollup, at, own, factor if counts else 1.0),
                )
            )
    kinds: dict[str, Any] = dict.fromkeys(("p50", "until"), "datetime64[us]")
    kinds |= dict.fromkeys(
        (
            *("times", "allowed", "expected", "probability", "rolling_probability"),
            *("allowed_then", "whole_month"),
        ),
        float,
    )
    return pd.DataFrame(rows, columns=_COLUMNS).astype(kinds)


def _whole_month(rollup: Rollup, at: datetime, own: Standing, factor: float) -> float | None:
    """What the whole month would use that fails as the budget's rolling window did."""
    assert own.calendar is not None
    window = parse_duration(own.rolling.window)
    if own.rolling.consumed is None or rollup.span is None or rollup.span[0] > at - window:
        return None
    days = pd.Period(own.calendar.window, "M").days_in_month
    return float(own.rolling.consumed * factor * (days * DAY / window))
