"""When budgets run out: dates and probabilities in words, and their intervals on a time axis."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from slo_core.budget.straight_line import End
from slo_core.figures.theme import STATES, Palette
from slo_core.figures.words import chance_words
from slo_core.text import NO_DATA, clock, duration

_FAR = timedelta(days=62)
"""From how far ahead on the hour of a straight line's end says nothing."""
_ROW = 46
"""Pixels of a budget's row in the chart."""
_LEVELS = ("p10", "p50", "p90")


def end_date(moment: datetime, at: datetime) -> str:
    """The end of a line as a date, with its time of day where that is near."""
    if moment - at > _FAR:
        return f"{moment:%Y-%m-%d}"
    return clock(moment.replace(second=0, microsecond=0))


def end_words(
    end: End, at: datetime, since: datetime | None = None, *, exactly: bool = True
) -> str:
    """The date, or why there is none: ``2025-03-31 14:00 UTC, in 3 d 4 h``, ``never, ...``.

    ``since`` is since when a spent budget is so, ``exactly`` whether that is known exactly.
    """
    match end.kind:
        case "no_data":
            return NO_DATA
        case "never":
            return "never, at the current burn"
        case "spent":
            if since is None or since != since:
                return "spent already"
            return f"spent since {'' if exactly else 'before '}{clock(since)}"
    assert end.at is not None
    date = end_date(end.at, at)
    if end.kind == "lasts":
        return f"not this month, the line ends {date}"
    return f"{date}, in {duration((end.at - at).total_seconds())}"


def reach_words(row: Any, at: datetime) -> str:
    """How far a projection reaches: ``within 30 days``, or ``in 2025-03`` for a month's budget."""
    until = row["until"]
    if row["basis"] == "calendar" and until == until.normalize().replace(day=1):
        return f"in {row['window']}"
    return f"within {round((until - at) / timedelta(days=1))} days"


def level_words(row: Any, level: str, at: datetime) -> str:
    """One date of a projection, or that it lies beyond: ``not within 30 days``.

    ``row`` is one of `slo_core.forecast.forecasts`, ``level`` is ``p10``, ``p50`` or ``p90``.
    """
    if row["probability"] != row["probability"]:
        return _unknown(row)
    if pd.isna(row[level]):
        return f"not {reach_words(row, at)}"
    return clock(_minute(row[level]))


def _unknown(row: Any) -> str:
    """Why nothing can be projected of a budget."""
    return NO_DATA if row["remaining_ratio"] != row["remaining_ratio"] else "too little history"


def recovery_words(row: Any) -> str:
    """When an exhausted budget has something left again."""
    if pd.isna(row["recovery"]):
        return f"nothing left again before {clock(_minute(row['until']))}"
    if row["basis"] == "calendar":
        return f"the next month's begins {clock(_minute(row['recovery']))}"
    return f"something left again {clock(_minute(row['recovery']))}, as likely before as after"


def projection_words(row: Any, at: datetime) -> str:
    """A whole projection in a clause: its probability and as many dates as it has."""
    if row["exhausted"]:
        return f"exhausted; {recovery_words(row)}"
    if row["probability"] != row["probability"]:
        return f"none, {row['note']}" if row["note"] else f"none, {NO_DATA}"
    words = f"{chance_words(row['probability'])} likely to run out {reach_words(row, at)}"
    if pd.isna(row["p10"]):
        return words
    dates = [f"{level.upper()} {level_words(row, level, at)}" for level in _LEVELS]
    return f"{words}: {', '.join(dates)}"


def short_words(row: Any, at: datetime) -> str:
    """The date of a projection and its probability, short enough for a chart on a phone."""
    if row["exhausted"]:
        if pd.isna(row["recovery"]):
            return f"nothing left again before {row['until']:%Y-%m-%d}"
        return f"left again {row['recovery']:%Y-%m-%d}"
    chance = f"({chance_words(row['probability'])})"
    if pd.notna(row["p50"]):
        return f"P50: 0 % on {row['p50']:%Y-%m-%d} {chance}"
    if pd.notna(row["p10"]):
        return f"P10: 0 % on {row['p10']:%Y-%m-%d} {chance}"
    return f"not 0 % {reach_words(row, at)} {chance}"


