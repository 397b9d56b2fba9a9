"""How values are spread around their objectives, beside the period before."""

import math

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from slo_core.catalog import Objective
from slo_core.figures.legend import legend_above
from slo_core.figures.theme import Palette, hatched
from slo_core.text import count, percent
from slo_core.text import figure as figure_words

_ROW = 250
_MOST_TICKS = 5  # more would not fit on a phone
_BASES = ((1, 2, 5), (1, 3), (1,))
"""The digits of ticks, the most first; those of a line lie about as far from each other."""

Spread = tuple[str, tuple[Objective, ...], pd.DataFrame, pd.DataFrame | None]
"""A name, its objectives, its distribution, and that of the period before, if there is one."""


def distribution_figure(spreads: list[Spread], colours: Palette) -> go.Figure:
    """The distributions one under the other, each on a logarithmic axis of its unit."""
    figure = make_subplots(
        rows=len(spreads),
        cols=1,
        vertical_spacing=0.24 / max(len(spreads), 1),
        subplot_titles=[name for name, *_ in spreads],
    )
    for row, (_, objectives, now, before) in enumerate(spreads, start=1):
        _one(figure, objectives, now, before, colours, row)
    figure.update_annotations(x=0, xanchor="left", font={"size": 13, "color": colours.text})
    for row, (_, objectives, *_) in enumerate(spreads, start=1):
        _thresholds(figure, objectives, colours, row)
    figure.update_layout(height=100 + _ROW * len(spreads), barmode="overlay", bargap=0)
    legend_above(figure)
    figure.update_yaxes(title_text="Share of values", tickformat=".1~%", rangemode="tozero")
    return figure


def limit_words(objective: Objective) -> str:
    """On which side of its threshold a value is good: ``below 500 ms``."""
    assert objective.threshold is not None
    side = "below" if objective.threshold.below is not None else "above"
    return f"{side} {figure_words(objective.threshold.value, objective.unit)}"


def _one(
    figure: go.Figure,
    objectives: tuple[Objective, ...],
    now: pd.DataFrame,
    before: pd.DataFrame | None,
    colours: Palette,
    row: int,
) -> None:
    unit = objectives[0].unit
    shown = now[now["low"] > 0]
    for name, rows, colour, shape in (
        ("Good", shown[shown["good"]], colours.series[0], ""),
        ("Off the mark", shown[~shown["good"]], colours.colour("bad"), "/"),
    ):
        figure.add_bar(
            x=rows["low"],
            y=_height(rows, shown),
            offset=0,
            width=rows["high"] - rows["low"],
            name=name,
            legendgroup=name,
            showlegend=row == 1,
            marker={
                "color": colour,
                "line": {"width": 0},
                "pattern": hatched(shape, colours),
            },
            customdata=[
                [
                    f"{figure_words(bar.low, unit)} to {figure_words(bar.high, unit)}",
                    percent(bar.share),
                    count(bar.events),
                ]
                for bar in rows.itertuples()
            ],
            hovertemplate="%{customdata[0]}: %{customdata[1]}, %{customdata[2]} values",
            row=row,
            col=1,
        )
    if before is not None and len(before):
        old = before[before["low"] > 0]
        figure.add_scatter(
            x=(old["low"] * old["high"]) ** 0.5,
            y=_height(old, shown),
            mode="lines",
            name="The period before",
            legendgroup="before",
            showlegend=row == 1,
            line={"color": colours.text, "width": 1.4, "dash": "dot"},
            text=[percent(share) for share in old["share"]],
            hovertemplate="%{text} before",
            row=row,
            col=1,
        )
    parts = [part for part in (shown, before) if part is not None and len(part)]
    edges = pd.concat(parts) if parts else shown
    edges = edges[(edges["low"] > 0) & (edges["share"] > 1e-4)]
    limits = [objective.threshold.value for objective in objectives if objective.threshold]
    low = min([*edges["low"], *limits]) * 0.9
    high = max([*edges["high"], *limits]) * 1.1
    ticks = _ticks(low, high)
    figure.update_xaxes(
        type="log",
        range=[math.log10(low), math.log10(high)],
        tickvals=ticks,
        tickangle=0,
        # Times carry their unit in each label, other units stand once below the axis.
        ticktext=[figure_words(tick, unit if unit == "ms" else "1") for tick in ticks],
        title_text=None if unit in ("ms", "1") else unit,
        row=row,
        col=1,
    )


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers between two, so few of them that their labels have room."""
    ticks: list[float] = []
    for bases in _BASES:
        known = [base * 10**power for power in range(-4, 9) for base in bases]
        ticks = [tick for tick in known if low <= tick <= high]
        if len(ticks) <= _MOST_TICKS:
            break
    return ticks


def _thresholds(
    figure: go.Figure, objectives: tuple[Objective, ...], colours: Palette, row: int
) -> None:
    for place, objective in enumerate(objectives):
        assert objective.threshold is not None
        figure.add_vline(
            x=objective.threshold.value,
            line={"color": colours.text, "width": 1.5, "dash": "dash"},
            row=row,
            col=1,
        )
        figure.add_annotation(
            x=math.log10(objective.threshold.value),
            y=1 - 0.12 * place,
            yref="y domain" if row == 1 else f"y{row} domain",
            xref="x" if row == 1 else f"x{row}",
            xanchor="left",
            yanchor="top",
            showarrow=False,
            text=f" {percent(objective.target, digits=4)} must be {limit_words(objective)}",
            font={"color": colours.text, "size": 11},
            bgcolor=colours.background,
            opacity=0.85,
        )


def _height(bars: pd.DataFrame, among: pd.DataFrame) -> pd.Series:
    """A bar's share as if it were as wide as most: those at an objective are cut short."""
    usual = np.log(among["high"] / among["low"]).median() if len(among) else 1.0
    width = np.log(bars["high"] / bars["low"])
    return bars["share"] * usual / width.where(width > 0, usual)
