"""A March whose figures are worked out by hand: what its review must say.

On five days 300 songs are asked for on the web, one a minute from 8:00, and 100 on iOS. Each noon a
song on the web runs into its timeout; on the 14th, from 10:00 to 10:15, a song a minute fails on
iOS. That is 20 of 2,000: 99 %, where 99.5 % are promised and 10 might fail. 15 of them are one
incident's, on one platform, at one endpoint, for one reason; on the web alone 5 of 1,500 fail,
99.67 %. In February 2 of 1,000 fail: 99.8 %.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from slo_core.register import Actor, write
from slo_core.rollup import Rollup
from tests.small import small_rollup

AT = datetime(2025, 4, 2)
"""A look when the month is over."""

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DAYS = [datetime(2025, 3, day) for day in (3, 5, 10, 14, 20)]
OUTAGE = datetime(2025, 3, 14, 10)
SONG = ("song_generation", "success_rate")


def request(ts: datetime, journey: str = "song_generation", **more: Any) -> dict[str, Any]:
    good = {"ts": ts, "journey": journey, "status": 200, "duration_ms": 10_000.0}
    return good | {"endpoint": "/v1/remix", "platform": "web"} | more


def songs(day: datetime) -> list[dict[str, Any]]:
    """A day's 400 songs."""
    timeout: dict[str, Any] = {"status": None, "error": "timeout", "duration_ms": None}
    web = [
        request(day + 8 * HOUR + n * MINUTE, **(timeout if n == 240 else {})) for n in range(300)
    ]
    ios: dict[str, Any] = {"platform": "ios", "endpoint": "/v1/songs"}
    hit = 15 if day.date() == OUTAGE.date() else 0
    good = [request(day + 8 * HOUR + 3 * n * MINUTE, **ios) for n in range(100 - hit)]
    bad = [request(OUTAGE + n * MINUTE, **ios, status=500) for n in range(hit)]
    return [*web, *good, *bad]


def ratings() -> list[dict[str, Any]]:
    """Ten people are delighted in February; in March six a day, who are not on the 14th."""
    rows = [(datetime(2025, 2, 20, 9), [5] * 10)]
    rows += [
        (day + 9 * HOUR, [1] * 6 if day.date() == OUTAGE.date() else [5, 5, 5, 4, 4, 4])
        for day in DAYS
    ]
    return [
        {"ts": ts + n * MINUTE, "journey": "song_generation", "rating": float(rating)}
        for ts, given in rows
        for n, rating in enumerate(given)
    ]


def tables() -> dict[str, list[dict[str, Any]]]:
    """Everything that is logged."""
    february = [
        request(datetime(2025, 2, 20, 8) + n * MINUTE / 2, status=500 if n < 2 else 200)
        for n in range(1000)
    ]
    loading = [
        request(DAYS[1] + 8 * HOUR + n * MINUTE, "project_loading", duration_ms=1000.0)
        for n in range(400)
    ]
    march = [it for day in DAYS for it in songs(day)]
    return {"requests": [*february, *march, *loading], "feedback": ratings()}


def write_march(folder: Path) -> Rollup:
    """Write the logs and the incident into a folder, and roll them up.

    A P1 is to be resolved within 4 hours of its detection; this one takes 5 h 55 min.
    """
    rollup = small_rollup(folder, tables())
    incident = {
        "title": "A GPU pool fails",
        "severity": "P1",
        "status": "resolved",
        "journey": "song_generation",
        "started_at": OUTAGE,
        "ended_at": OUTAGE + 15 * MINUTE,
        "detected_at": OUTAGE + 5 * MINUTE,
        "triaged_at": OUTAGE + 10 * MINUTE,
        "mitigated_at": OUTAGE + 15 * MINUTE,
        "resolved_at": OUTAGE + 6 * HOUR,
    }
    write(folder, Actor("Ada"), "incidents", incident)
    return rollup
