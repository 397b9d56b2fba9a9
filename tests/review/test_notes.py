"""What a review writes down: carried until it is done; and figures that stay when locked."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from slo_core.errors import SloError
from slo_core.logs.store import open_store
from slo_core.register import Actor, read_history, read_table, write
from slo_core.review.export import to_html, to_markdown
from slo_core.review.held import MONTHLY
from slo_core.review.locks import unlock
from slo_core.review.month import Month
from slo_core.review.monthly import Review
from slo_core.review.notes import (
    add_item,
    add_note,
    close_item,
    read_notes,
    reopen_item,
    withdraw_note,
)
from slo_core.rollup import refresh
from tests.random_logs import write_tables
from tests.review.march import AT, request
from tests.small import STUDIO

ADA, BEA = Actor("Ada"), Actor("Bea")


def month(number: int) -> Month:
    return Month(datetime(2025, number, 1), datetime(2025, number + 1, 1))


MARCH, APRIL, MAY = month(3), month(4), month(5)


def test_notes_and_decisions_are_kept_with_who_wrote_them(tmp_path: Path) -> None:
    add_note(tmp_path, ADA, MARCH, " Songs were slow. ")
    number = add_note(tmp_path, BEA, MARCH, "Freeze it.", kind="decision", topic="targets")
    add_note(tmp_path, BEA, APRIL, "Another month")
    found = read_notes(tmp_path, MARCH).notes
    assert list(found["body"]) == ["Songs were slow.", "Freeze it."]
    assert list(found["kind"]) == ["note", "decision"]
    assert list(found["created_by"]) == ["Ada", "Bea"]
    withdraw_note(tmp_path, ADA, MARCH, number, 1)
    assert list(read_notes(tmp_path, MARCH).notes["body"]) == ["Songs were slow."]
    assert list(read_history(tmp_path, "review_notes", number)["action"]) == ["create", "withdraw"]


def test_an_item_is_carried_until_it_is_done(tmp_path: Path) -> None:
    due = datetime(2025, 4, 20)
    number = add_item(tmp_path, ADA, MARCH, "Add a pool", owner="Bea", due=due)
    (own,) = read_notes(tmp_path, MARCH).items.to_dict("records")
    assert (own["action"], own["owner"], own["due_at"], own["carried"]) == (
        "Add a pool",
        "Bea",
        due,
        False,
    )
    for later in (APRIL, MAY):
        found = read_notes(tmp_path, later)
        assert list(found.open["carried"]) == [True]
        assert list(found.open["month"]) == ["2025-03"]
    # An item is none of the business of the months before it.
    assert read_notes(tmp_path, month(2)).items.empty
    # Done in April: April's review still tells so, May's does not know of it.
    done = {"done_at": datetime(2025, 4, 21)}
    write(tmp_path, BEA, "tasks", done, row_id=number, version=1)
    april = read_notes(tmp_path, APRIL)
    assert april.open.empty
    assert list(april.items["done_at"]) == [done["done_at"]]
    assert read_notes(tmp_path, MAY).items.empty
    reopen_item(tmp_path, ADA, number, 2)
    assert len(read_notes(tmp_path, MAY).open) == 1


def test_items_are_closed_and_dropped_once_and_under_the_version_that_was_seen(
    tmp_path: Path,
) -> None:
    first = add_item(tmp_path, ADA, MARCH, "One")
    second = add_item(tmp_path, ADA, MARCH, "Two")
    close_item(tmp_path, ADA, first, 1)
    close_item(tmp_path, ADA, second, 1, dropped=True)
    assert read_notes(tmp_path, MARCH).open.empty
    with pytest.raises(SloError, match="nothing was written"):
        close_item(tmp_path, BEA, first, 1)


def test_what_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SloError, match="needs words"):
        add_note(tmp_path, ADA, MARCH, "  ")
    with pytest.raises(SloError, match="no kind of note"):
        add_note(tmp_path, ADA, MARCH, "x", kind="joke")
    add_item(tmp_path, ADA, MARCH, "One")
    with pytest.raises(SloError, match="has the action item"):
        add_item(tmp_path, ADA, MARCH, "One")
    with pytest.raises(SloError, match="may"):
        add_note(tmp_path, Actor("Vic", "viewer"), MARCH, "x")


def test_later_data_do_not_change_a_locked_review_and_it_says_what_changed(
    own_store: Path, march: Review
) -> None:
    MONTHLY.lock(own_store, ADA, march)
    kept = MONTHLY.read_lock(own_store, MARCH)
    assert kept is not None
    assert kept.review.locked_by == "Ada"
    # A song more comes in late, and it failed: 21 of 2,001.
    late = request(datetime(2025, 3, 25, 9), status=500)
    write_tables(own_store, {"requests": [late]})
    rollup = refresh(open_store(own_store), STUDIO)
    held = MONTHLY.hold(rollup, "2025-03", AT, compare=True)
    songs = held.review["objectives"].iloc[0]
    assert (songs["valid"], songs["consumed"]) == (2000, 20)
    assert held.today["objectives"].iloc[0]["valid"] == 2001
    assert held.changed is not None
    of_songs = held.changed[held.changed["of"] == "Song Generation: Success Rate"]
    told = {row.figure: (row.then, row.now) for row in of_songs.itertuples()}
    assert told["Valid"] == ("2,000", "2,001")
    assert told["Bad"] == ("20 failures", "21 failures")
    assert told["SLI"] == ("99 %", "98.95 %")
    words = str(held.document)
    assert "Locked by Ada" in words
    assert "Figures that have changed since the lock" in words
    assert "99 % good" in words
    assert "98.95 % good" not in words
    _writing_in_it_is_refused(own_store)
    unlock(own_store, BEA, MARCH, kept.version)
    again = MONTHLY.hold(rollup, "2025-03", AT, make=lambda: held.today)
    assert again.lock is None
    assert again.review["objectives"].iloc[0]["valid"] == 2001
    # History keeps the figures that were locked; it is locked again as they are now.
    assert len(read_history(own_store, "reviews")) == 2
    MONTHLY.lock(own_store, BEA, again.today)
    assert len(read_table(own_store, "reviews")) == 1


def test_a_locked_review_is_shown_without_todays_figures_until_they_are_asked_for(
    own_store: Path, march: Review
) -> None:
    MONTHLY.lock(own_store, ADA, march)
    asked = []

    def made() -> Review:
        asked.append(1)
        return march

    rollup = refresh(open_store(own_store), STUDIO)
    held = MONTHLY.hold(rollup, "2025-03", AT, make=made)
    words = to_markdown(held.document)
    assert to_html(held.document)
    assert "Locked by Ada" in words
    assert "Changed since the lock" not in words
    assert held.as_dict()["changed"] is None
    assert not asked
    compared = MONTHLY.hold(rollup, "2025-03", AT, make=made, compare=True)
    assert compared.as_dict()["changed"] == []
    assert len(asked) == 1
    nothing = "Nothing: today's data and entries give the same figures."
    assert nothing in to_markdown(compared.document)


def _writing_in_it_is_refused(folder: Path) -> None:
    with pytest.raises(SloError, match="is locked since"):
        add_note(folder, BEA, MARCH, "One more thing")
    with pytest.raises(SloError, match="is locked since"):
        add_item(folder, BEA, MARCH, "One more thing")
    held = MONTHLY.read_lock(folder, MARCH)
    assert held is not None
    with pytest.raises(SloError, match="is locked since"):
        MONTHLY.lock(folder, BEA, held.review)


def test_a_month_that_is_not_over_cannot_be_locked(tmp_path: Path, march: Review) -> None:
    part = replace(march, month=Month(MARCH.start, datetime(2025, 3, 20)))
    with pytest.raises(SloError, match="March 2025 is not over at 2025-04-02 00:00 UTC"):
        MONTHLY.lock(tmp_path, ADA, part)
    with pytest.raises(SloError, match="is not locked"):
        unlock(tmp_path, ADA, MARCH, 1)
