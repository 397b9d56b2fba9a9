"""A review as the meeting sees it: its figures, locked or today's, with what people wrote."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from slo_core.register import Actor
from slo_core.review.document import document
from slo_core.review.frames import records
from slo_core.review.month import Month, parse_month
from slo_core.review.monthly import Review, monthly
from slo_core.review.notes import Lock, Notes, lock, read_lock, read_notes
from slo_core.review.parts import Document
from slo_core.review.record import as_dict, changes
from slo_core.rollup import Rollup


@dataclass(frozen=True)
class Held:
    """``today`` are the figures of today's data; ``lock`` those that were locked, if any were."""

    today: Review
    lock: Lock | None
    notes: Notes

    @property
    def period(self) -> Month:
        """The month that it is of."""
        return self.today.month

    @property
    def review(self) -> Review:
        """The figures that count: the locked ones where there are any."""
        return self.lock.review if self.lock else self.today

    @cached_property
    def changed(self) -> pd.DataFrame | None:
        """What has changed since the lock; None without one."""
        return changes(self.lock.review, self.today) if self.lock else None

    def keep(self, data_dir: Path, actor: Actor) -> None:
        """Lock today's figures. Raises SloError where they are locked, or the month not over."""
        lock(data_dir, actor, self.today)

    def as_dict(self) -> dict[str, Any]:
        """The review as JSON (`slo_core.review.record.as_dict`), with what people wrote.

        ``notes`` and ``items`` are of `Notes`; ``changed`` is null where nothing is locked.
        """
        return {
            **as_dict(self.review),
            "notes": records(self.notes.notes),
            "items": records(self.notes.items),
            "changed": None if self.changed is None else records(self.changed),
        }

    @cached_property
    def document(self) -> Document:
        """What is sent round, and what the page shows."""
        return document(self.review, self.notes, self.changed)


def hold(
    rollup: Rollup, month: str, at: datetime | None = None, today: Review | None = None
) -> Held:
    """The review of a month with its lock and notes; ``today`` is `monthly`, where it is made.

    Raises SloError with one sentence for what is no month, has not begun, or cannot be read.
    """
    look = rollup.default_at() if at is None else at
    known, root = parse_month(month, look), rollup.store.root
    found = monthly(rollup, month, look) if today is None else today
    return Held(found, read_lock(root, known), read_notes(root, known))
