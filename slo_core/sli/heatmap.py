"""How long things took, over time: a density and its percentiles (the document's "Latency heatmaps
(P50, P95, P99)").

Figures come from the log histogram, whose bins are split at the thresholds: a step in which an
objective is missed is told exactly, a percentile is at most 1 % off (DESIGN 2.2).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

import numpy as np
import pandas as pd

from slo_core.catalog import Catalog, Journey, Latency, Measurement, Objective
from slo_core.rollup import Rollup
from slo_core.sli.histograms import bins_in_steps
from slo_core.sli.percentiles import bin_value, cuts_of
from slo_core.sli.steps import DAY, HOUR, MINUTE, pieces, starts, step_for
from slo_core.sli.sums import Asked, span_sums
from slo_core.sli.windows import Piece, Window

_LADDER = (MINUTE, 5 * MINUTE, HOUR, 6 * HOUR, DAY)
_MOST = 180
_MINUTES_UP_TO = 6 * HOUR
_ROWS = 48


_KINDS = {"at": "datetime64[us]", "value": "float64", "events": "int64", "timeout": "bool"}
_NOTHING = pd.DataFrame({name: [] for name in _KINDS}).astype(_KINDS)


@dataclass(frozen=True)
class Subject:
    """What a heatmap is of: a journey's request durations (of one step), or one of its metrics."""

    journey: Journey
    step: str | None
    metric: str | None
    objectives: tuple[Objective, ...]

    @property
    def id(self) -> str:
        """A short name for addresses: ``song_generation``, ``audio_playback.seek_ms``."""
        return ".".join(part for part in (self.journey.id, self.step, self.metric) if part)

    @property
    def unit(self) -> str:
        """The unit of the rollup that has its rows."""
        return "measurements" if self.metric else "requests"

    @property
    def timeout_ms(self) -> float | None:
        """Where requests that timed out lie; None for measurements, which do not."""
        if self.metric is not None or self.journey.timeout is None:
            return None
        return self.journey.timeout.value.total_seconds() * 1000


@dataclass(frozen=True)
class Heatmap:
    """A density over time and its percentiles.

    ``cells``: ``at``, ``low``, ``high`` (ms), ``events``, ``share`` (of the step's events); only
    cells with events. ``lines``: ``at``, ``quantile``, ``value`` (ms; among timeouts the timeout),
    ``above`` (whether it lies among timeouts). ``steps``: ``at``, ``events``, with a row for every
    step of the range, 0 where nothing was timed. ``missed``: ``at``, ``objective`` (id) of the
    steps in which an objective was missed. ``step`` is a step's length.
    """

    cells: pd.DataFrame
    lines: pd.DataFrame
    steps: pd.DataFrame
    missed: pd.DataFrame
    step: timedelta


def subjects(catalog: Catalog) -> list[Subject]:
    """Everything with a latency objective in milliseconds, in the document's order."""
    found: dict[tuple[str, str | None, str | None], list[Objective]] = {}
    key: tuple[str, str | None, str | None]
    for journey, objective in catalog.objectives:
        match objective.indicator:
            case Latency(step=step):
                key = (journey.id, step, None)
            case Measurement(metric=metric) if objective.unit == "ms":
                key = (journey.id, None, metric)
            case _:
                continue
        found.setdefault(key, []).append(objective)
    return [
        Subject(catalog.journey(journey), step, metric, tuple(objectives))
        for (journey, step, metric), objectives in found.items()
    ]


def quantiles(catalog: Catalog, subject: Subject) -> list[float]:
    """The percentiles to draw: those that the document asks of any latency, and the subject's."""
    asked = {o.target for _, o in catalog.objectives if isinstance(o.indicator, Latency)}
    return sorted(asked | {objective.target for objective in subject.objectives})


def heatmap_step(length: timedelta) -> timedelta:
    """The step in which a range is drawn: minutes up to six hours, else an hour and more."""
    ladder = _LADDER if length <= _MINUTES_UP_TO else _LADDER[2:]
    return step_for(length, ladder, _MOST)


def heatmap(rollup: Rollup, subject: Subject, start: datetime, end: datetime) -> Heatmap:
    """Density, percentiles and missed steps of a subject over ``[start, end)``."""
    step = heatmap_step(end - start)
    index = starts(start, end, step)
    events = _events(rollup, subject, start, end, step)
    counted = events.groupby("at")["events"].sum().reindex(index, fill_value=0)
    return Heatmap(
        cells=_cells(events),
        lines=_lines(events, quantiles(rollup.catalog, subject)),
        steps=counted.rename_axis("at").reset_index(name="events"),
        missed=_missed(events, subject.objectives),
        step=step,
    )


