"""Figures of the review: months met and missed, what each day took, ratings beside SLIs, alerts.

They use bars, lines and markers alone, so that `slo_core.figures.paper` can draw them on paper.
"""

from datetime import datetime
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from slo_core.catalog import Objective
from slo_core.figures.theme import STATES, Palette
from slo_core.figures.words import amount_words, unit_of
from slo_core.text import NO_DATA, counted, percent

_ROW = 24


def months_figure(months: pd.DataFrame, colours: Palette) -> go.Figure:
    """In which months each objective was met: a row an objective, a column a month.

    ``months`` has ``journey_name`` and ``name`` (of the objective), ``month``, ``target``, ``sli``
    and ``met`` (null without data), in the order of the rows from the top; with ``enough`` also
    whether there were events enough to tell. A journey's name is above its rows, so that a narrow
    screen has room for the months.
    """
    rows, headings = _rows(months)
    places = [rows[it] for it in zip(months["journey_name"], months["name"], strict=True)]
    months = months.assign(place=places)
    figure = go.Figure()
    states = months["met"].map({True: "met", False: "missed"}).fillna("no_data")
    if "enough" in months:
        states = states.where(months["enough"] | states.eq("no_data"), "too_few")
    for key in ("met", "missed", "too_few", "no_data"):
        state, own = STATES[key], months[states == key]
        if key == "too_few" and own.empty:
            continue
        figure.add_scatter(
            x=list(own["month"]),
            y=list(own["place"]),
            mode="markers",
            name=state.word,
            marker={
                "symbol": state.marker,
                "color": colours.colour(state.role),
                "size": 10,
                "line": {"color": colours.colour(state.role), "width": 1},
            },
            text=[_month_words(row) for row in own.itertuples()],
            hovertemplate="%{text}<extra></extra>",
        )
    for name, place in headings.items():
        figure.add_annotation(
            text=f"<b>{name}</b>", x=0, xref="paper", xanchor="left", y=place, showarrow=False
        )
    columns = list(dict.fromkeys(months["month"]))
    last = min(rows.values())
    figure.update_layout(height=110 - _ROW * last, hovermode="closest")
    figure.update_xaxes(
        title_text="Month (UTC)", type="category", categoryorder="array", categoryarray=columns
    )
    figure.update_xaxes(
        tickvals=columns,
        ticktext=[f"{pd.Timestamp(it):%b %y}" for it in columns],
        autotickangles=[0, 90],
    )
    figure.update_yaxes(
        tickvals=list(rows.values()),
        ticktext=[name for _, name in rows],
        range=[last - 0.8, 0.8],
        title_text="",
    )
    return figure


def _rows(months: pd.DataFrame) -> tuple[dict[tuple[str, str], int], dict[str, int]]:
    """Where each objective's row lies, and each journey's name above its rows; 0 is the top."""
    rows: dict[tuple[str, str], int] = {}
    headings: dict[str, int] = {}
    place = 0
    for journey, name in zip(months["journey_name"], months["name"], strict=True):
        if journey not in headings:
            headings[journey] = place
            place -= 1
        if (journey, name) not in rows:
            rows[journey, name] = place
            place -= 1
    return rows, headings


def _month_words(row: Any) -> str:
    what = f"{row.journey_name}: {row.name}, {row.month}"
    if pd.isna(row.sli):
        return f"{what}: {NO_DATA}"
    return f"{what}: {percent(row.sli, against=row.target)} of at least {percent(row.target)}"


def daily_figure(
    days: pd.DataFrame,
    allowed: float,
    objective: Objective,
    incidents: pd.DataFrame,
    colours: Palette,
) -> go.Figure:
    """What each day took of a month's budget, beside an even day's part of it.

    ``days`` are the review's days of one service; ``incidents`` its impact, of whose days the bars
    have another colour and a hatching. A day without data has no bar and a cross.
    """
    noun, size = unit_of(objective)
    touched = _touched(incidents)
    figure = go.Figure()
    for name, hit, role, shape in (
        ("Day with an incident", True, "bad", "/"),
        ("Other day", False, "none", ""),
    ):
        rows = days[days["day"].isin(touched) == hit]
        rows = rows[rows["consumed"].notna()]
        figure.add_bar(
            x=list(rows["day"]),
            y=list(rows["consumed"] / size),
            name=name,
            marker={
                "color": colours.colour(role),  # type: ignore[arg-type]
                "pattern": {
                    "shape": shape,
                    "fillmode": "overlay",
                    "fgcolor": colours.background,
                    "size": 6,
                },
            },
            text=[_day_words(row, objective) for row in rows.itertuples()],
            textposition="none",
            hovertemplate="%{text}<extra></extra>",
        )
    silent = list(days.loc[days["consumed"].isna(), "day"])
    if silent:
        figure.add_scatter(
            x=silent,
            y=[0.0] * len(silent),
            mode="markers",
            name="No data",
            marker={
                "symbol": "x-thin",
                "size": 8,
                "color": colours.muted,
                "line": {"width": 1.5, "color": colours.muted},
            },
            text=[f"{day:%a %d %b %Y}: {NO_DATA}" for day in silent],
            hovertemplate="%{text}<extra></extra>",
        )
    if len(days):
        even = allowed / days["day"].iloc[0].days_in_month / size
        figure.add_scatter(
            x=[days["day"].iloc[0], days["day"].iloc[-1]],
            y=[even, even],
            mode="lines",
            name="An even day's part",
            line={"color": colours.text, "width": 1.5, "dash": "dash"},
            hovertemplate=f"An even day's part: {amount_words(objective, even * size)}"
            "<extra></extra>",
        )
    figure.update_layout(height=300, barmode="stack", hovermode="closest")
    figure.update_xaxes(title_text="Day (UTC)", tickformat="%d %b")
    figure.update_yaxes(title_text=noun.capitalize(), rangemode="tozero", title_standoff=4)
    return figure


