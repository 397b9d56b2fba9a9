"""Journals become tables, each row once: torn, repeated, shared, interrupted, and put together."""

import json
import os
import resource
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import wait
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from slo_core.logs import late
from slo_core.logs.collector import Limits, compact, drain
from slo_core.logs.collector.batches import Batches
from slo_core.logs.collector.drain import Drain
from slo_core.logs.collector.journal import Entry, Journal, read_segment
from slo_core.logs.store import SUPERSEDED, Store
from slo_core.rollup import refresh
from slo_core.rollup.retain import retain
from slo_core.sli import arrivals
from tests.collecting import Client, collecting, kill, start, stored
from tests.long_rounds import CameOf
from tests.small import STUDIO

NOON = datetime(2025, 3, 30, 12)
LIMITS = Limits(spare=0)


def entry(number: int, batch: str | None = None, ts: datetime = NOON) -> Entry:
    """One request, told apart by its duration."""
    row = {"ts": ts, "journey": "web", "duration_ms": float(number)}
    return Entry(f"{batch:0>32}" if batch else None, [("requests", row)])


def numbers(root: Path) -> list[int]:
    return sorted(int(row["duration_ms"]) for row in stored(root))


@contextmanager
def writing(root: Path, *entries: Entry) -> Iterator[tuple[Drain, Journal]]:
    """One process's journal with some entries on disk."""
    here = Drain(root)
    journal = Journal(here.journal, here.process, LIMITS)
    wait([journal.append(each) for each in entries])
    yield here, journal
    journal.stop()
    here.close()


def run(here: Drain, journal: Journal, now: datetime = NOON) -> int:
    journal.close_segment()
    return here.run(now, journal.open_segment)


def test_what_was_acknowledged_is_on_disk_at_once(tmp_path: Path) -> None:
    with writing(tmp_path, entry(1), entry(2)) as (here, journal):
        path = journal.open_segment()
        assert path is not None
        assert [each.rows[0][1]["duration_ms"] for each in read_segment(path)] == [1, 2]
        assert run(here, journal) == 1
        assert numbers(tmp_path) == [1, 2]
        assert here.backlog() == 0


def test_a_row_of_each_kind_comes_out_as_it_went_in(tmp_path: Path) -> None:
    rows = [
        ("requests", {"ts": NOON.replace(microsecond=7), "journey": "api", "status": 200}),
        ("probes", {"ts": NOON, "scope": "api", "target": "eu", "ok": False}),
        ("steps", {"ts": NOON, "journey": "api", "attempt_id": "ä\n", "step": "s"}),
    ]
    with writing(tmp_path, Entry(None, rows)) as (here, journal):
        run(here, journal)
    for table, row in rows:
        [found] = stored(tmp_path, table)
        assert {name: value for name, value in found.items() if value is not None} == row


def test_events_of_another_date_lie_in_their_own_folder(tmp_path: Path) -> None:
    late = NOON - timedelta(days=2)
    with writing(tmp_path, entry(1), entry(2, ts=late)) as (here, journal):
        run(here, journal)
        assert set(Store(tmp_path).listing("requests").files) == {NOON.date(), late.date()}
        first = refresh(Store(tmp_path), STUDIO).manifests["requests"].entries
        # One that comes later still is rolled up into its own date with the next look.
        wait([journal.append(entry(3, ts=late + timedelta(hours=5)))])
        run(here, journal)
    then = refresh(Store(tmp_path), STUDIO).manifests["requests"].entries
    assert then[NOON.date()] == first[NOON.date()]
    assert first[late.date()].last_at == late
    assert then[late.date()].last_at == late + timedelta(hours=5)


