"""Growth month by month beside what was expected, with what it may come to."""

import pandas as pd
import plotly.graph_objects as go

from slo_core.figures.theme import Palette

_DECADES = 200


def growth_figure(
    months: pd.DataFrame,
    quarters: pd.DataFrame,
    ahead: pd.DataFrame,
    unit: str,
    colours: Palette,
) -> go.Figure:
    """A growth line's months, its quarters' expectations, and its projection with an interval.

    ``months`` has ``start``, ``end``, ``figure``, ``whole``; ``quarters`` ``start``, ``end``,
    ``expected``, ``quarter``; ``ahead`` ``at``, ``low``, ``middle``, ``high``. The axis is
    logarithmic: even growth is a straight line. Months that are not whole have hollow marks.
    """
    figure = go.Figure()
    for place, row in enumerate(quarters.itertuples()):
        figure.add_scatter(
            x=[row.start, row.end],
            y=[row.expected, row.expected],
            name="Expected",
            legendgroup="expected",
            showlegend=place == 0,
            mode="lines",
            line={"color": colours.series[1], "width": 3},
            hovertemplate=f"%{{y:,.3~f}} {unit} expected in {row.quarter}<extra></extra>",
        )
    if len(ahead):
        _band(figure, ahead, colours)
        figure.add_scatter(
            x=ahead["at"],
            y=ahead["middle"],
            name="Projected",
            mode="lines",
            line={"color": colours.series[0], "width": 2, "dash": "dot"},
            hovertemplate=f"%{{y:,.3~f}} {unit} projected<extra></extra>",
        )
    middle = months["start"] + (months["end"] - months["start"]) / 2
    figure.add_scatter(
        x=middle,
        y=months["figure"],
        name="Actual (hollow: part of a month)",
        mode="lines+markers",
        line={"color": colours.series[0], "width": 2},
        marker={
            "size": 8,
            "color": [
                colours.series[0] if whole else colours.background for whole in months["whole"]
            ],
            "line": {"color": colours.series[0], "width": 2},
        },
        customdata=[
            f"{month}{'' if whole else ', a part of it'}"
            for month, whole in zip(months["month"], months["whole"], strict=True)
        ],
        hovertemplate=f"%{{y:,.3~f}} {unit} in %{{customdata}}<extra></extra>",
    )
    figure.update_layout(height=330, hovermode="closest")
    figure.update_xaxes(type="date", title_text="Month (UTC)")
    # Over few decades 1, 2 and 5 of each are named, over many each power of ten.
    drawn = [*months["figure"], *quarters["expected"], *ahead["middle"]]
    seen = [float(it) for it in drawn if it == it and it > 0]
    few = bool(seen) and max(seen) < _DECADES * min(seen)
    figure.update_yaxes(type="log", title_text=unit, tickformat=",~f", dtick="D2" if few else 1)
    return figure


def _band(figure: go.Figure, ahead: pd.DataFrame, colours: Palette) -> None:
    colour = colours.series[0]
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    figure.add_scatter(
        x=[*ahead["at"], *ahead["at"][::-1]],
        y=[*ahead["high"], *ahead["low"][::-1]],
        mode="lines",
        fill="toself",
        fillcolor=f"rgba({red},{green},{blue},0.15)",
        line={"width": 0},
        name="Four times in five",
        hoverinfo="skip",
    )
