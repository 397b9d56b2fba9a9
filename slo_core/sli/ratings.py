"""What people say of each journey: their ratings by day (the document's "User feedback")."""

from datetime import datetime
from functools import cache
from pathlib import Path
from string import Template

import pandas as pd

from slo_core.rollup import Rollup
from slo_core.sli.steps import HOUR, floor

STARS = ("ones", "twos", "threes", "fours", "fives")
"""The columns of ratings from 1 to 5, each with what is between it and the next."""

_COLUMNS = ("ratings", "total", *STARS)


def ratings(rollup: Rollup, start: datetime, end: datetime) -> pd.DataFrame:
    """Ratings of each journey on each day of ``[start, end)``, in the whole hours that it touches.

    Columns ``day`` (midnight), ``journey``, ``ratings`` (how many), ``total`` (their sum) and one
    for each of `STARS`, how many of each. A day without ratings has no row.
    """
    source = rollup.source(
        "feedback", "hour", [(start, end)], columns=f"hour, journey, {', '.join(_COLUMNS)}"
    )
    if source is None:
        kinds = {"day": "datetime64[us]", "journey": "str"} | dict.fromkeys(_COLUMNS, "float64")
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})
    moments = {"start": f"TIMESTAMP '{floor(start, HOUR)}'", "end": f"TIMESTAMP '{end}'"}
    return rollup.cursor().execute(Template(_sql()).substitute(rows=source, **moments)).df()


@cache
def _sql() -> str:
    return (Path(__file__).parent / "sql" / "feedback.sql").read_text("utf-8")
