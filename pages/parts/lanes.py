"""Spans of time on lanes, as the page of alerts draws episodes, scale triggers and replays."""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd

from pages.parts.drawn import drawing
from pages.parts.panels import chart
from pages.parts.view import View
from slo_core.figures.alerts import Lane, Style, lanes_figure


def show_lanes(
    view: View,
    lanes: Sequence[Lane],
    styles: dict[str, Style],
    marks: pd.DataFrame | None,
    *,
    start: datetime,
    told: str,
    name: str,
) -> None:
    """Draw lanes from a moment to the view's own; ``told`` is their takeaway in words.

    ``marks`` as of `slo_core.sli.marks.marks`; None: no marks beside them.
    """
    if marks is None:
        marks = pd.DataFrame(columns=["kind", "title", "start", "end", "journeys"])
    figure = drawing(lanes_figure, lanes, styles, marks, view.colours, start=start, at=view.at)
    chart(figure, view.colours, alt=told, name=name)