@pytest.mark.parametrize("removed", ["by retention", "by hand"])
def test_events_of_a_day_whose_raw_logs_are_gone_are_set_apart(
    tmp_path: Path, removed: str
) -> None:
    """Its kept figures stay what they are; the events are kept, counted by nobody, and told of."""
    old = NOON - timedelta(days=3)
    store = Store(tmp_path)
    with writing(tmp_path, entry(1), entry(2, ts=old), entry(3, ts=old)) as (here, journal):
        run(here, journal)
        refresh(store, STUDIO)
        if removed == "by retention":
            retain(store, STUDIO, 2, NOON)
        else:
            shutil.rmtree(tmp_path / "requests" / f"date={old.date()}")
        before = refresh(store, STUDIO)
        assert before.problems == []
        for number in (4, 5):  # as a late sender has it: one after the other
            wait([journal.append(entry(number, ts=old)), journal.append(entry(number + 10))])
            run(here, journal)
            after = refresh(store, STUDIO)
    assert after.manifests["requests"].entries[old.date()].first_at == old
    entries = (it.manifests["requests"].entries[old.date()] for it in (before, after))
    assert len({(entry.fingerprint, entry.folder) for entry in entries}) == 1
    assert numbers(tmp_path) == [1, 14, 15]
    assert numbers(tmp_path / late.FOLDER) == [4, 5]
    where = "collector/late/requests/date=2025-03-27"
    [problem] = after.problems
    assert (problem.file, problem.rows) == (where, 2)
    assert problem.reason.startswith("came when the raw logs of 2025-03-27 were gone")
    assert arrivals.uncounted(after).to_dict("records") == [
        {"day": old.date(), "table": "requests", "rows": 2, "where": where}
    ]


@pytest.mark.parametrize("kept", range(1, 60, 7))
def test_a_line_that_was_cut_off_was_never_acknowledged(tmp_path: Path, kept: int) -> None:
    with writing(tmp_path, entry(1), entry(2)) as (here, journal):
        journal.close_segment()
        [path] = here.journal.glob("*.journal")
        first, second = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(first + second[:kept])
        here.run(NOON, journal.open_segment)
    assert numbers(tmp_path) == [1]


def test_a_damaged_line_takes_no_other_with_it(tmp_path: Path) -> None:
    with writing(tmp_path, entry(1), entry(2), entry(3)) as (here, journal):
        journal.close_segment()
        [path] = here.journal.glob("*.journal")
        path.write_bytes(path.read_bytes().replace(b"2.0", b"2.1"))
        here.run(NOON, journal.open_segment)
    assert numbers(tmp_path) == [1, 3]


def test_a_batch_counts_once_in_a_file_and_over_files_and_processes(tmp_path: Path) -> None:
    with (
        writing(tmp_path, entry(1, "a"), entry(1, "a")) as (one, first),
        writing(tmp_path, entry(1, "a"), entry(2, "b")) as (two, second),
    ):
        run(two, second)
        run(one, first)
        wait([first.append(entry(2, "b")), first.append(entry(3, "c"))])
        run(one, first)
    assert numbers(tmp_path) == [1, 2, 3]


def test_a_batch_is_forgotten_after_a_day(tmp_path: Path) -> None:
    batches = Batches(tmp_path)
    batches.add("s", ["0" * 32], NOON)
    batches.catch_up(NOON + timedelta(hours=24))
    assert batches.segment_of("0" * 32) == "s"
    batches.catch_up(NOON + timedelta(hours=26))
    assert batches.known() == []
    assert list(tmp_path.iterdir()) == []


def test_the_clock_may_go_back(tmp_path: Path) -> None:
    with writing(tmp_path, entry(1, "a")) as (here, journal):
        run(here, journal)
        for number in (2, 3):
            earlier = NOON - timedelta(days=number)
            wait([journal.append(entry(1, "a")), journal.append(entry(number, ts=earlier))])
            run(here, journal, now=earlier)
    assert numbers(tmp_path) == [1, 2, 3]


# --- Interrupted ---------------------------------------------------------------------------------


class _PowerCutError(BaseException):
    pass


CHANGES = ("replace", "unlink", "mkdir")


