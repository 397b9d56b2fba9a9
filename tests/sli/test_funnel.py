"""Funnels: worked out by hand, and against a naive count over random steps."""

import math
import os
import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_core.logs.store import open_store
from slo_core.rollup import Rollup, reader, refresh
from slo_core.sli.funnel import (
    IRREGULAR,
    REASONS,
    Funnel,
    funnel,
    read_attempts,
    read_times,
    whole_hours,
)
from slo_core.sli.windows import Window
from tests.effort import one_in
from tests.small import SHOP, STUDIO, small_rollup

AT = datetime(2025, 3, 10, 12)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
DAY = 24 * HOUR
SONGS = "song_generation"  # its funnel: prompt, generate, listen, save
NOW = Window("now", AT - DAY, AT)

Row = dict[str, Any]


def step(ago: timedelta, attempt: str, name: str, session: str | None = None) -> Row:
    return {
        "ts": AT - ago,
        "journey": SONGS,
        "attempt_id": attempt,
        "step": name,
        "session_id": session,
    }


def request(ago: timedelta, session: str, **more: Any) -> Row:
    row = {"ts": AT - ago, "journey": SONGS, "session_id": session, "status": 200}
    return row | {"duration_ms": 1000.0} | more


def measured(
    rollup: Rollup,
    window: Window = NOW,
    *,
    journey: str = SONGS,
    platform: str | None = None,
) -> Funnel:
    return funnel(
        read_attempts(rollup, [window]),
        read_times(rollup, [window]),
        rollup.catalog.journey(journey),
        window.name,
        platform,
    )


def of(folder: Path, steps: list[Row], requests: list[Row] | None = None, **more: Any) -> Funnel:
    tables = {"steps": steps, "requests": requests or []}
    return measured(small_rollup(folder, tables), **more)


def test_attempts_are_counted_by_their_furthest_step(tmp_path: Path) -> None:
    rows = [
        *(step(HOUR - n * MINUTE, "a", name) for n, name in enumerate(STEPS)),
        step(HOUR, "b", "prompt"),
        step(50 * MINUTE, "b", "generate"),
        step(HOUR, "c", "prompt"),
        step(HOUR, "d", "prompt"),
    ]
    found = of(tmp_path, rows)
    assert found.steps["step"].tolist() == list(STEPS)
    assert found.steps["attempts"].tolist() == [4, 2, 1, 1]
    assert found.steps["furthest"].tolist() == [2, 1, 0, 1]
    assert found.steps["share"].tolist() == [1, 0.5, 0.25, 0.25]
    assert found.steps["conversion"].tolist()[1:] == [0.5, 0.5, 1.0]
    assert math.isnan(found.steps["conversion"][0])
    assert (found.attempts, found.completed, found.rate) == (4, 1, 0.25)
    assert found.irregular == {"out_of_order": 0, "repeated": 0, "missing": 0}


def test_times_run_from_the_step_before_to_its_first_time(tmp_path: Path) -> None:
    rows = []
    for number in range(20):  # 1 s to 20 s from prompt to generate, then always 10 s
        begun = HOUR
        took = (number + 1) * SECOND
        rows += [
            step(begun, f"a{number}", "prompt"),
            step(begun - took, f"a{number}", "generate"),
            step(begun - took - 5 * SECOND, f"a{number}", "generate"),  # repeated: not counted
            step(begun - took - 10 * SECOND, f"a{number}", "listen"),
        ]
    steps = of(tmp_path, rows).steps
    assert steps["timed"].tolist() == [0, 20, 20, 0]
    assert steps["median_ms"][1] == pytest.approx(10_000, rel=0.01)
    assert steps["p95_ms"][1] == pytest.approx(19_000, rel=0.01)
    assert steps["median_ms"][2] == pytest.approx(10_000, rel=0.01)
    assert math.isnan(steps["median_ms"][0])
    assert math.isnan(steps["p95_ms"][3])


