"""Requests and failures over time: counted by hand."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from slo_core.sli.sums import REASONS
from slo_core.sli.traffic import traffic, traffic_step, worst_time
from tests.small import small_rollup

AT = datetime(2025, 3, 10, 12, 30)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def request(ago: timedelta, status: int = 200, **more: Any) -> dict[str, Any]:
    return {"ts": AT - ago, "journey": "song_generation", "status": status} | more


def test_the_step_follows_the_range() -> None:
    assert traffic_step(DAY) == MINUTE
    assert traffic_step(DAY + MINUTE) == HOUR
    assert traffic_step(62 * DAY) == HOUR
    assert traffic_step(365 * DAY) == DAY


def test_a_short_range_is_counted_by_the_minute(tmp_path: Path) -> None:
    rows = [
        request(3 * MINUTE),
        request(3 * MINUTE, 503),
        request(3 * MINUTE, error="timeout"),
        request(3 * MINUTE, 401),
        request(2 * MINUTE, 401),
        request(timedelta(0), 500),  # at the moment of the look: not yet
        request(4 * MINUTE, 500),  # before the range
        request(MINUTE, 500, source="server"),  # another source: never added
        request(MINUTE, 404, journey="api"),
    ]
    frame = traffic(
        small_rollup(tmp_path, {"requests": rows}), AT - 3 * MINUTE, AT, "song_generation"
    )
    assert list(frame["at"]) == [AT - 3 * MINUTE, AT - 2 * MINUTE, AT - MINUTE]
    assert frame["requests"].tolist()[:2] == [4, 1]
    assert frame["valid"].tolist()[:2] == [3, 0]
    assert frame["failed"].tolist()[:2] == [2, 0]
    assert (frame["server_error"][0], frame["timeout"][0], frame["network"][0]) == (1, 1, 0)
    assert frame["error_rate"][0] == pytest.approx(2 / 3)
    assert frame["rate"][0] == 4
    assert pd.isna(frame["error_rate"][1])  # nobody but the unauthorised
    assert frame.loc[2, ["requests", "valid", "failed", "rate"]].isna().all()


def test_all_journeys_are_summed(tmp_path: Path) -> None:
    rows = [request(MINUTE), request(MINUTE, 404, journey="api")]
    (only,) = traffic(small_rollup(tmp_path, {"requests": rows}), AT - MINUTE, AT).itertuples()
    assert (only.requests, only.failed, only.client_error) == (2, 1, 1)


def test_a_long_range_is_counted_by_the_hour_and_cut_at_its_ends(tmp_path: Path) -> None:
    rows = [
        request(2 * DAY),  # 12:30, at the very start
        request(2 * DAY + MINUTE, 500),  # in the same hour, before the range
        request(29 * MINUTE, 500),
        request(timedelta(0), 500),
    ]
    frame = traffic(small_rollup(tmp_path, {"requests": rows}), AT - 2 * DAY, AT)
    assert len(frame) == 49
    first, last = frame.iloc[0], frame.iloc[-1]
    assert (first["at"], first["requests"], first["failed"]) == (AT - 2 * DAY - 30 * MINUTE, 1, 0)
    assert (last["at"], last["requests"], last["failed"]) == (AT - 30 * MINUTE, 1, 1)
    # Of either hour half an hour lies in the range.
    assert first["seconds"] == last["seconds"] == 1800
    assert first["rate"] == pytest.approx(1 / 30)
    assert frame["requests"].isna().sum() == 47


def test_without_files_there_are_only_gaps(tmp_path: Path) -> None:
    frame = traffic(small_rollup(tmp_path, {"requests": [request(9 * DAY)]}), AT - HOUR, AT)
    assert len(frame) == 60
    assert frame[["requests", *REASONS, "error_rate"]].isna().all(axis=None)


def test_the_worst_time_is_where_most_requests_failed(tmp_path: Path) -> None:
    # A day is looked at in stretches of 40 minutes: three failures spread over one outweigh two
    # in a minute of another.
    rows = [request(HOUR + 5 * MINUTE, 500)] * 2 + [
        request(6 * HOUR - n * 7 * MINUTE, 500) for n in (1, 2, 3)
    ]
    frame = traffic(small_rollup(tmp_path, {"requests": rows}), AT - DAY, AT)
    assert worst_time(frame, 3) == AT - 6 * HOUR + 7 * MINUTE
    assert worst_time(frame, 4) is None
    assert worst_time(frame.iloc[:0], 1) is None
