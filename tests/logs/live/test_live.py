"""The live demo: the story goes on without a gap, can be broken, and is sent as it happens."""

import time
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner

from slo_core.__main__ import main
from slo_core.commands import cli
from slo_core.logs.collector.events import Reader, Sender
from slo_core.logs.live import Break, Story, add_break, broken, mend, read_breaks, story
from tests.collecting import collecting, stored
from tests.small import STUDIO

START = datetime(2025, 3, 30, 23, 50, 30)
HOUR = timedelta(hours=1)


def test_the_story_goes_on_over_midnight_and_into_its_next_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Asked in small steps or large ones it is the same; a collector takes all of it."""
    monkeypatch.setattr(story, "_AHEAD", timedelta(minutes=20))
    end = START + timedelta(minutes=35)
    with Story(STUDIO, START, scale=0.2, seed=1) as told:
        steps = [told.until(START + n * timedelta(minutes=5)) for n in range(1, 8)]
        events = [event for step in steps for event in step]
    with Story(STUDIO, START, scale=0.2, seed=1) as told:
        assert told.until(START + timedelta(minutes=15)) == [e for step in steps[:3] for e in step]
    times = [datetime.fromisoformat(event["ts"]) for event in events]
    assert times == sorted(times)
    assert {moment.day for moment in times} == {30, 31}
    assert times[0] >= START
    assert end - timedelta(minutes=1) < times[-1] < end
    # The second part, which is made when the first has been told, follows on.
    assert max(b - a for a, b in pairwise(times)) < timedelta(minutes=1)
    assert {event["event"] for event in events} >= {"requests", "measurements", "probes", "steps"}
    assert len(Reader(STUDIO).rows(events, Sender(), end)) == len(events)


EVENTS: list[dict[str, Any]] = [
    {"event": "requests", "journey": "song_generation", "status": 201, "duration_ms": 5.0},
    {"event": "requests", "journey": "web", "status": 200},
    {"event": "measurements", "journey": "song_generation", "metric": "m", "value": 2.0},
    {"event": "probes", "scope": "api", "ok": True, "latency_ms": 3.0},
    {"event": "resources", "host": "gpu-1"},
]


def test_what_is_broken_fails() -> None:
    ends = START + HOUR
    breaks = [Break("song_generation", ends), Break("api", ends)]
    song, web, measured, probe, resource = broken(EVENTS, breaks, STUDIO, Random(1))
    assert (song["status"], song["error"]) == (503, "broken on purpose")
    assert probe["ok"] is False
    assert [web, measured, resource] == [EVENTS[1], EVENTS[2], EVENTS[4]]


def test_what_is_slow_takes_twenty_times_as_long() -> None:
    [song, _, measured, *_] = broken(
        EVENTS, [Break("song_generation", START, how="slow")], STUDIO, Random(1)
    )
    assert (song["status"], song["duration_ms"], measured["value"]) == (201, 100.0, 40.0)


def test_a_share_of_a_journey_can_be_broken() -> None:
    half = [Break("song_generation", START, share=0.5)]
    found = broken(EVENTS[:1] * 1000, half, STUDIO, Random(1))
    assert 400 < Counter(event["status"] for event in found)[503] < 600


def test_breaks_are_kept_until_they_end(tmp_path: Path) -> None:
    song, web = Break("song_generation", START + HOUR), Break("web", START + 2 * HOUR, 0.5, "slow")
    add_break(tmp_path, song, START)
    add_break(tmp_path, web, START)
    assert read_breaks(tmp_path, START) == (song, web)
    assert read_breaks(tmp_path, START + HOUR) == (web,)
    longer = Break("web", START + 3 * HOUR)
    add_break(tmp_path, longer, START + HOUR)
    assert read_breaks(tmp_path, START + HOUR) == (longer,)
    mend(tmp_path)
    assert read_breaks(tmp_path, START) == ()
    (tmp_path / "live.json").write_text("[{")
    assert read_breaks(tmp_path, START) == ()


def test_the_commands_break_and_mend(tmp_path: Path) -> None:
    (tmp_path / "scenario.json").write_text('{"sample": true}')
    words = ["live", "break", "song_generation", "--for", "5m", "--data", str(tmp_path)]
    done = CliRunner().invoke(cli, words)
    assert done.output.startswith("Song Generation fails until 20")
    [found] = read_breaks(tmp_path, datetime(2025, 1, 1))
    assert found.journey == "song_generation"
    CliRunner().invoke(cli, ["live", "mend", "--data", str(tmp_path)])
    assert read_breaks(tmp_path, datetime(2025, 1, 1)) == ()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["break", "songs"], "no journey is called 'songs'"),
        (["break", "web", "--for", "soon"], "soon"),
        (["mend"], "is no demo: start one with 'make live'"),
    ],
)
def test_bad_use_is_told_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert main(["live", *words, "--data", str(tmp_path)]) == 2
    assert sentence in capsys.readouterr().err


def test_what_happens_is_sent_and_what_is_broken_fails(tmp_path: Path) -> None:
    """The API and its probes are broken, and nothing else."""
    add_break(tmp_path, Break("api", datetime(2199, 1, 1)), START)
    began = time.time()
    with collecting(tmp_path / "store") as client:
        to = ["--to", f"http://127.0.0.1:{client.port}", "--data", str(tmp_path)]
        words = ["live", "run", *to, "--scale", "0.1", "--since", "20m", "--for", "2s"]
        done = CliRunner().invoke(cli, words)
        # Without a moment to begin at it begins now.
        from_now = CliRunner().invoke(cli, ["live", "run", *to, "--scale", "0.1", "--for", "1ms"])
    assert (done.exit_code, from_now.exit_code) == (0, 0), done.output + from_now.output
    rows = stored(tmp_path / "store")
    epoch = datetime(1970, 1, 1)
    assert all(began - 1201 < (row["ts"] - epoch).total_seconds() < time.time() for row in rows)
    assert {row["status"] for row in rows if row["journey"] == "api"} == {503}
    others = Counter(row["status"] for row in rows if row["journey"] != "api")
    assert others[503] < others.total() / 5
    assert {row["ok"] for row in stored(tmp_path / "store", "probes")} >= {False}
