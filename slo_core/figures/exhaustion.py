"""Where the straight line of a budget ends, in words."""

from datetime import datetime, timedelta

from slo_core.budget.straight_line import End
from slo_core.figures.text import NO_DATA, clock, duration

_FAR = timedelta(days=62)
"""From how far ahead on the hour of a straight line's end says nothing."""


def end_date(moment: datetime, at: datetime) -> str:
    """The end of a line as a date, with its time of day where that is near."""
    if moment - at > _FAR:
        return f"{moment:%Y-%m-%d}"
    return clock(moment.replace(second=0, microsecond=0))


def end_words(
    end: End, at: datetime, since: datetime | None = None, *, exactly: bool = True
) -> str:
    """The date, or why there is none: ``2025-03-31 14:00 UTC, in 3 d 4 h``, ``never, ...``.

    ``since`` is since when a spent budget is so, ``exactly`` whether that is known exactly.
    """
    match end.kind:
        case "no_data":
            return NO_DATA
        case "never":
            return "never, at the current burn"
        case "spent":
            if since is None or since != since:
                return "spent already"
            return f"spent since {'' if exactly else 'before '}{clock(since)}"
    assert end.at is not None
    date = end_date(end.at, at)
    if end.kind == "lasts":
        return f"not this month, the line ends {date}"
    return f"{date}, in {duration((end.at - at).total_seconds())}"
