"""Kept history under a newer catalogue: figures stay, and a new threshold is answered from bins."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from slo_core.catalog import Catalog, parse_catalog
from slo_core.logs.store import open_store
from slo_core.rollup import refresh
from slo_core.status import status
from tests.small import ROOT, small_rollup

AT = datetime(2025, 3, 31)


def studio_with(old: str, new: str) -> Catalog:
    text = (ROOT / "data" / "studio.yaml").read_text("utf-8")
    assert old in text
    return parse_catalog(text.replace(old, new), name="studio.yaml")


def p50(stated: dict[str, Any]) -> dict[str, Any]:
    return next(
        o
        for o in stated["objectives"]
        if (o["journey"], o["objective"]) == ("song_generation", "latency_p50")
    )


@pytest.fixture
def songs() -> list[dict[str, Any]]:
    """A thousand songs of 10.00 s to 19.99 s, one every 100 s over the two days before `AT`."""
    return [
        {
            "ts": AT - timedelta(seconds=100 * number + 1),
            "journey": "song_generation",
            "status": 200,
            "duration_ms": 10_000.0 + 10 * number,
        }
        for number in range(1000)
    ]


def test_a_new_threshold_is_approximate_where_raw_logs_are_gone(
    tmp_path: Path, songs: list[dict[str, Any]]
) -> None:
    exact = p50(status(small_rollup(tmp_path, {"requests": songs}), AT))
    assert (exact["good"], exact["valid"], exact["approximate"]) == (500, 1000, False)
    shutil.rmtree(tmp_path / "requests")

    newer = studio_with("{below: 15000, unit: ms}", "{below: 13000, unit: ms}")
    kept = p50(status(refresh(open_store(tmp_path), newer), AT))
    assert kept["approximate"] is True
    assert kept["valid"] == 1000
    # 300 songs took less than 13 s; the bin that 13 s splits is 2 % wide, 26 songs.
    assert kept["good"] == pytest.approx(300, abs=13)
    assert kept["met"] is False


def test_dates_with_raw_logs_are_redone_and_exact(
    tmp_path: Path, songs: list[dict[str, Any]]
) -> None:
    small_rollup(tmp_path, {"requests": songs})
    newer = studio_with("{below: 15000, unit: ms}", "{below: 13000, unit: ms}")
    redone = p50(status(refresh(open_store(tmp_path), newer), AT))
    assert (redone["good"], redone["valid"], redone["approximate"]) == (300, 1000, False)


def test_a_threshold_that_was_counted_is_exact_in_kept_history(
    tmp_path: Path, songs: list[dict[str, Any]]
) -> None:
    # The target moves, the thresholds do not: nothing is redone and nothing is approximate.
    small_rollup(tmp_path, {"requests": songs})
    shutil.rmtree(tmp_path / "requests")
    kept = p50(status(refresh(open_store(tmp_path), studio_with("99.9%", "99.8%")), AT))
    assert (kept["good"], kept["valid"], kept["approximate"]) == (500, 1000, False)


def test_a_new_speed_is_answered_from_its_slow_side(tmp_path: Path) -> None:
    # Speeds of 1, 2, ... 40 Mbps on each of two days; 8 decides now, where 5 did. The raw logs of
    # the first day are gone: 32 of its speeds lie in bins above 8, and 8 itself in a bin of 2 %,
    # from 7.92 to 8.08, of which about half is taken to be above.
    speeds = [
        {
            "ts": AT - timedelta(days=day, minutes=speed),
            "journey": "audio_export",
            "metric": "download_mbps",
            "value": float(speed),
        }
        for day in (0, 1)
        for speed in range(1, 41)
    ]
    small_rollup(tmp_path, {"measurements": speeds})
    shutil.rmtree(tmp_path / "measurements" / "date=2025-03-29")
    newer = studio_with("{above: 5, unit: Mbps}", "{above: 8, unit: Mbps}")
    stated = status(refresh(open_store(tmp_path), newer), AT)
    [found] = [o for o in stated["objectives"] if o["objective"] == "download_speed"]
    assert found["approximate"] is True
    assert found["valid"] == 80
    assert 32 + 32 <= found["good"] <= 33 + 32  # 9 to 40, and a share of the 8 of the first day
    others = {o["objective"] for o in stated["objectives"] if o["approximate"]}
    assert others == {"download_speed"}


def test_only_windows_that_reach_into_kept_history_are_approximate(
    tmp_path: Path, songs: list[dict[str, Any]]
) -> None:
    small_rollup(tmp_path, {"requests": songs})
    shutil.rmtree(tmp_path / "requests" / "date=2025-03-29")
    newer = studio_with("{below: 15000, unit: ms}", "{below: 13000, unit: ms}")
    rollup = refresh(open_store(tmp_path), newer)
    assert p50(status(rollup, AT))["approximate"] is True
    # Seven days later the window begins on the day whose raw logs are there.
    later = p50(status(rollup, AT + timedelta(days=6)))
    assert later["approximate"] is False
    # Of the last day's 864 songs those under 13 s are the first 300.
    assert (later["good"], later["valid"]) == (300, 864)
