"""What each incident took of an error budget (the document's "Incident impact on budget").

Every bad event of a window belongs to somebody: to the incident in whose minute it lies, in equal
parts to several of them, or to everything else. Together they are what was consumed, exactly.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pandas as pd

from slo_core.budget.course import courses
from slo_core.catalog import Availability, Objective
from slo_core.register import read_maintenance
from slo_core.rollup import Rollup
from slo_core.sli.availability import timeline
from slo_core.sli.corrections import Bounds, Corrections, inside
from slo_core.sli.counts import platform_names, window_counts, worst_platform
from slo_core.sli.steps import HOUR, MINUTE, floor
from slo_core.sli.windows import Window

COLUMNS = [
    *("id", "title", "severity", "start", "end", "minutes", "seen", "shared"),
    *("total", "usual", "excess"),
]


@dataclass(frozen=True)
class Stretch:
    """A part of a window in which the same incidents go on, and how many events of it were bad."""

    start: datetime
    end: datetime
    incidents: frozenset[object]
    bad: Fraction = Fraction(0)
    valid: float = 0.0


def incident_impact(
    rollup: Rollup,
    journey: str,
    objective: str,
    window: Window,
    incidents: pd.DataFrame,
    *,
    course: pd.DataFrame | None = None,
    corrections: Corrections | None = None,
) -> pd.DataFrame:
    """What the incidents of a journey took of an objective's budget in a window.

    ``incidents`` is the register's table; merged ones are left out, and so are those of other
    journeys or times. An incident counts in the whole minutes that it touches. ``course`` is the
    objective's course over the window or more, where that is read already. Figures are as measured,
    or without what ``corrections`` leave out, of which ``course`` is then without, too.

    Columns: ``id``, ``title``, ``severity``, ``start``, ``end`` (of what lies in the window),
    ``minutes``, ``seen`` (whether anything was counted in them), ``shared`` (whether any is another
    incident's too), ``total`` (bad events or seconds), ``usual`` (what would have been bad anyhow:
    the median of the same hour of day on the other days of the window, for its part of the hour)
    and ``excess`` (total - usual; below nought where less was bad than usual). Null where no other
    day has data. In order of time; the last row, without an ``id``, is everything else, without
    ``usual``. The totals sum to what was consumed.
    """
    spans = _spans(incidents, journey, window)
    found = rollup.catalog.objective(journey, objective)
    gone = inside(corrections.spans.get(journey, ()), window) if corrections else []
    stretches = _counted(rollup, journey, found, window, stretches_of(window, spans, gone))
    totals = split(stretches)
    if course is None:
        pair = (rollup.catalog.journey(journey), found)
        course = courses(rollup, [pair], window.start, window.end, None, corrections)[
            journey, objective
        ]
    usual = _usual(stretches, course, window)
    rows = []
    names = incidents.set_index("id")
    for key, (start, end) in spans.items():
        own = [stretch for stretch in stretches if key in stretch.incidents]
        total, expected = totals.get(key, Fraction(0)), usual.get(key)
        rows.append(
            {
                "id": key,
                "title": names.loc[key, "title"],
                "severity": names.loc[key, "severity"],
                "start": start,
                "end": end,
                "minutes": (end - start) / MINUTE,
                "seen": any(stretch.valid for stretch in own),
                "shared": any(len(stretch.incidents) > 1 for stretch in own),
                "total": float(total),
                "usual": None if expected is None else float(expected),
                "excess": None if expected is None else float(total - expected),
            }
        )
    rows.append(
        {
            **dict.fromkeys(COLUMNS),
            "title": "Everything else",
            "minutes": sum((s.end - s.start) / MINUTE for s in stretches if not s.incidents),
            "seen": any(stretch.valid for stretch in stretches if not stretch.incidents),
            "shared": False,
            "total": float(totals[None]),
        }
    )
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["id"] = pd.Series([row["id"] for row in rows], dtype="object")
    return frame.astype(
        dict.fromkeys(("minutes", "total", "usual", "excess"), float)
        | dict.fromkeys(("start", "end"), "datetime64[us]")
    )


def split(stretches: Iterable[Stretch]) -> dict[object, Fraction]:
    """The bad events of each incident, and under None those of no incident."""
    found: dict[object, Fraction] = {None: Fraction(0)}
    for stretch in stretches:
        for key in stretch.incidents or (None,):
            part = stretch.bad / max(len(stretch.incidents), 1)
            found[key] = found.get(key, Fraction(0)) + part
    return found


def stretches_of(
    window: Window, spans: Mapping[object, Bounds], gone: Sequence[Bounds] = ()
) -> list[Stretch]:
    """A window cut where an incident begins or ends, without the spans that are left out of it."""
    edges = {window.start, window.end, *(edge for span in spans.values() for edge in span)}
    edges |= {edge for span in gone for edge in span}
    return [
        Stretch(
            start,
            end,
            frozenset(key for key, span in spans.items() if span[0] <= start and end <= span[1]),
        )
        for start, end in pairwise(sorted(edges))
        if not any(first <= start and end <= last for first, last in gone)
    ]


def _spans(
    incidents: pd.DataFrame, journey: str, window: Window
) -> dict[object, tuple[datetime, datetime]]:
    """The part of each incident in the window, in whole minutes, the earliest first."""
    found = {}
    for row in incidents.sort_values(["started_at", "id"], kind="stable").itertuples():
        if row.status == "merged" or journey not in row.journeys:
            continue
        start = row.started_at.floor("min").to_pydatetime()
        end = window.end if pd.isna(row.ended_at) else row.ended_at.ceil("min").to_pydatetime()
        start, end = max(start, window.start), min(end, window.end)
        if start < end:
            found[row.id] = (start, end)
    return found


def _counted(
    rollup: Rollup,
    journey: str,
    objective: Objective,
    window: Window,
    stretches: Sequence[Stretch],
) -> list[Stretch]:
    if isinstance(objective.indicator, Availability):
        scope = rollup.catalog.scope(objective.indicator.scope)
        maintenance = read_maintenance(rollup.store.root)
        line = timeline(rollup, scope, window.start, window.end, maintenance)
        sums = [line.counts(Window("", it.start, it.end))[:2] for it in stretches]
    else:
        windows = [Window(f"{n}", it.start, it.end) for n, it in enumerate(stretches)]
        counts = window_counts(rollup, windows, [(journey, objective.id)])
        if objective.per_platform:
            enough = rollup.catalog.rules.min_valid.value
            counts = counts[platform_names(counts) == worst_platform(counts, enough)]
        by_name = counts.groupby("window")[["good", "valid"]].sum()
        by_name = by_name.reindex([it.name for it in windows], fill_value=0.0)
        sums = list(by_name.itertuples(index=False, name=None))
    return [
        Stretch(it.start, it.end, it.incidents, Fraction(valid) - Fraction(good), float(valid))
        for it, (good, valid) in zip(stretches, sums, strict=True)
    ]


def _usual(
    stretches: Iterable[Stretch], course: pd.DataFrame, window: Window
) -> dict[object, Fraction]:
    """What each incident's minutes would have taken anyhow; incidents of which it is known.

    Hours in which nothing was counted at all took nothing, and would not have.
    """
    seen = course[course["valid"] > 0]
    whole = seen[
        (seen["at"] >= window.start)
        & (seen["at"] + HOUR <= window.end)
        & (seen["until"] == seen["at"] + HOUR)
    ]
    bad = (whole["valid"] - whole["good"]).to_numpy()
    of_day, days = whole["at"].dt.hour.to_numpy(), whole["at"].dt.normalize().to_numpy()
    counted = set(seen["at"].dt.to_pydatetime())
    found: dict[object, Fraction] = {}
    unknown: set[object] = set()
    for stretch in stretches:
        for hour, share in _hours(stretch.start, stretch.end) if stretch.incidents else ():
            others = bad[(of_day == hour.hour) & (days != np.datetime64(hour.date()))]
            usual = Fraction(0)
            if hour in counted and len(others):
                usual = Fraction(float(np.median(others))) * share
            elif hour in counted:
                unknown |= stretch.incidents
            for key in stretch.incidents:
                found[key] = found.get(key, Fraction(0)) + usual / len(stretch.incidents)
    return {key: usual for key, usual in found.items() if key not in unknown}


def _hours(start: datetime, end: datetime) -> list[tuple[datetime, Fraction]]:
    """The hours of the clock that a span touches, each with the part of it that it covers."""
    found = []
    hour = floor(start, HOUR)
    while hour < end:
        covered: timedelta = min(end, hour + HOUR) - max(start, hour)
        found.append((hour, Fraction(int(covered / MINUTE), 60)))
        hour += HOUR
    return found
