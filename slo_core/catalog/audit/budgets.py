"""Budgets against their own arithmetic: allocations, hourly levels, what is said of them."""

from collections.abc import Iterator
from datetime import timedelta

from slo_core.catalog.audit.amounts import (
    DAY,
    HOUR,
    MONTH,
    NOISE,
    Allotment,
    agrees,
    allotments,
    number,
)
from slo_core.catalog.audit.finding import Finding
from slo_core.catalog.budgets import StatedShare
from slo_core.catalog.model import Catalog
from slo_core.durations import parse_duration
from slo_core.text import factor, listed, percent

_FAR_OFF = 0.1
"""A share further than this from the true one is no rounding but a wrong figure."""

_SAME_LEVEL = 1.1
"""Levels whose burn rates are this close, as a factor, mean the same."""

_SECONDS = {"failures": 1, "seconds": 1, "minutes": 60}
_MONTHS = (timedelta(days=28), timedelta(days=31))


def allocation(catalog: Catalog) -> Iterator[Finding]:
    """An allocation is estimate × (1 - target), or that share of the month's time."""
    for own in allotments(catalog):
        given, rate = own.allocation, own.objective.error_rate
        if given.share_of_month is not None:
            if abs(given.share_of_month - rate) <= NOISE:
                continue
            found = f"{percent(given.share_of_month, digits=4)} of the month's time"
            true = f"1 - {own.objective.target:g} is {percent(rate, digits=4)}"
            repair = f"{rate:g} as share_of_month"
        elif own.budget.unit == "seconds":
            low, high = (rate * month.total_seconds() for month in _MONTHS)
            if low - NOISE <= own.allowed <= high + NOISE:
                continue
            found = f"{own.words(own.allowed)} a month"
            true = (
                f"1 - {own.objective.target:g} of a month is {own.words(low)} to {own.words(high)}"
            )
            repair = f"{own.words(rate * MONTH.total_seconds())}, or a share_of_month of {rate:g}"
        elif given.estimated_requests is not None:
            amount = given.estimated_requests * rate
            if agrees(own.allowed, amount):
                continue
            found = f"{own.words(own.allowed)} a month"
            true = (
                f"{number(given.estimated_requests)} estimated requests × "
                f"(1 - {own.objective.target:g}) are {own.words(amount)}"
            )
            repair = own.words(amount)
        else:
            continue
        yield Finding(
            "budgets.allocation",
            "error",
            f"{own.where}.{'allowed' if given.share_of_month is None else 'share_of_month'}",
            own.section,
            f"The allocation is {found}; {true}.",
            "The objective and its budget promise different things: one can be kept while the "
            "other is broken.",
            f"Allocate {repair}, or change the target or the estimate.",
        )


def stated_share(catalog: Catalog) -> Iterator[Finding]:
    """The day's and the hour's share are the month's, divided."""
    for own in allotments(catalog):
        for index, stated in enumerate(own.allocation.stated):
            true = own.allowed * ((DAY if stated.per == "day" else HOUR) / MONTH)
            true /= _SECONDS[stated.unit]
            if not agrees(stated.amount, true):
                yield _wrong_share(own, stated, true, f"{own.where}.stated[{index}]")


def _wrong_share(own: Allotment, stated: StatedShare, true: float, where: str) -> Finding:
    parts = MONTH // (DAY if stated.per == "day" else HOUR)
    return Finding(
        "budgets.stated_share",
        "error" if abs(stated.amount / true - 1) > _FAR_OFF else "note",
        where,
        own.section,
        f"{own.words(own.allowed)} a month over {parts} {stated.per}s are "
        f"{number(true)} {stated.unit} {_an(stated.per)}; the document says "
        f"{number(stated.amount)}, {percent(abs(stated.amount / true - 1), digits=1)} "
        f"{'more' if stated.amount > true else 'less'}.",
        "Whoever keeps to the share of a day or an hour keeps to another budget than the month's.",
        f"Write {number(true)} {stated.unit} per {stated.per}.",
    )


def normal_level(catalog: Catalog) -> Iterator[Finding]:
    """What is called normal can go on for the whole month."""
    for own in allotments(catalog):
        count = own.allocation.hourly.warning_from
        burn = own.burn(count)
        if burn <= 1 + NOISE:
            continue
        days = own.allowed / count / (DAY / HOUR)
        yield Finding(
            "budgets.normal_level",
            "error",
            f"{own.where}.hourly.warning_from",
            own.section,
            f"Up to {own.words(count)} an hour are called normal. The month's "
            f"{own.words(own.allowed)} are {_exact(own, own.hourly)} an hour, so that is a burn "
            f"rate of {number(burn)}: it spends the whole month in {number(days)} days.",
            "A service can run out of its budget in the first half of a month without one hour "
            "that anybody would call unusual."
            if days < 15
            else "A service can run out of its budget before the month ends without one hour that "
            "anybody would call unusual.",
            f"Let the warning begin at {_exact(own, own.hourly)} an hour or less: a burn rate of "
            "1.",
        )


