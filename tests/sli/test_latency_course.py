"""Percentiles over time: by hand, and against sorting random durations."""

import math
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest

from slo_core.rollup import Rollup
from slo_core.sli.journeys import NOW, count_ranges, sections
from slo_core.sli.latency_course import latency_courses, latency_step
from slo_core.sli.windows import Window
from tests.small import STUDIO, small_rollup

AT = datetime(2025, 3, 10, 12)
HOUR = timedelta(hours=1)
PUBLISHING = STUDIO.journey("publishing")
SONGS = STUDIO.journey("song_generation")


def song(ago: timedelta, seconds: float, **more: Any) -> dict[str, Any]:
    row = {"ts": AT - ago, "journey": "song_generation", "status": 200}
    return row | {"duration_ms": seconds * 1000} | more


def measured(
    rollup: Rollup, hours: int, step: timedelta = HOUR, platform: str | None = None
) -> pd.DataFrame:
    window = Window(NOW, AT - hours * HOUR, AT)
    journeys = (SONGS, PUBLISHING)
    counts = count_ranges(rollup, [window], journeys, HOUR)
    subjects = [subject for journey in journeys for subject in sections(journey).timed]
    return latency_courses(rollup, window, subjects, counts, step, platform)


def of(frame: pd.DataFrame, objective: str) -> pd.DataFrame:
    return frame[frame["objective"] == objective].reset_index(drop=True)


def test_each_step_has_the_nearest_rank(tmp_path: Path) -> None:
    rows = [song(2 * HOUR, number) for number in range(1, 21)]  # 1 s to 20 s
    rows += [song(HOUR, 50), song(HOUR, 60, status=500)]  # failed: no part of latency
    frame = measured(small_rollup(tmp_path, {"requests": rows}), 3)
    median, p95 = of(frame, "latency_p50"), of(frame, "latency_p95")
    assert median["at"].tolist() == [AT - 3 * HOUR, AT - 2 * HOUR, AT - HOUR]
    assert math.isnan(median["value"][0])  # a gap
    assert not median["above"].any()
    assert median["value"].tolist()[1:] == pytest.approx([10_000, 50_000], rel=0.01)
    assert p95["value"].tolist()[1:] == pytest.approx([19_000, 50_000], rel=0.01)


def test_among_timeouts_it_lies_above_the_timeout(tmp_path: Path) -> None:
    rows = [song(HOUR, 5)] * 9 + [song(HOUR, 5, error="timeout")]
    frame = measured(small_rollup(tmp_path, {"requests": rows}), 1)
    assert of(frame, "latency_p50")["value"][0] == pytest.approx(5_000, rel=0.01)
    assert of(frame, "latency_p99").loc[0, ["value", "above"]].tolist() == [90_000, True]


def test_only_the_step_that_an_objective_names_counts(tmp_path: Path) -> None:
    row = {"ts": AT - HOUR, "journey": "publishing", "status": 200}
    rows = [
        row | {"step": "publish", "duration_ms": 60_000.0},
        row | {"step": "platform_sync", "duration_ms": 1.0},
    ]
    frame = measured(small_rollup(tmp_path, {"requests": rows}), 1)
    assert of(frame, "publish_time_p50")["value"][0] == pytest.approx(60_000, rel=0.01)


def test_one_platform_alone(tmp_path: Path) -> None:
    rows = [song(HOUR, 1, platform="web"), song(HOUR, 9, platform="ios"), song(HOUR, 30)]
    rollup = small_rollup(tmp_path, {"requests": rows})
    for platform, expected in (("web", 1_000), ("ios", 9_000), ("unknown", 30_000)):
        frame = measured(rollup, 1, platform=platform)
        assert of(frame, "latency_p50")["value"][0] == pytest.approx(expected, rel=0.01)


def test_coarser_steps_are_made_of_finer_counts(tmp_path: Path) -> None:
    rows = [song(number * HOUR, number) for number in range(1, 7)]
    frame = measured(small_rollup(tmp_path, {"requests": rows}), 6, 6 * HOUR)
    (only,) = of(frame, "latency_p50").itertuples()
    assert only.at == AT - 6 * HOUR
    assert only.value == pytest.approx(3_000, rel=0.01)


def test_the_step_follows_the_range() -> None:
    assert latency_step(HOUR) == timedelta(minutes=1)
    assert latency_step(24 * HOUR) == HOUR
    assert latency_step(7 * 24 * HOUR) == 6 * HOUR
    assert latency_step(62 * 24 * HOUR) == 24 * HOUR


def test_any_durations_give_what_sorting_them_gives(tmp_path: Path) -> None:
    random = Random(3)
    rows = [
        song(random.randrange(1, 360) * HOUR / 60, random.lognormvariate(2.3, 0.8))
        for _ in range(2_000)
    ]
    frame = measured(small_rollup(tmp_path, {"requests": rows}), 6)
    for objective in SONGS.objectives[1:]:
        for row in of(frame, objective.id).itertuples():
            own = sorted(
                min(it["duration_ms"], math.inf)
                for it in rows
                if row.at <= it["ts"] < row.at + HOUR
            )
            expected = own[math.ceil(objective.target * len(own) - 1e-9) - 1]
            if expected > 90_000:
                assert row.above
            else:
                assert row.value == pytest.approx(expected, rel=0.0101)


def test_without_requests_there_are_only_gaps(tmp_path: Path) -> None:
    frame = measured(small_rollup(tmp_path, {"requests": [song(99 * HOUR, 1)]}), 2)
    assert len(frame) == 5 * 2
    assert frame["value"].isna().all()
