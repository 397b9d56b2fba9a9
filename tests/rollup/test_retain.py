"""Raw logs go once their figures are kept, and what comes late never takes the place of those."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from slo_core.errors import SloError
from slo_core.logs.ingest import ingest, quarantined
from slo_core.logs.store import open_store
from slo_core.rollup import refresh
from slo_core.rollup.retain import kept_days, retain
from slo_core.status import status
from tests.random_logs import write_tables
from tests.small import STUDIO

END = datetime(2025, 3, 31)
DAY = timedelta(days=1)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Ten days of a request and a probe an hour; on the first day all requests failed."""
    hours = [END - timedelta(hours=n) - timedelta(minutes=1) for n in range(240)]
    first = END - 10 * DAY
    requests = [
        {"ts": ts, "journey": "api", "status": 500 if ts < first + DAY else 200} for ts in hours
    ]
    probes = [{"ts": ts, "scope": "api", "target": "eu", "ok": True} for ts in hours]
    write_tables(tmp_path / "data", {"requests": requests, "probes": probes})
    return tmp_path / "data"


def figures(data: Path) -> str:
    """All that status says of the month, but for what was not counted."""
    stated = status(refresh(open_store(data), STUDIO), END)
    return json.dumps({**stated, "problems": None})


def raw_days(data: Path, table: str = "requests") -> list[date]:
    return sorted(open_store(data).listing(table).files)


def line(ts: datetime) -> str:
    return f'::1 - - [{ts:%d/%b/%Y:%H:%M:%S} +0000] "GET / HTTP/1.1" 200 5\n'


def test_old_raw_logs_go_and_every_figure_stays(data: Path) -> None:
    before = figures(data)
    store = open_store(data)
    looked = retain(store, STUDIO, 3, END, dry_run=True)
    assert len(raw_days(data)) == 10
    removed = retain(store, STUDIO, 3, END)
    assert looked == removed
    # The last three days are the 28th to the 30th.
    assert (
        raw_days(data) == raw_days(data, "probes") == [date(2025, 3, day) for day in (28, 29, 30)]
    )
    assert {old.day for old in removed} == {date(2025, 3, day) for day in range(21, 28)}
    assert figures(data) == before
    assert not list(data.rglob(".removed*"))
    assert retain(store, STUDIO, 3, END) == []


def test_what_is_damaged_or_not_ours_stays(data: Path) -> None:
    folder = data / "requests" / "date=2025-03-22"
    (folder / "broken.parquet").write_text("not Parquet")
    (data / "requests" / "date=2025-03-23" / "notes.txt").write_text("mine")
    found = retain(open_store(data), STUDIO, 3, END)
    (stays,) = (old for old in found if old.stays)
    assert (stays.table, stays.day) == ("requests", date(2025, 3, 22))
    assert stays.stays == "one of its files could not be read"
    assert len(list(folder.glob("*.parquet"))) > 1
    assert (data / "requests" / "date=2025-03-23" / "notes.txt").read_text() == "mine"
    assert date(2025, 3, 23) not in raw_days(data)


def test_late_events_are_counted_on_their_own_date(data: Path, tmp_path: Path) -> None:
    before = json.loads(figures(data))
    log = tmp_path / "late.log"
    log.write_text(line(END - 5 * DAY) * 7, "utf-8")
    ingest([str(log)], data, STUDIO)
    after = json.loads(figures(data))
    assert error_rate(after) == error_rate(before) + 7
    rollup = refresh(open_store(data), STUDIO)
    ended = status(rollup, END - 5 * DAY)  # that moment itself is excluded
    just_after = status(rollup, END - 5 * DAY + timedelta(minutes=1))
    assert error_rate(just_after) - error_rate(ended) == 7


def error_rate(stated: dict[str, Any]) -> int:
    (found,) = (it for it in stated["objectives"] if it["objective"] == "error_rate")
    valid: int = found["valid"]
    return valid


def test_late_events_of_a_kept_day_are_set_apart_and_its_figures_stay(
    data: Path, tmp_path: Path
) -> None:
    retain(open_store(data), STUDIO, 3, END)
    before = figures(data)
    log = tmp_path / "late.log"
    log.write_text(line(END - 6 * DAY) + line(END - DAY), "utf-8")
    total = ingest([str(log)], data, STUDIO).total
    assert (total.accepted, total.quarantined) == (1, 1)
    (apart,) = quarantined(data).to_dict("records")
    assert apart["reason"] == "its day is kept as figures only: the raw logs were removed"
    assert date(2025, 3, 25) in kept_days(open_store(data), "requests")
    # Another program does not ask: its file is named, and not counted.
    late = {"ts": END - 6 * DAY, "journey": "api", "status": 500}
    write_tables(tmp_path / "other", {"requests": [late]})
    folder = data / "requests" / "date=2025-03-25"
    (tmp_path / "other" / "requests" / "date=2025-03-25").rename(folder)
    rollup = refresh(open_store(data), STUDIO)
    assert [problem.reason for problem in rollup.problems] == [
        "is not counted: the raw logs of 2025-03-25 were removed and its figures are kept"
    ]
    assert error_rate(json.loads(figures(data))) == error_rate(json.loads(before)) + 1


def test_at_least_a_day_stays(data: Path) -> None:
    with pytest.raises(SloError, match="--days is 0: expected at least 1"):
        retain(open_store(data), STUDIO, 0, END)
