"""What bad events have in common, for people: ranked tables, and when they happened."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pandas as pd
import plotly.graph_objects as go

from slo_core.catalog import Cut, Journey, Objective
from slo_core.figures import html
from slo_core.figures.gaps import add_gaps
from slo_core.figures.marks import add_marks
from slo_core.figures.theme import Palette, Role
from slo_core.figures.words import amount_words, unit_of
from slo_core.sli.breakdown import NOT_LOGGED, OTHER_ENDPOINT, TIMEOUT
from slo_core.text import duration, latency, percent

TITLES = {
    "reason": ("Reasons", "Why did they fail?"),
    "reached": ("How slow", "How far were they from the objective?"),
    "endpoint": ("Endpoints", "Which routes fail?"),
    "status": ("Statuses", "What did the server answer?"),
    "platform": ("Platforms", "Whose users notice?"),
    "step": ("Steps", "At which step of the journey?"),
}
"""Of each dimension the title of its panel, and the question that it answers."""

_HEIGHT = 320
_HOUR = timedelta(hours=1)

_DOWN = {
    "probes": "every probe failed",
    "errors": "too many requests failed",
    "both": "probes and requests failed",
}

Address = Callable[[str | None], str]
"""From a value to the address that shows it alone; from None to the one that shows all."""


def value_words(dimension: str, value: str, journey: Journey, cuts: tuple[Cut, ...]) -> str:
    """A dimension's value in words; ``cuts`` are the journey's, in milliseconds."""
    if dimension == "reason":
        return value.replace("_", " ").capitalize()
    if dimension == "reached":
        return _reached(value, journey, cuts)
    if dimension == "endpoint" and value == OTHER_ENDPOINT:
        return "All other routes"
    return "Not logged" if value == NOT_LOGGED else value


def down_words(reason: str) -> str:
    """Why a scope was down, in words."""
    return _DOWN[reason]


def ranking(
    ranked: pd.DataFrame,
    title: str,
    words: Callable[[str], str],
    objective: Objective,
    colours: Palette,
    *,
    allowed: float | None,
    address: Address | None = None,
    chosen: str | None = None,
    more: tuple[str, dict[str, str]] | None = None,
    most: int = 8,
) -> str:
    """A table of the values that cost most: how much, its share, and its part of the budget.

    ``ranked`` is of `slo_core.sli.breakdown`; ``allowed`` is the whole budget, in its unit. With an
    ``address`` each value is a link that shows it alone, and the ``chosen`` one leads back.
    ``more`` is the header of another column, and its words by value.
    """
    another, by_value = more or ("", {})
    headers = [title, "How much", "Share", "Of the budget", *([another] if another else [])]
    rows = []
    for row in ranked.head(most).itertuples():
        name = words(row.value)
        cell = html.text(name)
        if address and row.value == chosen:
            cell = html.link(f"✓ {name}", address(None), name=f"{title}: show all again")
        elif address:
            cell = html.link(name, address(row.value), name=f"{title}: show {name} alone")
        share = percent(row.share, digits=0)
        role: Role = "bad" if row.value == chosen else "none"
        rows.append(
            [
                cell,
                html.number(amount_words(objective, row.bad)),
                html.text(share)
                + html.gauge(row.share, (), colours, role, name=f"{name}: {share} of all"),
                html.number(percent(row.bad / allowed if allowed else None, digits=0)),
                *([html.number(by_value.get(row.value, ""))] if another else []),
            ]
        )
    return html.table(headers, rows, colours, caption=f"{title}, the most first")


def when_figure(
    course: pd.DataFrame,
    worst: tuple[datetime, datetime] | None,
    marks: pd.DataFrame,
    objective: Objective,
    colours: Palette,
    *,
    at: datetime,
) -> go.Figure:
    """Bad events hour by hour, with what the target allows of them, and the worst hours in colour.

    ``course`` is of `slo_core.sli.breakdown` or `slo_core.sli.downtime`.
    """
    noun, size = unit_of(objective)
    first, last = worst or (at, at)
    is_worst = (course["at"] >= first) & (course["at"] < last)
    figure = go.Figure()
    for name, rows, colour in (
        (noun.capitalize(), ~is_worst, colours.series[0]),
        ("The worst hours", is_worst, colours.colour("bad")),
    ):
        figure.add_bar(
            x=course.loc[rows, "at"],
            y=course.loc[rows, "bad"] / size,
            width=_HOUR.total_seconds() * 1000,
            offset=0,
            name=name,
            marker={"color": colour, "line": {"width": 0}},
            hovertemplate=f"%{{y:,.4~g}} {noun} in this hour",
        )
    figure.add_scatter(
        x=course["at"],
        y=course["valid"] * objective.error_rate / size,
        name=f"What the target allows ({percent(objective.error_rate, digits=4)})",
        mode="lines",
        line={"color": colours.text, "width": 1.2, "dash": "dash", "shape": "hv"},
        hovertemplate=f"%{{y:,.4~g}} {noun} allowed",
    )
    add_gaps(figure, course.loc[course["bad"].isna(), "at"], _HOUR, colours)
    add_marks(figure, marks, colours, until=at)
    figure.update_layout(barmode="overlay", bargap=0, height=_HEIGHT)
    figure.update_xaxes(range=[course["at"].iloc[0], at], title_text="Time (UTC)")
    figure.update_yaxes(title_text=f"{noun.capitalize()} an hour", rangemode="tozero")
    return figure


def gap_words(moment: datetime, period: tuple[datetime, datetime]) -> str:
    """How far a moment lies from a period: ``25 min before``, ``during``, ``2 h after``."""
    start, end = period
    if start <= moment < end:
        return (
            f"during, {duration((moment - start).total_seconds())} in"
            if moment > start
            else ("at its start")
        )
    if moment < start:
        return f"{duration((start - moment).total_seconds())} before"
    return f"{duration((moment - end).total_seconds())} after" if moment > end else "at its end"


def _reached(value: str, journey: Journey, cuts: tuple[Cut, ...]) -> str:
    """From which time to which: ``30 s to 45 s``."""
    limit = journey.timeout.value.total_seconds() * 1000 if journey.timeout else None
    if value == TIMEOUT:
        return "Timeout" if limit is None else f"Timeout (over {latency(limit)})"
    start = float(value)
    further = sorted({cut.value for cut in cuts if cut.value > start * (1 + 1e-9)})
    ends = [end for end in (*further, limit) if end is not None and (limit is None or end <= limit)]
    return f"{latency(start)} to {latency(ends[0])}" if ends else f"{latency(start)} and more"
