"""One look at all alerts: what fires, what fired, what is unknown, and what it cost.

The page, the hand-over and the command line answer from the same look.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from slo_core.alerts.begun import begun
from slo_core.alerts.episodes import budget_spent, corrected_spent, episodes
from slo_core.alerts.evaluate import Evaluated, Evaluation, Rule, evaluate
from slo_core.alerts.peaks import Span
from slo_core.alerts.sets import DOCUMENT, AlertSet, Sets, sets_of
from slo_core.catalog import Alert
from slo_core.register import read_maintenance
from slo_core.rollup import Rollup, as_of
from slo_core.sli.corrections import Corrections

WAITING = timedelta(days=30)
"""How far back episodes are looked for that ask something of a person."""

STATES = ["kind", "alert", "journey", "tier", "state", "figures"]


@dataclass(frozen=True)
class Figure:
    """One part of a condition at the moment of a look.

    ``value`` is None without data; of a percentile it is the share that lies beyond ``threshold``
    (``is_share``), else in ``unit`` as the threshold is.
    """

    text: str
    value: float | None
    threshold: float
    unit: str
    is_share: bool


@dataclass(frozen=True)
class Look:
    """What some sets of alerts say at ``at`` and over the ``length`` before.

    ``episodes`` are `slo_core.alerts.episodes.episodes` with their true starts; of alerts with
    actions also older ones than the range, back to `WAITING` (percentiles without their peaks).
    ``states`` has a row for each alert and journey: ``kind``, ``alert``, ``journey`` (None: hosts),
    ``tier``, ``state`` (``firing``, ``quiet`` or ``no data``) and ``figures`` (a tuple of
    `Figure`). ``spent`` is what failed in the range as a share of what the month allows, by service
    (None without data); ``spent_corrected`` the same without what corrections leave out (None where
    none touches it).
    """

    at: datetime
    length: timedelta
    episodes: pd.DataFrame
    states: pd.DataFrame
    spent: dict[str, float | None]
    spent_corrected: dict[str, float | None]

    @property
    def recent(self) -> pd.DataFrame:
        """The episodes that fired in the range."""
        inside = self.episodes["until"] > pd.Timestamp(self.at - self.length)
        return self.episodes[inside].reset_index(drop=True)


def look(
    rollup: Rollup,
    at: datetime,
    length: timedelta,
    maintenance: pd.DataFrame | None = None,
    corrections: Corrections | None = None,
    sets: Sequence[AlertSet] = DOCUMENT,
) -> Look:
    """Evaluate all rules of some sets over a range.

    ``maintenance`` and ``corrections`` as in `evaluate`.
    """
    every, beyond = sets_of(as_of(rollup, at)), at - length
    if maintenance is None:
        maintenance = read_maintenance(rollup.store.root)
    evaluated = [
        evaluate(every.rollup, at, back, rules, maintenance, corrections)
        for back, rules in _looked_for(every, length, sets).items()
    ]
    frames = [begun(it, episodes(it, peaks_since=beyond)) for it in evaluated]
    frame = pd.concat([it for it in frames if len(it)] or frames[:1])
    frame = frame.sort_values(["start", "kind", "alert"], kind="stable", ignore_index=True)
    start = max(beyond, evaluated[0].start)
    spent, corrected = (
        {service: of(evaluated[0], service, Span(start, at)) for service in evaluated[0].budgets}
        for of in (budget_spent, corrected_spent)
    )
    standing = pd.concat([states(it) for it in evaluated], ignore_index=True)
    return Look(at, length, frame, standing, spent, corrected)


def _looked_for(
    every: Sets, length: timedelta, wanted: Sequence[AlertSet]
) -> dict[timedelta, list[Rule]]:
    """How far back which rules are looked for: those that ask nothing of anybody no further than
    the range, for that takes as long as the rest.
    """
    found: dict[timedelta, list[Rule]] = {}
    for rule in every.of(wanted):
        asks = isinstance(rule, Alert) and rule.actions
        found.setdefault(max(length, WAITING) if asks else length, []).append(rule)
    return found or {length: []}


def states(evaluated: Evaluated) -> pd.DataFrame:
    """How each rule stands at the moment of the look, by journey; columns as in `Look`."""
    return pd.DataFrame(_states(evaluated), columns=STATES)


def _states(evaluated: Evaluated) -> Iterator[tuple[object, ...]]:
    for it in evaluated.evaluations:
        rule, figures = it.rule, _figures(it)
        tier = rule.tier if isinstance(rule, Alert) else None
        state = "quiet" if any(own.value is not None for own in figures) else "no data"
        if it.firing[-1]:
            state = "firing"
        yield it.kind, rule.id, it.journey, tier, state, figures


def _figures(evaluation: Evaluation) -> tuple[Figure, ...]:
    return tuple(
        Figure(
            part.text,
            None if np.isnan(part.quantity.value[-1]) else float(part.quantity.value[-1]),
            part.subject.threshold,
            part.quantity.unit,
            part.quantity.is_share,
        )
        for part in evaluation.parts
    )
