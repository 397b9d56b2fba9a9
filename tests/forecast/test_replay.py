"""Projections made again on the past, scored by hand."""

import numpy as np
import pandas as pd
import pytest

from slo_core.forecast.replay import TrackRecord, brier, coverage, pinball, replay


def scored(*rows: tuple[float, float, float, float, float, bool]) -> pd.DataFrame:
    names = ["p10", "p50", "p90", "probability", "hours", "ran_out"]
    return pd.DataFrame(rows, columns=names)


def test_constant_failures_are_foreseen_to_the_hour() -> None:
    # 10 an hour: 1000 are gone after 100 hours, whenever one begins to count.
    bad, valid = np.full(2000, 10.0), np.full(2000, 1000.0)
    found = replay(
        bad,
        valid,
        [500, 900],
        target=0.99,
        window_hours=720,
        fixed=lambda origin: (1000.0 if origin == 500 else 9000.0, 0.0),
    )
    assert list(found["hours"]) == [100, 720]
    assert list(found["ran_out"]) == [True, False]
    assert list(found["p50"]) == [100, 720]


def test_only_what_was_known_is_used() -> None:
    bad, valid = np.zeros(3000), np.full(3000, 1000.0)
    bad[100:1000:50] = 60
    known = replay(bad, valid, [1500], target=0.99, window_hours=720)
    bad[1500:] = 500
    [row] = replay(bad, valid, [1500], target=0.99, window_hours=720).to_dict("records")
    assert row["p50"] == known["p50"].iloc[0]
    assert row["ran_out"]


def test_exhausted_moments_are_left_out() -> None:
    bad, valid = np.full(2000, 20.0), np.full(2000, 1000.0)
    assert replay(bad, valid, [800], target=0.99, window_hours=720).empty


def test_pinball_coverage_and_brier_by_hand() -> None:
    frame = scored(
        (100, 200, 300, 0.9, 150, True),  # inside
        (400, 720, 720, 0.3, 200, True),  # before P10
        (720, 720, 720, 0.0, 720, False),  # no P10: not asked
    )
    # Inside: 0.1 × 50, 0.5 × 50, 0.1 × 150; before: 0.9 × 200, 0.5 × 520, 0.1 × 520; then nought.
    dates = {name: frame[name] for name in ("p10", "p50", "p90")}
    assert pinball(frame, dates) == pytest.approx((5 + 25 + 15 + 180 + 260 + 52) / 9)
    assert coverage(frame) == pytest.approx((0.5, 2 / 3))
    # 0.01, 0.49 and 0 against 2/3 × 1/3.
    assert brier(frame) == pytest.approx((0.5 / 3, 2 / 9))


def test_a_record_says_what_happened() -> None:
    record = TrackRecord(projections=32, expected=5.24, ran_out=6, asked=10, covered=8)
    assert record.sentence == (
        "Of 32 projections made again on this data, 6 budgets ran out within 30 days where 5.2 "
        "were expected; 8 of 10 P10 to P90 intervals held."
    )
