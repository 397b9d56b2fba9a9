"""A budget as it goes: what was left, the policy's thresholds, an even pace, what may come."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from slo_core.budget.straight_line import End
from slo_core.catalog import Objective, Policy
from slo_core.figures.exhaustion import end_date, projection_words, short_words
from slo_core.figures.gaps import add_gaps, lone_points
from slo_core.figures.limits import limit_line
from slo_core.figures.marks import add_marks
from slo_core.figures.theme import STATES, Palette
from slo_core.figures.words import budget_words, policy_words
from slo_core.text import clock, percent

_HOUR = timedelta(hours=1)
_PATTERNS = {"healthy": "", "low": "/", "exhausted": "x"}


@dataclass(frozen=True)
class Axis:
    """The time that a burn-down shows: from when, the moment of the look, and how far ahead."""

    start: datetime
    at: datetime
    end: datetime


@dataclass(frozen=True)
class Projection:
    """What may come: a row of `slo_core.forecast.forecasts`, and what may be left until then.

    ``course`` has ``at``, ``low``, ``middle`` and ``high``; it is empty where nothing can be said.
    """

    row: pd.Series
    course: pd.DataFrame


@dataclass(frozen=True)
class Other:
    """The figures that do not decide, as measured or as corrected, where there are both.

    ``frame`` is of `slo_core.budget.burn_down`, ``words`` say what they come to.
    """

    name: str
    frame: pd.DataFrame
    words: str


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
    projection: Projection,
    marks: pd.DataFrame,
    colours: Palette,
    *,
    axis: Axis,
    other: Other | None = None,
) -> go.Figure:
    """The remaining share over time, below zero where it is overspent, and the states it brought.

    From now on the projection goes on, dashed, with its range and its dates on the zero line; the
    straight line ``end`` is drawn thinly, for reference.

    ``burn_down`` is a frame of `slo_core.budget.burn_down`, ``states`` of
    `slo_core.budget.policy.policy_histories` (empty: no strip of states); ``policy`` gives the
    thresholds, None where the objective has headroom alone. ``other`` is drawn dotted.
    """
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.03, row_heights=[0.9, 0.1]
    )
    left = burn_down["remaining_ratio"].where(~burn_down["gap"])
    lowest = min(0.0, float(left.min()) if left.notna().any() else 0.0)
    if other is not None and other.frame["remaining_ratio"].notna().any():
        lowest = min(lowest, float(other.frame["remaining_ratio"].min()))
    coming = projection.course[projection.course["at"] <= axis.end]
    if len(coming):
        # What may come is shown to once the budget over, unless it was there already.
        lowest = min(lowest, max(-1.0, float(coming["low"].min())), float(coming["middle"].min()))
    bottom = lowest * 1.08 - 0.05
    if pace is not None:
        _pace(figure, pace, axis, colours)
    if other is not None:
        dotted = {"color": colours.series[0], "width": 1.6, "dash": "dot"}
        _left(figure, other.frame, other.name, objective, dotted)
    _left(figure, burn_down, "Left", objective, {"color": colours.series[0], "width": 2.4})
    _straight(figure, burn_down, end, axis, colours)
    _projection(figure, burn_down, projection, axis, colours)
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


def _left(
    figure: go.Figure,
    burn_down: pd.DataFrame,
    name: str,
    objective: Objective,
    line: dict[str, object],
) -> None:
    """What was left, hour by hour; nothing where there was no data."""
    left = burn_down["remaining_ratio"].where(~burn_down["gap"])
    figure.add_scatter(
        x=burn_down["at"],
        y=left,
        name=name,
        mode=lone_points(left),
        line=line,
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


def _straight(
    figure: go.Figure, burn_down: pd.DataFrame, end: End, axis: Axis, colours: Palette
) -> None:
    """The straight line from now on, to its date or to the edge of the chart, as a reference."""
    known = burn_down["remaining_ratio"].dropna()
    if known.empty or end.kind in ("spent", "no_data"):
        return
    now = float(known.iloc[-1])
    to, share, words = axis.end, now, "never, at the current burn"
    if end.at is not None:
        to = min(end.at, axis.end)
        share = now * (1 - (to - axis.at) / (end.at - axis.at))
        words = f"0 % on {end_date(end.at, axis.at)}"
    figure.add_scatter(
        x=[axis.at, to],
        y=[now, share],
        name="Straight line at the current burn, for reference",
        mode="lines",
        line={"color": colours.series[1], "width": 1.4, "dash": "longdashdot"},
        text=["", f"Straight line: {words}"],
        hovertemplate="%{text}<extra></extra>",
        row=1,
        col=1,
    )


def _projection(
    figure: go.Figure,
    burn_down: pd.DataFrame,
    projection: Projection,
    axis: Axis,
    colours: Palette,
) -> None:
    """The middle future dashed, the range around it, and the dates on the zero line."""
    known = burn_down["remaining_ratio"].dropna()
    row, course = projection.row, projection.course
    course = course[course["at"] <= axis.end]
    if known.empty or course.empty:
        return
    now, colour = float(known.iloc[-1]), colours.series[3]
    times = [axis.at, *course["at"]]
    low, middle, high = ([now, *course[name]] for name in ("low", "middle", "high"))
    figure.add_scatter(
        x=[*times, *times[::-1]],
        y=[*high, *low[::-1]],
        name="Range of what may be left",
        mode="lines",
        fill="toself",
        line={"width": 0, "color": colour},
        opacity=0.35,
        hoverinfo="skip",
        row=1,
        col=1,
    )
    figure.add_scatter(
        x=times,
        y=middle,
        name="Projection",
        mode="lines",
        line={"color": colour, "width": 2.2, "dash": "dash"},
        customdata=[
            f"{percent(m, digits=0)} in the middle future, {percent(lo, digits=0)} to "
            f"{percent(hi, digits=0)}"
            for lo, m, hi in zip(low, middle, high, strict=True)
        ],
        hovertemplate="%{customdata}",
        row=1,
        col=1,
    )
    _dates(figure, row, axis, colour)
    figure.add_annotation(
        x=axis.end,
        y=1,
        text=short_words(row, axis.at),
        showarrow=False,
        xanchor="right",
        yanchor="top",
        bgcolor=colours.background,
        font={"color": colour, "size": 12},
        row=1,
        col=1,
    )


def _dates(figure: go.Figure, row: pd.Series, axis: Axis, colour: str) -> None:
    """From P10 to P90 along the zero line, with P50; or when something is left again."""
    if row["exhausted"]:
        begin, middle, end, name = axis.at, row["recovery"], row["recovery"], "Left again"
    else:
        begin, middle, end, name = row["p10"], row["p50"], row["p90"], "Runs out, P10 to P90"
    if pd.isna(begin) or begin > axis.end or (row["exhausted"] and pd.isna(end)):
        return
    ends = axis.end if pd.isna(end) else min(end, axis.end)
    inside = {middle} if pd.notna(middle) and middle <= axis.end else set()
    points = sorted({begin, ends} | inside)
    figure.add_scatter(
        x=points,
        y=[0] * len(points),
        name=name,
        mode="lines+markers",
        line={"color": colour, "width": 5},
        marker={
            "symbol": ["diamond" if it == middle else "line-ns" for it in points],
            "size": [13 if it == middle else 0 for it in points],
            "color": colour,
        },
        customdata=[projection_words(row, axis.at)] * len(points),
        hovertemplate="%{customdata}<extra></extra>",
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