def cut_at(
    monkeypatch: pytest.MonkeyPatch, call: int, names: Sequence[str] = CHANGES
) -> Callable[[], int]:
    """Stop everything at the n-th touch of the disk; tells how many there were."""
    made = 0

    def counting(change: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **options: Any) -> Any:
            nonlocal made
            if str(args[0]).endswith(".lock"):
                return change(*args, **options)
            made += 1
            if made == call:
                raise _PowerCutError
            return change(*args, **options)

        return counted

    for name in names:
        monkeypatch.setattr(Path, name, counting(getattr(Path, name)))
    monkeypatch.setattr(os, "fsync", counting(os.fsync))
    return lambda: made


def test_draining_can_end_anywhere_and_is_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut at each change of the disk in turn; between two cuts another process takes over."""
    entries = (entry(1, "a"), entry(2, ts=NOON - timedelta(days=1)), entry(3, "c"))
    call, cuts = 0, True
    while cuts:
        call += 1
        root = tmp_path / str(call)
        with writing(root, *entries) as (one, first):
            journal_folder, process = one.journal, one.process
            first.close_segment()
            [path] = journal_folder.glob("*.journal")
            content = path.read_bytes()
            with monkeypatch.context() as patch:
                made = cut_at(patch, call, (*CHANGES, "open"))
                with suppress(_PowerCutError):
                    one.run(NOON, first.open_segment)
                cuts = made() >= call
        assert process in path.name
        # A batch of the interrupted file comes again, to another process that takes over.
        with writing(root, entry(1, "a")) as (two, second):
            run(two, second)
            run(two, second)
        assert numbers(root) == [1, 2, 3], f"cut at change {call} of {content!r}"
        assert not list(journal_folder.glob("*.journal"))
    assert call > 10


def test_putting_files_together_can_end_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever it ends, readers see each row once; the next time it is done to the end."""
    monkeypatch.setattr(compact, "TOGETHER", 3)
    call, cuts = 0, True
    while cuts:
        call += 1
        root = tmp_path / str(call)
        with writing(root) as (here, journal):
            for number in (1, 2):
                wait([journal.append(entry(number))])
                run(here, journal)
            wait([journal.append(entry(99))])
            with monkeypatch.context() as patch:
                made = cut_at(patch, call)
                with suppress(_PowerCutError):
                    run(here, journal)
                cuts = made() >= call
            seen = numbers(root)
            assert seen in ([1, 2], [1, 2, 99])
            run(here, journal)
            run(here, journal)
            assert numbers(root) == [1, 2, 99], f"cut at change {call}"
            folder = root / "requests" / "date=2025-03-30"
            assert not list(folder.glob(SUPERSEDED))
    assert call > 10


# --- Put together --------------------------------------------------------------------------------


def test_small_files_become_larger_ones_and_a_day_that_is_over_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "requests" / "date=2025-03-30"
    with writing(tmp_path) as (here, journal):
        for number in range(40):
            wait([journal.append(entry(number))])
            run(here, journal)
        # 40 files are twice sixteen put together, and eight.
        names = sorted(path.name for path in folder.iterdir())
        assert len(names) == 10
        assert sum(name.startswith("collector-level1-") for name in names) == 2
        assert refresh(Store(tmp_path), STUDIO).problems == []
        monkeypatch.setattr(compact, "_SETTLED_SECONDS", -1)
        run(here, journal, now=NOON + timedelta(days=1))
        [only] = folder.iterdir()
        assert only.name.startswith("collector-day-")
        # A late event joins it.
        wait([journal.append(entry(40))])
        run(here, journal, now=NOON + timedelta(days=1))
        assert len(list(folder.iterdir())) == 1
    assert numbers(tmp_path) == [*range(41)]
    # Another tool's file in the same folder is left alone.
    assert pq.read_schema(next(folder.iterdir())).equals(drain.schema(drain.TABLES["requests"]))


