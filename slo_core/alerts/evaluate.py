"""Every alert and scale trigger, evaluated each minute over a range (DESIGN 2.2, Alert conditions).

    evaluations = evaluate(rollup, at, timedelta(days=30))

One evaluation is one alert about one journey: at which minutes it fires, and what its condition's
parts say. A minute is that which ends at the moment; a window ends with it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slo_core.alerts.budgets import Budgets, Maintenance
from slo_core.alerts.conditions import All, Any, Comparison, Condition, comparisons
from slo_core.alerts.hosts import Host, hosts
from slo_core.alerts.minutes import tallies
from slo_core.alerts.quantities import Flags, Need, Quantity, minutes_of, need, of_counts, of_hosts
from slo_core.alerts.tally import Key, Tally
from slo_core.catalog import Alert, Catalog, ResourceTerm, Subject, Trigger, subjects
from slo_core.register import read_maintenance
from slo_core.rollup import Rollup, as_of
from slo_core.sli.corrections import Corrections
from slo_core.sli.steps import MINUTE, floor

Rule = Alert | Trigger


@dataclass(frozen=True)
class Part:
    """One side of a condition's ORs: where it holds, and its figure beside the threshold.

    ``text`` is in the words of the condition, ``unit`` that of ``value`` and ``threshold``. The
    figure is that of ``subject``; where several comparisons are joined by AND, that of the first,
    and ``sides`` has each of them by itself.
    """

    text: str
    comparison: Comparison
    subject: Subject
    quantity: Quantity
    sides: tuple["Part", ...] = ()

    @property
    def holds(self) -> Flags:
        """At which minutes it does."""
        return self.quantity.holds


@dataclass(frozen=True)
class Evaluation:
    """One rule about one journey (None: about hosts), minute by minute.

    The first minute ends one minute after ``start``, the last at ``at``.
    """

    rule: Rule
    journey: str | None
    start: datetime
    at: datetime
    parts: tuple[Part, ...]

    @property
    def kind(self) -> str:
        """``alert`` or ``trigger``."""
        return "alert" if isinstance(self.rule, Alert) else "trigger"

    @property
    def firing(self) -> Flags:
        """At which minutes the condition as a whole holds."""
        return reduce(np.logical_or, (part.holds for part in self.parts))

    @property
    def ends(self) -> NDArray[np.datetime64]:
        """The moment at which each minute ends."""
        first = np.datetime64(self.start + MINUTE, "us")
        return first + np.arange((self.at - self.start) // MINUTE) * np.timedelta64(MINUTE)


@dataclass(frozen=True)
class Evaluated:
    """All evaluations of a look, and what failed of the budgets meanwhile."""

    rollup: Rollup
    start: datetime
    at: datetime
    evaluations: tuple[Evaluation, ...]
    budgets: Mapping[str, Tally]
    """By service; of the objective that its budget is for."""
    corrections: Corrections | None = None
    """What should not count; conditions look at what was measured all the same."""
    maintenance: pd.DataFrame | None = None
    """The register's table, as it was read for this."""


def evaluate(
    rollup: Rollup,
    at: datetime,
    length: timedelta,
    rules: Sequence[Rule] | None = None,
    maintenance: pd.DataFrame | None = None,
    corrections: Corrections | None = None,
) -> Evaluated:
    """Evaluate rules at each minute that ends in ``(at - length, at]``.

    ``rules`` are the catalogue's alerts where none are named; a rule that is changed needs no new
    rollup, since a threshold that was not counted at is answered from the histogram. The range
    begins with the first data where it would begin before that. ``maintenance`` is the register's
    table, where it is read already. ``corrections`` change nothing of what fires; episodes say
    which of them lie inside one, and what they cost without it.
    """
    rollup = as_of(rollup, at)
    catalog = rollup.catalog
    start = at - length
    if rollup.span:
        start = min(max(start, floor(rollup.span[0], MINUTE)), at)
    count = (at - start) // MINUTE
    if rollup.span is None or not count:
        return Evaluated(rollup, at, at, (), {}, corrections)
    if maintenance is None:
        maintenance = read_maintenance(rollup.store.root)
    work = _Work(rollup, at, count, maintenance)
    chosen = catalog.alerts if rules is None else rules
    asked = [
        (rule, comparison, subject)
        for rule in chosen
        for comparison in comparisons(rule.parsed)
        for subject in subjects(catalog, rule.journey, comparison)
    ]
    work.read(asked)
    evaluations = tuple(
        Evaluation(rule, journey, start, at, parts)
        for rule in chosen
        for journey, parts in work.journeys(rule)
    )
    return Evaluated(rollup, start, at, evaluations, work.budgets, corrections, maintenance)


About = dict[Comparison, tuple[Subject, ...]]
"""What each comparison of a rule is about."""


Minimum = tuple[int | None, int | None]
"""Events and failures that an alert itself needs; None: as the catalogue's rules say."""


def _minimum(rule: Rule) -> Minimum:
    if not isinstance(rule, Alert):
        return None, None
    events, failures = rule.min_events, rule.min_failures
    return events.value if events else None, failures.value if failures else None


def subjects_of(catalog: Catalog, rule: Rule) -> About:
    """What each comparison of a rule is about, in the order of the condition."""
    return {it: subjects(catalog, rule.journey, it) for it in comparisons(rule.parsed)}


