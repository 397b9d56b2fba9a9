"""The monthly review: everything that the meeting looks at, as frames, made once.

review = monthly(rollup, "2025-03")
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

import pandas as pd

from slo_core.budget.corrected import which_decides
from slo_core.budget.course import courses
from slo_core.catalog import Catalog
from slo_core.incidents.metrics import metrics, times
from slo_core.register import read_incidents, read_maintenance
from slo_core.review import budgets as _budgets
from slo_core.review import quality as _quality
from slo_core.review import targets as _targets
from slo_core.review.corrected import corrected_frames, exchanged
from slo_core.review.feedback import feedback
from slo_core.review.frames import FRAMES, table
from slo_core.review.month import Month, parse_month
from slo_core.rollup import Rollup, as_of
from slo_core.sli.corrections import read_corrections


@dataclass(frozen=True, eq=False)
class Review:
    """A month as it is known at a moment.

    ``frames`` has a frame under each name of `slo_core.review.frames.FRAMES`; ``span`` is the
    first and the last event of the whole folder, None where nothing was ever counted. ``locked_at``
    is when a person locked these figures; None for those of today's data. ``figures`` says which
    figures the frames have, ``measured`` or ``corrected``; ``beside`` has the others, of the rows
    that a correction touches (by frame, see `slo_core.review.corrected.KEYS`; else nothing).
    """

    month: Month
    at: datetime
    catalog: Catalog
    sample: bool
    span: tuple[datetime, datetime] | None
    frames: dict[str, pd.DataFrame]
    locked_at: datetime | None = None
    locked_by: str = ""
    beside: dict[str, pd.DataFrame] = field(default_factory=dict)
    figures: str = "measured"

    def __getitem__(self, name: str) -> pd.DataFrame:
        """The frame of that name."""
        return self.frames[name]

    @property
    def period(self) -> Month:
        """The month, as what any review is of."""
        return self.month

    @cached_property
    def deciding(self) -> "Review":
        """The same review with the figures that decide in its frames, and the others beside."""
        decides = which_decides(self.catalog)
        if not self.beside or self.figures == decides:
            return self
        frames, beside = exchanged(self.frames, self.beside)
        return replace(self, frames=frames, beside=beside, figures=decides)

    @property
    def has_data(self) -> bool:
        """Whether any objective has valid events in the month."""
        return bool((self["objectives"]["valid"] > 0).any())

    @property
    def began(self) -> datetime | None:
        """When the data begin, where that is within the month: before it nothing is known."""
        if self.span is None or not self.month.start < self.span[0] < self.month.until:
            return None
        return self.span[0]


def monthly(rollup: Rollup, month: str, at: datetime | None = None) -> Review:
    """The review of a month, ``2025-03``, as it is known at a moment (default: of DESIGN 2.2).

    Raises SloError with one sentence for what is no month, or has not begun.
    """
    look = rollup.default_at() if at is None else at
    known = parse_month(month, look)
    rollup = as_of(rollup, known.until)
    root = rollup.store.root
    maintenance, incidents = read_maintenance(root), read_incidents(root)
    counted = _targets.count_months(rollup, known, maintenance)
    scores = table("objectives", _targets.objectives(counted))
    missed = set(
        scores.loc[scores["met"].eq(False).fillna(False), ["journey", "objective"]].itertuples(
            index=False, name=None
        )
    )
    looked_into = [
        (journey, objective)
        for journey, objective in rollup.catalog.objectives
        if objective.budgeted or (journey.id, objective.id) in missed
    ]
    course = courses(rollup, rollup.catalog.objectives, known.start, known.until, maintenance)
    days, impact = _budgets.consumption(rollup, known, incidents, course)
    rated, ratings = feedback(counted)
    alerts = _quality.alert_quality(rollup, known)
    began = (incidents, rollup.catalog, known.start, known.until, look)
    made = {
        "objectives": scores,
        "months": _targets.months(counted),
        "platforms": _targets.platforms(counted),
        "budgets": _budgets.budgets(rollup, known, scores),
        "days": days,
        "parts": _budgets.parts(rollup, known, looked_into),
        "impact": impact,
        "incidents": times(*began),
        "severities": metrics(*began),
        "ratings": ratings,
        "feedback": rated,
        "policy": _budgets.policy(rollup, known, maintenance),
        "alerts": _quality.alerts(rollup, alerts),
        "detections": alerts.detections,
        "quality": _quality.quality(counted, course),
    }
    frames = {name: table(name, made[name]) for name in FRAMES}
    beside = {}
    if corrections := read_corrections(root):
        beside = corrected_frames(counted, incidents, maintenance, corrections)
    sample = rollup.store.is_sample
    return Review(known, look, rollup.catalog, sample, rollup.span, frames, beside=beside)