def test_repeated_missing_and_disordered_steps_are_handled_and_counted(tmp_path: Path) -> None:
    rows = [
        step(60 * MINUTE, "repeats", "prompt"),
        step(59 * MINUTE, "repeats", "prompt"),
        step(60 * MINUTE, "misses", "prompt"),
        step(59 * MINUTE, "misses", "listen"),  # generate was passed, though nobody logged it
        step(60 * MINUTE, "disorderly", "generate"),
        step(59 * MINUTE, "disorderly", "prompt"),
        step(60 * MINUTE, "strange", "prompt"),
        step(59 * MINUTE, "strange", "elsewhere"),  # no step of the funnel
    ]
    found = of(tmp_path, rows)
    assert found.steps["attempts"].tolist() == [4, 2, 1, 0]
    assert found.irregular == {"out_of_order": 1, "repeated": 1, "missing": 1}
    # Of "misses" no pair of neighbours is there, of "disorderly" it is the wrong way round.
    assert found.steps["timed"].tolist() == [0, 0, 0, 0]


def test_two_steps_at_one_moment_are_in_order_and_took_no_time(tmp_path: Path) -> None:
    rows = [step(HOUR, "a", "generate"), step(HOUR, "a", "prompt")]
    found = of(tmp_path, rows)
    assert found.irregular["out_of_order"] == 0
    assert found.steps["timed"].tolist() == [0, 1, 0, 0]
    assert found.steps["median_ms"][1] == 0


def test_who_went_no_further_met_a_failure_or_slowness_or_left(tmp_path: Path) -> None:
    attempts: dict[str, list[Row]] = {
        "fails": [{"status": 500, "duration_ms": 60_000.0}],  # slow too: the failure is the reason
        "hangs": [{"error": "timeout"}],
        "slow": [{"duration_ms": 45_000.0}],  # at the slackest objective, P99 < 45 s
        "quick": [{"duration_ms": 44_999.0}],
        "server": [{"status": 500, "source": "server"}],  # another source: does not count
        "alone": [],  # a session without requests
    }
    steps = [step(HOUR, name, "prompt", f"s-{name}") for name in attempts]
    steps += [
        step(HOUR, "nobody", "prompt"),  # no session at all
        *(step(HOUR - n * SECOND, "done", name, "s-fails") for n, name in enumerate(STEPS)),
    ]
    requests = [
        request(HOUR, f"s-{name}", **more) for name, own in attempts.items() for more in own
    ]
    found = of(tmp_path, steps, requests).steps
    assert found.loc[0, [*REASONS]].tolist() == [2, 1, 4]
    assert found.loc[3, ["furthest", *REASONS]].tolist() == [1, 0, 0, 0]  # done, for all that


def test_all_sessions_of_an_attempt_are_looked_at(tmp_path: Path) -> None:
    steps = [step(HOUR, "a", "prompt", "a-session"), step(59 * MINUTE, "a", "prompt", "z-session")]
    requests = [request(HOUR, "a-session", status=500), request(HOUR, "z-session")]
    assert of(tmp_path, steps, requests).steps["failure"][0] == 1


def test_an_attempt_over_midnight_is_one_and_belongs_to_its_first_step(tmp_path: Path) -> None:
    midnight = 12 * HOUR  # before AT
    steps = [
        step(midnight + MINUTE, "a", "prompt", "s"),
        step(midnight - MINUTE, "a", "generate", "s"),
    ]
    requests = [request(midnight - 2 * MINUTE, "s", status=500, platform="ios")]
    rollup = small_rollup(tmp_path, {"steps": steps, "requests": requests})
    before = measured(rollup, Window("before", AT - DAY, AT - midnight))
    after = measured(rollup, Window("after", AT - midnight, AT))
    assert before.steps["attempts"].tolist() == [1, 1, 0, 0]
    assert before.steps["failure"].tolist() == [0, 1, 0, 0]
    assert before.steps["timed"].tolist() == [0, 1, 0, 0]
    assert before.platforms["platform"].tolist() == ["ios"]
    assert after.attempts == 0
    assert after.rate is None
    assert after.steps["share"].isna().all()


def test_only_what_follows_the_furthest_step_is_why_an_attempt_went_no_further(
    tmp_path: Path,
) -> None:
    # "early" fails before it generates, and listens to nothing though nothing failed since; "late"
    # fails after it; "again" goes back to the prompt, which is not its furthest step.
    steps, requests = [], []
    for name, failed in [("early", 59), ("late", 57), ("again", 57)]:
        steps += [step(HOUR, name, "prompt", name), step(58 * MINUTE, name, "generate", name)]
        requests.append(request(failed * MINUTE, name, status=500))
    steps.append(step(56 * MINUTE, "again", "prompt", "again"))
    found = of(tmp_path, steps, requests).steps
    assert found.loc[1, [*REASONS]].tolist() == [2, 0, 1]


