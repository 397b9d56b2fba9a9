"""What changed beside the time in which something got worse: the first question on call."""

from datetime import datetime, timedelta

import pandas as pd

from pages.parts.panels import plain
from pages.parts.view import View
from slo_core.budget.course import Stretch, worst_stretch
from slo_core.catalog import Objective
from slo_core.figures.causes import gap_words
from slo_core.figures.words import amount_words, unit_of
from slo_core.sli.marks import nearest_changes
from slo_core.text import clock, count, duration

_NAMED = 3

NO_CHANGE = "No deploy or other change is logged in this range."


def stretch_of(view: View, objective: Objective, course: pd.DataFrame) -> Stretch | None:
    """When an objective spent most above what it may, if that is enough to tell."""
    return worst_stretch(course, objective.error_rate, view.catalog.rules.min_failures.value)


def stretch_words(objective: Objective, stretch: Stretch, step: timedelta, at: datetime) -> str:
    """From when to when it spent most, and how much that was; ``step`` is the course's."""
    end = stretch.last + step
    until = "on" if end >= at else f"to {clock(end)}"
    noun, size = unit_of(objective)
    allowed = stretch.allowed / size
    most = duration(allowed) if noun == "seconds" else count(allowed)
    bad = amount_words(objective, stretch.bad)
    return f"from {clock(stretch.start)} {until}: {bad} against {most} allowed"


def changes_words(marks: pd.DataFrame, start: datetime, end: datetime) -> str:
    """The changes nearest to the beginning of a time, the nearest first, in one sentence."""
    near = nearest_changes(marks, start).head(_NAMED)
    if near.empty:
        return NO_CHANGE
    named = [f"{plain(row.title)}, {gap_words(row.at, (start, end))}" for row in near.itertuples()]
    return f"Nearest: {'; '.join(named)}."
