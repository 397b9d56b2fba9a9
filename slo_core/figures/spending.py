"""Days by what they spent of a budget, and a budget's way from whole to what is left."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from slo_core.catalog import Objective
from slo_core.figures.theme import Palette
from slo_core.figures.words import amount_words
from slo_core.text import NO_DATA, factor, percent

_CLASSES: tuple[tuple[float, str], ...] = (
    (0.0, "0"),
    (0.5, "≤ ½×"),
    (1.0, "≤ 1×"),
    (2.0, "≤ 2×"),
    (5.0, "≤ 5×"),
    (float("inf"), "> 5×"),
)
"""Times an even day's part, up to which a day falls into a class."""

_COLOURS = (0, 2, 4, 6, 8, 9)


def pace_class(pace: float) -> int:
    """The class of a day that spent so many times an even day's part."""
    return next(number for number, (limit, _) in enumerate(_CLASSES) if pace <= limit)


def days_figure(days: pd.DataFrame, objective: Objective, colours: Palette) -> go.Figure:
    """A calendar of days, a row a month: how many times an even day's part each spent.

    ``days`` is of `slo_core.budget.spending.days`. A day without data has no colour and a cross, a
    day without failures the faintest colour.
    """
    month = days["day"].dt.strftime("%b %Y")
    known = days["pace"].notna()
    classes = [pace_class(pace) if pd.notna(pace) else None for pace in days["pace"]]
    words = [_day_words(row, objective) for row in days.itertuples()]
    last = len(_CLASSES) - 1
    edges: list[tuple[float, str]] = []
    for number, place in enumerate(_COLOURS):
        edges += [
            (number / (last + 1), colours.sequential[place]),
            ((number + 1) / (last + 1), colours.sequential[place]),
        ]
    figure = go.Figure(
        go.Heatmap(
            x=days["day"].dt.day,
            y=month,
            z=classes,
            zmin=-0.5,
            zmax=last + 0.5,
            colorscale=edges,
            xgap=2,
            ygap=2,
            text=words,
            hovertemplate="%{text}<extra></extra>",
            hoverongaps=False,
            colorbar={
                "title": {"text": "Spent, times an even day's part", "side": "top"},
                "tickangle": 0,
                "orientation": "h",
                "tickvals": list(range(last + 1)),
                "ticktext": [name for _, name in _CLASSES],
                "thickness": 12,
                "y": 1.02,
                "yanchor": "bottom",
                "x": 0,
                "xanchor": "left",
                "len": 1.0,
            },
        )
    )
    figure.add_scatter(
        x=days.loc[~known, "day"].dt.day,
        y=month[~known],
        mode="markers",
        name="No data",
        marker={"symbol": "x-thin", "size": 7, "line": {"width": 1.5, "color": colours.muted}},
        text=[word for word, has in zip(words, known, strict=True) if not has],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )
    rows = list(dict.fromkeys(month))
    figure.update_layout(height=150 + 30 * len(rows), hovermode="closest")
    figure.update_xaxes(title_text="Day of the month (UTC); ✕ is no data", range=[0.4, 31.6])
    figure.update_xaxes(tickvals=[1, 5, 10, 15, 20, 25, 31])
    figure.update_yaxes(categoryorder="array", categoryarray=rows[::-1])
    return figure


def _day_words(row: object, objective: Objective) -> str:
    day, pace, share = row.day, row.pace, row.share  # type: ignore[attr-defined]
    if pd.isna(pace):
        return f"{day:%a %d %b %Y}: {NO_DATA}"
    part = f", {percent(share, digits=1)} of the month's budget" if pd.notna(share) else ""
    return (
        f"{day:%a %d %b %Y}: {amount_words(objective, row.consumed)}{part}, "  # type: ignore[attr-defined]
        f"{factor(pace)} an even day's part"
    )


