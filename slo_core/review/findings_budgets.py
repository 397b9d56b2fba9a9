"""Findings about where the month's allocations went."""

from collections.abc import Iterator
from typing import Any

from slo_core.review.finding import (
    LARGE,
    WORTH,
    Finding,
    amount,
    amount_of,
    budget_page,
    missing,
    scored,
    sli_words,
    there,
)
from slo_core.review.monthly import Review
from slo_core.sli.steps import DAY, HOUR
from slo_core.text import count, percent

_SEVERAL_DAYS = 5


_SHARED = "minutes of another incident too, whose failures are split evenly"


def overspent(review: Review) -> Iterator[Finding]:
    """A service that spent more than the month's allocation."""
    for budget in review["budgets"].itertuples():
        if not there(budget.remaining) or budget.remaining >= 0:
            continue
        row = scored(review, budget.service, budget.objective)
        used = budget.consumed / budget.allowed
        yield Finding(
            "overspent",
            f"{budget.name} spent {percent(used, digits=0)} of its month's allocation: "
            f"{amount_of(review, row, budget.consumed, budget.allowed)}.",
            (
                ("Over", amount(review, row, -budget.remaining)),
                ("SLI of the month", sli_words(row)),
            ),
            1100 + min(used, 99),
            "bad",
            **budget_page(review, budget.service, budget.objective),
        )


def incident_cost(review: Review) -> Iterator[Finding]:
    """An incident that took a good part of a month's budget."""
    for budget, impact in _impacts(review):
        row = scored(review, budget.service, budget.objective)
        for found in impact[impact["start"].notna()].itertuples():
            share = found.total / budget.allowed
            if share < WORTH:
                continue
            without = ""
            # Of minutes that two incidents share nobody can tell what there would be without one.
            if budget.remaining < 0 and there(found.excess) and not found.shared:
                held = budget.consumed - found.excess <= budget.allowed
                without = (
                    "; without it the allocation would have lasted"
                    if held
                    else "; without it the allocation would have been overspent all the same"
                )
            yield Finding(
                "incident_cost",
                f"Incident #{found.id}, {found.title}, took {percent(share, digits=0)} of the "
                f"month's allocation of {budget.name}{without}.",
                (
                    ("Failed in its minutes", amount(review, row, found.total)),
                    ("Usual at that hour", amount(review, row, found.usual)),
                    ("Part of all that was spent", _part(found.total, budget.consumed)),
                    *([("Shared", _SHARED)] if found.shared else []),
                ),
                950 + min(share, 49),
                "bad" if budget.remaining < 0 else "warn",
                **budget_page(review, budget.service, budget.objective),
            )


def background(review: Review) -> Iterator[Finding]:
    """A budget of which more than half went outside of every incident."""
    for budget, impact in _impacts(review):
        rest = float(impact.loc[impact["start"].isna(), "total"].sum())
        used = budget.consumed / budget.allowed
        if used < WORTH or rest <= LARGE * budget.consumed:
            continue
        row = scored(review, budget.service, budget.objective)
        yield Finding(
            "background",
            f"{percent(rest / budget.consumed, digits=0)} of what {budget.name} spent was outside "
            "of every incident of the register.",
            (
                ("Outside of incidents", amount(review, row, rest)),
                ("Spent", amount(review, row, budget.consumed)),
                ("Of the month's allocation", percent(used, digits=0)),
            ),
            700 + min(used, 49),
            "warn",
            **budget_page(review, budget.service, budget.objective),
        )


def worst_day(review: Review) -> Iterator[Finding]:
    """One day that spent more than half of a month."""
    for budget in review["budgets"].itertuples():
        days = review["days"]
        days = days[(days["service"] == budget.service) & days["consumed"].notna()]
        if len(days) < _SEVERAL_DAYS or not budget.consumed >= WORTH * budget.allowed:
            continue
        worst = days.loc[days["consumed"].idxmax()]
        if worst["consumed"] <= LARGE * budget.consumed:
            continue
        row = scored(review, budget.service, budget.objective)
        yield Finding(
            "worst_day",
            f"One day, {worst['day'].day} {worst['day']:%B}, took "
            f"{percent(worst['consumed'] / budget.consumed, digits=0)} of what {budget.name} spent "
            "in the month.",
            (
                ("On that day", amount(review, row, worst["consumed"])),
                ("In the month", amount(review, row, budget.consumed)),
            ),
            500,
            "warn",
            **budget_page(review, budget.service, budget.objective),
        )


def off_estimate(review: Review) -> Iterator[Finding]:
    """Traffic far off the estimate that an allocation was made of.

    Where a day's logs and more are missing, that little was counted is not that little came.
    """
    for budget in review["budgets"].itertuples():
        if not budget.off_estimate or not budget.requests:
            continue
        more = budget.requests > budget.expected
        if not more and (review.began or missing(review, budget.service) >= DAY / HOUR):
            continue
        row = scored(review, budget.service, budget.objective)
        ratio = budget.requests / budget.expected
        yield Finding(
            "off_estimate",
            f"{budget.name} had {percent(abs(ratio - 1), digits=0)} {'more' if more else 'fewer'} "
            "requests than the estimate behind its allocation: the allocation is "
            f"{'strict' if more else 'generous'}.",
            (
                ("Requests", count(budget.requests)),
                ("Estimated so far", count(budget.expected)),
                ("Allocated", amount(review, row, budget.allowed)),
                ("Its traffic would allow", amount(review, row, budget.by_traffic)),
            ),
            300,
            "none",
            **budget_page(review, budget.service, budget.objective),
        )


def _impacts(review: Review) -> Iterator[tuple[Any, Any]]:
    """Each service that spent anything, with what its incidents took."""
    for budget in review["budgets"].itertuples():
        impact = review["impact"]
        if there(budget.consumed) and budget.consumed > 0:
            yield budget, impact[impact["service"] == budget.service]


def _part(of: float, whole: float) -> str:
    return percent(of / whole, digits=0) if whole else "no data"
