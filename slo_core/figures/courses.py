"""A journey over time: success, budget, shares and latency on one axis, one plot under another."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from slo_core.catalog import Objective
from slo_core.figures.gaps import add_gaps, lone_points
from slo_core.figures.legend import legend_above
from slo_core.figures.marks import add_marks
from slo_core.figures.theme import Palette
from slo_core.figures.words import unit_of
from slo_core.text import latency, percent

_ROW = 170
_MINUTE = 60_000
_TICKS = [base * 10**power for power in range(-1, 5) for base in (1, 2, 5)] + [
    minutes * _MINUTE for minutes in (1, 2, 5, 10, 20, 60, 180, 720)
]
_DASHES = ("solid", "dash", "dot", "dashdot")


@dataclass(frozen=True)
class Rate:
    """A plot of a share over time with its target: what is good, or what is bad of it."""

    objective: Objective
    course: pd.DataFrame


@dataclass(frozen=True)
class Spent:
    """A plot of what was bad so far in the range beside what the target allows of its traffic."""

    objective: Objective
    course: pd.DataFrame


@dataclass(frozen=True)
class Percentiles:
    """A plot of a subject's percentiles in steps of their own.

    ``courses`` has ``objective, at, value, above``.
    """

    name: str
    objectives: tuple[Objective, ...]
    courses: pd.DataFrame
    step: timedelta


Plot = Rate | Spent | Percentiles


def course_figure(
    plots: list[Plot],
    marks: pd.DataFrame,
    colours: Palette,
    *,
    moments: pd.Series,
    step: timedelta,
    empty: pd.Series,
    at: datetime,
) -> go.Figure:
    """The plots one under the other over ``moments``, with what happened beside them.

    ``empty`` are the steps in which nothing of the journey was logged.
    """
    figure = make_subplots(
        rows=len(plots),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.16 / max(len(plots), 2),
        subplot_titles=[_title(plot) for plot in plots],
    )
    for row, plot in enumerate(plots, start=1):
        match plot:
            case Rate():
                _rate(figure, plot, colours, row, step)
            case Spent():
                _spent(figure, plot, colours, row, step)
            case Percentiles():
                _percentiles(figure, plot, colours, row)
    add_gaps(figure, empty, step, colours)
    add_marks(figure, marks, colours, until=at)
    figure.update_annotations(x=0, xanchor="left", font={"size": 13, "color": colours.text})
    figure.update_layout(height=110 + _ROW * len(plots), showlegend=True)
    legend_above(figure)
    figure.update_xaxes(range=[moments.iloc[0], at])
    figure.update_xaxes(title_text="Time (UTC)", row=len(plots), col=1)
    return figure


def _title(plot: Plot) -> str:
    match plot:
        case Rate(objective=objective):
            return f"{objective.name}, target {objective.document}"
        case Spent(objective=objective):
            noun, _ = unit_of(objective)
            return f"{noun.capitalize()} so far, and allowed (dashed)"
        case Percentiles(name=name):
            return name


def _rate(figure: go.Figure, plot: Rate, colours: Palette, row: int, step: timedelta) -> None:
    objective, course = plot.objective, plot.course
    limit = objective.threshold.value if objective.threshold else objective.target
    values = course["sli"] if objective.threshold is None else course["bad"] / course["valid"]
    figure.add_scatter(
        x=course["at"] + step / 2,
        y=values,
        name=objective.name,
        mode=lone_points(values),
        connectgaps=False,
        line={"color": colours.series[0], "width": 1.8},
        marker={"size": 4},
        customdata=course[["bad", "valid"]],
        text=[percent(value, against=limit) for value in values],
        hovertemplate="%{text}, %{customdata[0]:,.6~g} bad of %{customdata[1]:,.6~g}",
        showlegend=False,
        row=row,
        col=1,
    )
    missed = values < limit if objective.threshold is None else values > limit
    _crosses(figure, course["at"][missed] + step / 2, values[missed], colours, row)
    figure.add_hline(
        y=limit, line={"color": colours.text, "width": 1.2, "dash": "dash"}, row=row, col=1
    )
    known = [value for value in values if not math.isnan(value)] + [limit]
    room = (max(known) - min(known)) * 0.12 or 0.001
    low = max(min(known) - room, 0 if objective.threshold else -0.02)
    high = min(max(known) + room, 1.0 + room)
    figure.update_yaxes(tickformat=".2~%", range=[low, high], row=row, col=1)


def _spent(figure: go.Figure, plot: Spent, colours: Palette, row: int, step: timedelta) -> None:
    noun, size = unit_of(plot.objective)
    for name, column, line in (
        (
            "Allowed",
            "allowed_so_far",
            {"color": colours.text, "width": 1.2, "dash": "dash"},
        ),
        ("So far", "bad_so_far", {"color": colours.series[1], "width": 2}),
    ):
        figure.add_scatter(
            x=plot.course["at"] + step,
            y=plot.course[column] / size,
            name=name,
            mode=lone_points(plot.course[column]),
            connectgaps=False,
            line=line,
            marker={"size": 4},
            hovertemplate=f"%{{y:,.4~g}} {noun}",
            showlegend=False,
            row=row,
            col=1,
        )
    figure.update_yaxes(rangemode="tozero", row=row, col=1)


def _percentiles(figure: go.Figure, plot: Percentiles, colours: Palette, row: int) -> None:
    step = plot.step
    values: list[float] = []
    for place, objective in enumerate(plot.objectives):
        assert objective.threshold is not None
        limit = objective.threshold.value
        own = plot.courses[plot.courses["objective"] == objective.id]
        colour = colours.series[place % len(colours.series)]
        name = f"P{objective.target * 100:g}"
        figure.add_scatter(
            x=own["at"] + step / 2,
            y=own["value"],
            name=name,
            mode=lone_points(own["value"]),
            connectgaps=False,
            line={"color": colour, "width": 1.8, "dash": _DASHES[place % len(_DASHES)]},
            marker={"size": 4},
            text=[
                f"{'over ' if row.above else ''}{latency(row.value, against=limit)} "
                f"(objective {objective.document})"
                for row in own.itertuples()
            ],
            hovertemplate="%{text}",
            row=row,
            col=1,
        )
        missed = own["value"] >= limit
        _crosses(figure, own["at"][missed] + step / 2, own["value"][missed], colours, row)
        figure.add_hline(
            y=limit, line={"color": colour, "width": 1.2, "dash": "dash"}, row=row, col=1
        )
        values += [limit, *own["value"].dropna()]
    values = [value for value in values if value > 0]
    low, high = min(values) * 0.8, max(values) * 1.25
    ticks = [tick for tick in _TICKS if low <= tick <= high]
    figure.update_yaxes(
        type="log",
        range=[math.log10(low), math.log10(high)],
        tickvals=ticks,
        ticktext=[latency(tick) for tick in ticks],
        row=row,
        col=1,
    )


def _crosses(
    figure: go.Figure, moments: pd.Series, values: pd.Series, colours: Palette, row: int
) -> None:
    """Mark steps in which an objective was missed."""
    figure.add_scatter(
        x=moments,
        y=values,
        name="Missed",
        legendgroup="missed",
        showlegend=not any(trace.legendgroup == "missed" for trace in figure.data),
        mode="markers",
        marker={"symbol": "x", "size": 6, "color": colours.colour("bad")},
        hoverinfo="skip",
        row=row,
        col=1,
    )
