"""Figures of the error budget page: burn rates, what is left, where it went."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import pandas as pd
import plotly.graph_objects as go

from slo_core.catalog import Hourly, Policy
from slo_core.durations import parse_duration
from slo_core.figures.marks import add_marks
from slo_core.figures.text import NO_DATA, clock, count, duration, factor, percent
from slo_core.figures.theme import Palette


def burn_figure(
    budgets: Sequence[Mapping[str, object]], window: str, alert: float | None, colours: Palette
) -> go.Figure:
    """Burn rates of each service over several windows on one log scale, with 1× and the alert.

    ``budgets`` have ``name`` and ``burn`` (rate by window, None without data); ``window`` is the
    budgets' own, of which hovering says what part a burn has cost.
    """
    figure = go.Figure()
    names = [str(budget["name"]) for budget in budgets]
    looks = (("circle", 0), ("square", 1), ("diamond", 2), ("triangle-up", 3))
    first: Mapping[str, float | None] = budgets[0]["burn"]  # type: ignore[assignment]
    for number, name in enumerate(first):
        burns = [budget["burn"][name] for budget in budgets]  # type: ignore[index]
        share = parse_duration(name) / parse_duration(window)
        symbol, series = looks[number % len(looks)]
        figure.add_scatter(
            # A log scale has no nought: nothing burnt is drawn at the left edge and says so.
            x=[None if burn is None else max(burn, 0.011) for burn in burns],
            y=names,
            mode="markers",
            name=f"over {name}",
            marker={"symbol": symbol, "size": 12, "color": colours.series[series]},
            text=[
                NO_DATA
                if burn is None
                else f"{factor(burn)} over {name}: {percent(burn * share, digits=3)} of the "
                f"{window} budget went"
                for burn in burns
            ],
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    _line(figure, 1.0, "1×: on budget", colours.text, "dash")
    if alert:
        _line(figure, alert, f"{alert:g}×: alert", colours.colour("bad"), "dot")
    figure.update_xaxes(title_text="Burn rate (log scale)", type="log", range=[-2, 2.2])
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(height=120 + 62 * len(budgets))
    return figure


def _line(figure: go.Figure, x: float, text: str, colour: str, dash: str) -> None:
    figure.add_vline(
        x=x,
        line={"color": colour, "width": 1.5, "dash": dash},
        annotation={"text": text, "font": {"color": colour, "size": 12}},
        annotation_position="top",
    )


def hourly_figure(
    hours: pd.DataFrame, levels: Hourly, unit: str, marks: pd.DataFrame, colours: Palette
) -> go.Figure:
    """Bad events by hour with the document's levels; ``hours`` has ``at``, ``bad``."""
    word = {"normal": "good", "warning": "warn", "critical": "bad"}
    level = [None if pd.isna(bad) else levels.level(bad) for bad in hours["bad"]]
    figure = go.Figure()
    for name, role in word.items():
        own = hours["bad"].where([found == name for found in level])
        figure.add_bar(
            x=hours["at"],
            y=own,
            name=name.capitalize(),
            width=3_600_000,
            offset=0,
            marker={
                "color": colours.colour(role),  # type: ignore[arg-type]
                "pattern": {"shape": {"normal": "", "warning": "/", "critical": "x"}[name]},
                "line": {"width": 0},
            },
            hovertemplate=f"%{{y:,.0f}} {unit}, {name}",
        )
    for value, text in (
        (levels.warning_from, f"warning from {levels.warning_from:g}"),
        (levels.critical_above, f"critical above {levels.critical_above:g}"),
    ):
        figure.add_hline(
            y=value,
            line={"color": colours.text, "width": 1, "dash": "dash"},
            annotation={"text": text, "font": {"color": colours.text, "size": 12}},
            annotation_position="top left",
        )
    add_marks(figure, marks, colours)
    figure.update_layout(barmode="overlay", bargap=0, height=330)
    figure.update_xaxes(title_text="Time (UTC)")
    noun = "Seconds down" if unit == "seconds" else unit.capitalize()
    figure.update_yaxes(title_text=f"{noun} an hour", rangemode="tozero")
    return figure


def remaining_figure(objectives: pd.DataFrame, colours: Palette) -> go.Figure:
    """What is left of every objective's budget, overspent below zero.

    ``objectives`` has ``label``, ``left`` (share, null without data), ``told`` (in events) and
    ``role`` (of a state's colour).
    """
    floor = -1.5
    figure = go.Figure()
    figure.add_bar(
        y=objectives["label"],
        # A very deep hole would flatten all others; the bar stops and its text says how deep.
        x=objectives["left"].clip(lower=floor),
        orientation="h",
        marker={"color": [colours.colour(role) for role in objectives["role"]]},
        text=[percent(left, digits=0) for left in objectives["left"]],
        textposition="outside",
        cliponaxis=False,
        customdata=objectives["told"],
        hovertemplate="%{y}: %{customdata}<extra></extra>",
        showlegend=False,
    )
    figure.add_vline(x=0, line={"color": colours.text, "width": 2})
    figure.update_xaxes(
        title_text="Budget left over the objective's own window",
        tickformat=".0%",
        range=[-1.75, 1.2],
    )
    figure.update_yaxes(autorange="reversed", title_text="")
    figure.update_layout(height=90 + 26 * len(objectives), margin={"l": 10})
    return figure