def burn_label(catalog: Catalog) -> Iterator[Finding]:
    """A burn rate that is written beside a level is one of that level's burn rates."""
    for own in allotments(catalog):
        hourly = own.allocation.hourly
        wrong: list[str] = []
        for stated in hourly.stated:
            count = hourly.warning_from if stated.level == "warning" else hourly.critical_above
            readings = _readings(own, count)
            if stated.burn_rate is None or any(
                agrees(stated.burn_rate, value) for value in readings.values()
            ):
                continue
            said = listed([f"{percent(value)} {name}" for name, value in readings.items()])
            wrong.append(f"{own.words(count)} an hour are {said}, not {percent(stated.burn_rate)}")
        if wrong:
            yield Finding(
                "budgets.burn_label",
                "error",
                f"{own.where}.hourly.stated",
                own.section,
                f"{_capital('; '.join(wrong))}.",
                "The label matches no reading of the document's own numbers, so nobody can set an "
                "alert from it or check one against it.",
                "Write the burn rate itself: "
                f"{factor(own.burn(hourly.warning_from))} where the warning begins, "
                f"{factor(own.burn(hourly.critical_above))} where it is critical.",
            )


def _readings(own: Allotment, count: float) -> dict[str, float]:
    """Everything that "burn rate" could mean for so many failures or seconds in an hour."""
    found = {
        "of an even hour's share of the budget": own.burn(count),
        "of a day's share": count / (own.allowed * (DAY / MONTH)),
        "of the month's budget": count / own.allowed,
    }
    if own.budget.unit == "seconds":
        found["of the hour"] = count / HOUR.total_seconds()
    elif own.allocation.estimated_requests:
        hour = own.allocation.estimated_requests * (HOUR / MONTH)
        found["of the hour's estimated requests"] = count / hour
    return found


def exhaustion_claim(catalog: Catalog) -> Iterator[Finding]:
    """A level spends the month as soon as the document says."""
    for own in allotments(catalog):
        hourly = own.allocation.hourly
        for index, stated in enumerate(hourly.stated):
            if stated.exhausts_within is None:
                continue
            count = hourly.warning_from if stated.level == "warning" else hourly.critical_above
            claimed, hours = stated.exhausts_within / HOUR, own.allowed / count
            if hours <= claimed * (1 + NOISE):
                continue
            yield Finding(
                "budgets.exhaustion_claim",
                "error",
                f"{own.where}.hourly.stated[{index}].exhausts_within",
                own.section,
                f"{_capital(own.words(own.allowed))} a month at {own.words(count)} an hour last "
                f"{number(hours)} hours, not under {number(claimed)}; to spend them in "
                f"{number(claimed)} hours takes {own.words(own.allowed / claimed)} an hour.",
                f"Whoever trusts the figure thinks the budget nearly gone when "
                f"{percent(1 - claimed / hours, digits=0)} of it would be left.",
                f"Write {number(hours)} hours, or let the level begin at "
                f"{own.words(own.allowed / claimed)} an hour.",
            )


def windows(catalog: Catalog) -> Iterator[Finding]:
    """An objective and its budget look at the same time."""
    for budget in catalog.budgets:
        own = next(it for it in allotments(catalog, in_force=True) if it.budget is budget)
        length = own.objective.window_length
        policy = parse_duration(budget.policy_window)
        monthly = _MONTHS[0] <= length <= _MONTHS[1]
        if monthly and policy == length:
            continue
        others = ([] if policy == length else [f"the policy at {budget.policy_window}"]) + (
            [] if monthly else ["the budget at a month"]
        )
        part = own.allowed * (length / MONTH)
        other = policy if monthly else MONTH
        yield Finding(
            "budgets.window",
            "warning",
            f"{own.journey.id}.{own.objective.id}.window",
            f"{own.journey.document}; {own.section}",
            f"The objective looks at {own.objective.window}, {listed(others)}. At the rate of the "
            f"month's {own.words(own.allowed)}, {own.objective.window} allow {own.words(part)}; "
            f"one more misses the objective and has spent {percent(length / other, digits=0)} of "
            f"what {_days(other)} allow.",
            "The objective can be missed while its budget is healthy, and met while its budget is "
            "gone: people argue about which of the two counts.",
            f"Give the objective the window of its budget, or the budget that of the objective "
            f"({own.objective.window}).",
        )


def levels(catalog: Catalog) -> Iterator[Finding]:
    """The same word stands for the same burn rate with every service."""
    own = allotments(catalog, in_force=True)
    if len(own) < 2:
        return
    warning = {it.journey.name: it.burn(it.allocation.hourly.warning_from) for it in own}
    critical = {it.journey.name: it.burn(it.allocation.hourly.critical_above) for it in own}
    if all(max(of.values()) <= _SAME_LEVEL * min(of.values()) for of in (warning, critical)):
        return
    said = [
        f"{name} is at warning from a burn rate of {number(warning[name])} (the month in "
        f"{number(MONTH / DAY / warning[name])} days) and critical above {number(critical[name])} "
        f"({number(MONTH / DAY / critical[name])} days)"
        for name in warning
    ]
    yield Finding(
        "budgets.levels",
        "note",
        "budgets",
        "Burn rate thresholds of all budgets",
        f"In burn rates, {'; '.join(said)}.",
        "The same word is an emergency for one service and an ordinary day for another, and "
        "whoever is on call for both cannot see it.",
        "Choose one burn rate for each level and derive each service's hourly figures from it.",
    )


def _exact(own: Allotment, amount: float) -> str:
    """An amount without rounding it up, so that it is still within the budget."""
    return f"{number(amount)} {own.budget.unit}"


def _days(length: timedelta) -> str:
    return f"{number(length / DAY)} days"


def _an(per: str) -> str:
    return "an hour" if per == "hour" else "a day"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
