"""How policy states are entered and left, worked out by hand on Studio's 50, 10 and 30 %."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from slo_core.budget.policy import hourly_states, next_state, policy_history
from tests.small import STUDIO, small_rollup

AT = datetime(2025, 3, 31)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NAN = float("nan")
LONG_AGO = datetime(2024, 1, 1)


def periods(*ratios: float, first: datetime = LONG_AGO, since: datetime | None = None) -> Any:
    moments = pd.date_range(AT, periods=len(ratios), freq="h", unit="us")
    frame = pd.DataFrame({"at": moments, "remaining_ratio": list(ratios)})
    return hourly_states(frame, first, STUDIO.policy, since)


@pytest.mark.parametrize(
    ("before", "ratio", "state"),
    [
        (None, 0.5, "healthy"),  # exactly half is healthy
        (None, 0.4999, "low"),
        (None, 0.10, "low"),  # exactly 10 % is not below it
        (None, 0.0999, "exhausted"),
        ("healthy", 0.2, "low"),
        ("low", 0.2, "low"),
        ("exhausted", 0.2, "exhausted"),
        ("exhausted", 0.30, "exhausted"),  # exactly 30 % is not above it
        ("exhausted", 0.3001, "low"),
        ("exhausted", 0.6, "healthy"),
    ],
)
def test_an_hour_s_state(before: str | None, ratio: float, state: str) -> None:
    assert next_state(before, ratio, STUDIO.policy) == state


def test_periods_begin_and_end_on_the_hour() -> None:
    found = periods(0.6, 0.4, 0.2, 0.05, 0.25, NAN, 0.31, 0.4, 0.55, 0.5)
    assert list(found["state"]) == ["healthy", "low", "exhausted", "low", "healthy"]
    assert list(found["start"]) == [AT + n * HOUR for n in (0, 1, 3, 6, 8)]
    assert list(found["end"][:-1]) == [AT + n * HOUR for n in (1, 3, 6, 8)]
    assert pd.isna(found["end"].iloc[-1])
    # Nobody has said yet that the root causes are addressed, monitoring closed, runbooks updated.
    assert list(found["exit_confirmed"]) == [None, None, None, False, False]


def test_an_hour_without_a_figure_keeps_the_state() -> None:
    assert list(periods(0.05, NAN, NAN, 0.2)["state"]) == ["exhausted"]
    assert list(periods(NAN, 0.6)["start"]) == [AT + HOUR]


def test_a_week_of_data_comes_first() -> None:
    week = STUDIO.policy.min_history.value
    found = periods(0.05, 0.2, 0.2, first=AT + HOUR - week)
    # The first hour does not count, so 20 % is low and not still exhausted.
    assert list(found["state"]) == ["low"]
    assert list(found["start"]) == [AT + HOUR]
    assert periods(0.05, first=AT).empty


def test_the_state_at_the_beginning_of_a_look_is_that_of_before() -> None:
    found = periods(0.05, 0.2, 0.2, 0.4, since=AT + 2 * HOUR)
    assert list(found["state"]) == ["exhausted", "low"]
    assert list(found["start"]) == [AT + 2 * HOUR, AT + 3 * HOUR]


def test_from_logs_and_the_same_however_little_is_read(tmp_path: Path) -> None:
    song = {"journey": "song_generation"}
    begin = AT - 60 * DAY

    def hour(at: datetime, failed: int, good: int) -> list[dict[str, Any]]:
        return [song | {"ts": at, "status": 500}] * failed + [
            song | {"ts": at, "status": 200}
        ] * good

    # 0.5 % of 1,000 is 5 failures: the first leaves 80 %, the next 4 leave nothing.
    rows = hour(begin, 1, 999) + hour(begin + 10 * DAY, 4, 0) + hour(begin + 35 * DAY, 2, 498)
    rollup = small_rollup(tmp_path, {"requests": rows})
    budget = STUDIO.budget("song_generation")
    assert budget is not None
    found = policy_history(rollup, budget, AT)
    # Healthy after a week; exhausted with the ten-day failures (5 of 5.02 allowed); at 30 days the
    # first hour leaves and 4 failures of 4 requests remain, worse still; at 40 days they leave, and
    # 2 of 500, where 2.5 are allowed, leave 20 %: not above 30 %, so exhausted stays.
    assert list(found["state"]) == ["healthy", "exhausted"]
    assert list(found["start"]) == [begin + 7 * DAY, begin + 10 * DAY + HOUR]
    late = policy_history(rollup, budget, AT, AT - 5 * DAY)
    assert list(late["state"]) == ["exhausted"]
    assert list(late["start"]) == [AT - 5 * DAY]
    assert policy_history(rollup, budget, begin - DAY).empty


def test_nothing_without_data(tmp_path: Path) -> None:
    budget = STUDIO.budget("api")
    assert budget is not None
    rows = [{"ts": AT, "journey": "web", "metric": "lcp_ms", "value": 1.0}]
    assert policy_history(small_rollup(tmp_path, {"measurements": rows}), budget, AT).empty
