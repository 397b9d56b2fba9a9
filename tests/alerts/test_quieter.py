"""What would keep an alert from firing for nothing, and minima that an alert itself asks for."""

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from slo_core.alerts.evaluate import evaluate
from slo_core.alerts.meaning import alert_of, condition_words, with_condition
from slo_core.alerts.quieter import Quieter, changes, quieter
from slo_core.alerts.trial import trial
from slo_core.catalog import Alert, Assumed, LatencyTerm
from slo_core.rollup import Rollup
from tests.alerts.test_desk import SONGS, SPIKE
from tests.alerts.test_episodes import AT, MINUTE, Rows, requests, timed
from tests.small import STUDIO, small_rollup

HOUR = timedelta(hours=1)
SLOW = "StudioSongGenerationSlow"


def known(*spans: tuple[int, int]) -> pd.DataFrame:
    """Incidents of songs from so many minutes before AT for so many minutes."""
    rows = [
        (number, "Songs fail", "P1", (SONGS,), AT - back * MINUTE, AT - (back - long) * MINUTE)
        for number, (back, long) in enumerate(spans, start=1)
    ]
    names = ["id", "title", "severity", "journeys", "start", "end"]
    kinds = {"start": "datetime64[us]", "end": "datetime64[us]"}
    return pd.DataFrame(rows, columns=names).astype(kinds)


def rates(folder: Path) -> Rollup:
    """Songs: thrice 3 of 10 fail for nothing; from an hour ago on 8 of 40 in each of 20 minutes."""
    rows = [row for back in (1000, 800, 600) for row in requests(SONGS, 10, 3, back)]
    rows += [row for back in range(41, 61) for row in requests(SONGS, 40, 8, back)]
    return small_rollup(folder, {"requests": rows})


def found(rollup: Rollup, alert: Alert, incidents: pd.DataFrame) -> Quieter:
    return quieter(rollup, AT, 24 * HOUR, alert, incidents)


def test_a_minimum_that_spares_false_pages_is_suggested_with_what_it_costs(tmp_path: Path) -> None:
    told = found(rates(tmp_path), alert_of(STUDIO, SPIKE), known((60, 20)))
    assert (told.as_is.episodes, told.as_is.false, told.incidents) == (4, 3, 1)
    assert told.as_is.detected == {1: 1.0}
    by = {it.write: it for it in told.outcomes}
    # Three failures are under five; eight of the first minute are not.
    assert (by["min_failures: 5"].false, told.later(by["min_failures: 5"])) == (0, 0 * MINUTE)
    # Ten are there with the second minute, twenty with the third, fifty never in five minutes:
    # but 50 in ten minutes are, with the seventh (56): six minutes later.
    assert [by[f"min_failures: {it}"].detected[1] for it in (10, 20, 50)] == [2.0, 3.0, 7.0]
    # Ten valid events are not under ten, and the second minute has eighty.
    assert by["min_events: 20"].detected == {1: 1.0}
    assert told.suggested
    assert not told.suggested.false
    assert told.later(told.suggested) == 0 * MINUTE
    assert told.sentence.startswith("3 of 4 episodes were about no incident; ")
    assert told.sentence.endswith(" would have spared 3, no incident later.")
    assert told.cost(by["min_failures: 50"]) == "no incident later than 6 min"


def test_what_loses_an_incident_or_finds_it_late_is_not_suggested(tmp_path: Path) -> None:
    # A false page, and an incident that is as small: whatever spares the one loses the other.
    rows = [row for back in (1000, 600) for row in requests(SONGS, 10, 3, back)]
    rollup = small_rollup(tmp_path, {"requests": rows})
    told = found(rollup, alert_of(STUDIO, SPIKE), known((600, 5)))
    assert (told.as_is.episodes, told.as_is.false, told.as_is.detected) == (2, 1, {1: 1.0})
    assert told.outcomes
    assert all(told.lost(it) == 1 for it in told.outcomes)
    assert told.suggested is None
    assert told.sentence.endswith("but 1 incident that it finds would have been lost.")


