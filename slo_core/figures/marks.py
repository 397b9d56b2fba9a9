"""Incidents, maintenance and changes on a time axis: bands and lines, named on hover."""

from datetime import datetime

import pandas as pd
import plotly.graph_objects as go

from slo_core.figures.theme import Palette, Role

_LANE = "y9"
"""An axis of its own over the first plot, so that names hover near the top of every chart."""

_POINTS = 24
"""Places on a span at which its name can be read."""

# Word, shape and colour, so that a mark survives greyscale.
_LOOKS: dict[str, tuple[str, str, Role]] = {
    "incident": ("Incident", "diamond", "bad"),
    "maintenance": ("Maintenance", "square-open", "none"),
    "change": ("Change", "triangle-down", "stale"),
}
_HEIGHTS = {"incident": 0.97, "maintenance": 0.9, "change": 0.83}


def add_marks(
    figure: go.Figure,
    marks: pd.DataFrame,
    colours: Palette,
    *,
    until: datetime | None = None,
) -> go.Figure:
    """Draw marks over all plots of a figure whose x axis is time; returns the figure.

    ``marks`` has the columns of `slo_core.sli.marks.marks`. Incidents and maintenance are bands,
    changes are lines; each is named on hover. ``until`` is where a mark that still lasts ends on
    the axis: the moment of the look.
    """
    for kind, rows in marks.groupby("kind", sort=False):
        word, symbol, role = _LOOKS[str(kind)]
        colour = colours.colour(role)
        moments: list[datetime | None] = []
        names: list[str] = []
        sizes: list[int] = []
        for row in rows.itertuples():
            end = row.end if pd.notna(row.end) else max(row.start, until or row.start)
            _draw(figure, row.start, end, colour, kind == "change")
            places = [row.start + (end - row.start) * step / _POINTS for step in range(_POINTS + 1)]
            places = places[:1] if end <= row.start else places
            moments += [*places, None]  # nothing joins one mark to the next
            names += [f"{word}: {row.title}"] * len(places) + [""]
            sizes += [9] + [0] * len(places)
        figure.add_scatter(
            x=moments,
            y=[_HEIGHTS[str(kind)]] * len(moments),
            yaxis=_LANE,
            mode="lines+markers",
            line={"color": colour, "width": 4},
            marker={"symbol": symbol, "color": colour, "size": sizes, "opacity": 1},
            name=word,
            text=names,
            hovertemplate="%{text}<extra></extra>",
        )
    if len(marks):
        figure.update_layout(
            yaxis9={
                "overlaying": "y",
                "range": [0, 1],
                "visible": False,
                "fixedrange": True,
                "matches": None,
            }
        )
    return figure


def _draw(figure: go.Figure, start: datetime, end: datetime, colour: str, is_moment: bool) -> None:
    place = {"xref": "x", "yref": "paper", "x0": start, "x1": end, "y0": 0, "y1": 1}
    if is_moment or end <= start:
        figure.add_shape(
            type="line",
            **place,
            line={"color": colour, "width": 1, "dash": "dot"},
            opacity=0.55,
            layer="below",
        )
        return
    figure.add_shape(
        type="rect", **place, fillcolor=colour, opacity=0.07, line={"width": 0}, layer="below"
    )
    # An incident of minutes is narrower than a pixel in a month: its edge keeps it in sight.
    edge = place | {"x1": start}
    figure.add_shape(type="line", **edge, line={"color": colour, "width": 1}, layer="below")
