"""Alerts replayed against what is known to have happened."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from slo_core.alerts.evaluate import evaluate
from slo_core.alerts.replay import replay, scenario_incidents
from slo_core.errors import SloError
from slo_core.logs.sample import write_sample
from slo_core.logs.store import open_store
from slo_core.moments import parse_moment
from slo_core.rollup import refresh
from slo_core.sli.freshness import freshness
from tests.alerts.test_episodes import AT, MINUTE, requests
from tests.small import STUDIO, small_rollup

END = datetime(2026, 11, 20)

COVERED = {
    "export-storage": "StudioExportFailures",
    "cdn-outage": "StudioAudioPlaybackFailures",
    "api-outage": "StudioAPIAvailabilityDrop",
    "cdn-stutter": "StudioAudioPlaybackFailures",
    "guilty-deploy": "StudioErrorBudgetBurnRateHigh",
    "gpu-pool": "StudioSongGenerationFailureSpike",
    "memory-leak": "StudioErrorBudgetWarning",
}
"""The scenario's incidents that some condition of the document is about, and its alert."""


def test_every_incident_of_the_scenario_that_a_condition_is_about_is_found(tmp_path: Path) -> None:
    write_sample(tmp_path, catalog=STUDIO, days=26, end=END, scale=0.1, seed=1)
    rollup = refresh(open_store(tmp_path), STUDIO)
    document = replay(rollup, END, timedelta(days=26), scenario_incidents(tmp_path))["document"]
    alerts = document.episodes.groupby("incident")["alert"].agg(set)
    assert {it: alert for it, alert in COVERED.items() if alert not in alerts.get(it, ())} == {}
    found = document.detections.set_index("id").loc[list(COVERED), "detected"]
    assert found.notna().all()


FOUND_BY = COVERED | {
    "heavy-bundle": "BudgetBurnQuick_lcp_p75",
    "collaboration-outage": "BudgetBurnFast_session_availability",
    "platform-down": "BudgetBurnQuick_success_rate",
}
"""What should find each incident of the launch: the document's own, or where no condition of the
document is about it a burn alert on headroom. Of publications 55 % fail on a platform that has a
fifth of them, so 11 times what is allowed."""


@pytest.mark.long
def test_every_incident_of_the_scenario_is_found_and_the_hour_without_data_is_told(
    tmp_path: Path,
) -> None:
    write_sample(tmp_path, catalog=STUDIO, days=40, end=END, scale=0.3, seed=1)
    rollup = refresh(open_store(tmp_path), STUDIO)
    truth = json.loads((tmp_path / "scenario.json").read_text("utf-8"))["incidents"]
    [silent] = [it for it in truth if it["kind"] == "no_data"]
    incidents = scenario_incidents(tmp_path)
    assert {it["id"] for it in truth} == {silent["id"], *incidents["id"]} == {"no-data", *FOUND_BY}

    replayed = replay(rollup, END, timedelta(days=40), incidents)
    every = pd.concat([it.episodes for it in replayed.values()])
    alerts = every.groupby("incident")["alert"].agg(set)
    assert {it: own for it, own in FOUND_BY.items() if own not in alerts.get(it, ())} == {}
    detected = pd.concat([it.detections for it in replayed.values()]).groupby("id")["detected"]
    assert detected.min().notna().all()

    # No alert may say anything of an hour without data; the dead man's notice does.
    start, end = (parse_moment(silent[name]) for name in ("start", "end"))
    assert not any(it.stale for it in freshness(rollup, start).values())
    for journey, own in freshness(rollup, end).items():
        assert own.stale, journey
        assert own.last_event
        assert start - timedelta(minutes=30) < own.last_event < start
    pages = [it for it in STUDIO.alerts if it.tier == 1]
    within = evaluate(rollup, end, timedelta(minutes=15), pages)
    assert not any(it.firing.any() for it in within.evaluations)


def test_a_replay_says_how_soon_at_what_cost_and_what_was_false(tmp_path: Path) -> None:
    # A fifth of 100 songs fails each minute from 22:00 to 22:09, and, which nobody knows of, at
    # 20:00. The incident began at 21:58:30: found at 22:01, after 2.5 minutes and 20 of the 2,500
    # failures that the month allows.
    rows = [row for back in range(111, 121) for row in requests("song_generation", 100, 20, back)]
    rows += requests("song_generation", 100, 20, 240)
    rows += requests("song_generation", 1, 0, 360)
    start = AT - 121 * MINUTE - timedelta(seconds=30)
    incidents = pd.DataFrame(
        [("x", "Songs fail", "P1", ("song_generation",), start, AT - 110 * MINUTE)],
        columns=["id", "title", "severity", "journeys", "start", "end"],
    )
    rollup = small_rollup(tmp_path, {"requests": rows})
    spike = [it for it in STUDIO.alerts if it.id == "StudioSongGenerationFailureSpike"]
    found = replay(rollup, AT, timedelta(hours=6), incidents, {"spike": spike})["spike"]
    assert (found.true, found.false, found.precision, found.recall) == (1, 1, 0.5, 1.0)
    [detection] = found.detections.to_dict("records")
    assert detection["detected"] == AT - 119 * MINUTE
    assert detection["minutes"] == 2.5
    assert detection["budget_gone"] == 20 / 2500


def test_a_folder_that_is_no_sample_has_no_truth(tmp_path: Path) -> None:
    with pytest.raises(SloError, match="only sample data come with their truth"):
        scenario_incidents(tmp_path)
