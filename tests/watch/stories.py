"""Small data for the watch's tests: songs fail from 11:50 on, and what that must bring."""

from datetime import datetime, timedelta
from typing import Any

NOON = datetime(2025, 3, 31, 12)
FAILING_FROM = NOON - timedelta(minutes=10)


def requests(
    journey: str = "song_generation",
    *,
    start: datetime = NOON - timedelta(hours=2),
    until: datetime = NOON,
    failing_until: datetime = NOON,
) -> list[dict[str, Any]]:
    """Four requests a minute; all fail from 11:50 on, until the moment named."""
    count = int((until - start) / timedelta(seconds=15))
    moments = [start + number * timedelta(seconds=15) for number in range(count)]
    return [
        {
            "ts": moment,
            "journey": journey,
            "source": "client",
            "status": 500 if FAILING_FROM <= moment < failing_until else 200,
            "duration_ms": 900.0,
            "response_bytes": 900,
        }
        for moment in moments
    ]
