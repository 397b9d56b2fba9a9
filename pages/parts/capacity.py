"""The parts of the capacity page."""

from datetime import datetime, timedelta

import pandas as pd
import streamlit as st

from pages.parts.data import state_of, status_at
from pages.parts.downloads import csv_button
from pages.parts.drawn import drawing
from pages.parts.panels import chart, plain
from pages.parts.view import View
from slo_core.capacity.costs import costs
from slo_core.capacity.growth import GrowthLine, ahead, growth_lines
from slo_core.capacity.load import budgets_under_load
from slo_core.capacity.overview import quarter_of
from slo_core.capacity.pressure import Pressure, pressure
from slo_core.capacity.scaling import LOOK_BACK, Scaling, scaling
from slo_core.capacity.words import (
    DIRECTIONS,
    amount,
    cost_words,
    first_words,
    growth_words,
    load_words,
    next_line_words,
)
from slo_core.figures import html
from slo_core.figures.growth import growth_figure
from slo_core.figures.theme import STATES, Role
from slo_core.figures.words import chance_words
from slo_core.rollup import Rollup
from slo_core.sli.steps import DAY, floor
from slo_core.text import NO_DATA, clock, count, counted, duration

_SHOWN = 8
"""Rows of hosts that are shown; the file has all of them."""

_MARKS: dict[str | None, tuple[str, Role]] = {
    "up": ("▲", "warn"),
    "down": ("▼", "none"),
    "hold": ("✓", "good"),
    None: ("○", "none"),
}
"""The shape and the colour's role of each thing to do."""


def show_recommendation(view: View) -> None:
    """What to do about the machines, and what each trigger says."""
    found = _scaling(view.rollup, state_of(view.rollup), view.at, view.length)
    symbol, role = _MARKS[found.direction]
    words = html.tinted(f"{symbol} {DIRECTIONS[found.direction]}", role, view.colours)
    st.html(f'<div style="font-size:1.4rem">{words}</div>')
    st.markdown(plain(found.reason))
    if found.triggers.empty:
        st.markdown("The catalogue has no scale triggers: write them under `triggers`.")
        return
    rows = [
        [
            html.text(row["condition"], small=f"scale {row['direction']}"),
            _firing(view, row),
            html.text(f"{row['hosts_holding']} of {counted(row['hosts'], 'host')}")
            if row["hosts"]
            else html.text("–", small="not about hosts" if row["has_data"] else ""),
            html.text(
                counted(row["episodes"], "episode"),
                small=f"{duration(row['hours'] * 3600)} in all",
            ),
            html.text(
                clock(row["last"].to_pydatetime()) if row["last"] == row["last"] else "never",
                small=f"within {duration(max(view.length, LOOK_BACK).total_seconds())}",
            ),
        ]
        for row in found.triggers.to_dict("records")
    ]
    headers = ("Trigger", "Now", "Holds on", "In the range", "Last fired")
    st.html(html.table(headers, rows, view.colours, caption="Scale triggers"))
    with st.container(horizontal=True):
        listed = found.triggers.assign(holds_on=found.triggers["holds_on"].str.join(", "))
        csv_button(listed, "triggers", "Triggers (CSV)")
        csv_button(found.episodes, "trigger_episodes", "Episodes (CSV)")
    st.caption(
        "Up: a trigger fires, or fired on 3 of the last 7 days. Down: nothing called for more in 7 "
        "days, and all that calls for less holds of every host. A trigger about hosts fires when "
        "any host's mean does."
    )


def _firing(view: View, row: dict[str, object]) -> html.Cell:
    if not row["has_data"]:
        return html.state(STATES["no_data"], view.colours)
    if not row["firing"]:
        return html.text("quiet")
    symbol, role = _MARKS[str(row["direction"])]
    return html.tinted(f"{symbol} fires", role, view.colours)


def show_growth(view: View) -> None:
    """Every line of the growth table: its months, its projection, its quarters."""
    lines = growth_of(view)
    if not lines:
        st.markdown("The catalogue has no growth table: write it under `growth`.")
        return
    if missing := next_line_words(lines, quarter_of(view.at)):
        st.info(plain(missing), icon=":material/info:")
    with st.grid(2, min_column_width=420, gap="small"):
        for line in lines:
            with st.container(border=True, height="stretch"):
                _show_line(view, line)
    frame = pd.concat(
        [line.quarters.assign(line=line.growth.id, unit=line.growth.unit) for line in lines]
    )
    csv_button(frame, "growth")


def _show_line(view: View, line: GrowthLine) -> None:
    st.subheader(line.growth.name, anchor=False)
    said = growth_words(line)
    if line.months["figure"].notna().any():
        projected = ahead(line, floor(view.at, DAY))
        chart(
            drawing(
                growth_figure, line.months, line.quarters, projected, line.growth.unit, view.colours
            ),
            view.colours,
            alt=" ".join(said),
            name=f"growth_{line.growth.id}",
        )
    # The dates are in the table below, and what it all rests on is smaller.
    st.markdown(plain(" ".join(said[:2]) if line.trend else said[0]))
    st.caption(plain(line.note))
    rows = [
        [
            html.text(row["quarter"]),
            html.text(amount(row["expected"], line.growth.unit)),
            html.text(
                amount(row["actual"], line.growth.unit),
                small=f"in {row['month']}" if row["actual"] == row["actual"] else "",
            ),
            _when(row),
        ]
        for row in line.quarters.to_dict("records")
    ]
    headers = ("Quarter", "Expected a month", "Was", "Reached")
    st.html(html.table(headers, rows, view.colours, caption=f"Quarters of {line.growth.name}"))


