"""Projections over a data folder: every budget of the catalogue, its dates and straight line."""

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from slo_core.budget.exhaustion import rolling_end
from slo_core.forecast import chances, forecast, forecasts, history, track_record
from slo_core.rollup import Rollup
from slo_core.status import status
from tests.small import SHOP, STUDIO, small_rollup

AT = datetime(2025, 3, 25)
HOUR = timedelta(hours=1)
DAYS = 40


@pytest.fixture(scope="module")
def rollup(tmp_path_factory: pytest.TempPathFactory) -> Rollup:
    """Ten songs an hour for 40 days; all of them failed in four hours, the last 240 hours ago.

    Of 7200 songs in 30 days 36 may fail, and 40 did. Projects load without a failure.
    """
    rows = [
        {
            "ts": AT - hour * HOUR + timedelta(minutes=6 * number),
            "journey": journey,
            "status": 500 if journey == "song_generation" and 240 <= hour < 244 else 200,
            "duration_ms": 900.0,
        }
        for hour in range(1, DAYS * 24 + 1)
        for number in range(10)
        for journey in ("song_generation", "project_loading")
    ]
    return small_rollup(tmp_path_factory.mktemp("data"), {"requests": rows})


@pytest.fixture(scope="module")
def frame(rollup: Rollup) -> pd.DataFrame:
    return forecasts(rollup, AT)


def one(frame: pd.DataFrame, journey: str, objective: str, basis: str) -> pd.Series:
    found = frame[
        (frame["journey"] == journey)
        & (frame["objective"] == objective)
        & (frame["basis"] == basis)
    ]
    return found.iloc[0]


def test_every_objective_and_every_budgeted_service_has_its_rows(frame: pd.DataFrame) -> None:
    rolling, calendar = (frame[frame["basis"] == it] for it in ("rolling", "calendar"))
    objectives = [(journey.id, objective.id) for journey, objective in STUDIO.objectives]
    assert list(zip(rolling["journey"], rolling["objective"], strict=True))[:32] == objectives
    services = [budget.service for budget in STUDIO.budgets]
    assert list(calendar["service"]) == services
    assert set(rolling["service"].dropna()) == set(services)
    # Playback's objective counts 7 days, the policy 30: both are there.
    playback = rolling[(rolling["journey"] == "audio_playback")]
    assert set(playback.loc[playback["objective"] == "success_rate", "window"]) == {"7d", "30d"}


def test_an_exhausted_budget_recovers_when_its_failures_have_aged_out(frame: pd.DataFrame) -> None:
    # 40 of the 36 allowed failed in four hours, ten in each. The first of them leaves the window
    # 720 hours after its end, which was 242 hours ago: in 478 hours 30 are left of 36.
    songs = one(frame, "song_generation", "success_rate", "rolling")
    assert songs["remaining_ratio"] == pytest.approx(-4 / 36)
    assert songs["exhausted"]
    assert list(songs[["p10", "p50", "p90"]]) == [AT] * 3
    assert songs["linear"] == AT
    assert songs["probability"] == 1
    # New bursts like it may come before; in most futures none does.
    assert songs["recovery"] == AT + 478 * HOUR


def test_a_month_ends_its_own_budget(frame: pd.DataFrame) -> None:
    # 40 of 2500: nothing like it before April, when the next allocation begins.
    month = one(frame, "song_generation", "success_rate", "calendar")
    assert month["until"] == datetime(2025, 4, 1)
    assert month["remaining_ratio"] == pytest.approx(2460 / 2500)
    assert month["probability"] < 0.01
    assert pd.isna(month["p10"])
    assert pd.isna(month["recovery"])


def test_without_failures_or_data_there_is_no_date(frame: pd.DataFrame) -> None:
    loading = one(frame, "project_loading", "success_rate", "rolling")
    assert (loading["remaining_ratio"], loading["probability"]) == (1, 0)
    assert pd.isna(loading["p90"])
    assert pd.isna(loading["linear"])
    nothing = one(frame, "publishing", "success_rate", "rolling")
    assert pd.isna(nothing["remaining_ratio"])
    assert pd.isna(nothing["probability"])
    assert nothing["note"] == "no data in the window"


