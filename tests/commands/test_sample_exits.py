"""What the sample's people had checked off by the sample's end."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from slo_core.commands.sample import confirm_exits
from slo_core.register import read_history
from slo_core.status import status
from tests.small import STUDIO, small_rollup

AT = datetime(2025, 3, 31)
DAY = timedelta(days=1)


def test_an_exhaustion_of_long_ago_is_checked_off_day_by_day(tmp_path: Path) -> None:
    def songs(good: int, bad: int, ago: timedelta) -> list[dict[str, Any]]:
        row = {"ts": AT - ago, "journey": "song_generation"}
        return [row | {"status": 200}] * good + [row | {"status": 500}] * bad

    rows = songs(995, 0, 60 * DAY) + songs(0, 5, 45 * DAY) + songs(1000, 0, 20 * DAY)
    early, late = (tmp_path / name for name in ("early", "late"))
    small_rollup(early, {"requests": rows})
    rollup = small_rollup(late, {"requests": rows})
    # The failures left the window after 30 days, so exhaustion was left at 15 days and an hour.
    left = AT - 15 * DAY + timedelta(hours=1)
    confirm_exits(str(early), STUDIO, left + 2 * DAY)
    history = read_history(early, "exit_checks")
    assert list(history["at"]) == [left + DAY, left + 2 * DAY]  # the third is yet to come
    assert status(rollup, AT)["budgets"][0]["policy"] == "low"
    confirm_exits(str(late), STUDIO, AT)
    assert list(read_history(late, "exit_checks")["at"]) == [left + n * DAY for n in (1, 2, 3)]
    found = status(rollup, AT)["budgets"][0]
    assert (found["policy"], found["exit_confirmed"]) == ("healthy", True)
    assert found["policy_since"] == "2025-03-19T01:00:00Z"  # three days after
