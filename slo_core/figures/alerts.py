"""Alerts over time: who fired when, the figure against its threshold, and replays side by side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from slo_core.alerts.course import Course
from slo_core.alerts.words import amount
from slo_core.figures.gaps import add_gaps, lone_points
from slo_core.figures.legend import legend_above
from slo_core.figures.limits import limit_line
from slo_core.figures.marks import add_marks
from slo_core.figures.theme import Palette, Role
from slo_core.sli.steps import MINUTE
from slo_core.text import clock, duration

_LANE, _MARGINS = 40, 130
_PLOT = 210

# Shape and colour of a tier, the first the loudest; further ones look as the last.
_TIERS: tuple[tuple[str, Role], ...] = (
    ("diamond", "bad"),
    ("triangle-up", "warn"),
    ("circle", "stale"),
    ("square", "none"),
)


@dataclass(frozen=True)
class Lane:
    """One row of bars: its name, and what is drawn on it."""

    name: str
    spans: Sequence["Bar"]


@dataclass(frozen=True)
class Bar:
    """A span of time with the group that gives it its style, and what it says on hover."""

    start: datetime
    end: datetime
    group: str
    words: str
    lasts: bool = False


@dataclass(frozen=True)
class Style:
    """How a group of bars is drawn, and its name in the legend."""

    name: str
    symbol: str
    colour: str


def tier_style(place: int, name: str, colours: Palette) -> Style:
    """The style of the tier at that place in the catalogue."""
    symbol, role = _TIERS[min(place, len(_TIERS) - 1)]
    return Style(name, symbol, colours.colour(role))


def lanes_figure(
    lanes: Sequence[Lane],
    styles: dict[str, Style],
    marks: pd.DataFrame,
    colours: Palette,
    *,
    start: datetime,
    at: datetime,
) -> go.Figure:
    """Spans of time on lanes, one below the other, with their names above them.

    ``styles`` are by group, in the order of the legend. A bar that lasts ends in an arrow.
    ``marks`` as of `slo_core.sli.marks.marks`.
    """
    figure = go.Figure()
    for group, style in styles.items():
        _bars(figure, lanes, group, style)
    for place, lane in enumerate(lanes):
        figure.add_annotation(
            x=0,
            xref="paper",
            xanchor="left",
            y=-place,
            yshift=13,
            text=lane.name,
            showarrow=False,
            font={"size": 12, "color": colours.text},
            bgcolor=colours.background,
        )
        figure.add_hline(y=-place, line={"color": colours.grid, "width": 1}, layer="below")
    add_marks(figure, marks, colours, until=at)
    figure.update_layout(
        height=_LANE * max(len(lanes), 2) + _MARGINS,
        hovermode="closest",
        yaxis={"visible": False, "range": [0.6 - len(lanes), 1.1], "fixedrange": True},
        xaxis={"range": [start, at], "title": {"text": "Time (UTC)"}},
    )
    return figure


def _bars(figure: go.Figure, lanes: Sequence[Lane], group: str, style: Style) -> None:
    x: list[datetime | None] = []
    y: list[int] = []
    words: list[str] = []
    symbols: list[str] = []
    for place, lane in enumerate(lanes):
        for bar in lane.spans:
            if bar.group == group:
                x += [bar.start, bar.end, None]
                y += [-place] * 3
                words += [bar.words] * 2 + [""]
                end = "triangle-right" if bar.lasts else "line-ns"
                symbols += [style.symbol, end, "line-ns"]
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines+markers",
        line={"color": style.colour, "width": 7},
        marker={"symbol": symbols, "size": 9, "color": style.colour, "opacity": 1},
        text=words,
        name=style.name,
        hovertemplate="%{text}<extra></extra>",
        showlegend=bool(x),
    )


def course_figure(
    courses: Sequence[Course],
    marks: pd.DataFrame,
    colours: Palette,
    *,
    start: datetime,
    until: datetime,
) -> go.Figure:
    """Each part of a condition against its threshold, and when the episode was.

    ``start`` and ``until`` are those of `slo_core.alerts.episodes.episodes`: the ends of the first
    and of the last firing minute.
    """
    titles = [course.text for course in courses]
    figure = make_subplots(
        rows=len(courses),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.16 / max(len(courses), 1),
        subplot_titles=titles,
    )
    for row, course in enumerate(courses, start=1):
        _course(figure, course, row, colours)
    figure.add_shape(
        type="rect",
        xref="x",
        yref="paper",
        x0=start - MINUTE,
        x1=until,
        y0=0,
        y1=1,
        fillcolor=colours.series[0],
        opacity=0.18,
        line={"width": 0},
        layer="below",
    )
    frame = courses[0].frame
    add_gaps(figure, _unknown(courses), courses[0].step, colours)
    add_marks(figure, marks, colours, until=until)
    figure.update_layout(height=_PLOT * len(courses) + 90, showlegend=True)
    figure.update_annotations(font={"size": 13}, x=0, xanchor="left", selector={"yref": "paper"})
    legend_above(figure)
    figure.update_xaxes(range=[frame["at"].iloc[0], frame["at"].iloc[-1]])
    figure.update_xaxes(title_text="Time (UTC)", row=len(courses), col=1)
    return figure


def _unknown(courses: Sequence[Course]) -> pd.Series:
    """The starts of the steps for which no part has a figure."""
    missing = pd.concat([it.frame["value"].isna() for it in courses], axis=1).all(axis=1)
    found: pd.Series = courses[0].frame.loc[missing, "at"] - courses[0].step
    return found.reset_index(drop=True)


def _course(figure: go.Figure, course: Course, row: int, colours: Palette) -> None:
    scale, title, form = _axis(course)
    limit = course.threshold / scale
    frame = course.frame
    values = (frame["value"] / scale).where(~frame["timeout"])
    known = [v for v in (values.max(), values.min()) if not pd.isna(v)]
    # Slower than any: above the line whatever the timeout itself is.
    beyond = max([limit, *known]) * 1.08
    said = [amount(v, course.unit, course.threshold) for v in frame["value"]]
    figure.add_scatter(
        x=frame["at"],
        y=values,
        mode=lone_points(values),
        line={"color": colours.series[0], "width": 1.8},
        marker={"size": 4},
        name="Figure",
        legendgroup="figure",
        showlegend=row == 1,
        customdata=said,
        hovertemplate="%{customdata}",
        row=row,
        col=1,
    )
    firing = values.where(frame["holds"])
    figure.add_scatter(
        x=frame["at"],
        y=firing,
        mode="markers",
        marker={"size": 5, "symbol": "x", "color": colours.colour("bad")},
        name="Fires",
        legendgroup="fires",
        showlegend=row == 1,
        hoverinfo="skip",
        row=row,
        col=1,
    )
    if frame["timeout"].any():
        slow = frame[frame["timeout"]]
        figure.add_scatter(
            x=slow["at"],
            y=[beyond] * len(slow),
            mode="markers",
            marker={"size": 7, "symbol": "triangle-up", "color": colours.colour("warn")},
            name="Among timeouts, slower than any",
            legendgroup="timeouts",
            hovertemplate="among timeouts",
            row=row,
            col=1,
        )
    word = "above" if course.above else "below"
    limit_line(
        figure,
        limit,
        f"fires {word} {amount(course.threshold, course.unit, course.threshold)}",
        colours.colour("bad"),
        colours,
        row=row,
    )
    low = min([0.0, *known])
    figure.update_yaxes(
        title_text=title,
        tickformat=form,
        range=[low * 1.1, max(beyond, limit * 1.1) * 1.05],
        row=row,
        col=1,
    )


def _axis(course: Course) -> tuple[float, str, str | None]:
    """What the values are divided by, what the axis says, and how it writes numbers."""
    match course.unit:
        case "ratio":
            return 1.0, "Share", ".2~%"
        case "ms" if course.threshold >= 1000:
            return 1000.0, "Seconds", None
        case "ms":
            return 1.0, "Milliseconds", None
        case "burn_rate":
            return 1.0, "Burn rate (×)", None
        case "1":
            return 1.0, "", None
    return 1.0, course.unit.capitalize(), None


def episode_bars(rows: Iterable[Any], group: str, at: datetime) -> list[Bar]:
    """Bars of episodes (rows of `slo_core.alerts.episodes.episodes`), all in one group."""
    return [
        Bar(
            row.start - MINUTE,
            row.until,
            group,
            f"{row.condition}<br>{clock(row.start)}, "
            + (
                f"fires since {duration((at - row.start).total_seconds() + 60)}"
                if pd.isna(row.end)
                else f"for {duration((row.until - row.start).total_seconds() + 60)}"
            ),
            bool(pd.isna(row.end)),
        )
        for row in rows
    ]
