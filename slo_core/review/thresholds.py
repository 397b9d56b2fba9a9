"""Each alert with stricter and with looser numbers over the quarter: what it would have been like.

The document's "Review and update alert thresholds", by `slo_core.alerts.replay`. What the alerts
did with their own numbers comes with it, since the quarter's minutes are read once for both.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from slo_core.alerts.conditions import comparisons
from slo_core.alerts.evaluate import Evaluated, evaluate, words
from slo_core.alerts.meaning import Move, moved, times
from slo_core.alerts.replay import incident_of, plain_episodes, register_incidents
from slo_core.alerts.trial import journeys_of, of_journeys
from slo_core.catalog import Alert, Catalog
from slo_core.review.decided import Attributed, attributed
from slo_core.review.quarter import Quarter
from slo_core.rollup import Rollup
from slo_core.text import counted

SOONER, AS_IS, LATER = "sooner", "as it is", "later"
_FACTORS = {SOONER: 0.5, AS_IS: 1.0, LATER: 2.0}


@dataclass(frozen=True)
class Tried:
    """One alert with some numbers: its condition, and what came of it.

    ``episodes`` in all, of which ``false`` are about no incident that is known; ``found`` of the
    ``incidents`` of its journeys.
    """

    condition: str
    episodes: int
    false: int
    found: int
    incidents: int


@dataclass(frozen=True)
class Thresholds:
    """One alert over the quarter with half of its numbers, with its own, and with twice of them.

    ``tried`` is by `SOONER`, `AS_IS` and `LATER`.
    """

    alert: Alert
    tried: dict[str, Tried]

    @property
    def advice(self) -> str:
        """What the trials say of its numbers, in a sentence."""
        sooner, own, later = (self.tried[it] for it in (SOONER, AS_IS, LATER))
        if not own.episodes:
            if not sooner.episodes:
                return "Never fired, nor would with half of its numbers: does it watch anything?"
            return (
                "Never fired; with half of its numbers it would have fired "
                f"{counted(sooner.episodes, 'time')}, and found {sooner.found} of "
                f"{counted(own.incidents, 'incident')}."
            )
        if own.false > own.episodes / 2 and later.found >= own.found and later.false < own.false:
            return (
                f"{own.false} of {counted(own.episodes, 'episode')} "
                f"{'was' if own.false == 1 else 'were'} about no incident that is known; "
                f"with twice its numbers {later.false}, and it finds as many."
            )
        more, noise = sooner.found - own.found, sooner.false - own.false
        if more > 0 and noise <= more:
            return (
                f"With half of its numbers it finds {counted(more, 'more incident')} for "
                f"{counted(max(0, noise), 'more false episode')}."
            )
        if own.false > own.episodes / 2 and later.false < own.false:
            return (
                f"{own.false} of {counted(own.episodes, 'episode')} "
                f"{'was' if own.false == 1 else 'were'} about no incident that is known; with "
                f"twice its numbers {later.false}, but it finds {later.found} of "
                f"{counted(own.incidents, 'incident')} in place of {own.found}."
            )
        return (
            f"Keep: it found {own.found} of {counted(own.incidents, 'incident')} of its journeys."
        )


@dataclass(frozen=True)
class Replays:
    """The alerts of a quarter, with their own numbers and with others.

    ``thresholds`` has every alert of the catalogue, in its order; ``attributed`` the episodes of
    the alerts as they are, with the objectives that they are about.
    """

    thresholds: tuple[Thresholds, ...]
    attributed: tuple[Attributed, ...]


def replays(rollup: Rollup, quarter: Quarter) -> Replays:
    """Replay every alert of the catalogue over the quarter, against the register's incidents."""
    catalog = rollup.catalog
    if not catalog.alerts:
        return Replays((), ())
    sets = {
        name: [scaled(catalog, alert, factor) for alert in catalog.alerts]
        for name, factor in _FACTORS.items()
    }
    length = quarter.until - quarter.start
    # All at once, so that the quarter's minutes are read once.
    rules = [rule for own in sets.values() for rule in own]
    evaluated = evaluate(rollup, quarter.until, length, rules)
    own_numbers = {id(rule) for rule in sets[AS_IS]}
    as_is = (it for it in evaluated.evaluations if id(it.rule) in own_numbers)
    tried = _tried(rollup, quarter, sets, evaluated)
    return Replays(tuple(tried), tuple(attributed(catalog, as_is)))


def _tried(
    rollup: Rollup, quarter: Quarter, sets: Mapping[str, Sequence[Alert]], evaluated: Evaluated
) -> Iterator[Thresholds]:
    """What came of each alert with each set of numbers."""
    catalog, incidents = rollup.catalog, register_incidents(rollup.store.root)
    fired = _fired(evaluated, incidents)
    inside = incidents[(incidents["start"] >= quarter.start) & (incidents["start"] < quarter.until)]
    for place, alert in enumerate(catalog.alerts):
        tried = {}
        for name, own in sets.items():
            rule = own[place]
            known = of_journeys(inside, journeys_of(catalog, rule))
            about = fired[id(rule)]
            tried[name] = Tried(
                words(rule.parsed),
                len(about),
                sum(it is None for it in about),
                int(known["id"].isin([it for it in about if it is not None]).sum()),
                len(known),
            )
        yield Thresholds(alert, tried)


def _fired(evaluated: Evaluated, incidents: pd.DataFrame) -> dict[int, list[object]]:
    """By the rule itself (its id in memory), the incident of each of its episodes, or None.

    As `slo_core.alerts.replay` has it, without the peaks, which take long and are not asked for.
    """
    known = incidents.sort_values("start").to_dict("records")
    merge = evaluated.rollup.catalog.rules.episode_merge.value
    found: dict[int, list[object]] = defaultdict(list)
    for own in evaluated.evaluations:
        # There may be thousands of episodes: each is held against the incidents of its journey.
        of_journey = [it for it in known if own.journey in it["journeys"]]
        for episode in plain_episodes(own, merge):
            found[id(own.rule)].append(incident_of(episode, of_journey))
    return found


def scaled(catalog: Catalog, alert: Alert, factor: float) -> Alert:
    """An alert whose numbers ask for so many times as much to be wrong."""
    moves = {
        place: Move(times(catalog, it, factor), it.window)
        for place, it in enumerate(comparisons(alert.parsed))
    }
    return alert.model_copy(update={"condition": moved(alert.parsed, moves)})
