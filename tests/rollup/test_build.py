"""Raw logs are read once, dates are redone alone, and a rollup may be killed at any moment."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from slo_core.catalog import parse_catalog
from slo_core.errors import SloError
from slo_core.logs.store import open_store
from slo_core.register import read_maintenance
from slo_core.rollup import Rollup, batch, manifest, reader, refresh
from slo_core.sli.availability import timeline
from slo_core.sli.counts import window_counts
from slo_core.sli.windows import Window
from slo_core.status import status
from tests.random_logs import PLAIN, write_file, write_tables
from tests.small import ROOT, STUDIO, small_rollup

START = datetime(2025, 3, 28)
DAYS = 4
AT = START + timedelta(days=DAYS)


def songs(days: int = DAYS, a_day: int = 40, start: datetime = START) -> list[dict[str, Any]]:
    """So many songs a day, half an hour apart; every tenth fails."""
    return [
        {
            "ts": start + timedelta(days=day, minutes=30 * number),
            "journey": "song_generation",
            "status": 500 if number % 10 == 9 else 200,
            "duration_ms": 1000.0 + number,
            "endpoint": f"/songs/{number}",
            "user_id": f"u{number % 7}",
            "source": "client",
        }
        for day in range(days)
        for number in range(a_day)
    ]


def folders(rollup: Rollup, unit: str = "requests") -> dict[date, str | None]:
    return {day: entry.folder for day, entry in rollup.manifests[unit].entries.items()}


def totals(rollup: Rollup) -> tuple[float, float]:
    counts = window_counts(rollup, [Window("all", START, AT)])
    rows = counts[
        (counts["journey"] == "song_generation") & (counts["objective"] == "success_rate")
    ]
    return rows["good"].sum(), rows["valid"].sum()


def again(folder: Path) -> Rollup:
    return refresh(open_store(folder), STUDIO)


def test_a_second_look_reads_no_raw_log(tmp_path: Path) -> None:
    first = small_rollup(tmp_path, {"requests": songs()})
    assert totals(first) == (36 * DAYS, 40 * DAYS)
    # The content of every raw file is destroyed without a trace in its size and time: whoever
    # read one again would fail.
    for path in tmp_path.glob("requests/*/*.parquet"):
        stat = path.stat()
        path.write_bytes(b"x" * stat.st_size)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    second = again(tmp_path)
    assert folders(second) == folders(first)
    assert totals(second) == totals(first)
    assert second.problems == []


def test_a_new_file_redoes_its_date_alone(tmp_path: Path) -> None:
    before = small_rollup(tmp_path, {"requests": songs()})
    late = songs(1, a_day=10, start=START + timedelta(days=1))
    write_file(tmp_path / "requests/date=2025-03-29/late.parquet", "requests", late, PLAIN)
    after = again(tmp_path)
    changed = {day for day, folder in folders(after).items() if folders(before)[day] != folder}
    assert changed == {date(2025, 3, 29)}
    assert totals(after) == (36 * DAYS + 9, 40 * DAYS + 10)


def test_a_date_without_raw_logs_is_kept(tmp_path: Path) -> None:
    before = small_rollup(tmp_path, {"requests": songs()})
    shutil.rmtree(tmp_path / "requests" / "date=2025-03-28")
    after = again(tmp_path)
    assert folders(after) == folders(before)
    assert totals(after) == totals(before)
    shutil.rmtree(tmp_path / "requests")
    assert totals(again(tmp_path)) == totals(before)


def test_the_rollup_can_be_deleted_and_made_again(tmp_path: Path) -> None:
    before = small_rollup(tmp_path, {"requests": songs()})
    stated = status(before, AT)
    shutil.rmtree(tmp_path / "rollup")
    assert status(again(tmp_path), AT) == stated


def test_figures_that_somebody_deleted_are_made_again(tmp_path: Path) -> None:
    before = small_rollup(tmp_path, {"requests": songs()})
    stated = status(before, AT)
    for folder in tmp_path.glob("rollup/requests/2025-*"):
        shutil.rmtree(folder)
    assert status(again(tmp_path), AT) == stated


def forget_what_was_there() -> None:
    """Look at the folder as a new process would."""
    manifest._deleted.cache_clear()
    manifest._listed.cache_clear()


def test_a_part_that_somebody_deleted_is_made_again(tmp_path: Path) -> None:
    before = small_rollup(tmp_path, {"requests": songs()})
    stated = status(before, AT)
    [part] = tmp_path.glob("rollup/requests/*/hour/date=2025-03-30/*.parquet")
    part.unlink()
    forget_what_was_there()
    again_ = again(tmp_path)
    assert status(again_, AT) == stated
    changed = {day for day, it in folders(again_).items() if folders(before)[day] != it}
    assert changed == {date(2025, 3, 30)}


def test_kept_history_that_somebody_deleted_is_named(tmp_path: Path) -> None:
    before = small_rollup(tmp_path, {"requests": songs()})
    assert before.problems == []
    shutil.rmtree(tmp_path / "requests")
    assert again(tmp_path).problems == []
    for output in ("hour", "minute"):
        shutil.rmtree(next(tmp_path.glob(f"rollup/requests/*/{output}/date=2025-03-29")))
    for path in tmp_path.glob("rollup/requests/*/*/date=2025-03-30/*.parquet"):
        path.unlink()
    forget_what_was_there()
    told = status(again(tmp_path), AT)["problems"]
    home = folders(before)[date(2025, 3, 29)]
    assert {it["file"] for it in told} == {f"rollup/requests/{home}"}
    reasons = sorted(it["reason"] for it in told)
    assert reasons[0].startswith("kept history of 2025-03-29 is missing: minute, hour; the raw")
    assert reasons[1].startswith("kept history of 2025-03-30 is missing: minute, hour, histogram")
    assert totals(again(tmp_path)) == (36 * 2, 40 * 2)

    shutil.rmtree(tmp_path / "rollup/requests" / str(home))
    forget_what_was_there()
    [only] = status(again(tmp_path), AT)["problems"]
    whole = "kept history of 4 days, 2025-03-28 to 2025-03-31, is missing: all figures; the raw"
    assert only["reason"].startswith(whole)


def test_a_process_that_has_seen_kept_history_notices_that_it_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(manifest.time, "monotonic", lambda: clock[0])
    small_rollup(tmp_path, {"requests": songs()})
    shutil.rmtree(tmp_path / "requests")
    seen = again(tmp_path)
    assert totals(seen) == (36 * 4, 40 * 4)
    shutil.rmtree(next(tmp_path.glob("rollup/requests/2025-*")))
    clock[0] += manifest.LOOK_AGAIN
    gone = again(tmp_path)
    [problem] = gone.problems
    assert problem.reason.startswith("kept history of 4 days, 2025-03-28 to 2025-03-31, is missing")
    assert gone.version != seen.version
    assert not gone.files("requests", "hour", [(datetime(2025, 3, 28), AT)])
    # As a new process says it.
    stated = status(gone, AT)
    forget_what_was_there()
    assert status(again(tmp_path), AT) == stated


@pytest.mark.parametrize("broken", ["", "{", "{}", "[]", '{"entries": {"x": {}}, "plans": {}}'])
def test_a_broken_manifest_is_told_in_one_sentence(tmp_path: Path, broken: str) -> None:
    small_rollup(tmp_path, {"requests": songs(1)})
    (tmp_path / "rollup/requests/manifest.json").write_text(broken)
    with pytest.raises(SloError, match=r"manifest\.json cannot be read: .* remove the folder"):
        again(tmp_path)


def test_a_folder_that_cannot_be_written_is_told_in_one_sentence(tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(1)})
    (tmp_path / "rollup").write_text("in the way")
    with pytest.raises(SloError, match=r"rollup cannot be written .* allow writing there"):
        again(tmp_path)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    before = small_rollup(tmp_path, {"requests": songs()})
    path = next(tmp_path.glob("requests/date=2025-03-30/*.parquet"))
    path.unlink()
    fewer = songs(1, a_day=10, start=START + timedelta(days=2))
    write_file(path, "requests", fewer, PLAIN)
    for other in path.parent.glob("*.parquet"):
        if other != path:
            other.unlink()
    after = again(tmp_path)
    changed = {day for day, folder in folders(after).items() if folders(before)[day] != folder}
    assert changed == {date(2025, 3, 30)}
    assert totals(after) == (36 * 3 + 9, 40 * 3 + 10)


@pytest.mark.parametrize(
    ("old", "new", "redone"),
    [
        ("99.5%", "99.4%", False),  # words decide nothing
        ("value: 90 s", "value: 80 s", True),  # a timeout decides outcomes
        ("{below: 15000, unit: ms}", "{below: 14000, unit: ms}", True),
    ],
    ids=["words", "timeout", "threshold"],
)
def test_a_catalogue_redoes_what_it_changes(
    tmp_path: Path, old: str, new: str, redone: bool
) -> None:
    before = small_rollup(tmp_path, {"requests": songs()})
    text = (ROOT / "data" / "studio.yaml").read_text("utf-8")
    assert old in text
    after = refresh(open_store(tmp_path), parse_catalog(text.replace(old, new), name="new"))
    assert {folders(after)[day] != folder for day, folder in folders(before).items()} == {redone}
    assert totals(after) == totals(before)


def test_kept_history_is_not_redone_by_another_catalogue(tmp_path: Path) -> None:
    before = small_rollup(tmp_path, {"requests": songs()})
    shutil.rmtree(tmp_path / "requests" / "date=2025-03-28")
    text = (ROOT / "data" / "studio.yaml").read_text("utf-8")
    newer = parse_catalog(text.replace("value: 90 s", "value: 80 s"), name="new")
    after = refresh(open_store(tmp_path), newer)
    kept = {day for day, folder in folders(before).items() if folders(after)[day] == folder}
    assert kept == {date(2025, 3, 28)}
    assert totals(after) == totals(before)


def attempts(rollup: Rollup) -> dict[datetime, int]:
    """Attempts by the hour of their first step."""
    source = rollup.source("steps", "funnel", [(START, AT)])
    frame = rollup.cursor().execute(source or "").df()
    found = frame.groupby("hour")["attempts"].sum()
    return {hour.to_pydatetime(): int(count) for hour, count in found.items()}


@pytest.mark.parametrize("rows_together", [1, 1_000_000])
def test_an_attempt_over_midnight_is_one_attempt_also_when_its_first_day_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_together: int
) -> None:
    monkeypatch.setattr(reader, "BATCH_ROWS", rows_together)
    midnight = START + timedelta(days=1)
    steps = [("prompt", -2), ("generate", -1), ("listen", 1), ("save", 2)]
    rows = [
        {
            "ts": midnight + timedelta(minutes=minutes),
            "journey": "song_generation",
            "attempt_id": "a",
            "step": step,
        }
        for step, minutes in steps
    ]
    expected = {START + timedelta(hours=23): 1}
    first = small_rollup(tmp_path, {"steps": rows})
    assert attempts(first) == expected
    # Retention removes the first day; the second must not begin the attempt anew.
    shutil.rmtree(tmp_path / "steps" / "date=2025-03-28")
    second = again(tmp_path)
    assert attempts(second) == expected
    assert folders(second, "steps") == folders(first, "steps")


def test_a_late_step_redoes_the_dates_beside_it_too(tmp_path: Path) -> None:
    def a_step(step: str, minutes: int) -> dict[str, Any]:
        ts = START + timedelta(days=1, minutes=minutes)
        return {"ts": ts, "journey": "song_generation", "attempt_id": "a", "step": step}

    assert attempts(small_rollup(tmp_path, {"steps": [a_step("generate", 5)]})) == {
        START + timedelta(days=1): 1
    }
    late = [a_step("prompt", -5)]
    write_file(tmp_path / "steps/date=2025-03-28/late.parquet", "steps", late, PLAIN)
    assert attempts(again(tmp_path)) == {START + timedelta(hours=23): 1}


def test_hours_at_a_time_are_the_same_as_a_whole_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = status(small_rollup(tmp_path / "whole", {"requests": songs()}), AT)
    monkeypatch.setattr(batch, "CHUNK_ROWS", 7)
    parts = small_rollup(tmp_path / "parts", {"requests": songs()})
    assert status(parts, AT) == whole
    for output in ("breakdown", "histogram_hour", "histogram_day", "users", "slices"):
        assert _rows(parts, output) == _rows(again(tmp_path / "whole"), output)


def _rows(rollup: Rollup, output: str) -> list[Any]:
    source = rollup.source("requests", output, [(START, AT)])
    return rollup.cursor().execute(f"SELECT * FROM ({source}) ORDER BY ALL").fetchall()


def test_dates_one_by_one_are_the_same_as_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = status(small_rollup(tmp_path / "together", {"requests": songs()}), AT)
    monkeypatch.setattr(reader, "BATCH_ROWS", 1)
    alone = status(small_rollup(tmp_path / "alone", {"requests": songs()}), AT)
    assert alone == together


def test_two_processes_at_once_are_both_right(tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs()})
    running = [_status(tmp_path) for _ in range(2)]
    answers = [json.loads(process.communicate(timeout=120)[0]) for process in running]
    for answer in answers:
        assert (answer["objectives"][0]["good"], answer["objectives"][0]["valid"]) == (144, 160)


def _status(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "slo_core", "status", "--data", str(folder)]
    return subprocess.Popen(
        [*command, "--at", AT.isoformat(), "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )


KILLS = 40 if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else 2


def test_a_rollup_that_is_killed_leaves_the_last_good_state(tmp_path: Path) -> None:
    moments = random.Random(1)
    for kill in range(KILLS):
        folder = tmp_path / str(kill)
        write_tables(folder, {"requests": songs()})
        process = _status(folder)
        if kill % 2:
            # Into the middle of the work: as soon as the first figures are written.
            deadline = time.monotonic() + 60
            while not list(folder.glob("rollup/requests/*/minute")) and process.poll() is None:
                assert time.monotonic() < deadline
                time.sleep(0.002)
        else:
            time.sleep(moments.uniform(0.5, 2.0))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        answer = json.loads(_status(folder).communicate(timeout=120)[0])
        assert (answer["objectives"][0]["good"], answer["objectives"][0]["valid"]) == (144, 160)
        assert answer["problems"] == []


@pytest.mark.parametrize("rows_together", [1, 1_000_000])
def test_an_outage_over_midnight_is_one_outage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_together: int
) -> None:
    # One target, probed every 10 s from 23:50 to 00:10; the probes at 23:58:00 to 00:01:50 fail.
    # A probe holds for the minute that ends with its slice, and the latest counts: down are the
    # slices from 23:58:00 to 00:01:50, 24 of them; observed are 20 minutes and, behind the last
    # probe at 00:09:50, 50 s more.
    monkeypatch.setattr(reader, "BATCH_ROWS", rows_together)
    midnight = datetime(2025, 3, 30)
    probes = [
        {
            "ts": midnight + timedelta(seconds=10 * number),
            "scope": "api",
            "target": "eu",
            "ok": not -12 <= number < 12,
        }
        for number in range(-60, 60)
    ]
    rollup = small_rollup(tmp_path, {"probes": probes})
    line = timeline(rollup, STUDIO.scope("api"), START, AT, read_maintenance(rollup.store.root))
    good, valid, coverage = line.counts(Window("all", START, AT))
    assert (good, valid) == (1250 - 240, 1250)
    assert coverage == pytest.approx(1250 / (DAYS * 86_400))


def test_the_200_dearest_routes_a_day_are_named_and_the_rest_are_other(tmp_path: Path) -> None:
    # 250 routes fail: route n fails n + 1 times, so routes 50 to 249 cost most.
    rows = [
        {
            "ts": START + timedelta(seconds=route),
            "journey": "song_generation",
            "endpoint": f"/{route:03}",
            "status": 500,
        }
        for route in range(250)
        for _ in range(route + 1)
    ]
    rollup = small_rollup(tmp_path, {"requests": rows})
    source = rollup.source("requests", "breakdown", [(START, AT)])
    frame = rollup.cursor().execute(f"SELECT endpoint, sum(events) FROM ({source}) GROUP BY 1").df()
    costs = dict(zip(frame["endpoint"], frame.iloc[:, 1], strict=True))
    assert len(costs) == 201
    assert costs["/249"] == 250
    assert costs["/050"] == 51
    assert costs["other"] == sum(range(1, 51))


def test_distinct_users_are_kept_a_day(tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": songs()})
    source = rollup.source("requests", "users", [(START, AT)])
    days = rollup.cursor().execute(f"SELECT date, count(*) FROM ({source}) GROUP BY 1").df()
    assert list(days.iloc[:, 1]) == [7] * DAYS


def test_rows_of_another_source_are_shown_beside_and_never_added(tmp_path: Path) -> None:
    rows = [*songs(), *[row | {"source": "server", "status": 500} for row in songs()]]
    rollup = small_rollup(tmp_path, {"requests": rows})
    assert totals(rollup) == (36 * DAYS, 40 * DAYS)
    source = rollup.source("requests", "sources", [(START, AT)])
    beside = rollup.cursor().execute(f"SELECT sum(valid), sum(failed) FROM ({source})").fetchone()
    assert beside == (160, 160)
    assert rollup.problems == []


def test_changes_are_kept_as_they_are(tmp_path: Path) -> None:
    change = {"ts": START, "kind": "deploy", "service": "song-engine", "version": "2.1"}
    rollup = small_rollup(tmp_path, {"changes": [change]})
    source = rollup.source("changes", "changes", [(START, AT)])
    frame = rollup.cursor().execute(source or "").df()
    assert frame[["ts", "kind", "service", "version"]].to_dict("records") == [
        change | {"ts": pd.Timestamp(START)}
    ]
