"""Tighten, loosen, split, drop or keep: what the figures of an objective suggest, and why.

Suggestions are for people to decide on. They come in this order: a quarter without data; a platform
that alone made it missed; an objective that history would not have kept; and one that it kept with
ease. Everything that a rule weighs is named in its reason.
"""

import math
from dataclasses import dataclass
from typing import Literal

from slo_core.catalog import Latency, Measurement, Objective, Success
from slo_core.review.relevance import FEW_MONTHS, KEPT, MANY_MONTHS, Relevance, Tightest
from slo_core.text import counted, figure, percent

Kind = Literal["tighten", "loosen", "split", "drop", "keep", "no data"]

EASE = 0.5
"""Of what a median month allows, the part that has to be left for a tighter promise."""

IDLE = 0.9
"""From which part on, with nothing ever decided, an objective is one to drop."""

_SMALL_PART = 0.5
"""A platform that is split off has less than this part of the events."""

_NICE_ERRORS = (1, 2, 2.5, 5)
_NICE_VALUES = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 8, 9)


@dataclass(frozen=True)
class Suggestion:
    """What to do with an objective, and why.

    ``change`` is what `slo_core.review.proposal` takes, such as ``threshold:web.lcp_p75=2000``;
    None where there is nothing to change.
    """

    kind: Kind
    reason: str
    change: str | None = None


def suggest(found: Relevance) -> Suggestion:
    """What the figures of one objective suggest."""
    known, met = len(found.known), found.met
    often = f"met in {met} of {counted(known, 'month')}"
    if not found.has_data:
        why = (
            "So little was counted in the quarter that not one bad event is allowed"
            if (found.months["valid"] > 0).any()
            else "Nothing was counted in the quarter"
        )
        return Suggestion("no data", f"{why}: measure it, or drop it for now.")
    if found.missed_now and (alone := _alone(found)):
        why = f"Missed in {' and '.join(found.missed_now)} because of {alone} alone: without it "
        why += "the promise was kept."
        if not isinstance(found.objective.indicator, Success):
            return Suggestion("split", f"{why} Promise it apart from that platform.")
        return Suggestion(
            "split",
            f"{why} Promise each platform for itself (per_platform: true in the catalogue).",
            f"split:{found.journey.id}.{found.objective.id}",
        )
    if known >= FEW_MONTHS and met < KEPT * known:
        return _missed(found, often)
    if found.missed_now:
        return Suggestion("keep", f"Missed in {' and '.join(found.missed_now)}, {often}.")
    if known < FEW_MONTHS:
        return Suggestion(
            "keep",
            f"{often.capitalize()}: too few to change a promise on ({FEW_MONTHS} are needed).",
        )
    return _met(found, often)


def _missed(found: Relevance, often: str) -> Suggestion:
    noticed = found.noticed
    if noticed.answer:
        told = []
        if noticed.incidents:
            told.append(f"{counted(noticed.incidents, 'incident')} on its bad days")
        if noticed.high is not None and noticed.high < 0:
            told.append(f"ratings fell from {noticed.rating_else:.2f} to {noticed.rating:.2f}")
        return Suggestion(
            "keep",
            f"{often.capitalize()}, and people noticed ({', '.join(told)}): mend the service, not "
            "the promise.",
        )
    if noticed.answer is None:
        return Suggestion(
            "keep",
            f"{often.capitalize()}; whether anyone noticed is not known, for want of incidents and "
            "of enough ratings: ask before you loosen it.",
        )
    slack = looser(found.objective, found.tightest.figure) if found.tightest else None
    to = f" to {in_words(found.objective, slack)}" if slack is not None else ""
    return Suggestion(
        "loosen",
        f"{often.capitalize()}, and nobody noticed: ratings were no lower on its {noticed.days} "
        f"bad days, and there was no incident. Loosen it{to}, or say why it matters.",
        None if slack is None else change(found, slack),
    )


