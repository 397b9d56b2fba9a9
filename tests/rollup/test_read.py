"""Rollups of different ages are read together."""

import shutil
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from slo_core.logs.store import open_store
from slo_core.rollup import Rollup, refresh
from slo_core.rollup.manifest import output_files
from slo_core.sli.counts import window_counts
from slo_core.sli.windows import Window
from tests.small import STUDIO, small_rollup

SONGS = [
    {"ts": datetime(2025, 3, day, 12), "journey": "song_generation", "platform": "web"}
    for day in (30, 31)
]


SPAN = (datetime(2025, 3, 30), datetime(2025, 4, 1))


def forget_platforms(folder: Path, rollup: Rollup, days: int) -> Rollup:
    """Make the first days kept history of a time when figures had no ``platform``."""
    entries = rollup.manifests["requests"].entries
    for day in sorted(entries)[:days]:
        shutil.rmtree(folder / "requests" / f"date={day}")
        [path] = output_files(rollup.store, "requests", entries[day], "hour", day)
        older = path.with_name("older")
        duckdb.execute(
            f"COPY (SELECT * EXCLUDE (date, platform) FROM '{path}') TO '{older}' (FORMAT parquet)"
        )
        older.replace(path)
    return refresh(open_store(folder), STUDIO)


@pytest.mark.parametrize(
    ("now", "at"),
    [
        ("2025-03-31T12:00:00", "2025-03-31T12:00:00"),  # a whole minute is its own end
        ("2025-03-31T12:00:00.000001", "2025-03-31T12:01:00"),
        ("2025-03-31T12:30:59", "2025-03-31T12:31:00"),  # an event of this minute is seen
        ("2025-04-01T12:00:06.9", "2025-04-01T12:01:00"),  # a second less than a day later
        ("2025-04-01T12:00:07", "2025-03-31T12:01:00"),  # a day later: the end of the data
        ("2025-03-31T11:00:30", "2025-03-31T11:01:00"),  # data of the future do not move it
    ],
)
def test_a_look_that_names_no_moment(tmp_path: Path, now: str, at: str) -> None:
    songs = [{**SONGS[1], "ts": datetime(2025, 3, 31, 12, 0, 7)}]
    rollup = small_rollup(tmp_path, {"requests": songs})
    assert rollup.default_at(datetime.fromisoformat(now)) == datetime.fromisoformat(at)


@pytest.mark.parametrize(("older", "platforms"), [(1, [None, "web"]), (2, [None, None])])
def test_kept_history_from_before_a_column_reads_as_null_in_it(
    tmp_path: Path, older: int, platforms: list[str | None]
) -> None:
    rollup = small_rollup(tmp_path, {"requests": SONGS})
    again = forget_platforms(tmp_path, rollup, older)
    source = again.source("requests", "hour", [SPAN], columns="hour, platform, good AS fine")
    rows = again.cursor().execute(f"SELECT platform, fine FROM ({source}) ORDER BY hour")
    assert rows.fetchall() == [(platform, 1) for platform in platforms]


def test_kept_history_may_be_asked_by_a_column_that_it_is_older_than(tmp_path: Path) -> None:
    again = forget_platforms(tmp_path, small_rollup(tmp_path, {"requests": SONGS}), 2)
    source = again.source("requests", "hour", [SPAN], columns="good", where="platform = 'web'")
    assert again.cursor().execute(source or "").fetchall() == []
    source = again.source("requests", "hour", [SPAN], columns="good", where="platform IS NULL")
    assert len(again.cursor().execute(source or "").fetchall()) == 2


def test_old_figures_still_give_the_same_counts(tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": SONGS})
    window = [Window("all", *SPAN)]

    def songs(rollup: Rollup) -> tuple[float, float]:
        counts = window_counts(rollup, window)
        own = counts[
            counts["objective"].eq("success_rate") & (counts["journey"] == "song_generation")
        ]
        return own["good"].sum(), own["valid"].sum()

    assert songs(rollup) == songs(forget_platforms(tmp_path, rollup, 2)) == (2, 2)
