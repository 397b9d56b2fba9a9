"""When each journey was last heard of, and whether its silence is unusual (DESIGN 2.2).

A journey's events are the requests of the source that counts, and its measurements.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from slo_core.rollup import Rollup

_UNITS = ("requests", "measurements")


@dataclass(frozen=True)
class Freshness:
    """A journey's last event before the moment of the look, and whether it is stale.

    ``last_event`` is None, and ``stale`` with it, where there never was one.
    """

    last_event: datetime | None
    stale: bool | None


def freshness(rollup: Rollup, at: datetime) -> dict[str, Freshness]:
    """The freshness of every journey of the catalogue at a moment."""
    last = _last_events(rollup, at)
    rules = rollup.catalog.rules
    found = {}
    for journey in rollup.catalog.journeys:
        event = last.get(journey.id)
        if event is None:
            found[journey.id] = Freshness(None, None)
            continue
        silence = at - event
        stale = silence > rules.stale_after.value and silence > rules.stale_gap_factor.value * (
            _usual_gap(rollup, journey.id, at)
        )
        found[journey.id] = Freshness(event, stale)
    return found


def _last_events(rollup: Rollup, at: datetime) -> dict[str, datetime]:
    """The last event of each journey before a moment: the hour's, else the week's, else any."""
    hour = (at - timedelta(minutes=1)).replace(minute=0, second=0, microsecond=0)
    today = hour.replace(hour=0)
    week = today - timedelta(days=7)
    found: dict[str, datetime] = {}
    for output, start, end in (
        ("minute", hour, at),
        ("hour", today, hour),
        ("hour", week, today),
        ("hour", datetime.min, week),
    ):
        if all(journey.id in found for journey in rollup.catalog.journeys):
            break
        selects = [
            source
            for unit in _UNITS
            if (
                source := rollup.source(
                    unit,
                    output,
                    [(start, end)],
                    columns="journey, last_at",
                    where=f"{output} >= TIMESTAMP '{start}' AND {output} < TIMESTAMP '{end}'",
                )
            )
        ]
        if selects:
            union = " UNION ALL ".join(selects)
            rows = rollup.cursor().execute(
                f"SELECT journey, max(last_at) FROM ({union}) GROUP BY journey"
            )
            found = dict(rows.fetchall()) | found
    return found


def _usual_gap(rollup: Rollup, journey: str, at: datetime) -> timedelta:
    """The median gap between events that end in this hour of the day, over the last days.

    Between the minutes that have events, gaps are exact; within a minute they are under sixty
    seconds and are taken as nothing, which cannot matter beside ten minutes of silence. Where no
    gap ends in this hour of the day, the median of all hours is the best there is.
    """
    start = at - rollup.catalog.rules.stale_history.value
    selects = [
        source
        for unit, events in zip(_UNITS, ("requests", "events"), strict=True)
        if (
            source := rollup.source(
                unit,
                "minute",
                [(start, at)],
                columns=f"minute, first_at, last_at, {events} AS events",
                where=f"journey = '{journey}' AND minute >= TIMESTAMP '{start}' "
                f"AND minute < TIMESTAMP '{at}'",
            )
        )
    ]
    if not selects:
        return timedelta()
    minutes = (
        rollup.cursor()
        .execute(
            "SELECT min(first_at) AS first_at, max(last_at) AS last_at, sum(events) AS events "
            f"FROM ({' UNION ALL '.join(selects)}) GROUP BY minute ORDER BY minute"
        )
        .df()
    )
    between = (minutes["first_at"] - minutes["last_at"].shift()).dropna()
    gaps = pd.concat(
        [
            pd.DataFrame(
                {"hour": minutes["first_at"].dt.hour[between.index], "gap": between, "times": 1}
            ),
            pd.DataFrame(
                {
                    "hour": minutes["first_at"].dt.hour,
                    "gap": pd.Timedelta(0),
                    "times": minutes["events"].astype(int) - 1,
                }
            ),
        ]
    )
    gaps = gaps[gaps["times"] > 0]
    own = gaps[gaps["hour"] == at.hour]
    return _weighted_median(own if len(own) else gaps)


def _weighted_median(gaps: pd.DataFrame) -> timedelta:
    """The median of gaps that each stand for a number of times; nothing where there are none."""
    if gaps.empty:
        return timedelta()
    ordered = gaps.sort_values("gap", ignore_index=True)
    seen = ordered["times"].cumsum()
    total = int(seen.iloc[-1])
    lower, upper = (total - 1) // 2, total // 2
    middle = [ordered["gap"][(seen > place).idxmax()] for place in (lower, upper)]
    usual: timedelta = ((middle[0] + middle[1]) / 2).to_pytimedelta()
    return usual
