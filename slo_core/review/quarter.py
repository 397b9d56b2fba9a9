"""The calendar quarter that a quarterly review is of: quarters are UTC, as months are."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from slo_core.budget.spending import month_end
from slo_core.errors import SloError
from slo_core.moments import parse_moment
from slo_core.review.month import Month
from slo_core.sli.steps import HOUR, MINUTE, floor
from slo_core.sli.windows import Window
from slo_core.text import clock


@dataclass(frozen=True)
class Quarter:
    """A calendar quarter ``[start, end)``, of which ``[start, until)`` is known at the look."""

    start: datetime
    until: datetime

    @property
    def name(self) -> str:
        """As it is written in addresses and commands: ``2025-Q1``."""
        return f"{self.start.year}-Q{(self.start.month + 2) // 3}"

    @property
    def title(self) -> str:
        """As people, and the growth table, read it: ``Q1 2025``."""
        return f"Q{(self.start.month + 2) // 3} {self.start.year}"

    @property
    def end(self) -> datetime:
        """Where the whole quarter ends."""
        return month_end(month_end(month_end(self.start)))

    @property
    def is_partial(self) -> bool:
        """Whether the quarter was not over at the look."""
        return self.until < self.end

    @property
    def months(self) -> tuple[Window, ...]:
        """Its months, as far as they are known."""
        found, start = [], self.start
        while start < self.until:
            end = month_end(start)
            found.append(Window(f"{start:%Y-%m}", start, min(end, self.until)))
            start = end
        return tuple(found)

    @property
    def last_month(self) -> Month:
        """The month that its history ends with."""
        last = self.months[-1]
        return Month(last.start, last.end)


def parse_quarter(text: str, at: datetime, *, name: str = "--quarter") -> Quarter:
    """Read a quarter written ``2025-Q1``, as it is known at a moment: up to its whole hour.

    Raises SloError with one sentence for anything else, and for a quarter that has not begun.
    """
    match = re.fullmatch(r"(\d{4})-[Qq]([1-4])", text.strip(), re.ASCII)
    if match is None:
        raise SloError(f'{name} is "{text}", which is no quarter: write one as 2025-Q1.')
    start = parse_moment(f"{match[1]}-{int(match[2]) * 3 - 2:02}-01T00:00:00Z", name=name)
    if start >= at:
        raise SloError(
            f"{name} is {text.strip()}, which has not begun at {clock(at)}, the moment of the "
            "look: choose an earlier quarter, or a later moment."
        )
    # What takes a while to work out stays for an hour, also of a quarter that is not over.
    known = max(floor(at, HOUR), start + MINUTE)
    return Quarter(start, min(Quarter(start, known).end, known))


def last_quarter(at: datetime, first_data: datetime | None) -> str:
    """The quarter that a review is of where nobody names one: the last that is over at a moment.

    Where there are no data before its end, it is the quarter of the moment itself.
    """
    last = at - timedelta(minutes=1)
    begun = datetime(last.year, (last.month - 1) // 3 * 3 + 1, 1)
    own = Quarter(begun, at)
    if own.end == at or first_data is None or first_data >= begun:
        return own.name
    before = begun - timedelta(days=1)
    return f"{before.year}-Q{(before.month + 2) // 3}"
