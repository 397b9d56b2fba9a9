"""What an objective's budget is counted in, in words for people."""

from slo_core.catalog import Availability, Latency, Objective, Share, Success
from slo_core.figures.text import budget_left

_MS = "_ms"


def budget_words(objective: Objective, remaining: float | None, allowed: float | None) -> str:
    """What is left of an objective's budget: ``29 of 116 failures left``.

    A budget that the document does not give is called headroom (DESIGN 2.2).
    """
    words = _left(objective, remaining, allowed)
    return words if objective.budgeted else f"headroom: {words}"


def _left(objective: Objective, remaining: float | None, allowed: float | None) -> str:
    match objective.indicator:
        case Availability():
            return budget_left(remaining, allowed, "seconds")
        case Share(bad=bad) if bad.endswith(_MS):
            left, of = (None if it is None else it / 1000 for it in (remaining, allowed))
            return budget_left(left, of, "seconds")
        case Share(bad=bad):
            return budget_left(remaining, allowed, bad.replace("_", " "))
        case Success():
            return budget_left(remaining, allowed, "failures")
        case Latency():
            return budget_left(remaining, allowed, "slow requests")
    return budget_left(remaining, allowed, "values off the mark")
