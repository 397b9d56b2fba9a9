"""Request rate and error rate over one time axis (the document's panel of that name)."""

from datetime import datetime, timedelta

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from slo_core.figures.gaps import add_gaps, lone_points
from slo_core.figures.limits import limit_line
from slo_core.figures.marks import add_marks
from slo_core.figures.theme import Palette
from slo_core.sli.sums import REASONS
from slo_core.text import percent

_HEIGHT = 500


def traffic_figure(
    frame: pd.DataFrame,
    before: pd.DataFrame,
    marks: pd.DataFrame,
    colours: Palette,
    *,
    allowed: float | None,
    at: datetime,
) -> go.Figure:
    """Requests a minute above, and below them the share that failed, stacked by reason.

    ``frame`` is of `slo_core.sli.traffic`; ``before`` is a week older and is drawn faintly, moved
    on by a week. ``allowed`` is the share that the objective lets fail, drawn as a line.
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.09)
    week = timedelta(days=7)
    earlier = {"color": colours.muted, "width": 1, "dash": "dot"}
    figure.add_scatter(
        x=before["at"] + week,
        y=before["rate"],
        name="A week before",
        legendgroup="before",
        mode=lone_points(before["rate"]),
        line=earlier,
        marker={"size": 3},
        hovertemplate="%{y:,.1f} a minute",
        row=1,
        col=1,
    )
    figure.add_scatter(
        x=frame["at"],
        y=frame["rate"],
        name="Requests",
        mode=lone_points(frame["rate"]),
        line={"color": colours.series[0], "width": 1.8},
        marker={"size": 3},
        hovertemplate="%{y:,.1f} a minute",
        row=1,
        col=1,
    )
    _reasons(figure, frame, colours)
    figure.add_scatter(
        x=before["at"] + week,
        y=before["error_rate"],
        name="A week before",
        legendgroup="before",
        showlegend=False,
        mode=lone_points(before["error_rate"]),
        line=earlier,
        marker={"size": 3},
        hovertemplate="%{y:.2%}",
        row=2,
        col=1,
    )
    if allowed is not None:
        limit_line(
            figure,
            allowed,
            f"allowed: {percent(allowed, digits=4)}",
            colours.text,
            colours,
            row=2,
            width=1,
        )
    add_gaps(figure, frame.loc[frame["requests"].isna(), "at"], _step(frame), colours)
    add_marks(figure, marks, colours, until=at)
    figure.update_layout(barmode="stack", bargap=0, height=_HEIGHT)
    figure.update_xaxes(range=[frame["at"].iloc[0], at])
    figure.update_xaxes(title_text="Time (UTC)", row=2, col=1)
    figure.update_yaxes(title_text="Requests a minute", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(
        title_text="Failed, of valid", tickformat=".2~%", range=[0, _top(frame, allowed)], row=2
    )
    return figure


def _top(frame: pd.DataFrame, allowed: float | None) -> float:
    """Where the axis of failures ends: what is drawn now fills it, whatever happened before."""
    highest = frame["error_rate"].max()
    return 1.15 * max(0.0 if pd.isna(highest) else float(highest), 1.5 * (allowed or 0.0), 1e-4)


def _reasons(figure: go.Figure, frame: pd.DataFrame, colours: Palette) -> None:
    """The shares by reason, the commonest first, reasons that never came up left out."""
    totals = frame[list(REASONS)].sum().sort_values(ascending=False)
    shown = [reason for reason, total in totals.items() if total]
    palette = (*colours.series[1:], colours.muted, colours.series[0])
    for place, reason in enumerate(shown):
        share = (frame[reason] / frame["valid"]).where(frame["valid"] > 0)
        figure.add_bar(
            x=frame["at"],
            y=share,
            width=_step(frame).total_seconds() * 1000,
            offset=0,
            name=str(reason).replace("_", " ").capitalize(),
            marker={"color": palette[place % len(palette)], "line": {"width": 0}},
            customdata=frame[reason],
            hovertemplate="%{y:.2%}, %{customdata:,.0f} requests",
            row=2,
            col=1,
        )


def _step(frame: pd.DataFrame) -> timedelta:
    if len(frame) < 2:
        return timedelta(minutes=1)
    step: timedelta = (frame["at"].iloc[1] - frame["at"].iloc[0]).to_pytimedelta()
    return step
