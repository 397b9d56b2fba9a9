"""The alerts page says who was told: nobody, somebody, and what did not arrive."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from streamlit.testing.v1 import AppTest

from slo_core.moments import iso
from slo_core.watch.ledger import Notice, add, begin, delivered, failed, given_up
from slo_core.watch.run import HEARTBEAT
from tests.pages.test_alerts import AT, SONGS, SPIKE, spike, words
from tests.random_logs import write_tables


def beat(data: Path, ago: timedelta, error: str | None = None) -> None:
    """The last look of a watch, so long ago."""
    looked = iso(datetime.now(UTC).replace(tzinfo=None, microsecond=0) - ago)
    told = {"since": looked, "looked_at": looked, "every_seconds": 30, "error": error}
    (data / HEARTBEAT).write_text(json.dumps(told))


def test_where_no_watch_ran_nobody_is_told(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": spike()})
    assert "no watch has run on these data" in words(app)


def test_what_did_not_arrive_comes_first(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": spike()})
    beat(tmp_path, timedelta(hours=3))
    targets = ("on_call", "studio_alerts", "leadership", "engineering", "log")
    rows = [Notice("fired", SPIKE, SONGS, AT, name, due=AT) for name in targets]
    add(tmp_path, [*rows, Notice("silent", "", SONGS, AT, "", error="no route.")], AT)
    for number in (1, 2, 3, 4):
        begin(tmp_path, [number])
    delivered(tmp_path, [1], AT)
    failed(tmp_path, [3], "it answered 503.", AT + timedelta(minutes=1))
    given_up(tmp_path, [4], "it answered 404.", AT)
    told = words(app)
    assert "No watch runs: its last look was at" in told
    state = ["● sent", "◆ may not have arrived", "▲ waits", "◆ given up", "■ not sent"]
    assert all(it in told for it in state)
    assert told.index("◆ given up") < told.index("● sent")
    assert "it answered 503." in told
    assert "no route." in told
    beat(tmp_path, timedelta(0), "the disk is full.")
    assert "its last look failed: the disk is full." in words(app)
