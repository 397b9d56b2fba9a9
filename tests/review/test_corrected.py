"""A month's review where a correction touches it: both figures, and those that decide lead."""

import json
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from slo_core.logs.store import open_store
from slo_core.review import quarterly_document, quarterly_record
from slo_core.review.document import document
from slo_core.review.export import to_html, to_markdown, to_pdf, write_tables
from slo_core.review.findings import findings
from slo_core.review.monthly import Review, monthly
from slo_core.review.quarter import parse_quarter
from slo_core.review.quarterly import Quarterly, judged
from slo_core.review.record import as_dict, as_record, changes, from_record, tables
from slo_core.review.thresholds import replays
from slo_core.rollup import Rollup, refresh
from tests.budget.test_corrected import correct
from tests.review.first_quarter import BAD, DAY, END
from tests.review.march import AT, MINUTE, OUTAGE, SONG
from tests.small import STUDIO


@pytest.fixture(scope="module")
def corrected(march_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Review:
    """March without the fifteen minutes in which iOS failed.

    Of its 2,000 songs 35 were asked for in them: 15 on the web and 5 on iOS, all good, and the 15
    that failed. 5 of 1,965 are left, 99.75 %, of which 9.825 might fail.
    """
    folder = tmp_path_factory.mktemp("corrected") / "store"
    shutil.copytree(march_store, folder)
    correct(folder, "song_generation", OUTAGE, OUTAGE + 15 * MINUTE)
    return monthly(refresh(open_store(folder), STUDIO), "2025-03", AT)


def of(frame: pd.DataFrame, **keys: str) -> pd.DataFrame:
    for name, value in keys.items():
        frame = frame[frame[name] == value]
    return frame


def test_measured_stays_and_the_corrected_rows_stand_beside_it(
    march: Review, corrected: Review
) -> None:
    assert march.beside == {}
    for name, frame in march.frames.items():
        if name != "quality":  # that tells how much is corrected
            pd.testing.assert_frame_equal(corrected[name], frame)
    (row,) = of(corrected.beside["objectives"], objective="success_rate").to_dict("records")
    assert (row["good"], row["valid"], row["met"]) == (1960, 1965, True)
    assert (row["allowed"], row["consumed"]) == (pytest.approx(9.825), 5)
    assert row["sli_before"] == 0.998
    (month,) = of(corrected.beside["months"], objective="success_rate").to_dict("records")
    assert (month["month"], month["met"]) == ("2025-03", True)
    (budget,) = corrected.beside["budgets"].to_dict("records")
    assert (budget["service"], budget["consumed"], budget["remaining"]) == (SONG[0], 5, 2495)
    days = corrected.beside["days"].set_index("day")
    assert (days.loc["2025-03-14", "consumed"], days.loc["2025-03-03", "consumed"]) == (1, 1)
    assert list(corrected.beside["impact"]["total"]) == [0, 5]
    platforms = of(corrected.beside["platforms"], objective="success_rate").set_index("platform")
    assert tuple(platforms.loc["ios", ["good", "valid"]]) == (480, 480)
    assert tuple(platforms.loc["web", ["good", "valid"]]) == (1480, 1485)
    # 5 to 7 of at least 1,965 songs: more than a half of the budget is left while February's
    # thousand count, 49.1 % when they are gone.
    assert list(corrected.beside["policy"]["state"]) == ["healthy", "low"]
    # Only songs are corrected.
    assert set(corrected.beside["objectives"]["journey"]) == {SONG[0]}


def test_what_decides_leads_and_the_other_is_said(corrected: Review) -> None:
    own = corrected.deciding
    assert own.deciding is own
    assert own.figures == "corrected"
    assert list(own["objectives"]["objective"]) == list(corrected["objectives"]["objective"])
    assert of(own["objectives"], journey=SONG[0], objective=SONG[1])["met"].all()
    assert not of(own.beside["objectives"], objective="success_rate")["met"].any()
    sentences = [it.sentence for it in findings(corrected)]
    assert not any("Success Rate was missed" in it for it in sentences)
    assert any(it.endswith("of the budget, as measured.") for it in sentences)
    told = to_markdown(document(corrected))
    assert "## Corrections" in told
    assert "As corrected, which decides" in told
    assert "99 %, ✕ missed" in told
    assert "99.75 %, ✓ met" in told
    assert "◐ as measured 99 %" in told
    assert "Healthy from 2025-03-01 00:00, then Exhausted from 2025-03-14 11:00" in told
    assert "Healthy from 2025-03-01 00:00, then Low from 2025-03-22" in told
    assert "figures here are as corrected" in told
    # The incident took nothing but what is left out.
    assert "| left out (◐ as measured 15 failures) |" in told
    assert "What failures have in common is of what was measured" in told


@pytest.mark.long
def test_every_format_has_both(corrected: Review, tmp_path: Path) -> None:
    stated = json.loads(json.dumps(as_dict(corrected), allow_nan=False))
    assert stated["decides"] == "corrected"
    (row,) = (it for it in stated["corrected"]["objectives"] if it["objective"] == "success_rate")
    assert (row["good"], row["valid"]) == (1960, 1965)
    html = to_html(document(corrected))
    assert "As corrected, which decides" in html
    assert to_pdf(document(corrected)).startswith(b"%PDF")
    names = {it.name for it in write_tables(tables(corrected), tmp_path / "tables")}
    assert {"budgets.csv", "budgets_corrected.csv", "policy_corrected.parquet"} <= names


def test_a_lock_keeps_both_and_says_what_a_later_correction_changed(
    march: Review, corrected: Review
) -> None:
    lock: dict[str, Any] = {"what": "a lock", "locked_at": datetime(2025, 4, 3), "locked_by": "Ada"}
    kept = from_record(as_record(corrected), **lock)
    for name, frame in corrected.beside.items():
        pd.testing.assert_frame_equal(kept.beside[name], frame)
    assert changes(kept, corrected).empty
    before = from_record(as_record(march), **lock)
    changed = changes(before, corrected).set_index(["of", "figure"])
    own = changed.loc[("Song Generation: Success Rate", "SLI")]
    assert (own["then"], own["now"]) == ("99 %", "99.75 %")


def test_a_correction_before_the_strip_or_of_nobody_says_nothing(own_store: Path) -> None:
    correct(own_store, "song_generation", datetime(2023, 1, 1), datetime(2023, 1, 2))
    correct(own_store, "elsewhere", OUTAGE, OUTAGE + 15 * MINUTE)
    found = monthly(refresh(open_store(own_store), STUDIO), "2025-03", AT)
    assert found.beside == {}
    assert "Corrections" not in to_markdown(document(found))
    assert "corrected" not in as_dict(found)


def test_a_quarter_has_both_and_leads_with_what_decides(own_quarter: Rollup) -> None:
    # All four songs that failed in the quarter are left out, with two days of ten: February has
    # 260 good ones of 260.
    quarter = parse_quarter("2025-Q1", END)
    episodes = replays(own_quarter, quarter).attributed
    before = judged(own_quarter, quarter, episodes)
    assert all(it.corrected is None for it in before)
    correct(own_quarter.store.root, "song_generation", BAD[0], BAD[1] + DAY)
    after = judged(own_quarter, quarter, episodes)
    songs = next(it for it in after if it.found.objective.id == "success_rate")
    assert (songs.found.met, songs.found.missed_now) == (2, ("2025-02",))
    assert songs.suggestion.kind == "split"
    corrected = songs.corrected
    assert corrected is not None
    months = corrected.found.known.set_index("month")
    assert months["valid"].tolist() == [310, 260, 310]
    assert (corrected.found.met, corrected.found.missed_now) == (3, ())
    assert corrected.found.platforms["valid"].sum() == 880
    assert corrected.suggestion.kind != "split"
    assert {it.found.journey.id for it in after if it.corrected} == {"song_generation"}
    empty: dict[str, Any] = {"thresholds": (), "capacity": (), "changes": (), "gate": ()}
    review = Quarterly(quarter, END, STUDIO, False, tuple(after), **empty)
    told = to_markdown(quarterly_document.document(review))
    assert "3 of 3 months" in told
    assert "◐ as measured: 2 of 3 months" in told
    assert "◐ As measured: split by platform." in told
    assert "figures as corrected decide" in told
    untouched = Quarterly(quarter, END, STUDIO, False, tuple(before), **empty)
    assert "◐" not in to_markdown(quarterly_document.document(untouched))
    stated = review.as_dict()["objectives"][0]
    assert (stated["months_met"], stated["corrected"]["months_met"]) == (2, 3)
    assert stated["decides"] == "corrected"
    lock: dict[str, Any] = {"what": "a lock", "locked_at": END, "locked_by": "Ada"}
    kept = quarterly_record.from_record(quarterly_record.as_record(review), **lock)
    assert quarterly_record.changes(kept, review).empty
    assert kept.deciding[0].found.met == 3


def test_where_the_measured_figures_decide_they_lead(corrected: Review) -> None:
    decides = STUDIO.rules.corrections_decide.model_copy(update={"value": False})
    rules = STUDIO.rules.model_copy(update={"corrections_decide": decides})
    review = replace(corrected, catalog=STUDIO.model_copy(update={"rules": rules}))
    assert review.deciding is review
    told = to_markdown(document(review))
    assert "| Objective | As measured, which decides | As corrected |" in told
    assert "◐ as corrected 99.75 %" in told
    assert any("Success Rate was missed" in it.sentence for it in findings(review))
    assert as_dict(review)["decides"] == "measured"
