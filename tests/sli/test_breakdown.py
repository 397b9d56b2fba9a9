"""What bad events have in common: counted by hand, and against what the budget counts."""

import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slo_core.catalog import Catalog, parse_catalog
from slo_core.errors import SloError
from slo_core.logs.store import open_store
from slo_core.rollup import refresh
from slo_core.sli.breakdown import budgeted_part, causes, course, dimensions, worst_period
from slo_core.sli.sample_rows import MOST, sample_rows
from slo_core.status import status
from tests import random_logs
from tests.effort import one_in
from tests.small import ROOT, SHOP, STUDIO, small_rollup

AT = datetime(2025, 3, 10, 12)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def request(ago: timedelta, status: int | None = 200, **more: Any) -> dict[str, Any]:
    return {"ts": AT - ago, "journey": "song_generation", "status": status} | more


ROWS = [
    request(HOUR, endpoint="/songs", platform="web"),
    request(HOUR, 503, endpoint="/songs", platform="web", step="generate"),
    request(HOUR, 503, endpoint="/songs", platform="ios"),
    request(HOUR, 500, endpoint="/remix", platform="web"),
    request(3 * HOUR, None, error="network"),
    request(3 * HOUR, error="timeout", endpoint="/songs", platform="web"),
    request(2 * HOUR, 403, endpoint="/songs"),  # excluded
    request(2 * HOUR, 500, source="server"),  # another source
    request(30 * DAY, 500, platform="web"),  # at the very start
    request(30 * DAY + MINUTE, 500, platform="web"),  # before the window
    request(timedelta(0), 500, platform="web"),  # at its end: not yet
]


def listed(frame: pd.DataFrame) -> list[tuple[str, float]]:
    return list(zip(frame["value"], frame["bad"], strict=True))


def test_failures_are_told_apart_by_each_dimension(tmp_path: Path) -> None:
    found = causes(
        small_rollup(tmp_path, {"requests": ROWS}), "song_generation", "success_rate", AT
    )
    assert found.dimensions == ("reason", "endpoint", "status", "platform", "step")
    assert (found.start, found.end, found.is_window) == (AT - 30 * DAY, AT, True)
    assert found.bad({}) == 6
    assert listed(found.ranked("reason", {})) == [
        ("server_error", 4),
        ("network", 1),
        ("timeout", 1),
    ]
    assert listed(found.ranked("endpoint", {})) == [("/songs", 3), ("none", 2), ("/remix", 1)]
    assert listed(found.ranked("status", {})) == [("500", 2), ("503", 2), ("200", 1), ("none", 1)]
    assert listed(found.ranked("platform", {})) == [("web", 4), ("ios", 1), ("unknown", 1)]
    assert listed(found.ranked("step", {})) == [("none", 5), ("generate", 1)]
    assert found.ranked("reason", {})["share"].tolist() == pytest.approx([4 / 6, 1 / 6, 1 / 6])


def test_a_value_narrows_every_dimension_but_its_own(tmp_path: Path) -> None:
    found = causes(
        small_rollup(tmp_path, {"requests": ROWS}), "song_generation", "success_rate", AT
    )
    only = {"endpoint": "/songs"}
    assert found.bad(only) == 3
    assert listed(found.ranked("status", only)) == [("503", 2), ("200", 1)]
    assert listed(found.ranked("endpoint", only)) == [("/songs", 3), ("none", 2), ("/remix", 1)]
    both = {"endpoint": "/songs", "platform": "ios"}
    assert listed(found.ranked("reason", both)) == [("server_error", 1)]
    assert found.bad({"endpoint": "/nowhere"}) == 0
    assert found.ranked("reason", {"endpoint": "/nowhere"}).empty


def test_slow_requests_are_told_apart_by_how_slow_they_were(tmp_path: Path) -> None:
    rows = [
        request(HOUR, duration_ms=29_999.9),  # good
        request(HOUR, duration_ms=30_000),  # exactly at the threshold: not below it
        request(HOUR, duration_ms=44_000),
        request(HOUR, duration_ms=46_000, status=201),
        request(HOUR, duration_ms=91_000),  # over the journey's timeout
        request(HOUR, 500, duration_ms=60_000),  # failed: no part of latency
    ]
    found = causes(small_rollup(tmp_path, {"requests": rows}), "song_generation", "latency_p95", AT)
    assert found.dimensions == ("reached", "endpoint", "status", "platform")
    assert listed(found.ranked("reached", {})) == [("30000", 2), ("45000", 1), ("timeout", 1)]
    assert found.bad({}) == 4
    assert found.platforms[["platform", "good", "valid", "bad"]].values.tolist() == [
        ["unknown", 1, 5, 4]
    ]


