"""Burn rates against their target and their alerts, and each hour's bad events with their level."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from slo_core.budget.budgets import allocation_at
from slo_core.budget.burn import BURN_STATES, BurnAlert, cost
from slo_core.catalog import Budget, Objective
from slo_core.figures.gaps import add_gaps, lone_points
from slo_core.figures.limits import limit_line
from slo_core.figures.marks import add_marks
from slo_core.figures.squeezed import squeezed, ticks
from slo_core.figures.theme import STATES, Palette, State
from slo_core.figures.words import amount_words, unit_of
from slo_core.text import count, duration, factor, percent

_HOUR = timedelta(hours=1)
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
_LEVELS = ("normal", "warning", "critical")

STATES_OF_BURN: dict[str, State] = {
    name: State(word, look.symbol, look.marker, look.role)
    for name, word, look in zip(
        BURN_STATES,
        ("Above the alert", "Above 1×", "Within budget", "No data"),
        (STATES["missed"], STATES["at_risk"], STATES["met"], STATES["no_data"]),
        strict=True,
    )
}


def burn_figure(
    burns: pd.DataFrame,
    course: pd.DataFrame,
    objective: Objective,
    budget: Budget | None,
    alerts: Sequence[BurnAlert],
    windows: Mapping[str, timedelta],
    marks: pd.DataFrame,
    colours: Palette,
    *,
    at: datetime,
) -> go.Figure:
    """Burn rates over several windows on one scale; below, what was bad each hour.

    ``burns`` is of `slo_core.budget.course.burns`, ``course`` the same hours; ``windows`` are the
    burn windows by name. Hovering says what part of the budget a burn rate has spent. Without a
    budget there are no levels for an hour.
    """
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.1, row_heights=[0.58, 0.42]
    )
    _rates(figure, burns, objective, windows, colours)
    _lines(figure, burns, alerts, windows, colours)
    _hours(figure, course, objective, budget, colours)
    add_gaps(figure, course.loc[course["gap"], "at"], _HOUR, colours)
    add_marks(figure, marks, colours, until=at)
    figure.update_layout(height=560, hovermode="x unified")
    figure.update_xaxes(range=[course["at"].iloc[0], at])
    figure.update_xaxes(title_text="Time (UTC)", row=2, col=1)
    return figure


def _rates(
    figure: go.Figure,
    burns: pd.DataFrame,
    objective: Objective,
    windows: Mapping[str, timedelta],
    colours: Palette,
) -> None:
    drawn = [name for name in windows if name in burns]
    for place, name in enumerate(drawn):
        rate = burns[name].where(~burns["gap"])
        spent = [
            ""
            if pd.isna(burn)
            else f"{factor(burn)}, {percent(cost(burn, windows[name], objective.window_length))} "
            f"of the {objective.window} budget in {name}"
            for burn in rate
        ]
        figure.add_scatter(
            x=burns["at"],
            y=squeezed(rate, 1.0),
            name=f"Over {name}",
            mode=lone_points(rate),
            line={
                "color": colours.series[place % len(colours.series)],
                "width": 1.4 + 0.5 * place,
                "dash": _DASHES[place % len(_DASHES)],
            },
            marker={"size": 4},
            customdata=spent,
            hovertemplate="%{customdata}",
            row=1,
            col=1,
        )


def _lines(
    figure: go.Figure,
    burns: pd.DataFrame,
    alerts: Sequence[BurnAlert],
    windows: Mapping[str, timedelta],
    colours: Palette,
) -> None:
    lines = [(1.0, "target: at most 1×", colours.text, "dash")]
    lines += [
        (
            alert.burn,
            f"{alert.severity} alert above {alert.burn:g}× over "
            f"{duration(alert.window.total_seconds())}",
            colours.colour("bad"),
            "dot",
        )
        for alert in alerts
    ]
    for burn, words, colour, dash in lines:
        place = float(squeezed(burn, 1.0))
        limit_line(figure, place, words, colour, colours, row=1, dash=dash, width=1.6)
    drawn = burns[[name for name in windows if name in burns]]
    highest = float(drawn.max().max()) if len(drawn) and drawn.notna().any().any() else 0.0
    values = ticks(max([highest, 2.0, *(alert.burn * 1.3 for alert in alerts)]), 1.0)
    figure.update_yaxes(
        title_text="Burn rate",
        tickvals=squeezed(pd.Series(values), 1.0),
        ticktext=[f"{value:g}×" for value in values],
        range=[-0.06, float(squeezed(values[-1], 1.0)) * 1.02],
        row=1,
        col=1,
    )


def _hours(
    figure: go.Figure,
    course: pd.DataFrame,
    objective: Objective,
    budget: Budget | None,
    colours: Palette,
) -> None:
    """A dot for each hour with data, in the shape and colour of its level."""
    noun, size = unit_of(objective)
    seen = course[course["valid"] > 0]
    bad = (seen["valid"] - seen["good"]) / size
    if budget is None:
        unit, groups = 1.0, {"": pd.Series(True, index=seen.index)}
    else:
        hourly = [allocation_at(budget, until).hourly for until in seen["until"]]
        level = pd.Series(
            [own.level(number) for own, number in zip(hourly, bad, strict=True)],
            index=seen.index,
            dtype="object",
        )
        latest = allocation_at(budget, course["until"].iloc[-1]).hourly
        unit = latest.warning_from / 2
        groups = {name: level == name for name in _LEVELS}
    for name, chosen in groups.items():
        state = STATES[name] if name else None
        figure.add_scatter(
            x=seen.loc[chosen, "at"],
            y=squeezed(bad[chosen], unit),
            name=f"{state.word} hour" if state else "Hour",
            mode="markers",
            marker={
                "symbol": state.marker if state else "circle",
                "color": colours.colour(state.role) if state else colours.series[0],
                "size": 7 if name in ("warning", "critical") else 5,
            },
            customdata=[amount_words(objective, number * size) for number in bad[chosen]],
            hovertemplate="%{customdata} in the hour" + (f", {name}" if name else ""),
            row=2,
            col=1,
        )
    top = max(float(bad.max()) if len(bad) else 0.0, unit * 2.2)
    if budget is not None:
        # After the dots, since a plot without any has no place for lines yet.
        _levels(figure, latest.warning_from, latest.critical_above, unit, noun, colours)
        top = max(top, latest.critical_above * 1.4)
    values = ticks(top, unit)
    show = duration if noun == "seconds" else count
    figure.update_yaxes(
        title_text="Down, an hour" if noun == "seconds" else f"{noun.capitalize()} an hour",
        tickvals=squeezed(pd.Series(values), unit),
        ticktext=[show(value) for value in values],
        range=[-0.15, float(squeezed(values[-1], unit)) * 1.04],
        row=2,
        col=1,
    )


def _levels(
    figure: go.Figure, warning: float, critical: float, unit: float, noun: str, colours: Palette
) -> None:
    show = duration if noun == "seconds" else count
    for value, words, role in (
        (warning, f"warning from {show(warning)}", "warn"),
        (critical, f"critical above {show(critical)}", "bad"),
    ):
        colour = colours.roles[role]  # type: ignore[index]
        limit_line(figure, float(squeezed(value, unit)), words, colour, colours, row=2)
    low, high = float(squeezed(warning, unit)), float(squeezed(critical, unit))
    for bottom, top, role in ((low, high, "warn"), (high, 99.0, "bad")):
        figure.add_hrect(
            y0=bottom,
            y1=top,
            fillcolor=colours.roles[role],  # type: ignore[index]
            opacity=0.07,
            line_width=0,
            layer="below",
            row=2,
            col=1,
        )
