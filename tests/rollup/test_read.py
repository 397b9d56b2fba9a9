"""Rollups of different ages are read together."""

import shutil
from datetime import datetime
from pathlib import Path

import duckdb

from slo_core.logs.store import open_store
from slo_core.rollup import refresh
from slo_core.rollup.manifest import output_files
from tests.small import STUDIO, small_rollup

SONGS = [
    {"ts": datetime(2025, 3, day, 12), "journey": "song_generation", "platform": "web"}
    for day in (30, 31)
]


def test_kept_history_from_before_a_column_reads_as_null_in_it(tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": SONGS})
    shutil.rmtree(tmp_path / "requests" / "date=2025-03-30")
    first = min(rollup.manifests["requests"].entries)
    entry = rollup.manifests["requests"].entries[first]
    [path] = output_files(rollup.store, "requests", entry, "hour", first)
    older = path.with_name("older")
    duckdb.execute(
        f"COPY (SELECT * EXCLUDE (date, platform) FROM '{path}') TO '{older}' (FORMAT parquet)"
    )
    older.replace(path)

    again = refresh(open_store(tmp_path), STUDIO)
    span = (datetime(2025, 3, 30), datetime(2025, 4, 1))
    source = again.source("requests", "hour", [span], columns="hour, platform, good")
    rows = again.cursor().execute(f"SELECT platform, good FROM ({source}) ORDER BY hour")
    assert rows.fetchall() == [(None, 1), ("web", 1)]
