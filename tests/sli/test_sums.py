"""Sums of rollup rows: what is kept is never read twice, and never outlives what it was read of."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_core.catalog import Catalog, parse_catalog
from slo_core.logs.store import open_store
from slo_core.rollup import Rollup, refresh
from slo_core.sli import sums
from slo_core.sli.counts import window_counts
from slo_core.sli.memory import Memory
from slo_core.sli.sums import Asked, span_sums
from slo_core.sli.windows import Piece, Window
from tests.random_logs import write_tables
from tests.small import ROOT, small_rollup

NOON = datetime(2025, 3, 30, 12)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    sums.forget()
    yield
    sums.forget()


def songs(at: datetime, good: int, failed: int = 0) -> list[dict[str, Any]]:
    row = {"ts": at, "journey": "song_generation", "duration_ms": 9_000.0}
    return [row | {"status": 500 if number < failed else 200} for number in range(good + failed)]


def counted(rollup: Rollup, start: datetime, end: datetime) -> tuple[float, float]:
    rows = window_counts(rollup, [Window("w", start, end)], {("song_generation", "success_rate")})
    return rows["good"].sum(), rows["valid"].sum()


def test_another_look_at_the_same_days_asks_nothing(tmp_path: Path, asked: list[Rollup]) -> None:
    rows = songs(NOON, good=9, failed=1) + songs(NOON - DAY, good=4)
    rollup = small_rollup(tmp_path, {"requests": rows})
    assert counted(rollup, NOON - 2 * DAY, NOON + HOUR) == (13, 14)
    first = len(asked)
    assert first
    assert counted(rollup, NOON - 2 * DAY, NOON) == (4, 4)
    assert counted(rollup, NOON, NOON + HOUR) == (9, 10)
    assert len(asked) == first
    # Minutes of an hour that was only read as a whole are read once more, and then are kept too.
    assert counted(rollup, NOON, NOON + MINUTE) == (9, 10)
    assert len(asked) == first + 1
    assert counted(rollup, NOON + MINUTE, NOON + 2 * MINUTE) == (0, 0)
    assert len(asked) == first + 1


def test_of_a_changed_date_nothing_old_is_answered(tmp_path: Path, asked: list[Rollup]) -> None:
    before = small_rollup(tmp_path, {"requests": songs(NOON, good=9) + songs(NOON - DAY, good=4)})
    assert counted(before, NOON - 2 * DAY, NOON + HOUR) == (13, 13)
    write_tables(tmp_path, {"requests": songs(NOON, good=9) + songs(NOON, good=0, failed=2)})
    after = refresh(open_store(tmp_path), before.catalog)
    first = len(asked)
    assert counted(after, NOON - 2 * DAY, NOON + HOUR) == (13, 15)
    assert len(asked) == first + 1
    # Who still has the rollup of before is answered as before.
    assert counted(before, NOON - 2 * DAY, NOON + HOUR) == (13, 13)


def test_figures_that_somebody_deleted_are_no_longer_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slo_core.rollup.manifest.LOOK_AGAIN", 1e-6)
    rollup = small_rollup(tmp_path, {"requests": songs(NOON - DAY, good=4) + songs(NOON, good=3)})
    assert counted(rollup, NOON - 2 * DAY, NOON + HOUR) == (7, 7)
    shutil.rmtree(tmp_path / "requests" / f"date={(NOON - DAY).date()}")
    (hours,) = tmp_path.glob(f"rollup/requests/*/hour/date={(NOON - DAY).date()}")
    shutil.rmtree(hours)
    after = refresh(open_store(tmp_path), rollup.catalog)
    assert [problem.reason for problem in after.problems if "hour" in problem.reason]
    assert counted(after, NOON - 2 * DAY, NOON + HOUR) == (3, 3)


def with_fewer_cuts() -> Catalog:
    """The studio's catalogue, but its alert on latency asks for P95 twice and for no P99."""
    text = (ROOT / "data" / "studio.yaml").read_text("utf-8")
    fewer = text.replace("p99_latency > 3x SLO", "p95_latency > 2x SLO")
    assert fewer != text
    return parse_catalog(fewer, name="studio.yaml")


def test_kept_history_of_more_cuts_stands_beside_dates_of_fewer(tmp_path: Path) -> None:
    small_rollup(tmp_path, {"requests": songs(NOON - DAY, good=4) + songs(NOON, good=3)})
    shutil.rmtree(tmp_path / "requests" / f"date={(NOON - DAY).date()}")
    rollup = refresh(open_store(tmp_path), with_fewer_cuts())
    cuts = [max(map(len, it["journeys"])) for it in rollup.manifests["requests"].plans.values()]
    assert len(set(cuts)) == 2
    assert counted(rollup, NOON - 2 * DAY, NOON + HOUR) == (7, 7)
    quick = {("song_generation", "latency_p50")}
    rows = window_counts(rollup, [Window("w", NOON - 2 * DAY, NOON + HOUR)], quick)
    assert (rows["good"].sum(), rows["valid"].sum()) == (7, 7)


def test_steps_are_counted_from_the_epoch_and_edges_are_parts(tmp_path: Path) -> None:
    rows = [row for minute in (0, 29, 30, 59) for row in songs(NOON + minute * MINUTE, good=1)]
    rollup = small_rollup(tmp_path, {"requests": rows})
    start, end = NOON + 29 * MINUTE, NOON + HOUR
    piece = Piece("", "minute", start, end)
    found = span_sums(rollup, "requests", [Asked(0, 30 * MINUTE, piece)])
    assert found is not None
    assert found.groupby("at")["requests"].sum().to_dict() == {
        NOON: 1.0,  # of its half hour only the minute from 12:29 on lies in the span
        NOON + 30 * MINUTE: 2.0,
    }
    assert span_sums(rollup, "requests", [Asked(0, None, piece)], {"api"}) is None


# --- What is kept ------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 40)), max_size=60))
def test_a_memory_holds_what_fits_and_the_latest_of_it(puts: list[tuple[int, int]]) -> None:
    memory: Memory[int] = Memory(100)
    kept: dict[int, int] = {}  # by name, the longest unasked for first
    for name, size in puts:
        if name in kept:
            kept[name] = kept.pop(name)
            assert memory.get(name) == kept[name]
            continue
        assert memory.get(name) is None
        memory.put(name, size, size)
        kept[name] = size
        while sum(kept.values()) > 100:
            del kept[next(iter(kept))]
    memory.clear()
    assert all(memory.get(name) is None for name in kept)
