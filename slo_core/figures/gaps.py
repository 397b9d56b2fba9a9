"""Where a chart has no data: a grey band that says so, and points that no line would show."""

from datetime import timedelta

import pandas as pd
import plotly.graph_objects as go

from slo_core.figures.theme import Palette

_MOST = 40


def add_gaps(figure: go.Figure, moments: pd.Series, step: timedelta, colours: Palette) -> go.Figure:
    """Draw steps without data as bands over all plots, the longest ones; returns the figure.

    ``moments`` are the starts of those steps, in order. Only gaps of three steps and more are
    drawn: a quiet minute is no outage.
    """
    if not len(moments):
        return figure
    run = (moments.diff() != step).cumsum()
    spans = moments.groupby(run).agg(["min", "max", "count"])
    spans = spans[spans["count"] >= 3].nlargest(_MOST, "count")
    for span in spans.itertuples():
        figure.add_shape(
            type="rect",
            xref="x",
            yref="paper",
            x0=span.min,
            x1=span.max + step,
            y0=0,
            y1=1,
            fillcolor=colours.grid,
            opacity=0.6,
            line={"width": 0},
            layer="below",
            # Upright, it fits into a narrow band at the edge, too.
            label={
                "text": "no data",
                "textangle": -90,
                "font": {"color": colours.muted, "size": 11},
            },
        )
    return figure


def lone_points(values: pd.Series) -> str:
    """How to draw a series: as a line, with markers where values stand alone between gaps."""
    known = values.notna()
    alone = known & ~known.shift(fill_value=False) & ~known.shift(-1, fill_value=False)
    return "lines+markers" if alone.any() else "lines"
