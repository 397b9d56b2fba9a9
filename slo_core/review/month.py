"""The calendar month that a monthly review is of: months are UTC (DESIGN 2.2)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from slo_core.budget.spending import month_end
from slo_core.errors import SloError
from slo_core.moments import parse_moment
from slo_core.sli.windows import Window
from slo_core.text import clock

STRIP = 12
"""How many months the strip of a review has, its own month the last."""


@dataclass(frozen=True)
class Month:
    """A calendar month ``[start, end)``, of which ``[start, until)`` is known at the look."""

    start: datetime
    until: datetime

    @property
    def name(self) -> str:
        """As it is written in addresses and commands: ``2025-03``."""
        return f"{self.start:%Y-%m}"

    @property
    def title(self) -> str:
        """As people read it: ``March 2025``."""
        return f"{self.start:%B %Y}"

    @property
    def end(self) -> datetime:
        """Where the whole month ends."""
        return month_end(self.start)

    @property
    def is_partial(self) -> bool:
        """Whether the month was not over at the look."""
        return self.until < self.end

    @property
    def window(self) -> Window:
        """What is known of it, as a window under its name."""
        return Window(self.name, self.start, self.until)

    def back(self, count: int) -> Window:
        """The whole month so many months before."""
        number = self.start.year * 12 + self.start.month - 1 - count
        start = datetime(number // 12, number % 12 + 1, 1)
        return Window(f"{start:%Y-%m}", start, month_end(start))

    def strip(self) -> Sequence[Window]:
        """The months of the strip, the earliest first; the last is what is known of its own."""
        return [*(self.back(count) for count in range(STRIP - 1, 0, -1)), self.window]


def parse_month(text: str, at: datetime, *, name: str = "--month") -> Month:
    """Read a month written ``2025-03``, as it is known at a moment.

    Raises SloError with one sentence for anything else, and for a month that has not begun.
    """
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text.strip(), re.ASCII):
        raise SloError(f'{name} is "{text}", which is no month: write one as 2025-03.')
    start = parse_moment(f"{text.strip()}-01T00:00:00Z", name=name)
    if start >= at:
        raise SloError(
            f"{name} is {text.strip()}, which has not begun at {clock(at)}, the moment of the "
            "look: choose an earlier month, or a later moment."
        )
    return Month(start, min(month_end(start), at))


def last_month(at: datetime, first_data: datetime | None) -> str:
    """The month that a review is of where nobody names one: the last that is over at a moment.

    Where there are no data before its end, it is the month of the moment itself.
    """
    begun = (at - timedelta(minutes=1)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if at == month_end(begun):
        return f"{begun:%Y-%m}"
    over = begun - timedelta(days=1)
    return f"{begun if first_data is None or first_data >= begun else over:%Y-%m}"
