"""The arithmetic that rules share: months, hours, expected traffic, and numbers as written."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from slo_core.catalog.budgets import Allocation, Budget
from slo_core.catalog.model import Catalog
from slo_core.catalog.objectives import Journey, Objective
from slo_core.text import duration

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MONTH = timedelta(days=30)
"""The month of the arithmetic: documents divide by 30 days, and a day more decides nothing."""

NOISE = 1e-9
"""What sums of floats leave behind: two figures this close are the same."""


@dataclass(frozen=True)
class Allotment:
    """One dated allocation of a budget with what it means in a month of 30 days."""

    budget: Budget
    allocation: Allocation
    journey: Journey
    objective: Objective
    where: str
    """Its place in the catalogue."""

    @property
    def section(self) -> str:
        """The budget as people call it."""
        return f"Error budget of {self.journey.name}"

    @property
    def allowed(self) -> float:
        """Failures or seconds that a month allows."""
        return self.allocation.allowed_in(MONTH.total_seconds())

    @property
    def hourly(self) -> float:
        """The even share of an hour, in the budget's unit: what a burn rate of 1 spends."""
        return self.allowed / (MONTH / HOUR)

    def burn(self, an_hour: float) -> float:
        """The burn rate of an hour with so many failures or seconds."""
        return an_hour / self.hourly

    def words(self, amount: float) -> str:
        """An amount of the budget with its unit: ``2,500 failures``, ``43 min 12 s``."""
        if self.budget.unit == "seconds":
            return duration(amount)
        return f"{number(amount)} {self.budget.unit}"


def allotments(catalog: Catalog, *, in_force: bool = False) -> list[Allotment]:
    """Every allocation of every budget, or those in force when the catalogue takes effect."""
    return [
        Allotment(
            budget,
            allocation,
            catalog.journey(budget.service),
            catalog.objective(budget.service, budget.objective),
            f"budgets.{budget.service}.allocations[{index}]",
        )
        for budget in catalog.budgets
        for index, allocation in enumerate(budget.allocations)
        if not in_force or allocation is budget.allocation_on(catalog.effective_from)
    ]


def expected(catalog: Catalog, journey_id: str, over: timedelta = MONTH) -> float | None:
    """The requests that a journey is estimated to have in a time, None without an estimate.

    The journey's own figure; without one that of its budget, when the catalogue takes effect.
    """
    journey, budget = catalog.journey(journey_id), catalog.budget(journey_id)
    if journey.monthly_requests:
        monthly: float | None = journey.monthly_requests.value
    else:
        of = budget and budget.allocation_on(catalog.effective_from)
        monthly = of.estimated_requests if of else None
    return None if monthly is None else monthly * (over / MONTH)


def traffic(catalog: Catalog, journey_id: str) -> str:
    """The requests that a journey is estimated to have in a month, in words; "" without any."""
    requests, assumed = expected(catalog, journey_id), catalog.journey(journey_id).monthly_requests
    if requests is None:
        return ""
    mark = " (an assumption)" if assumed and assumed.assumption else ""
    return f"{number(requests)} requests estimated a month{mark}"


def number(value: float) -> str:
    """A number with three digits that count: ``2,500``, ``86.4``, ``2.88``."""
    if abs(value) >= 100:
        return f"{round(value):,}"
    return f"{value:.3g}"


def agrees(written: float, true: float) -> bool:
    """Whether a number is the true one as far as it is written: 1.4 stands for 1.35 to 1.45."""
    exponent = Decimal(repr(written)).normalize().as_tuple().exponent
    half = 0.5 * 10.0 ** min(0, int(exponent))
    return abs(written - true) <= half + NOISE * max(1.0, abs(true))


def where_of(journey: Journey, objective: Objective) -> str:
    """The place of an objective in the catalogue."""
    return f"{journey.id}.{objective.id}"


def named(journey: Journey, objective: Objective) -> str:
    """An objective as people call it."""
    return f"{journey.name}, {objective.name}"
