"""A quarter's review under lock: it comes back as it was, and says what has changed since."""

import json
import math
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from slo_core.budget.gate_calls import Tally
from slo_core.errors import SloError
from slo_core.logs.store import open_store
from slo_core.register import Actor
from slo_core.review import export
from slo_core.review.export import to_markdown
from slo_core.review.held import QUARTERLY
from slo_core.review.locks import unlock
from slo_core.review.month import Month
from slo_core.review.notes import add_item, add_note, read_notes
from slo_core.review.quarter import parse_quarter
from slo_core.review.quarterly import Quarterly, quarterly
from slo_core.review.quarterly_document import document
from slo_core.review.quarterly_record import as_record, changes, from_record
from slo_core.review.quarterly_tables import tables
from slo_core.review.relevance import Tightest
from slo_core.rollup import Rollup, refresh
from tests.random_logs import write_tables
from tests.review.first_quarter import END
from tests.small import STUDIO

ADA, BEA = Actor("Ada"), Actor("Bea")
LOCKED = datetime(2025, 4, 3)
Q1, Q2 = (parse_quarter(name, datetime(2025, 8, 1)) for name in ("2025-Q1", "2025-Q2"))


@pytest.fixture(scope="module")
def review(first_quarter: Rollup) -> Quarterly:
    return quarterly(first_quarter, "2025-Q1", END)


def test_a_quarters_figures_as_csv_and_parquet(review: Quarterly, tmp_path: Path) -> None:
    """The very figures of its JSON, in files that spreadsheets and programs read."""
    told = review.as_dict()
    files = export.write_tables(tables(review), tmp_path)
    names = ("objectives", "months", "alerts", "capacity")  # no deploy asked the gate
    ends = ("csv", "parquet")
    assert {it.name for it in files} == {f"{name}.{end}" for name in names for end in ends}
    for read, end in zip((pd.read_csv, pd.read_parquet), ends, strict=True):
        objectives = read(tmp_path / f"objectives.{end}")
        assert len(objectives) == 32
        for row, own in zip(objectives.to_dict("records"), told["objectives"], strict=True):
            assert (row["journey"], row["objective"]) == (own["journey"], own["objective"])
            assert row["suggestion_reason"] == own["suggestion"]["reason"]
            if own["tightest"] is not None:
                assert row["tightest_figure"] == pytest.approx(own["tightest"]["figure"], rel=1e-12)
        months = read(tmp_path / f"months.{end}")
        assert len(months) == sum(len(it["months"]) for it in told["objectives"])
        assert len(read(tmp_path / f"alerts.{end}")) == 3 * len(told["alerts"])
        assert list(read(tmp_path / f"capacity.{end}")["sentence"]) == told["capacity"]


def read_again(review: Quarterly) -> Quarterly:
    return from_record(as_record(review), what="it", locked_at=LOCKED, locked_by="Ada")


def test_a_record_gives_the_same_review_again(review: Quarterly) -> None:
    again = read_again(review)
    assert again.as_dict() == review.as_dict() | {"locked_at": "2025-04-03T00:00:00Z"}
    for one, other in zip(review.objectives, again.objectives, strict=True):
        pd.testing.assert_frame_equal(one.found.months, other.found.months, check_dtype=False)
        pd.testing.assert_frame_equal(one.found.platforms, other.found.platforms)
    assert str(document(again).sections[0]) == str(document(review).sections[0])
    assert changes(again, review).empty


def test_figures_among_timeouts_and_deploys_come_back_too(review: Quarterly) -> None:
    slow = review.objectives[2]
    months = slow.found.months.assign(value=math.inf)
    found = replace(slow.found, months=months, tightest=Tightest(math.inf, 30000.0, math.inf, 3))
    stopped = (Tally("api", "feature", 3, 1, END, "Freeze"), Tally("api", "fix", 2, 0, None, None))
    odd = replace(review, objectives=(replace(slow, found=found),), gate=stopped)
    again = read_again(odd)
    assert again.objectives[0].found.tightest == found.tightest
    assert again.objectives[0].found.months["value"].tolist() == [math.inf] * len(months)
    assert again.gate == stopped
    assert changes(again, odd).empty


