"""The course of an objective over its own window: gaps are gaps, the last step ends at the look."""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest

from slo_core.catalog import Catalog
from slo_core.sli.counts import window_counts
from slo_core.sli.trend import trend_step, trends
from slo_core.sli.windows import Window
from tests.random_logs import small_tables
from tests.small import SHOP, STUDIO, small_rollup

AT = datetime(2025, 3, 31, 9, 30)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def of(frame: pd.DataFrame, journey: str, objective: str) -> pd.DataFrame:
    """The steps with valid events of one objective."""
    own = frame[(frame["journey"] == journey) & (frame["objective"] == objective)]
    return own.reset_index(drop=True)


def song(ts: datetime, status: int = 200, **more: Any) -> dict[str, Any]:
    return {"ts": ts, "journey": "song_generation", "status": status} | more


def test_steps_fit_the_window() -> None:
    assert [trend_step(window) for window in ("24h", "7d", "28d", "30d")] == [
        HOUR,
        6 * HOUR,
        DAY,
        DAY,
    ]


def test_a_month_is_drawn_by_the_day_with_its_gaps(tmp_path: Path) -> None:
    rows = [
        song(AT - timedelta(minutes=1), 500),
        song(AT),  # not yet
        song(datetime(2025, 3, 31)),
        song(datetime(2025, 3, 29, 23, 59)),
        song(datetime(2025, 3, 30, 5), 401),  # no valid request: a gap
    ]
    frame = of(
        trends(small_rollup(tmp_path, {"requests": rows}), AT), "song_generation", "success_rate"
    )
    assert len(frame) == 31  # 30 days up to 09:30 touch 31 dates
    assert frame["at"].iloc[0] == datetime(2025, 3, 1)
    last = frame.tail(3)
    assert last["sli"].tolist()[0] == 1.0
    assert pd.isna(last["sli"].tolist()[1])
    assert last["sli"].tolist()[2] == 0.5
    assert frame["sli"].notna().sum() == 2


@pytest.mark.parametrize(("seed", "catalog"), [(3, STUDIO), (4, SHOP)])
def test_each_window_sums_to_its_own_counts(tmp_path: Path, seed: int, catalog: Catalog) -> None:
    at = datetime(2025, 3, 31)  # on the edge of every step
    rollup = small_rollup(tmp_path, small_tables(Random(seed), catalog, at), catalog)
    found = trends(rollup, at)
    names = {objective.window: objective.window_length for _, objective in catalog.objectives}
    windows = [Window(name, at - length, at) for name, length in names.items()]
    counts = window_counts(rollup, windows)
    for journey, objective in catalog.objectives:
        if objective.per_platform or objective.indicator.kind == "availability":
            continue
        own = of(counts[counts["window"] == objective.window], journey.id, objective.id)
        drawn = of(found, journey.id, objective.id)
        name = f"{journey.id}.{objective.id}"
        assert (name, drawn["valid"].sum()) == (name, pytest.approx(own["valid"].sum()))
        assert (name, drawn["good"].sum()) == (name, pytest.approx(own["good"].sum()))


def test_availability_and_the_worst_platform(tmp_path: Path) -> None:
    at = datetime(2025, 3, 31)
    probes = [
        {"ts": at - timedelta(seconds=10 * n), "scope": "api", "target": "a", "ok": n > 6}
        for n in range(1, 361)
    ]
    sync = {"journey": "publishing", "step": "platform_sync"}
    requests = [
        {"ts": at - HOUR, "platform": platform, "status": 200 if n >= bad else 500, **sync}
        for platform, bad, events in (("good", 1, 100), ("bad", 10, 100), ("few", 20, 20))
        for n in range(events)
    ]
    frame = trends(small_rollup(tmp_path, {"probes": probes, "requests": requests}), at)
    api = of(frame, "api", "availability")
    # An hour is observed, of which the last minute is down.
    assert api["valid"].tolist()[-1] == 3600
    assert api["sli"].tolist()[-1] == pytest.approx(3540 / 3600)
    assert api["sli"].notna().sum() == 1
    worst = of(frame, "publishing", "platform_sync")
    assert worst["good"].sum() == 90
    assert worst["valid"].sum() == 100