def waterfall_figure(
    impact: pd.DataFrame, allowed: float, objective: Objective, colours: Palette
) -> go.Figure:
    """From the whole budget, step by step, to what is left of it: below zero where overspent.

    ``impact`` is of `slo_core.budget.impact.incident_impact`, ``allowed`` what the whole budget is.
    An incident's step is parted into what came over the usual and what is usual at that hour.
    """
    labels, lefts = ["Whole budget"], [1.0]
    for row in impact.itertuples():
        labels.append(step_label(row))
        lefts.append(lefts[-1] - row.total / allowed)
    labels.append("Left")
    figure = go.Figure()
    steps = list(zip(labels[1:-1], lefts, lefts[1:], impact.itertuples(), strict=False))
    _ends(figure, [labels[0], labels[-1]], [1.0, lefts[-1]], objective, allowed, colours)
    parts: tuple[tuple[str, str, str], ...] = (
        ("Incident, over the usual", colours.colour("bad"), ""),
        ("Incident, usual at that hour", colours.colour("warn"), "/"),
        ("Everything else", colours.muted, "."),
    )
    for number, (name, colour, pattern) in enumerate(parts):
        chosen = [
            (label, before, amount, row)
            for label, before, after, row in steps
            for before, amount in _part(number, before, after, row, allowed)
        ]
        figure.add_bar(
            y=[label for label, *_ in chosen],
            base=[before - amount for _, before, amount, _ in chosen],
            x=[amount for _, _, amount, _ in chosen],
            orientation="h",
            name=name,
            marker={
                "color": colour,
                "pattern": {
                    "shape": pattern,
                    "fillmode": "overlay",
                    "fgcolor": colours.background,
                    "size": 6,
                },
            },
            customdata=[_step_words(row, objective, allowed) for *_, row in chosen],
            hovertemplate="%{customdata}<extra></extra>",
        )
    for label, _, after, row in steps:
        figure.add_annotation(
            x=after,
            y=label,
            text=_taken(row, allowed),
            showarrow=False,
            xanchor="right",
            xshift=-4,
            font={"size": 12},
            bgcolor=colours.background,  # the zero line would cross it
        )
    # Room for the words left of the lowest step, on a phone too.
    lowest = min(-0.02, min(lefts) - 0.36)
    figure.add_vline(x=0, line={"color": colours.text, "width": 2})
    figure.update_layout(
        barmode="overlay", height=130 + 34 * len(labels), bargap=0.3, hovermode="closest"
    )
    figure.update_xaxes(
        title_text="Budget left",
        tickformat=".0%",
        range=[lowest, 1.05],
        showgrid=True,
        gridcolor=colours.grid,
    )
    figure.update_yaxes(categoryorder="array", categoryarray=labels[::-1], title_text="")
    return figure


def _taken(row: object, allowed: float) -> str:
    """What a step takes; of time in which nothing was counted nobody knows."""
    if not row.seen:  # type: ignore[attr-defined]
        return NO_DATA
    total = row.total  # type: ignore[attr-defined]
    return f"−{percent(total / allowed, digits=1)}" if total else "0 %"


def step_label(row: object) -> str:
    """The name of a step: an incident's number and date, so that it fits a narrow screen."""
    if pd.isna(row.start):  # type: ignore[attr-defined]
        return "All else"
    return f"#{row.id}, {row.start:%d %b}"  # type: ignore[attr-defined]


def _part(
    number: int, before: float, after: float, row: object, allowed: float
) -> Sequence[tuple[float, float]]:
    """One of the three kinds of parts of a step: where it begins, and how long it is."""
    whole = before - after
    if pd.isna(row.start):  # type: ignore[attr-defined]
        return [(before, whole)] if number == 2 else []
    excess = whole if pd.isna(row.excess) else row.excess / allowed  # type: ignore[attr-defined]
    excess = min(max(excess, 0.0), whole)
    if number == 0 and excess:
        return [(before, excess)]
    if number == 1 and whole - excess > 0:
        return [(before - excess, whole - excess)]
    return []


def _ends(
    figure: go.Figure,
    labels: list[str],
    shares: list[float],
    objective: Objective,
    allowed: float,
    colours: Palette,
) -> None:
    figure.add_bar(
        y=labels,
        x=shares,
        orientation="h",
        name="Budget",
        marker={"color": colours.series[0]},
        text=[percent(share, digits=1) for share in shares],
        textposition="auto",
        insidetextanchor="start",
        insidetextfont={"color": colours.background},
        outsidetextfont={"color": colours.text},
        customdata=[amount_words(objective, share * allowed) for share in shares],
        hovertemplate="%{y}: %{customdata}<extra></extra>",
        showlegend=False,
    )


def _step_words(row: object, objective: Objective, allowed: float) -> str:
    total = row.total  # type: ignore[attr-defined]
    words = f"{row.title}: {amount_words(objective, total)}, {percent(total / allowed, digits=1)}"  # type: ignore[attr-defined]
    excess = row.excess  # type: ignore[attr-defined]
    if pd.notna(excess):
        words += f"; over the usual {amount_words(objective, excess)}"
    return words
