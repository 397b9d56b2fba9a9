"""A funnel for people: how far attempts got, what became of the others, and how long it took."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from slo_core.figures import html
from slo_core.figures.change import change_cell
from slo_core.figures.theme import Palette, Role, hatched
from slo_core.sli.funnel import IRREGULAR, REASONS, Funnel
from slo_core.text import count, latency, percent

_ROW_HEIGHT = 58
_NONE = html.text("–")

# Word, colour and hatching, so that reasons are told apart in greyscale too.
_REASONS: dict[str, tuple[str, Role, str]] = {
    "failure": ("Dropped: something failed", "bad", "x"),
    "slow": ("Dropped: something was slow", "warn", "/"),
    "left": ("Dropped: left", "none", "."),
}
_IRREGULAR = {
    "out_of_order": "with steps out of order",
    "repeated": "with a step repeated",
    "missing": "with a step missing",
}


def funnel_figure(now: Funnel, before: Funnel | None, colours: Palette) -> go.Figure:
    """A bar for each step: who went on, and who dropped here for which reason.

    A mark on each bar is the share that got so far in the period before.
    """
    steps, total = now.steps, max(now.attempts, 1)
    on = (steps["attempts"] - steps["furthest"]).where(
        steps.index < len(steps) - 1, steps["attempts"]
    )
    figure = go.Figure()
    parts = [("Went on, or arrived", colours.series[0], "", on)]
    parts += [
        (word, colours.colour(role), shape, steps[name])
        for name, (word, role, shape) in _REASONS.items()
    ]
    for name, colour, shape, amounts in parts:
        figure.add_bar(
            y=steps["step"],
            x=amounts / total,
            orientation="h",
            name=name,
            marker={
                "color": colour,
                "line": {"color": colours.background, "width": 1},
                "pattern": hatched(shape, colours),
            },
            customdata=amounts,
            hovertemplate="%{customdata:,.0f} attempts, %{x:.1%}",
        )
    if before is not None and before.attempts:
        figure.add_scatter(
            y=before.steps["step"],
            x=before.steps["share"],
            mode="markers",
            name="Got so far in the period before",
            marker={
                "symbol": "line-ns",
                "size": 30,
                "color": colours.text,
                "line": {"color": colours.text, "width": 3},
            },
            customdata=before.steps["attempts"],
            hovertemplate="%{customdata:,.0f} attempts, %{x:.1%}",
        )
    figure.update_layout(
        barmode="stack",
        legend={"traceorder": "normal"},
        height=110 + _ROW_HEIGHT * len(steps),
        hovermode="y unified",
        bargap=0.25,
    )
    figure.update_xaxes(
        title_text="Share of attempts", tickformat=".0%", range=[0, 1.02], showgrid=True
    )
    labels = [f"{row.step}<br>{count(row.attempts)}" for row in steps.itertuples()]
    figure.update_yaxes(
        autorange="reversed", tickmode="array", tickvals=steps["step"], ticktext=labels
    )
    return figure


def funnel_words(name: str, found: Funnel) -> str:
    """The takeaway: how many arrive, and where most drop off."""
    if found.rate is None:
        return f"{name}: no attempt began in this range"
    words = f"{name}: {count(found.completed)} of {count(found.attempts)} attempts arrive"
    words += f", {percent(found.rate, digits=1)}"
    dropped = found.steps.iloc[:-1]
    worst = dropped.loc[dropped["furthest"].idxmax()]
    if not worst["furthest"]:
        return words
    reason = max(REASONS, key=lambda reason: worst[reason])
    share = percent(worst[reason] / worst["furthest"], digits=0)
    return (
        f"{words}; most drop off after {worst['step']}, {count(worst['furthest'])} of them "
        f"({share}: {_REASONS[reason][0].removeprefix('Dropped: ')})"
    )


def irregular_words(found: Funnel) -> str:
    """How many attempts were not orderly."""
    listed = ", ".join(
        f"{count(found.irregular[name])} {_IRREGULAR[name]}"
        f" ({percent(found.irregular[name] / max(found.attempts, 1), digits=1)})"
        for name in IRREGULAR
    )
    return f"Of {count(found.attempts)} attempts {listed}; they count by their furthest step."


def funnel_table(now: Funnel, before: Funnel | None, colours: Palette) -> str:
    """Step by step: conversion, its change, the time it takes, and why people drop."""
    headers = ["Step", "Got so far", "From the step before"]
    headers += ["Change"] if before is not None else []
    headers += ["Half take up to", "95 % take up to", "Drop here"]
    last = len(now.steps) - 1
    rows = []
    for place, row in enumerate(now.steps.itertuples()):
        cells = [
            html.text(row.step),
            html.number(count(row.attempts), small=percent(row.share, digits=1)),
            html.number(percent(row.conversion, digits=1)) if place else _NONE,
        ]
        if before is not None:
            cells.append(_conversion_change(now, before, place, colours) if place else _NONE)
        cells += [
            html.number(latency(took)) if place else _NONE for took in (row.median_ms, row.p95_ms)
        ]
        cells.append(_dropped(row, now.attempts) if place < last else _NONE)
        rows.append(cells)
    return html.table(headers, rows, colours, caption="Steps of the funnel, in their order")


def platform_table(now: Funnel, before: Funnel | None, colours: Palette, enough: int) -> str:
    """How many arrive on each platform; a rate of too few attempts says so."""
    headers = ["Platform", "Attempts", "Arrive"] + (["Change"] if before is not None else [])
    rows = []
    for row in now.platforms.itertuples():
        few = row.attempts < enough
        cells = [
            html.text(row.platform),
            html.number(count(row.attempts)),
            html.number(
                percent(row.rate, digits=1),
                small=f"too few: under {enough}" if few else f"{count(row.completed)} attempts",
            ),
        ]
        if before is not None:
            cells.append(_rate_change(row, before, colours))
        rows.append(cells)
    return html.table(headers, rows, colours, caption="Attempts by platform, the most first")


def _dropped(row: Any, attempts: int) -> html.Cell:
    reasons = [f"{name} {count(getattr(row, name))}" for name in REASONS if getattr(row, name)]
    share = percent(row.furthest / attempts if attempts else None, digits=1)
    return html.text(f"{count(row.furthest)} ({share})", small=", ".join(reasons))


def _conversion_change(now: Funnel, before: Funnel, place: int, colours: Palette) -> html.Cell:
    """The change of a step's conversion; the step before says of how many it is."""
    rates = [it.steps["conversion"].iloc[place] for it in (now, before)]
    events = (now.steps["attempts"].iloc[place - 1], before.steps["attempts"].iloc[place - 1])
    return change_cell(rates[0], rates[1], colours, events)


def _rate_change(row: Any, before: Funnel, colours: Palette) -> html.Cell:
    old = before.platforms[before.platforms["platform"] == row.platform]
    if old.empty:
        return change_cell(row.rate, None, colours)
    events = (row.attempts, old["attempts"].iloc[0])
    return change_cell(row.rate, old["rate"].iloc[0], colours, events)


def funnel_rows(now: Funnel, before: Funnel | None) -> pd.DataFrame:
    """The steps as plain numbers, for a file; those of the period before beside them."""
    if before is None:
        return now.steps
    old = before.steps.drop(columns=["step"]).add_suffix("_before")
    return pd.concat([now.steps, old], axis=1)
