"""Incidents, maintenance and changes on a time axis: bands and lines, named on hover."""

import textwrap
from datetime import datetime
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from slo_core.figures.theme import Palette, Role

_LANE = "y9"
"""An axis of its own over the first plot, so that names hover near the top of every chart."""

_POINTS = 24
"""Places on a span at which its name can be read."""

_LINE = 36
"""Letters in a line of a name: more would not fit into a phone's chart, and be cut off."""

# Word, shape and colour, so that a mark survives greyscale.
_LOOKS: dict[str, tuple[str, str, Role]] = {
    "incident": ("Incident", "diamond", "bad"),
    "maintenance": ("Maintenance", "square-open", "none"),
    "correction": ("Correction", "diamond-open", "none"),
    "change": ("Change", "triangle-down", "stale"),
}
_HEIGHTS = {"incident": 0.97, "maintenance": 0.9, "correction": 0.86, "change": 0.83}


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
    shapes: list[dict[str, Any]] = []
    for kind, rows in marks.groupby("kind", sort=False):
        word, symbol, role = _LOOKS[str(kind)]
        colour = colours.colour(role)
        moments: list[datetime | None] = []
        names: list[str] = []
        sizes: list[int] = []
        for row in rows.itertuples():
            end = row.end if pd.notna(row.end) else max(row.start, until or row.start)
            shapes += _shapes(row.start, end, colour, kind == "change")
            places = [row.start + (end - row.start) * step / _POINTS for step in range(_POINTS + 1)]
            places = places[:1] if end <= row.start else places
            moments += [*places, None]  # nothing joins one mark to the next
            name = "<br>".join(textwrap.wrap(f"{word}: {row.title}", _LINE))
            names += [name] * len(places) + [""]
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
            # All at once: a figure copies what it has with each shape that is added.
            shapes=[*figure.layout.shapes, *shapes],
            yaxis9={
                "overlaying": "y",
                "range": [0, 1],
                "visible": False,
                "fixedrange": True,
                "matches": None,
            },
        )
    return figure


def _shapes(start: datetime, end: datetime, colour: str, is_moment: bool) -> list[dict[str, Any]]:
    """How one mark is drawn: a line for a moment, else a band with an edge."""
    place = {"xref": "x", "yref": "paper", "x0": start, "x1": end, "y0": 0, "y1": 1}
    if is_moment or end <= start:
        line = {"color": colour, "width": 1, "dash": "dot"}
        return [{"type": "line", **place, "line": line, "opacity": 0.55, "layer": "below"}]
    band = {"type": "rect", **place, "fillcolor": colour, "opacity": 0.07, "line": {"width": 0}}
    # An incident of minutes is narrower than a pixel in a month: its edge keeps it in sight.
    edge = {"type": "line", **place, "x1": start, "line": {"color": colour, "width": 1}}
    return [band | {"layer": "below"}, edge | {"layer": "below"}]
