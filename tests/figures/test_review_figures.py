"""The review's figures: what their axes show."""

from datetime import datetime

import pandas as pd
import pytest

from slo_core.figures.review import ratings_figure
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
