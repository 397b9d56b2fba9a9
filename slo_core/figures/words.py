"""What an objective's budget is counted in, and what its policy says, in words for people."""

from slo_core.catalog import Availability, Latency, Objective, Share, Success
from slo_core.figures.theme import STATES
from slo_core.text import NO_DATA, amount, budget_left, percent

_MS = "_ms"


def budget_words(objective: Objective, remaining: float | None, allowed: float | None) -> str:
    """What is left of an objective's budget: ``29 of 116 failures left``.

    A budget that the document does not give is called headroom (DESIGN 2.2).
    """
    words = _left(objective, remaining, allowed)
    return words if objective.budgeted else f"headroom: {words}"


def amount_words(objective: Objective, bad: float | None) -> str:
    """How much was bad, in the budget's own unit: ``135 failures``, ``6 min 50 s``."""
    if bad is None or bad != bad:
        return NO_DATA
    noun, size = unit_of(objective)
    return amount(bad / size, noun)


def unit_of(objective: Objective) -> tuple[str, float]:
    """What an objective's bad events are called, and how much of its counts makes one of them.

    Time is called ``seconds``, of which a metric in milliseconds needs a thousand.
    """
    match objective.indicator:
        case Availability():
            return "seconds", 1
        case Share(bad=bad) if bad.endswith(_MS):
            return "seconds", 1000
        case Share(bad=bad):
            return bad.replace("_", " "), 1
        case Success():
            return "failures", 1
        case Latency():
            return "slow requests", 1
    return "values off the mark", 1


def _left(objective: Objective, remaining: float | None, allowed: float | None) -> str:
    noun, size = unit_of(objective)
    left, of = (None if it is None else it / size for it in (remaining, allowed))
    return budget_left(left, of, noun)


def policy_words(state: str | None, exit_confirmed: bool | None) -> str:
    """A policy's state, and whether an exhaustion before it was not left for good."""
    word = STATES[state or "no_data"].word
    return f"{word}, exit not confirmed" if exit_confirmed is False else word


def chance_words(probability: float | None) -> str:
    """A probability as far as futures tell it: ``32 %``, ``under 1 %``; never 0 or 100 %."""
    if probability is None or probability != probability:
        return NO_DATA
    if probability < 0.01:
        return "under 1 %"
    return "over 99 %" if probability > 0.99 else percent(round(probability, 2), digits=0)
