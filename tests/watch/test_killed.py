"""Killed anywhere and started again, the watch sends each message once."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from slo_core.moments import iso
from slo_core.register import FILE_NAME, read_incidents, read_table
from slo_core.watch import deliveries
from tests.random_logs import write_tables
from tests.watch.sink import ROOT, Sink, sink
from tests.watch.stories import NOON, requests

EXPECTED = [
    "mail: FIRING P3: Approaching Error Budget Limit (Song Generation)",
    "on_call: FIRING P1: Song Generation Failure Spike (Song Generation)",
    "studio_alerts: FIRING P1: Song Generation Failure Spike (Song Generation)",
    "studio_eng: FIRING P2: Error Budget Burn Rate (Song Generation)",
]


@dataclass(frozen=True)
class Killable:
    """Looks at one folder, each in a process that can be killed at any step."""

    data: Path
    receiver: Sink
    process: subprocess.Popen[str]

    def look(self, where: str) -> str:
        """Look once, killed at a step or where a function is called; "0" lets it finish."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{where}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def begin_anew(self) -> None:
        """As if nothing had ever been told."""
        self.receiver.forget()
        for name in (FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm", "watch.json"):
            (self.data / name).unlink(missing_ok=True)

    def check(self, where: str) -> None:
        """Whatever is said to be sent was received once, and the rest at most once."""
        received = sorted(self.receiver.titles())
        states = deliveries(self.data)["state"].tolist()
        unsure = states.count("unconfirmed")
        assert states.count("sent") + unsure == len(EXPECTED), f"killed at {where}: {states}"
        assert len(set(received)) == len(received), f"killed at {where}, twice: {received}"
        assert set(received) <= set(EXPECTED)
        assert len(EXPECTED) - unsure <= len(received), f"killed at {where}, lost: {received}"
        assert unsure <= 1, f"killed at {where}: {states}"
        assert len(read_incidents(self.data)) == 1
        assert not read_table(self.data, "tasks").duplicated(["reference", "action"]).any()


@pytest.fixture(scope="module")
def killable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killable]:
    """A folder with something to tell, and a receiver for all four messages of it."""
    data = tmp_path_factory.mktemp("data")
    write_tables(data, {"requests": requests()})
    with sink(tmp_path_factory.mktemp("sink")) as receiver:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.watch.killed", str(data), iso(NOON)],
            cwd=ROOT,
            env=os.environ | receiver.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        yield Killable(data, receiver, process)
        process.kill()
        process.communicate()


def test_killed_between_the_stamp_and_the_message_it_is_not_sent_twice(
    killable: Killable,
) -> None:
    killable.begin_anew()
    assert killable.look("Outlet.send") == "killed"
    assert killable.receiver.titles() == []
    assert killable.look("0").startswith("done")
    killable.check("Outlet.send")
    [unsure] = deliveries(killable.data).query("state == 'unconfirmed'").to_dict("records")
    assert (unsure["target"], unsure["attempts"]) == ("on_call", 1)
    assert sorted(killable.receiver.titles()) == [EXPECTED[0], *EXPECTED[2:]]


def test_killed_between_the_message_and_its_record_it_is_not_sent_twice(
    killable: Killable,
) -> None:
    killable.begin_anew()
    assert killable.look("delivered") == "killed"
    assert killable.receiver.titles() == [EXPECTED[1]]
    assert killable.look("0").startswith("done")
    killable.check("delivered")
    assert sorted(killable.receiver.titles()) == EXPECTED


def test_killed_anywhere_and_started_again_each_message_is_sent_once(
    killable: Killable,
) -> None:
    steps = _steps(killable)
    for share in (0.4, 0.8):
        _killed_at(killable, int(steps * share))


@pytest.mark.long
def test_killed_at_hundreds_of_steps_each_message_is_sent_once(killable: Killable) -> None:
    steps = _steps(killable)
    for step in range(1, steps, max(1, steps // 250)):
        _killed_at(killable, step)


@pytest.mark.long
def test_killed_again_and_again_it_gets_there(killable: Killable) -> None:
    # Each look gets a little further than the one before, from a fresh start every time.
    killable.begin_anew()
    for step in range(50, _steps(killable), 100):
        killable.look(str(step))
    killable.look("0")
    received = killable.receiver.titles()
    assert len(set(received)) == len(received)
    assert set(deliveries(killable.data)["state"]) <= {"sent", "unconfirmed"}


def _steps(killable: Killable) -> int:
    """How many steps a look has that tells everything."""
    killable.begin_anew()
    word, number = killable.look("0").split()
    assert word == "done"
    assert sorted(killable.receiver.titles()) == EXPECTED
    return int(number)


def _killed_at(killable: Killable, step: int) -> None:
    killable.begin_anew()
    assert killable.look(str(step)) == "killed"
    assert killable.look("0").startswith("done")
    killable.check(str(step))
