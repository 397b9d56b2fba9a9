"""The quarterly review in words: what is the same in the page and in the documents."""

import math
from collections.abc import Mapping

from slo_core.catalog import Latency, Measurement
from slo_core.review.relevance import FEW_MONTHS, MANY_MONTHS, Relevance
from slo_core.text import NO_DATA, counted, duration, figure, percent

KINDS = {
    "split": "Split by platform",
    "loosen": "Loosen",
    "tighten": "Tighten",
    "drop": "Drop",
    "no data": "No data",
    "keep": "Keep",
}


def name_of(found: Relevance) -> str:
    """How an objective is called: its journey's name and its own."""
    return f"{found.journey.name}: {found.objective.name}"


def promise_words(found: Relevance) -> str:
    """What is promised now, with its window."""
    own = found.objective
    words = f"at least {percent(own.target, digits=4)}"
    if own.threshold is not None and isinstance(own.indicator, Latency | Measurement):
        side = "under" if own.threshold.below is not None else "over"
        words += f" {side} {figure(own.threshold.value, own.threshold.unit)}"
    return f"{words}, {own.window}"


def met_words(found: Relevance) -> str:
    """How often it was met."""
    return f"{found.met} of {counted(len(found.known), 'month')}" if len(found.known) else NO_DATA


def headroom_words(found: Relevance) -> str:
    """What the median month left of what it allowed."""
    left = found.headroom
    if left is None:
        return NO_DATA
    return f"{percent(left, digits=0)} left" if left >= 0 else f"{percent(-left, digits=0)} over"


def tightest_words(found: Relevance) -> tuple[str, str]:
    """The tightest figure that nine of ten months kept, and its interval with the months."""
    own = found.tightest
    if own is None:
        return NO_DATA, ""
    rests = counted(own.months, "month")
    if own.low is None or own.high is None:
        return _figure(found, own.figure), f"{rests}: under {FEW_MONTHS} there is no interval"
    between = f"{_figure(found, own.low)} to {_figure(found, own.high)}"
    few = "; in under ten, nine of ten are all" if own.months < MANY_MONTHS else ""
    return _figure(found, own.figure), f"{between}; {rests}{few}"


def _figure(found: Relevance, value: float) -> str:
    if math.isinf(value):
        return "among timeouts"
    if isinstance(found.objective.indicator, Latency | Measurement):
        return figure(value, found.objective.unit)
    return percent(value, digits=3)


def noticed_words(found: Relevance) -> tuple[str, str]:
    """Whether anyone noticed, and what says so."""
    own = found.noticed
    if not own.days:
        return "nothing to notice", "no day had too much that was bad"
    told = {True: "yes", False: "no", None: "not known"}[own.answer]
    said = [counted(own.days, "bad day")]
    if own.incidents:
        said.append(counted(own.incidents, "incident"))
    if own.rating is not None and own.rating_else is not None:
        said.append(f"rated {own.rating:.2f}, else {own.rating_else:.2f}")
        if own.low is not None and own.high is not None:
            said.append(f"difference {own.low:+.2f} to {own.high:+.2f}")
    else:
        said.append("too few ratings on them")
    return told, ", ".join(said)


def decided_words(found: Relevance, names: Mapping[str, str]) -> tuple[str, str]:
    """What it decided in the quarter; ``names`` are those of alerts by their ids."""
    own = found.decided
    if not own.anything:
        passed = f"the gate let all {own.asked} deploys pass" if own.asked > 1 else ""
        return "nothing", "the gate let its one deploy pass" if own.asked == 1 else passed
    said = []
    if own.episodes:
        said.append(counted(own.episodes, "alert"))
    if own.hours:
        refused = " or ".join(own.refused).replace("_", " ")
        said.append(f"no {refused} for {duration(own.hours * 3600)}")
    if own.asked:
        said.append(f"the gate refused {own.stopped or 'none'} of {counted(own.asked, 'deploy')}")
    return "; ".join(said), ", ".join(names.get(it, it) for it in own.alerts)
