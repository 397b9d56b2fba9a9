"""What people receive, by a real receiver, as data arrive: fired, lasting, over, silent."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from slo_core.logs.store import open_store
from slo_core.register import Actor, read_incidents, read_table, write
from slo_core.watch import Watch, deliveries, dry_run, heartbeat, run, run_once
from tests.random_logs import write_tables
from tests.small import STUDIO
from tests.watch.sink import Sink, sink
from tests.watch.stories import NOON, requests

# Apprise loads Python's imghdr, on its way out, wherever it is still there.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

ADA = Actor("Ada")
SPIKE = "StudioSongGenerationFailureSpike"
FIRED = "FIRING P1: Song Generation Failure Spike (Song Generation)"


def later(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def page_of(data: Path) -> pd.Series:
    """The notice of the spike to whoever is on call."""
    rows = deliveries(data)
    [place] = rows.index[(rows["alert"] == SPIKE) & (rows["target"] == "on_call")]
    return rows.loc[place]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sink]:
    """One receiver for all tests of the file."""
    with sink(tmp_path_factory.mktemp("sink")) as found:
        yield found


@pytest.fixture
def receiver(running: Sink) -> Sink:
    """The receiver, which has received nothing."""
    running.forget()
    return running


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder in which songs have been failing for ten minutes at noon."""
    write_tables(tmp_path, {"requests": requests()})
    return tmp_path


def watching(data: Path, receiver: Sink, at: datetime, said: list[str] | None = None) -> Watch:
    """The watch of a folder at a moment, which is what its clock shows too."""
    lines = [] if said is None else said
    return Watch(
        open_store(data),
        STUDIO,
        timedelta(seconds=30),
        "https://slo.example",
        lines.append,
        os.environ | receiver.environment,
        at,
        lambda: at,
    )


def look(data: Path, receiver: Sink, minutes: float) -> list[str]:
    """What is received at a look so many minutes after noon."""
    before = len(receiver.titles())
    run_once(watching(data, receiver, later(minutes)))
    return sorted(receiver.titles()[before:])


def test_from_the_first_minute_to_the_end_and_the_silence_after(data: Path, receiver: Sink) -> None:
    # The failures are 100 % of the last ten minutes' requests, 40 of 480 in two hours: the burn
    # over an hour is 40 / 240 / 0.005 = 33.3, and nothing is left of the budget.
    assert look(data, receiver, 0) == [
        "mail: FIRING P3: Approaching Error Budget Limit (Song Generation)",
        f"on_call: {FIRED}",
        f"studio_alerts: {FIRED}",
        "studio_eng: FIRING P2: Error Budget Burn Rate (Song Generation)",
    ]
    page = next(it["body"] for it in receiver.received() if it.get("path") == "/on_call")
    assert page["type"] == "failure"
    assert page["message"].splitlines() == [
        "Condition: failure_rate > 5% for 5 minutes",
        "Value: 100 % at worst, the threshold is 5 %",
        "Began: 2025-03-31 11:51 UTC, for 10 min so far",
        "It has taken 1.6 % of the month's budget.",
        "Budget left: -1,567 % (rolling 30d)",
        "Runs out: exhausted; nothing left again before 2025-04-30 12:00 UTC",
        "Owner: FlashFusion Engineering & Operations",
        "Runbook: https://runbooks.example.com/studio-song-generation-failure-spike",
        "Look: https://slo.example/dashboards/alerts?episode=StudioSongGenerationFailureSpike%7C"
        "song_generation%7C2025-03-31T11%3A51%3A00Z&at=2025-03-31T12%3A00%3A00Z",
    ]
    assert look(data, receiver, 1) == []

    # It mends at noon. The rate over five minutes is above 5 % until 12:04, so it is over at 12:09.
    write_tables(data, {"requests": requests(until=later(20))})
    assert look(data, receiver, 8) == []
    over = FIRED.replace("FIRING", "RESOLVED")
    assert look(data, receiver, 9) == [f"on_call: {over}", f"studio_alerts: {over}"]
    assert look(data, receiver, 20) == []

    # The last data are of 12:19:45. After ten minutes without any that is told, and nothing else:
    # who does not know whether it lasts does not say so.
    assert look(data, receiver, 29) == []
    assert look(data, receiver, 31) == ["studio_alerts: NO DATA: Song Generation"]
    notice = receiver.received()[-1]["body"]
    assert notice["type"] == "warning"
    assert "No data since 2025-03-31 12:19:45 UTC, for 11 min 15 s." in notice["message"]
    # Thirty minutes later it is told again.
    assert look(data, receiver, 60) == []
    assert look(data, receiver, 61) == ["studio_alerts: STILL NO DATA: Song Generation"]
    write_tables(data, {"requests": requests(until=later(70))})
    assert "studio_alerts: DATA IS BACK: Song Generation" in look(data, receiver, 70)


