"""Each alert with stricter and with looser numbers over the quarter: what it would have been like.

The document's "Review and update alert thresholds", by `slo_core.alerts.trial`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from slo_core.alerts.conditions import Comparison, comparisons
from slo_core.alerts.evaluate import words
from slo_core.alerts.meaning import Move, moved
from slo_core.alerts.replay import register_incidents
from slo_core.alerts.trial import Trial, trial
from slo_core.catalog import Alert, AvailabilityTerm, Catalog
from slo_core.review.quarter import Quarter
from slo_core.rollup import Rollup

SOONER, AS_IS, LATER = "sooner", "as it is", "later"
_FACTORS = {SOONER: 0.5, AS_IS: 1.0, LATER: 2.0}


@dataclass(frozen=True)
class Thresholds:
    """One alert over the quarter with half of its numbers, with its own, and with twice of them.

    ``conditions`` and ``trials`` are by `SOONER`, `AS_IS` and `LATER`.
    """

    alert: Alert
    conditions: dict[str, str]
    trials: dict[str, Trial]

    @property
    def advice(self) -> str:
        """What the trials say of its numbers, in a sentence."""
        own, later, sooner = (self.trials[it].replayed for it in (AS_IS, LATER, SOONER))
        if not len(own.episodes):
            if not len(sooner.episodes):
                return "Never fired, nor would with half of its numbers: does it watch anything?"
            more = sooner.found - own.found
            return (
                f"Never fired; with half of its numbers {len(sooner.episodes)} times, about "
                f"{more} incidents that it does not find now."
            )
        if own.false > own.true and later.found >= own.found and later.false < own.false:
            return (
                f"{own.false} of {len(own.episodes)} episodes were about no incident that is "
                f"known; with twice its numbers {later.false}, and it finds as many."
            )
        if sooner.found > own.found and sooner.false - own.false <= sooner.found - own.found:
            return (
                f"With half of its numbers it finds {sooner.found - own.found} more incidents for "
                f"{max(0, sooner.false - own.false)} more false episodes."
            )
        return f"Keep: it found {own.found} of {len(own.detections)} incidents of its journeys."


def thresholds(rollup: Rollup, quarter: Quarter) -> Iterator[Thresholds]:
    """Replay every alert of the catalogue over the quarter, against the register's incidents."""
    incidents = register_incidents(rollup.store.root)
    length = quarter.until - quarter.start
    for alert in rollup.catalog.alerts:
        found, conditions = {}, {}
        for name, factor in _FACTORS.items():
            tried = scaled(rollup.catalog, alert, factor)
            conditions[name] = words(tried.parsed)
            found[name] = trial(rollup, quarter.until, length, tried, incidents, name=name)
        yield Thresholds(alert, conditions, found)


def scaled(catalog: Catalog, alert: Alert, factor: float) -> Alert:
    """An alert whose numbers ask for so many times as much to be wrong.

    Of an availability, what it may lack is multiplied; of what is left of a budget it is divided,
    and never reaches all of it.
    """
    moves = {
        place: Move(_value(catalog, it, factor), it.window)
        for place, it in enumerate(comparisons(alert.parsed))
    }
    return alert.model_copy(update={"condition": moved(alert.parsed, moves)})


def _value(catalog: Catalog, comparison: Comparison, factor: float) -> float:
    value = float(comparison.value)
    if comparison.op == ">":
        return value * factor
    if isinstance(catalog.term(comparison.metric), AvailabilityTerm):
        return 100 - min((100 - value) * factor, 99)
    return min(value / factor, 99 if comparison.unit == "%" else value / factor)
