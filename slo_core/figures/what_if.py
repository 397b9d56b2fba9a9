"""A budget in the real world and in changed ones: what was left, and what may be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
import plotly.graph_objects as go

from slo_core.catalog import Policy
from slo_core.figures.gaps import lone_points
from slo_core.figures.limits import limit_line
from slo_core.figures.marks import add_marks
from slo_core.figures.theme import STATES, Palette
from slo_core.text import percent

_DASHES = ("solid", "dash", "dashdot", "dot")


@dataclass(frozen=True)
class Line:
    """One world: its name, what was left (``at``, ``remaining_ratio``, ``gap``) and what may be."""

    name: str
    before: pd.DataFrame
    ahead: pd.DataFrame


def what_if_figure(
    lines: Sequence[Line],
    policy: Policy | None,
    marks: pd.DataFrame,
    colours: Palette,
    *,
    at: datetime,
) -> go.Figure:
    """The remaining share of a rolling budget in several worlds, with the middle of what may come.

    The first line is the real world; the last one has the band from P10 to P90 of what may come.
    """
    figure = go.Figure()
    for place, line in enumerate(lines):
        colour = colours.series[place % len(colours.series)]
        dash = _DASHES[place % len(_DASHES)]
        if place == len(lines) - 1 and len(line.ahead):
            _band(figure, line, colour)
        left = line.before["remaining_ratio"].where(~line.before["gap"])
        style = {"color": colour, "width": 2.4, "dash": dash}
        figure.add_scatter(
            x=line.before["at"],
            y=left,
            name=line.name,
            mode=lone_points(left),
            line=style,
            marker={"size": 4},
            legendgroup=line.name,
            hovertemplate="%{y:.1%} left",
        )
        if len(line.ahead):
            figure.add_scatter(
                x=[at, *line.ahead["at"]],
                y=[left.iloc[-1] if len(left) else None, *line.ahead["middle"]],
                name=f"{line.name}, as likely above as below",
                mode="lines",
                line=style | {"width": 1.6, "dash": "dot"},
                legendgroup=line.name,
                showlegend=False,
                hovertemplate="%{y:.1%} left, as likely more as less",
            )
    figure.add_hline(y=0, line={"color": colours.text, "width": 2})
    if policy is not None:
        for share, state, word in (
            (policy.healthy_from, "low", "low below"),
            (policy.exhausted_below, "exhausted", "exhausted below"),
        ):
            colour = colours.colour(STATES[state].role)
            words = f"{word} {percent(share)}"
            limit_line(figure, share, words, colour, colours, dash="dot", width=1.2, size=11)
    figure.add_vline(x=at, line={"color": colours.muted, "width": 1, "dash": "dot"})
    add_marks(figure, marks, colours, until=at)
    figure.update_layout(height=430, hovermode="x unified")
    figure.update_xaxes(type="date", title_text="Time (UTC)")
    figure.update_yaxes(title_text="Budget left", tickformat=".0%")
    return figure


def _band(figure: go.Figure, line: Line, colour: str) -> None:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    ahead = line.ahead
    figure.add_scatter(
        x=[*ahead["at"], *ahead["at"][::-1]],
        y=[*ahead["high"], *ahead["low"][::-1]],
        fill="toself",
        fillcolor=f"rgba({red},{green},{blue},0.15)",
        line={"width": 0},
        name=f"{line.name}, four futures in five",
        hoverinfo="skip",
    )
