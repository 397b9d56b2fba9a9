"""Killed anywhere and started again, the watch sends each message once."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from slo_core.moments import iso
from slo_core.register import FILE_NAME, read_incidents, read_table
from slo_core.watch import deliveries
from tests.long_rounds import CameOf
from tests.random_logs import write_tables
from tests.watch.sink import ROOT, Sink, sink
from tests.watch.stories import NOON, requests

EXPECTED = [
    "mail: FIRING P3: Approaching Error Budget Limit (Song Generation)",
    "on_call: FIRING P1: Song Generation Failure Spike (Song Generation)",
    "studio_alerts: FIRING P1: Song Generation Failure Spike (Song Generation)",
    "studio_eng: FIRING P2: Error Budget Burn Rate (Song Generation)",
]
PAGE = "pager: trigger FIRING P1: Song Generation Failure Spike (Song Generation)"
"""As a pager gets it."""


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


@contextmanager
def killing(folder: Path, receiver: Sink, environment: dict[str, str]) -> Iterator[Killable]:
    """A folder with something to tell, and looks at it that can be killed."""
    write_tables(folder, {"requests": requests()})
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.watch.killed", str(folder), iso(NOON)],
        cwd=ROOT,
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Killable(folder, receiver, process)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sink]:
    """One receiver for all tests of the file."""
    with sink(tmp_path_factory.mktemp("sink")) as found:
        yield found


@pytest.fixture(scope="module")
def killable(tmp_path_factory: pytest.TempPathFactory, receiver: Sink) -> Iterator[Killable]:
    """Looks whose four messages all go to the receiver."""
    with killing(tmp_path_factory.mktemp("data"), receiver, receiver.environment) as found:
        yield found


@pytest.fixture(scope="module")
def paged(tmp_path_factory: pytest.TempPathFactory, receiver: Sink) -> Iterator[Killable]:
    """Looks that page through PagerDuty, of which the receiver takes the place."""
    environment = {
        "STUDIO_ON_CALL_URL": f"pagerduty://{'i' * 32}@{'a' * 20}",
        "PAGER": f"http://127.0.0.1:{receiver.http}/pager",
    }
    with killing(tmp_path_factory.mktemp("paged"), receiver, environment) as found:
        yield found


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


@pytest.mark.parametrize("where", ["Outlet.send", "delivered"])
def test_a_pager_that_knows_the_key_gets_the_page_again_at_once(
    paged: Killable, where: str
) -> None:
    # Killed before the message left, or when it had: nobody can know which, and no page is lost.
    paged.begin_anew()
    assert paged.look(where) == "killed"
    left = paged.receiver.titles()
    assert left == ([] if where == "Outlet.send" else [PAGE])
    assert paged.look("0").startswith("done")
    assert paged.receiver.titles() == [*left, PAGE]
    # To the pager both are the same incident.
    assert len({it["body"]["dedup_key"] for it in paged.receiver.received()}) == 1
    [page] = deliveries(paged.data).query("attempts > 0").to_dict("records")
    assert (page["target"], page["state"], page["attempts"]) == ("on_call", "sent", 2)
    assert paged.look("0").startswith("done")
    assert len(paged.receiver.titles()) == len(left) + 1


@pytest.mark.long
def test_killed_anywhere_no_page_is_lost_and_there_is_one_incident(
    paged: Killable, came_of: CameOf
) -> None:
    paged.begin_anew()
    steps = int(paged.look("0").split()[1])
    rounds = taken = lost = doubled = 0
    try:
        for step in range(1, steps, max(1, steps // 150)):
            paged.begin_anew()
            assert paged.look(str(step)) == "killed"
            assert paged.look("0").startswith("done")
            received = paged.receiver.received()
            # To the pager all with one key are one incident, however often they are told.
            incidents = {it["body"]["dedup_key"] for it in received}
            rounds, taken = rounds + 1, taken + len(received)
            lost, doubled = lost + (not incidents), doubled + (len(incidents) > 1)
            assert len(incidents) == 1, step
            assert len(received) <= 2, step
            [page] = deliveries(paged.data).query("attempts > 0").to_dict("records")
            assert (page["target"], page["state"]) == ("on_call", "sent"), step
    finally:
        what = "A watch that pages through a pager: kill -9"
        came_of(what, rounds=rounds, taken=taken, lost=lost, doubled=doubled)


def test_killed_anywhere_and_started_again_each_message_is_sent_once(
    killable: Killable,
) -> None:
    steps = _steps(killable)
    for share in (0.4, 0.8):
        step = int(steps * share)
        _kill_at(killable, step)
        killable.check(str(step))


@pytest.mark.long
def test_killed_at_hundreds_of_steps_each_message_is_sent_once(
    killable: Killable, came_of: CameOf
) -> None:
    steps = _steps(killable)
    rounds = taken = lost = doubled = unsure = 0
    try:
        for step in range(1, steps, max(1, steps // 250)):
            _kill_at(killable, step)
            received = killable.receiver.titles()
            unconfirmed = deliveries(killable.data)["state"].tolist().count("unconfirmed")
            rounds, taken, unsure = rounds + 1, taken + len(received), unsure + unconfirmed
            lost += max(0, len(EXPECTED) - unconfirmed - len(set(received)))
            doubled += len(received) - len(set(received))
            killable.check(str(step))
    finally:
        what = f"A watch with four messages, {unsure} unconfirmed: kill -9"
        came_of(what, rounds=rounds, taken=taken, lost=lost, doubled=doubled)


@pytest.mark.long
def test_killed_again_and_again_it_gets_there(killable: Killable) -> None:
    # Each look gets a little further than the one before, from a fresh start every time.
    killable.begin_anew()
    for step in range(50, _steps(killable), 100):
        killable.look(str(step))
    killable.look("0")
    received = killable.receiver.titles()
    assert len(set(received)) == len(received)
    told = deliveries(killable.data)
    beside = told["alert"].str.startswith("BudgetBurn")  # the document's own say the same
    assert set(told.loc[beside, "state"]) == {"held"}
    assert set(told.loc[~beside, "state"]) <= {"sent", "unconfirmed"}


def _steps(killable: Killable) -> int:
    """How many steps a look has that tells everything."""
    killable.begin_anew()
    word, number = killable.look("0").split()
    assert word == "done"
    assert sorted(killable.receiver.titles()) == EXPECTED
    return int(number)


def _kill_at(killable: Killable, step: int) -> None:
    """Begin anew, be killed at a step, and be started again."""
    killable.begin_anew()
    assert killable.look(str(step)) == "killed"
    assert killable.look("0").startswith("done")
