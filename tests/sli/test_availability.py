"""Availability in slices of ten seconds, by hand; the oracle of tests covers what these do not."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from slo_core.register import read_maintenance
from slo_core.sli.availability import timeline
from slo_core.sli.windows import Window
from tests.small import STUDIO, small_rollup

NOON = datetime(2025, 3, 30, 12)


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


def test_songs_that_all_fail_take_the_api_down(tmp_path: Path) -> None:
    # Observed are only slices with the API's own requests or probes: one probe, sixty seconds.
    requests = [request(second, 500, "song_generation") for second in (1, 2, 3, 4, 5)]
    tables = {"requests": requests, "probes": [probe(0, True)]}
    assert up_and_observed(tmp_path, tables) == (50, 60)
    one_good = [*requests, request(6, 200, "song_generation")]
    tables = {"requests": one_good, "probes": [probe(0, True)]}
    assert up_and_observed(tmp_path / "good", tables) == (60, 60)
