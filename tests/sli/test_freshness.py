"""When journeys were last heard of and whether their silence is unusual, by hand (DESIGN 2.2)."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from slo_core.sli.freshness import Freshness, freshness
from tests.small import SHOP, STUDIO, small_rollup

NOON = datetime(2025, 3, 30, 12)
SECOND, MINUTE, HOUR, DAY = (
    timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days")
)


def loads(start: datetime, end: datetime, every: timedelta, **columns: Any) -> list[dict[str, Any]]:
    """Project loads from a moment on, evenly spaced, the last one at most at the end."""
    return [
        {"ts": start + number * every, "journey": "project_loading", **columns}
        for number in range((end - start) // every + 1)
    ]


def of_loading(folder: Path, rows: list[dict[str, Any]], at: datetime) -> Freshness:
    return freshness(small_rollup(folder, {"requests": rows}), at)["project_loading"]


def test_a_journey_that_was_never_heard_of_is_neither_fresh_nor_stale(tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": loads(NOON, NOON, MINUTE)})
    found = freshness(rollup, NOON + MINUTE)
    assert found["web"] == Freshness(None, None)
    assert found["project_loading"] == Freshness(NOON, False)
    assert set(found) == {journey.id for journey in STUDIO.journeys}
    assert freshness(rollup, NOON)["project_loading"] == Freshness(None, None)


@pytest.mark.parametrize(
    ("silence", "stale"),
    [(10 * MINUTE, False), (10 * MINUTE + timedelta(microseconds=1), True), (2 * HOUR, True)],
)
def test_a_busy_journey_is_stale_after_more_than_ten_minutes(
    tmp_path: Path, silence: timedelta, stale: bool
) -> None:
    # Every minute, so that five usual gaps are five minutes: ten minutes decide.
    last = NOON - silence
    assert of_loading(tmp_path, loads(last - 2 * DAY, last, MINUTE), NOON) == Freshness(last, stale)


@pytest.mark.parametrize(
    ("silence", "stale"), [(14 * MINUTE, False), (15 * MINUTE, False), (15 * MINUTE + SECOND, True)]
)
def test_a_quiet_journey_may_be_silent_for_five_of_its_gaps(
    tmp_path: Path, silence: timedelta, stale: bool
) -> None:
    # One load every three minutes: five gaps are a quarter of an hour.
    at = NOON + 59 * MINUTE
    rows = loads(at - silence - 2 * DAY, at - silence, 3 * MINUTE)
    assert of_loading(tmp_path, rows, at) == Freshness(at - silence, stale)


@pytest.mark.parametrize(("hour", "stale"), [(3, False), (12, True)])
def test_the_same_silence_is_usual_at_night_and_not_at_noon(
    tmp_path: Path, hour: int, stale: bool
) -> None:
    # From 03:00 to 03:59 a load every eight minutes, from 12:00 to 12:59 one every minute.
    at = NOON.replace(hour=hour, minute=30)
    rows = []
    for day in range(1, 4):
        midnight = NOON.replace(hour=0) - day * DAY
        rows += loads(midnight + 3 * HOUR, midnight + 3 * HOUR + 59 * MINUTE, 8 * MINUTE)
        rows += loads(midnight + 12 * HOUR, midnight + 12 * HOUR + 59 * MINUTE, MINUTE)
    rows += loads(at - 12 * MINUTE, at - 12 * MINUTE, MINUTE)
    assert of_loading(tmp_path, rows, at) == Freshness(at - 12 * MINUTE, stale)


def test_only_the_last_seven_days_say_what_is_usual(tmp_path: Path) -> None:
    # Until eight days ago three loads an hour, sixty of such gaps at noon; since then fifteen
    # minutes of one load each, yesterday at noon.
    quiet = loads(NOON - 28 * DAY, NOON - 8 * DAY, 20 * MINUTE)
    busy = loads(NOON - DAY, NOON - DAY + 14 * MINUTE, MINUTE)
    last = loads(NOON - 11 * MINUTE, NOON - 11 * MINUTE, MINUTE)
    assert of_loading(tmp_path, quiet + busy + last, NOON) == Freshness(NOON - 11 * MINUTE, True)


@pytest.mark.parametrize("age", [MINUTE, HOUR, 7 * HOUR, 13 * HOUR, 2 * DAY, 8 * DAY, 100 * DAY])
def test_the_last_event_is_found_however_long_ago_it_was(tmp_path: Path, age: timedelta) -> None:
    last = NOON - age
    found = of_loading(tmp_path, loads(last - HOUR, last, MINUTE), NOON)
    assert found == Freshness(last, age > 10 * MINUTE)


def test_what_happens_at_the_moment_itself_is_not_seen(tmp_path: Path) -> None:
    rows = loads(NOON - 2 * MINUTE, NOON + 2 * HOUR, MINUTE)
    assert of_loading(tmp_path, rows, NOON) == Freshness(NOON - MINUTE, False)


def test_one_journeys_silence_is_not_covered_by_anothers_traffic(tmp_path: Path) -> None:
    silent = loads(NOON - DAY, NOON - HOUR, MINUTE)
    loud = [{**row, "journey": "api"} for row in loads(NOON - DAY, NOON - MINUTE, MINUTE)]
    found = freshness(small_rollup(tmp_path, {"requests": silent + loud}), NOON)
    assert found["project_loading"] == Freshness(NOON - HOUR, True)
    assert found["api"] == Freshness(NOON - MINUTE, False)


def test_rows_of_a_source_that_does_not_count_break_no_silence(tmp_path: Path) -> None:
    rows = loads(NOON - DAY, NOON - HOUR, MINUTE, source="client")
    rows += loads(NOON - HOUR, NOON - MINUTE, MINUTE, source="server")
    assert of_loading(tmp_path, rows, NOON) == Freshness(NOON - HOUR, True)


def test_a_measurement_is_an_event_of_its_journey(tmp_path: Path) -> None:
    rows = [
        {"ts": NOON - number * MINUTE, "journey": "web", "metric": "cls", "value": 0.1}
        for number in range(5, 120)
    ]
    found = freshness(small_rollup(tmp_path, {"measurements": rows}), NOON)["web"]
    assert found == Freshness(NOON - 5 * MINUTE, False)


@pytest.mark.parametrize(("silence", "stale"), [(30 * MINUTE, False), (31 * MINUTE, True)])
def test_another_catalogue_has_its_own_patience(
    tmp_path: Path, silence: timedelta, stale: bool
) -> None:
    rows = [{"ts": NOON - silence - number * MINUTE, "journey": "search"} for number in range(120)]
    found = freshness(small_rollup(tmp_path, {"requests": rows}, SHOP), NOON)["search"]
    assert found == Freshness(NOON - silence, stale)
