"""What would have kept an alert from firing for nothing, and what that costs in detection.

For the quarterly review's "Review and update alert thresholds": one change of an alert at a time,
each replayed over the same history and held against the same incidents.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from slo_core.alerts.conditions import Comparison, comparisons
from slo_core.alerts.evaluate import Evaluated, evaluate, words
from slo_core.alerts.meaning import Move, moved, times
from slo_core.alerts.replay import incident_of, is_about, plain_episodes, within
from slo_core.alerts.trial import journeys_of, of_journeys
from slo_core.catalog import (
    Alert,
    Assumed,
    BudgetTerm,
    Catalog,
    LatencyTerm,
    MeasurementTerm,
    RequestsTerm,
)
from slo_core.rollup import Rollup, as_of
from slo_core.sli.steps import MINUTE
from slo_core.text import count, counted, duration

LATER = timedelta(minutes=2)
"""How much later an incident may be known for a change to be suggested."""

_FACTORS = (1.5, 2.0, 3.0)
_WINDOWS = (2, 3)
_MINIMA = (5, 10, 20, 30, 50, 100)


@dataclass(frozen=True)
class Outcome:
    """An alert with one change over a range: what fired, and how soon each incident was known.

    ``change`` says it in words, ``write`` as the catalogue writes it (both empty: as it is);
    ``false`` episodes are about no incident; ``detected`` has the minutes to detect by incident.
    """

    change: str
    write: str
    episodes: int
    false: int
    detected: Mapping[object, float]


@dataclass(frozen=True)
class Quieter:
    """One alert as it is, and with each change that leaves fewer of its false episodes.

    ``outcomes`` are in order of worth: none lost and none later than `LATER` first, then by how few
    are false. ``incidents`` is how many there were to find.
    """

    incidents: int
    as_is: Outcome
    outcomes: tuple[Outcome, ...]

    def lost(self, it: Outcome) -> int:
        """Incidents that are found as it is, and are not with a change."""
        return sum(number not in it.detected for number in self.as_is.detected)

    def later(self, it: Outcome) -> timedelta:
        """The longest that an incident which both find is known later."""
        known = self.as_is.detected
        late = [it.detected[number] - known[number] for number in known if number in it.detected]
        return max(late, default=0.0) * MINUTE

    @property
    def suggested(self) -> Outcome | None:
        """The change with the fewest false episodes that loses none and delays none for long."""
        first = next(iter(self.outcomes), None)
        return first if first and not self._costs(first) else None

    @property
    def sentence(self) -> str:
        """What to do, in a sentence."""
        if not self.as_is.false:
            return "Every episode was about an incident: nothing to make quieter."
        many = f"{count(self.as_is.false)} of {counted(self.as_is.episodes, 'episode')}"
        were = f"{many} {'was' if self.as_is.false == 1 else 'were'} about no incident"
        first = next(iter(self.outcomes), None)
        if first is None:
            return f"{were}, and no change that was tried would have left fewer."
        spared = f"{first.change} would have spared {count(self.as_is.false - first.false)}"
        return f"{were}; {spared}, {self.cost(first)}."

    def cost(self, it: Outcome) -> str:
        """What a change costs in detection, in words."""
        if not self.as_is.detected:
            return "and it found no incident anyway"
        if lost := self.lost(it):
            return f"but {counted(lost, 'incident')} that it finds would have been lost"
        late = self.later(it)
        if late <= timedelta(0):
            return "no incident later"
        return f"no incident later than {duration(late.total_seconds())}"

    @property
    def table(self) -> pd.DataFrame:
        """The alert as it is and each change, a row each, for files and programs.

        ``about_none`` are false episodes, ``lost`` incidents that are not found any more, and
        ``later_minutes`` how much later an incident is known at most.
        """
        rows = [
            {
                "change": it.change,
                "write": it.write,
                "episodes": it.episodes,
                "about_none": it.false,
                "found": len(it.detected),
                "lost": self.lost(it),
                "later_minutes": self.later(it) / MINUTE,
            }
            for it in (self.as_is, *self.outcomes)
        ]
        return pd.DataFrame(rows)

    def _costs(self, it: Outcome) -> bool:
        return self.lost(it) > 0 or self.later(it) > LATER

    def ordered(self, found: Sequence[Outcome]) -> tuple[Outcome, ...]:
        """Those with fewer false episodes, the worthiest first."""
        better = [it for it in found if it.false < self.as_is.false]
        order = sorted(
            better, key=lambda it: (self._costs(it), self.lost(it), it.false, self.later(it))
        )
        return tuple(order)


def quieter(
    rollup: Rollup, at: datetime, length: timedelta, alert: Alert, incidents: pd.DataFrame
) -> Quieter:
    """Replay an alert with every change of `changes` over the range that ends at ``at``.

    ``incidents`` as in `slo_core.alerts.replay.replay`; those of other journeys are left out.
    """
    catalog = as_of(rollup, at).catalog
    tried = [("", "", alert), *changes(catalog, alert)]
    evaluated = evaluate(rollup, at, length, [rule for *_, rule in tried])
    own = of_journeys(incidents, journeys_of(catalog, alert))
    known = own.sort_values("start").to_dict("records")
    inside = within(own, evaluated.start, at).to_dict("records")
    found = [
        Outcome(change, write, *_judged(evaluated, rule, known, inside))
        for change, write, rule in tried
    ]
    plain = Quieter(len(inside), found[0], ())
    return Quieter(len(inside), found[0], plain.ordered(found[1:]))


def changes(catalog: Catalog, alert: Alert) -> Iterator[tuple[str, str, Alert]]:
    """What can be changed of an alert: in words, as the catalogue writes it, and the alert.

    Each threshold and each window by itself, and how many events or failures it needs.
    """
    parts = comparisons(alert.parsed)
    for place, it in enumerate(parts):
        for factor in _FACTORS:
            move = Move(float(f"{times(catalog, it, factor):.6g}"), it.window)
            if move.value != it.value:
                yield _moved(alert, place, move, it)
        if it.window and it.unit != "count":
            # More failures in a longer time are fewer a minute: that would be louder.
            for factor in _WINDOWS:
                yield _moved(alert, place, Move(it.value, factor * it.window), it)
    about = catalog.as_asked_by(alert).rules
    terms = [catalog.term(it.metric) for it in parts]
    rates = any(
        (isinstance(it, RequestsTerm) and it.kind == "failure_rate")
        or (isinstance(it, BudgetTerm) and it.kind == "burn_rate" and it.needs_minimum)
        for it in terms
    )
    shares = any(isinstance(it, LatencyTerm | MeasurementTerm) for it in terms)
    events, failures = about.min_events.value, about.min_failures.value
    of_shares = about.min_percentile_events.value
    if rates and shares and of_shares < events:
        # As many for its percentiles as for its rates is a change already.
        for least in (it for it in _MINIMA if it >= events):
            instead = f" instead of {events}," if least > events else ""
            told = f"min_events {least}{instead} for its percentiles too"
            yield told, f"min_events: {least}", _asking(alert, "min_events", least)
    elif rates or shares:
        now = events if rates else of_shares
        yield from _minima(alert, "min_events", now)
    if rates:
        yield from _minima(alert, "min_failures", failures)


def _minima(alert: Alert, name: str, now: int) -> Iterator[tuple[str, str, Alert]]:
    for least in (it for it in _MINIMA if it > now):
        yield f"{name} {least} instead of {now}", f"{name}: {least}", _asking(alert, name, least)


def _asking(alert: Alert, name: str, least: int) -> Alert:
    return alert.model_copy(update={name: Assumed[int](value=least)})


def _moved(alert: Alert, place: int, move: Move, before: Comparison) -> tuple[str, str, Alert]:
    condition = moved(alert.parsed, {place: move})
    own = alert.model_copy(update={"condition": condition})
    after = comparisons(own.parsed)[place].text
    return f"{after} instead of {before.text}", f"condition: {words(own.parsed)}", own


def _judged(
    evaluated: Evaluated,
    rule: Alert,
    known: Sequence[Mapping[str, Any]],
    inside: Sequence[Mapping[str, Any]],
) -> tuple[int, int, dict[object, float]]:
    """How many episodes, how many of them false, and the minutes to detect by incident."""
    merge = evaluated.rollup.catalog.rules.episode_merge.value
    count = false = 0
    detected: dict[object, float] = {}
    for evaluation in evaluated.evaluations:
        if evaluation.rule is not rule:
            continue
        of_journey = [it for it in known if evaluation.journey in it["journeys"]]
        fired = plain_episodes(evaluation, merge)
        count += len(fired)
        false += sum(incident_of(it, of_journey) is None for it in fired)
        for incident in inside:
            # As in a replay: one that fires already tells nobody of it.
            own = [it for it in fired if it["start"] > incident["start"] and is_about(it, incident)]
            if own:
                minutes = (own[0]["start"] - incident["start"]) / MINUTE
                detected[incident["id"]] = min(minutes, detected.get(incident["id"], minutes))
    return count, false, detected
