"""Hourly courses, burn-downs, days and months: figures worked out by hand."""

from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest

from slo_core.budget.burn_down import calendar, rolling, spent_since
from slo_core.budget.course import burns, closed, courses, worst_stretch
from slo_core.budget.spending import days, month_allowed, months, months_back
from slo_core.catalog import Budget, Catalog
from slo_core.status import status
from tests.random_logs import small_tables
from tests.small import SHOP, STUDIO, small_rollup

AT = datetime(2025, 3, 10, 12)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NAN = float("nan")


def budget_of(service: str, catalog: Catalog = STUDIO) -> Budget:
    budget = catalog.budget(service)
    assert budget is not None
    return budget


def course(*hours: tuple[float, float], start: datetime = AT) -> pd.DataFrame:
    """A course with (bad, valid) for each hour from ``start`` on."""
    frame = pd.DataFrame(hours, columns=["bad", "valid"]).astype(float)
    frame["at"] = pd.date_range(start, periods=len(hours), freq="h", unit="us")
    frame["until"] = frame["at"] + HOUR
    return frame.assign(good=frame["valid"] - frame["bad"], gap=False)


def numbers(values: pd.Series) -> list[Any]:
    return [None if pd.isna(value) else pytest.approx(value) for value in values]


def test_hours_are_whole_but_for_the_last_and_those_without_data_are_there(tmp_path: Path) -> None:
    at = AT + timedelta(minutes=30)
    song = {"journey": "song_generation"}
    rows = [
        song | {"ts": at - 6 * HOUR, "status": 500},
        song | {"ts": at - timedelta(minutes=5), "status": 200},
        song | {"ts": at + timedelta(minutes=5), "status": 500},  # after the moment of the look
    ]
    pair = (STUDIO.journey("song_generation"), STUDIO.objective("song_generation", "success_rate"))
    rollup = small_rollup(tmp_path, {"requests": rows})
    found = courses(rollup, [pair], AT - 6 * HOUR, at)["song_generation", "success_rate"]
    assert list(found["at"]) == [AT - n * HOUR for n in range(6, -1, -1)]
    assert found["until"].iloc[-1] == at
    assert list(found["valid"]) == [1, 0, 0, 0, 0, 0, 1]
    assert list(found["good"]) == [0, 0, 0, 0, 0, 0, 1]
    assert list(found["gap"]) == [False, *[True] * 5, False]


@pytest.mark.parametrize(("seed", "catalog"), [(5, STUDIO), (6, SHOP)])
def test_the_last_hour_says_what_status_says(tmp_path: Path, seed: int, catalog: Catalog) -> None:
    at = datetime(2025, 3, 31)
    rollup = small_rollup(tmp_path, small_tables(Random(seed), catalog, at), catalog)
    stated = {(it["journey"], it["objective"]): it for it in status(rollup, at)["objectives"]}
    found = courses(rollup, catalog.objectives, at - 40 * DAY, at)
    for journey, objective in catalog.objectives:
        own, said = found[journey.id, objective.id], stated[journey.id, objective.id]
        last = rolling(own, objective.window_length, objective.error_rate).iloc[-1]
        for name in ("allowed", "consumed", "remaining"):
            # A window without valid events has nothing consumed: no data.
            expected = said["budget"][name] if said["valid"] else 0
            value = 0 if pd.isna(last[name]) else last[name]
            assert (journey.id, objective.id, name, value) == (
                *(journey.id, objective.id, name),
                pytest.approx(expected, rel=1e-9, abs=1e-6),
            )
        windows = {"72h": 72 * HOUR, "6h": 6 * HOUR}
        if not objective.per_platform:
            rates = burns(own, windows, objective.error_rate).iloc[-1]
            for name in windows.keys() & said["burn_rate"].keys():
                rate = said["burn_rate"][name]
                assert numbers(rates[[name]]) == [None if rate is None else pytest.approx(rate)]


