"""What an incident took of budgets where a correction touches it: both shares, worked out."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from slo_core.incidents.impact import impact
from slo_core.incidents.spent import share_words, spent
from slo_core.register import Actor, read_incidents, write
from slo_core.rollup import Rollup
from slo_core.sli.corrections import read_corrections
from tests.budget.test_corrected import correct
from tests.commands.test_commands import run
from tests.small import small_rollup

AT = datetime(2025, 3, 31)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def made(folder: Path) -> Rollup:
    """An incident of half an hour in which a song fails every minute: 30 of the month's 2,500."""
    row = {"journey": "song_generation", "duration_ms": 900.0}
    songs = [row | {"ts": AT - 9 * HOUR, "status": 200} for _ in range(70)]
    songs += [row | {"ts": AT - 2 * HOUR + n * MINUTE, "status": 500} for n in range(30)]
    rollup = small_rollup(folder, {"requests": songs})
    values = {"title": "Songs fail", "severity": "P1", "journey": "song_generation"}
    span = {"started_at": AT - 2 * HOUR, "ended_at": AT - 2 * HOUR + 30 * MINUTE}
    write(folder, Actor("Ada"), "incidents", {**values, **span})
    return rollup


def test_what_an_incident_took_is_there_twice(tmp_path: Path) -> None:
    rollup = made(tmp_path)
    (row,) = read_incidents(tmp_path).itertuples()
    correct(tmp_path, "web", AT - 3 * HOUR, AT)
    (untouched,) = impact(rollup, row, AT, read_corrections(tmp_path)).budgets.itertuples()  # type: ignore[union-attr]
    assert (untouched.spent, untouched.share) == (30, 0.012)
    assert pd.isna(untouched.share_corrected)
    assert share_words(untouched, "corrected") == "1.2 %"
    # Ten of the thirty minutes, and another one.
    correct(tmp_path, "song_generation", AT - 2 * HOUR, AT - 110 * MINUTE)
    correct(tmp_path, "song_generation", AT - 100 * MINUTE, AT - 99 * MINUTE)
    corrections = read_corrections(tmp_path)
    (part,) = impact(rollup, row, AT, corrections).budgets.itertuples()  # type: ignore[union-attr]
    assert (part.spent, part.spent_corrected) == (30, 19)
    assert (part.share, part.share_corrected) == (0.012, 0.0076)
    assert share_words(part, "measured") == "1.2 % as measured, which decides (0.8 % as corrected)"
    # All of it: nothing is left that it could have taken.
    correct(tmp_path, "song_generation", AT - 3 * HOUR, AT)
    register = read_incidents(tmp_path).assign(since=row.started_at, ended=row.ended_at)
    (whole,) = spent(rollup, register, AT, read_corrections(tmp_path)).itertuples()
    assert (whole.spent, whole.spent_corrected, whole.share_corrected) == (30, 0, 0)


def test_the_command_says_both(tmp_path: Path) -> None:
    made(tmp_path)
    asked = ("incidents", "show", "1", "--data", str(tmp_path), "--at", "2025-03-31T00:00:00Z")
    assert "Budget of song_generation: 1.2 % of the month." in run(*asked).stdout
    correct(tmp_path, "song_generation", AT - 2 * HOUR, AT - 110 * MINUTE)
    told = run(*asked).stdout
    assert (
        "Budget of song_generation: 0.8 % as corrected, which decides (1.2 % as measured) of the "
        "month."
    ) in told
    asked_json = run(*asked, "--format", "json")
    (budget,) = json.loads(asked_json.stdout)["impact"]["budgets"]
    assert (budget["share"], budget["share_corrected"]) == (0.012, 0.008)
    told = run("status", "--data", str(tmp_path), "--at", "2025-03-31T00:00:00Z").stdout
    assert (
        "corrected: budget of song_generation, 2025-03: as measured 2,470 of 2,500 failures left "
        "and policy no data, as corrected 2,480 of 2,500 failures left and policy no data; the "
        "figure as corrected decides"
    ) in told