def test_an_attempt_ends_where_another_one_enters_its_session(tmp_path: Path) -> None:
    # One session: the first song is left for a second one, whose request hangs at 45 s and then
    # one fails: slowness and failure are the second's alone.
    steps = [step(HOUR, "first", "prompt", "s"), step(50 * MINUTE, "second", "generate", "s")]
    requests = [
        request(50 * MINUTE, "s", duration_ms=45_000.0),
        request(49 * MINUTE, "s", status=500),
        request(51 * MINUTE, "another", status=500),
    ]
    found = of(tmp_path, steps, requests).steps
    assert found.loc[0, [*REASONS]].tolist() == [0, 0, 1]
    assert found.loc[1, [*REASONS]].tolist() == [1, 0, 0]


def test_what_happens_once_an_attempt_is_over_is_no_reason(tmp_path: Path) -> None:
    # Over a day after its last step: of "a" the failure lies just within, of "b" at that moment.
    steps = [step(2 * DAY, name, "prompt", name) for name in ("a", "b")]
    requests = [request(DAY + SECOND, "a", status=500), request(DAY, "b", status=500)]
    found = of(tmp_path, steps, requests, window=Window("w", AT - 3 * DAY, AT))
    assert found.steps.loc[0, [*REASONS]].tolist() == [1, 0, 1]


def test_an_attempt_of_two_days_keeps_all_its_steps(tmp_path: Path) -> None:
    # Each follows the one before by 20 h; the last lies 40 h after the first.
    steps = [
        step(2 * DAY - n * 20 * HOUR, "a", name)
        for n, name in enumerate(["prompt", "generate", "listen"])
    ]
    found = of(tmp_path, steps, window=Window("w", AT - 3 * DAY, AT))
    assert found.steps["furthest"].tolist() == [0, 0, 1, 0]


@pytest.mark.parametrize(
    ("last", "furthest", "problems"),
    [(48 * HOUR - SECOND, [0, 0, 0, 1], []), (48 * HOUR, [0, 0, 1, 0], [("a", 1)])],
)
def test_a_step_after_two_days_is_told_instead(
    tmp_path: Path, last: timedelta, furthest: list[int], problems: list[tuple[str, int]]
) -> None:
    since = [0 * HOUR, 20 * HOUR, 40 * HOUR, last]
    steps = [step(3 * DAY - it, "a", name) for it, name in zip(since, STEPS, strict=True)]
    rollup = small_rollup(tmp_path, {"steps": steps})
    found = measured(rollup, Window("w", AT - 4 * DAY, AT))
    assert found.steps["furthest"].tolist() == furthest
    told = "step comes two days or more after its attempt began (first in row 1)"
    day = (AT - 3 * DAY + last).date()
    assert [(it.rows, it.reason) for it in rollup.problems] == [(1, told)] * len(problems)
    assert all(f"steps/date={day}/" in it.file for it in rollup.problems)


def test_steps_that_no_funnel_names_are_told(tmp_path: Path) -> None:
    rows = [
        step(HOUR, "a", "prompt"),
        *(step(59 * MINUTE, "a", "elsewhere") for _ in range(2)),
        step(HOUR, "b", "elsewhere") | {"journey": "web"},
        step(HOUR, "c", "prompt") | {"journey": "nowhere"},
        step(DAY, "d", "elsewhere"),  # all there is of that day
    ]
    rollup = small_rollup(tmp_path, {"steps": rows})
    assert measured(rollup).attempts == 1
    told: Counter[tuple[str, str]] = Counter()
    for it in rollup.problems:
        told[Path(it.file).parent.name, it.reason.split(" (")[0]] += it.rows or 0
    assert told == {
        ("date=2025-03-10", "step elsewhere is not in the funnel of song_generation"): 2,
        ("date=2025-03-10", "journey web has no funnel in the catalogue"): 1,
        ("date=2025-03-10", "journey nowhere is not in the catalogue"): 1,
        ("date=2025-03-09", "step elsewhere is not in the funnel of song_generation"): 1,
    }