def test_a_rolling_budget_forgets_and_climbs() -> None:
    hours = course((1, 100), (0, 100), (0, 100), (0, 0), (2, 100))
    frame = rolling(hours, 2 * HOUR, 0.01)
    # Two hours of 100 requests allow 2 failures, one hour allows 1.
    assert list(frame["at"]) == [AT + n * HOUR for n in (2, 3, 4, 5)]
    assert numbers(frame["allowed"]) == [2, 2, 1, 1]
    assert numbers(frame["consumed"]) == [1, 0, 0, 2]
    assert numbers(frame["remaining_ratio"]) == [0.5, 1, 1, -1]
    silent = rolling(course((0, 0), (0, 0)), 2 * HOUR, 0.01)
    assert numbers(silent["remaining_ratio"]) == [None]


def test_a_month_s_budget_never_climbs_and_begins_whole() -> None:
    frame = calendar(course((0, 0), (1, 10), (0, 1000), (0, 0), (3, 10)), 2.0)
    # The first hour with data begins an hour after the month.
    assert list(frame["at"]) == [AT + n * HOUR for n in (1, 2, 3, 4, 5)]
    assert numbers(frame["consumed"]) == [0, 1, 1, 1, 4]
    assert numbers(frame["remaining_ratio"]) == [1, 0.5, 0.5, 0.5, -1]
    assert frame["remaining"].is_monotonic_decreasing
    assert calendar(course((0, 0)), 2.0)["remaining_ratio"].isna().all()


def test_since_when_a_budget_is_spent() -> None:
    def since(*ratios: float) -> tuple[datetime, bool] | None:
        moments = pd.date_range(AT, periods=len(ratios), freq="h", unit="us")
        return spent_since(pd.DataFrame({"at": moments, "remaining_ratio": list(ratios)}))

    assert since(0.5, -0.1, 0.1, 0.0, NAN, -0.2, NAN) == (AT + 3 * HOUR, True)
    assert since(-0.5, -0.1) == (AT, False)
    assert since(-0.5, 0.1) is None
    assert since(NAN) is None


def test_burn_rates_over_whole_hours() -> None:
    hours = course((1, 100), (0, 0), (5, 100))
    windows = {"30m": HOUR / 2, "1h": HOUR, "2h": 2 * HOUR}
    frame = burns(hours, windows, 0.01)
    assert list(frame.columns) == ["at", "gap", "1h", "2h"]
    assert numbers(frame["1h"]) == [1, None, 5]
    assert numbers(frame["2h"]) == [None, 1, 5]


def test_the_worst_stretch_begins_where_a_leak_began() -> None:
    # 1 % may be bad. Above what is allowed: 0, 4, -1, 5, -5, 2; most in a row is 4 - 1 + 5.
    hours = course((1, 100), (5, 100), (0, 100), (6, 100), (0, 500), (3, 100))
    found = worst_stretch(hours, 0.01, 11)
    assert found is not None
    assert (found.start, found.last) == (AT + HOUR, AT + 3 * HOUR)
    assert found.bad == 11
    assert found.allowed == pytest.approx(3)
    assert worst_stretch(hours, 0.01, 12) is None
    assert worst_stretch(course((1, 100), (0, 0)), 0.01, 1) is None  # on budget is not above it
    assert worst_stretch(hours.iloc[:0], 0.01, 0) is None
    # The last hour is a stretch of its own; what nobody counted adds nothing.
    gaps = course((0, 100), (0, 0), (3, 100)).assign(good=[100, NAN, 97], valid=[100, NAN, 100])
    last = worst_stretch(gaps, 0.01, 3)
    assert last is not None
    assert (last.start, last.last, last.bad) == (AT + 2 * HOUR, AT + 2 * HOUR, 3)


def test_a_frame_ends_with_the_moment_of_the_look() -> None:
    frame = burns(course((1, 100)), {"1h": HOUR}, 0.01)
    assert closed(frame, AT + HOUR, {"1h": 9.0}) is frame
    later = closed(frame, AT + HOUR * 1.5, {"1h": 2.0, "6h": 1.0})
    assert list(later["at"]) == [AT + HOUR, AT + HOUR * 1.5]
    assert numbers(later["1h"]) == [1, 2]
    assert list(later.columns) == ["at", "gap", "1h"]
    assert numbers(closed(frame, AT + HOUR * 1.5, {"1h": None})["1h"]) == [1, None]


