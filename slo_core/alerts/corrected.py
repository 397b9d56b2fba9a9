"""What corrections make of episodes: alerts look at what was measured, and say what is left out.

An episode that lies inside a correction still fired; that it did is no figure to be corrected. What
failed in it is: both shares of the budget stand side by side.
"""

from collections.abc import Mapping
from typing import Any

from slo_core.alerts.peaks import Span
from slo_core.sli.corrections import Corrections
from slo_core.sli.windows import Window
from slo_core.text import percent


def correction_words(
    corrections: Corrections | None, journey: str | None, span: Span
) -> str | None:
    """``inside a correction: load test``, or ``partly inside``; None where none touches it."""
    window = Window("", span.start, span.end)
    if corrections is None or journey is None or not corrections.touches(journey, window):
        return None
    rows = corrections.rows
    own = rows[(rows["scope"] == journey) & (rows["starts_at"] < span.end)]
    reasons = "; ".join(dict.fromkeys(own.loc[own["ends_at"] > span.start, "reason"]))
    part = "partly " if corrections.left(journey, window) else ""
    return f"{part}inside a correction: {reasons}"


def both_words(row: Mapping[str, Any], decides: str, *, digits: int = 1, of: str = "") -> str:
    """What an episode spent of the month's budget: ``3.6 %``, and as corrected where that differs.

    ``row`` is of `slo_core.alerts.episodes.episodes`; empty where it is not known. ``of`` are words
    after the first figure that say what it is a share of.
    """
    spent, corrected = row["budget_spent"], row["budget_spent_corrected"]
    if spent is None or spent != spent:
        return ""
    if corrected is None or corrected != corrected:
        return percent(spent, digits=digits) + of
    figures = {"measured": percent(spent, digits=digits)}
    figures["corrected"] = percent(corrected, digits=digits)
    other = "measured" if decides == "corrected" else "corrected"
    return f"{figures[decides]}{of} as {decides}, which decides; {figures[other]} as {other}"
