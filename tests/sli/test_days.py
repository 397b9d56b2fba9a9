"""Figures of whole days are kept for other processes, and never outlive what they were made of."""

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from slo_core.logs.store import Store
from slo_core.rollup import Rollup
from slo_core.sli import bins, slices, sums
from slo_core.sli.counts import read_ahead, window_counts
from slo_core.sli.days import FOLDER, Days, Figures
from slo_core.sli.histograms import bins_in_steps, histograms, read_bins_ahead
from slo_core.sli.slices import judged_days
from slo_core.sli.windows import Window
from tests.small import small_rollup

DAY = date(2025, 3, 30)
FIGURES = Figures((("songs", None), ("loads", "web")), np.arange(12.0).reshape(3, 2, 2))
MIDNIGHT, LENGTH = datetime(2025, 3, 27), timedelta(days=1)


def files(store: Store) -> list[Path]:
    return sorted((store.rollup / FOLDER).rglob("*.day"))


def same(one: Figures | None, other: Figures) -> bool:
    return one is not None and one.labels == other.labels and np.array_equal(one.array, other.array)


def test_a_settled_day_is_there_in_a_new_process(tmp_path: Path) -> None:
    days, store = Days("songs", 1_000), Store(tmp_path)
    days.put(store, DAY, ("folder", 1), FIGURES, settled=True)
    assert same(days.get(store, DAY, ("folder", 1)), FIGURES)
    days.forget()
    found = days.get(store, DAY, ("folder", 1))
    assert same(found, FIGURES)
    assert found is not None
    assert found.array.dtype == FIGURES.array.dtype
    flags = Figures((("api",),), np.array([[True, False, True]]))
    days.put(store, DAY + LENGTH, ("folder", 1), flags, settled=True)
    days.forget()
    assert same(days.get(store, DAY + LENGTH, ("folder", 1)), flags)


def test_a_day_that_may_change_is_kept_in_memory_alone(tmp_path: Path) -> None:
    days, store = Days("songs", 1_000), Store(tmp_path)
    days.put(store, DAY, ("folder", 1), FIGURES, settled=False)
    assert same(days.get(store, DAY, ("folder", 1)), FIGURES)
    days.forget()
    assert days.get(store, DAY, ("folder", 1)) is None
    assert files(store) == []


def test_what_a_day_was_made_of_decides_and_takes_the_place_of_the_older(tmp_path: Path) -> None:
    days, store = Days("songs", 1_000), Store(tmp_path)
    days.put(store, DAY, ("folder", 1), FIGURES, settled=True)
    days.put(store, DAY - LENGTH, ("folder", 1), FIGURES, settled=True)
    assert days.get(store, DAY, ("folder", 2)) is None
    other = Figures(FIGURES.labels, FIGURES.array + 1)
    days.put(store, DAY, ("folder", 2), other, settled=True)
    days.forget()
    assert same(days.get(store, DAY, ("folder", 2)), other)
    assert days.get(store, DAY, ("folder", 1)) is None
    assert [path.name.split(".")[0] for path in files(store)] == ["2025-03-29", "2025-03-30"]


@pytest.mark.parametrize("left", [0, 1, 40, 120, 180])
def test_a_damaged_file_is_as_none(tmp_path: Path, left: int) -> None:
    days, store = Days("songs", 1_000), Store(tmp_path)
    days.put(store, DAY, "made", FIGURES, settled=True)
    (path,) = files(store)
    whole = path.read_bytes()
    assert left < len(whole)
    path.write_bytes(whole[:left])
    days.forget()
    assert days.get(store, DAY, "made") is None
    days.put(store, DAY, "made", FIGURES, settled=True)
    days.forget()
    assert same(days.get(store, DAY, "made"), FIGURES)


def test_a_folder_that_cannot_be_written_leaves_memory(tmp_path: Path) -> None:
    days, store = Days("songs", 1_000), Store(tmp_path)
    store.rollup.mkdir()
    (store.rollup / FOLDER).write_text("in the way")
    days.put(store, DAY, "made", FIGURES, settled=True)
    assert same(days.get(store, DAY, "made"), FIGURES)
    days.forget()
    assert days.get(store, DAY, "made") is None


@pytest.fixture
def four_days(tmp_path: Path) -> Rollup:
    """Songs and passed probes at noon of four days; of the third day's songs one in ten failed."""
    noons = [MIDNIGHT + number * LENGTH + timedelta(hours=12) for number in range(4)]
    songs = [
        {
            "ts": noon,
            "journey": "song_generation",
            "duration_ms": 9_000.0,
            "status": 500 if number == 2 and song == 0 else 200,
        }
        for number, noon in enumerate(noons)
        for song in range(10)
    ]
    probes = [
        {"ts": noon, "scope": "api", "target": "a", "ok": number != 1}
        for number, noon in enumerate(noons)
    ]
    return small_rollup(tmp_path, {"requests": songs, "probes": probes})


def forget() -> None:
    sums.forget()
    slices.forget()
    bins.forget()


