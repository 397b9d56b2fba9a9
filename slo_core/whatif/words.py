"""What a scenario would do, in sentences for people."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from slo_core.budget.course import Key
from slo_core.catalog import Availability, Catalog
from slo_core.figures.words import amount_words, budget_words, chance_words, policy_words
from slo_core.text import clock, duration, percent
from slo_core.whatif.changed_events import (
    Maintenance,
    MonthReplayed,
    RepeatedIncident,
    ShorterIncident,
    WithoutIncident,
)
from slo_core.whatif.changed_numbers import FailureRate, Release, Traffic
from slo_core.whatif.reality import Reality
from slo_core.whatif.scenario import Scenario
from slo_core.whatif.standing import Outlook, Standing

_SAME = 1e-9


def affordable_words(own: Standing, catalog: Catalog, at: datetime) -> str:
    """What may still fail: ``You can afford 410 more failures until ..., or a 22 min outage ...``.

    Of a month's budget, until its end; else of the rolling budget, now.
    """
    found = own.affordable
    if found.amount is None:
        return "No data, so nobody knows what can be afforded."
    until = (
        f"until {clock(found.until)}" if found.until else f"over the {own.rolling.window} window"
    )
    if found.amount <= 0:
        over = amount_words(own.objective, -found.amount)
        spent = "It is spent to the last" if found.amount == 0 else f"{over} too many already"
        return f"{spent}: no more can be afforded {until}."
    more = amount_words(own.objective, found.amount)
    if isinstance(own.objective.indicator, Availability):
        return f"You can afford {more} of downtime {until}."
    outage = ""
    if found.at_peak is not None:
        outage = f", or an outage of {duration(found.at_peak)} at peak"
    return f"You can afford {_more(more)} {until}{outage}."


def differences(
    catalog: Catalog, at: datetime, pairs: Sequence[tuple[Standing, Standing]]
) -> list[str]:
    """What differs between worlds, objective by objective, the budgeted first."""
    ordered = sorted(pairs, key=lambda pair: pair[0].service is None)
    sentences = [
        f"{name_of(catalog, real)}: {said}"
        for real, changed in ordered
        for said in _of_one(catalog, at, real, changed)
    ]
    return sentences or ["Nothing changes."]


def name_of(catalog: Catalog, own: Standing) -> str:
    """What people call an objective: the service, or journey and objective."""
    journey = catalog.journey(own.key[0]).name
    return journey if own.service else f"{journey}, {own.objective.name}"


def _of_one(catalog: Catalog, at: datetime, real: Standing, changed: Standing) -> Iterator[str]:
    if real is changed:
        return
    if (real.policy, real.exit_confirmed) != (changed.policy, changed.exit_confirmed):
        yield (
            f"the policy's state is {_state(changed)} instead of {_state(real)}"
            + (f", since {clock(changed.policy_since)}." if changed.policy_since else ".")
        )
    if _differ(real.sli, changed.sli) or real.met != changed.met:
        word = ""
        if real.met != changed.met:
            word = f": {_met(changed.met)} instead of {_met(real.met)}"
        target = changed.objective.target
        now, before = _apart(changed.sli, real.sli, target, real.objective.target)
        yield f"the SLI over {changed.objective.window} is {now} instead of {before}{word}."
    yield from _left(real, changed)
    yield from _runs_out("rolling", real.rolling_outlook, changed.rolling_outlook)
    if real.calendar_outlook and changed.calendar_outlook:
        yield from _runs_out("month's", real.calendar_outlook, changed.calendar_outlook)
    yield from _expected(real, changed)
    before, after = (affordable_words(it, catalog, at) for it in (real, changed))
    if before != after:
        yield f"{after[0].lower()}{after[1:]}{_instead(real, changed)}"


def _left(real: Standing, changed: Standing) -> Iterator[str]:
    for name, one, other in (
        (f"rolling {changed.rolling.window}", real.rolling, changed.rolling),
        ("month's", real.calendar, changed.calendar),
    ):
        if one is None or other is None:
            continue
        if _differ(one.remaining_ratio, other.remaining_ratio) or _differ(
            one.remaining, other.remaining
        ):
            words = budget_words(changed.objective, other.remaining, other.allowed)
            yield (
                f"of the {name} budget {percent(other.remaining_ratio, digits=1)} is left instead "
                f"of {percent(one.remaining_ratio, digits=1)} ({words})."
            )


def _runs_out(name: str, one: Outlook, other: Outlook) -> Iterator[str]:
    if one.exhausted != other.exhausted:
        yield f"the {name} budget is {_spent(other)} instead of {_spent(one)}."
        if other.exhausted:
            return
    if other.exhausted:
        if one.recovery != other.recovery:
            yield (
                f"the {name} budget has something left again {_when(other.recovery, other)} "
                f"instead of {_when(one.recovery, one)}."
            )
        return
    before, after = chance_words(one.probability), chance_words(other.probability)
    if before != after or one.p50 != other.p50:
        instead = "" if one.exhausted or before == after else f" instead of {before}"
        yield (
            f"the {name} budget runs out before {clock(other.until)} with a probability of "
            f"{after}{instead}{_dates(other)}."
        )


def _expected(real: Standing, changed: Standing) -> Iterator[str]:
    """What is to fail until the month's end, or the horizon, in the mean of the futures."""
    one = real.calendar_outlook or real.rolling_outlook
    other = changed.calendar_outlook or changed.rolling_outlook
    if one.expected is None or other.expected is None or not _differ(one.expected, other.expected):
        return
    now, before = (amount_words(changed.objective, it.expected) for it in (other, one))
    if now != before:
        yield f"{now} are to be expected until {clock(other.until)} instead of {before}."


