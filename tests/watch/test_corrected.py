"""What a notification says of budgets that a correction touches."""

from datetime import datetime, timedelta
from pathlib import Path

from slo_core.watch.words import Outlook
from tests.budget.test_corrected import correct, songs
from tests.small import small_rollup

AT = datetime(2025, 3, 31)
DAY = timedelta(days=1)


def test_a_notification_says_both_and_which_decides(tmp_path: Path) -> None:
    # 4 of 1,000 songs failed, of which 5 may; and 90 of 100 in a load test: 94 of 5.5.
    rollup = small_rollup(tmp_path, {"requests": [*songs(996, 4, 9 * DAY), *songs(10, 90, DAY)]})
    left, ends = Outlook(rollup, AT).lines("song_generation", "success_rate")
    assert left == "Budget left: -1,609 % (rolling 30d)"
    assert "which decides" not in left + ends
    correct(tmp_path, "song_generation", AT - 2 * DAY, AT)
    left, ends = Outlook(rollup, AT).lines("song_generation", "success_rate")
    assert left.startswith("Budget left: 20 % as corrected, which decides; as measured ")
    assert " as corrected, which decides; as measured exhausted; " in ends
    # What no correction touches says nothing of one.
    [headroom] = Outlook(rollup, AT).lines("publishing", "success_rate")
    assert "which decides" not in headroom
