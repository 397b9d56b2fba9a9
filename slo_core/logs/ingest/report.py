"""What became of a file's lines: counts that add up, for people and for programs."""

from collections import Counter
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any

from slo_core.moments import iso

MOST_ROUTES = 200
"""Routes without a journey of their own that a report names."""


@dataclass
class Report:
    """Counts of lines and of what they say.

    ``accepted`` and ``quarantined`` lines are all that are not empty, but for those in ``skipped``
    (a line of column names, sums over other lines, the rest of a value with line feeds in it).
    ``rows`` are what was accepted: a line may stand for more than one, or none.
    """

    accepted: int = 0
    quarantined: int = 0
    rows: int = 0
    first: datetime | None = None
    last: datetime | None = None
    outcomes: Counter[str] = field(default_factory=Counter)
    journeys: Counter[str] = field(default_factory=Counter)
    days: Counter[date] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    other_source: Counter[str] = field(default_factory=Counter)
    """Rows by journey that another source than theirs says, so that they are not added to it."""
    unmapped: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Requests by method and path to which no route gave a journey."""
    future: int = 0
    out_of_order: int = 0
    durations: dict[str, float] = field(default_factory=dict)

    def add(self, other: "Report") -> None:
        """Add another file's counts."""
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            elif isinstance(mine, int):
                setattr(self, each.name, mine + theirs)
        self.first = min((it for it in (self.first, other.first) if it), default=None)
        self.last = max((it for it in (self.last, other.last) if it), default=None)
        self.durations = self.durations or other.durations

    @property
    def far_past(self) -> int:
        """Rows that are more than a year older than the last one."""
        if self.last is None:
            return 0
        return sum(n for day, n in self.days.items() if (self.last.date() - day).days > 366)

    @property
    def missing_days(self) -> int:
        """Days without a row between the first and the last."""
        if not self.days:
            return 0
        return (max(self.days) - min(self.days)).days + 1 - len(self.days)

    def as_dict(self) -> dict[str, Any]:
        """The object that ``--report json`` prints and that is kept of every file."""
        return {
            "accepted": self.accepted,
            "quarantined": self.quarantined,
            "rows": self.rows,
            "outcomes": {name: self.outcomes[name] for name in ("good", "failed", "excluded")},
            "journeys": dict(self.journeys.most_common()),
            "first": iso(self.first) if self.first else None,
            "last": iso(self.last) if self.last else None,
            "reasons": dict(self.reasons.most_common()),
            "skipped": dict(self.skipped),
            "other_source": dict(self.other_source),
            "unmapped": [
                {"method": method, "path": path, "requests": count}
                for (method, path), count in self.unmapped.most_common(MOST_ROUTES)
            ],
            "days": {day.isoformat(): self.days[day] for day in sorted(self.days)},
            "clock": {
                "future": self.future,
                "far_past": self.far_past,
                "out_of_order": self.out_of_order,
                "missing_days": self.missing_days,
            },
        }
