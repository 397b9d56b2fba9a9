"""Alerts replayed against what is known to have happened."""

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from slo_core.alerts.replay import replay, scenario_incidents
from slo_core.errors import SloError
from slo_core.logs.sample import write_sample
from slo_core.logs.store import open_store
from slo_core.rollup import refresh
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
