"""What an incident did: worked out by hand, and against counting row by row."""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import pandas as pd
import pytest

from slo_core.incidents.impact import WEEK, impact
from slo_core.register import Actor, read_incidents, write
from slo_core.rollup import Rollup
from slo_core.sli.requests import users_hit
from tests.small import small_rollup

AT = datetime(2025, 3, 30, 12)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SONG = "song_generation"


def request(ts: datetime, status: int = 500, journey: str = SONG, **more: Any) -> dict[str, Any]:
    return {"ts": ts, "journey": journey, "status": status} | more


def incident(folder: Path, start: datetime, end: datetime | None, **more: Any) -> Any:
    row = {"title": "It fails", "severity": "P1", "journey": SONG, "started_at": start}
    number = write(folder, Actor("Ada"), "incidents", row | {"ended_at": end} | more)
    return next(it for it in read_incidents(folder).itertuples() if it.id == number)


@pytest.fixture(scope="module")
def worked_out(tmp_path_factory: pytest.TempPathFactory) -> Rollup:
    """Ten to half past: twenty songs fail; in the weeks before 2, none, 9, nothing logged."""
    start = AT - 2 * HOUR
    rows = [
        request(start + n * MINUTE, platform="web" if n < 15 else "ios", user_id=f"u{n % 8}")
        for n in range(20)
    ]
    rows += [request(start, 401), request(start, 200, platform="web"), request(start)]
    rows += [request(start + 40 * MINUTE)]  # it is over
    rows += [request(start - WEEK + MINUTE)] * 2
    rows += [request(start - 2 * WEEK, 200)]
    rows += [request(start - 3 * WEEK)] * 9
    rows += [request(start - 3 * WEEK - MINUTE)] * 99  # before those minutes
    rows += [request(start, 503, "api")] * 3 + [request(start - WEEK, 200, "api")]
    folder = tmp_path_factory.mktemp("worked_out")
    return small_rollup(folder, {"requests": rows})


def test_failures_beyond_the_median_of_the_weeks_before(worked_out: Rollup) -> None:
    start = AT - 2 * HOUR
    row = incident(worked_out.store.root, start + timedelta(seconds=20), start + 30 * MINUTE)
    found = impact(worked_out, row, AT)
    assert found is not None
    assert (found.start, found.end, found.weeks) == (start, start + 30 * MINUTE, (1, 2, 3, 4))
    songs, api = found.journeys.itertuples()
    # 21 failed of 22 valid (one 401 is excluded); usual is the median of 2, 0 and 9.
    assert (songs.journey, songs.named, songs.failed, songs.valid) == (SONG, True, 21, 22)
    assert (songs.usual, songs.excess, songs.hit) == (2, 19, True)
    # Three of the API's failed, in the only week with data none: as many as count at all.
    assert (api.journey, api.named, api.excess, api.hit) == ("api", False, 3, True)
    assert (found.failed, found.excess) == (21, 19)
    by_platform = found.platforms.set_index("platform")
    assert by_platform["failed"].to_dict() == {"web": 15, "ios": 5, "unknown": 1}
    assert by_platform.loc["ios", "hit"] is not True  # of iOS no week before has data
    (budget,) = found.budgets.itertuples()
    assert (budget.service, budget.spent, budget.usual, budget.excess) == (SONG, 21, 2, 19)
    assert budget.share == pytest.approx(21 / 2500)
    assert budget.excess_share == pytest.approx(19 / 2500)


def test_a_journey_is_hit_from_two_deviations_beyond_its_usual(tmp_path: Path) -> None:
    # Usually nine fail, of which chance makes nine more or less three: fifteen are two deviations.
    rows = [
        request(AT - weeks * WEEK, journey=journey)
        for journey, failed in ((SONG, 15), ("api", 14))
        for weeks, number in ((0, failed), (1, 9))
        for _ in range(number)
    ]
    rollup = small_rollup(tmp_path, {"requests": rows})
    found = impact(rollup, incident(tmp_path, AT, AT + HOUR), AT + HOUR)
    assert found is not None
    hit = found.journeys.set_index("journey")
    assert hit["excess"].to_dict() == {SONG: 6, "api": 5}
    assert hit["hit"].to_dict() == {SONG: True, "api": False}