def test_nothing_false_needs_nothing(tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": requests(SONGS, 10, 3, 600)})
    told = found(rollup, alert_of(STUDIO, SPIKE), known((600, 5)))
    assert told.outcomes == ()
    assert told.sentence == "Every episode was about an incident: nothing to make quieter."


@pytest.mark.parametrize("alert", [SPIKE, "StudioLatencyDegradation", "StudioAPIAvailabilityDrop"])
def test_each_change_is_what_a_replay_of_it_says(tmp_path: Path, alert: str) -> None:
    rows = timed(SONGS, 3, 4, 61_000, over=1.0, minutes=90)
    rows += [{**it, "journey": "api"} for it in requests(SONGS, 60, 5, 30)]
    own, incidents = alert_of(STUDIO, alert), known((100, 20))
    rollup = small_rollup(tmp_path, {"requests": rows + requests(SONGS, 10, 3, 600)})
    told = found(rollup, own, incidents)
    plain = {"": own} | {write: changed for _, write, changed in changes(STUDIO, own)}
    for it in (told.as_is, *told.outcomes):
        replayed = trial(rollup, AT, 24 * HOUR, plain[it.write], incidents).replayed
        assert (it.episodes, it.false) == (len(replayed.episodes), replayed.false), it.change
        minutes = replayed.detections.set_index("id")["minutes"].dropna()
        assert dict(it.detected) == minutes.to_dict(), it.change


def test_as_many_for_percentiles_as_for_rates_is_a_change() -> None:
    told = [it for it, *_ in changes(STUDIO, alert_of(STUDIO, "StudioAudioPlaybackFailures"))]
    assert "min_events 10 for its percentiles too" in told
    assert "min_events 20 instead of 10, for its percentiles too" in told
    assert not any(it.startswith("min_events 5 ") for it in told)
    assert "playback_failure_rate > 3% for 5 minutes instead of " in "".join(told)


def fires(rollup: Rollup, alert: Alert) -> bool:
    [own] = evaluate(rollup, AT, MINUTE, [alert]).evaluations
    return bool(own.firing[-1])


@pytest.mark.parametrize(
    ("rows", "least", "holds"),
    [
        (requests(SONGS, 20, 19), {"min_events": 20}, True),
        (requests(SONGS, 20, 19), {"min_events": 21}, False),
        (requests(SONGS, 20, 19), {"min_failures": 19}, True),
        (requests(SONGS, 20, 19), {"min_failures": 20}, False),
        # Less than the rules ask is less: two of two failed.
        (requests(SONGS, 2, 2), {}, False),
        (requests(SONGS, 2, 2), {"min_events": 2, "min_failures": 2}, True),
    ],
)
def test_an_alert_may_ask_for_its_own_minimum(
    tmp_path: Path, rows: Rows, least: dict[str, int], holds: bool
) -> None:
    own = {name: Assumed[int](value=it) for name, it in least.items()}
    alert = with_condition(STUDIO, SPIKE, "failure_rate > 5% for 5 minutes")
    rollup = small_rollup(tmp_path, {"requests": rows})
    # Beside the same condition without it, each is judged as it asks.
    found = evaluate(rollup, AT, MINUTE, [alert, alert.model_copy(update=own)]).evaluations
    assert [bool(it.firing[-1]) for it in found] == [len(rows) >= 10, holds]


def test_a_percentile_asks_for_none_unless_it_is_said(tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": timed(SONGS, 1, 1, 20_000, over=1.0)})
    own = alert_of(STUDIO, SLOW)
    assert isinstance(STUDIO.term("p50_latency"), LatencyTerm)
    assert fires(rollup, own)
    assert fires(rollup, own.model_copy(update={"min_events": Assumed[int](value=1)}))
    two = own.model_copy(update={"min_events": Assumed[int](value=2)})
    assert not fires(rollup, two)
    assert condition_words(STUDIO, two)[0].endswith("(with at least 2 events).")
    least = Assumed[int](value=2, assumption="one is an anecdote")
    rules = STUDIO.rules.model_copy(update={"min_percentile_events": least})
    catalog = STUDIO.model_copy(update={"rules": rules})
    folder = tmp_path / "other"
    rows = timed(SONGS, 1, 1, 20_000, over=1.0)
    assert not fires(small_rollup(folder, {"requests": rows}, catalog), own)