def test_incidents_are_opened_and_people_s_actions_queued_once(data: Path, receiver: Sink) -> None:
    for minutes in (0, 1, 2):
        look(data, receiver, minutes)
    incidents = read_incidents(data)
    assert incidents["alert"].tolist() == [SPIKE]
    assert incidents["created_by"].tolist() == ["watch"]
    tasks = read_table(data, "tasks")
    burn = "StudioErrorBudgetBurnRateHigh|song_generation|2025-03-31T11:52:00Z"
    assert tasks.loc[tasks["reference"] == burn, "action"].tolist() == [
        "Flag in daily standup",
        "Consider deploy freeze",
    ]
    assert not tasks.duplicated(["reference", "action"]).any()


def test_a_receiver_that_is_down_is_tried_again_later_each_time_and_given_up(
    data: Path, receiver: Sink
) -> None:
    receiver.answer(503)
    assert look(data, receiver, 0) == [
        "mail: FIRING P3: Approaching Error Budget Limit (Song Generation)"
    ]
    page = page_of(data)
    assert (page["state"], page["attempts"]) == ("waiting", 1)
    assert page["next_attempt_at"] == later(0.5)  # 30 s, then twice as long each time
    assert "503" in page["error"]
    assert look(data, receiver, 0.25) == []
    look(data, receiver, 0.5)
    page = page_of(data)
    assert (page["attempts"], page["next_attempt_at"]) == (2, later(1.5))
    receiver.forget()
    assert f"on_call: {FIRED}" in look(data, receiver, 1.5)
    assert page_of(data)["state"] == "sent"


def test_what_was_never_taken_is_given_up_after_a_day(data: Path, receiver: Sink) -> None:
    receiver.answer(500)
    look(data, receiver, 0)
    look(data, receiver, 24 * 60)
    rows = deliveries(data)
    rows = rows[(rows["kind"] == "fired") & (rows["alert"] == SPIKE)]
    first = rows.set_index("target").loc["on_call"]
    assert (first["state"], first["attempts"]) == ("given up", 2)


def test_silenced_is_kept_back_and_acknowledged_is_not_repeated(data: Path, receiver: Sink) -> None:
    span = {"starts_at": later(-1), "ends_at": later(5), "reason": "a load test"}
    write(data, ADA, "silences", {"alert": SPIKE, "journey": None, **span}, at=later(-1))
    assert not any("Failure Spike" in title for title in look(data, receiver, 0))
    held = page_of(data)
    assert held["error"] == "silenced until 2025-03-31 12:05 UTC by Ada: a load test"
    assert read_incidents(data).empty
    still = FIRED.replace("FIRING", "STILL FIRING")
    write_tables(data, {"requests": requests(until=later(60), failing_until=later(60))})
    assert f"on_call: {still}" in look(data, receiver, 5)
    # It was told at 12:05; half an hour later it would be told again.
    taken = {"alert": SPIKE, "journey": "song_generation", "started_at": later(-9)}
    write(data, ADA, "acknowledgements", {**taken, "acknowledged_at": later(6)})
    assert not any("Failure Spike" in title for title in look(data, receiver, 40))


def test_several_of_one_tier_are_one_message(tmp_path: Path, receiver: Sink) -> None:
    both = [*requests(), *requests("project_loading")]
    write_tables(tmp_path, {"requests": both})
    look(tmp_path, receiver, 0)
    [message] = [it["body"] for it in receiver.received() if it.get("path") == "/studio_eng"]
    assert message["title"] == "High Priority Alerts: 2 FIRING"
    for place in ("Song Generation", "Project Loading"):
        assert f"FIRING P2: Error Budget Burn Rate ({place})" in message["message"]


def test_burn_alerts_and_scale_triggers_are_told_as_the_document_s_own(
    tmp_path: Path, receiver: Sink
) -> None:
    # Loading fails for ten minutes, for which the document pages nobody. 40 of the hour's 240 are
    # 167 times what may, 40 of 480 in six hours 83 times. A host is at 90 % for an hour.
    samples: list[dict[str, Any]] = [
        {"ts": later(-n), "host": "gpu-1", "metric": "cpu_percent", "value": 90.0}
        for n in range(1, 61)
    ]
    write_tables(tmp_path, {"requests": requests("project_loading"), "resources": samples})
    assert look(tmp_path, receiver, 0) == [
        "mail: FIRING P3: Approaching Error Budget Limit (Project Loading)",
        "on_call: Critical Alerts: 2 FIRING",
        "studio_eng: High Priority Alerts: 2 FIRING",
    ]
    bodies = {it["path"]: it["body"]["message"] for it in receiver.received() if "body" in it}
    assert "FIRING P1: Budget spent in hours (Project Loading)" in bodies["/on_call"]
    # Each leads to the page of alerts, at that very episode; burn alerts have the runbook of the
    # document's own.
    page = "Look: https://slo.example/dashboards/alerts?episode="
    own = "BudgetBurnFast%7Cproject_loading%7C2025-03-31T11%3A51%3A00Z&at=2025-03-31T12%3A00%3A00Z"
    assert f"{page}{own}" in bodies["/on_call"]
    assert (
        "Runbook: https://runbooks.example.com/studio-error-budget-burn-rate"
        in (bodies["/on_call"])
    )
    scale = bodies["/studio_eng"].partition("FIRING: Scale up, CPU > 70% for 15 minutes")[2]
    scale = scale.partition("\n\n")[0]
    assert "Value: 90 % at worst, the threshold is 70 %" in scale
    assert "Host: gpu-1" in scale
    # The hour's mean was never lower: it holds from the first minute with enough samples.
    assert f"{page}cpu_high%7C%7C2025-03-31T11%3A" in scale
    assert "budget" not in scale
    # Later the host is idle again, and that is told too.
    samples += [
        sample | {"ts": sample["ts"] + timedelta(hours=1), "value": 50.0} for sample in samples
    ]
    rows = requests("project_loading", until=later(60))
    write_tables(tmp_path, {"requests": rows, "resources": samples})
    told = look(tmp_path, receiver, 60)
    assert any("RESOLVED" in it for it in told if it.startswith("studio_eng"))


