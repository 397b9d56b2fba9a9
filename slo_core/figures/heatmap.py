"""How long things took over time, with percentiles and objectives drawn in."""

import math
from datetime import datetime
from itertools import pairwise

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from slo_core.catalog import Objective
from slo_core.figures.gaps import add_gaps
from slo_core.figures.limits import limit_line
from slo_core.figures.marks import add_marks
from slo_core.figures.theme import Palette, scale
from slo_core.sli.heatmap import Heatmap
from slo_core.text import latency

_HEIGHT = 520
_DASHES = ("solid", "dash", "dot", "dashdot")
_TICKS = [base * 10**power for power in range(-1, 8) for base in (1, 2, 5)]


def heatmap_figure(
    found: Heatmap,
    objectives: tuple[Objective, ...],
    marks: pd.DataFrame,
    colours: Palette,
    *,
    at: datetime,
) -> go.Figure:
    """The density of a subject over time, its percentiles, and its objectives as lines.

    A step in which an objective was missed has a cross on the line of its percentile.
    """
    figure = go.Figure()
    _density(figure, found, colours)
    for place, (quantile, line) in enumerate(found.lines.groupby("quantile")):
        own = line.set_index("at")["value"].reindex(found.steps["at"])
        figure.add_scatter(
            x=found.steps["at"] + found.step / 2,
            y=own,
            name=f"P{quantile * 100:g}",
            mode="lines",
            connectgaps=False,
            line={
                "color": colours.text,
                "width": 1.8,
                "dash": _DASHES[place % len(_DASHES)],
            },
            text=[latency(value) if math.isfinite(value) else "timed out" for value in own],
            hovertemplate="%{text}",
        )
    _objectives(figure, objectives, colours)
    _missed(figure, found, objectives, colours)
    add_gaps(figure, found.steps.loc[found.steps["events"] == 0, "at"], found.step, colours)
    add_marks(figure, marks, colours, until=at)
    figure.update_layout(height=_HEIGHT)
    figure.update_xaxes(title_text="Time (UTC)", range=[found.steps["at"].iloc[0], at])
    low, high = _range(found, objectives)
    figure.update_yaxes(
        title_text="Time taken (logarithmic)",
        type="log",
        range=[math.log10(low), math.log10(high)],
        tickvals=[tick for tick in _TICKS if low <= tick <= high],
        ticktext=[latency(tick) for tick in _TICKS if low <= tick <= high],
        showgrid=False,
    )
    return figure


def _density(figure: go.Figure, found: Heatmap, colours: Palette) -> None:
    if found.cells.empty:
        return
    lows = np.sort(found.cells["low"].unique())
    width = (found.cells["high"] / found.cells["low"]).median()
    rows = round(math.log(lows[-1] / lows[0]) / math.log(width)) + 1
    edges = lows[0] * width ** np.arange(rows + 1)
    place = np.rint(np.log(found.cells["low"] / lows[0]) / math.log(width)).astype(int)
    column = found.steps.reset_index().set_index("at")["index"]
    shares = np.full((rows, len(found.steps)), np.nan)
    events = np.zeros_like(shares)
    shares[place, found.cells["at"].map(column)] = found.cells["share"]
    events[place, found.cells["at"].map(column)] = found.cells["events"]
    names = [f"{latency(a)} to {latency(b)}" for a, b in pairwise(edges)]
    figure.add_heatmap(
        x=[*found.steps["at"], found.steps["at"].iloc[-1] + found.step],
        y=edges,
        z=shares * 100,
        customdata=np.dstack(
            [events.astype(int), np.repeat(np.array(names)[:, None], shares.shape[1], 1)]
        ),
        colorscale=scale(colours),
        zmin=0,
        hoverongaps=False,
        hovertemplate="%{customdata[1]}: %{z:.1f} % of events (%{customdata[0]})<extra></extra>",
        colorbar={
            "title": {"text": "% of the events of that time", "side": "top"},
            "orientation": "h",
            "thickness": 10,
            "len": 0.6,
            "x": 0,
            "xanchor": "left",
            "y": -0.2,
            "yanchor": "top",
        },
        name="Share of events",
    )


def _objectives(figure: go.Figure, objectives: tuple[Objective, ...], colours: Palette) -> None:
    for objective in objectives:
        assert objective.threshold is not None
        value = objective.threshold.value
        limit_line(
            figure,
            value,
            f"P{objective.target * 100:g} objective {objective.document}",
            colours.colour("warn"),
            colours,
            log=True,
            size=11,
        )


def _missed(
    figure: go.Figure, found: Heatmap, objectives: tuple[Objective, ...], colours: Palette
) -> None:
    targets = {objective.id: objective for objective in objectives}
    lines = found.lines.set_index(["at", "quantile"])["value"]
    rows = [
        (row.at, lines.get((row.at, targets[row.objective].target)), targets[row.objective])
        for row in found.missed.itertuples()
    ]
    rows = [row for row in rows if row[1] is not None and math.isfinite(row[1])]
    if not rows:
        return
    figure.add_scatter(
        x=[moment + found.step / 2 for moment, _, _ in rows],
        y=[value for _, value, _ in rows],
        name="Missed",
        mode="markers",
        marker={
            "symbol": "x",
            "size": 8,
            "color": colours.colour("bad"),
            "line": {"color": colours.background, "width": 1},
        },
        text=[f"✕ {objective.name} {objective.document} missed" for _, _, objective in rows],
        hovertemplate="%{text}<extra></extra>",
    )


def _range(found: Heatmap, objectives: tuple[Objective, ...]) -> tuple[float, float]:
    values = [objective.threshold.value for objective in objectives if objective.threshold]
    if len(found.cells):
        values += [found.cells["low"].min(), found.cells["high"].max()]
    return min(values) * 0.8, max(values) * 1.25