def test_an_objective_on_a_step_counts_that_step(tmp_path: Path) -> None:
    rows = [
        request(HOUR, 500, journey="publishing", step="publish"),
        request(HOUR, 500, journey="publishing", step="platform_sync"),
    ]
    rollup = small_rollup(tmp_path, {"requests": rows})
    found = causes(rollup, "publishing", "success_rate", AT)
    assert found.bad({}) == 1
    assert found.dimensions == ("reason", "endpoint", "status", "platform")


def test_the_platform_that_decides_is_the_worst_with_enough_events(tmp_path: Path) -> None:
    rows = [
        request(HOUR, code, journey="publishing", step="platform_sync", platform=platform)
        for platform, codes in {
            "a": [200] * 97 + [500] * 3,
            "b": [200] * 95 + [500] * 5,
            "few": [500] * 9,
        }.items()
        for code in codes
    ]
    rollup = small_rollup(tmp_path, {"requests": rows})
    found = causes(rollup, "publishing", "platform_sync", AT)
    assert found.platforms["platform"].tolist() == ["b", "a", "few"]
    assert found.platforms["decides"].tolist() == [True, True, False]
    assert found.deciding == "b"
    assert found.bad({"platform": "b"}) == 5


def test_measurements_are_told_apart_by_platform(tmp_path: Path) -> None:
    def value(metric: str, number: float, platform: str | None, ago: timedelta = HOUR) -> Any:
        row = {"ts": AT - ago, "journey": "audio_playback", "metric": metric, "value": number}
        return row | {"platform": platform}

    rows = [
        value("buffering_ms", 499.9, "web"),
        value("buffering_ms", 500, "web"),
        value("buffering_ms", 900, None),
        value("playtime_ms", 60_000, "web"),
        value("interrupted_ms", 250, "web"),
        value("interrupted_ms", 50, "ios", 2 * HOUR),  # in an hour without playtime
    ]
    rollup = small_rollup(tmp_path, {"measurements": rows})
    found = causes(rollup, "audio_playback", "initial_buffering", AT)
    assert found.dimensions == ("platform",)
    assert listed(found.ranked("platform", {})) == [("unknown", 1), ("web", 1)]
    share = causes(rollup, "audio_playback", "interruptions", AT)
    assert listed(share.ranked("platform", {})) == [("web", 250), ("ios", 50)]
    hours = course(rollup, "audio_playback", "interruptions", AT).dropna()
    assert hours["bad"].tolist() == [50, 250]
    assert hours["valid"].tolist() == [0, 60_000]


