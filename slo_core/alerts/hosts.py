"""Resources of hosts minute by minute: means over trailing windows, and last samples (DESIGN 2.2).

A window with less than ``resource_coverage`` of the samples that a host usually sends is no data.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from slo_core.catalog import Rules
from slo_core.rollup import Rollup
from slo_core.sli.rows import rows_in
from slo_core.sli.steps import DAY, MINUTE
from slo_core.sli.windows import Window, cover

Amounts = NDArray[np.float64]
Counts = NDArray[np.int64]

# Sums are kept in millionths, so that a mean at exactly the threshold is not above it by a hair.
_PARTS = 1_000_000
# What such a sum can hold.
_LARGEST = 9e18
_REGULAR = 2


@dataclass(frozen=True)
class Host:
    """One host's samples of one metric, by minute: their number, sum (in parts) and the last one.

    ``interval`` is the minutes between two samples, as the host usually sends them. ``since`` is
    how many minutes ago the last sample came, ``last`` its value (NaN before the first).
    """

    name: str
    samples: Counts
    sums: Counts
    parts: int
    interval: float
    last: Amounts
    since: Counts

    def sides(
        self, threshold: float, window: timedelta | None, count: int, rules: Rules
    ) -> tuple[Amounts, NDArray[np.int8]]:
        """Its value at each of the last ``count`` minutes, NaN without data, and on which side of
        a threshold it lies: 1 above, -1 below, 0 neither.
        """
        if window is None:
            longest = max(rules.stale_after.value / MINUTE, self.interval)
            known = self.since[-count:] < longest
            value = np.where(known, self.last[-count:], np.nan)
            return value, np.where(known, np.sign(value - threshold), 0).astype(np.int8)
        width = window // MINUTE
        samples = self.samples[-count:] - self.samples[-count - width : -width]
        sums = self.sums[-count:] - self.sums[-count - width : -width]
        enough = samples * self.interval >= rules.resource_coverage.value * width
        enough &= samples > 0
        limit = float(Decimal(repr(threshold)) * self.parts)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.where(enough, sums / samples / self.parts, np.nan)
        return value, np.where(enough, np.sign(sums - limit * samples), 0).astype(np.int8)


def hosts(rollup: Rollup, metric: str, at: datetime, count: int, width: int) -> list[Host]:
    """Each host's samples of a metric, for windows of ``width`` minutes up to ``count`` minutes.

    A day before is read too: it says how often a host sends samples. Sorted by name.
    """
    size = count + max(width, DAY // MINUTE)
    start = at - size * MINUTE
    pieces = cover(Window("", start, at), ("minute",))
    source = rows_in(rollup, "resources", "", "host, metric, samples, total, last_value", pieces)
    if source is None:
        return []
    first, cursor = (start - datetime(1970, 1, 1)) // MINUTE, rollup.cursor()
    own = f"FROM ({source}) AS r WHERE metric = ?"
    known = cursor.execute(f"SELECT DISTINCT host {own} ORDER BY 1", [metric]).fetchall()
    names = [str(name) for (name,) in known]
    if not names:
        return []
    # A number is far cheaper than a name in every row.
    rows = cursor.execute(
        f"SELECT list_position(?, host) - 1 AS host, "
        f"CAST(epoch_us(r.at) // 60000000 - {first} AS BIGINT) AS place, "
        f"samples, total, last_value {own}",
        [names, metric],
    ).fetchnumpy()
    order = np.lexsort((rows["place"], rows["host"]))
    edges = np.searchsorted(rows["host"][order], np.arange(1, len(names)))
    columns = ("place", "samples", "total", "last_value")
    parts = [np.split(rows[it][order], edges) for it in columns]
    return [_host(name, size, *its) for name, *its in zip(names, *parts, strict=True)]


def _host(
    name: str, size: int, at: Counts, samples: Counts, totals: Amounts, last: Amounts
) -> Host:
    parts = _PARTS if totals.sum() * _PARTS < _LARGEST else 1
    by_minute = np.zeros(size, dtype=np.int64)
    by_minute[at] = samples
    sums = np.zeros(size, dtype=np.int64)
    sums[at] = np.rint(totals * parts)
    places = np.maximum.accumulate(np.where(by_minute > 0, np.arange(size), -1))
    latest = np.full(size, np.nan)
    latest[at] = last
    return Host(
        name,
        np.concatenate([[0], np.cumsum(by_minute)]),
        np.concatenate([[0], np.cumsum(sums)]),
        parts,
        _interval(at, samples),
        np.where(places >= 0, latest[places], np.nan),
        np.where(places >= 0, np.arange(size) - places, np.iinfo(np.int64).max),
    )


def _interval(at: Counts, samples: Counts) -> float:
    """The usual minutes between samples: gaps of over twice the median one are outages."""
    if len(at) < 2:
        return 1.0
    gaps, sent = np.diff(at), samples[1:]
    # The median, by counting: most gaps are alike.
    usual = np.searchsorted(np.cumsum(np.bincount(gaps)), (len(gaps) + 1) // 2)
    regular = gaps <= _REGULAR * usual
    return float(gaps[regular].sum() / sent[regular].sum())
