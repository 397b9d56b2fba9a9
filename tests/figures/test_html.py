"""Small pieces of HTML: nothing that people wrote is markup, gaps stay gaps, debts go left."""

from urllib.parse import unquote

import pytest

from slo_core.figures import html
from slo_core.figures.theme import DARK, LIGHT, STATES

NAN = float("nan")


def drawing(cell: str) -> str:
    """The SVG that a picture holds."""
    assert cell.startswith("<img ")
    return unquote(cell.partition("data:image/svg+xml,")[2])


def test_what_people_wrote_is_no_markup() -> None:
    cells = [
        html.text("<b>", small='"&', title="<i>"),
        html.number("<b>"),
        html.link("<b>", 'x"y', name="<b>"),
        html.tinted("<b>", "bad", LIGHT, small="<b>"),
    ]
    made = html.table(["<th>"], [[cell] for cell in cells], LIGHT, caption="<caption>")
    for word in ("<b>", "<i>", "<caption>", 'x"y', '"<th>"'):
        assert word not in made


def test_a_state_is_shape_word_and_colour() -> None:
    made = html.state(STATES["missed"], DARK, small="why")
    assert "✕ Missed" in made
    assert DARK.colour("bad") in made


def test_a_figure_is_not_parted_from_its_unit() -> None:
    assert "99.5\u00a0%" in html.number("99.5 %")


def test_every_cell_has_its_header_for_a_narrow_screen() -> None:
    made = html.table(["A", "B"], [[html.text("1"), html.text("2")]], LIGHT, caption="c")
    assert 'data-label="A"' in made
    assert 'data-label="B"' in made


@pytest.mark.parametrize(
    ("values", "lines", "dots"),
    [
        ([0.9, 0.95, 0.99], 1, 0),
        ([0.9, NAN, 0.99, 0.98], 1, 1),  # a lone value is a dot, since no line would show it
        ([0.9, 0.9, NAN, NAN, 0.9, 0.9], 2, 0),
    ],
)
def test_gaps_are_gaps(values: list[float], lines: int, dots: int) -> None:
    made = drawing(html.sparkline(values, 0.95, LIGHT, "bad", name="n"))
    assert (made.count("<polyline"), made.count("<circle")) == (lines, dots)


def test_without_a_value_there_is_no_picture() -> None:
    assert "no data" in html.sparkline([NAN, NAN], 0.95, LIGHT, "none", name="n")


def test_the_best_value_is_on_top_and_the_target_in_between() -> None:
    made = drawing(html.sparkline([1.0, 0.8], 0.9, LIGHT, "good", name="n"))
    assert 'points="3.0,3.0 117.0,25.0"' in made
    assert 'y1="14.0"' in made


@pytest.mark.parametrize(
    ("ratio", "bar"),
    [
        (0.5, 'x="0.0" y="4" width="100.0"'),
        (0.0, 'x="0.0" y="4" width="1"'),
        (None, ""),
    ],
)
def test_a_gauge_is_what_is_left(ratio: float | None, bar: str) -> None:
    made = drawing(html.gauge(ratio, (0.1,), LIGHT, "good", name="n"))
    assert bar in made
    assert made.count("<rect") == (1 if ratio is None else 2)


def test_a_debt_lies_left_of_the_zero_line() -> None:
    made = drawing(html.gauge(-0.5, (), LIGHT, "bad", name="n"))
    # From -52 % to 100 %: zero lies at 200 × 52 / 152 = 68.4, the debt begins at 200 × 2 / 152.
    assert 'x1="68.4" x2="68.4"' in made
    assert 'x="2.6" y="4"' in made