def test_what_is_left_and_the_straight_line_are_those_of_the_status(
    rollup: Rollup, frame: pd.DataFrame
) -> None:
    stated = status(rollup, AT)
    own = frame.iloc[: len(stated["objectives"])]
    for row, it in zip(own.itertuples(), stated["objectives"], strict=True):
        left = it["budget"]["remaining_ratio"]
        assert row.remaining_ratio == left or (left is None and pd.isna(row.remaining_ratio))
        window = STUDIO.objective(it["journey"], it["objective"]).window_length
        end = rolling_end(left, it["burn_rate"]["6h"], window, AT)
        assert (
            (row.linear == (end.at or AT)) if end.kind in ("ends", "spent") else pd.isna(row.linear)
        )


def test_the_budgeted_alone_are_the_same_rows(rollup: Rollup, frame: pd.DataFrame) -> None:
    own = forecasts(rollup, AT, only_budgeted=True)
    wanted = frame[frame["service"].notna()].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, wanted)


def test_what_is_left_ahead_follows_what_ages_out(rollup: Rollup, frame: pd.DataFrame) -> None:
    key = ("song_generation", "success_rate")
    row, course = forecast(rollup, AT, key, status=status(rollup, AT))
    pd.testing.assert_series_equal(row, one(frame, *key, "rolling"), check_names=False)
    # In the best futures nothing more fails. 40 of 36 until the four hours of 10 failures each
    # leave, at the ends of hours 478 to 481.
    best = course.set_index("at")["high"]
    assert best[AT + 474 * HOUR] == pytest.approx(-4 / 36)
    assert best[AT + 480 * HOUR] == pytest.approx((36 - 10) / 36)
    assert course["at"].iloc[-1] == AT + 720 * HOUR
    assert (course["low"] <= course["middle"]).all()
    assert (course["middle"] <= course["high"]).all()


def test_what_is_left_of_a_month_is_looked_at_until_it_ends(rollup: Rollup) -> None:
    key = ("song_generation", "success_rate")
    row, course = forecast(rollup, AT, key, "calendar", status=status(rollup, AT))
    assert row["until"] == course["at"].iloc[-1] == datetime(2025, 4, 1)
    assert course["high"].iloc[-1] == pytest.approx(2460 / 2500)
    nothing, empty = forecast(rollup, AT, ("publishing", "success_rate"), status=status(rollup, AT))
    assert pd.isna(nothing["probability"])
    assert empty.empty


def test_chances_are_those_of_the_forecast_and_only_of_what_burns(
    rollup: Rollup, frame: pd.DataFrame
) -> None:
    stated = status(rollup, AT)
    assert chances(rollup, AT, status=stated) == {}
    names = [("project_loading", "success_rate"), ("song_generation", "latency_p95")]
    for it in stated["objectives"]:
        if (it["journey"], it["objective"]) in names:
            it["burn_rate"]["6h"] = 1.5
    expected = {name: one(frame, *name, "rolling")["probability"] for name in names}
    assert chances(rollup, AT, status=stated) == expected


def test_another_catalogue_works(tmp_path: Path) -> None:
    row = {"ts": AT - HOUR, "journey": "no_journey_of_the_shop", "status": 200}
    rollup = small_rollup(tmp_path, {"requests": [row]}, SHOP)
    frame = forecasts(rollup, AT)
    assert len(frame) >= len(SHOP.objectives)
    assert frame["probability"].isna().all()


def test_of_failures_in_the_hour_that_runs_nobody_says_that_they_are_soon_over(
    tmp_path: Path,
) -> None:
    # 60 of 60 songs of the last half hour failed: in an hour they are nowhere near aged out.
    rows = [
        {"ts": AT - timedelta(seconds=30 * number), "journey": "song_generation", "status": 500}
        for number in range(2, 62)
    ]
    frame = forecasts(small_rollup(tmp_path, {"requests": rows}), AT - timedelta(minutes=1))
    row = one(frame, "song_generation", "success_rate", "rolling")
    assert (row["remaining_ratio"], row["exhausted"]) == (pytest.approx(-199), True)
    assert pd.isna(row["recovery"])


def test_too_little_history_for_a_record_is_said(rollup: Rollup) -> None:
    record = track_record(STUDIO, history(rollup, AT, only_budgeted=True), AT)
    assert record.projections == 0
    assert "Too little history" in record.sentence
