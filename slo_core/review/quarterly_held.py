"""A quarterly review as the meeting sees it: its figures, locked or today's, with what was written.

held = hold(rollup, "2025-Q1")
held.review  # the figures that count
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from slo_core.register import Actor
from slo_core.review.frames import records
from slo_core.review.notes import Notes, read_notes
from slo_core.review.parts import Document
from slo_core.review.quarter import Quarter, parse_quarter
from slo_core.review.quarterly import Quarterly, quarterly
from slo_core.review.quarterly_document import document
from slo_core.review.quarterly_record import QuarterLock, changes, lock, read_lock
from slo_core.rollup import Rollup


@dataclass(frozen=True)
class HeldQuarter:
    """``today`` are the figures of today's data; ``lock`` those that were locked, if any were."""

    today: Quarterly
    lock: QuarterLock | None
    notes: Notes

    @property
    def period(self) -> Quarter:
        """The quarter that it is of."""
        return self.today.quarter

    @property
    def review(self) -> Quarterly:
        """The figures that count: the locked ones where there are any."""
        return self.lock.review if self.lock else self.today

    @cached_property
    def changed(self) -> pd.DataFrame | None:
        """What has changed since the lock; None without one."""
        return changes(self.lock.review, self.today) if self.lock else None

    def keep(self, data_dir: Path, actor: Actor) -> None:
        """Lock today's figures. Raises SloError where they are locked, or the quarter not over."""
        lock(data_dir, actor, self.today)

    def as_dict(self) -> dict[str, Any]:
        """The review as JSON (`Quarterly.as_dict`), with what people wrote.

        ``notes`` and ``items`` are of `Notes`; ``changed`` is null where nothing is locked.
        """
        return {
            **self.review.as_dict(),
            "notes": records(self.notes.notes),
            "items": records(self.notes.items),
            "changed": None if self.changed is None else records(self.changed),
        }

    @cached_property
    def document(self) -> Document:
        """What is sent round."""
        return document(self.review, self.notes, self.changed)


def hold(rollup: Rollup, quarter: str, at: datetime | None = None) -> HeldQuarter:
    """The review of a quarter with its lock and notes.

    Raises SloError with one sentence for what is no quarter, has not begun, or cannot be read.
    """
    look = rollup.default_at() if at is None else at
    known, root = parse_quarter(quarter, look), rollup.store.root
    today = quarterly(rollup, quarter, look)
    return HeldQuarter(today, read_lock(root, known), read_notes(root, known))
