"""A content is in as a whole or not at all, and never twice, whatever happens in between."""

import gzip
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from slo_core.errors import SloError
from slo_core.logs.ingest import quarantined, retry
from slo_core.logs.ingest.ledger import Ledger
from tests.logs.ingest.taking import SAMPLES, everything, mapping, rows, take
from tests.long_rounds import CameOf
from tests.small import ROOT, SHOP, STUDIO

LINE = '203.0.113.7 - - [31/Mar/2025:10:%02d:%02d +0000] "GET /a/%d HTTP/1.1" 200 5\n'


def lines(first: int, last: int) -> str:
    return "".join(LINE % (n // 60 % 60, n % 60, n) for n in range(first, last))


def test_the_second_time_nothing_changes(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = take(data, SAMPLES)
    before = everything(data)
    second = take(data, SAMPLES)
    assert everything(data) == before
    assert first.total.accepted > 0
    assert (second.total.accepted, second.total.quarantined) == (0, 0)
    assert all(file.already for file in second.files)


def test_the_same_content_under_another_name_or_compressed_is_known(tmp_path: Path) -> None:
    data, content = tmp_path / "data", (SAMPLES / "combined.log").read_bytes()
    take(data, SAMPLES / "combined.log")
    (tmp_path / "access.log.1").write_bytes(content)
    (tmp_path / "access.log.2.gz").write_bytes(gzip.compress(content))
    taken = take(data, tmp_path / "access.log.*")
    assert [file.already for file in taken.files] == [True, True]
    assert len(rows(data)) == 8


def test_of_a_file_that_has_grown_only_the_new_lines_are_taken(tmp_path: Path) -> None:
    data, log = tmp_path / "data", tmp_path / "access.log"
    for end in (3, 50, 120):
        log.write_text(lines(0, end), "utf-8")
        take(data, log)
        assert len(rows(data)) == end
    log.write_text(lines(0, 130) + "damaged", "utf-8")
    total = take(data, log).total
    assert (total.accepted, total.quarantined) == (10, 1)
    assert dict(total.skipped) == {"lines that were in before": 120}
    (apart,) = quarantined(data).to_dict("records")
    assert apart["line"] == 131
    assert log.read_bytes()[apart["byte_offset"] :] == b"damaged"


@pytest.mark.parametrize("end", [1, 30, 55, -6, -4, -1])
def test_a_line_that_is_still_being_written_is_taken_once_it_is_whole(
    tmp_path: Path, end: int
) -> None:
    """Torn anywhere: set apart and taken when it goes on, or read so far and not taken again."""
    data, log = tmp_path / "data", tmp_path / "access.log"
    whole = lines(0, 8)
    last = LINE % (0, 7, 7)
    log.write_text(lines(0, 7) + last[:end], "utf-8")
    first = take(data, log).total
    assert first.accepted + first.quarantined == 8
    log.write_text(whole + lines(8, 10), "utf-8")
    second = take(data, log).total
    readable = first.accepted == 8
    assert (second.accepted, second.quarantined) == (2 if readable else 3, 0)
    assert sum(second.skipped.values()) == (8 if readable else 7)
    assert [row["endpoint"] for row in rows(data)] == [f"/a/{n}" for n in range(10)]
    assert quarantined(data).empty
    assert sum(report["quarantined"] for report in Ledger(data).reports()) == 0
    assert take(data, log).files[0].already


def test_of_a_torn_line_the_others_that_were_set_apart_stay(tmp_path: Path) -> None:
    data, log = tmp_path / "data", tmp_path / "access.log"
    log.write_text("rubbish\n" + lines(0, 1) + "203.0.113.7 - -", "utf-8")
    assert take(data, log).total.quarantined == 2
    log.write_text("rubbish\n" + lines(0, 1) + "203.0.113.7 - - and no more\n", "utf-8")
    assert take(data, log).total.quarantined == 1
    apart = quarantined(data).sort_values("line")
    assert list(apart["line"]) == [1, 3]
    assert retry(data, STUDIO).total.quarantined == 2


def test_a_file_that_only_begins_alike_is_another(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (tmp_path / "one").write_text(lines(0, 100), "utf-8")
    (tmp_path / "two").write_text(lines(0, 99) + lines(500, 501), "utf-8")
    (tmp_path / "three").write_text(lines(0, 50), "utf-8")
    assert take(data, tmp_path / "one", tmp_path / "two").total.accepted == 200
    assert take(data, tmp_path / "three").total.accepted == 50


def ingest_command(data: Path, log: Path) -> list[str]:
    words = ["ingest", str(log), "--data", str(data), "--report", "json"]
    return [sys.executable, "-m", "slo_core", *words]


@pytest.mark.parametrize("rounds", [3, pytest.param(60, marks=pytest.mark.long)])
def test_a_killed_ingest_leaves_nothing_half_done(
    tmp_path: Path, rounds: int, came_of: CameOf
) -> None:
    log, data = tmp_path / "access.log", tmp_path / "data"
    log.write_text(lines(0, 20_000) + "damaged\n", "utf-8")
    start = time.monotonic()
    whole = tmp_path / "whole"
    subprocess.run(ingest_command(whole, log), cwd=ROOT, check=True, capture_output=True)
    length = time.monotonic() - start
    for number in range(rounds):
        process = subprocess.Popen(
            ingest_command(data, log),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(length * (number + 1) / (rounds + 1))
        process.send_signal(signal.SIGKILL)
        process.wait()
        there = {path.name for path in (data / "requests").rglob("*.parquet")}
        if not any((data / "ingest").glob(".ready-*")):
            # Not begun, or complete.
            done = any((data / "ingest").glob("*.json"))
            assert bool(there) == done
    take(data, log)
    found, expected = (Counter(row["endpoint"] for row in rows(it)) for it in (data, whole))
    lost, doubled = (sum((a - b).values()) for a, b in ((expected, found), (found, expected)))
    came_of("An ingest: kill -9", rounds=rounds, taken=20_000, lost=lost, doubled=doubled)
    assert (lost, doubled) == (0, 0)
    assert len(rows(data)) == 20_000
    assert len(quarantined(data)) == 1
    assert not list((data / "ingest").glob(".[rs]*"))


def test_what_was_cut_short_while_it_was_brought_in_is_finished(tmp_path: Path) -> None:
    data = tmp_path / "data"
    take(data, SAMPLES / "damaged.log")
    whole = everything(data)
    (report,) = Ledger(data).reports()
    # Everything is back in the folder that was being brought in, but for its first part.
    ready = data / "ingest" / f".ready-{report['id']}"
    ready.mkdir()
    (data / "ingest" / f"{report['id']}.json").rename(ready / "report.json")
    Ledger(data).quarantine(report["id"]).rename(ready / "quarantine.parquet")
    assert take(data, SAMPLES / "damaged.log").total.accepted == 0
    assert everything(data) == whole


def test_a_retry_takes_what_can_be_read_now(tmp_path: Path) -> None:
    data, log = tmp_path / "data", tmp_path / "events.jsonl"
    log.write_text(
        '{"ts": "2025-03-31T10:00:00Z", "journey": "checkout", "status": 200}\n'
        '{"ts": "2025-03-31T10:00:01Z", "journey": "api", "status": 200}\n'
        '{"ts": "2025-03-31T10:00:02Z", "journey": "nowhere", "status": 500}\n'
    )
    take(data, log)
    (report,) = Ledger(data).reports()
    assert (report["accepted"], report["quarantined"]) == (1, 2)
    assert retry(data, STUDIO).total.accepted == 0
    # A catalogue that knows the first journey.
    taken = retry(data, SHOP, [report["id"]])
    assert (taken.total.accepted, taken.total.quarantined) == (1, 1)
    assert [row["journey"] for row in rows(data)] == ["checkout", "api"]
    (apart,) = quarantined(data).to_dict("records")
    assert (apart["line"], apart["reason"]) == (3, "journey nowhere is not in the catalogue")
    (report,) = Ledger(data).reports()
    assert (report["accepted"], report["quarantined"]) == (2, 1)
    assert report["journeys"] == {"api": 1, "checkout": 1}
    assert take(data, log).total.accepted == 0


def test_a_file_that_is_not_what_it_was_is_not_retried(tmp_path: Path) -> None:
    data, log = tmp_path / "data", tmp_path / "log"
    log.write_text(lines(0, 2) + "rubbish\n", "utf-8")
    take(data, log)
    before = everything(data)
    log.write_text(lines(5, 9), "utf-8")
    (file,) = retry(data, STUDIO).files
    assert "has changed since it was read" in (file.problem or "")
    log.unlink()
    (file,) = retry(data, STUDIO).files
    assert "cannot be read" in (file.problem or "")
    with pytest.raises(SloError, match="knows no file 'nothing'"):
        retry(data, STUDIO, ["nothing"])
    assert everything(data) == before


def test_a_retry_knows_the_mapping_that_was_said(tmp_path: Path) -> None:
    data, log = tmp_path / "data", tmp_path / "log.csv"
    log.write_text("when,st\n2025-03-31 10:00:00,200\n2025-03-31 10:00:01,abc\n", "utf-8")
    own = mapping(reader="csv", columns={"ts": "when", "status": "st"})
    assert take(data, log, mapping=own).total.quarantined == 1
    again = retry(data, STUDIO).total
    assert dict(again.reasons) == {"status is not a whole number from 100 to 599": 1}
    own = mapping(reader="csv", columns={"ts": "when"})
    assert retry(data, STUDIO, mapping=own).total.accepted == 1


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    total = take(data, SAMPLES, dry_run=True).total
    assert total.accepted > 40
    assert not data.exists()
    clock = tmp_path / "clock.log"
    clock.write_text(
        lines(0, 3)
        + LINE.replace("2025", "2023") % (0, 0, 1)
        + LINE.replace("2025", "2150") % (0, 1, 1)
    )
    said = take(data, clock, dry_run=True).as_dict()
    # Of 2150 it is 125 years until then: four rows are more than a year before the last one.
    assert said["clock"]["future"] == 1
    assert said["clock"]["far_past"] == 4
    assert said["clock"]["out_of_order"] == 1
    assert said["dry_run"] is True
    assert json.dumps(said)