def test_users_are_counted_once_from_raw_logs(worked_out: Rollup) -> None:
    start = AT - 2 * HOUR
    users = users_hit(worked_out, [SONG], start, start + 30 * MINUTE)
    # Twenty failures of eight users, and one without a user.
    assert (users.count, users.nameless, users.read, users.gone) == (8, 1, 1, 0)
    assert users_hit(worked_out, [SONG], start, start + 3 * MINUTE).count == 3
    assert users_hit(worked_out, [SONG], AT - 5 * WEEK, AT - 4 * WEEK).count is None


def test_before_it_began_and_without_data_nothing_is_known(worked_out: Rollup) -> None:
    row = incident(worked_out.store.root, AT - HOUR, None, journey="web")
    assert impact(worked_out, row, AT - HOUR) is None
    found = impact(worked_out, row, AT)
    assert found is not None
    (web,) = found.journeys.itertuples()
    assert (web.journey, web.valid, web.failed) == ("web", 0, 0)
    assert (found.failed, found.excess) == (None, None)
    assert found.budgets.empty


def test_a_silence_is_not_fewer_failures_than_usual(worked_out: Rollup) -> None:
    # A week later nothing is logged in those minutes, in which songs failed weeks before.
    start = AT - 2 * HOUR + WEEK
    row = incident(worked_out.store.root, start, start + 30 * MINUTE)
    found = impact(worked_out, row, AT + WEEK)
    assert found is not None
    (songs,) = found.journeys.itertuples()
    assert (songs.journey, songs.usual) == (SONG, 5.5)  # the median of 21, 2, 0 and 9
    assert pd.isna(songs.excess)
    assert pd.isna(songs.hit)
    assert (found.failed, found.excess) == (None, None)


def test_a_long_incident_is_not_its_own_usual(worked_out: Rollup) -> None:
    row = incident(worked_out.store.root, AT - timedelta(days=8), None)
    found = impact(worked_out, row, AT)
    assert found is not None
    assert found.weeks == (2, 3, 4, 5)


def test_random_incidents_as_counted_row_by_row(tmp_path: Path) -> None:
    random = Random(7)
    journeys = (SONG, "project_loading", "web")
    rows = [
        request(
            AT - timedelta(minutes=random.uniform(0, 45 * 24 * 60)),
            random.choice((200, 200, 500)),
            random.choice(journeys),
            platform=random.choice(("web", "ios", None)),
        )
        for _ in range(1_500)
    ]
    rollup = small_rollup(tmp_path, {"requests": rows})
    for _ in range(4):
        start = AT - random.randrange(1, 10 * 24 * 60) * MINUTE
        end = start + random.randrange(1, 3000) * MINUTE
        hit = random.sample(journeys, 2)
        row = incident(tmp_path, start, end, journey=hit[0], also_journeys=hit[1:])
        found = impact(rollup, row, AT)
        assert found is not None
        end = min(end, AT)

        def failed(journey: str, weeks: int, start: datetime = start, end: datetime = end) -> Any:
            own = [
                it
                for it in rows
                if it["journey"] == journey
                and start - weeks * WEEK <= it["ts"] < end - weeks * WEEK
            ]
            return sum(it["status"] == 500 for it in own) if own else None

        for it in found.journeys.itertuples():
            before = [failed(it.journey, week) for week in found.weeks]
            known = [number for number in before if number is not None]
            assert it.failed == failed(it.journey, 0)
            assert it.excess == pytest.approx(it.failed - median(known))
        assert (found.failed or 0) == sum(failed(journey, 0) or 0 for journey in hit)
