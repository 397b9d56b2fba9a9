"""Multiwindow, multi-burn-rate alerts for every budget, beside the document's own (DESIGN 2.4).

Each of the catalogue's `burn_alerts` says which share of a budget is spent in a long window; the
burn rate of that follows from the window of the budget's objective. The short window says whether
it still goes on. They are ordinary alerts in the language of conditions, evaluated like any other.
With `headroom_alerts` the objectives without a budget have them too, a tier and severity lower.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from typing import NamedTuple
from weakref import WeakKeyDictionary

from slo_core.catalog import Alert, Assumed, BudgetTerm, BurnAlert, Catalog, Journey, Objective
from slo_core.durations import parse_duration
from slo_core.rollup import Rollup

_LONG, _SHORT = "burn_rate_over", "burn_rate_now"
_MEANING = "How many times faster than evenly over its window {} is spent."


@dataclass(frozen=True)
class Step:
    """One burn alert on one objective: above which factor it fires, and the largest possible."""

    burn_alert: BurnAlert
    journey: Journey
    objective: Objective
    factor: Fraction
    largest: float

    @property
    def can_fire(self) -> bool:
        """Whether even an entire failure reaches the factor."""
        return self.largest > self.factor

    @property
    def is_faster(self) -> bool:
        """Whether that is faster than on budget: else it fires while all is well.

        10 % in 3 d is 1 over 30 days and 0.23 over 7, where even an exact pace spends 43 %.
        """
        return self.factor >= 1

    def is_budgeted(self, catalog: Catalog) -> bool:
        """Whether the objective has an error budget."""
        budget = catalog.budget(self.journey.id)
        return budget is not None and budget.objective == self.objective.id

    @property
    def is_kept(self) -> bool:
        """Whether it is an alert at all."""
        return self.is_faster and self.can_fire


class Multiwindow(NamedTuple):
    """The burn alerts of a rollup's catalogue, and the rollup with their terms in it."""

    rollup: Rollup
    burn: tuple[Alert, ...]
    """On the budgets."""
    headroom: tuple[Alert, ...]
    """On the objectives without one; none where the catalogue does not want them."""


def steps(catalog: Catalog) -> list[Step]:
    """Every burn alert on every budget (DESIGN 2.4): 2 % in 1 h is 14.4 over 30 days.

    The factor is share × the objective's window / the long window; the largest possible burn rate
    is 1 / (1 - target).
    """
    own = [
        (catalog.journey(it.service), catalog.objective(it.service, it.objective))
        for it in catalog.budgets
    ]
    return [_step(it, *pair) for it in catalog.burn_alerts for pair in own]


def headroom_steps(catalog: Catalog) -> list[Step]:
    """Every burn alert on every objective without a budget; none without `headroom_alerts`."""
    if catalog.headroom_alerts is None:
        return []
    every = [
        _step(alert, journey, objective)
        for alert in catalog.burn_alerts
        for journey, objective in catalog.objectives
    ]
    return [it for it in every if not it.is_budgeted(catalog)]


def _step(alert: BurnAlert, journey: Journey, objective: Objective) -> Step:
    tick = timedelta.resolution
    windows = Fraction(objective.window_length // tick, parse_duration(alert.long) // tick)
    factor = Fraction(repr(alert.spends)) * windows
    return Step(alert, journey, objective, factor, 1 / objective.error_rate)


_KEPT: WeakKeyDictionary[Rollup, Multiwindow] = WeakKeyDictionary()
"""By rollup, as long as that is in use."""


def multiwindow(rollup: Rollup) -> Multiwindow:
    """The burn alerts as ordinary alerts, and the rollup with a catalogue that has their terms.

    Of the same rollup always the same one: what others keep for it is found again.
    """
    found = _KEPT.get(rollup)
    if found is None:
        catalog, burn = with_burn_alerts(rollup.catalog)
        catalog, headroom = with_headroom_alerts(catalog)
        found = Multiwindow(replace(rollup, catalog=catalog), burn, headroom)
        found = _KEPT.setdefault(rollup, found)
    return found


def with_burn_alerts(catalog: Catalog) -> tuple[Catalog, tuple[Alert, ...]]:
    """The catalogue with the terms of its burn alerts, and those as alerts.

    The catalogue need not have a word for the burn rate. Left out are those that are slower than
    on budget, and those that can never fire; `steps` has them.
    """
    alerts = [
        _alert(catalog, it, it.burn_alert.id, it.burn_alert.name, _LONG, _SHORT)
        for it in steps(catalog)
        if it.is_kept
    ]
    terms = _terms(_LONG, _SHORT, "an error budget")
    return catalog.model_copy(update={"terms": (*catalog.terms, *terms)}), tuple(alerts)


def with_headroom_alerts(catalog: Catalog) -> tuple[Catalog, tuple[Alert, ...]]:
    """The same for the objectives without a budget, each alert with the objective in its id."""
    alerts, terms = [], dict[str, BudgetTerm]()
    for it in headroom_steps(catalog):
        own = it.objective.id
        long, short = f"{own}_{_LONG}", f"{own}_{_SHORT}"
        if it.is_kept:
            name = headroom_name(it)
            alerts.append(_alert(catalog, it, headroom_id(it), name, long, short))
            found = _terms(long, short, f"the headroom of {it.objective.name}", own)
            terms |= {term.id: term for term in found}
    every = (*catalog.terms, *terms.values())
    return catalog.model_copy(update={"terms": every}), tuple(alerts)


def headroom_id(step: Step) -> str:
    """What a burn alert on an objective without a budget is called in the register and in JSON."""
    return f"{step.burn_alert.id}_{step.objective.id}"


def headroom_name(step: Step) -> str:
    """The same for people."""
    return f"{step.burn_alert.name}: {step.objective.name}"


def _terms(long: str, short: str, what: str, objective: str | None = None) -> Iterator[BudgetTerm]:
    meaning = _MEANING.format(what)
    yield BudgetTerm(id=long, kind="burn_rate", meaning=meaning, objective=objective)
    # The long window is the evidence; the short one only says whether it goes on.
    yield BudgetTerm(
        id=short, kind="burn_rate", meaning=meaning, objective=objective, needs_minimum=False
    )


def _alert(catalog: Catalog, step: Step, alert_id: str, name: str, long: str, short: str) -> Alert:
    own, multiple = step.burn_alert, f"{float(step.factor):.12g}"
    grade = own if step.is_budgeted(catalog) else catalog.headroom_alerts
    assert grade is not None
    return Alert(
        id=alert_id,
        name=name,
        tier=grade.tier,
        severity=grade.severity,
        journey=step.journey.id,
        condition=(
            f"{long} > {multiple}x normal for {own.long} "
            f"AND {short} > {multiple}x normal for {own.short}"
        ),
        owner=Assumed[str](value=catalog.owner),
        runbook=Assumed[str](value="none", assumption=own.assumption),
    )