@pytest.mark.parametrize(("gap", "attempts"), [(DAY - SECOND, 1), (DAY, 2)])
def test_an_id_that_comes_back_after_a_day_is_another_attempt(
    tmp_path: Path, gap: timedelta, attempts: int
) -> None:
    steps = [step(DAY + HOUR, "a", "prompt"), step(DAY + HOUR - gap, "a", "generate")]
    assert of(tmp_path, steps, window=Window("w", AT - 3 * DAY, AT)).attempts == attempts


def test_by_platform(tmp_path: Path) -> None:
    steps, requests = [], []
    for number, platform in enumerate(["web", "web", "ios", None]):
        steps.append(step(HOUR, f"a{number}", "prompt", f"s{number}"))
        requests.append(request(HOUR, f"s{number}", platform=platform))
    steps += [
        step(59 * MINUTE, "a0", "save", "s0"),
        step(59 * MINUTE, "a2", "generate", "s2"),
        step(HOUR, "a4", "prompt"),
    ]
    rollup = small_rollup(tmp_path, {"steps": steps, "requests": requests})
    found = measured(rollup)
    assert found.platforms.to_dict("list") == {
        "platform": ["unknown", "web", "ios"],
        "attempts": [2, 2, 1],
        "completed": [0, 1, 0],
        "rate": [0.0, 0.5, 0.0],
    }
    ios = measured(rollup, platform="ios")
    assert ios.steps["attempts"].tolist() == [1, 1, 0, 0]
    assert ios.steps["timed"].tolist() == [0, 1, 0, 0]
    assert len(ios.platforms) == 3  # all of them, to choose from
    assert measured(rollup, platform="web").irregular["missing"] == 1


def test_a_range_is_counted_in_the_hours_that_it_touches() -> None:
    half = timedelta(minutes=30)
    touched = whole_hours(Window("w", AT - HOUR - half, AT + half))
    assert (touched.start, touched.end) == (AT - 2 * HOUR, AT + HOUR)
    assert whole_hours(Window("w", AT - HOUR, AT)) == Window("w", AT - HOUR, AT)


def test_windows_are_read_together_and_may_overlap(tmp_path: Path) -> None:
    rollup = small_rollup(
        tmp_path, {"steps": [step(HOUR, "a", "prompt"), step(DAY, "b", "prompt")]}
    )
    windows = [Window("short", AT - 2 * HOUR, AT), Window("long", AT - DAY, AT)]
    attempts, times = read_attempts(rollup, windows), read_times(rollup, windows)
    songs = STUDIO.journey(SONGS)
    assert funnel(attempts, times, songs, "short").attempts == 1
    assert funnel(attempts, times, songs, "long").attempts == 2


def test_without_steps_there_is_no_rate(tmp_path: Path) -> None:
    found = of(tmp_path, [], [request(HOUR, "s")])
    assert found.attempts == 0
    assert found.rate is None
    assert found.platforms.empty
    assert found.steps["step"].tolist() == list(STEPS)


def test_funnels_of_another_catalogue(tmp_path: Path) -> None:
    row = {"ts": AT - HOUR, "journey": "checkout", "attempt_id": "o1", "session_id": None}
    rollup = small_rollup(
        tmp_path,
        {"steps": [row | {"step": "basket"}, row | {"step": "payment"}]},
        SHOP,
    )
    found = measured(rollup, journey="checkout")
    assert found.steps["attempts"].tolist() == [1, 1, 1, 0]
    assert found.irregular["missing"] == 1
    # The shop promises nothing about how long a checkout takes, so nobody leaves for slowness.
    assert found.steps["left"].tolist() == [0, 0, 1, 0]


# --- Against a naive count ----------------------------------------------------------------------

