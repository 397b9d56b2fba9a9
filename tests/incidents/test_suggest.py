"""Incidents that alerts ask for: suggested to people, or opened once by programs."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from slo_core.incidents.life import edit
from slo_core.incidents.suggest import accept, auto_create, suggestions
from slo_core.register import Actor, read_incidents, write
from tests.small import STUDIO

AT = datetime(2025, 3, 10, 12)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ADA = Actor("Ada")
SPIKE, SLOW = "StudioSongGenerationFailureSpike", "StudioLatencyDegradation"
RATE, LATENCY = "failure_rate > 5% for 5 minutes", "p95_latency > 2x SLO for 10 minutes"


def episode(
    start: datetime,
    minutes: int | None = 10,
    alert: str = SPIKE,
    journey: str | None = "song_generation",
    condition: str = RATE,
    severity: str = "P1",
) -> dict[str, Any]:
    until = start + (minutes or 0) * MINUTE
    end = until if minutes else pd.NaT
    return {
        "alert": alert,
        "journey": journey,
        "severity": severity,
        "condition": condition,
        "start": start,
        "end": end,
        "until": until,
    }


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    kinds = dict.fromkeys(("start", "end", "until"), "datetime64[us]")
    return pd.DataFrame(list(rows)).astype(kinds)


def asked(folder: Path, *rows: dict[str, Any]) -> pd.DataFrame:
    return suggestions(frame(*rows), read_incidents(folder), STUDIO)


def test_near_episodes_of_a_journey_are_one_suggestion_of_the_severest(tmp_path: Path) -> None:
    slow = episode(AT, 10, SLOW, condition=LATENCY, severity="P2")
    found = asked(
        tmp_path,
        slow,
        episode(AT + 40 * MINUTE),  # exactly half an hour after the first ended
        episode(AT + 81 * MINUTE, None),  # 31 minutes after the second: another
        slow | {"journey": "web"},
        episode(AT, alert="cpu_high", journey=None),  # a trigger
        episode(AT, alert="StudioErrorBudgetWarning", condition="error_budget_remaining < 30%"),
    )
    assert found["journey"].tolist() == ["song_generation", "song_generation", "web"]
    later, first, _ = found.itertuples()
    assert (first.severity, first.alert, first.episodes) == ("P1", SPIKE, 2)
    assert first.title == "Song Generation Failure Spike"
    assert found["title"].iloc[2] == "Latency Degradation: Web Application Performance"
    # The first to fire looked back ten minutes: so early the impact may have begun.
    assert (first.started_at, first.detected_at) == (AT - 10 * MINUTE, AT)
    assert first.ended_at == AT + 50 * MINUTE
    assert first.summary == f"{LATENCY}; {RATE}"
    assert pd.isna(later.ended_at)
    assert found["creates"].tolist() == [True, True, False]


def burn(start: datetime, minutes: int | None = 10, **other: str) -> dict[str, Any]:
    """An episode of the quick burn alert on songs, whose short window is half an hour."""
    condition = "burn_rate_over > 6x normal for 6h AND burn_rate_now > 6x normal for 30 minutes"
    return episode(start, minutes, "BudgetBurnQuick", condition=condition) | other


def test_burn_alerts_suggest_too_and_join_the_document_s_of_their_journey(tmp_path: Path) -> None:
    found = asked(
        tmp_path,
        burn(AT),
        episode(AT + 5 * MINUTE),
        # 60 minutes after both ended, by itself, and on an objective without a budget.
        burn(AT + 75 * MINUTE) | {"alert": "BudgetBurnQuick_latency_p95", "severity": "P3"},
    )
    headroom, both = found.itertuples()
    # Of two as severe the document's own speaks; the first to fire detected it.
    assert (both.alert, both.severity, both.episodes) == (SPIKE, "P1", 2)
    assert both.detected_at == AT
    # The six hours of the long window say nothing of when it began: the short one's may.
    assert both.started_at == AT - 30 * MINUTE
    assert both.sets == ("document", "burn")
    assert both.summary == f"Burn alert: Budget spent in days; {RATE}"
    assert both.creates
    assert headroom.sets == ("headroom",)
    assert headroom.title == "Budget spent in days: P95 Latency: Song Generation"
    assert not headroom.creates


def test_a_burn_alert_that_trails_an_incident_is_part_of_it(tmp_path: Path) -> None:
    row = {"title": "x", "severity": "P1", "journey": "song_generation"}
    over = {"resolved_at": AT, "status": "resolved"}
    write(tmp_path, ADA, "incidents", row | {"started_at": AT - HOUR} | over)
    # Half an hour of `one_incident`, and half an hour that its short window looks back.
    assert asked(tmp_path, burn(AT + HOUR)).empty
    assert len(asked(tmp_path, burn(AT + 61 * MINUTE))) == 1


def test_a_burn_alert_opens_no_incident_by_itself(tmp_path: Path) -> None:
    assert auto_create(tmp_path, STUDIO, frame(burn(AT, None))) == []


def test_what_has_its_incident_is_not_suggested(tmp_path: Path) -> None:
    row = {"title": "x", "severity": "P1", "journey": "api", "also_journeys": ["song_generation"]}
    ended = {"resolved_at": AT - 30 * MINUTE, "status": "resolved"}
    own = write(tmp_path, ADA, "incidents", row | {"started_at": AT - 9 * HOUR} | ended)
    assert asked(tmp_path, episode(AT)).empty
    assert len(asked(tmp_path, episode(AT + MINUTE))) == 1
    # While nobody has resolved it, it is the same.
    write(
        tmp_path, ADA, "incidents", {"resolved_at": None, "status": "open"}, row_id=own, version=1
    )
    assert asked(tmp_path, episode(AT + 99 * HOUR)).empty
    # A merged one has nothing: it is part of another.
    write(tmp_path, ADA, "incidents", {"status": "merged"}, row_id=own, version=2)
    assert len(asked(tmp_path, episode(AT))) == 1


def test_accepting_opens_it_once(tmp_path: Path) -> None:
    row = asked(tmp_path, episode(AT)).iloc[0].to_dict()
    assert accept(tmp_path, ADA, STUDIO, row) == 1
    assert accept(tmp_path, ADA, STUDIO, row) is None
    (found,) = read_incidents(tmp_path).itertuples()
    assert (found.alert, found.severity, found.created_by) == (SPIKE, "P1", "Ada")
    assert (found.started_at, found.detected_at) == (AT - 5 * MINUTE, AT)
    assert asked(tmp_path, episode(AT)).empty


def test_alerts_whose_actions_say_so_open_one_incident_an_episode(tmp_path: Path) -> None:
    rows = frame(
        episode(AT, None),
        episode(AT, None, SLOW, "web", LATENCY, "P2"),  # its actions open a ticket, no incident
        episode(AT - 5 * HOUR, 10, "StudioAPIAvailabilityDrop", "api"),
        episode(AT + 9 * HOUR, 10),  # while nobody has resolved the first it is the same
    )
    assert auto_create(tmp_path, STUDIO, rows) == [1, 2]
    register = read_incidents(tmp_path)
    assert register["detected_at"].tolist() == [AT, AT - 5 * HOUR]
    assert register["ended_at"].tolist() == [pd.NaT, AT - 5 * HOUR + 10 * MINUTE]
    assert register["created_by"].unique().tolist() == ["alerts"]
    assert auto_create(tmp_path, STUDIO, rows) == []
    # However people mend its times, the episode has had its incident.
    early = {"started_at": AT - 9 * HOUR, "ended_at": AT - 8 * HOUR, "resolved_at": AT}
    edit(tmp_path, ADA, STUDIO, 2, early, version=1)
    assert auto_create(tmp_path, STUDIO, rows.iloc[:3]) == []


def test_many_at_once_open_one(tmp_path: Path) -> None:
    rows = frame(episode(AT, None))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: auto_create(tmp_path, STUDIO, rows), range(8)))
    assert sorted(map(len, found)) == [0] * 7 + [1]
    assert len(read_incidents(tmp_path)) == 1