def _events(
    rollup: Rollup, subject: Subject, start: datetime, end: datetime, step: timedelta
) -> pd.DataFrame:
    """``at``, ``value`` (ms), ``events``, ``timeout``: each step's bins, and its timeouts."""
    bins = _bins(rollup, subject, Window("", start, end), step)
    timeouts = _timeouts(rollup, subject, pieces(start, end, step), step)
    parts = [part for part in (bins, timeouts) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else bins


def _bins(rollup: Rollup, subject: Subject, window: Window, step: timedelta) -> pd.DataFrame:
    found = bins_in_steps(rollup, subject.unit, window, step, [subject.journey.id])
    if name := subject.metric or subject.step:
        found = found[found["kind"] == name]
    found = found.groupby(["at", "plan", "bin"], as_index=False)["events"].sum()
    values = {
        (plan, number): bin_value(number, cuts_of(rollup, plan, subject.journey, subject.metric))
        for plan, number in set(zip(found["plan"], found["bin"], strict=True))
    }
    places = zip(found["plan"], found["bin"], strict=True)
    found["value"] = pd.Series([values[place] for place in places], dtype=float)
    return found.assign(timeout=False)[list(_NOTHING.columns)]


def _timeouts(
    rollup: Rollup, subject: Subject, split: list[Piece], step: timedelta
) -> pd.DataFrame:
    if subject.metric:
        return _NOTHING
    asked = [Asked(0, step, piece) for piece in split]
    sums = span_sums(rollup, "requests", asked, [subject.journey.id])
    if sums is None:
        return _NOTHING
    own = sums if subject.step is None else sums[sums["kind"] == subject.step]
    found = own.groupby("at", as_index=False)["timeout"].sum()
    found = found[found["timeout"] > 0].rename(columns={"timeout": "events"})
    value = subject.timeout_ms or math.inf
    return found.assign(value=value, timeout=True)[list(_NOTHING.columns)].astype(_KINDS)


def _cells(events: pd.DataFrame) -> pd.DataFrame:
    """Bins gathered into so few rows that the eye can tell them apart."""
    shown = events[(events["value"] > 0) & np.isfinite(events["value"])]
    if shown.empty:
        return pd.DataFrame({"at": [], "low": [], "high": [], "events": [], "share": []})
    logs = np.log(shown["value"])
    width = max((logs.max() - logs.min()) / _ROWS, math.log(1.04))
    rows = np.floor(logs / width).astype(int)
    cells = shown.groupby(["at", rows.rename("row")])["events"].sum().reset_index()
    total = events.groupby("at")["events"].sum()
    return pd.DataFrame(
        {
            "at": cells["at"],
            "low": np.exp(cells["row"] * width),
            "high": np.exp((cells["row"] + 1) * width),
            "events": cells["events"],
            "share": cells["events"] / cells["at"].map(total),
        }
    )


def _lines(events: pd.DataFrame, wanted: Sequence[float]) -> pd.DataFrame:
    rows = []
    for at, own in events.sort_values(["timeout", "value"]).groupby("at"):
        seen = own["events"].cumsum().to_numpy()
        for quantile in wanted:
            rank = math.ceil(Fraction(repr(quantile)) * int(seen[-1]))
            found = own.iloc[int(np.searchsorted(seen, rank))]
            rows.append((at, quantile, found["value"], bool(found["timeout"])))
    frame = pd.DataFrame(rows, columns=["at", "quantile", "value", "above"])
    return frame.astype({"at": "datetime64[us]", "quantile": float, "value": float, "above": bool})


def _missed(events: pd.DataFrame, objectives: Sequence[Objective]) -> pd.DataFrame:
    total = events.groupby("at")["events"].sum()
    parts = []
    for objective in objectives:
        assert objective.threshold is not None
        limit, value = objective.threshold, events["value"]
        inside = value < limit.value if limit.below is not None else value > limit.value
        good = events[inside & ~events["timeout"]].groupby("at")["events"].sum()
        share = good.reindex(total.index, fill_value=0) / total
        moments = share.index[share < objective.target]
        parts.append(pd.DataFrame({"at": moments, "objective": objective.id}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"at": []})
