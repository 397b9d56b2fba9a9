"""A budget as it goes: what was left, the policy's thresholds, an even pace, a straight line."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from slo_core.budget.straight_line import End
from slo_core.catalog import Objective, Policy
from slo_core.figures.exhaustion import end_date
from slo_core.figures.gaps import add_gaps, lone_points
from slo_core.figures.limits import limit_line
from slo_core.figures.marks import add_marks
from slo_core.figures.text import clock, percent
from slo_core.figures.theme import STATES, Palette
from slo_core.figures.words import budget_words, policy_words

_HOUR = timedelta(hours=1)
_PATTERNS = {"healthy": "", "low": "/", "exhausted": "x"}


@dataclass(frozen=True)
class Axis:
    """The time that a burn-down shows: from when, the moment of the look, and how far ahead."""

    start: datetime
    at: datetime
    end: datetime


@dataclass(frozen=True)
class Pace:
    """The even pace: from a moment and a share on, to when the whole budget would be spent."""

    start: datetime
    share: float
    window: timedelta
    words: str


def burn_down_figure(
    burn_down: pd.DataFrame,
    states: pd.DataFrame,
    objective: Objective,
    policy: Policy | None,
    pace: Pace | None,
    end: End,
    marks: pd.DataFrame,
    colours: Palette,
    *,
    axis: Axis,
) -> go.Figure:
    """The remaining share over time, below zero where it is overspent, and the states it brought.

    ``burn_down`` is a frame of `slo_core.budget.burn_down`, ``states`` of
    `slo_core.budget.policy.policy_histories` (empty: no strip of states); ``policy`` gives the
    thresholds, None where the objective has headroom alone.
    """
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.03, row_heights=[0.9, 0.1]
    )
    left = burn_down["remaining_ratio"].where(~burn_down["gap"])
    lowest = min(0.0, float(left.min()) if left.notna().any() else 0.0)
    bottom = lowest * 1.08 - 0.05
    if pace is not None:
        _pace(figure, pace, axis, colours)
    figure.add_scatter(
        x=burn_down["at"],
        y=left,
        name="Left",
        mode=lone_points(left),
        line={"color": colours.series[0], "width": 2.4},
        marker={"size": 4},
        customdata=[
            f"{percent(share, digits=1)}: {budget_words(objective, remaining, allowed)}"
            for share, remaining, allowed in zip(
                burn_down["remaining_ratio"],
                burn_down["remaining"],
                burn_down["allowed"],
                strict=True,
            )
        ],
        hovertemplate="%{customdata}",
        row=1,
        col=1,
    )
    _onwards(figure, burn_down, end, axis, colours)
    # After the lines, since a plot without any has no place for these yet.
    figure.add_hline(y=0, line={"color": colours.text, "width": 2}, row=1, col=1)
    if policy is not None:
        _bands(figure, policy, bottom, colours)
    _states(figure, states, axis, colours)
    add_gaps(figure, burn_down.loc[burn_down["gap"], "at"] - _HOUR, _HOUR, colours)
    add_marks(figure, marks, colours, until=axis.at)
    figure.update_layout(height=470 if len(states) else 430, barmode="overlay", bargap=0)
    figure.update_xaxes(type="date", range=[axis.start, axis.end])
    figure.update_xaxes(title_text="Time (UTC)", row=2, col=1)
    figure.update_yaxes(
        title_text="Budget left" if policy else "Headroom left",
        tickformat=".0%",
        range=[bottom, 1.05],
        row=1,
        col=1,
    )
    figure.update_yaxes(visible=False, fixedrange=True, range=[0, 1], row=2, col=1)
    return figure


def _bands(figure: go.Figure, policy: Policy, bottom: float, colours: Palette) -> None:
    """The policy's bands as tints, and its thresholds as lines with their shares."""
    edges = {
        "healthy": (policy.healthy_from, 1.05),
        "low": (policy.exhausted_below, policy.healthy_from),
        "exhausted": (min(bottom, -0.05), policy.exhausted_below),
    }
    for name, (low, high) in edges.items():
        figure.add_hrect(
            y0=low,
            y1=high,
            fillcolor=colours.colour(STATES[name].role),
            opacity=0.07,
            line_width=0,
            layer="below",
            row=1,
            col=1,
        )
    for share, name, words in (
        (policy.healthy_from, "low", f"low below {percent(policy.healthy_from)}"),
        (policy.exit_above, "none", f"exhaustion ends above {percent(policy.exit_above)}"),
        (policy.exhausted_below, "exhausted", f"exhausted below {percent(policy.exhausted_below)}"),
    ):
        colour = colours.muted if name == "none" else colours.colour(STATES[name].role)
        limit_line(
            figure,
            share,
            words,
            colour,
            colours,
            row=1,
            dash="dot",
            width=1.2,
            size=11,
            place="bottom left",
        )


