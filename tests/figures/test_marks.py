"""Marks on a time axis: a band or a line each, and a name to hover on."""

from datetime import datetime

import pandas as pd
import plotly.graph_objects as go

from slo_core.figures.marks import add_marks
from slo_core.figures.theme import LIGHT

START, END = datetime(2025, 3, 10), datetime(2025, 3, 11)


def frame(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["kind", "title", "start", "end"]).astype(
        {"start": "datetime64[us]", "end": "datetime64[us]"}
    )


def test_without_marks_a_figure_stays_as_it_is() -> None:
    figure = add_marks(go.Figure(), frame(), LIGHT)
    assert not figure.data
    assert not figure.layout.shapes


def test_a_span_is_a_band_with_an_edge_and_a_moment_is_a_line() -> None:
    rows = frame(
        ("incident", "P1 all down", START, datetime(2025, 3, 10, 6)), ("change", "Deploy", END, END)
    )
    figure = add_marks(go.Figure(), rows, LIGHT)
    assert [shape.type for shape in figure.layout.shapes] == ["rect", "line", "line"]
    assert [trace.name for trace in figure.data] == ["Incident", "Change"]
    incident, change = figure.data
    # A name at each of many places on the span, and nothing between it and the next mark.
    assert set(incident.text[:-1]) == {"Incident: P1 all down"}
    assert (incident.x[0], incident.x[-2]) == (START, datetime(2025, 3, 10, 6))
    assert incident.x[-1] is None
    assert list(change.text[:-1]) == ["Change: Deploy"]


def test_what_still_lasts_reaches_to_the_moment_of_the_look() -> None:
    rows = frame(("incident", "P2 slow", START, None))
    band = add_marks(go.Figure(), rows, LIGHT, until=END).layout.shapes[0]
    assert (band.x0, band.x1) == (START, END)


def test_a_long_name_has_lines_that_fit_into_a_phones_chart() -> None:
    rows = frame(("change", "Deploy player-edge 2025.13.3: routine release (ines)", START, START))
    change = add_marks(go.Figure(), rows, LIGHT).data[0]
    assert change.text[0] == "Change: Deploy player-edge<br>2025.13.3: routine release (ines)"
