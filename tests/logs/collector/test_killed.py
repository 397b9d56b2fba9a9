"""kill -9 under load, again and again: nothing acknowledged is lost, nothing is doubled."""

import http.client
import random
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.collecting import Client, collecting, kill, start, stored
from tests.long_rounds import CameOf
from tests.ports import held_port

SENDERS = 4
EVENTS = 3
LIMITS = {"spare": 0, "drain_every": 0.05, "per_second": 1e6, "burst": 10**6}


class _Sender(threading.Thread):
    """Sends batch after batch; one that is not answered is sent again, or given up."""

    def __init__(self, name: str, port: int, gives_up: bool) -> None:
        super().__init__(name=name)
        self.client = Client(port, timeout=5, keep=True)
        self.gives_up = gives_up
        self.acknowledged: list[str] = []
        self.given_up: list[str] = []
        self.again = 0
        self.refused: list[bytes] = []
        self.ends = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.ends.is_set():
            number += 1
            self._send(f"{self.name}-{number}")
        self.client.close()

    def _send(self, batch: str) -> None:
        events = [{"journey": "web", "session_id": f"{batch}-{n}"} for n in range(EVENTS)]
        while True:
            try:
                answer = self.client.send({"batch_id": batch, "events": events})
            except (OSError, http.client.HTTPException):
                if self.gives_up:
                    self.given_up.append(batch)
                    time.sleep(0.05)
                    return
                self.again += 1
                time.sleep(0.05)
                continue
            if answer.status == 202:
                self.acknowledged.append(batch)
                time.sleep(0.002)
            else:
                self.refused.append(answer.body)
            return


@dataclass(frozen=True)
class Outcome:
    """How many batches were acknowledged and sent again, how many events were lost and doubled."""

    acknowledged: int
    again: int
    lost: int
    doubled: int


def killed(root: Path, times: int, seed: int, collectors: int = 1) -> Outcome:
    """Kill so many times, and see what is in the tables.

    With more collectors they share the folder, and one of them is killed each time.
    """
    with ExitStack() as held:
        ports = [held.enter_context(held_port()) for _ in range(collectors)]
        return _killed(root, times, random.Random(seed), ports)


def _killed(root: Path, times: int, moments: random.Random, ports: list[int]) -> Outcome:
    collectors = len(ports)
    running = [start(root, port, LIMITS) for port in ports]
    senders = [
        _Sender(f"s{number}", ports[number % collectors], gives_up=number == 0)
        for number in range(SENDERS)
    ]
    for sender in senders:
        sender.start()
    try:
        for number in range(times):
            time.sleep(moments.uniform(0.02, 0.3))
            which = number % collectors
            kill(running[which])
            running[which] = start(root, ports[which], LIMITS)
        time.sleep(0.2)
        for sender in senders:
            sender.ends.set()
        for sender in senders:
            sender.join()
    finally:
        for process in running:
            kill(process)
    with collecting(root):  # whoever comes next finishes what the dead have left
        pass
    found = Counter(row["session_id"] for row in stored(root))
    acknowledged = {batch for sender in senders for batch in sender.acknowledged}
    given_up = {batch for sender in senders for batch in sender.given_up}
    assert not [sender.refused for sender in senders if sender.refused]
    expected = {f"{batch}-{n}" for batch in acknowledged for n in range(EVENTS)}
    # Of what was never acknowledged a batch is there as a whole or not at all.
    whole = Counter(event.rpartition("-")[0] for event in found)
    assert set(whole.values()) == {EVENTS}
    assert whole.keys() <= acknowledged | given_up
    assert not list((root / "collector" / "journal").iterdir())
    return Outcome(
        acknowledged=len(acknowledged),
        again=sum(sender.again for sender in senders),
        lost=len(expected - found.keys()),
        doubled=sum(count > 1 for count in found.values()),
    )


def test_one_of_two_on_a_folder_is_killed_five_times(tmp_path: Path) -> None:
    found = killed(tmp_path, 5, seed=1, collectors=2)
    assert (found.lost, found.doubled) == (0, 0)
    assert found.acknowledged > 20
    assert found.again > 0


@pytest.mark.long
@pytest.mark.parametrize("collectors", [1, 2])
def test_two_hundred_times_under_load(tmp_path: Path, collectors: int, came_of: CameOf) -> None:
    found = killed(tmp_path, 200, seed=3, collectors=collectors)
    who = "A collector" if collectors == 1 else "One of two collectors on a folder"
    taken, lost, doubled = found.acknowledged * EVENTS, found.lost, found.doubled
    came_of(f"{who} under load: kill -9", rounds=200, taken=taken, lost=lost, doubled=doubled)
    assert (lost, doubled) == (0, 0)
