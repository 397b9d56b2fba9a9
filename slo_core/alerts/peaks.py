"""Percentiles minute by minute, for the figure of an alert: from the minutes' own histograms.

Whether a percentile is above its threshold is known from counts; what it is takes a histogram, so
only the minutes that somebody looks at are read. Nearest rank, at most 1 % off (DESIGN 2.2).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slo_core.alerts.tally import Amounts
from slo_core.catalog import LatencyTerm, MeasurementTerm, Subject
from slo_core.rollup import Rollup
from slo_core.sli.percentiles import bin_value, cuts_of
from slo_core.sli.rows import rows_in
from slo_core.sli.steps import MINUTE
from slo_core.sli.windows import Window, cover

# So many minutes at once keep the table of minutes and bins small.
_CHUNK = 4 * 1440

_TIMEOUT = math.inf


@dataclass(frozen=True)
class Span:
    """Minutes that end in ``(start, end]``."""

    start: datetime
    end: datetime

    @property
    def size(self) -> int:
        """How many minutes."""
        return (self.end - self.start) // MINUTE


def percentiles(
    rollup: Rollup, subject: Subject, window: timedelta | None, spans: Sequence[Span]
) -> list[Amounts]:
    """The percentile that a subject names, over the window up to each minute of some spans.

    In milliseconds, or the measurement's own unit. NaN without data; infinite among timeouts,
    which are slower than anything.
    """
    assert isinstance(subject.term, LatencyTerm | MeasurementTerm)
    width = (window or MINUTE) // MINUTE
    rows = _read(rollup, subject, [Span(it.start - width * MINUTE, it.end) for it in spans])
    share = Fraction(Decimal(repr(subject.term.percentile)) / 100)
    return [
        np.concatenate(
            [
                _of_span(rows, Span(start, min(start + _CHUNK * MINUTE, span.end)), width, share)
                for start in _steps(span)
            ]
        )
        for span in spans
    ]


def timeout_ms(rollup: Rollup, journey_id: str | None) -> float | None:
    """Above what a percentile lies that falls among a journey's timeouts, in milliseconds."""
    timeout = rollup.catalog.journey(journey_id).timeout if journey_id else None
    return timeout.value / timedelta(milliseconds=1) if timeout else None


@dataclass(frozen=True)
class _Rows:
    """How many events (``events``) of a value (``value``) lie in a minute (``at``), by minute."""

    at: NDArray[np.int64]
    value: Amounts
    events: Amounts


def _steps(span: Span) -> list[datetime]:
    return [span.start + n * MINUTE for n in range(0, max(span.size, 1), _CHUNK)]


def _of_span(rows: _Rows, span: Span, width: int, share: Fraction) -> Amounts:
    first = _number(span.start) - width
    low, high = np.searchsorted(rows.at, [first, _number(span.end)])
    values, columns = np.unique(rows.value[low:high], return_inverse=True)
    if not len(values):
        return np.full(span.size, np.nan)
    size = span.size + width
    flat = (rows.at[low:high] - first) * len(values) + columns
    table = np.bincount(flat, rows.events[low:high], size * len(values)).reshape(size, -1)
    sums = np.concatenate([np.zeros((1, len(values))), table.cumsum(axis=0)])
    below = (sums[width + 1 :] - sums[1:-width]).cumsum(axis=1)
    valid = below[:, -1].astype(np.int64)
    # Nearest rank in whole numbers: 0.95 × 20 in binary is not always 19.
    rank = -(-(valid * share.numerator) // share.denominator)
    found = values[np.minimum((below < rank[:, None]).sum(axis=1), len(values) - 1)]
    return np.where(valid > 0, found, np.nan)


def _read(rollup: Rollup, subject: Subject, spans: Sequence[Span]) -> _Rows:
    journey = rollup.catalog.journey(subject.journey or "")
    unit, column, slow = "requests", "step", "timeout"
    if subject.metric:
        unit, column, slow = "measurements", "metric", "0"
    pieces = [piece for it in spans for piece in cover(Window("", it.start, it.end), ("minute",))]
    asked = f"journey, {column}, bins" + ("" if slow == "0" else ", timeout")
    source = rows_in(rollup, unit, "", asked, pieces)
    if source is None:
        return _Rows(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
    own = f"r.journey = $journey AND ($part IS NULL OR r.{column} = $part)"
    columns = (
        rollup.cursor()
        .execute(
            f"""
            WITH own AS (
              SELECT CAST(epoch_us(r.at) // 60000000 AS BIGINT) AS place, r.plan, r.bins,
                CAST({slow} AS BIGINT) AS slow
              FROM ({source}) AS r WHERE {own}
            ), single AS (SELECT place, plan, unnest(bins) AS bin, 1 AS events FROM own)
            SELECT place, plan, CAST(bin AS BIGINT) AS bin, CAST(sum(events) AS DOUBLE) AS events
            FROM single GROUP BY ALL
            UNION ALL
            SELECT place, plan, NULL, CAST(sum(slow) AS DOUBLE)
            FROM own GROUP BY ALL HAVING sum(slow) > 0
            ORDER BY 1
            """,
            {"journey": journey.id, "part": subject.metric or subject.step},
        )
        .df()
    )
    value = np.full(len(columns), _TIMEOUT)
    for plan in columns["plan"].unique():
        cuts = cuts_of(rollup, plan, journey, subject.metric)
        made = ((columns["plan"] == plan) & columns["bin"].notna()).to_numpy()
        bins, places = np.unique(columns["bin"][made].to_numpy(dtype=np.int64), return_inverse=True)
        value[made] = np.array([bin_value(int(it), cuts) for it in bins], dtype=float)[places]
    return _Rows(
        columns["place"].to_numpy(dtype=np.int64), value, columns["events"].to_numpy(dtype=float)
    )


def _number(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1)) // MINUTE
