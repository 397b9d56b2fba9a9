"""Questions the other way round: which world would be good enough?"""

import math
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

import pandas as pd

from slo_core.budget.impact import incident_impact
from slo_core.catalog import Catalog
from slo_core.durations import parse_duration
from slo_core.register import read_incidents
from slo_core.rollup import Rollup
from slo_core.sli.windows import calendar_month, trailing
from slo_core.text import NO_DATA, count, duration, percent
from slo_core.whatif.compare import Comparison
from slo_core.whatif.course import hours_of
from slo_core.whatif.hours import Grid
from slo_core.whatif.standing import Standing
from slo_core.whatif.words import affordable_words, name_of

_DIGITS = 2
"""Digits of the error rate to which a target is rounded: 99.87 %, not 99.8731 %."""


@dataclass(frozen=True)
class Answer:
    """What the three questions have to say of one objective; None where there is no answer."""

    journey: str
    objective: str
    month: str
    """The last calendar month that was over."""
    month_sli: float | None
    highest_target: float | None
    """The highest target at sensible digits that this month would have met."""
    affordable_seconds_at_peak: float | None
    affordable_seconds_at_present: float | None
    """The longest complete outage that can be afforded now; 0 where none can."""
    faster: float | None
    """By which part incidents must be shorter for the budget to be healthy; 0: it is healthy, more
    than 1: even without incidents it would not be. None without incidents that cost anything."""
    words: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return asdict(self)


def highest_target(good: float, valid: float) -> float | None:
    """The highest target that so many good of so many valid events meet.

    Rounded down so that the error rate has two digits. None without events, or where nothing was
    bad: then every target was met.
    """
    if not valid > 0 or good >= valid:
        return None
    rate = Decimal(repr((valid - good) / valid))
    step = Decimal(1).scaleb(rate.adjusted() - _DIGITS + 1)
    return max(0.0, float(1 - rate.quantize(step, ROUND_CEILING)))


def shorter_by(bad: float, in_incidents: float, allowed: float, healthy: float) -> float | None:
    """By which part incidents must be shorter for a share of the budget to remain.

    ``bad`` is all that failed in the window, ``in_incidents`` what incidents took beyond the usual,
    each minute of one as much as another. 0 where it remains as it is; more than 1 where incidents
    are not the matter. None where incidents took nothing.
    """
    too_many = bad - (1 - healthy) * allowed
    if too_many <= 0:
        return 0.0
    return too_many / in_incidents if in_incidents > 0 else None


def answers(rollup: Rollup, compared: Comparison) -> list[Answer]:
    """The answers for every objective of a comparison, in its changed world.

    How much shorter incidents must be is asked of budgeted objectives, by the policy's window, of
    what really happened.
    """
    register = read_incidents(rollup.store.root)
    return [_answer(rollup, compared, own, register) for own in compared.changed]


def _answer(rollup: Rollup, compared: Comparison, own: Standing, register: pd.DataFrame) -> Answer:
    at, catalog = compared.at, compared.catalog
    this = calendar_month(at).start
    start = (this - timedelta(days=1)).replace(day=1)
    good, valid = _month(compared, own, start, this)
    ratio = good / valid if valid > 0 else None
    target = highest_target(good, valid)
    faster = _faster(rollup, compared, own, register) if own.service else None
    found = own.affordable
    return Answer(
        *own.key,
        month=f"{start:%Y-%m}",
        month_sli=ratio,
        highest_target=target,
        affordable_seconds_at_peak=_floored(found.at_peak),
        affordable_seconds_at_present=_floored(found.at_present),
        faster=faster,
        words=(
            f"{name_of(catalog, own)}: {_target_words(f'{start:%Y-%m}', ratio, valid, target)}",
            _outage_words(own, catalog, at),
            *(() if not own.service else (_faster_words(faster, catalog),)),
        ),
    )


def _month(
    compared: Comparison, own: Standing, start: datetime, end: datetime
) -> tuple[float, float]:
    past = len(own.hours.valid)
    grid = Grid(compared.start, compared.at, 1)
    part = grid.within(start, end)[:past]
    valid = float((part * own.hours.valid).sum())
    return valid - float((part * own.hours.bad).sum()), valid


def _faster(
    rollup: Rollup, compared: Comparison, own: Standing, register: pd.DataFrame
) -> float | None:
    if own.rolling.consumed is None:
        return None
    asked = (own.rolling.consumed, own.rolling.allowed, compared.catalog.policy.healthy_from)
    # What incidents took costs a query of each service, and a healthy budget does not ask for it.
    if shorter_by(asked[0], 0.0, *asked[1:]) == 0:
        return 0.0
    window = trailing("", compared.at, parse_duration(own.rolling.window))
    real, _ = compared.pair(own.key)
    gone, course = compared.corrections, hours_of(compared, real)
    impact = incident_impact(rollup, *own.key, window, register, course=course, corrections=gone)
    excess = float(impact["excess"].fillna(0).clip(lower=0).sum())
    return shorter_by(asked[0], excess, *asked[1:])


def _target_words(month: str, ratio: float | None, valid: float, target: float | None) -> str:
    if ratio is None:
        return f"{month} has {NO_DATA}."
    if target is None:
        return f"{month} met every target: none of {count(valid)} was bad."
    return f"{month} would have met a target of {percent(target, digits=6)}, and none higher."


def _outage_words(own: Standing, catalog: Catalog, at: datetime) -> str:
    words = affordable_words(own, catalog, at)
    present = own.affordable.at_present
    if present is None or present <= 0 or present == own.affordable.at_peak:
        return words
    return f"{words[:-1]}, or of {duration(present)} at the traffic of the last hour."


def _faster_words(faster: float | None, catalog: Catalog) -> str:
    healthy = percent(catalog.policy.healthy_from)
    if faster is None:
        return f"Incidents took nothing of it, so resolving them faster would not leave {healthy}."
    if faster == 0:
        return f"At least {healthy} is left: incidents need not be resolved faster."
    if faster > 1:
        return f"Even without any incident less than {healthy} would be left."
    part = percent(math.ceil(faster * 1000) / 1000, digits=1)
    return f"Incidents would have to be {part} shorter for {healthy} to be left."


def _floored(seconds: float | None) -> float | None:
    return None if seconds is None else max(0.0, seconds)
