"""The growth table against what was: by month and quarter, and when each line is reached.

(The document's "Growth Projections".) Figures are of whole days; a projection rests on whole weeks
since the last time that everything jumped, such as a launch, and says on which.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from slo_core.budget.spending import month_end
from slo_core.capacity.actuals import figures
from slo_core.capacity.trend import DAYS_A_MONTH, LEAST_WEEKS, WEEK, Trend, fit, steady_since
from slo_core.catalog import Growth
from slo_core.catalog.operations import ResourceMeasure, UsersMeasure
from slo_core.rollup import Rollup
from slo_core.sli.steps import DAY, floor
from slo_core.sli.windows import Window

LATELY = 30 * DAY

_MONTHS = ["month", "start", "end", "figure", "days", "whole", "expected"]
_QUARTERS = [
    *("quarter", "start", "end", "expected", "actual", "month", "reached"),
    *("earliest", "projected", "latest"),
]


@dataclass(frozen=True)
class GrowthLine:
    """One column of the growth table, held against what was up to a moment.

    ``now`` is the figure of the last 30 whole days, with data on ``days`` of them; None without.
    ``trend`` is what projections rest on, None where ``note`` says why there is none.

    ``months``: ``month`` (``2025-03``), ``start``, ``end``, ``figure`` (null without data),
    ``days`` with data, ``whole`` (all of its days have some), ``expected`` (of its quarter).

    ``quarters``: ``quarter`` (``Q1 2025``), ``start``, ``end``, ``expected``; ``actual``, that of
    ``month``, its latest whole one (null without); ``reached``, the end of the first whole month
    that had so much; else ``projected``, when that is at the present growth, between ``earliest``
    and ``latest`` (NaT: not within ten years, or no growth that chance would not make too).
    """

    growth: Growth
    now: float | None
    days: int
    months: pd.DataFrame
    quarters: pd.DataFrame
    trend: Trend | None
    note: str


def growth_lines(rollup: Rollup, at: datetime) -> list[GrowthLine]:
    """Every line of the catalogue's growth table up to the last midnight at or before a moment."""
    end = floor(at, DAY)
    first = min(rollup.span[0], at) if rollup.span else at
    return [growth_line(rollup, line, floor(first, DAY), end) for line in rollup.catalog.growth]


