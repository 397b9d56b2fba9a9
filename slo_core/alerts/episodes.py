"""Episodes: runs of firing minutes, with the part that fired, its peak and what they cost.

frame = episodes(evaluate(rollup, at, timedelta(days=30)))
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from slo_core.alerts.corrected import correction_words
from slo_core.alerts.evaluate import Evaluated, Evaluation, Part
from slo_core.alerts.peaks import Span, percentiles, timeout_ms
from slo_core.alerts.quantities import Flags, worst_platform
from slo_core.alerts.tally import Amounts
from slo_core.budget.spending import month_allowed
from slo_core.catalog import Alert, Subject
from slo_core.sli.steps import MINUTE
from slo_core.sli.windows import Window

COLUMNS = [
    *("kind", "alert", "journey", "severity", "tier", "start", "end", "until", "condition"),
    *("peak", "peak_above", "threshold", "unit", "objective", "host", "budget_spent"),
    *("conditions", "approximate", "minutes", "correction", "budget_spent_corrected"),
]


@dataclass(frozen=True)
class _Run:
    """Minutes ``[first, last]`` of an evaluation, by number, that are one episode."""

    evaluation: Evaluation
    first: int
    last: int
    part: Part
    """The one that held first."""

    @property
    def span(self) -> Span:
        start = self.evaluation.start
        return Span(start + self.first * MINUTE, start + (self.last + 1) * MINUTE)


def episodes(evaluated: Evaluated, *, peaks_since: datetime | None = None) -> pd.DataFrame:
    """The episodes of all evaluations, in order of time (DESIGN 2.2, Alert conditions).

    A percentile's peak takes a histogram: with ``peaks_since`` it is read only of episodes that end
    after that, and null in the others.

    Columns: ``kind`` (``alert`` or ``trigger``), ``alert`` (its id), ``journey`` (None: hosts),
    ``severity`` and ``tier`` (None for triggers); ``start`` and ``end``, the ends of the first and
    the last firing minute, ``end`` NaT where that is the moment of the look, and ``until``, which
    is never NaT; ``condition``, the part that fired first, and ``conditions``, all that fired;
    ``peak``, the furthest that the first part's figure was beyond its ``threshold`` in its firing
    minutes, both in ``unit`` (a ratio, ``failures``, ``burn_rate``, ``ms``, or a measurement's or
    resource's own); ``peak_above`` instead where it fell among timeouts; ``objective`` and ``host``
    that the figure is of, where there is one; ``budget_spent``, the bad events of the episode's
    minutes as a share of what the month allows (null without a budget or without data);
    ``approximate``, whether any minute rests on the histogram alone; ``minutes`` that fired;
    ``correction``, that it lies inside one or partly so, and the reason, and
    ``budget_spent_corrected``, what it spent without that (both null where no correction of
    `Evaluated.corrections` touches it).

    An episode that began before the range begins with it.
    """
    runs = [run for it in evaluated.evaluations for run in _runs(evaluated, it)]
    peaks = _peaks(evaluated, runs, peaks_since)
    rows = [_row(evaluated, run, peak) for run, peak in zip(runs, peaks, strict=True)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    kinds = dict.fromkeys(("start", "end", "until"), "datetime64[us]")
    numbers = ("peak", "peak_above", "threshold", "budget_spent", "budget_spent_corrected")
    floats = dict.fromkeys(numbers, float)
    frame = frame.astype(kinds | floats)
    # Hosts are None, which a column of words would make NaN.
    frame["journey"] = pd.Series([row["journey"] for row in rows], dtype=object)
    return frame.sort_values(["start", "kind", "alert"], kind="stable", ignore_index=True)


def runs_of(firing: Flags, merge: timedelta) -> list[tuple[int, int]]:
    """The first and the last minute of each run, merged over silences shorter than ``merge``."""
    minutes = np.flatnonzero(firing)
    if not len(minutes):
        return []
    silent = np.diff(minutes) - 1
    breaks = np.flatnonzero((silent > 0) & (silent * MINUTE >= merge))
    firsts = minutes[np.concatenate([[0], breaks + 1])]
    lasts = minutes[np.concatenate([breaks, [len(minutes) - 1]])]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def _runs(evaluated: Evaluated, evaluation: Evaluation) -> Iterator[_Run]:
    merge = evaluated.rollup.catalog.rules.episode_merge.value
    for first, last in runs_of(evaluation.firing, merge):
        part = next(part for part in evaluation.parts if part.holds[first])
        yield _Run(evaluation, first, last, part)


def _peaks(evaluated: Evaluated, runs: Sequence[_Run], since: datetime | None) -> list[float]:
    """Each run's peak; infinite where it fell among timeouts, NaN where it was not asked for."""
    found: dict[int, float] = {}
    shares: dict[tuple[Subject, timedelta | None], list[int]] = {}
    for place, run in enumerate(runs):
        if run.part.quantity.is_share and since is not None and run.span.end <= since:
            found[place] = math.nan
        elif run.part.quantity.is_share:
            key = (run.part.subject, run.part.comparison.window)
            shares.setdefault(key, []).append(place)
        else:
            found[place] = _furthest(run, run.part.quantity.value[run.first : run.last + 1])
    for (subject, window), places in shares.items():
        spans = [runs[place].span for place in places]
        courses = percentiles(evaluated.rollup, subject, window, spans)
        for place, course in zip(places, courses, strict=True):
            found[place] = _furthest(runs[place], course)
    return [found[place] for place in range(len(runs))]


def _furthest(run: _Run, values: Amounts) -> float:
    own = values[run.part.holds[run.first : run.last + 1]]
    return float(np.max(own) if run.part.comparison.op == ">" else np.min(own))


def _row(evaluated: Evaluated, run: _Run, peak: float) -> dict[str, Any]:
    rule, part = run.evaluation.rule, run.part
    until = run.span.end
    within = slice(run.first, run.last + 1)
    fired = [it for it in run.evaluation.parts if it.holds[within].any()]
    above = math.isinf(peak)
    return {
        "kind": run.evaluation.kind,
        "alert": rule.id,
        "journey": run.evaluation.journey,
        "severity": rule.severity if isinstance(rule, Alert) else None,
        "tier": rule.tier if isinstance(rule, Alert) else None,
        "start": run.span.start + MINUTE,
        "end": None if until == evaluated.at else until,
        "until": until,
        "condition": part.text,
        "peak": None if above else peak,
        "peak_above": timeout_ms(evaluated.rollup, part.subject.journey) if above else None,
        "threshold": part.subject.threshold,
        "unit": part.quantity.unit,
        "objective": part.subject.objective.id if part.subject.objective else None,
        "host": _host(run, peak),
        "budget_spent": budget_spent(evaluated, run.evaluation.journey, run.span),
        "conditions": tuple(dict.fromkeys(it.text for it in fired)),
        "approximate": any(
            it.quantity.guessed is not None and bool(it.quantity.guessed[within].any())
            for it in fired
        ),
        "minutes": int(run.evaluation.firing[within].sum()),
        "correction": correction_words(evaluated.corrections, run.evaluation.journey, run.span),
        "budget_spent_corrected": corrected_spent(evaluated, run.evaluation.journey, run.span),
    }


def _host(run: _Run, peak: float) -> str | None:
    quantity = run.part.quantity
    if quantity.host is None or not quantity.hosts:
        return None
    within = slice(run.first, run.last + 1)
    at_peak = run.part.holds[within] & (quantity.value[within] == peak)
    return quantity.hosts[int(quantity.host[within][at_peak.argmax()])]


def budget_spent(evaluated: Evaluated, journey: str | None, span: Span) -> float | None:
    """What failed in some minutes, as a share of what the month of their end allows.

    As an incident's: usual failures are part of it. None without a budget or without data.
    """
    catalog = evaluated.rollup.catalog
    budget = catalog.budget(journey) if journey else None
    if journey is None or budget is None:
        return None
    bad, seen = bad_between(evaluated, journey, span.start, span.end)
    return bad / month_allowed(budget, span.end) if seen else None


def corrected_spent(evaluated: Evaluated, journey: str | None, span: Span) -> float | None:
    """The same without what corrections leave out; None where none touches the minutes."""
    found, window = evaluated.corrections, Window("", span.start, span.end)
    if found is None or journey is None or not found.touches(journey, window):
        return None
    if budget_spent(evaluated, journey, span) is None:
        return None
    left = found.left(journey, window)
    bad = sum(bad_between(evaluated, journey, it.start, it.end)[0] for it in left)
    budget = evaluated.rollup.catalog.budget(journey)
    assert budget is not None
    return bad / month_allowed(budget, span.end)


def bad_between(
    evaluated: Evaluated, service: str, start: datetime, end: datetime
) -> tuple[float, bool]:
    """The bad events of a budget in ``[start, end)`` of the range, and whether any were valid.

    What lies before the range is left out. Where each platform must hold, they are those of the
    one that is worst at the end.
    """
    tally = evaluated.budgets[service]
    start = max(start, evaluated.start)
    if end <= start:
        return 0.0, False
    first, last = (evaluated.at - start) // MINUTE, (evaluated.at - end) // MINUTE
    good, valid = tally.between(first, last)
    if tally.platforms is not None:
        worst = _worst_at(evaluated, service, last)
        good, valid = (good[worst], valid[worst]) if worst >= 0 else (np.zeros(()), np.zeros(()))
    return float(valid - good), bool(valid > 0)


def _worst_at(evaluated: Evaluated, service: str, back: int) -> int:
    """The number of the platform that is worst so many minutes before the look; -1 for none."""
    tally = evaluated.budgets[service]
    if not tally.platforms:
        return -1
    catalog = evaluated.rollup.catalog
    budget = catalog.budget(service)
    assert budget is not None
    width = catalog.objective(service, budget.objective).window_length // MINUTE
    return int(worst_platform(catalog, *tally.trailing(width, back + 1))[0])