def test_counts_are_the_same_from_files_and_only_the_newest_day_is_asked_for(
    four_days: Rollup, asked: list[Rollup]
) -> None:
    forget()
    window = Window("w", MIDNIGHT, MIDNIGHT + 4 * LENGTH)
    only = {("song_generation", "success_rate")}
    first = window_counts(four_days, [window], only)
    assert (first["good"].sum(), first["valid"].sum()) == (39, 40)
    names = [path.name.split(".")[0] for path in files(four_days.store)]
    assert names == ["2025-03-27", "2025-03-28", "2025-03-29"]
    forget()
    asked.clear()
    settled = Window("w", MIDNIGHT, MIDNIGHT + 3 * LENGTH)
    counted = window_counts(four_days, [settled], only)
    assert (counted["good"].sum(), counted["valid"].sum(), asked) == (29, 30, [])
    again = window_counts(four_days, [window], only)
    assert (again["good"].sum(), again["valid"].sum(), len(asked)) == (39, 40, 1)
    forget()


def test_slices_are_the_same_from_files_but_for_the_two_newest_days(four_days: Rollup) -> None:
    forget()
    start, at = MIDNIGHT, MIDNIGHT + 4 * LENGTH
    first = judged_days(four_days, start, at)
    down = [int(day["api"][1].sum()) for day in first]
    # A failed probe holds for a minute.
    assert down == [0, 6, 0, 0]
    names = [path.name.split(".")[0] for path in files(four_days.store)]
    assert names == ["2025-03-27", "2025-03-28"]
    forget()
    again = judged_days(four_days, start, at)
    for one, other in zip(first, again, strict=True):
        assert one.keys() == other.keys()
        assert all(np.array_equal(one[scope], other[scope]) for scope in one)
    forget()


def test_what_is_read_ahead_is_not_asked_for_again(four_days: Rollup, asked: list[Rollup]) -> None:
    forget()
    noon = MIDNIGHT + 3 * LENGTH + timedelta(hours=12, minutes=1)
    windows = [Window(f"{days}d", noon - days * LENGTH, noon) for days in (1, 2)]
    read_ahead(four_days, windows)
    assert asked
    asked.clear()
    found = window_counts(four_days, windows).groupby("window")["valid"].max()
    # Noon of the day before the window is just outside, its own noon just inside.
    assert (dict(found), asked) == ({"1d": 10, "2d": 20}, [])
    forget()


def test_bins_are_the_same_from_files_and_only_the_newest_day_is_asked_for(
    four_days: Rollup, asked: list[Rollup]
) -> None:
    forget()
    noon = MIDNIGHT + timedelta(hours=12)
    # Ten songs at noon of each day; the third day's failure has no latency.
    window = Window("w", noon - timedelta(hours=1), noon + 3 * LENGTH + timedelta(hours=1))
    six = timedelta(hours=6)

    def look() -> tuple[pd.DataFrame, pd.DataFrame]:
        forget()
        asked.clear()
        songs = bins_in_steps(four_days, "requests", window, six, ["song_generation"])
        return histograms(four_days, [window]), songs

    whole, in_steps = look()
    assert whole["events"].sum() == 39
    assert list(in_steps["at"]) == [noon + number * LENGTH for number in range(4)]
    assert list(in_steps["events"]) == [10, 10, 9, 10]
    assert len(asked) == 2
    again, steps_again = look()
    assert_frame_equal(again, whole)
    assert_frame_equal(steps_again, in_steps)
    # For the newest day's hours alone, once.
    assert len(asked) == 1
    forget()


def test_bins_that_are_read_ahead_are_not_asked_for_again(
    four_days: Rollup, asked: list[Rollup]
) -> None:
    forget()
    noon = MIDNIGHT + 3 * LENGTH + timedelta(hours=12, minutes=1)
    windows = [Window(f"{days}d", noon - days * LENGTH, noon) for days in (1, 2)]
    read_bins_ahead(four_days, windows)
    assert len(asked) == 1
    found = histograms(four_days, windows).groupby("window")["events"].sum()
    # Noon of the day before the window is just outside, its own noon just inside.
    assert (dict(found), len(asked)) == ({"1d": 10, "2d": 19}, 1)
    forget()


def test_bins_in_steps_begin_and_end_within_a_step(four_days: Rollup) -> None:
    forget()
    noon = MIDNIGHT + timedelta(hours=12)
    five = timedelta(minutes=5)
    asked_for = [
        (noon - timedelta(minutes=2), noon + timedelta(minutes=1), five, [noon]),
        (noon - timedelta(minutes=2), noon, five, []),
        (noon + timedelta(minutes=1), noon + five, five, []),
        (noon, noon + LENGTH + timedelta(minutes=1), timedelta(hours=1), [noon, noon + LENGTH]),
        (noon, noon + LENGTH, timedelta(hours=1), [noon]),
    ]
    for start, end, step, moments in asked_for:
        window = Window("w", start, end)
        found = bins_in_steps(four_days, "requests", window, step, ["song_generation"])
        assert list(found["at"]) == moments
        assert list(found["events"]) == [10] * len(moments)
    forget()