def growth_line(rollup: Rollup, line: Growth, start: datetime, end: datetime) -> GrowthLine:
    """One line of the growth table over ``[start, end)``, both at midnight."""
    days = _windows(start, end, DAY)
    months = _month_windows(start, end)
    lately = Window("lately", end - LATELY, end)
    weeks = _windows(end - (end - start) // WEEK * WEEK, end, WEEK)
    # One reading for all: none of these names is another's.
    found = figures(rollup, line, [*days, *months, *weeks, lately])
    daily = found.loc[[it.name for it in days], "figure"]
    daily.index = pd.DatetimeIndex([it.start for it in days])
    number, seen = found.loc["lately", "figure"], int(found.loc["lately", "days"])
    now = None if pd.isna(number) else float(number)
    trend, note = _trend(line, daily, found.loc[[it.name for it in weeks]], end, now)
    by_month = _months(line, months, found)
    return GrowthLine(line, now, seen, by_month, _quarters(line, by_month, trend), trend, note)


def _windows(start: datetime, end: datetime, step: timedelta) -> list[Window]:
    count = max(0, (end - start) // step)
    return [
        Window(f"{step.days}d {n}", start + n * step, start + (n + 1) * step) for n in range(count)
    ]


def _month_windows(start: datetime, end: datetime) -> list[Window]:
    found, moment = [], start.replace(day=1)
    while moment < end:
        after = month_end(moment)
        found.append(Window(f"{moment:%Y-%m}", max(moment, start), min(after, end)))
        moment = after
    return found


def _trend(
    line: Growth, daily: pd.Series, weeks: pd.DataFrame, end: datetime, now: float | None
) -> tuple[Trend | None, str]:
    """What a projection rests on; ``weeks`` are all whole ones up to ``end``."""
    since = steady_since(daily)
    if since is None or now is None:
        return None, "Nothing was counted."
    # The first day of a time is seldom a whole one.
    begin = datetime.combine(since, datetime.min.time()) + DAY
    count = max(0, (end - begin) // WEEK)
    if count < LEAST_WEEKS:
        return None, (
            f"Too little history to project from: {count} whole weeks since {since}, "
            f"{LEAST_WEEKS} are needed."
        )
    weekly = weeks.iloc[len(weeks) - count :]
    if (weekly["days"] < WEEK.days).any():
        # What an hour without data leaves out is little; what days leave out is no growth.
        gaps = int((WEEK.days - weekly["days"]).sum())
        return None, f"Not projected: {gaps} of the days since {since} have no data."
    measured = weekly["figure"].to_numpy(dtype=float)
    trend = fit(measured, end - count * WEEK, _scale(line, measured, now))
    if trend is None:
        return None, "Not projected: there are weeks with nothing."
    return trend, (
        f"Rests on {count} whole weeks, {trend.start:%Y-%m-%d} to {trend.end:%Y-%m-%d}"
        + (f": before {since} it was another time." if since != daily.first_valid_index() else ".")
    )


def _scale(line: Growth, weekly: object, now: float) -> float:
    """How many times a week's figure a month's is."""
    if isinstance(line.measure, ResourceMeasure) and line.measure.aggregate == "latest":
        return 1.0
    if isinstance(line.measure, UsersMeasure):
        # Many come in several weeks of a month: as many times as in the last 30 days.
        lately = pd.Series(weekly, dtype=float).iloc[-4:]
        return now / float(lately.mean())
    return DAYS_A_MONTH / WEEK.days


def _months(line: Growth, windows: list[Window], found: pd.DataFrame) -> pd.DataFrame:
    expected = dict(line.points())
    rows = []
    for window in windows:
        begin = window.start.replace(day=1)
        quarter = begin.replace(month=(begin.month - 1) // 3 * 3 + 1).date()
        days = int(found.loc[window.name, "days"])
        length = (month_end(begin) - begin) // DAY
        rows.append(
            (
                *(window.name, begin, month_end(begin), found.loc[window.name, "figure"]),
                *(days, days == length, expected.get(quarter)),
            )
        )
    frame = pd.DataFrame(rows, columns=_MONTHS)
    kinds = {"start": "datetime64[us]", "end": "datetime64[us]", "figure": float, "expected": float}
    return frame.astype(kinds | {"whole": bool})


def _quarters(line: Growth, months: pd.DataFrame, trend: Trend | None) -> pd.DataFrame:
    whole = months[months["whole"]]
    rows = []
    for day, expected in line.points():
        start = datetime(day.year, day.month, 1)
        end = month_end(start + 70 * DAY)
        own = whole[(whole["start"] >= start) & (whole["end"] <= end)]
        enough = whole[whole["figure"] >= expected]
        reached = enough["end"].iloc[0] if len(enough) else pd.NaT
        dates: tuple[datetime | None, ...] = (None, None, None)
        if trend is not None and trend.grows and enough.empty:
            dates = trend.reaches(expected)
        rows.append(
            (
                f"Q{(day.month + 2) // 3} {day.year}",
                *(start, end, expected),
                own["figure"].iloc[-1] if len(own) else None,
                own["month"].iloc[-1] if len(own) else None,
                *(reached, *dates),
            )
        )
    frame = pd.DataFrame(rows, columns=_QUARTERS)
    moments = ("start", "end", "reached", "earliest", "projected", "latest")
    kinds = dict.fromkeys(moments, "datetime64[us]") | {"expected": float, "actual": float}
    return frame.astype(kinds)


def ahead(line: GrowthLine, end: datetime, months: int = 6) -> pd.DataFrame:
    """A line's month figure as projected: ``at``, ``low``, ``middle``, ``high``.

    From the end of what the projection rests on, month by month; empty without a trend.
    """
    columns = ["at", "low", "middle", "high"]
    if line.trend is None:
        return pd.DataFrame(columns=columns)
    moments = [end + n * DAYS_A_MONTH * DAY for n in range(months + 1)]
    rows = [(moment, *line.trend.at(moment)) for moment in moments]
    return pd.DataFrame(rows, columns=columns).astype({"at": "datetime64[us]"})
