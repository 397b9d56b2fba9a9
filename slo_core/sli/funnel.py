"""How far people get: attempts step by step (the document's "Song generation funnel & drop-off").

An attempt belongs to the time of its first step, and is counted by the furthest step that it
reached in the funnel's own order: a step in between that is missing counts as passed, a repeated
one once. It goes on while each step follows the one before by less than a day, for at most
`SETTLED_AFTER`, which is the rollup's business (`slo_core/rollup/sql/steps`). Figures are kept by
the hour, so a range is counted in the whole hours that it touches.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

import pandas as pd

from slo_core.catalog import Journey
from slo_core.rollup import Rollup
from slo_core.sli.counts import platform_names
from slo_core.sli.percentiles import bin_value
from slo_core.sli.steps import HOUR, floor
from slo_core.sli.windows import Window

REASONS = ("failure", "slow", "left")
"""Why an attempt ended before its last step: since its furthest one a request of its sessions
failed, was slower than the journey's slackest latency objective, or neither. The first that holds.
"""

IRREGULAR = ("out_of_order", "repeated", "missing")
"""What attempts may have been besides orderly; one may be several of these."""


SETTLED_AFTER = timedelta(days=2)
"""How long an attempt may go on: younger ones may still get further."""

_ATTEMPTS = {
    "window": "str",
    "journey": "str",
    "platform": "str",
    "reached": "int64",
    "ending": "str",
    "repeated": "bool",
    "missing": "bool",
    "out_of_order": "bool",
    "attempts": "int64",
}
_TIMES = {
    "window": "str",
    "journey": "str",
    "platform": "str",
    "position": "int64",
    "bin": "int64",
    "events": "int64",
}


@dataclass(frozen=True)
class Funnel:
    """The attempts of one journey in one span of time.

    ``steps`` has a row for each step of the funnel, in its order: ``step``, ``attempts`` (that got
    at least so far), ``furthest`` (that got no further), ``share`` (of all attempts),
    ``conversion`` (of those of the step before; null for the first step, and where there were
    none), a column for each of `REASONS` (attempts that ended here; nought for the last step, at
    which they are complete), and the time from the step before: ``timed`` (attempts that have one),
    ``median_ms``, ``p95_ms`` (null where none has).

    ``platforms`` has ``platform``, ``attempts``, ``completed``, ``rate``, the most attempts first.
    ``irregular`` counts the attempts that were each of `IRREGULAR`.
    """

    steps: pd.DataFrame
    platforms: pd.DataFrame
    irregular: dict[str, int]

    @property
    def attempts(self) -> int:
        """All attempts."""
        return int(self.steps["attempts"].iloc[0])

    @property
    def completed(self) -> int:
        """Attempts that reached the last step."""
        return int(self.steps["attempts"].iloc[-1])

    @property
    def rate(self) -> float | None:
        """The share of attempts that reached the last step; None without attempts."""
        return self.completed / self.attempts if self.attempts else None


def whole_hours(window: Window) -> Window:
    """The whole hours that a window touches, under its name."""
    end = floor(window.end, HOUR)
    return Window(window.name, floor(window.start, HOUR), end if end == window.end else end + HOUR)


def read_attempts(rollup: Rollup, windows: Sequence[Window]) -> pd.DataFrame:
    """All attempts of all journeys, counted by what is known of them, in the hours of some windows.

    Columns: ``window``, ``journey``, ``platform``, ``reached`` (the furthest step's place, from 0),
    ``ending`` (``completed`` or one of `REASONS`), a flag for each of `IRREGULAR`, ``attempts``.
    """
    return _read(rollup, "funnel", _ATTEMPTS, "attempts", windows)


def read_times(rollup: Rollup, windows: Sequence[Window]) -> pd.DataFrame:
    """The times between neighbouring steps as log histograms, in the hours of some windows.

    Columns: ``window``, ``journey``, ``platform``, ``position`` (of the later step), ``bin``,
    ``events``.
    """
    return _read(rollup, "step_times", _TIMES, "events", windows)


def funnel(
    attempts: pd.DataFrame,
    times: pd.DataFrame,
    journey: Journey,
    window: str,
    platform: str | None = None,
) -> Funnel:
    """One journey's funnel in one of the windows that were read, on one platform or all.

    ``attempts`` and ``times`` are of `read_attempts` and `read_times`; the journey has a funnel.
    """
    assert journey.funnel is not None
    names = journey.funnel.value
    own = _own(attempts, journey, window)
    here = own if platform is None else own[own["platform"] == platform]
    steps = _steps(here, names)
    took = _own(times, journey, window)
    took = took if platform is None else took[took["platform"] == platform]
    return Funnel(
        steps=pd.concat([steps, _times(took, len(names))], axis=1),
        platforms=_platforms(own, last=len(names) - 1),
        irregular={name: int(here.loc[here[name], "attempts"].sum()) for name in IRREGULAR},
    )


def _steps(rows: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    places = range(len(names))
    furthest = rows.groupby("reached")["attempts"].sum().reindex(places, fill_value=0)
    frame = pd.DataFrame({"step": names, "furthest": furthest.to_numpy()})
    frame["attempts"] = frame["furthest"][::-1].cumsum()[::-1]
    total = frame["attempts"].iloc[0]
    frame["share"] = frame["attempts"] / total if total else math.nan
    before = frame["attempts"].shift()
    frame["conversion"] = (frame["attempts"] / before).where(before > 0)
    for reason in REASONS:
        ended = rows[rows["ending"] == reason].groupby("reached")["attempts"].sum()
        frame[reason] = ended.reindex(places, fill_value=0).to_numpy()
    return frame[["step", "attempts", "furthest", "share", "conversion", *REASONS]]


def _times(rows: pd.DataFrame, steps: int) -> pd.DataFrame:
    bins = rows.groupby(["position", "bin"])["events"].sum()
    known = set(bins.index.get_level_values("position"))
    none = pd.Series([], dtype="int64")
    return pd.DataFrame(
        [
            {
                "timed": int(own.sum()),
                "median_ms": _at_rank(own, Fraction(1, 2)),
                "p95_ms": _at_rank(own, Fraction(95, 100)),
            }
            for own in (bins[place] if place in known else none for place in range(steps))
        ]
    )


def _at_rank(bins: pd.Series, quantile: Fraction) -> float:
    """The nearest-rank quantile of events by bin, in milliseconds; NaN where there are none."""
    if bins.empty:
        return math.nan
    rank = math.ceil(quantile * int(bins.sum()))
    return bin_value(int(bins.index[int(bins.cumsum().searchsorted(rank))]), [])


def _platforms(rows: pd.DataFrame, last: int) -> pd.DataFrame:
    completed = rows["attempts"].where(rows["reached"] == last, 0)
    sums = rows.assign(completed=completed).groupby("platform")[["attempts", "completed"]].sum()
    sums["rate"] = sums["completed"] / sums["attempts"]
    frame = sums.reset_index()
    order = frame.assign(less=-frame["attempts"]).sort_values(["less", "platform"]).index
    return frame.loc[order].reset_index(drop=True)


def _own(rows: pd.DataFrame, journey: Journey, window: str) -> pd.DataFrame:
    return rows[(rows["journey"] == journey.id) & (rows["window"] == window)]


def _read(
    rollup: Rollup, output: str, types: dict[str, str], counted: str, windows: Sequence[Window]
) -> pd.DataFrame:
    """The rows of an output summed over the hours of each window."""
    hours = [whole_hours(window) for window in windows]
    keys = [name for name in types if name not in ("window", "platform", counted)]
    source = rollup.source(
        "steps",
        output,
        [(window.start, window.end) for window in hours],
        columns=", ".join(["hour", "platform", *keys, counted]),
    )
    if source is None:
        return pd.DataFrame({name: [] for name in types}).astype(types)
    names = ", ".join(["platform", *keys])
    inside = [f"hour >= TIMESTAMP '{it.start}' AND hour < TIMESTAMP '{it.end}'" for it in hours]
    sums = ", ".join(
        f"CAST(coalesce(sum({counted}) FILTER ({those}), 0) AS BIGINT) AS of_{number}"
        for number, those in enumerate(inside)
    )
    rows: pd.DataFrame = (
        rollup.cursor()
        .execute(f"SELECT {names}, {sums} FROM ({source}) GROUP BY ALL")
        .df()
        .assign(platform=lambda rows: platform_names(rows))
    )
    parts = [
        rows[rows[f"of_{number}"] > 0].rename(columns={f"of_{number}": counted}).assign(window=name)
        for number, name in enumerate(window.name for window in hours)
    ]
    return pd.concat(parts, ignore_index=True)[list(types)].astype(types)