STEPS = ("prompt", "generate", "listen", "save")
# Both sides of some midnights, and a day and its neighbourhood between steps of one attempt.
_MOMENTS = st.builds(
    lambda midnight, nudge: datetime(2025, 3, 9) + midnight * DAY + nudge,
    st.sampled_from([0, 1, 2, 3, 4]),
    st.sampled_from(
        [sign * it for it in (0 * SECOND, SECOND, MINUTE, 3 * HOUR, 11 * HOUR) for sign in (1, -1)]
    ),
)
_STEP_ROWS = st.builds(
    lambda ts, attempt, name, session: {
        "ts": ts,
        "journey": SONGS,
        "attempt_id": attempt,
        "step": name,
        "session_id": session,
    },
    _MOMENTS,
    st.sampled_from([f"a{number}" for number in range(6)]),
    st.sampled_from([*STEPS, "elsewhere"]),
    st.sampled_from([None, "s1", "s2", "s3"]),
)
_REQUEST_ROWS = st.builds(
    lambda ts, session, platform, more: (
        {
            "ts": ts,
            "journey": SONGS,
            "session_id": session,
            "platform": platform,
            "status": 200,
            "duration_ms": 1000.0,
        }
        | more
    ),
    _MOMENTS,
    st.sampled_from(["s1", "s2", "s3"]),
    st.sampled_from([None, "ios", "web"]),
    st.sampled_from([{}, {"status": 500}, {"duration_ms": 45_000.0}, {"status": 401}]),
)


@dataclass(frozen=True)
class Attempt:
    """One attempt as a person would write it down.

    ``entered`` says when it first came to each of its sessions; ``others`` has such
    moments of all attempts.
    """

    steps: list[Row]
    entered: dict[str, datetime]
    others: list[tuple[str, datetime]]
    everything: list[Row]

    @property
    def started(self) -> datetime:
        started: datetime = self.steps[0]["ts"]
        return started

    @property
    def over(self) -> datetime:
        last: datetime = self.steps[-1]["ts"]
        return min(last + DAY, self.started + 2 * DAY)

    @property
    def requests(self) -> list[Row]:
        """Of its sessions, those between its furthest step and its end."""
        found = []
        for row in self.everything:
            if (session := row["session_id"]) not in self.entered:
                continue
            since = max(self.first_times[self.reached], self.entered[session])
            until = min(
                [self.over, *(at for it, at in self.others if it == session and at > since)]
            )
            if since <= row["ts"] < until:
                found.append(row)
        return found

    @property
    def first_times(self) -> dict[int, datetime]:
        times: dict[int, datetime] = {}
        for row in sorted(self.steps, key=lambda row: row["ts"]):
            times.setdefault(STEPS.index(row["step"]), row["ts"])
        return times

    @property
    def reached(self) -> int:
        return max(self.first_times)

    @property
    def platform(self) -> str:
        days = [self.started.date() + number * DAY for number in (0, 1, 2)]
        return max(
            (
                row["platform"]
                for row in self.everything
                if row["platform"]
                and row["ts"].date() in days
                and self.entered.get(row["session_id"], self.over) < self.over
            ),
            default="unknown",
        )

    @property
    def ending(self) -> str:
        if self.reached == len(STEPS) - 1:
            return "completed"
        if any(row["status"] == 500 for row in self.requests):
            return "failure"
        # An unauthorised request is excluded and has no part in latency.
        timed = [row for row in self.requests if row["status"] == 200]
        return "slow" if any(row["duration_ms"] >= 45_000 for row in timed) else "left"

    @property
    def irregular(self) -> dict[str, bool]:
        order = sorted(self.first_times, key=lambda place: (self.first_times[place], place))
        return {
            "out_of_order": order != sorted(order),
            "repeated": len(self.steps) > len(self.first_times),
            "missing": set(self.first_times) != set(range(self.reached + 1)),
        }


def chains_of(steps: list[Row]) -> list[list[Row]]:
    """The steps of each attempt: one follows another by less than a day."""
    chains: list[list[Row]] = []
    known = [row for row in steps if row["step"] in STEPS]
    for row in sorted(known, key=lambda row: (row["attempt_id"], row["ts"])):
        last = chains[-1][-1] if chains else None
        if last and last["attempt_id"] == row["attempt_id"] and row["ts"] - last["ts"] < DAY:
            chains[-1].append(row)
        else:
            chains.append([row])
    return chains


