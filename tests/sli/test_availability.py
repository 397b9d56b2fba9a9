"""Availability in slices of ten seconds, by hand; the oracle of tests covers what these do not."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from slo_core.register import Actor, read_maintenance, write
from slo_core.sli.availability import timeline
from slo_core.sli.windows import Window
from tests.small import SHOP, STUDIO, small_rollup

NOON = datetime(2025, 3, 30, 12)
MINUTE = timedelta(minutes=1)


def probe(second: int, ok: bool, target: str = "eu") -> dict[str, Any]:
    return {
        "ts": NOON + timedelta(seconds=second),
        "scope": "api",
        "target": target,
        "ok": ok,
    }


def request(second: float, status: int, journey: str = "api") -> dict[str, Any]:
    return {"ts": NOON + timedelta(seconds=second), "journey": journey, "status": status}


def up_and_observed(
    folder: Path, tables: dict[str, list[dict[str, Any]]], minutes: int = 10
) -> tuple[int, int]:
    """Seconds up and seconds observed of the API from noon on."""
    rollup = small_rollup(folder, tables)
    end = NOON + timedelta(minutes=minutes)
    maintenance = read_maintenance(rollup.store.root)
    line = timeline(rollup, STUDIO.scope("api"), NOON, end, maintenance)
    good, valid, _ = line.counts(Window("", NOON, end))
    return good, valid


def test_a_probe_holds_for_the_minute_that_it_begins(tmp_path: Path) -> None:
    # Slices 12:00:00 to 12:00:50 have the probe in their minute; the slice of 12:01:00 has not.
    assert up_and_observed(tmp_path, {"probes": [probe(3, True)]}) == (60, 60)


def test_a_failed_probe_is_down_until_the_next_one_passes(tmp_path: Path) -> None:
    # Down from the slice of 12:00:00 to that of 12:00:20; 12:00:30 has the probe that passed.
    # Observed until the slice of 12:01:20.
    probes = [probe(0, False), probe(35, True)]
    assert up_and_observed(tmp_path, {"probes": probes}) == (60, 90)


def test_steps_have_their_own_seconds_and_none_where_nobody_looked(tmp_path: Path) -> None:
    # The same: half of the first minute down, and half of the second observed.
    probes = [probe(0, False), probe(35, True), probe(240, True)]
    rollup = small_rollup(tmp_path, {"probes": probes})
    maintenance = read_maintenance(rollup.store.root)
    line = timeline(rollup, STUDIO.scope("api"), NOON, NOON + 10 * MINUTE, maintenance)
    rows = line.series(MINUTE).itertuples(index=False, name=None)
    assert list(rows) == [
        (NOON, 30, 60),
        (NOON + MINUTE, 30, 30),
        (NOON + 4 * MINUTE, 60, 60),
    ]


def test_one_passing_target_is_enough(tmp_path: Path) -> None:
    probes = [probe(0, False, "eu"), probe(1, True, "us")]
    assert up_and_observed(tmp_path, {"probes": probes}) == (60, 60)


def test_all_targets_failing_is_down_until_one_of_them_passes(tmp_path: Path) -> None:
    # Both fail in slice 0; us passes in slice 1: only slice 0 is down, though eu fails on.
    probes = [probe(0, False, "eu"), probe(1, False, "us"), probe(10, True, "us")]
    assert up_and_observed(tmp_path, {"probes": probes}) == (60, 70)


def test_of_two_probes_in_a_slice_the_later_counts(tmp_path: Path) -> None:
    assert up_and_observed(tmp_path, {"probes": [probe(1, False), probe(2, True)]}) == (60, 60)


@pytest.mark.parametrize(
    ("statuses", "down"),
    [
        ([500] * 4, 0),  # fewer than five valid requests
        ([500] * 5, 10),
        ([500, 500, 500, 200, 200, 200], 0),  # exactly half is no outage
        ([500, 500, 500, 500, 200, 200, 200], 10),
        ([401] * 20 + [500] * 4, 0),  # excluded requests are not valid
    ],
)
def test_a_minute_fails_above_half_of_at_least_five_requests(
    tmp_path: Path, statuses: list[int], down: int
) -> None:
    requests = [request(number / 100, status) for number, status in enumerate(statuses)]
    assert up_and_observed(tmp_path, {"requests": requests}) == (60 - down, 60)


def test_down_reaches_from_the_first_failure_to_the_last(tmp_path: Path) -> None:
    # Failures at 12:00:05, :15, :25, :35 and :45 make one minute of five failed requests: it ends
    # with the slice of 12:00:40. Down are the slices from 12:00:00 to 12:00:40.
    requests = [request(second, 500) for second in (5, 15, 25, 35, 45)]
    assert up_and_observed(tmp_path, {"requests": requests}) == (50, 100)


def test_failures_that_no_minute_holds_together_are_no_outage(tmp_path: Path) -> None:
    # 61 s from the first to the fifth: every minute of slices has four of them at most.
    requests = [request(second, 500) for second in (0, 15, 30, 45, 61)]
    assert up_and_observed(tmp_path, {"requests": requests})[0] == 120


def test_a_minute_of_failures_spread_thinly_is_read_whole(tmp_path: Path) -> None:
    # Six slices of ten requests: one has six failures, the others have five each, 31 of 60 in all.
    # A minute later the same with 30 of 60, exactly half, is no outage.
    counts = [(second, 6 if second == 20 else 5) for second in range(0, 60, 10)]
    counts += [(second, 5) for second in range(120, 180, 10)]
    requests = [
        request(second + number / 100, 500 if number < failures else 200)
        for second, failures in counts
        for number in range(10)
    ]
    # Down are the slices of 12:00:00 to 12:00:50; observed are those to 12:01:40 and from 12:02:00.
    assert up_and_observed(tmp_path, {"requests": requests}) == (160, 220)


@pytest.mark.parametrize(("failures", "down"), [(2, 0), (3, 60)])
def test_a_smaller_share_than_a_tenth_is_a_catalogues_choice(
    tmp_path: Path, failures: int, down: int
) -> None:
    # The share is 4 %: of the sixty requests of a minute, two are 3.3 % and three are 5 %.
    found = STUDIO.rules.availability.error_share.model_copy(update={"value": 0.04})
    rules = STUDIO.rules.availability.model_copy(update={"error_share": found})
    catalog = STUDIO.model_copy(
        update={"rules": STUDIO.rules.model_copy(update={"availability": rules})}
    )
    # Ten requests a slice, from a minute before to 12:02:50, of which at most one failed.
    requests = [
        request(second + number / 100, 500 if number == 0 and second in places else 200)
        for places in [(0, 50, 20)[:failures]]
        for second in range(-60, 180, 10)
        for number in range(10)
    ]
    rollup = small_rollup(tmp_path, {"requests": requests}, catalog)
    end = NOON + timedelta(minutes=10)
    maintenance = read_maintenance(rollup.store.root)
    line = timeline(rollup, catalog.scope("api"), NOON, end, maintenance)
    good, valid, _ = line.counts(Window("", NOON, end))
    assert (good, valid) == (230 - down, 230)


def test_songs_that_all_fail_take_the_api_down(tmp_path: Path) -> None:
    # Observed are only slices with the API's own requests or probes: one probe, sixty seconds.
    requests = [request(second, 500, "song_generation") for second in (1, 2, 3, 4, 5)]
    tables = {"requests": requests, "probes": [probe(0, True)]}
    assert up_and_observed(tmp_path, tables) == (50, 60)
    one_good = [*requests, request(6, 200, "song_generation")]
    tables = {"requests": one_good, "probes": [probe(0, True)]}
    assert up_and_observed(tmp_path / "good", tables) == (60, 60)


# --- What begins before, ends at, or is left out -------------------------------------------------


def span(
    folder: Path, tables: dict[str, list[dict[str, Any]]], start: datetime, end: datetime
) -> tuple[int, int, float | None]:
    """Seconds up, seconds observed and coverage of the API over a span, with maintenance."""
    rollup = small_rollup(folder, tables)
    maintenance = read_maintenance(rollup.store.root)
    return timeline(rollup, STUDIO.scope("api"), start, end, maintenance).counts(
        Window("", start, end)
    )


def test_a_minute_may_begin_before_the_window(tmp_path: Path) -> None:
    # The probe at 11:59:30 fails and holds until the slice of 12:00:20, the third of the window.
    probes = [probe(-30, False), probe(30, True)]
    assert span(tmp_path, {"probes": probes}, NOON, NOON + MINUTE) == (30, 60, 1)


@pytest.mark.parametrize("days", [1, 30, 35, 70, 100])
def test_a_long_windows_first_slices_look_before_it(tmp_path: Path, days: int) -> None:
    probes = [probe(-30, False), probe(30, True)]
    end = NOON + timedelta(days=days)
    good, valid, coverage = span(tmp_path, {"probes": probes}, NOON, end)
    # Down until 12:00:30, up from there until the slice of 12:01:20.
    assert (good, valid) == (60, 90)
    assert coverage == 90 / (days * 86_400)


def test_a_failing_minute_may_begin_before_the_window(tmp_path: Path) -> None:
    # Three failures at 11:59:50 and three at 12:00:00 are one failing minute, down in both slices;
    # only the second slice is of the window.
    requests = [request(second, 500) for second in (-10, -9, -8, 0, 1, 2)]
    good, valid, _ = span(tmp_path, {"requests": requests}, NOON, NOON + MINUTE)
    assert (good, valid) == (50, 60)


def test_what_comes_after_at_is_not_seen(tmp_path: Path) -> None:
    # Failures at 12:00:55 and 12:01:00 make a failing minute only together.
    requests = [request(second, 500) for second in (55, 56, 57, 60, 61)]
    before = span(tmp_path, {"requests": requests}, NOON, NOON + MINUTE)
    assert before == (10, 10, 1 / 6)
    after = span(tmp_path / "after", {"requests": requests}, NOON, NOON + 2 * MINUTE)
    # The slices of 12:00:50 and 12:01:00 are down; observed are those to 12:01:50.
    assert after == (50, 70, 7 / 12)


def test_coverage_is_observed_time_over_the_window(tmp_path: Path) -> None:
    probes = [probe(0, True), probe(300, True)]
    good, valid, coverage = span(tmp_path, {"probes": probes}, NOON, NOON + 10 * MINUTE)
    assert (good, valid, coverage) == (120, 120, 0.2)


def test_without_anything_there_is_no_availability(tmp_path: Path) -> None:
    songs = [request(0, 200, "song_generation")]
    assert span(tmp_path, {"requests": songs}, NOON, NOON + MINUTE) == (0, 0, 0)


def test_excluded_requests_observe_and_fail_nothing(tmp_path: Path) -> None:
    requests = [request(0.1 * number, 500) | {"excluded": "user_side"} for number in range(9)]
    assert up_and_observed(tmp_path, {"requests": requests}) == (60, 60)


def test_requests_of_another_source_neither_observe_nor_fail(tmp_path: Path) -> None:
    # `server` counts for the API.
    requests = [request(0.1 * number, 500) | {"source": "client"} for number in range(9)]
    assert up_and_observed(tmp_path, {"requests": requests}) == (0, 0)


def test_probes_of_another_scope_say_nothing_of_this_one(tmp_path: Path) -> None:
    probes = [probe(0, True), {**probe(1, False), "scope": "collaboration"}]
    assert up_and_observed(tmp_path, {"probes": probes}) == (60, 60)


def test_a_target_that_is_no_longer_probed_no_longer_decides(tmp_path: Path) -> None:
    # us passes once, at 0 s, and holds until the slice of 50 s; eu fails every 10 s until 90 s and
    # is alone from the slice of 60 s on: down from there to the slice of 140 s, 9 slices.
    probes = [probe(0, True, "us"), *(probe(second, False) for second in range(0, 100, 10))]
    assert up_and_observed(tmp_path, {"probes": probes}) == (60, 150)


def test_down_by_probes_and_by_errors_at_once_is_down_once(tmp_path: Path) -> None:
    tables = {
        "probes": [probe(0, False), probe(10, True)],
        "requests": [request(number / 10, 500) for number in range(5)],
    }
    assert up_and_observed(tmp_path, tables) == (60, 70)


def test_half_of_the_songs_failing_is_no_outage_of_the_api(tmp_path: Path) -> None:
    # In the critical journey all of at least five must fail; four are too few.
    four = [request(second, 500, "song_generation") for second in (1, 2, 3, 4)]
    tables = {"requests": four, "probes": [probe(0, True)]}
    assert up_and_observed(tmp_path, tables) == (60, 60)


MAINTENANCE = {
    "scope": "api",
    "starts_at": NOON + 2 * MINUTE,
    "ends_at": NOON + 4 * MINUTE,
    "announced_at": NOON + 2 * MINUTE - timedelta(hours=48),
    "reason": "a new database",
}


def with_maintenance(folder: Path, **changed: Any) -> tuple[int, int, float | None]:
    """Ten minutes of probes of which those from 12:01 to 12:05 fail, with one maintenance."""
    probes = [probe(second, not 60 <= second < 300) for second in range(0, 600, 10)]
    folder.mkdir(exist_ok=True)
    write(folder, Actor("Ada"), "maintenance", MAINTENANCE | changed)
    return span(folder, {"probes": probes}, NOON, NOON + 10 * MINUTE)


def test_maintenance_on_notice_is_left_out(tmp_path: Path) -> None:
    # 240 s down, 120 of them under maintenance; 480 s are left, all observed.
    assert with_maintenance(tmp_path) == (360, 480, 1)


def test_a_slice_that_touches_maintenance_is_left_out(tmp_path: Path) -> None:
    # From 12:02:05 to 12:02:11: the slices of 12:02:00 and 12:02:10.
    changed = {
        "starts_at": NOON + timedelta(seconds=125),
        "ends_at": NOON + timedelta(seconds=131),
        "announced_at": NOON - timedelta(days=9),
    }
    assert with_maintenance(tmp_path, **changed) == (360, 580, 1)


@pytest.mark.parametrize(
    "changed",
    [
        {"announced_at": NOON + 2 * MINUTE - timedelta(hours=48) + timedelta(seconds=1)},
        {"cancelled_at": NOON},
        {"scope": "collaboration"},
    ],
    ids=["too late", "cancelled", "of another scope"],
)
def test_other_maintenance_is_downtime_as_ever(tmp_path: Path, changed: dict[str, Any]) -> None:
    assert with_maintenance(tmp_path, **changed) == (360, 600, 1)


def test_maintenance_may_reach_over_the_windows_edges(tmp_path: Path) -> None:
    changed = {"starts_at": NOON - MINUTE, "announced_at": NOON - timedelta(days=9)}
    # Until 12:04 nothing counts: 60 s down and 300 s up are left.
    assert with_maintenance(tmp_path, **changed) == (300, 360, 1)
    everything = changed | {"ends_at": NOON + timedelta(hours=1)}
    assert with_maintenance(tmp_path / "all", **everything) == (0, 0, None)


# --- Another catalogue's rules -------------------------------------------------------------------


def shop_span(folder: Path, tables: dict[str, list[dict[str, Any]]]) -> tuple[int, int]:
    rollup = small_rollup(folder, tables, SHOP)
    end = NOON + 10 * MINUTE
    maintenance = read_maintenance(rollup.store.root)
    line = timeline(rollup, SHOP.scope("storefront"), NOON, end, maintenance)
    return line.counts(Window("", NOON, end))[:2]


def test_a_shops_probe_holds_for_half_a_minute(tmp_path: Path) -> None:
    assert shop_span(tmp_path, {"probes": [probe(0, False) | {"scope": "storefront"}]}) == (0, 30)


@pytest.mark.parametrize(
    ("failed", "passed", "down"),
    [
        (4, 6, 0),  # 40 % of ten is not more than 40 %
        (5, 5, 10),
        (7, 0, 0),  # seven are fewer than eight
        (8, 0, 10),
    ],
)
def test_a_shops_minute_fails_above_two_fifths_of_eight(
    tmp_path: Path, failed: int, passed: int, down: int
) -> None:
    statuses = [500] * failed + [200] * passed
    requests = [request(n / 100, status, "browse") for n, status in enumerate(statuses)]
    assert shop_span(tmp_path, {"requests": requests}) == (60 - down, 60)


def test_a_day_that_was_judged_is_judged_anew_when_its_neighbour_comes(tmp_path: Path) -> None:
    # Failures at 23:59:55 to :57 are three, too few; with two after midnight they are a minute.
    second = 12 * 3600
    midnight = NOON + timedelta(seconds=second)
    around = (midnight - MINUTE, midnight + MINUTE)
    evening = [request(second - ago, 500) for ago in (5, 4, 3)]
    assert span(tmp_path, {"requests": evening}, *around)[:2] == (60, 60)
    morning = [request(second + later, 500) for later in (0, 1)]
    # The slices of 23:59:50 and 00:00:00 are down; observed are those from 23:59:50 to 00:00:50.
    assert span(tmp_path, {"requests": morning}, *around)[:2] == (50, 70)