def _pace(figure: go.Figure, pace: Pace, axis: Axis, colours: Palette) -> None:
    until = min(axis.end, pace.start + pace.window)
    share = pace.share - (until - pace.start) / pace.window
    figure.add_scatter(
        x=[pace.start, until],
        y=[pace.share, share],
        name=pace.words,
        mode="lines",
        line={"color": colours.muted, "width": 1.6, "dash": "dot"},
        hoverinfo="skip",
        row=1,
        col=1,
    )


def _onwards(
    figure: go.Figure, burn_down: pd.DataFrame, end: End, axis: Axis, colours: Palette
) -> None:
    """The straight line from now on, dashed, to its date or to the edge of the chart."""
    known = burn_down["remaining_ratio"].dropna()
    if known.empty or end.kind in ("spent", "no_data"):
        return
    now = float(known.iloc[-1])
    to, share, words = axis.end, now, "never, at the current burn"
    if end.at is not None:
        to = min(end.at, axis.end)
        share = now * (1 - (to - axis.at) / (end.at - axis.at))
        words = f"0 % on {end_date(end.at, axis.at)}"
        if end.kind == "lasts":
            words = f"{percent(share, digits=0)} left at the month's end"
    figure.add_scatter(
        x=[axis.at, to],
        y=[now, share],
        name="Straight line at the current burn",
        mode="lines+markers",
        line={"color": colours.series[3], "width": 2, "dash": "dash"},
        marker={"symbol": ["circle", "x"], "size": [6, 9 if share == 0 else 0]},
        text=["now", words],
        hovertemplate="%{text}",
        row=1,
        col=1,
    )
    figure.add_annotation(
        x=to,
        y=share,
        text=words,
        showarrow=False,
        xanchor="right",
        yanchor="bottom",
        yshift=8,
        bgcolor=colours.background,
        font={"color": colours.series[3], "size": 12},
        row=1,
        col=1,
    )


def _states(figure: go.Figure, states: pd.DataFrame, axis: Axis, colours: Palette) -> None:
    """A strip of the policy's states, each with its word where there is room for it."""
    span = axis.end - axis.start
    for row in states.itertuples():
        state = STATES[row.state]
        words = f"{state.symbol} {policy_words(row.state, row.exit_confirmed)}"
        end = axis.at if pd.isna(row.end) else row.end
        length = end - row.start
        figure.add_bar(
            x=[length.total_seconds() * 1000],
            y=[0.5],
            base=[row.start],
            width=1,
            orientation="h",
            marker={
                "color": colours.colour(state.role),
                "pattern": {
                    "shape": _PATTERNS[row.state],
                    "fillmode": "overlay",
                    "fgcolor": colours.background,
                    "size": 6,
                },
                "line": {"width": 1, "color": colours.background},
            },
            showlegend=False,
            customdata=[f"Policy: {words} from {clock(row.start)}"],
            hovertemplate="%{customdata}<extra></extra>",
            row=2,
            col=1,
        )
        if length > span * 0.12:
            figure.add_annotation(
                x=row.start + length / 2,
                y=0.5,
                text=words if length > span * 0.35 else state.label,
                showarrow=False,
                bgcolor=colours.background,
                borderpad=2,
                font={"color": colours.colour(state.role), "size": 12},
                row=2,
                col=1,
            )