def journeys_of(catalog: Catalog, about: About) -> list[str | None]:
    """The journeys that a rule may apply to, in the catalogue's order; None alone for hosts."""
    named = {subject.journey for own in about.values() for subject in own} - {None}
    found: list[str | None] = [it.id for it in catalog.journeys if it.id in named]
    return found or [None]


class _Work:
    """What one look reads, once for all rules."""

    def __init__(self, rollup: Rollup, at: datetime, count: int, maintenance: pd.DataFrame) -> None:
        self.rollup, self.at, self.count = rollup, at, count
        self.maintenance = maintenance
        self.quantities: dict[tuple[Comparison, Subject, Minimum], Quantity] = {}
        self.budgets: Mapping[str, Tally] = {}
        self.hosts: dict[str, list[Host]] = {}

    def read(self, asked: Sequence[tuple[Rule, Comparison, Subject]]) -> None:
        """Read what all comparisons need, and judge each of its subjects as each rule asks."""
        catalog = self.rollup.catalog
        needs = {(it, subject): need(catalog, subject, it) for _, it, subject in asked}
        widths: dict[Key, int] = {}
        for own in needs.values():
            if own:
                widths[own.key] = max(widths.get(own.key, 1), own.width)
        found = tallies(self.rollup, self.at, self.count, widths, self.maintenance)
        for metric, width in _resources(asked).items():
            self.hosts[metric] = hosts(self.rollup, metric, self.at, self.count, width)
        read = {key: (tally, widths[key]) for key, tally in found.items()}
        maintenance = Maintenance.of(self.maintenance)
        self.budgets = Budgets(self.rollup, self.at, self.count, maintenance, read)
        for rule, comparison, subject in asked:
            own, key = needs[comparison, subject], (comparison, subject, _minimum(rule))
            if key not in self.quantities:
                about = catalog.as_asked_by(rule)
                self.quantities[key] = self._judge(about, comparison, subject, own, found)

    def _judge(
        self,
        catalog: Catalog,
        comparison: Comparison,
        subject: Subject,
        needed: Need | None,
        found: dict[Key, Tally],
    ) -> Quantity:
        if needed:
            tally = found[needed.key]
            return of_counts(catalog, subject, comparison, needed, tally, self.count)
        assert isinstance(subject.term, ResourceTerm)
        own = self.hosts[subject.term.metric]
        return of_hosts(catalog, subject, comparison, own, self.count)

    def journeys(self, rule: Rule) -> Iterator[tuple[str | None, tuple[Part, ...]]]:
        """Each journey that a rule applies to, in the catalogue's order, with the rule's parts.

        None stands for hosts, where the rule is about nothing else.
        """
        about = subjects_of(self.rollup.catalog, rule)
        for journey in journeys_of(self.rollup.catalog, about):
            parts = tuple(self._parts(rule.parsed, about, journey, _minimum(rule)))
            if parts:
                yield journey, parts

    def _parts(
        self,
        condition: Condition,
        about: About,
        journey: str | None,
        minimum: Minimum,
    ) -> Iterator[Part]:
        """The sides of a condition for one journey; none where it has nothing that they name."""
        if isinstance(condition, Comparison):
            for subject in about[condition]:
                # Hosts belong to no journey: what is said of them is said beside any.
                if subject.journey in (journey, None):
                    quantity = self.quantities[condition, subject, minimum]
                    yield Part(condition.text, condition, subject, quantity)
        elif isinstance(condition, Any):
            for side in condition.parts:
                yield from self._parts(side, about, journey, minimum)
        else:
            sides = [tuple(self._parts(side, about, journey, minimum)) for side in condition.parts]
            if all(sides):
                yield _joined(condition, sides)


def _resources(asked: Sequence[tuple[Rule, Comparison, Subject]]) -> dict[str, int]:
    """The resources that are asked for, with their longest window in minutes."""
    widths: dict[str, int] = {}
    for _, comparison, subject in asked:
        if isinstance(subject.term, ResourceTerm):
            width = minutes_of(comparison.window) or 1
            metric = subject.term.metric
            widths[metric] = max(widths.get(metric, 1), width)
    return widths


def _joined(condition: All, sides: Sequence[tuple[Part, ...]]) -> Part:
    """Comparisons joined by AND as one part, with the figure of the first."""
    first = sides[0][0]
    holds = np.logical_and.reduce(
        [np.logical_or.reduce([part.holds for part in side]) for side in sides]
    )
    quantity = first.quantity
    joined = Quantity(
        holds,
        quantity.value,
        quantity.unit,
        quantity.is_share,
        _any_guess([part.quantity.guessed for side in sides for part in side]),
        quantity.hosts,
        quantity.host,
    )
    every = tuple(own for side in sides for part in side for own in part.sides or (part,))
    return Part(words(condition), first.comparison, first.subject, joined, every)


def _any_guess(flags: Sequence[Flags | None]) -> Flags | None:
    known = [it for it in flags if it is not None]
    return reduce(np.logical_or, known) if known else None


def words(condition: Condition) -> str:
    """A condition in its own words, on one line."""
    if isinstance(condition, Comparison):
        return condition.text
    if isinstance(condition, Any):
        return " OR ".join(words(side) for side in condition.parts)
    return " AND ".join(
        f"({words(side)})" if isinstance(side, Any) else words(side) for side in condition.parts
    )