def entrances(chain: list[Row]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for row in chain:
        if row["session_id"]:
            found.setdefault(row["session_id"], row["ts"])
    return found


def in_time(chain: list[Row]) -> list[Row]:
    return [row for row in chain if row["ts"] < chain[0]["ts"] + 2 * DAY]


def attempts_of(steps: list[Row], requests: list[Row]) -> list[Attempt]:
    chains = chains_of(steps)
    every = [entrance for chain in chains for entrance in entrances(chain).items()]
    return [Attempt(in_time(chain), entrances(chain), every, requests) for chain in chains]


def not_counted(steps: list[Row]) -> int:
    """Steps that no funnel names, and those that come too late."""
    return len(steps) - sum(len(in_time(chain)) for chain in chains_of(steps))


def naive(attempts: list[Attempt]) -> dict[str, Any]:
    reached = Counter(attempt.reached for attempt in attempts)
    endings = Counter((attempt.reached, attempt.ending) for attempt in attempts)
    places = range(len(STEPS))
    return {
        "attempts": [sum(reached[far] for far in places if far >= place) for place in places],
        "furthest": [reached[place] for place in places],
        **{reason: [endings[place, reason] for place in places] for reason in REASONS},
        "timed": [
            sum(
                place - 1 in it.first_times
                and place in it.first_times
                and it.first_times[place - 1] <= it.first_times[place]
                for it in attempts
            )
            for place in places
        ],
        "irregular": {name: sum(it.irregular[name] for it in attempts) for name in IRREGULAR},
    }


def as_naive(found: Funnel) -> dict[str, Any]:
    columns = ("attempts", "furthest", *REASONS, "timed")
    counted = {name: found.steps[name].tolist() for name in columns}
    return counted | {"irregular": found.irregular}


@settings(max_examples=one_in(3))
@given(
    steps=st.lists(_STEP_ROWS, min_size=1, max_size=40),
    requests=st.lists(_REQUEST_ROWS, max_size=8),
    start=_MOMENTS,
    length=st.sampled_from([HOUR, 7 * HOUR, DAY, 5 * DAY]),
    rows_together=st.sampled_from([reader.BATCH_ROWS, 1]),
)
def test_any_steps_are_counted_as_a_naive_count_has_them(
    steps: list[Row],
    requests: list[Row],
    start: datetime,
    length: timedelta,
    rows_together: int,
) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "BATCH_ROWS", rows_together)
        rollup = small_rollup(Path(folder), {"steps": steps, "requests": requests})
        assert sum(it.rows or 0 for it in rollup.problems) == not_counted(steps)
        window = whole_hours(Window("w", start, start + length))
        found = measured(rollup, window)
        everyone = attempts_of(steps, requests)
        inside = [it for it in everyone if window.start <= it.started < window.end]
        assert as_naive(found) == naive(inside)
        by_platform = Counter(it.platform for it in inside)
        assert dict(found.platforms.set_index("platform")["attempts"]) == by_platform
        for platform in by_platform:
            own = [it for it in inside if it.platform == platform]
            assert as_naive(measured(rollup, window, platform=platform)) == naive(own)


@settings(max_examples=one_in(5))
@given(
    steps=st.lists(_STEP_ROWS, min_size=1, max_size=40),
    first_kept=st.sampled_from([0, 1, 2, 3, 4]),
)
def test_steps_are_counted_once_when_days_are_redone_after_retention(
    steps: list[Row], first_kept: int
) -> None:
    with TemporaryDirectory() as folder:
        window = Window("w", datetime(2025, 3, 8), datetime(2025, 3, 15))
        before = measured(small_rollup(Path(folder), {"steps": steps}), window)
        for day in Path(folder, "steps").iterdir():
            if day.name < f"date=2025-03-{9 + first_kept:02}":
                shutil.rmtree(day)
            else:
                for file in day.iterdir():
                    os.utime(file, (1e9, 1e9))
        after = measured(refresh(open_store(Path(folder)), STUDIO), window)
        assert as_naive(after) == as_naive(before)


def test_the_oracle_of_these_tests_sees_what_it_should() -> None:
    """The naive count itself, on a case that can be read off."""
    rows = [step(DAY, "a", "listen"), step(23 * HOUR, "a", "prompt"), step(HOUR, "a", "prompt")]
    (only,) = attempts_of(rows, [])
    assert not_counted([*rows, step(HOUR, "a", "elsewhere")]) == 1
    assert only.started == AT - DAY
    assert only.irregular == {"out_of_order": True, "repeated": True, "missing": True}
    assert pd.Timestamp(only.first_times[0]) == AT - 23 * HOUR