def test_between_hours_whole_ones_are_counted_and_it_says_so(tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": [*ROWS, request(-10 * MINUTE, 500)]})
    found = causes(rollup, "song_generation", "success_rate", AT + 5 * MINUTE)
    assert (found.start, found.end) == (AT - 30 * DAY, AT + HOUR)
    assert not found.is_window
    assert found.bad({}) == 8  # those at 12:00 and 12:10 too


def test_the_course_has_gaps_where_nothing_counted(tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": ROWS})
    frame = course(rollup, "song_generation", "success_rate", AT)
    assert len(frame) == 30 * 24
    last = frame.tail(4)
    assert last["at"].tolist() == [AT - n * HOUR for n in (4, 3, 2, 1)]
    assert last["bad"].tolist()[1::2] == [2, 3]
    assert last["valid"].tolist()[1::2] == [2, 4]
    assert last["allowed"].tolist()[1::2] == pytest.approx([0.01, 0.02])
    assert last[["bad", "valid", "allowed"]].isna().all(axis=1).tolist() == [True, False] * 2


def test_the_course_keeps_to_values(tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": ROWS})

    def last(**only: str) -> list[tuple[float, float]]:
        frame = course(rollup, "song_generation", "success_rate", AT, only).dropna()
        return list(zip(frame["bad"], frame["valid"], strict=True))[-2:]

    assert last(endpoint="/songs") == [(1, 2), (2, 4)]
    assert last(platform="web") == [(1, 1), (2, 3)]
    assert last(platform="web", status="500") == [(0, 1), (1, 3)]


def test_the_worst_period_is_what_was_unusual_for_its_traffic() -> None:
    def frame(*hours: tuple[float | None, float | None]) -> pd.DataFrame:
        rows = [(AT + n * HOUR, bad, valid) for n, (bad, valid) in enumerate(hours)]
        return pd.DataFrame(rows, columns=["at", "bad", "valid"]).astype({"bad": float})

    # 40 of 1,000 are usual: the busy hour has 15 too few, the fourth 6 too many, the fifth 16.
    busy = frame((0, 0), (5, 500), (None, None), (10, 100), (20, 100), (5, 300))
    assert worst_period(busy) == (AT + 4 * HOUR, AT + 5 * HOUR)
    # 9 of 100 are usual: 11 and 7 above it, which is more than half as much.
    both = frame((0, 100), (20, 100), (16, 100), (0, 100))
    assert worst_period(both) == (AT + HOUR, AT + 3 * HOUR)
    assert worst_period(frame((0, 10), (None, None))) is None
    assert worst_period(frame()) is None
    even = frame((1, 10), (1, 10))
    assert worst_period(even) == (AT, AT + 2 * HOUR)


def test_without_files_there_is_nothing(tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": [request(90 * DAY, 500)]})
    found = causes(rollup, "song_generation", "success_rate", AT)
    assert found.bad({}) == 0
    assert found.platforms.empty
    assert found.deciding is None
    assert found.ranked("endpoint", {}).empty
    assert worst_period(course(rollup, "song_generation", "success_rate", AT)) is None


def test_kept_history_without_the_threshold_is_left_out(tmp_path: Path) -> None:
    rows = [request(HOUR, duration_ms=14_000), request(HOUR, duration_ms=20_000)]
    song = ("song_generation", "latency_p50")
    rollup = small_rollup(tmp_path, {"requests": rows})
    assert causes(rollup, *song, AT).bad({}) == 1
    shutil.rmtree(tmp_path / "requests")
    text = (ROOT / "data" / "studio.yaml").read_text("utf-8")
    newer = parse_catalog(text.replace("{below: 15000,", "{below: 13000,"), name="studio.yaml")
    kept = refresh(open_store(tmp_path), newer)
    found = causes(kept, *song, AT)
    assert found.bad({}) == 0
    assert found.platforms.empty
    assert causes(kept, "song_generation", "latency_p95", AT).platforms["valid"].tolist() == [2]


def test_availability_has_no_events(tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": ROWS})
    with pytest.raises(SloError, match=r"api\.availability counts seconds, not events"):
        causes(rollup, "api", "availability", AT)


@pytest.mark.parametrize("catalog", [STUDIO, SHOP], ids=["studio", "shop"])
@settings(max_examples=one_in(33), suppress_health_check=[HealthCheck.too_slow])
@given(random=st.randoms(use_true_random=False))
def test_causes_add_up_to_what_the_budget_counts(catalog: Catalog, random: Random) -> None:
    tables = random_logs.small_tables(random, catalog, AT)
    with tempfile.TemporaryDirectory() as folder:
        rollup = small_rollup(Path(folder), tables, catalog)
        for stated in status(rollup, AT)["objectives"]:
            journey, name = stated["journey"], stated["objective"]
            objective = catalog.objective(journey, name)
            if objective.indicator.kind == "availability":
                continue
            found = causes(rollup, journey, name, AT)
            only = budgeted_part(objective, found)
            consumed = stated["budget"]["consumed"]
            if objective.per_platform and not found.deciding:
                assert consumed == 0
                continue
            assert found.bad(only) == pytest.approx(consumed, abs=1e-6)
            for dimension in found.dimensions:
                rest = {k: v for k, v in only.items() if k != dimension}
                ranked = found.ranked(dimension, only)
                assert ranked["bad"].sum() == pytest.approx(found.bad(rest), abs=1e-6)
            hours = course(rollup, journey, name, AT, only)
            assert hours["bad"].sum() == pytest.approx(consumed, abs=1e-6)
            if objective.indicator.kind in ("success", "latency"):
                rows = sample_rows(rollup, journey, name, found.start, found.end, only=only)
                assert len(rows.rows) == min(consumed, MOST)
                assert rows.more == (consumed > MOST)


def test_dimensions_are_those_that_the_log_can_have() -> None:
    assert dimensions(STUDIO.objective("publishing", "publish_time_p50"))[0] == "reached"
    assert dimensions(STUDIO.objective("web", "lcp_p75")) == ("platform",)
