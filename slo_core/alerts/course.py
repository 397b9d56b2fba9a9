"""The figures of an alert minute by minute around an episode: what its chart is drawn from."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from slo_core.alerts.evaluate import Part, Rule, evaluate
from slo_core.alerts.peaks import Span, percentiles, timeout_ms
from slo_core.alerts.quantities import Flags
from slo_core.alerts.tally import Amounts
from slo_core.rollup import Rollup
from slo_core.sli.steps import MINUTE

_MOST = 1440
"""Points that a chart can show; of more minutes the worst of several stands for all."""


@dataclass(frozen=True)
class Course:
    """One comparison of a condition over time.

    ``text`` is in the condition's words, ``above`` whether it holds above its ``threshold``, which
    is in ``unit`` as the figures are. ``frame`` has a row for each step: ``at`` (the end of its
    minutes), ``value`` (the worst of them; null without data), ``holds`` (of comparisons joined by
    AND, whether all do), and ``timeout`` (whether the percentile fell among timeouts; ``value`` is
    then the timeout, which it exceeds). ``step`` is the time between two rows. ``objective`` is the
    id of the one that it is about, if any.
    """

    text: str
    above: bool
    threshold: float
    unit: str
    step: timedelta
    frame: pd.DataFrame
    objective: str | None = None


def courses(
    rollup: Rollup, rule: Rule, journey: str | None, start: datetime, end: datetime
) -> list[Course]:
    """Each side of a rule's condition about a journey (None: hosts) over the minutes of a span.

    Empty where the rule is not about that journey, or no data were there yet.
    """
    evaluated = evaluate(rollup, end, end - start, [rule])
    for evaluation in evaluated.evaluations:
        if evaluation.journey == journey:
            span = Span(evaluation.start, evaluation.at)
            return [
                _course(evaluated.rollup, side, part.holds, span)
                for part in evaluation.parts
                for side in part.sides or (part,)
            ]
    return []


def _course(rollup: Rollup, part: Part, holds: Flags, span: Span) -> Course:
    values, quantity = part.quantity.value, part.quantity
    if quantity.is_share:
        [values] = percentiles(rollup, part.subject, part.comparison.window, [span])
    timeouts = np.isinf(values)
    limit = timeout_ms(rollup, part.subject.journey) or math.nan
    shown = np.where(timeouts, limit, values)
    above = part.comparison.op == ">"
    step = max(1, math.ceil(span.size / _MOST))
    ends = [span.start + min(n + step, span.size) * MINUTE for n in range(0, span.size, step)]
    starts = list(range(0, span.size, step))
    frame = pd.DataFrame(
        {
            "at": pd.Series(ends, dtype="datetime64[us]"),
            "value": worst(shown, starts, above),
            "holds": np.logical_or.reduceat(holds, starts),
            "timeout": np.logical_or.reduceat(timeouts, starts),
        }
    )
    return Course(
        part.text,
        above,
        part.subject.threshold,
        quantity.unit,
        step * MINUTE,
        frame,
        part.subject.objective.id if part.subject.objective else None,
    )


def worst(values: Amounts, starts: Sequence[int], above: bool) -> Amounts:
    """The furthest value of each step on the condition's side, NaN where none has data."""
    # fmax and fmin pass NaN over while there is anything else.
    furthest: Amounts = (np.fmax if above else np.fmin).reduceat(values, starts)
    return furthest