def _touched(incidents: pd.DataFrame) -> set[pd.Timestamp]:
    """The days on which any incident went on."""
    found: set[pd.Timestamp] = set()
    for row in incidents[incidents["start"].notna()].itertuples():
        last = row.end - pd.Timedelta(microseconds=1)
        found |= set(pd.date_range(row.start.normalize(), last.normalize()))
    return found


def _day_words(row: Any, objective: Objective) -> str:
    return (
        f"{row.day:%a %d %b %Y}: {amount_words(objective, row.consumed)}, "
        f"{percent(row.share, digits=1)} of the month's budget"
    )


def ratings_figure(
    ratings: pd.DataFrame,
    names: dict[str, str],
    span: tuple[datetime, datetime],
    colours: Palette,
) -> go.Figure:
    """What people felt beside what was measured: a row a journey, its rating and its SLI by day.

    ``ratings`` is the review's frame; ``names`` are the rows' titles by journey, from the top;
    ``span`` is the time that the axes show.
    """
    figure = make_subplots(
        rows=len(names),
        cols=2,
        shared_xaxes=True,
        horizontal_spacing=0.2,
        vertical_spacing=0.35 / max(len(names), 2),
        # A phone has no room for the name on both sides.
        subplot_titles=[title for name in names.values() for title in _titles(name)],
    )
    for number, (journey, name) in enumerate(names.items(), start=1):
        own = ratings[ratings["journey"] == journey]
        for column, values, what, hover in (
            (1, "mean", "rating", "%{x|%d %b}: %{y:.2f} of 5<extra></extra>"),
            (2, "sli", "SLI", "%{x|%d %b}: %{y:.3%}<extra></extra>"),
        ):
            figure.add_scatter(
                x=list(own["day"]),
                y=list(own[values]),
                mode="lines+markers",
                name=f"{name}: {what}",
                line={"color": colours.series[column - 1], "width": 1.5},
                marker={"size": 4, "color": colours.series[column - 1], "symbol": "circle"},
                cliponaxis=False,
                hovertemplate=hover,
                row=number,
                col=column,
            )
        figure.update_yaxes(range=[0.8, 5.2], tickvals=[1, 3, 5], row=number, col=1)
        shown = _shares(own["sli"])
        figure.update_yaxes(tickformat=".3~%", nticks=3, range=shown, row=number, col=2)
    figure.update_layout(height=70 + 120 * len(names), showlegend=False, hovermode="closest")
    figure.update_xaxes(tickformat="%d %b", nticks=5, range=list(span))
    figure.update_annotations(font={"size": 12}, x=0, xanchor="left")
    for number, note in enumerate(figure.layout.annotations):
        note.update(x=figure.layout[f"xaxis{'' if number == 0 else number + 1}"].domain[0])
    return figure


def _titles(name: str) -> tuple[str, str]:
    return f"{name}: rating", "its SLI"


def _shares(slis: pd.Series) -> list[float] | None:
    """The part of an axis that some ratios lie in, with room around them but never over 100 %.

    None where there are none.
    """
    known = slis.dropna()
    if known.empty:
        return None
    low, high = float(known.min()), float(known.max())
    room = max((high - low) / 10, 0.001)
    return [low - room, min(high + room, 1.0)]


def alerts_figure(alerts: pd.DataFrame, colours: Palette) -> go.Figure:
    """How often each alert fired: about an incident, and about none."""
    figure = go.Figure()
    for column, name, role, shape in (
        ("about", "About an incident", "good", ""),
        ("false", "About none", "warn", "/"),
    ):
        figure.add_bar(
            x=list(alerts[column]),
            y=list(alerts["name"]),
            orientation="h",
            name=name,
            marker={
                "color": colours.colour(role),  # type: ignore[arg-type]
                "pattern": {
                    "shape": shape,
                    "fillmode": "overlay",
                    "fgcolor": colours.background,
                    "size": 6,
                },
            },
            text=[
                f"{row.name}: {counted(getattr(row, column), 'episode')} {name.lower()}"
                for row in alerts.itertuples(index=False)
            ],
            textposition="none",
            hovertemplate="%{text}<extra></extra>",
        )
    figure.update_layout(height=120 + 30 * len(alerts), barmode="stack", hovermode="closest")
    figure.update_xaxes(title_text="Episodes", rangemode="tozero", showgrid=True)
    figure.update_xaxes(gridcolor=colours.grid)
    figure.update_yaxes(
        categoryorder="array", categoryarray=list(alerts["name"])[::-1], title_text=""
    )
    return figure
