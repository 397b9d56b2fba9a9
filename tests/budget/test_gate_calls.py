"""What the gate answered: kept as it was given, and counted in the quarter that it is of."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from slo_core.budget.gate import Verdict
from slo_core.budget.gate_calls import Tally, keep_answer, read_gate_calls, tally
from slo_core.errors import SloError
from slo_core.moments import iso

START, END = datetime(2025, 1, 1), datetime(2025, 4, 1)
MINUTE = timedelta(minutes=1)
FREEZE = "Feature Freeze: All new features blocked"
REFUSED = Verdict(
    *("api", "feature", False, FREEZE, None, "exhausted", iso(START), None, "rolling 30d"),
    *(-0.5, -1296.0, 2592.0, "seconds", False, iso(START), iso(START)),
)
ALLOWED = replace(REFUSED, allowed=True, because="Ship new features", state="healthy")


def keep(folder: Path, answer: Verdict, at: datetime) -> None:
    """The answer about a moment, asked a minute later."""
    keep_answer(folder, replace(answer, at=iso(at)), at + MINUTE)


def test_an_answer_comes_back_as_it_was_given(tmp_path: Path) -> None:
    assert read_gate_calls(tmp_path).empty
    keep(tmp_path, REFUSED, END)
    (found,) = read_gate_calls(tmp_path).drop(columns="id").to_dict("records")
    assert found == {
        "asked_at": END + MINUTE,
        "at": END,
        "service": "api",
        "kind": "feature",
        "allowed": False,
        "because": FREEZE,
        "state": "exhausted",
        "basis": "rolling 30d",
        "remaining_ratio": -0.5,
        "remaining": -1296.0,
        "allowed_bad": 2592.0,
        "unit": "seconds",
    }


def test_a_quarter_s_answers_are_counted_by_service_and_kind(tmp_path: Path) -> None:
    keep(tmp_path, REFUSED, START)  # the last minute before it is of the year before
    keep(tmp_path, ALLOWED, START + MINUTE)
    keep(tmp_path, REFUSED, END - 5 * MINUTE)
    keep(tmp_path, replace(ALLOWED, kind="fix"), END - 2 * MINUTE)
    keep(tmp_path, replace(REFUSED, because="Only critical bug fixes"), END)
    keep(tmp_path, REFUSED, END + MINUTE)
    found = tally(read_gate_calls(tmp_path), START, END)
    assert list(found) == [
        Tally("api", "feature", 3, 2, END, "Only critical bug fixes"),
        Tally("api", "fix", 1, 0, None, None),
    ]
    assert tally(read_gate_calls(tmp_path / "nowhere"), START, END) == []


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SloError, match="expected the data folder here"):
        keep(tmp_path / "nowhere", REFUSED, END)
