"""Findings about promises: which were kept, and what the failures of one have in common."""

from collections.abc import Iterator
from typing import Any

from slo_core.review.finding import (
    LARGE,
    Finding,
    amount,
    measured_row,
    name_of,
    rows_with,
    sli_words,
    there,
    why,
)
from slo_core.review.monthly import Review
from slo_core.sli.breakdown import NOT_LOGGED
from slo_core.text import percent

_DISPROPORTIONATE = 1.5
"""A platform that has so many times its part of the traffic in the failures stands out."""


def missed(review: Review) -> Iterator[Finding]:
    """An objective that was missed, and for how long already."""
    for row in rows_with(review, False):
        months = _missed_in_a_row(review, row)
        since = (
            f", for the {_ordinal(months)} month in a row"
            if months > 1
            else ", after it was met the month before"
            if there(row.met_before) and row.met_before
            else ""
        )
        where = f" on {row.platform}, the worst platform" if there(row.platform) else ""
        few = "; it rests on few events, of which less than one might fail" * (row.allowed < 1)
        yield Finding(
            "missed",
            f"{name_of(row)} was missed{where}{since}: {sli_words(row)} of at least "
            f"{percent(row.target)}{few}.",
            (
                ("Bad", amount(review, row, row.consumed)),
                ("Its traffic allowed", amount(review, row, row.allowed)),
                ("Month before", percent(row.sli_before, against=row.target)),
            ),
            _weight(row),
            "bad",
            **why(review, row),
        )


def one_platform(review: Review) -> Iterator[Finding]:
    """A platform that took more than half of what went wrong, and far more than its traffic.

    Where the target was missed it is said whether it would have been met without that platform.
    """
    platforms, enough = review["platforms"], review.catalog.rules.min_valid.value
    for row in review["objectives"].itertuples():
        own = platforms[
            (platforms["journey"] == row.journey) & (platforms["objective"] == row.objective)
        ]
        bad, valid = own["valid"] - own["good"], own["valid"].sum()
        if there(row.platform) or len(own) < 2 or not _is_telling(review, row):
            continue
        worst = own.loc[bad.idxmax()]
        if worst["valid"] < enough:
            continue
        took, share = float(bad.max()), float(bad.max() / bad.sum())
        if share < LARGE or share < _DISPROPORTIONATE * worst["valid"] / valid:
            continue
        rest = (own["good"].sum() - worst["good"]) / (valid - worst["valid"])
        of_budget = percent(took / row.allowed, digits=0)
        if row.met:
            without = ""
        elif rest >= row.target:
            without = "; without it the target was met"
        else:
            without = "; without it the target was missed all the same"
        yield Finding(
            "one_platform",
            f"{name_of(row)} on {worst['platform']} cost {of_budget} of the budget{without}.",
            (
                ("Part of all that was bad", percent(share, digits=0)),
                ("Part of the traffic", percent(worst["valid"] / valid, digits=0)),
                (f"SLI on {worst['platform']}", percent(worst["sli"], against=row.target)),
                ("SLI without it", percent(rest, against=row.target)),
                ("Its traffic allowed", amount(review, row, row.allowed)),
            ),
            690 if row.met else _weight(row) - 0.3,
            "warn" if row.met else "bad",
            **why(review, row, platform=str(worst["platform"])),
        )


def some_platforms(review: Review) -> Iterator[Finding]:
    """Where each platform must hold: those that did not, while others did."""
    enough, platforms = review.catalog.rules.min_valid.value, review["platforms"]
    for row in rows_with(review, False):
        own = platforms[
            (platforms["journey"] == row.journey) & (platforms["objective"] == row.objective)
        ]
        few = own[own["valid"] < enough]
        own = own[own["valid"] >= enough]
        below = own[own["sli"] < row.target].sort_values("sli")
        if not there(row.platform) or below.empty or len(below) == len(own):
            continue
        names = ", ".join(below["platform"])
        held = len(own) - len(below)
        yield Finding(
            "some_platforms",
            f"{name_of(row)} was missed on {names} alone; the other "
            f"{'platform' if held == 1 else f'{held} platforms'} met it.",
            (
                *(
                    (f"SLI on {it.platform}", percent(it.sli, against=row.target))
                    for it in below.itertuples()
                ),
                *([("Too few events to say", ", ".join(few["platform"]))] if len(few) else []),
            ),
            _weight(row) - 0.5,
            "bad",
            **why(review, row, platform=str(below["platform"].iloc[0])),
        )