def _apart(
    one: float | None, other: float | None, target: float, real_target: float
) -> tuple[str, str]:
    """Two ratios in as many digits as tell them apart."""
    for digits in range(2, 9):
        texts = (
            percent(one, digits=digits, against=target),
            percent(other, digits=digits, against=real_target),
        )
        if texts[0] != texts[1] or one == other:
            break
    return texts


def _dates(found: Outlook) -> str:
    if found.p50 is not None:
        late = clock(found.p90) if found.p90 else "later"
        return (
            f", as likely before as after {clock(found.p50)} (P10 {clock(found.p10)}, P90 {late})"
        )
    if found.p10 is not None:
        return f", at the earliest about {clock(found.p10)} (P10)"
    return ""


def _instead(real: Standing, changed: Standing) -> str:
    one, other = real.affordable.amount, changed.affordable.amount
    if one is None or other is None or abs(one - other) < _SAME:
        return ""
    apart = amount_words(changed.objective, abs(other - one))
    return (
        f" That is {apart} {'more' if other > one else 'fewer'} than in reality."
        if (not isinstance(changed.objective.indicator, Availability))
        else f" That is {apart} {'more' if other > one else 'less'} than in reality."
    )


def notes(
    reality: Reality, scenario: Scenario, changed: Iterable[Standing], touched: set[Key]
) -> list[str]:
    """What a reader must know of a scenario beside its figures."""
    catalog, at = reality.catalog, reality.at
    horizon = at + timedelta(hours=reality.grid.horizon)
    found = [
        f"{name_of(catalog, own)} is approximate: the threshold lies within a bin of the "
        "histogram, which is 2 % wide."
        for own in changed
        if own.key in touched and own.approximate
    ]
    shown = [own for own in changed if isinstance(own.objective.indicator, Availability)]
    for change in scenario.changes:
        match change:
            case Traffic() | FailureRate() | Release():
                since = change.since or at
                if since >= horizon:
                    found.append(f"{change.kind} {change} begins after the horizon.")
                own = [it for it in shown if change.journey in (None, it.key[0])]
                named = isinstance(change, FailureRate) and change.objective
                if own and not named:
                    names = ", ".join(name_of(catalog, it) for it in own)
                    found.append(
                        f"{change.kind} {change} leaves {names} as it is: it counts seconds down, "
                        "which neither traffic nor single failures change."
                    )
            case RepeatedIncident():
                incident = reality.incidents[change.incident]
                moment = change.again(incident.start, at)
                if moment >= horizon:
                    found.append(f"{change.kind} {change} happens after the horizon.")
                else:
                    found.append(f"Incident {change.incident} happens again at {clock(moment)}.")
            case Maintenance() if change.start >= horizon:
                found.append(f"{change.kind} {change} begins after the horizon.")
            case WithoutIncident() | ShorterIncident() if any(
                own.key in touched and own.objective.per_platform for own in changed
            ):
                found.append(
                    "Of an objective that each platform must meet, the one is shown that is worst "
                    "in reality."
                )
            case MonthReplayed():
                found.append(
                    f"The coming hours are those of {change}, one future: probabilities are 0 or 1."
                )
    return found


def _differ(one: float | None, other: float | None, by: float = _SAME) -> bool:
    if one is None or other is None:
        return one is not other
    return abs(one - other) > by * max(1.0, abs(one)) if by == _SAME else abs(one - other) >= by


def _state(own: Standing) -> str:
    return policy_words(own.policy, own.exit_confirmed).lower()


def _met(met: bool | None) -> str:
    return {True: "met", False: "missed", None: "no data"}[met]


def _spent(found: Outlook) -> str:
    return "spent" if found.exhausted else "not spent"


def _when(moment: datetime | None, found: Outlook) -> str:
    return f"by {clock(moment)}" if moment else f"not before {clock(found.until)}"


def _more(words: str) -> str:
    """``410 failures`` as ``410 more failures``."""
    number, space, noun = words.partition(" ")
    return f"{number} more {noun}" if space else f"{words} more"
