"""A first quarter of 2025 whose figures are worked out by hand: ten songs a day."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from slo_core.register import Actor, write
from slo_core.rollup import Rollup
from tests.small import small_rollup

START, END = datetime(2025, 1, 1), datetime(2025, 4, 1)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
BAD = (datetime(2025, 2, 10), datetime(2025, 2, 11))


def tables() -> dict[str, list[dict[str, Any]]]:
    """Ten songs a day over 90 days, 6 on the web and 4 on iOS, and ratings of five people a day.

    On two days of February two songs fail on iOS, and people give 2 stars in place of 4 and 5.
    """
    requests, feedback = [], []
    for n in range(90):
        day = START + n * DAY
        for song in range(10):
            requests.append(
                {
                    "ts": day + 12 * timedelta(hours=1) + song * timedelta(seconds=5),
                    "journey": "song_generation",
                    "platform": "web" if song < 6 else "ios",
                    "status": 500 if day in BAD and song >= 8 else 200,
                    "duration_ms": 8000.0 + song * 500,
                }
            )
        for person in range(5):
            stars = 2.0 if day in BAD else 4.0 + person % 2
            feedback.append({"ts": day + DAY / 2, "journey": "song_generation", "rating": stars})
    return {"requests": requests, "feedback": feedback}


def roll_up(folder: Path) -> Rollup:
    """The quarter with an incident on the first bad day."""
    found = small_rollup(folder, tables())
    incident = {
        "title": "Songs fail on iOS",
        "severity": "P2",
        "journey": "song_generation",
        "started_at": BAD[0] + DAY / 2,
        "ended_at": BAD[0] + DAY / 2 + 5 * MINUTE,
    }
    write(folder, Actor("Ada"), "incidents", incident)
    return found