def _met(found: Relevance, often: str) -> Suggestion:
    headroom, tightest = found.headroom, found.tightest
    assert headroom is not None
    assert tightest is not None
    left = f"{often}, and a median month left {percent(headroom, digits=0)} of what it allowed"
    strict = None
    if tightest.low is not None and tightest.high is not None:
        # The slack end of the interval: what history promises least.
        end = tightest.high if _less_is_better(found.objective) else tightest.low
        strict = tighter(found.objective, end)
    if headroom >= EASE and strict is not None:
        to = in_words(found.objective, strict)
        idle = headroom >= IDLE and not found.decided.anything and not found.noticed.answer
        if idle and not found.objective.budgeted:
            return Suggestion(
                "drop",
                f"{left.capitalize()}, and it decided nothing in the quarter. Drop it, or tighten "
                f"it to {to} so that it says something.",
                change(found, strict),
            )
        return Suggestion(
            "tighten",
            f"{left.capitalize()}: history would have kept {to} in {_most_of(tightest)}.",
            change(found, strict),
        )
    if headroom >= EASE:
        left += "; no round figure that is stricter would surely have been kept"
    return Suggestion("keep", f"{left.capitalize()}.")


def _most_of(tightest: Tightest) -> str:
    """The part of history that kept the tightest figure: in under ten months, all of them."""
    if tightest.months < MANY_MONTHS:
        return f"each of {tightest.months} months"
    return "nine of ten months"


def _alone(found: Relevance) -> str | None:
    """The platform without which no month of the quarter would have been missed."""
    objective, frame = found.objective, found.platforms
    if objective.per_platform or frame.empty:
        return None
    names: set[str] | None = None
    targets = found.months.set_index("month")["target"]
    for month in found.missed_now:
        rows = frame[frame["month"] == month]
        total = rows[["good", "valid"]].sum()
        own = set()
        for row in rows.itertuples():
            good, valid = total["good"] - row.good, total["valid"] - row.valid
            if row.valid < _SMALL_PART * total["valid"] and valid > 0:
                # What was promised then.
                if good / valid >= targets[month]:
                    own.add(str(row.platform))
        names = own if names is None else names & own
    return min(names) if names else None


def _less_is_better(objective: Objective) -> bool:
    return (
        isinstance(objective.indicator, Latency | Measurement)
        and objective.threshold is not None
        and objective.threshold.below is not None
    )


def _is_value(objective: Objective) -> bool:
    return isinstance(objective.indicator, Latency | Measurement)


def tighter(objective: Objective, kept: float) -> float | None:
    """The strictest round figure that ``kept`` still keeps; None where it is no stricter than now.

    A threshold for percentiles, a target for the rest.
    """
    if not _is_value(objective):
        error = _round_up(max(1 - kept, 1e-9), _NICE_ERRORS)
        return _target(error) if error < objective.error_rate * (1 - 1e-9) else None
    assert objective.threshold is not None
    now = objective.threshold.value
    if not math.isfinite(kept) or kept <= 0:
        return None
    if objective.threshold.below is not None:
        found = _round_up(kept, _NICE_VALUES, beyond=True)
        return found if found < now else None
    found = 1 / _round_up(1 / kept, _NICE_ERRORS, beyond=True)
    return found if found > now else None


def looser(objective: Objective, kept: float) -> float | None:
    """The strictest round figure that ``kept`` keeps, where that is looser than now."""
    if not _is_value(objective):
        error = _round_up(1 - kept, _NICE_ERRORS)
        return _target(error) if objective.error_rate < error < 1 else None
    assert objective.threshold is not None
    now = objective.threshold.value
    if not math.isfinite(kept) or kept <= 0:
        return None
    if objective.threshold.below is not None:
        found = _round_up(kept, _NICE_VALUES, beyond=True)
        return found if found > now else None
    found = 1 / _round_up(1 / kept, _NICE_ERRORS, beyond=True)
    return found if found < now else None


def _target(error: float) -> float:
    return round(1 - error, 10)


def _round_up(number: float, nice: tuple[float, ...], *, beyond: bool = False) -> float:
    """The least round number that is not below ``number``, or, ``beyond``, that is above it."""
    power = math.floor(math.log10(number))
    steps = [it * 10.0**exponent for exponent in (power - 1, power, power + 1) for it in nice]
    room = number * (1 + 1e-9) if beyond else number * (1 - 1e-9)
    return float(f"{min(step for step in steps if step > room):.12g}")


def change(found: Relevance, value: float) -> str:
    """The change of a promise as `slo_core.whatif` writes it."""
    name = f"{found.journey.id}.{found.objective.id}"
    if _is_value(found.objective):
        return f"threshold:{name}={value:.12g}"
    return f"target:{name}={round(value * 100, 8):.12g}%"


def in_words(objective: Objective, value: float) -> str:
    """A threshold or a target as people read it."""
    if _is_value(objective):
        assert objective.threshold is not None
        return figure(value, objective.threshold.unit)
    return percent(value, digits=4)
