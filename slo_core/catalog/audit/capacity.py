"""Growth that is expected, against the budgets that are to carry it."""

from collections.abc import Iterator

from slo_core.catalog.audit.amounts import allotments, number
from slo_core.catalog.audit.finding import Finding
from slo_core.catalog.model import Catalog
from slo_core.catalog.operations import RequestsMeasure, quarter_start
from slo_core.text import percent


def outgrown_allocation(catalog: Catalog) -> Iterator[Finding]:
    """The traffic that is expected of a quarter is what its budget was made for."""
    tolerance = catalog.rules.estimate_tolerance.value
    for line in catalog.growth:
        measure = line.measure
        budget = catalog.budget(measure.journey) if isinstance(measure, RequestsMeasure) else None
        if budget is None or budget.unit != "failures":
            continue
        rate = catalog.objective(budget.service, budget.objective).error_rate
        said: list[str] = []
        for quarter in sorted(line.quarters, key=quarter_start):
            projected = line.quarters[quarter]
            allocation = budget.allocation_on(quarter_start(quarter))
            estimate, allowed = allocation.estimated_requests, allocation.allowed
            if not estimate or not allowed or projected <= estimate * (1 + tolerance):
                continue
            said.append(
                f"{quarter} expects {number(projected)} {line.unit} a month against a budget for "
                f"{number(estimate)}: {number(allowed)} failures are then "
                f"{percent(allowed / projected, digits=3)} instead of {percent(rate, digits=3)}"
            )
        if not said:
            continue
        own = next(it for it in allotments(catalog) if it.budget is budget)
        yield Finding(
            "capacity.outgrown_allocation",
            "warning",
            f"growth.{line.id}",
            f"{line.name}; {own.section}",
            f"{'; '.join(said)}.",
            "As the traffic grows the fixed budget turns into a much stricter objective than was "
            "promised, and is gone early every month.",
            "Date an allocation for each quarter: estimate × (1 - target).",
        )
