"""Everything about capacity at a moment, for the command line and for reviews.

found = capacity(rollup, at)
found.scaling.direction  # "up", "down" or "hold"
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from slo_core.capacity.costs import Cost, costs
from slo_core.capacity.growth import GrowthLine, growth_lines
from slo_core.capacity.load import budgets_under_load
from slo_core.capacity.pressure import Pressure, pressure
from slo_core.capacity.scaling import Scaling, scaling
from slo_core.capacity.words import (
    cost_words,
    first_words,
    growth_words,
    load_words,
    next_line_words,
)
from slo_core.catalog import Catalog
from slo_core.moments import iso
from slo_core.rollup import Rollup

USUAL_RANGE = timedelta(days=30)


@dataclass(frozen=True)
class Capacity:
    """Growth, costs, triggers, budgets under load and what would give way first."""

    at: datetime
    length: timedelta
    catalog: Catalog
    growth: list[GrowthLine]
    costs: list[Cost]
    scaling: Scaling
    pressure: Pressure
    load: pd.DataFrame
    """See `slo_core.capacity.load.budgets_under_load`."""

    @property
    def missing_line(self) -> str | None:
        """That the growth table says nothing of the present quarter; None where it does."""
        return next_line_words(self.growth, quarter_of(self.at))

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON has it: ISO moments and nulls."""
        return {
            "at": iso(self.at),
            "range_days": self.length / timedelta(days=1),
            "growth": [_growth(line) for line in self.growth],
            "note": self.missing_line,
            "costs": [
                {
                    "requests": it.requests.id,
                    "resource": it.resource.id,
                    "amount": it.amount,
                    "unit": it.unit,
                    "words": cost_words(it),
                }
                for it in self.costs
            ],
            "triggers": records(self.scaling.triggers),
            "episodes": records(
                self.scaling.episodes[["alert", "host", "start", "end", "peak", "unit"]]
            ),
            "recommendation": {
                "direction": self.scaling.direction,
                "reason": self.scaling.reason,
            },
            "first": {
                "words": first_words(self.pressure),
                "hosts": records(self.pressure.rows),
            },
            "load": {"words": load_words(self.load, self.catalog), "budgets": records(self.load)},
        }


def capacity(
    rollup: Rollup,
    at: datetime,
    length: timedelta = USUAL_RANGE,
    *,
    status: Mapping[str, Any] | None = None,
) -> Capacity:
    """All of capacity at a moment; triggers over the range of ``length`` that ends with it."""
    return Capacity(
        at,
        length,
        rollup.catalog,
        growth_lines(rollup, at),
        costs(rollup, at),
        scaling(rollup, at, length),
        pressure(rollup, at),
        budgets_under_load(rollup, at, status=status),
    )


def quarter_of(at: datetime) -> str:
    """The quarter of the last minute before a moment, as the growth table writes it: Q1 2025."""
    last = at - timedelta(minutes=1)
    return f"Q{(last.month + 2) // 3} {last.year}"


def _growth(line: GrowthLine) -> dict[str, Any]:
    trend = line.trend
    return {
        "id": line.growth.id,
        "name": line.growth.name,
        "unit": line.growth.unit,
        "last_30_days": line.now,
        "days_with_data": line.days,
        "monthly_growth": None
        if trend is None
        else dict(zip(("low", "middle", "high"), trend.monthly, strict=True)),
        "rests_on": None
        if trend is None
        else {"weeks": trend.weeks, "start": iso(trend.start), "end": iso(trend.end)},
        "note": line.note,
        "words": growth_words(line),
        "months": records(line.months),
        "quarters": records(line.quarters),
    }


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A frame's rows as JSON has them: ISO moments, and null for what is not there."""
    return [
        {name: _plain(value) for name, value in row.items()} for row in frame.to_dict("records")
    ]


def _plain(value: Any) -> Any:
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    return iso(value.to_pydatetime()) if isinstance(value, pd.Timestamp) else value