def _when(row: dict[str, pd.Timestamp]) -> html.Cell:
    if row["reached"] == row["reached"]:
        return html.text(f"by {row['reached']:%Y-%m-%d}")
    if row["projected"] != row["projected"]:
        return html.text("not in sight")
    late = f"{row['latest']:%Y-%m}" if row["latest"] == row["latest"] else "later"
    return html.text(
        f"about {row['projected']:%Y-%m-%d}", small=f"{row['earliest']:%Y-%m} to {late}"
    )


def show_first(view: View) -> None:
    """Which trigger would fire first, host by host."""
    found = _pressure(view.rollup, state_of(view.rollup), view.at)
    for sentence in first_words(found):
        st.markdown(plain(sentence))
    if found.rows.empty:
        return
    rows = [
        [
            html.text(row["condition"], small=row["host"]),
            html.number(
                NO_DATA if row["now"] != row["now"] else f"{row['now']:.3g} {row['unit']}",
                small=f"of {row['threshold']:g} {row['unit']}",
            ),
            _follows(row),
            html.text(f"{row['factor']:.2g}× the busy hour")
            if row["factor"] == row["factor"]
            else html.text("–"),
            _date(row, view.at),
        ]
        for row in found.rows.head(_SHOWN).to_dict("records")
    ]
    headers = ("Trigger and host", "In a busy hour, or now", "Follows", "Fires at", "About")
    st.html(html.table(headers, rows, view.colours, caption="What gives way first"))
    csv_button(found.rows, "pressure", f"All {len(found.rows)} (CSV)")


def _follows(row: dict[str, object]) -> html.Cell:
    if row["follows"] == "traffic":
        return html.text("traffic", small=f"explains {100 * float(str(row['explained'])):.0f} %")
    if row["per_day"] == row["per_day"]:
        return html.text("time", small=f"{float(str(row['per_day'])):+.2g} {row['unit']} a day")
    return html.text(NO_DATA)


def _date(row: dict[str, pd.Timestamp], at: datetime) -> html.Cell:
    if row["date"] != row["date"]:
        return html.text("not in sight")
    if row["date"] <= at:
        return html.text("reached already")
    return html.text(f"{row['date']:%Y-%m-%d}")


def show_costs(view: View) -> None:
    """What one request costs."""
    found = costs(view.rollup, view.at)
    if not found:
        st.markdown(
            "The growth table counts no requests beside a resource, so nothing has a cost here."
        )
    for cost in found:
        st.markdown(f"- {plain(cost_words(cost))}")


def show_load(view: View) -> None:
    """What the budgets look like at several times the traffic."""
    frame = _load(view.rollup, state_of(view.rollup), view.at)
    if frame.empty:
        st.markdown("The catalogue gives no service an error budget.")
        return
    for sentence in load_words(frame, view.catalog):
        st.markdown(f"- {plain(sentence)}")
    rows = []
    for service, own in frame.groupby("service", sort=False):
        first = own.iloc[0]
        unit = view.catalog.budget(str(service))
        show = duration if unit is not None and unit.unit == "seconds" else count
        cells = [
            html.text(
                view.catalog.journey(str(service)).name,
                small=f"{show(first['allowed'])} allowed in {first['month']}",
            )
        ]
        for row in own.to_dict("records"):
            when = f", {row['p50']:%Y-%m-%d}" if row["p50"] == row["p50"] else ""
            cell = html.text(
                f"{show(row['expected'])} by its end",
                small=f"runs out: {chance_words(row['probability'])}{when}",
            )
            if row["whole_month"] == row["whole_month"]:
                cell += html.text("", small=f"a whole month: {show(row['whole_month'])}")
            cells.append(cell)
        rows.append(cells)
    times = [f"{it:g}× the traffic" if it != 1 else "As it is" for it in frame["times"].unique()]
    st.html(html.table(("Budget", *times), rows, view.colours, caption="Budgets at more traffic"))
    csv_button(frame, "load")
    st.caption(
        "From now on, at so many times the traffic, the same share of which fails: the month's "
        "fixed allocation is what does not grow with it. A whole month: what one like the days of "
        "the rolling budget would use. More is on the page What if."
    )


def growth_of(view: View) -> list[GrowthLine]:
    """The growth lines at the view's moment."""
    return _growth(view.rollup, state_of(view.rollup), floor(view.at, DAY))


@st.cache_resource(max_entries=16, show_spinner=False)
def _growth(_rollup: Rollup, state: tuple[str, ...], at: datetime) -> list[GrowthLine]:
    return growth_lines(_rollup, at)


@st.cache_resource(max_entries=16, show_spinner=False)
def _scaling(_rollup: Rollup, state: tuple[str, ...], at: datetime, length: timedelta) -> Scaling:
    return scaling(_rollup, at, length)


@st.cache_resource(max_entries=16, show_spinner=False)
def _pressure(_rollup: Rollup, state: tuple[str, ...], at: datetime) -> Pressure:
    return pressure(_rollup, at)


@st.cache_data(max_entries=16, show_spinner=False)
def _load(_rollup: Rollup, state: tuple[str, ...], at: datetime) -> pd.DataFrame:
    return budgets_under_load(_rollup, at, status=status_at(_rollup, at))