@pytest.mark.parametrize("text", ["", "{}", '{"format": 99}', "[]"])
def test_what_is_no_record_is_one_sentence(text: str) -> None:
    with pytest.raises(SloError, match="cannot be read: expected the figures"):
        from_record(text, what="it", locked_at=LOCKED, locked_by="Ada")


def test_later_data_do_not_change_a_locked_quarter_and_it_says_what_changed(
    own_quarter: Rollup,
) -> None:
    folder = own_quarter.store.root
    held = QUARTERLY.hold(own_quarter, "2025-Q1", END)
    held.keep(folder, ADA)
    # The log of 20 March is put right: all ten songs of that day failed, 300 of 310 are left.
    late = [
        {
            "ts": datetime(2025, 3, 20, 9) + n * timedelta(minutes=1),
            "journey": "song_generation",
            "platform": "web",
            "status": 500,
        }
        for n in range(10)
    ]
    write_tables(folder, {"requests": late})
    rollup = refresh(open_store(folder), STUDIO)
    now = QUARTERLY.hold(rollup, "2025-Q1", END, compare=True)
    assert now.lock is not None
    assert now.lock.review.locked_by == "Ada"
    assert now.review.objectives[0].found.missed_now == ("2025-02",)
    assert now.today.objectives[0].found.missed_now == ("2025-02", "2025-03")
    assert now.changed is not None
    of_songs = now.changed[now.changed["of"] == "Song Generation: Success Rate"]
    told = {row.figure: (row.then, row.now) for row in of_songs.itertuples()}
    assert told["Met"] == ("2 of 3 months", "1 of 3 months")
    assert told["Tightest"] == ("98.571 %", "96.774 %")
    # Five people gave 4, 5, 4, 5 and 4 stars on that day, as on any other.
    assert told["Noticed"][1].startswith("no; 1 bad day, rated 4.40, else ")
    words = to_markdown(now.document)
    assert "Locked by Ada" in words
    assert "Changed since the lock" in words
    assert "| 2 of 3 months | 1 of 3 months |" in words
    assert json.loads(json.dumps(now.as_dict(), allow_nan=False))["changed"]
    with pytest.raises(SloError, match=r"The review of Q1 2025 is locked since .* by Ada"):
        add_note(folder, BEA, Q1, "More")
    with pytest.raises(SloError, match="is locked since"):
        QUARTERLY.lock(folder, BEA, now.today)
    unlock(folder, BEA, Q1, now.lock.version)
    assert QUARTERLY.read_lock(folder, Q1) is None


def test_a_quarter_that_is_not_over_cannot_be_locked(tmp_path: Path, review: Quarterly) -> None:
    part = replace(review, quarter=parse_quarter("2025-Q1", datetime(2025, 3, 20)))
    with pytest.raises(SloError, match="Q1 2025 is not over at 2025-04-01 00:00 UTC"):
        QUARTERLY.lock(tmp_path, ADA, part)


def test_quarters_carry_their_own_action_items(tmp_path: Path) -> None:
    march = Month(datetime(2025, 3, 1), datetime(2025, 4, 1))
    later = Month(datetime(2026, 3, 1), datetime(2026, 4, 1))
    add_item(tmp_path, ADA, Q1, "Ask for a faster disk", owner="Bea")
    add_item(tmp_path, ADA, march, "Add a pool")
    add_note(tmp_path, ADA, Q1, "Keep *all* of it", kind="decision")
    for period, action, carried in (
        (Q1, "Ask for a faster disk", False),
        (Q2, "Ask for a faster disk", True),
        (march, "Add a pool", False),
        (later, "Add a pool", True),
    ):
        found = read_notes(tmp_path, period).items
        assert found[["action", "carried"]].to_numpy().tolist() == [[action, carried]]
    assert read_notes(tmp_path, Q1).notes["body"].tolist() == ["Keep *all* of it"]
    assert read_notes(tmp_path, march).notes.empty
