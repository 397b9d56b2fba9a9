"""How long things took, over time: a handful of requests, worked out by hand."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from slo_core.sli.heatmap import Subject, heatmap, heatmap_step, quantiles, subjects
from tests.small import SHOP, STUDIO, small_rollup

AT = datetime(2025, 3, 10, 12, 30)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def subject(name: str) -> Subject:
    return next(found for found in subjects(STUDIO) if found.id == name)


def song(ago: timedelta, duration_ms: float, **more: Any) -> dict[str, Any]:
    row = {"ts": AT - ago, "journey": "song_generation", "status": 200}
    return row | {"duration_ms": duration_ms} | more


def test_whatever_has_a_latency_objective_is_a_subject() -> None:
    names = [found.id for found in subjects(STUDIO)]
    assert names[:4] == [
        "song_generation",
        "project_loading",
        "audio_playback.buffering_ms",
        "audio_playback.seek_ms",
    ]
    assert "publishing.publish" in names
    assert not any("cls" in name or "mbps" in name for name in names)
    assert subjects(SHOP)
    assert quantiles(STUDIO, subject("song_generation")) == [0.5, 0.95, 0.99]
    assert quantiles(STUDIO, subject("web.lcp_ms")) == [0.5, 0.75, 0.95, 0.99]


def test_the_step_follows_the_range() -> None:
    steps = [heatmap_step(length) for length in (HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY, 365 * DAY)]
    assert steps == [MINUTE, 5 * MINUTE, HOUR, HOUR, 6 * HOUR, DAY]


@pytest.mark.parametrize("length", [HOUR, DAY])
def test_percentiles_by_rank_and_what_was_missed(tmp_path: Path, length: timedelta) -> None:
    # Ten songs in one minute: nine of 10 s, one of 31 s: rank 5 is 10 s, ranks 10 are 31 s.
    rows = [song(10 * MINUTE, 10_000) for _ in range(9)] + [song(10 * MINUTE, 31_000)]
    rows += [song(10 * MINUTE, 40_000, status=500), song(10 * MINUTE, 1, source="server")]
    rows += [song(timedelta(0), 80_000), song(length + MINUTE, 80_000)]
    found = heatmap(
        small_rollup(tmp_path, {"requests": rows}), subject("song_generation"), AT - length, AT
    )
    values = dict(zip(found.lines["quantile"], found.lines["value"], strict=True))
    assert values == {
        0.5: pytest.approx(10_000, rel=0.01),
        0.95: pytest.approx(31_000, rel=0.01),
        0.99: pytest.approx(31_000, rel=0.01),
    }
    assert not found.lines["above"].any()
    assert list(found.missed["objective"]) == ["latency_p95"]
    assert found.cells["events"].tolist() == [9, 1]
    assert found.cells["share"].tolist() == [0.9, 0.1]
    assert found.cells["low"][0] * 0.99 <= 10_000 < found.cells["high"][0]
    assert (found.steps["events"] > 0).sum() == 1
    assert len(found.steps) == (60 if length == HOUR else 25)


def test_timeouts_are_slower_than_anything(tmp_path: Path) -> None:
    rows = [song(MINUTE, 10_000), song(MINUTE, 95_000), song(MINUTE, 5, error="timeout")]
    found = heatmap(
        small_rollup(tmp_path, {"requests": rows}), subject("song_generation"), AT - HOUR, AT
    )
    # Two of three timed out, of which one answered after more than the 90 s allowed.
    assert found.lines["value"].tolist() == [90_000, 90_000, 90_000]
    assert found.lines["above"].all()
    assert list(found.missed["objective"]) == ["latency_p50", "latency_p95", "latency_p99"]


def test_a_threshold_is_strict(tmp_path: Path) -> None:
    rows = [song(MINUTE, 15_000), song(2 * MINUTE, 14_999.9)]
    found = heatmap(
        small_rollup(tmp_path, {"requests": rows}), subject("song_generation"), AT - HOUR, AT
    )
    missed = found.missed[found.missed["objective"] == "latency_p50"]
    assert missed["at"].tolist() == [AT - MINUTE]


def test_measurements_and_steps_have_their_own(tmp_path: Path) -> None:
    seek = {"ts": AT - MINUTE, "journey": "audio_playback", "metric": "seek_ms", "value": 150.0}
    other = seek | {"metric": "buffering_ms", "value": 9000.0}
    publish = {"ts": AT - MINUTE, "journey": "publishing", "status": 200, "duration_ms": 60_000.0}
    tables = {
        "measurements": [seek, other],
        "requests": [publish | {"step": "publish"}, publish | {"step": "upload", "duration_ms": 1}],
    }
    rollup = small_rollup(tmp_path, tables)
    for name, value in (("audio_playback.seek_ms", 150), ("publishing.publish", 60_000)):
        found = heatmap(rollup, subject(name), AT - HOUR, AT)
        assert found.cells["events"].tolist() == [1]
        assert found.lines["value"].tolist() == [pytest.approx(value, rel=0.01)] * 3


def test_without_data_there_are_only_empty_steps(tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": [song(9 * DAY, 100)]})
    found = heatmap(rollup, subject("song_generation"), AT - HOUR, AT)
    assert found.cells.empty
    assert found.lines.empty
    assert found.missed.empty
    assert found.steps["events"].tolist() == [0] * 60