def test_days_are_shares_of_their_month() -> None:
    song = budget_of("song_generation")
    hours = course((25, 100), (0, 0), start=datetime(2025, 2, 28, 23))
    frame = days(hours, 0.005, song)
    assert list(frame["day"]) == [datetime(2025, 2, 28), datetime(2025, 3, 1)]
    # 25 of February's 2,500 failures are 1 %, of which an even day is 1/28.
    assert numbers(frame["share"]) == [0.01, None]
    assert numbers(frame["pace"]) == [0.28, None]
    assert numbers(frame["consumed"]) == [25, None]
    # Without an allocation: 25 where the day's own 100 requests allow half a failure.
    assert numbers(days(hours, 0.005, None)["pace"]) == [50, None]
    assert days(hours, 0.005, None)["share"].isna().all()


def test_months_with_their_own_allocation() -> None:
    orders = budget_of("checkout", SHOP)  # 200 until June, 300 from July on
    hours = course((50, 500), (330, 500), start=datetime(2025, 6, 30, 23))
    frame = months(hours, orders)
    assert list(frame["month"]) == ["2025-07", "2025-06"]
    assert numbers(frame["allowed"]) == [300, 200]
    assert numbers(frame["remaining"]) == [-30, 150]
    assert numbers(frame["remaining_ratio"]) == [-0.1, 0.75]
    assert list(frame["first"]) == [datetime(2025, 7, 1), datetime(2025, 6, 30, 23)]
    silent = months(course((0, 0)), orders).iloc[0]
    assert pd.isna(silent["consumed"])
    assert pd.isna(silent["first"])


def test_a_share_of_the_month_depends_on_its_length() -> None:
    api = budget_of("api")
    assert month_allowed(api, datetime(2025, 2, 3)) == pytest.approx(28 * 86.4)
    assert month_allowed(api, datetime(2025, 3, 31, 23)) == pytest.approx(31 * 86.4)


def test_what_a_look_counts_changes_after_midnight_within_a_month() -> None:
    orders = budget_of("checkout", SHOP)
    first, second = orders.allocations
    dated = second.model_copy(update={"effective_from": date(2025, 6, 16)})
    changed = orders.model_copy(update={"allocations": (first, dated)})
    # Nine failures an hour over midnight: 200 count up to it, 300 after it.
    hours = course((9, 10), (9, 10), start=datetime(2025, 6, 15, 23))
    assert [month_allowed(changed, end) for end in hours["until"]] == [200, 300]
    assert numbers(days(hours, 0.02, changed)["share"]) == [9 / 200, 9 / 300]
    assert numbers(months(hours, changed)["allowed"]) == [300]
    assert numbers(months(hours.iloc[:1], changed)["allowed"]) == [200]
    drawn = calendar(hours, [200.0, 300.0])
    # It begins whole; 9 of 200 are spent at midnight, 18 of 300 an hour later.
    assert numbers(drawn["remaining_ratio"]) == [1, 1 - 9 / 200, 1 - 18 / 300]
    # At exactly the first of a month it is the last month's: its length, its allocation.
    api = budget_of("api")
    assert month_allowed(api, datetime(2025, 3, 1)) == pytest.approx(28 * 86.4)
    assert month_allowed(orders, datetime(2025, 7, 1)) == 200
    assert month_allowed(orders, datetime(2025, 7, 1, 0, 1)) == 300


def test_months_back_from_the_last_minute() -> None:
    assert months_back(datetime(2025, 3, 1), 0) == datetime(2025, 2, 1)
    assert months_back(datetime(2025, 3, 1, 0, 1), 0) == datetime(2025, 3, 1)
    assert months_back(datetime(2025, 3, 10), 3) == datetime(2024, 12, 1)
