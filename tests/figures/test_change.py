"""Changes are coloured by whether it got better, and say so in words."""

import math

import pytest

from slo_core.figures.change import amount_change, change_cell
from slo_core.figures.theme import LIGHT

GOOD, BAD = LIGHT.colour("good"), LIGHT.colour("bad")


def test_more_of_a_share_is_better() -> None:
    better = change_cell(0.995, 0.99, LIGHT)
    assert "▲ 0.5 points better" in better
    assert "from 99 %" in better
    assert GOOD in better
    worse = change_cell(0.99, 0.995, LIGHT)
    assert "▼ 0.5 points worse" in worse
    assert BAD in worse


def test_what_chance_does_alone_has_no_colour() -> None:
    cell = change_cell(0.5, 0.52, LIGHT, (100, 100))
    assert "within chance" in cell
    assert GOOD not in cell
    assert BAD not in cell
    assert "worse" in change_cell(0.5, 0.52, LIGHT, (100_000, 100_000))


def test_no_change_and_no_data_are_told_apart() -> None:
    assert "= same" in change_cell(0.99, 0.99, LIGHT)
    assert "no data before" in change_cell(0.99, None, LIGHT)
    assert "no data before" in change_cell(0.99, math.nan, LIGHT)
    assert "no data" in change_cell(None, 0.99, LIGHT)


@pytest.mark.parametrize(
    ("now", "more_is_better", "words", "colour"),
    [
        (120.0, False, "▲ 20 % more", BAD),
        (80.0, False, "▼ 20 % less", GOOD),
        (120.0, True, "▲ 20 % more", GOOD),
        (80.0, True, "▼ 20 % less", BAD),
    ],
)
def test_whether_more_is_better_depends(
    now: float, more_is_better: bool, words: str, colour: str
) -> None:
    cell = amount_change(now, 100.0, "100 ms", LIGHT, more_is_better=more_is_better)
    assert words in cell
    assert colour in cell
    assert "from 100 ms" in cell


def test_percentiles_that_cannot_be_told_apart_are_the_same() -> None:
    assert "≈ same" in amount_change(102.0, 100.0, "100 ms", LIGHT, more_is_better=False)
    assert "no data before" in amount_change(1.0, None, "", LIGHT, more_is_better=False)
    assert "no data" in amount_change(math.nan, 1.0, "", LIGHT, more_is_better=False)
