"""How policy states are entered and left, worked out by hand on Studio's 50, 10 and 30 %."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from slo_core.budget.budgets import ABOVE_EXIT, ENOUGH, HEALTHY, zone
from slo_core.budget.exits import check_off
from slo_core.budget.hours import FILE_NAME, budget_hours
from slo_core.budget.policy import (
    from_moment,
    hourly_states,
    policy_histories,
    remaining_ratios,
    since,
    worst_state,
)
from slo_core.logs.store import open_store
from slo_core.register import Actor
from slo_core.rollup import refresh
from slo_core.status import status
from tests.random_logs import write_tables
from tests.small import SHOP, STUDIO, small_rollup

AT = datetime(2025, 3, 31)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NAN = float("nan")
LONG_AGO = datetime(2024, 1, 1)
ADA = Actor("Ada")
HUMAN = ("root_causes", "monitoring_gaps", "runbooks")


def periods(
    *ratios: float,
    first: datetime = LONG_AGO,
    at: datetime | None = None,
    confirmed: dict[datetime, datetime] | None = None,
) -> pd.DataFrame:
    """The periods over hours from `AT` on, seen from the last one."""
    moments = pd.date_range(AT, periods=len(ratios), freq="h", unit="us").to_numpy()
    at = at or AT + (len(ratios) - 1) * HOUR
    return hourly_states(moments, np.array(ratios), first, STUDIO.policy, at, confirmed)


def told(frame: pd.DataFrame) -> list[tuple[str, int, bool | None]]:
    """State, hour of its start and whether the exit is confirmed, of each period."""
    hours = (frame["start"] - AT) // HOUR
    return list(zip(frame["state"], hours, frame["exit_confirmed"], strict=True))


# Each line is crossed downwards and upwards, in each order; hour by hour what is left, and each
# period with its first hour.
CROSSINGS: dict[str, tuple[tuple[float, ...], list[tuple[str, int, bool | None]]]] = {
    "exactly half is healthy": ((0.5,), [("healthy", 0, None)]),
    "just under half": ((0.4999,), [("low", 0, None)]),
    "exactly a tenth is not exhausted": ((0.1,), [("low", 0, None)]),
    "just under a tenth": ((0.0999,), [("exhausted", 0, None)]),
    "50 down and up": (
        (0.6, 0.4, 0.5, 0.49),
        [("healthy", 0, None), ("low", 1, None), ("healthy", 2, None), ("low", 3, None)],
    ),
    "30 without exhaustion is no line": ((0.4, 0.2, 0.31, 0.15), [("low", 0, None)]),
    "50, 30 and 10 down": (
        (0.6, 0.4, 0.2, 0.05),
        [("healthy", 0, None), ("low", 1, None), ("exhausted", 3, None)],
    ),
    "50 and 10 at once": ((0.6, -2.0), [("healthy", 0, None), ("exhausted", 1, None)]),
    "10 up, not 30": ((0.05, 0.11, 0.3, 0.2), [("exhausted", 0, None)]),
    "10 and 30 up": ((0.05, 0.2, 0.3001), [("exhausted", 0, None), ("low", 2, False)]),
    "10 and 30 up, and 10 down again": (
        (0.05, 0.35, 0.2, 0.05, 0.35),
        [
            *(("exhausted", 0, None), ("low", 1, False)),
            *(("exhausted", 3, None), ("low", 4, False)),
        ],
    ),
    "10, 30 and 50 up, one by one": (
        (0.05, 0.35, 0.55, 0.9),
        [("exhausted", 0, None), ("low", 1, False)],
    ),
    "10, 30 and 50 up at once": ((0.05, 0.9), [("exhausted", 0, None), ("low", 1, False)]),
    "an hour without a figure": (
        (0.05, NAN, NAN, 0.2, NAN, 0.4, NAN),
        [("exhausted", 0, None), ("low", 5, False)],
    ),
    "none at first": ((NAN, 0.6), [("healthy", 1, None)]),
}


@pytest.mark.parametrize("name", CROSSINGS)
def test_the_lines_are_crossed(name: str) -> None:
    ratios, expected = CROSSINGS[name]
    assert told(periods(*ratios)) == expected


def test_a_tenth_in_binary_is_a_tenth() -> None:
    # 0.7 - 0.6 is 0.09999999999999998.
    found = zone(np.array([0.7 - 0.6, 0.1 + 0.2, 0.5, -1.0]), STUDIO.policy)
    assert list(found) == [ENOUGH, ENOUGH, ENOUGH + ABOVE_EXIT + HEALTHY, 0]


def test_periods_end_where_the_next_begins() -> None:
    found = periods(0.6, 0.4, 0.05)
    assert list(found["end"][:-1]) == list(found["start"][1:])
    assert pd.isna(found["end"].iloc[-1])
    assert list(found["remaining_ratio"]) == [0.6, 0.4, 0.05]
    assert list(found["exhausted_at"].isna()) == [True, True, False]
    assert since(found) == AT + 2 * HOUR
    assert since(periods(NAN)) is None


def test_a_confirmed_exit_leaves_the_band_to_decide_from_then_on() -> None:
    half_past = AT + 2.5 * HOUR
    ratios = (0.05, 0.35, 0.6, 0.7, 0.4)
    found = periods(*ratios, confirmed={AT: half_past})
    assert told(found)[:2] == [("exhausted", 0, None), ("low", 1, False)]
    # At half past two what was left at two decides: 60 %.
    assert list(found["state"][2:]) == ["healthy", "low"]
    assert list(found["start"][2:]) == [half_past, AT + 4 * HOUR]
    assert list(found["exit_confirmed"][2:]) == [True, True]
    assert found["remaining_ratio"].iloc[2] == 0.6
    # Seen from before, it is not known yet; and another exhaustion's is not this one's.
    assert told(periods(*ratios[:3], confirmed={AT: half_past}))[-1] == ("low", 1, False)
    assert told(periods(*ratios, confirmed={AT + HOUR: half_past}))[-1] == ("low", 1, False)
    # Between two whole hours the last one's state holds, and a confirmation counts at once.
    seen = periods(*ratios[:3], at=half_past, confirmed={AT: half_past})
    assert list(seen["state"]) == ["exhausted", "low", "healthy"]


def test_a_confirmation_while_still_exhausted_waits_for_the_budget() -> None:
    found = periods(0.05, 0.2, 0.2, 0.9, confirmed={AT: AT + HOUR})
    assert told(found) == [("exhausted", 0, None), ("healthy", 3, True)]


def test_low_before_and_after_its_confirmation_is_one_state() -> None:
    found = periods(0.05, 0.35, 0.35, 0.35, confirmed={AT: AT + 2 * HOUR})
    assert told(found)[1:] == [("low", 1, False), ("low", 2, True)]
    assert since(found) == AT + HOUR


def test_a_policy_without_human_criteria_confirms_itself() -> None:
    computed = [it for it in STUDIO.policy.exit_criteria if it.kind == "computed"]
    policy = STUDIO.policy.model_copy(update={"exit_criteria": tuple(computed)})
    moments = np.array([AT, AT + HOUR], dtype="datetime64[us]")
    found = hourly_states(moments, np.array([0.05, 0.9]), LONG_AGO, policy, AT + HOUR)
    assert told(found) == [("exhausted", 0, None), ("healthy", 1, True)]


def test_a_week_of_data_comes_first() -> None:
    week = STUDIO.policy.min_history.value
    found = periods(0.05, 0.2, 0.2, first=AT + HOUR - week)
    # The first hour does not count, so 20 % is low and not still exhausted.
    assert told(found) == [("low", 1, None)]
    assert periods(0.05, first=AT).empty


def test_the_part_since_a_moment_begins_with_what_lasted() -> None:
    found = from_moment(periods(0.6, 0.4, 0.2, 0.05, 0.2), AT + 2 * HOUR)
    assert told(found) == [("low", 2, None), ("exhausted", 3, None)]


def test_the_worst_of_several_states() -> None:
    assert worst_state(["healthy", None, "low"], STUDIO.policy) == "low"
    assert worst_state([None], STUDIO.policy) is None


# --- From logs ---------------------------------------------------------------------------------

SONG = {"journey": "song_generation"}
BEGIN = AT - 60 * DAY


def hour(at: datetime, failed: int, good: int) -> list[dict[str, Any]]:
    """So many failed and good songs at a moment."""
    return [SONG | {"ts": at, "status": 500}] * failed + [SONG | {"ts": at, "status": 200}] * good


# 0.5 % of 1,000 is 5 failures: the first leaves 80 %, the next 4 leave nothing.
STORY = hour(BEGIN, 1, 999) + hour(BEGIN + 10 * DAY, 4, 0) + hour(BEGIN + 35 * DAY, 2, 498)


def song_history(rollup: Any, at: datetime = AT) -> pd.DataFrame:
    return policy_histories(rollup, at)["song_generation"]


def test_from_logs(tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": STORY})
    found = song_history(rollup)
    # Healthy after a week; exhausted with the ten-day failures (5 of 5.02 allowed); at 30 days the
    # first hour leaves and 4 failures of 4 requests remain, worse still; at 40 days they leave, and
    # 2 of 500, where 2.5 are allowed, leave 20 %: not above 30 %, so exhausted stays.
    assert list(found["state"]) == ["healthy", "exhausted"]
    assert list(found["start"]) == [BEGIN + 7 * DAY, BEGIN + 10 * DAY + HOUR]
    assert song_history(rollup, BEGIN - DAY).empty
    assert policy_histories(rollup, AT)["api"].empty
    # At exactly a week of data there is a state, a minute before it there is none.
    assert len(song_history(rollup, BEGIN + 7 * DAY)) == 1
    assert song_history(rollup, BEGIN + 7 * DAY - timedelta(minutes=1)).empty
    # The state between two hours is that of the last one.
    minute = BEGIN + 10 * DAY + timedelta(minutes=59)
    assert list(song_history(rollup, minute)["state"]) == ["healthy"]
    assert list(song_history(rollup, minute + timedelta(minutes=1))["state"])[-1] == "exhausted"


def test_what_was_kept_says_the_same_and_gives_way_to_what_is_new(tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": STORY})
    first = budget_hours(rollup, AT)["song_generation"]
    kept = tmp_path / "rollup" / FILE_NAME
    assert kept.is_file()
    for at in (AT, AT - 20 * DAY, AT - 20 * DAY + HOUR / 2, AT):
        found = budget_hours(rollup, at)["song_generation"]
        count = (at - found.start) // HOUR
        assert list(found.valid) == list(first.valid[:count])
        assert list(found.good) == list(first.good[:count])
    # 96 failures more at 20 days, of a date that was kept: exhausted for longer, and worse.
    write_tables(tmp_path, {"requests": hour(BEGIN + 8 * DAY, 96, 0)})
    later = budget_hours(refresh(open_store(tmp_path), STUDIO), AT)["song_generation"]
    assert later.valid.sum() == first.valid.sum() + 96
    kept.write_bytes(b"nonsense")
    again = budget_hours(refresh(open_store(tmp_path), STUDIO), AT)["song_generation"]
    assert list(again.valid) == list(later.valid)


def test_the_calendar_month_begins_afresh(tmp_path: Path) -> None:
    # The shop's 200 orders a month: 170 lost on 20 March leave 15 %, exhausted under 20 %; at
    # midnight of 1 April March still counts, an hour later nothing was counted yet, then all is
    # left: above 40 %, but low until the shop's one human criterion is checked off.
    lost = {"journey": "checkout", "step": "payment", "status": 500}
    rows = [lost | {"ts": datetime(2025, 3, 20)}] * 170
    rows += [lost | {"ts": datetime(2025, 3, 10), "status": 200}]
    rows += [lost | {"ts": datetime(2025, 4, 1, 1, 30), "status": 200}]
    rollup = small_rollup(tmp_path, {"requests": rows}, SHOP)
    at = datetime(2025, 4, 2)
    found = policy_histories(rollup, at)["checkout"]
    assert list(found["state"]) == ["healthy", "exhausted", "low"]
    starts = [datetime(2025, 3, 13), datetime(2025, 3, 20, 1), datetime(2025, 4, 1, 2)]
    assert list(found["start"]) == starts
    ratios = remaining_ratios(budget_hours(rollup, at)["checkout"], SHOP, "checkout")
    ends = budget_hours(rollup, at)["checkout"].ends.tolist()
    by_hour = dict(zip(ends, ratios, strict=True))
    assert by_hour[datetime(2025, 4, 1)] == pytest.approx(0.15)
    assert np.isnan(by_hour[datetime(2025, 4, 1, 1)])
    assert by_hour[datetime(2025, 4, 1, 2)] == 1


def test_status_says_state_since_and_exit(tmp_path: Path) -> None:
    # 1,000 songs allow 5 failures, all spent after ten days; when all leave at day 40, 100 new
    # songs without a failure leave all of their budget.
    rows = [*hour(BEGIN, 0, 1000), *hour(BEGIN + 10 * DAY, 5, 0), *hour(BEGIN + 39 * DAY, 0, 100)]
    rollup = small_rollup(tmp_path, {"requests": rows})
    exhausted_at, left_at = BEGIN + 10 * DAY + HOUR, BEGIN + 40 * DAY + HOUR

    def stated(at: datetime = AT) -> tuple[Any, ...]:
        [song] = [it for it in status(rollup, at)["budgets"] if it["service"] == "song_generation"]
        keys = ("policy", "policy_since", "exit_confirmed", "exhausted_at")
        return tuple(song[key] for key in keys)

    def text(moment: datetime) -> str:
        return f"{moment.isoformat()}Z"

    assert stated(BEGIN + 6 * DAY) == (None, None, None, None)
    assert stated(BEGIN + 9 * DAY) == ("healthy", text(BEGIN + 7 * DAY), None, None)
    exhausted = ("exhausted", text(exhausted_at), None, text(exhausted_at))
    assert stated(BEGIN + 20 * DAY) == exhausted
    low = ("low", text(left_at), False, text(exhausted_at))
    assert stated() == low
    for criterion in HUMAN:
        assert stated() == low
        args = (tmp_path, ADA, STUDIO, "song_generation", exhausted_at, criterion)
        check_off(*args, at=AT - DAY)
    assert stated() == ("healthy", text(AT - DAY), True, text(exhausted_at))
    assert stated(AT - 2 * DAY) == low
    check_off(*args, at=None, version=1)
    assert stated() == low
