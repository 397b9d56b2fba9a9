"""Spans whose figures should not count, and the counts that are left without them.

A load test that the policy allowed, broken telemetry, a third party's outage: somebody approved
that it is left out. Figures as measured stay as they are; those here stand beside them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from slo_core.catalog import Catalog, Scope
from slo_core.durations import SLICE_SECONDS
from slo_core.register import is_empty, read_table
from slo_core.rollup import Rollup
from slo_core.sli.availability import Timeline
from slo_core.sli.counts import Span, span_counts
from slo_core.sli.histograms import histograms
from slo_core.sli.windows import Window

Bounds = tuple[datetime, datetime]

_SLICE = timedelta(seconds=SLICE_SECONDS)


@dataclass(frozen=True)
class Corrections:
    """The register's corrections that count.

    ``rows`` are those of the register that are not cancelled, by their start. ``spans`` are what
    they leave out, by journey: whole minutes, in order and apart from one another.
    """

    rows: pd.DataFrame
    spans: Mapping[str, tuple[Bounds, ...]]

    def touches(self, journey: str, window: Window) -> bool:
        """Whether anything of a window is left out for a journey."""
        return bool(inside(self.spans.get(journey, ()), window))

    def left(self, journey: str, window: Window) -> list[Window]:
        """What is left of a window for a journey, in parts of the window's name."""
        edges = [window.start]
        for start, end in inside(self.spans.get(journey, ()), window):
            edges += [start, end]
        edges.append(window.end)
        pairs = zip(edges[::2], edges[1::2], strict=True)
        return [Window(window.name, start, end) for start, end in pairs if start < end]

    def counts(self, rollup: Rollup, windows: Iterable[Window]) -> pd.DataFrame:
        """`slo_core.sli.counts.window_counts` of the corrected journeys, from what is left.

        A window may have several rows of a kind, to be summed.
        """
        catalog = rollup.catalog
        spans = [
            Span(part, None, [(journey, it.id) for it in catalog.journey(journey).objectives])
            for window in windows
            for journey in self.journeys(catalog)
            for part in self.left(journey, window)
        ]
        return span_counts(rollup, spans).drop(columns="at")

    def histograms(self, rollup: Rollup, windows: Sequence[Window]) -> pd.DataFrame:
        """`slo_core.sli.histograms.histograms` of the corrected journeys, from what is left."""
        parts = [
            histograms(
                rollup, [it for own in windows for it in self.left(journey, own)], None, [journey]
            )
            for journey in self.journeys(rollup.catalog)
        ]
        return pd.concat(parts, ignore_index=True)

    def timeline(self, scope: Scope, line: Timeline) -> Timeline:
        """A scope's timeline with the slices of its corrected journey left out, as maintenance."""
        maintained = line.maintained.copy()
        for start, end in self.spans.get(scope.journey, ()):
            first, last = ((it - line.start) // _SLICE for it in (start, end))
            maintained[max(first, 0) : max(last, 0)] = True
        return replace(line, maintained=maintained)

    def journeys(self, catalog: Catalog) -> list[str]:
        """The journeys of the catalogue that are corrected."""
        return [it.id for it in catalog.journeys if it.id in self.spans]


def read_corrections(root: str | Path) -> Corrections | None:
    """The corrections of the register at a data folder that are not cancelled; None without any.

    Raises SloError for a register that cannot be read.
    """
    if is_empty(root, "corrections"):
        return None
    rows = read_table(root, "corrections")
    rows = rows[rows["cancelled_at"].isna()]
    if rows.empty:
        return None
    rows = rows.sort_values(["starts_at", "id"], ignore_index=True)
    return Corrections(rows, {str(name): _merged(own) for name, own in rows.groupby("scope")})


def inside(spans: Iterable[Bounds], window: Window) -> list[Bounds]:
    """The parts of spans that lie in a window."""
    cut = [(max(start, window.start), min(end, window.end)) for start, end in spans]
    return [(start, end) for start, end in cut if start < end]


def _merged(rows: pd.DataFrame) -> tuple[Bounds, ...]:
    """Spans in whole minutes, those that meet as one; ``rows`` are in order of their starts."""
    merged: list[Bounds] = []
    for row in rows.itertuples():
        start = row.starts_at.floor("min").to_pydatetime()
        end = row.ends_at.ceil("min").to_pydatetime()
        if merged and start <= merged[-1][1]:
            start, end = merged[-1][0], max(merged.pop()[1], end)
        merged.append((start, end))
    return tuple(merged)
