"""What corrections make of episodes: alerts look at what was measured, and say what is left out.

An episode that lies inside a correction still fired; that it did is no figure to be corrected. What
failed in it is: both shares of the budget stand side by side.
"""

from collections.abc import Mapping
from typing import Any

from slo_core.alerts.conditions import comparisons
from slo_core.alerts.peaks import Span
from slo_core.catalog import Alert, BudgetTerm, Catalog, Trigger
from slo_core.sli.corrections import Corrections
from slo_core.sli.windows import Window
from slo_core.text import NO_DATA, percent


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


def budget_words(
    status: Mapping[str, Any], catalog: Catalog, rule: Alert | Trigger, journey: Any
) -> str:
    """What is left by both figures of the budget that a rule's condition is about.

    A sentence; empty where the condition is about no budget, or no correction touches it.
    ``catalog`` has the rule's terms.
    """
    budget = catalog.budget(journey) if isinstance(journey, str) else None
    if budget is None or not any(
        isinstance(term, BudgetTerm) and term.objective in (None, budget.objective)
        for term in (catalog.term(it.metric) for it in comparisons(rule.parsed))
    ):
        return ""
    key = (budget.service, budget.objective)
    [stated] = (it for it in status["objectives"] if (it["journey"], it["objective"]) == key)
    if "corrected" not in stated:
        return ""
    ratios = {"measured": stated["budget"], "corrected": stated["corrected"]["budget"]}
    left = {
        name: NO_DATA
        if (ratio := it["remaining_ratio"]) is None
        else f"{percent(ratio, digits=1)} left"
        for name, it in ratios.items()
    }
    own = stated["decides"]
    other = "measured" if own == "corrected" else "corrected"
    return (
        f"A correction touches the budget that it is about: {left[own]} as {own}, which decides; "
        f"{left[other]} as {other}. Alerts look at what was measured."
    )


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
