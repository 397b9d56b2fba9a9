"""What incidents took of a budget: worked out by hand, and against counting minute by minute."""

from collections import defaultdict
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_core.budget.impact import Stretch, incident_impact, split, stretches_of
from slo_core.register import Actor, read_incidents, write
from slo_core.sli.corrections import read_corrections
from slo_core.sli.windows import Window, trailing
from tests.budget.test_corrected import correct
from tests.effort import one_in
from tests.small import small_rollup

AT = datetime(2025, 3, 10, 12)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WEEK = trailing("7d", AT, 7 * DAY)
SONG = ("song_generation", "success_rate")


def song(ts: datetime, status: int = 500) -> dict[str, Any]:
    return {"ts": ts, "journey": "song_generation", "status": status}


def incident(folder: Path, start: datetime, end: datetime | None, **more: Any) -> int:
    row = {"title": "It fails", "severity": "P1", "journey": "song_generation", "started_at": start}
    return write(folder, Actor("Ada"), "incidents", row | {"ended_at": end} | more)


def test_total_and_excess_over_what_is_usual_at_that_hour(tmp_path: Path) -> None:
    # At five past ten 2, 4 and 12 songs fail on three other days: usually 4 in that hour.
    day = datetime(2025, 3, 9)
    rows = [song(day + 10 * HOUR + 10 * MINUTE) for _ in range(9)]
    rows += [song(day + 10 * HOUR + 40 * MINUTE) for _ in range(5)]  # the incident is over
    for ago, failed in ((1, 2), (2, 4), (3, 12)):
        rows += [song(day - ago * DAY + 10 * HOUR + 5 * MINUTE) for _ in range(failed)]
    rows += [song(day + 10 * HOUR + 10 * MINUTE, 200)]
    rollup = small_rollup(tmp_path, {"requests": rows})
    own = incident(tmp_path, day + 10 * HOUR, day + 10 * HOUR + 30 * MINUTE)
    frame = incident_impact(rollup, *SONG, WEEK, read_incidents(tmp_path))
    assert list(frame["id"]) == [own, None]
    first, rest = frame.iloc[0], frame.iloc[1]
    # Half of the hour is the incident's, so half of what is usual would have failed anyhow.
    assert (first["minutes"], first["total"], first["usual"], first["excess"]) == (30, 9, 2, 7)
    assert (rest["title"], rest["total"]) == ("Everything else", 5 + 18)
    assert pd.isna(rest["usual"])
    assert not frame["shared"].any()
    assert frame["total"].sum() == 32


def test_what_a_correction_leaves_out_is_of_nobody(tmp_path: Path) -> None:
    # An incident from 7:00 to 7:30 with 5 failures; 2 of them from 7:10 to 7:20, which is left out,
    # and so is 6:50 to 7:00 with one more. At 6:40 and 7:40 one fails each.
    start = AT - 5 * HOUR
    at = (-20, -5, 0, 9, 10, 19, 20, 40)
    rows = [song(start + n * MINUTE) for n in at]
    rollup = small_rollup(tmp_path, {"requests": rows})
    own = incident(tmp_path, start, start + 30 * MINUTE)
    for first, last in ((-10, 0), (10, 20)):
        correct(tmp_path, SONG[0], start + first * MINUTE, start + last * MINUTE)
    frame = incident_impact(
        *(rollup, *SONG, WEEK, read_incidents(tmp_path)), corrections=read_corrections(tmp_path)
    )
    assert frame[["id", "total"]].to_numpy().tolist() == [[own, 3], [None, 2]]
    # A week less twenty minutes that are left out and twenty that are the incident's.
    assert frame["minutes"].tolist() == [30, 7 * 24 * 60 - 40]
    measured = incident_impact(rollup, *SONG, WEEK, read_incidents(tmp_path))
    assert measured["total"].tolist() == [5, 3]


def test_a_minute_of_several_incidents_is_split_equally(tmp_path: Path) -> None:
    start = AT - 5 * HOUR
    rows = [song(start + n * MINUTE) for n in (0, 10, 10, 10, 20)]
    rollup = small_rollup(tmp_path, {"requests": rows})
    # 7:00 to 7:10, 7:10:30 (so from 7:10) to 7:20:10 (so to 7:21), 7:05 on.
    ids = [
        incident(tmp_path, start, start + 10 * MINUTE),
        incident(tmp_path, start + 5 * MINUTE, None),
        incident(
            tmp_path,
            start + 10 * MINUTE + timedelta(seconds=30),
            start + 20 * MINUTE + timedelta(seconds=10),
        ),
    ]
    frame = incident_impact(rollup, *SONG, WEEK, read_incidents(tmp_path))
    assert list(frame["id"]) == [*ids, None]
    assert list(frame["total"]) == [1, 2, 2, 0]
    assert list(frame["shared"]) == [True, True, True, False]
    assert frame["end"].iloc[1] == AT
    # No other day has data, so nobody knows what is usual.
    assert frame["excess"].isna().all()