def one_cause(review: Review) -> Iterator[Finding]:
    """A reason behind more than half of what went wrong.

    Where each platform must hold by itself, of what went wrong on the worst. An endpoint is never
    named: how much traffic each has is not kept, and one with most of the traffic has most of the
    failures however well it does.
    """
    for shown in review["objectives"].itertuples():
        # What failures have in common is kept by the hour, from which nothing can be left out.
        row = measured_row(review, shown)
        if not _is_telling(review, row):
            continue
        parts = review["parts"]
        own = parts[
            (parts["journey"] == row.journey)
            & (parts["objective"] == row.objective)
            & (parts["dimension"] == "reason")
        ]
        if own.empty or own["share"].iloc[0] <= LARGE or own["value"].iloc[0] == NOT_LOGGED:
            continue
        first = own.iloc[0]
        cost = percent(first["bad"] / row.allowed, digits=0)
        measured = "" if row is shown else ", as measured"
        where = f" on {row.platform}" if there(row.platform) else ""
        yield Finding(
            "one_cause",
            f"{percent(first['share'], digits=0)} of what was bad in {name_of(row)}{where} has one "
            f"reason, {first['value'].replace('_', ' ')}: {cost} of the budget{measured}.",
            (
                ("Bad of it", amount(review, row, first["bad"])),
                ("Bad in all", amount(review, row, row.consumed)),
                ("Its traffic allowed", amount(review, row, row.allowed)),
            ),
            600 + first["share"] + (0.5 if row.budgeted else 0),
            "warn",
            **why(review, row),
        )


def met_again(review: Review) -> Iterator[Finding]:
    """An objective that was missed the month before and is met again."""
    for row in rows_with(review, True):
        if there(row.met_before) and not row.met_before:
            yield Finding(
                "met_again",
                f"{name_of(row)} is met again: {sli_words(row)} of at least {percent(row.target)}.",
                (("Month before", percent(row.sli_before, against=row.target)),),
                100,
                "good",
                **why(review, row),
            )


def all_met(review: Review) -> Iterator[Finding]:
    """A whole month in which every objective was met."""
    frame = review["objectives"]
    if review.month.is_partial or not frame["met"].eq(True).fillna(False).all():
        return
    unproved = int((~frame["provable"]).sum())
    of_these = f"; {unproved} of them cannot be proved" if unproved else ""
    met = f"All {len(frame)} objectives were met" if len(frame) > 1 else "The objective was met"
    yield Finding(
        "all_met",
        f"{met}{of_these}.",
        (("Without data", "0"), *([("Not provable", str(unproved))] if unproved else [])),
        50,
        "good",
        filters={},
    )


def _weight(row: Any) -> float:
    """How much a missed objective matters: the budgeted first, then by how far it was missed."""
    return (1000 if row.budgeted else 800) + min(float(row.used), 99.0)


def _is_telling(review: Review, row: Any) -> bool:
    """Whether so much was bad that it tells anything what it has in common."""
    enough = review.catalog.rules.min_failures.value
    return bool(row.used >= LARGE and row.consumed >= enough)


def _missed_in_a_row(review: Review, row: Any) -> int:
    months = review["months"]
    own = months[(months["journey"] == row.journey) & (months["objective"] == row.objective)]
    number = 0
    for met in reversed(list(own["met"])):
        if not there(met) or met:
            break
        number += 1
    return number


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")
