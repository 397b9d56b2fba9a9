"""Incidents at a moment: who is open, how long, and what it cost so far; worked out by hand."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from slo_core.incidents.clocks import active_incidents, is_of, state_at
from slo_core.incidents.spent import spent
from slo_core.register import Actor, read_incidents, write
from slo_core.rollup import Rollup
from tests.small import STUDIO, small_rollup

AT = datetime(2025, 3, 10, 12, 0)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def incident(folder: Path, title: str, started: datetime, **more: Any) -> int:
    values = {"title": title, "severity": "P1", "journey": "song_generation"}
    return write(folder, Actor("Ada"), "incidents", values | {"started_at": started} | more)


def active(folder: Path, at: datetime = AT) -> pd.DataFrame:
    return active_incidents(read_incidents(folder), STUDIO, at)


def test_without_a_register_nothing_is_open(tmp_path: Path) -> None:
    assert active(tmp_path).empty


def test_only_what_is_known_and_not_resolved_is_open(tmp_path: Path) -> None:
    resolved = {"status": "resolved"}
    incident(tmp_path, "open", AT - HOUR)
    incident(tmp_path, "open, and severer than it looks", AT - 9 * HOUR, severity="P3")
    incident(tmp_path, "resolved after the look", AT - HOUR, resolved_at=AT + HOUR, **resolved)
    incident(tmp_path, "resolved at the look", AT - HOUR, resolved_at=AT, **resolved)
    incident(tmp_path, "resolved, nobody knows when", AT - HOUR, **resolved)
    incident(tmp_path, "detected after the look", AT - HOUR, detected_at=AT + MINUTE)
    incident(tmp_path, "of another", AT - HOUR, status="merged")
    incident(tmp_path, "an unknown severity", AT - 2 * HOUR, severity="Sev9")
    found = active(tmp_path)
    assert list(found["title"]) == [
        "open",
        "resolved after the look",
        "open, and severer than it looks",
        "an unknown severity",
    ]
    assert found["response"][3].kept is None


@pytest.mark.parametrize(
    ("triaged", "passed", "stopped", "kept"),
    [
        (None, 50, False, False),  # P1 promises 15 minutes, 50 have passed
        (14, 14, True, True),
        (15, 15, True, False),  # "< 15 minutes" is strict
        (70, 50, False, False),  # triaged after the look: not yet
    ],
)
def test_the_response_clock_runs_from_the_detection(
    tmp_path: Path, triaged: int | None, passed: int, stopped: bool, kept: bool
) -> None:
    detected = AT - 50 * MINUTE
    stamps = {"triaged_at": detected + triaged * MINUTE} if triaged else {}
    incident(tmp_path, "open", AT - HOUR, detected_at=detected, **stamps)
    clock = active(tmp_path)["response"][0]
    assert (clock.passed, clock.stopped, clock.kept) == (passed * MINUTE, stopped, kept)
    resolution = active(tmp_path)["resolution"][0]
    assert (resolution.limit, resolution.left) == (4 * HOUR, 190 * MINUTE)
    assert resolution.kept


def test_without_a_triage_the_first_later_step_shows_that_somebody_answered(
    tmp_path: Path,
) -> None:
    detected = AT - 50 * MINUTE
    later = {"communicated_at": detected + 20 * MINUTE, "mitigated_at": detected + 14 * MINUTE}
    incident(tmp_path, "not triaged", AT - HOUR, detected_at=detected, **later)
    clock = active(tmp_path)["response"][0]
    assert (clock.passed, clock.stopped, clock.kept) == (14 * MINUTE, True, True)
    # A step that was taken after the look says nothing yet.
    look = detected + 10 * MINUTE
    clock = active_incidents(read_incidents(tmp_path), STUDIO, look)["response"][0]
    assert (clock.passed, clock.stopped, clock.kept) == (10 * MINUTE, False, True)


def test_the_state_is_the_last_step_that_was_taken(tmp_path: Path) -> None:
    incident(tmp_path, "new", AT - HOUR)
    incident(tmp_path, "seen", AT - HOUR, triaged_at=AT)
    incident(tmp_path, "later", AT - HOUR, triaged_at=AT, mitigated_at=AT + MINUTE)
    incident(tmp_path, "held", AT - HOUR, mitigated_at=AT - MINUTE)
    found = active(tmp_path)
    states = dict(zip(found["title"], found["state"], strict=True))
    assert states == {
        "new": "detected",
        "seen": "triaged",
        "later": "triaged",
        "held": "mitigated",
    }


def test_of_an_earlier_moment_the_state_is_that_of_then(tmp_path: Path) -> None:
    stamps = {"detected_at": AT, "triaged_at": AT + MINUTE, "resolved_at": AT + HOUR}
    incident(tmp_path, "over", AT - HOUR, status="closed", **stamps)
    incident(tmp_path, "part of it", AT, status="merged", merged_into=1)
    over, part = sorted(read_incidents(tmp_path).itertuples(), key=lambda row: row.id)
    looks = (AT - MINUTE, AT, AT + MINUTE, AT + HOUR)
    states = [state_at(over, look) for look in looks]
    assert states == ["not detected yet", "detected", "triaged", "closed"]
    assert state_at(part, AT) == "merged into #1"


def requests(*moments: tuple[timedelta, int]) -> Any:
    rows = [{"ts": AT - ago, "journey": "song_generation", "status": code} for ago, code in moments]
    return {"requests": rows}


def test_what_failed_in_its_minutes_is_spent(tmp_path: Path) -> None:
    tables = requests(
        (HOUR + MINUTE, 500),  # before it
        (HOUR, 500),
        (30 * MINUTE, 500),
        (20 * MINUTE, 200),
        (MINUTE, 500),
        (timedelta(0), 500),  # at the look: not yet
    )
    rollup: Rollup = small_rollup(tmp_path, tables)
    incident(tmp_path, "lasts", AT - HOUR, also_journeys=["web", "project_loading"])
    incident(tmp_path, "over", AT - HOUR, ended_at=AT - 29 * MINUTE, severity="P2")
    incident(tmp_path, "no budget", AT - HOUR, journey="web", severity="P3")
    incidents = active(tmp_path)
    names = dict(zip(incidents["id"], incidents["title"], strict=True))
    found = spent(rollup, incidents, AT)
    assert [(names[row.id], row.service) for row in found.itertuples()] == [
        ("lasts", "song_generation"),
        ("lasts", "project_loading"),
        ("over", "song_generation"),
    ]
    assert (found["spent"][0], found["spent"][2]) == (3, 2)
    assert found["share"][0] == pytest.approx(3 / 2500)
    assert pd.isna(found["spent"][1])


def test_downtime_is_spent_in_seconds(tmp_path: Path) -> None:
    probes = [
        {"ts": AT - timedelta(seconds=10 * n), "scope": "api", "target": "a", "ok": n > 30}
        for n in range(1, 361)
    ]
    rollup = small_rollup(tmp_path, {"probes": probes})
    incident(tmp_path, "down", AT - 10 * MINUTE, journey="api")
    (found,) = spent(rollup, active(tmp_path), AT).itertuples()
    assert (found.unit, found.spent) == ("seconds", 300)
    assert found.share == pytest.approx(300 / (0.001 * 31 * 86_400))


@pytest.mark.parametrize(
    ("first", "last", "more", "part"),
    [
        (-45, -30, {}, True),  # over half an hour before the impact began: near enough
        (-45, -31, {}, False),
        (90, 95, {}, True),  # the impact ended at minute 60, half an hour before
        (91, 95, {}, False),
        (91, 95, {"trails": MINUTE}, True),
        (120, 125, {"resolved_at": AT + 90 * MINUTE}, True),  # the later of both ends counts
        (121, 125, {"resolved_at": AT + 90 * MINUTE}, False),
        (900, 905, {"status": "mitigated"}, True),  # open still
        (900, 905, {"ended_at": None}, True),  # resolved, and nobody knows when
        (10, 20, {"journey": "export"}, False),
        (10, 20, {"status": "merged"}, False),
    ],
)
def test_which_episodes_are_part_of_an_incident(
    tmp_path: Path, first: int, last: int, more: dict[str, Any], part: bool
) -> None:
    values = {"status": "resolved", "ended_at": AT + HOUR, **more}
    trails = values.pop("trails", timedelta(0))
    incident(tmp_path, "songs fail", AT, **values)
    (row,) = read_incidents(tmp_path).itertuples()
    start, until = AT + first * MINUTE, AT + last * MINUTE
    episode = pd.DataFrame([{"journey": "song_generation", "start": start, "until": until}])
    assert is_of(next(episode.itertuples()), row, 30 * MINUTE, trails) is part