def test_a_burn_alert_that_is_taken_on_is_not_repeated(tmp_path: Path, receiver: Sink) -> None:
    rows = requests("project_loading", until=later(60), failing_until=later(60))
    write_tables(tmp_path, {"requests": rows})
    assert "on_call: Critical Alerts: 2 FIRING" in look(tmp_path, receiver, 0)
    for alert in ("BudgetBurnFast", "BudgetBurnQuick"):
        taken = {"alert": alert, "journey": "project_loading", "started_at": later(-9)}
        write(tmp_path, ADA, "acknowledgements", {**taken, "acknowledged_at": later(1)})
    assert not any(it.startswith("on_call") for it in look(tmp_path, receiver, 40))


def test_a_dry_run_shows_everything_and_changes_nothing(data: Path, receiver: Sink) -> None:
    said: list[str] = []
    dry_run(watching(data, receiver, NOON, said))
    text = "\n".join(said)
    assert f"would be sent to on_call:\n{FIRED}\n" in text
    assert "would open incident 1" in text
    assert "would ask people to: Flag in daily standup" in text
    assert "leadership is off: STUDIO_LEADERSHIP_URL is not set in the environment." in text
    assert receiver.received() == []
    assert not (data / "studio.sqlite").exists()
    assert heartbeat(data).looked_at is None


def test_old_data_are_looked_at_where_they_end_and_are_told_to_be_old(
    data: Path, receiver: Sink
) -> None:
    # They end at noon, and two days later nobody has sent any.
    run_once(replace(watching(data, receiver, later(0)), at=None, clock=lambda: later(2 * 24 * 60)))
    assert f"on_call: {FIRED}" in receiver.titles()
    assert "studio_alerts: NO DATA: Song Generation" not in receiver.titles()
    assert any("NO DATA" in str(it.get("body")) for it in receiver.received())


def test_what_began_before_a_look_reaches_back_is_told_with_its_start_and_once(
    tmp_path: Path, receiver: Sink
) -> None:
    # A look sees a day. Loading fails from 11:50 on, and at noon two days later still.
    end = later(2 * 24 * 60)
    rows = requests("project_loading", until=end, failing_until=end)
    write_tables(tmp_path, {"requests": rows})
    told = look(tmp_path, receiver, 2 * 24 * 60)
    assert "on_call: Critical Alerts: 2 FIRING" in told
    rows = deliveries(tmp_path)
    assert set(rows.loc[rows["target"] == "on_call", "started_at"]) == {later(-9)}
    assert look(tmp_path, receiver, 2 * 24 * 60 + 1) == []


def test_a_look_that_fails_is_told_and_the_next_one_tries_again(data: Path, receiver: Sink) -> None:
    register = data / "studio.sqlite"
    register.write_text("This is no register. " * 100)
    said: list[str] = []
    watch = watching(data, receiver, NOON)

    def say(line: str) -> None:
        said.append(line)
        if "this look failed" in line:
            assert "expected the register" in line
            register.unlink()
        if "sent to on_call" in line:
            watch.stopping.set()

    run(replace(watch, every=timedelta(seconds=0.1), say=say))
    assert "this look failed, the next tries again" in said[0]
    assert receiver.titles() == [f"on_call: {FIRED}"]
    # What was not sent when it was stopped waits for the next start.
    assert deliveries(data)["state"].tolist().count("waiting") == 3
    assert look(data, receiver, 0)
    # The burn alerts beside the document's own are held.
    states = deliveries(data).groupby("alert")["state"].agg(set).to_dict()
    beside = {it: state for it, state in states.items() if it.startswith("BudgetBurn")}
    assert set(beside) == {"BudgetBurnFast", "BudgetBurnQuick", "BudgetBurnSlow"}
    assert all(state == {"held"} for state in beside.values())
    assert all(states[it] == {"sent"} for it in states.keys() - beside.keys())
