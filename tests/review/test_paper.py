"""Charts on paper have the very series of those on pages, and refuse what they cannot draw."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from matplotlib.container import BarContainer
from matplotlib.dates import date2num
from matplotlib.figure import Figure

from slo_core.figures.paper import draw, svg
from slo_core.figures.theme import LIGHT
from slo_core.review.parts import Document


def drawn_series(figure: Figure) -> Iterator[tuple[str, list[float], list[float]]]:
    """Each series on paper: its name, its places, and its lengths or heights."""
    for axes in figure.axes:
        for container in axes.containers:
            assert isinstance(container, BarContainer)
            level = container.orientation == "horizontal"
            bars = [it.get_bbox() for it in container.patches]
            middles = [(it.y0 + it.y1 if level else it.x0 + it.x1) / 2 for it in bars]
            lengths = [it.width if level else it.height for it in bars]
            yield str(container.get_label()), middles, lengths
        for line in axes.get_lines():
            name = str(line.get_label())
            if not name.startswith("_"):
                yield name, _numbers(line.get_xdata()), _numbers(line.get_ydata())


def plotly_series(figure: go.Figure) -> Iterator[tuple[str, list[float], list[float]]]:
    """Each series of a Plotly figure in the same form; words are their places."""
    for trace in figure.data:
        axis = {
            letter: figure.layout[f"{letter}axis{(trace[f'{letter}axis'] or letter)[1:]}"]
            for letter in "xy"
        }
        x, y = (_placed(trace[letter], axis[letter]) for letter in "xy")
        if not len(x):
            continue
        yield str(trace.name), *((y, x) if trace.type == "bar" and trace.orientation == "h"
                                 else (x, y))  # fmt: skip


def _placed(values: Any, axis: Any) -> list[float]:
    words = list(axis.categoryarray) if axis.categoryarray is not None else []
    return [float(words.index(it)) for it in values] if words else _numbers(values)


def _numbers(values: Any) -> list[float]:
    found = [float("nan") if it is None else it for it in values]
    if found and isinstance(found[0], datetime | np.datetime64):
        return [float(it) for it in date2num(pd.to_datetime(pd.Series(found)).to_numpy())]
    return [float(it) for it in found]


def test_paper_has_the_series_of_the_page(march_document: Document) -> None:
    kinds = set()
    for chart in march_document.charts:
        figure = chart.build(LIGHT)
        expected = sorted(plotly_series(figure), key=lambda it: it[0])
        found = sorted(drawn_series(draw(figure, LIGHT)), key=lambda it: it[0])
        assert [it[0] for it in found] == [it[0] for it in expected], chart.name
        for (name, *own), (_, *other) in zip(found, expected, strict=True):
            for values, wanted in zip(own, other, strict=True):
                assert values == pytest.approx(wanted, nan_ok=True), (chart.name, name)
        kinds |= {trace.type for trace in figure.data}
    assert kinds == {"bar", "scatter"}


def test_stacked_bars_lie_on_one_another() -> None:
    figure = go.Figure(
        [
            go.Bar(x=["a", "b"], y=[1, 2], name="first"),
            go.Bar(x=["b"], y=[3], name="second"),
        ]
    )
    figure.update_layout(barmode="stack")
    bars = [it.get_bbox() for it in draw(figure, LIGHT).axes[0].containers[1].patches]  # type: ignore[attr-defined]
    assert [(it.y0, it.y1) for it in bars] == [(2, 5)]


def test_the_same_figure_is_the_same_text_and_needs_no_font() -> None:
    figure = go.Figure(go.Scatter(x=[1, 2], y=[1, None], name="line <b>bold</b>"))
    assert svg(figure, LIGHT) == svg(figure, LIGHT)
    assert "<text" not in svg(figure, LIGHT)


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(TypeError, match="heatmap cannot be drawn on paper"):
        draw(go.Figure(go.Heatmap(z=[[1]])), LIGHT)
