"""``forecast``: JSON for programs, a table for people, one sentence for mistakes."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.commands.test_commands import run, sentence
from tests.random_logs import write_tables

AT = datetime(2025, 3, 31)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Thirty days of songs, one an hour; the last three failed, where 3.6 of 720 may."""
    songs = [
        {
            "ts": AT - timedelta(hours=hour, minutes=-5),
            "journey": "song_generation",
            "status": 500 if hour <= 3 else 200,
            "duration_ms": 900.0,
        }
        for hour in range(1, 721)
    ]
    write_tables(tmp_path, {"requests": songs})
    return tmp_path


def test_json_has_every_budget_with_its_dates(store: Path) -> None:
    done = run("forecast", "--data", str(store), "--at", "2025-03-31T00:00:00Z", "--format", "json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["at"], answer["horizon"]) == ("2025-03-31T00:00:00Z", "30d")
    songs = next(it for it in answer["budgets"] if it["objective"] == "success_rate")
    assert songs["basis"] == "rolling"
    assert songs["remaining_ratio"] == pytest.approx(0.6 / 3.6)
    # 3 of 6 in the last six hours: a burn of 100 spends a sixth of 30 days' budget in 1.2 hours.
    assert songs["linear"] == "2025-03-31T01:12:00Z"
    assert set(songs) >= {"journey", "p10", "p50", "p90", "probability", "recovery", "note"}
    calendar = next(it for it in answer["budgets"] if it["basis"] == "calendar")
    assert (calendar["service"], calendar["until"]) == ("song_generation", "2025-04-01T00:00:00Z")
    nothing = next(it for it in answer["budgets"] if it["journey"] == "publishing")
    assert (nothing["probability"], nothing["remaining_ratio"]) == (None, None)


def test_a_table_names_what_is_exhausted(store: Path) -> None:
    done = run("forecast", "--data", str(store), "--at", "2025-03-31T00:00:00Z", "--budgeted")
    assert done.returncode == 0, done.stderr
    assert "song_generation" in done.stdout
    assert "calendar 2025-03" in done.stdout
    assert "latency_p50" not in done.stdout


@pytest.mark.parametrize("horizon", ["90 min", "0h", "400d", "soon"])
def test_an_impossible_horizon_is_refused(store: Path, horizon: str) -> None:
    assert "horizon" in sentence(run("forecast", "--data", str(store), "--horizon", horizon))


def test_an_impossible_seed_is_refused(store: Path) -> None:
    assert "--seed" in sentence(run("forecast", "--data", str(store), "--seed", "-1"))