def burn_down_figure(
    left: pd.DataFrame,
    policy: Policy,
    marks: pd.DataFrame,
    colours: Palette,
    *,
    pace: tuple[datetime, datetime] | None,
    ends_at: datetime | None,
    at: datetime,
) -> go.Figure:
    """A budget's remaining share over time, with the policy's bands and a straight line onwards.

    ``left`` has ``at`` and ``left``; ``pace`` is the month over which a calendar budget would be
    spent evenly, None for a rolling one; ``ends_at`` is where the straight line reaches zero, None
    where it does not.
    """
    figure = go.Figure()
    lowest = min(0.0, float(left["left"].min(skipna=True) or 0.0))
    for top, bottom, role, text in (
        (policy.healthy_from, policy.exhausted_below, "warn", "low"),
        (policy.exhausted_below, min(lowest * 1.05, -0.05), "bad", "exhausted"),
    ):
        figure.add_hrect(
            y0=bottom,
            y1=top,
            fillcolor=colours.colour(role),  # type: ignore[arg-type]
            opacity=0.1,
            line_width=0,
            annotation={"text": text, "font": {"color": colours.text, "size": 12}},
            annotation_position="top left",
        )
    figure.add_hline(y=0, line={"color": colours.text, "width": 2})
    figure.add_scatter(
        x=left["at"],
        y=left["left"],
        mode="lines",
        name="Left",
        line={"color": colours.series[0], "width": 2},
        hovertemplate="%{y:.1%} left",
    )
    if pace:
        figure.add_scatter(
            x=list(pace),
            y=[1, 0],
            mode="lines",
            name="Even pace",
            line={"color": colours.muted, "width": 1, "dash": "dot"},
            hoverinfo="skip",
        )
    known = left.dropna()
    if ends_at is not None and len(known):
        figure.add_scatter(
            x=[known["at"].iloc[-1], ends_at],
            y=[known["left"].iloc[-1], 0],
            mode="lines+markers",
            name="Straight line at the 6 h burn",
            line={"color": colours.colour("bad"), "width": 2, "dash": "dash"},
            marker={"symbol": ["circle-open", "x"], "size": 9},
            text=["", f"spent at {clock(ends_at)}"],
            hovertemplate="%{text}",
        )
    add_marks(figure, marks, colours, until=at)
    figure.update_layout(height=380)
    figure.update_xaxes(title_text="Time (UTC)")
    figure.update_yaxes(title_text="Budget left", tickformat=".0%")
    return figure


def calendar_figure(days: pd.DataFrame, colours: Palette) -> go.Figure:
    """Days by the share of the budget that each spent; days without data are left open.

    ``days`` has ``date`` and ``share``, null without data.
    """
    weeks = days["date"] - pd.to_timedelta(days["date"].dt.weekday, unit="D")
    names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    text = [
        f"{day:%a %d %b %Y}: "
        + (NO_DATA if pd.isna(share) else f"{percent(share, digits=2)} spent")
        for day, share in zip(days["date"], days["share"], strict=True)
    ]
    # Steps of colour need not be fine: a tenth of a month's budget in a day is a very bad day.
    scale = [[n / 9, colour] for n, colour in enumerate(colours.sequential)]
    figure = go.Figure(
        go.Heatmap(
            x=weeks,
            y=[names[day] for day in days["date"].dt.weekday],
            z=days["share"].clip(lower=0),
            zmin=0,
            zmax=max(0.1, float(days["share"].max(skipna=True) or 0)),
            colorscale=scale,
            xgap=2,
            ygap=2,
            text=text,
            hovertemplate="%{text}<extra></extra>",
            colorbar={"title": {"text": "of the budget"}, "tickformat": ".0%"},
        )
    )
    empty = days["share"].isna()
    figure.add_scatter(
        x=weeks[empty],
        y=[names[day] for day in days.loc[empty, "date"].dt.weekday],
        mode="markers",
        name="No data",
        marker={"symbol": "circle-open", "color": colours.muted, "size": 8},
        hoverinfo="skip",
    )
    figure.update_yaxes(categoryorder="array", categoryarray=names[::-1])
    figure.update_xaxes(title_text="Week of (UTC)")
    figure.update_layout(height=290)
    return figure


def waterfall_figure(
    impact: pd.DataFrame, allowed: float, unit: str, colours: Palette
) -> go.Figure:
    """From the whole budget to what is left, a step for each incident and for everything else."""
    show = duration if unit == "seconds" else count
    shares = impact["bad"] / allowed
    left = 1 - shares.sum()
    figure = go.Figure(
        go.Waterfall(
            x=["Budget", *impact["title"], "Left"],
            y=[1, *(-shares), left],
            measure=["absolute", *["relative"] * len(impact), "total"],
            text=[
                "100 %",
                *[f"-{percent(share, digits=1)}" for share in shares],
                percent(left, digits=1),
            ],
            customdata=[show(allowed), *map(show, impact["bad"]), show(left * allowed)],
            hovertemplate="%{x}: %{text}, %{customdata} " + unit + "<extra></extra>",
            decreasing={"marker": {"color": colours.colour("bad")}},
            increasing={"marker": {"color": colours.colour("good")}},
            totals={"marker": {"color": colours.series[0]}},
            connector={"line": {"color": colours.border, "width": 1}},
        )
    )
    figure.add_hline(y=0, line={"color": colours.text, "width": 2})
    figure.update_yaxes(title_text="Share of the budget", tickformat=".0%")
    figure.update_xaxes(tickfont={"size": 11})
    figure.update_layout(height=420, showlegend=False)
    return figure
