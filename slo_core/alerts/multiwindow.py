"""Multiwindow, multi-burn-rate alerts for every budget, beside the document's own (DESIGN 2.4).

Each of the catalogue's `burn_alerts` says which share of a budget is spent in a long window; the
burn rate of that follows from the window of the budget's objective. The short window says whether
it still goes on. They are ordinary alerts in the language of conditions, evaluated like any other.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from functools import lru_cache

from slo_core.catalog import Alert, Assumed, Budget, BudgetTerm, BurnAlert, Catalog
from slo_core.durations import parse_duration
from slo_core.rollup import Rollup

_LONG, _SHORT = "burn_rate_over", "burn_rate_now"


@dataclass(frozen=True)
class Step:
    """One burn alert on one budget: the factor above which it fires, and the largest possible."""

    burn_alert: BurnAlert
    budget: Budget
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


def steps(catalog: Catalog) -> list[Step]:
    """Every burn alert on every budget (DESIGN 2.4): 2 % in 1 h is 14.4 over 30 days.

    The factor is share × the objective's window / the long window; the largest possible burn rate
    is 1 / (1 - target).
    """
    return [
        Step(alert, budget, _factor(catalog, alert, budget), _largest(catalog, budget))
        for alert in catalog.burn_alerts
        for budget in catalog.budgets
    ]


def _factor(catalog: Catalog, alert: BurnAlert, budget: Budget) -> Fraction:
    window = catalog.objective(budget.service, budget.objective).window_length
    tick = timedelta.resolution
    return Fraction(repr(alert.spends)) * Fraction(
        window // tick, parse_duration(alert.long) // tick
    )


def _largest(catalog: Catalog, budget: Budget) -> float:
    return 1 / catalog.objective(budget.service, budget.objective).error_rate


@lru_cache(maxsize=4)
def multiwindow(rollup: Rollup) -> tuple[Rollup, tuple[Alert, ...]]:
    """The burn alerts as `with_burn_alerts` has them, and the rollup with its catalogue.

    Of the same rollup always the same one: what others keep for it is found again.
    """
    catalog, alerts = with_burn_alerts(rollup.catalog)
    return replace(rollup, catalog=catalog), alerts


def with_burn_alerts(catalog: Catalog) -> tuple[Catalog, tuple[Alert, ...]]:
    """The catalogue with the terms of its burn alerts, and those as alerts.

    The catalogue need not have a word for the burn rate. Left out are those that are slower than
    on budget, and those that can never fire; `steps` has them.
    """
    terms = (*catalog.terms, *_terms())
    return catalog.model_copy(update={"terms": terms}), tuple(_alerts(catalog))


def _terms() -> Iterator[BudgetTerm]:
    meaning = "How many times faster than evenly over its window an error budget is spent."
    yield BudgetTerm(id=_LONG, kind="burn_rate", meaning=meaning)
    # The long window is the evidence; the short one only says whether it goes on.
    yield BudgetTerm(id=_SHORT, kind="burn_rate", meaning=meaning, needs_minimum=False)


def _alerts(catalog: Catalog) -> Iterator[Alert]:
    for step in steps(catalog):
        if not (step.is_faster and step.can_fire):
            continue
        alert = step.burn_alert
        multiple = f"{float(step.factor):.12g}"
        yield Alert(
            id=alert.id,
            name=alert.name,
            tier=alert.tier,
            severity=alert.severity,
            journey=step.budget.service,
            condition=(
                f"{_LONG} > {multiple}x normal for {alert.long} "
                f"AND {_SHORT} > {multiple}x normal for {alert.short}"
            ),
            owner=Assumed[str](value=catalog.owner),
            runbook=Assumed[str](value="none", assumption=alert.assumption),
        )
