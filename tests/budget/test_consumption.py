"""Budgets over time, worked out by hand."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_core.budget.consumption import (
    burns,
    calendar_remaining,
    daily_spent,
    hourly_events,
    months,
    rolling_remaining,
)
from slo_core.sli.windows import Window
from tests.small import STUDIO, small_rollup

START = datetime(2025, 3, 30)
SONG = STUDIO.journey("song_generation")
RATE = STUDIO.objective("song_generation", "success_rate")


def hours(bad: list[float | None], valid: list[float | None]) -> pd.DataFrame:
    at = pd.date_range(START, periods=len(bad), freq="h")
    return pd.DataFrame({"at": at, "bad": bad, "valid": valid}).astype(
        {"bad": float, "valid": float}
    )


def songs(*spans: tuple[int, int, int]) -> list[dict[str, Any]]:
    """Requests from (minute, good, bad) after the start."""
    rows = []
    for minute, good, bad in spans:
        moment = START + timedelta(minutes=minute, seconds=1)
        rows += [{"ts": moment, "journey": "song_generation", "status": 200}] * good
        rows += [{"ts": moment, "journey": "song_generation", "status": 500}] * bad
    return rows


def test_hours_have_gaps_and_the_last_is_cut(tmp_path: Path) -> None:
    # Hour 0: 3 good, 1 bad. Hour 1: nothing. Hour 2 is cut at 02:30, before the bad one of 02:40.
    rollup = small_rollup(tmp_path, {"requests": songs((5, 3, 1), (130, 2, 0), (160, 0, 1))})
    frame = hourly_events(rollup, SONG, RATE, START, START + timedelta(hours=2, minutes=30))
    assert frame["bad"].tolist()[::2] == [1, 0]
    assert frame["valid"].tolist()[::2] == [4, 2]
    assert pd.isna(frame["bad"][1])
    assert pd.isna(frame["valid"][1])


def test_availability_counts_seconds(tmp_path: Path) -> None:
    # One probe passes at 00:00:00, one fails at 00:01:00: 60 s up, 60 s down.
    probes = [
        {"ts": START + timedelta(minutes=minute), "scope": "api", "target": "eu", "ok": not minute}
        for minute in (0, 1)
    ]
    rollup = small_rollup(tmp_path, {"probes": probes})
    api = STUDIO.journey("api")
    objective = STUDIO.objective("api", "availability")
    frame = hourly_events(rollup, api, objective, START, START + timedelta(hours=1))
    assert (frame["bad"][0], frame["valid"][0]) == (60, 120)


def test_a_rolling_budget_recovers_as_failures_age_out() -> None:
    # A window of 2 h at 1 %: allowed is 1 % of the window's events.
    frame = hours([2, 0, 0], [100, 100, 100])
    left = rolling_remaining(frame, timedelta(hours=2), 0.01)["left"]
    # 2 of 1 spent; 2 of 2 spent; none of 2 spent.
    assert left.tolist() == pytest.approx([-1, 0, 1])


def test_a_rolling_budget_says_nothing_before_the_first_event() -> None:
    left = rolling_remaining(hours([None, 1], [None, 100]), timedelta(hours=2), 0.01)["left"]
    assert pd.isna(left[0])
    assert left[1] == 0


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(10, 99)), min_size=1, max_size=50))
def test_a_calendar_budget_never_climbs(events: list[tuple[int, int]]) -> None:
    frame = hours([bad for bad, _ in events], [valid for _, valid in events])
    month = Window("2025-03", datetime(2025, 3, 1), datetime(2025, 4, 2))
    left = calendar_remaining(frame, month, 40.0, datetime(2025, 4, 2))["left"]
    assert left.is_monotonic_decreasing
    assert left.iloc[-1] == pytest.approx(1 - sum(bad for bad, _ in events) / 40)


def test_a_day_without_data_is_not_a_day_without_failures() -> None:
    frame = hours([1.0] * 24 + [None] * 24 + [0.0] * 24, [10.0] * 24 + [None] * 24 + [10.0] * 24)
    days = daily_spent(frame, 240.0)
    assert days["share"][0] == pytest.approx(0.1)
    assert pd.isna(days["share"][1])
    assert days["share"][2] == 0


def test_months_are_held_against_their_own_allocation() -> None:
    # Two days from 30 March: 48 failures in March, 24 in April, of 2,500 allowed each.
    frame = hours([1.0] * 72, [10.0] * 72)
    budget = STUDIO.budget("song_generation")
    assert budget is not None
    found = months(frame, budget)
    assert found["month"].tolist() == ["2025-03", "2025-04"]
    assert found["bad"].tolist() == [48, 24]
    assert found["share"].tolist() == pytest.approx([48 / 2500, 24 / 2500])


def test_burn_is_the_share_of_bad_over_what_may_be_bad() -> None:
    burn = burns(hours([1, 0, None], [100, 100, None]), 0.005, 2)["burn"]
    # 1 of 100; 1 of 200; 0 of 100.
    assert burn.tolist() == pytest.approx([2, 1, 0])
