"""The review's figures: what their axes show."""

from datetime import datetime

import pandas as pd
import pytest

from slo_core.figures.review import months_figure, ratings_figure
from slo_core.figures.theme import LIGHT

SPAN = (datetime(2025, 3, 1), datetime(2025, 4, 1))


@pytest.mark.parametrize(
    ("slis", "shown"),
    [
        ([1.0, 1.0], (0.999, 1.0)),  # no share is over 100 %
        ([0.9, 1.0], (0.89, 1.0)),
        ([0.5, 0.6], (0.49, 0.61)),
        ([None, 0.5], (0.499, 0.501)),
        ([None, None], None),
    ],
)
def test_an_axis_of_shares_ends_at_all_of_it(
    slis: list[float | None], shown: tuple[float, float] | None
) -> None:
    days = pd.DataFrame(
        {
            "day": [datetime(2025, 3, 1), datetime(2025, 3, 2)],
            "journey": "song",
            "mean": [4.0, 5.0],
            "sli": pd.array(slis, "float64"),
        }
    )
    axis = ratings_figure(days, {"song": "Song"}, SPAN, LIGHT).layout.yaxis2
    assert axis.range == (None if shown is None else pytest.approx(shown))


MONTHS = pd.DataFrame(
    {
        "journey_name": "Song",
        "name": "Success",
        "month": ["2025-01", "2025-02", "2025-03", "2025-04"],
        "target": 0.99,
        "sli": [1.0, 0.5, 0.9, float("nan")],
        "met": [True, False, False, None],
    }
)


def drawn(months: pd.DataFrame) -> dict[str, list[str]]:
    return {it.name: list(it.x) for it in months_figure(months, LIGHT).data}


def test_months_are_met_missed_or_without_data() -> None:
    assert drawn(MONTHS) == {
        "Met": ["2025-01"],
        "Missed": ["2025-02", "2025-03"],
        "No data": ["2025-04"],
    }


def test_a_month_of_too_few_events_is_neither_met_nor_missed() -> None:
    assert drawn(MONTHS.assign(enough=[True, False, True, False])) == {
        "Met": ["2025-01"],
        "Missed": ["2025-03"],
        "Too few to tell": ["2025-02"],
        "No data": ["2025-04"],
    }
    assert "Too few to tell" not in drawn(MONTHS.assign(enough=[True, True, True, False]))
