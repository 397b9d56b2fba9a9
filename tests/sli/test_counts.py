"""Good and valid events of each kind of objective, in windows and in steps, by hand."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from slo_core.catalog import parse_catalog
from slo_core.logs.store import open_store
from slo_core.rollup import Rollup, refresh
from slo_core.sli.counts import series, window_counts
from slo_core.sli.windows import Window
from tests.small import ROOT, SHOP, small_rollup

NOON = datetime(2025, 3, 30, 12)
TICK = timedelta(microseconds=1)
SECOND, MINUTE, HOUR, DAY = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)
AROUND = Window("around", NOON - DAY, NOON + DAY)


def a_request(ts: datetime, journey: str = "song_generation", **columns: Any) -> dict[str, Any]:
    return {"ts": ts, "journey": journey, "status": 200, **columns}


def measured(journey: str, metric: str, *values: float) -> list[dict[str, Any]]:
    return [
        {"ts": NOON + number * SECOND, "journey": journey, "metric": metric, "value": value}
        for number, value in enumerate(values)
    ]


def of(frame: pd.DataFrame, journey: str, objective: str, window: str = "around") -> Any:
    """Good and valid of one objective over all platforms; None where there is no row."""
    rows = frame[
        (frame["journey"] == journey)
        & (frame["objective"] == objective)
        & (frame["window"] == window)
    ]
    return (rows["good"].sum(), rows["valid"].sum()) if len(rows) else None


# --- Windows -----------------------------------------------------------------------------------


def test_a_window_takes_its_first_moment_and_leaves_its_last(tmp_path: Path) -> None:
    at, length = NOON + 7 * MINUTE, 3 * HOUR + 13 * MINUTE
    inside = [at - length, at - length + TICK, at - TICK, at - HOUR]
    outside = [at - length - TICK, at, at + TICK]
    rows = [a_request(ts) for ts in inside]
    rows += [a_request(ts, status=500) for ts in outside]
    counts = window_counts(
        small_rollup(tmp_path, {"requests": rows}), [Window("around", at - length, at)]
    )
    assert of(counts, "song_generation", "success_rate") == (4, 4)


def test_windows_that_overlap_each_count_everything_of_theirs(tmp_path: Path) -> None:
    rows = [a_request(NOON - n * HOUR, status=500 if n == 3 else 200) for n in range(1, 49)]
    windows = [
        Window(name, NOON - hours * HOUR, NOON)
        for name, hours in (("1h", 1), ("6h", 6), ("24h", 24), ("again", 24))
    ]
    counts = window_counts(small_rollup(tmp_path, {"requests": rows}), windows)
    found = {w.name: of(counts, "song_generation", "success_rate", w.name) for w in windows}
    assert found == {"1h": (1, 1), "6h": (5, 6), "24h": (23, 24), "again": (23, 24)}


def test_a_window_without_valid_events_has_no_row_or_none_of_them(tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": [a_request(NOON, status=401)]})
    assert of(window_counts(rollup, [AROUND]), "song_generation", "success_rate") in (None, (0, 0))
    earlier = Window("around", NOON - 9 * DAY, NOON - 8 * DAY)
    assert len(window_counts(rollup, [earlier])) == 0


def test_a_months_ratio_is_that_of_the_sums(tmp_path: Path) -> None:
    # A quiet minute in which everything fails weighs as its one request does (DESIGN 2.4).
    rows = [a_request(NOON + number * TICK) for number in range(999)]
    rows += [a_request(NOON + HOUR, status=500)]
    counts = window_counts(small_rollup(tmp_path, {"requests": rows}), [AROUND])
    assert of(counts, "song_generation", "success_rate") == (999, 1000)


# --- What each kind of objective counts --------------------------------------------------------


def test_an_objective_keeps_to_its_step(tmp_path: Path) -> None:
    rows = [
        a_request(NOON, "publishing", step="publish", duration_ms=1000.0),
        a_request(NOON, "publishing", step="publish", status=500),
        a_request(NOON, "publishing", step="platform_sync", platform="spotify", status=500),
        a_request(NOON, "publishing", step="something_else", duration_ms=1.0),
        a_request(NOON, "publishing", duration_ms=1.0),
    ]
    counts = window_counts(small_rollup(tmp_path, {"requests": rows}), [AROUND])
    assert of(counts, "publishing", "success_rate") == (1, 2)
    assert of(counts, "publishing", "publish_time_p50") == (1, 1)
    assert of(counts, "publishing", "platform_sync") == (0, 1)


def test_a_success_rate_without_a_step_counts_every_step(tmp_path: Path) -> None:
    rows = [a_request(NOON, step=step) for step in ("generate", "listen", None)]
    counts = window_counts(small_rollup(tmp_path, {"requests": rows}), [AROUND])
    assert of(counts, "song_generation", "success_rate") == (3, 3)


def test_platforms_are_told_apart(tmp_path: Path) -> None:
    rows = [
        a_request(NOON, "publishing", step="platform_sync", platform=platform, status=status)
        for platform, status in [("a", 200), ("a", 500), ("b", 200), (None, 200), ("", 500)]
    ]
    counts = window_counts(small_rollup(tmp_path, {"requests": rows}), [AROUND])
    own = counts[counts["objective"] == "platform_sync"]
    found = {
        None if pd.isna(row.platform) else row.platform: (row.good, row.valid)
        for row in own.itertuples()
    }
    assert found == {"a": (1, 2), "b": (1, 1), None: (1, 2)}


def test_shares_of_a_sum_are_in_the_metrics_unit(tmp_path: Path) -> None:
    rows = [
        *measured("audio_playback", "playtime_ms", 60_000, 40_000),
        *measured("audio_playback", "interrupted_ms", 250),
        *measured("collaboration", "edits", 3, 5),
        *measured("collaboration", "conflicts", 0, 0),
    ]
    counts = window_counts(small_rollup(tmp_path, {"measurements": rows}), [AROUND])
    assert of(counts, "audio_playback", "interruptions") == (99_750, 100_000)
    assert of(counts, "collaboration", "conflict_rate") == (8, 8)


def test_a_series_that_is_absent_because_nothing_failed_is_zero(tmp_path: Path) -> None:
    rows = measured("audio_playback", "playtime_ms", 60_000)
    counts = window_counts(small_rollup(tmp_path, {"measurements": rows}), [AROUND])
    assert of(counts, "audio_playback", "interruptions") == (60_000, 60_000)


@pytest.mark.parametrize(
    ("journey", "metric", "objective", "threshold", "above"),
    [
        ("audio_playback", "buffering_ms", "initial_buffering", 500, False),
        ("audio_playback", "seek_ms", "seek_latency", 200, False),
        ("collaboration", "sync_ms", "sync_latency_p50", 200, False),
        ("collaboration", "sync_ms", "sync_latency_p95", 500, False),
        ("audio_export", "download_mbps", "download_speed", 5, True),
        ("web", "fcp_ms", "fcp_p75", 1500, False),
        ("web", "lcp_ms", "lcp_p75", 2500, False),
        ("web", "fid_ms", "fid_p75", 100, False),
        ("web", "cls", "cls_p75", 0.1, False),
    ],
)
def test_a_measurement_at_its_threshold_is_not_good(
    tmp_path: Path, journey: str, metric: str, objective: str, threshold: float, above: bool
) -> None:
    values = (threshold, threshold * (1 - 1e-9), threshold * (1 + 1e-9), threshold * 3)
    rollup = small_rollup(tmp_path, {"measurements": measured(journey, metric, *values)})
    good = 2 if above else 1
    assert of(window_counts(rollup, [AROUND]), journey, objective) == (good, 4)


def test_another_catalogue_counts_its_own(tmp_path: Path) -> None:
    tables = {
        "requests": [
            a_request(NOON, "checkout", step="payment"),
            a_request(NOON, "checkout", step="payment", duration_ms=120_001.0),
            a_request(NOON, "checkout", step="card", platform="visa", status=404),
            a_request(NOON, "search", step="answer", duration_ms=1200.0),
            a_request(NOON, "search", step="answer", duration_ms=1199.0),
            a_request(NOON, "search", step="answer", duration_ms=1501.0),
        ],
        "measurements": [
            *measured("search", "searches", 200),
            *measured("search", "empty_searches", 9),
            *measured("browse", "pictures_per_second", 12, 12.1),
        ],
    }
    counts = window_counts(small_rollup(tmp_path, tables, SHOP), [AROUND])
    assert of(counts, "checkout", "orders") == (1, 2)
    assert of(counts, "checkout", "refused") == (1, 3)
    assert of(counts, "checkout", "every_card") == (0, 1)
    assert of(counts, "search", "answer_p99") == (1, 3)  # the timeout is slow
    assert of(counts, "search", "empty_results") == (191, 200)
    assert of(counts, "browse", "picture_rate") == (1, 2)


# --- Steps of time -----------------------------------------------------------------------------


def steps_of(frame: pd.DataFrame, objective: str = "success_rate") -> dict[datetime, Any]:
    """Good and valid of songs over all platforms, by the start of the step."""
    own = frame[(frame["journey"] == "song_generation") & (frame["objective"] == objective)]
    sums = own.groupby("at")[["good", "valid"]].sum()
    return {row.Index.to_pydatetime(): (row.good, row.valid) for row in sums.itertuples()}


def test_a_series_has_gaps_and_exact_edges(tmp_path: Path) -> None:
    rows = [a_request(NOON + n * MINUTE, status=500 if n == 61 else 200) for n in range(120)]
    rows += [a_request(NOON + 5 * HOUR)]
    rollup = small_rollup(tmp_path, {"requests": rows})
    start, end = NOON + 50 * MINUTE, NOON + 6 * HOUR
    assert steps_of(series(rollup, start, end, HOUR)) == {
        NOON: (10, 10),  # the ten minutes that the span has of it
        NOON + HOUR: (59, 60),
        NOON + 5 * HOUR: (1, 1),
    }
    minutes = steps_of(series(rollup, NOON + HOUR, NOON + HOUR + 3 * MINUTE, MINUTE))
    assert minutes == {
        NOON + HOUR: (1, 1),
        NOON + HOUR + MINUTE: (0, 1),
        NOON + HOUR + 2 * MINUTE: (1, 1),
    }
    assert len(series(rollup, NOON + 3 * HOUR, NOON + 4 * HOUR, HOUR)) == 0


def test_a_series_may_be_of_some_objectives_only(tmp_path: Path) -> None:
    tables = {
        "requests": [a_request(NOON, duration_ms=1.0)],
        "measurements": measured("web", "cls", 0.01),
    }
    rollup = small_rollup(tmp_path, tables)
    frame = series(rollup, NOON, NOON + HOUR, HOUR, {("web", "cls_p75")})
    assert set(zip(frame["journey"], frame["objective"], strict=True)) == {("web", "cls_p75")}
    everything = series(rollup, NOON, NOON + HOUR, HOUR)
    assert set(everything["objective"]) == {
        *("success_rate", "latency_p50", "latency_p95", "latency_p99", "cls_p75")
    }


def test_a_series_adds_up_to_its_window(tmp_path: Path) -> None:
    rows = [
        a_request(NOON + n * 97 * SECOND, status=500 if n % 7 == 0 else 200, duration_ms=40.0 * n)
        for n in range(700)
    ]
    rollup = small_rollup(tmp_path, {"requests": rows})
    window = Window("around", NOON + 11 * MINUTE, NOON + 15 * HOUR + 7 * MINUTE)
    counts = window_counts(rollup, [window])
    for step in (MINUTE, 5 * MINUTE, HOUR, 6 * HOUR, DAY):
        frame = series(rollup, window.start, window.end, step)
        for objective in ("success_rate", "latency_p50", "latency_p95"):
            steps = steps_of(frame, objective).values()
            sums = (sum(good for good, _ in steps), sum(valid for _, valid in steps))
            assert sums == of(counts, "song_generation", objective)


# --- Kept history under another threshold ------------------------------------------------------


@pytest.fixture
def kept(tmp_path: Path) -> Rollup:
    """A song a minute over two hours, 10 s in the first, 20 s in the second; 13 s decides now.

    The raw logs are gone, and were rolled up when 15 s decided.
    """
    rows = [
        a_request(NOON + number * MINUTE, duration_ms=10_000.0 if number < 60 else 20_000.0)
        for number in range(120)
    ]
    small_rollup(tmp_path, {"requests": rows})
    shutil.rmtree(tmp_path / "requests")
    text = (ROOT / "data" / "studio.yaml").read_text("utf-8")
    newer = text.replace("{below: 15000, unit: ms}", "{below: 13000, unit: ms}", 1)
    return refresh(open_store(tmp_path), parse_catalog(newer, name="studio.yaml"))


def test_kept_history_answers_each_window_from_its_histogram(kept: Rollup) -> None:
    windows = [
        Window("first", NOON, NOON + HOUR),
        Window("second", NOON + HOUR, NOON + 2 * HOUR),
        Window("odd", NOON + 50 * MINUTE, NOON + 70 * MINUTE),
    ]
    counts = window_counts(kept, windows)
    found = {w.name: of(counts, "song_generation", "latency_p50", w.name) for w in windows}
    assert found == {"first": (60, 60), "second": (0, 60), "odd": (10, 20)}


@pytest.mark.parametrize("step", [20 * MINUTE, HOUR])
def test_kept_history_answers_each_step_from_its_histogram(kept: Rollup, step: timedelta) -> None:
    found = steps_of(series(kept, NOON, NOON + 2 * HOUR, step), "latency_p50")
    each = step // MINUTE
    assert found == {
        NOON + number * step: (each if number * step < HOUR else 0, each)
        for number in range(2 * HOUR // step)
    }
