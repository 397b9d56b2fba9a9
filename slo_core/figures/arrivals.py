"""Rows a day, a plot for each table, with the days on which nothing is there."""

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from slo_core.figures.theme import Palette
from slo_core.sli.arrivals import KEPT, MISSING, RAW

_PLOT, _REST = 74, 90


def volume_figure(frame: pd.DataFrame, colours: Palette) -> go.Figure:
    """Bars of rows a day for each table of `slo_core.sli.arrivals.volume`, below one another.

    A day without anything is a cross on the base line, one that is kept as figures a ring.
    """
    tables = list(dict.fromkeys(frame["table"]))
    figure = make_subplots(
        rows=len(tables), cols=1, shared_xaxes=True, vertical_spacing=0.22 / max(len(tables), 1)
    )
    for row, table in enumerate(tables, start=1):
        own = frame[frame["table"] == table]
        raw = own[own["state"] == RAW]
        figure.add_bar(
            x=raw["date"],
            y=raw["rows"],
            name="Rows",
            marker_color=colours.series[0],
            hovertemplate=f"{table}, %{{x|%a %d %b}}: %{{y:,.0f}} rows<extra></extra>",
            showlegend=False,
            row=row,
            col=1,
        )
        for state, symbol, colour, words in (
            (MISSING, "x", colours.colour("bad"), "Nothing is there"),
            (KEPT, "circle-open", colours.muted, "Kept as figures, raw logs removed"),
        ):
            days = own[own["state"] == state]["date"]
            figure.add_scatter(
                x=days,
                y=[0] * len(days),
                mode="markers",
                name=words,
                legendgroup=state,
                showlegend=bool(len(days))
                and not frame[
                    (frame["state"] == state) & frame["table"].isin(tables[: row - 1])
                ].shape[0],
                marker={"symbol": symbol, "size": 9, "color": colour},
                hovertemplate=f"{table}, %{{x|%a %d %b}}: {words.lower()}<extra></extra>",
                cliponaxis=False,
                row=row,
                col=1,
            )
        figure.update_yaxes(title_text=table, rangemode="tozero", nticks=3, row=row, col=1)
    figure.update_yaxes(title_font_size=11, tickformat="~s")
    figure.update_xaxes(tickformat="%d %b", title_text="")
    figure.update_layout(
        height=_PLOT * len(tables) + _REST,
        bargap=0.15,
        margin={"t": 30, "b": 30},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )
    return figure
