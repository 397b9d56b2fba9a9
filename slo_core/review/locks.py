"""The lock on a finished review, of a month or of a quarter: its figures as they were.

They are in the register, whatever data come later; opened again, history still keeps them.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import pandas as pd

from slo_core.errors import SloError
from slo_core.moments import utc_second
from slo_core.register import Actor, read_table, write


class Period(Protocol):
    """What a review is of: a month or a quarter."""

    @property
    def start(self) -> datetime:
        """Where it begins."""

    @property
    def name(self) -> str:
        """As the register has it: ``2025-03``, ``2025-Q1``."""

    @property
    def title(self) -> str:
        """As people read it: ``March 2025``."""

    @property
    def is_partial(self) -> bool:
        """Whether it was not over at the look."""


@dataclass(frozen=True)
class Kept:
    """A locked review: its figures as JSON. ``version`` is what opening it must name."""

    figures: str
    locked_at: datetime
    locked_by: str
    version: int


def keep(data_dir: str | Path, actor: Actor, period: Period, at: datetime, figures: str) -> None:
    """Lock the review of a period with the figures of a look ``at`` a moment.

    Raises SloError where it is locked, or not over: a part would be kept as the whole of it.
    """
    if period.is_partial:
        raise SloError(
            f"{period.title} is not over at {at:%Y-%m-%d %H:%M} UTC: lock its review when it is."
        )
    must_be_open(data_dir, period)
    found = _row(data_dir, period)
    values: dict[str, object] = {"locked_at": utc_second(), "figures": figures}
    if found is None:
        write(data_dir, actor, "reviews", {"period": period.name, **values}, action="lock")
        return
    place = {"row_id": int(found["id"]), "version": int(found["version"])}
    write(data_dir, actor, "reviews", values, **place, action="lock")  # type: ignore[arg-type]


def unlock(data_dir: str | Path, actor: Actor, period: Period, version: int) -> None:
    """Open a locked review again: it follows the data from then on. History keeps its figures."""
    found = _row(data_dir, period)
    if found is None or pd.isna(found["locked_at"]):
        raise SloError(f"The review of {period.title} is not locked.")
    write(
        data_dir,
        actor,
        "reviews",
        {"locked_at": None},
        row_id=int(found["id"]),
        version=version,
        action="open",
    )


def kept(data_dir: str | Path, period: Period) -> Kept | None:
    """What is kept of a period; None where its review is not locked."""
    found = _row(data_dir, period)
    if found is None or pd.isna(found["locked_at"]):
        return None
    return Kept(
        str(found["figures"]),
        found["locked_at"].to_pydatetime(),
        str(found["updated_by"]),
        int(found["version"]),
    )


def must_be_open(data_dir: str | Path, period: Period) -> None:
    """Raise SloError where the review of a period is locked: nothing is written in it then."""
    found = _row(data_dir, period)
    if found is not None and pd.notna(found["locked_at"]):
        raise SloError(
            f"The review of {period.title} is locked since {found['locked_at']:%Y-%m-%d %H:%M} UTC "
            f"by {found['updated_by']}: open it again to write in it."
        )


def _row(data_dir: str | Path, period: Period) -> pd.Series | None:
    reviews = read_table(data_dir, "reviews")
    own = reviews[reviews["period"] == period.name]
    return None if own.empty else own.iloc[0]
