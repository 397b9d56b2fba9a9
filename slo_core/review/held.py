"""A review as the meeting sees it: its figures, locked or today's, with what people wrote.

held = MONTHLY.hold(rollup, "2025-03")  # or QUARTERLY, "2025-Q1"
held.review  # the figures that count: of a locked review those that were locked
held.changed  # what has changed since, where it is held to compare: that takes today's figures

Months and quarters have the same rules, which are here; `MONTHLY` and `QUARTERLY` say what differs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import pandas as pd

from slo_core.register import FILE_NAME, Actor
from slo_core.review import quarterly_document, quarterly_record, quarterly_tables, record
from slo_core.review.document import document
from slo_core.review.frames import records
from slo_core.review.locks import Period, keep, kept
from slo_core.review.month import parse_month
from slo_core.review.monthly import Review, monthly
from slo_core.review.notes import Notes, read_notes
from slo_core.review.parts import Document
from slo_core.review.quarter import parse_quarter
from slo_core.review.quarterly import Quarterly, quarterly
from slo_core.rollup import Rollup


class Figures(Protocol):
    """What any review says of itself."""

    @property
    def period(self) -> Period:
        """The month or the quarter that it is of."""

    @property
    def at(self) -> datetime:
        """The moment of the look."""

    @property
    def locked_at(self) -> datetime | None:
        """When it was locked; None for the figures of today's data."""


R = TypeVar("R", bound=Figures)


@dataclass(frozen=True)
class Lock(Generic[R]):
    """A lock on a review: its figures as they were. ``version`` is what opening it must name."""

    review: R
    version: int


@dataclass(frozen=True)
class Kind(Generic[R]):
    """What the reviews of months, or of quarters, have of their own."""

    parse: Callable[[str, datetime], Period]
    """Reads the name of a period, as it is known at a moment."""
    make: Callable[[Rollup, str, datetime], R]
    """Makes the review of the period of that name from the data of a moment."""
    as_dict: Callable[[R], dict[str, Any]]
    """The review as JSON has it."""
    as_record: Callable[[R], str]
    """What a lock keeps of it."""
    from_record: Callable[..., R]
    """The review that a record was made of."""
    changes: Callable[[R, R], pd.DataFrame]
    """The figures that were others then than they are now (`record.compared`)."""
    document: Callable[[R, Notes | None, pd.DataFrame | None], Document]
    """The review as it is sent round, with what was written and what has changed."""
    tables: Callable[[R], Mapping[str, pd.DataFrame]]
    """Its figures as tables, for files."""

    def hold(
        self,
        rollup: Rollup,
        name: str,
        at: datetime | None = None,
        *,
        make: Callable[[], R] | None = None,
        compare: bool = False,
    ) -> "Held[R]":
        """The review of a period with its lock and notes; ``make`` where its figures are kept.

        With ``compare`` a locked review says what has changed since, in every format. Raises
        SloError with one sentence for what is no period, has not begun, or cannot be read.
        """
        look = rollup.default_at() if at is None else at
        period, root = self.parse(name, look), rollup.store.root
        made = make or (lambda: self.make(rollup, name, look))
        locked = self.read_lock(root, period)
        return Held(self, period, locked, read_notes(root, period), made, compare)

    def lock(self, data_dir: str | Path, actor: Actor, review: R) -> None:
        """Keep figures as they are. Raises SloError where they are locked, or time is not over."""
        keep(data_dir, actor, review.period, review.at, self.as_record(review))

    def read_lock(self, data_dir: str | Path, period: Period) -> Lock[R] | None:
        """The locked figures of a period; None where its review is not locked.

        Raises SloError where they are none that this release reads.
        """
        found = kept(data_dir, period)
        if found is None:
            return None
        review = self.from_record(
            found.figures,
            what=f"{Path(data_dir) / FILE_NAME}: the locked review of {period.name}",
            locked_at=found.locked_at,
            locked_by=found.locked_by,
        )
        return Lock(review, found.version)


@dataclass(frozen=True, eq=False)
class Held(Generic[R]):
    """``lock`` are the figures that were locked, if any were; ``make`` makes those of today.

    ``compare`` says whether a locked review is held against today's figures, which are made then.
    """

    kind: Kind[R]
    period: Period
    lock: Lock[R] | None
    notes: Notes
    make: Callable[[], R]
    compare: bool = False

    @cached_property
    def today(self) -> R:
        """The figures of today's data: made when they are first asked for."""
        return self.make()

    @property
    def review(self) -> R:
        """The figures that count: the locked ones where there are any."""
        return self.lock.review if self.lock else self.today

    @cached_property
    def changed(self) -> pd.DataFrame | None:
        """What has changed since the lock; None without one, or where nobody asked to compare."""
        if self.lock is None or not self.compare:
            return None
        return self.kind.changes(self.lock.review, self.today)

    @property
    def made_at(self) -> datetime:
        """The moment that the figures are of: that of the lock, else that of the look."""
        return self.review.locked_at or self.review.at

    def keep(self, data_dir: Path, actor: Actor) -> None:
        """Lock today's figures (`Kind.lock`)."""
        self.kind.lock(data_dir, actor, self.today)

    def as_dict(self) -> dict[str, Any]:
        """The review as JSON, with what people wrote.

        ``notes`` and ``items`` are of `Notes`; ``changed`` is what has changed since the lock, null
        where there is none or nobody asked to compare.
        """
        return {
            **self.kind.as_dict(self.review),
            "notes": records(self.notes.notes),
            "items": records(self.notes.items),
            "changed": None if self.changed is None else records(self.changed),
        }

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The figures that count as tables, by their names."""
        return self.kind.tables(self.review)

    @cached_property
    def document(self) -> Document:
        """What is sent round, and what the page shows."""
        return self.kind.document(self.review, self.notes, self.changed)


MONTHLY: Kind[Review] = Kind(
    parse_month,
    monthly,
    record.as_dict,
    record.as_record,
    record.from_record,
    record.changes,
    document,
    record.tables,
)

QUARTERLY: Kind[Quarterly] = Kind(
    parse_quarter,
    quarterly,
    Quarterly.as_dict,
    quarterly_record.as_record,
    quarterly_record.from_record,
    quarterly_record.changes,
    quarterly_document.document,
    quarterly_tables.tables,
)