def exhaustion_figure(
    frame: pd.DataFrame, names: dict[str, str], colours: Palette, *, at: datetime
) -> go.Figure:
    """When each budget runs out: a bar from P10 to P90 on one time axis, as far as the horizon.

    ``frame`` has the columns of `slo_core.forecast.forecasts`, ``names`` says what people call the
    services. An exhausted budget has a bar until something is left again.
    """
    figure = go.Figure()
    end = max(frame["until"])
    rows = [row for _, row in frame.iterrows()]
    places = [f"{names[row['service']]}<br>{_budget(row)}" for row in rows]
    known = [(place, row) for place, row in zip(places, rows, strict=True)]
    going = [(p, r) for p, r in known if not r["exhausted"]]
    dated = [(p, r) for p, r in going if pd.notna(r["p10"])]
    spans: dict[str, list[tuple[str, Any, datetime, datetime]]] = {
        "P10 to P90": [(p, r, r["p10"], r["p90"]) for p, r in dated if pd.notna(r["p90"])],
        "P10 to beyond the end": [
            (p, r, r["p10"], r["until"]) for p, r in dated if pd.isna(r["p90"])
        ],
        "Exhausted, until something is left again": [
            (p, r, at, r["until"] if pd.isna(r["recovery"]) else r["recovery"])
            for p, r in known
            if r["exhausted"]
        ],
    }
    looks = {
        "P10 to P90": (colours.series[0], ""),
        "P10 to beyond the end": (colours.series[0], "/"),
        "Exhausted, until something is left again": (colours.colour(STATES["exhausted"].role), "x"),
    }
    for name, found in spans.items():
        _bars(figure, name, found, at, *looks[name], colours)
    _points(figure, "P50", [(p, r, r["p50"]) for p, r in dated], "diamond", colours.text, at)
    lines = [(p, r, r["linear"]) for p, r in going if pd.notna(r["linear"]) and r["linear"] <= end]
    _points(figure, "Straight line, for reference", lines, "x-thin", colours.series[1], at)
    for place, row in going:
        if pd.isna(row["p10"]):
            _note(figure, at, place, _undated(row, at), colours)
    for moment, words, height in _moments(rows, at, end):
        _moment(figure, moment, words, height, at, colours)
    figure.update_layout(
        height=130 + _ROW * len(rows),
        barmode="overlay",
        bargap=0.55,
        hovermode="closest",
        showlegend=True,
        legend_y=1.07,  # above the words at the upper ends of lines
    )
    room = (end - at) * 0.03
    figure.update_xaxes(type="date", range=[at - room, end + room], title_text="Time (UTC)")
    figure.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=places[::-1],
        range=[-0.5, len(places) - 0.5],
        fixedrange=True,
    )
    return figure


def _budget(row: Any) -> str:
    return f"rolling {row['window']}" if row["basis"] == "rolling" else f"month {row['window']}"


def _undated(row: Any, at: datetime) -> str:
    if row["probability"] != row["probability"]:
        return _unknown(row)
    return f"not {reach_words(row, at)} ({chance_words(row['probability'])})"


def _bars(
    figure: go.Figure,
    name: str,
    found: list[tuple[str, Any, datetime, datetime]],
    at: datetime,
    colour: str,
    pattern: str,
    colours: Palette,
) -> None:
    if not found:
        return
    figure.add_bar(
        y=[place for place, *_ in found],
        # An interval of an hour would be too narrow to see.
        x=[max((end - start).total_seconds(), 7200) * 1000 for _, _, start, end in found],
        base=[start for _, _, start, _ in found],
        orientation="h",
        name=name,
        marker={
            "color": colour,
            "line": {"width": 1, "color": colour},
            "pattern": {
                "shape": pattern,
                "fillmode": "overlay",
                "fgcolor": colours.background,
                "size": 7,
            },
        },
        customdata=[projection_words(row, at) for _, row, *_ in found],
        hovertemplate="%{y}: %{customdata}<extra></extra>",
    )


def _points(
    figure: go.Figure,
    name: str,
    found: list[tuple[str, Any, Any]],
    symbol: str,
    colour: str,
    at: datetime,
) -> None:
    found = [it for it in found if pd.notna(it[2])]
    if not found:
        return
    figure.add_scatter(
        y=[place for place, *_ in found],
        x=[moment for *_, moment in found],
        mode="markers",
        name=name,
        marker={
            "symbol": symbol,
            "size": 11,
            "color": colour,
            "line": {"width": 2.5 if symbol == "x-thin" else 0, "color": colour},
        },
        customdata=[f"{name}, {end_date(moment, at)}" for *_, moment in found],
        hovertemplate="%{y}: %{customdata}<extra></extra>",
    )


def _note(figure: go.Figure, at: datetime, place: str, words: str, colours: Palette) -> None:
    figure.add_annotation(
        x=at,
        y=place,
        text=words,
        showarrow=False,
        xanchor="left",
        xshift=8,
        bgcolor=colours.background,
        font={"color": colours.muted, "size": 12},
    )


def _moments(rows: list[Any], at: datetime, end: datetime) -> list[tuple[datetime, str, int]]:
    """What is drawn across all rows: now, the ends of months, the horizon; and how high named."""
    ends = {row["until"]: row["window"] for row in rows if row["basis"] == "calendar"}
    months = [(moment, f"{name} ends", 0) for moment, name in ends.items() if moment < end]
    days = round((end - at) / timedelta(days=1))
    return [(at, "now", 1), *months, (end, f"horizon: {days} days", 1)]


def _moment(
    figure: go.Figure, moment: datetime, words: str, height: int, at: datetime, colours: Palette
) -> None:
    """A line with its words at the top or, since a month may end near the horizon, at the foot."""
    figure.add_vline(x=moment, line={"color": colours.muted, "width": 1.2, "dash": "dot"})
    figure.add_annotation(
        x=moment,
        y=height,
        yref="paper",
        yanchor="bottom",
        xanchor="left" if moment - at < timedelta(days=15) else "right",
        text=words,
        showarrow=False,
        font={"color": colours.muted, "size": 11},
    )


def _minute(moment: Any) -> datetime:
    found: datetime = moment.floor("min").to_pydatetime()
    return found
