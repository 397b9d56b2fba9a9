"""Projections without what corrections leave out, beside those as measured."""

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from slo_core.budget.burn_down import rolling
from slo_core.budget.course import courses
from slo_core.forecast import chances, forecast, forecasts
from slo_core.rollup import Rollup
from slo_core.sli.corrections import Corrections, read_corrections
from slo_core.status import status
from tests.budget.test_corrected import correct
from tests.small import STUDIO, small_rollup

AT = datetime(2025, 3, 31)
HOUR = timedelta(hours=1)
SONGS = ("song_generation", "success_rate")


@pytest.fixture
def rollup(tmp_path: Path) -> Rollup:
    """Thirty days of songs, one an hour; the last three failed, where 3.6 of 720 may."""
    songs = [
        {
            "ts": AT - timedelta(hours=hour, minutes=-5),
            "journey": "song_generation",
            "status": 500 if hour <= 3 else 200,
            "duration_ms": 900.0,
        }
        for hour in range(1, 721)
    ]
    return small_rollup(tmp_path, {"requests": songs})


def read(rollup: Rollup) -> Corrections:
    found = read_corrections(rollup.store.root)
    assert found is not None
    return found


def songs_of(frame: pd.DataFrame, basis: str) -> pd.Series:
    own = frame[(frame["objective"] == "success_rate") & (frame["basis"] == basis)]
    return own[own["journey"] == "song_generation"].iloc[0]


def test_a_projection_without_what_is_left_out(rollup: Rollup) -> None:
    before = forecasts(rollup, AT, only_budgeted=True)
    correct(rollup.store.root, "song_generation", AT - 2 * HOUR, AT)
    measured = forecasts(rollup, AT, only_budgeted=True)
    pd.testing.assert_frame_equal(measured, before)
    corrected = forecasts(rollup, AT, only_budgeted=True, corrections=read(rollup))
    # Only the journey that is corrected has rows, each beside one as measured.
    assert list(corrected["journey"]) == ["song_generation"] * 2
    own = songs_of(corrected, "rolling")
    # One failure is left, of 718 songs of which 3.59 may fail; four songs in the last six hours,
    # one of which failed: a burn of 50 spends the 30 days' budget in 14.4 hours, and 2.59 / 3.59
    # of it is left.
    assert own["remaining_ratio"] == pytest.approx(2.59 / 3.59)
    end = AT + 14.4 * HOUR * (2.59 / 3.59)
    assert abs(own["linear"] - end) < timedelta(seconds=1)
    assert songs_of(corrected, "calendar")["remaining_ratio"] == pytest.approx(2499 / 2500)
    assert songs_of(measured, "rolling")["remaining_ratio"] == pytest.approx(0.6 / 3.6)
    # The burn-down of one budget rests on the same.
    row, ahead = forecast(rollup, AT, SONGS, status=status(rollup, AT), corrections=read(rollup))
    pd.testing.assert_series_equal(row, own, check_names=False)
    assert len(ahead)


def test_without_any_failure_left_it_never_ends(rollup: Rollup) -> None:
    correct(rollup.store.root, "song_generation", AT - 3 * HOUR, AT)
    own = songs_of(forecasts(rollup, AT, only_budgeted=True, corrections=read(rollup)), "rolling")
    assert (own["remaining_ratio"], own["probability"]) == (1, 0)
    assert pd.isna(own["linear"])


def test_risk_is_of_the_figures_that_decide(rollup: Rollup) -> None:
    # 0.6 of 3.6 is left and three of six failed lately; 2.59 of 3.59 and one of four.
    measured = songs_of(forecasts(rollup, AT, only_budgeted=True), "rolling")["probability"]
    assert chances(rollup, AT, status=status(rollup, AT))[SONGS] == measured
    correct(rollup.store.root, "song_generation", AT - 2 * HOUR, AT)
    stated = status(rollup, AT)
    expected = forecasts(rollup, AT, status=stated, only_budgeted=True, corrections=read(rollup))
    found = chances(rollup, AT, status=stated)
    assert found[SONGS] == songs_of(expected, "rolling")["probability"]
    assert found[SONGS] < measured


def test_a_correction_before_what_a_projection_rests_on_changes_nothing(rollup: Rollup) -> None:
    correct(rollup.store.root, "api", AT - 2 * HOUR, AT)
    correct(rollup.store.root, "web", AT - 70 * 24 * HOUR, AT - 65 * 24 * HOUR)
    found = forecasts(rollup, AT, corrections=read(rollup))
    assert set(found["journey"]) == {"api"}


def test_a_burn_down_climbs_by_what_is_left_out(rollup: Rollup) -> None:
    pair = (STUDIO.journey("song_generation"), STUDIO.objective(*SONGS))
    correct(rollup.store.root, "song_generation", AT - 90 * timedelta(minutes=1), AT - HOUR)
    start = AT - 31 * 24 * HOUR
    measured, corrected = (
        courses(rollup, [pair], start, AT, corrections=it)[SONGS] for it in (None, read(rollup))
    )
    # The song of 22:05 lies before the correction, that of 23:05 after it: nothing is left out.
    pd.testing.assert_frame_equal(corrected, measured)
    correct(rollup.store.root, "song_generation", AT - 2 * HOUR, AT - HOUR)
    corrected = courses(rollup, [pair], start, AT, corrections=read(rollup))[SONGS]
    assert list(corrected["valid"].iloc[-3:]) == [1, 0, 1]
    left = rolling(corrected, 30 * 24 * HOUR, 0.005).iloc[-1]
    assert (left["consumed"], left["allowed"]) == (2, pytest.approx(3.595))