def test_the_rows_of_two_files_are_not_read_twice_while_one_replaces_the_other(
    tmp_path: Path,
) -> None:
    with writing(tmp_path) as (here, journal):
        for number in (1, 2):
            wait([journal.append(entry(number))])
            run(here, journal)
    folder = tmp_path / "requests" / "date=2025-03-30"
    both = sorted(path.name for path in folder.iterdir())
    note = folder / SUPERSEDED.replace("*", "new")
    note.write_text(json.dumps({"by": "new.parquet", "files": both}))
    assert numbers(tmp_path) == [1, 2]  # it never came
    os.link(folder / both[0], folder / "new.parquet")
    assert numbers(tmp_path) == [1]  # it is there, and says all


# --- Full ----------------------------------------------------------------------------------------


def test_a_full_disk_is_told_and_nothing_of_the_batch_is_kept(tmp_path: Path, port: int) -> None:
    """The disk takes 4 kB a file, as a limit of the process: what was half written is taken back.

    Once there is room, the same batch is taken.
    """
    root = tmp_path / "data"
    limits = {"spare": 0, "drain_every": 3600.0}

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))

    process = start(root, port, limits, preexec_fn=small_files)
    try:
        sender = Client(port)
        event = {"journey": "web", "duration": 1, "user_id": "u" * 300}
        answers = [
            sender.send({"batch_id": f"b{number}", "events": [event] * 3}) for number in range(9)
        ]
        statuses = [answer.status for answer in answers]
        taken = statuses.count(202)
        assert statuses == [202] * taken + [507] * (9 - taken)
        assert 1 <= taken < 9
        assert "the disk is full" in answers[-1].json["error"]
        assert answers[-1].headers["retry-after"] == "30"
        small = sender.send([{"journey": "web", "duration": 2}])  # what fits is still taken
        assert small.status == 202
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1 << 30, resource.RLIM_INFINITY))
        again = sender.send({"batch_id": "b8", "events": [event] * 3})
        assert (again.status, again.json["duplicate"]) == (202, False)
    finally:
        kill(process)
    with collecting(root):
        pass
    assert len(stored(root)) == 3 * taken + 1 + 3


def test_room_is_left_for_tables(tmp_path: Path) -> None:
    with collecting(tmp_path, limits=Limits(spare=1 << 60)) as client:
        assert client.send([{"journey": "web", "duration": 1}]).status == 507
    assert stored(tmp_path) == []


@pytest.mark.long
def test_a_disk_that_is_really_full(tmp_path: Path, came_of: CameOf) -> None:
    """A file system of a megabyte: 507 when it is full, and 202 again once there is room.

    Ten times over, with another batch at the end of which it is full.
    """
    taken = lost = doubled = 0
    for number in range(10):
        (root := tmp_path / f"{number}").mkdir()
        acknowledged, found = filled(root, events=10 + 7 * number)
        taken += len(acknowledged)
        lost += len(acknowledged - found.keys())
        doubled += sum(count > 1 for count in found.values())
        assert found.keys() <= acknowledged, "what was refused is not kept"
    came_of("A disk of 1 MB that is full", rounds=10, taken=taken, lost=lost, doubled=doubled)
    assert (lost, doubled) == (0, 0)


def filled(tmp_path: Path, events: int) -> tuple[set[str], Counter[str]]:
    """Fill a small disk with batches of so many events; returns those acknowledged, and stored."""
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)]
    mounted = subprocess.run(command, capture_output=True, text=True)
    assert mounted.returncode == 0, f"this test mounts a tmpfs, which needs root: {mounted.stderr}"
    try:
        filler = tmp_path / "filler"
        filler.write_bytes(b"x" * 900_000)
        acknowledged: set[str] = set()
        with collecting(tmp_path / "data", limits=Limits(spare=0, drain_every=0.2)) as client:
            statuses = set()
            for number in range(31):
                if number == 30:
                    filler.unlink()
                ids = [f"{number}-{event}-".ljust(1000, "u") for event in range(events)]
                batch = [{"journey": "web", "duration": 1, "user_id": user} for user in ids]
                statuses.add(status := client.send(batch).status)
                if status == 202:
                    acknowledged |= set(ids)
            assert (statuses, status) == ({202, 507}, 202)
        return acknowledged, Counter(row["user_id"] for row in stored(tmp_path / "data"))
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)