def test_others_merged_and_past_incidents_take_nothing(tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": [song(AT - HOUR)]})
    incident(tmp_path, AT - 2 * HOUR, None, journey="web")
    incident(tmp_path, AT - 2 * HOUR, None, status="merged")
    incident(tmp_path, AT - 9 * DAY, AT - 8 * DAY)
    also = incident(tmp_path, AT - 2 * HOUR, None, journey="web", also_journeys=[SONG[0]])
    frame = incident_impact(rollup, *SONG, WEEK, read_incidents(tmp_path))
    assert list(frame["id"]) == [also, None]
    assert list(frame["total"]) == [1, 0]


def test_an_incident_without_data_took_nothing_that_anybody_knows(tmp_path: Path) -> None:
    rows = [song(AT - ago * DAY - 2 * HOUR) for ago in (1, 2)]
    rollup = small_rollup(tmp_path, {"requests": rows})
    incident(tmp_path, AT - 2 * HOUR, AT - HOUR)
    silent = incident_impact(rollup, *SONG, WEEK, read_incidents(tmp_path)).iloc[0]
    assert (silent["seen"], silent["total"], silent["usual"]) == (False, 0, 0)


def test_seconds_down(tmp_path: Path) -> None:
    start = AT - 2 * HOUR
    probes = [
        {"ts": start + timedelta(seconds=10 * n), "scope": "api", "target": "a", "ok": n >= 30}
        for n in range(360)
    ]
    rollup = small_rollup(tmp_path, {"probes": probes})
    incident(tmp_path, start + 2 * MINUTE, start + 4 * MINUTE, journey="api")
    frame = incident_impact(rollup, "api", "availability", WEEK, read_incidents(tmp_path))
    assert list(frame["total"]) == [120, 180]  # five minutes down, two of them the incident's


def test_without_data_or_incidents(tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": [song(AT - 20 * DAY)]})
    frame = incident_impact(rollup, *SONG, WEEK, read_incidents(tmp_path))
    assert list(frame["total"]) == [0]
    assert not frame["seen"].any()


minutes = st.integers(-30, 150)


@given(
    spans=st.lists(st.tuples(minutes, st.integers(1, 90)), max_size=4),
    bad=st.lists(st.tuples(st.integers(0, 119), st.integers(1, 5)), max_size=12),
)
def test_incidents_and_everything_else_are_what_was_consumed(
    spans: list[tuple[int, int]], bad: list[tuple[int, int]]
) -> None:
    window = Window("", AT, AT + 2 * HOUR)
    inside: dict[object, tuple[datetime, datetime]] = {
        number: (max(AT + start * MINUTE, AT), min(AT + (start + length) * MINUTE, window.end))
        for number, (start, length) in enumerate(spans)
        if max(start, 0) < min(start + length, 120)
    }
    counted = [
        Stretch(
            it.start,
            it.end,
            it.incidents,
            Fraction(sum(n for at, n in bad if it.start <= AT + at * MINUTE < it.end)),
        )
        for it in stretches_of(window, inside)
    ]
    naive: dict[Any, Fraction] = defaultdict(Fraction)
    for at, number in bad:
        there: list[Any] = [key for key, (a, b) in inside.items() if a <= AT + at * MINUTE < b]
        for key in there or (None,):
            naive[key] += Fraction(number, len(there) or 1)
    found = split(counted)
    assert sum(found.values()) == sum(number for _, number in bad)
    assert {key: total for key, total in found.items() if total} == dict(naive)


@settings(max_examples=one_in(8))
@given(
    ends=st.lists(st.tuples(minutes, st.integers(1, 90)), min_size=1, max_size=3),
    bad=st.lists(st.integers(0, 119), min_size=1, max_size=20),
)
def test_the_same_from_logs(ends: list[tuple[int, int]], bad: list[int]) -> None:
    start = AT - 2 * HOUR
    with TemporaryDirectory() as folder:
        rollup = small_rollup(Path(folder), {"requests": [song(start + n * MINUTE) for n in bad]})
        for begin, length in ends:
            at = start + begin * MINUTE
            incident(Path(folder), at, at + length * MINUTE)
        incidents = read_incidents(folder)
        frame = incident_impact(rollup, *SONG, Window("", start, AT), incidents)
    assert frame["total"].sum() == pytest.approx(len(bad), rel=1e-12)
