"""How every alert and scale trigger stands, firing or not, with its condition in words."""

from datetime import datetime, timedelta

import pandas as pd
import streamlit as st

from pages.parts.alerts import journey_name, tier_look, titled
from pages.parts.alerts_read import look_of, sets_of, triggers_of
from pages.parts.alerts_sets import known_of, set_name
from pages.parts.downloads import csv_button
from pages.parts.health import marks_of
from pages.parts.lanes import show_lanes
from pages.parts.panels import plain
from pages.parts.view import View
from slo_core.alerts.look import Figure
from slo_core.alerts.meaning import condition_words
from slo_core.alerts.words import amount, peak
from slo_core.figures import html
from slo_core.figures.alerts import Lane, Style, episode_bars
from slo_core.figures.theme import Role
from slo_core.text import NO_DATA, clock, counted, duration, percent

_MINUTE = timedelta(minutes=1)


def show_conditions(view: View) -> None:
    """Every alert: its condition in words, how it stands, its owner and runbook."""
    states = look_of(view).states
    rows, table = [], []
    for alert in view.catalog.alerts:
        own = states[states["alert"] == alert.id]
        mark, role = tier_look(view, alert.tier)
        words = condition_words(view.catalog, alert)
        rows.append(
            [
                html.tinted(
                    f"{mark} {alert.severity} {alert.name}", role, view.colours, small=alert.id
                ),
                "".join(html.text(line) + "<br>" for line in words),
                _standing(view, own),
                html.text(alert.owner.value, small="assumption" if alert.owner.assumption else ""),
                html.link("Runbook", alert.runbook.value, name=f"Runbook of {alert.name}"),
            ]
        )
        table.append(
            {"alert": alert.id, "condition": alert.condition, "in words": " ".join(words)}
            | {journey_name(view, it.journey): it.state for it in own.itertuples()}
        )
    headers = ("Alert", "Condition", "Now", "Owner", "")
    st.html(html.table(headers, rows, view.colours, caption="Every alert and how it stands"))
    assumed = {a.runbook.assumption for a in view.catalog.alerts if a.runbook.assumption}
    for sentence in sorted(assumed):
        st.caption(f"Runbooks are an assumption of the catalogue: {plain(sentence)}")
    csv_button(pd.DataFrame(table), "conditions")
    _show_burn_alerts(view)


def _show_burn_alerts(view: View) -> None:
    """Those on budgets and on headroom, which are many: once somebody asks for them."""
    rules = sets_of(view).of(("burn", "headroom"))
    if not rules:
        return
    many = f"{counted(len(rules), 'burn alert')} on budgets and headroom"
    more = st.expander(many, key="burn_alerts", bind="query-params")
    if not more.open:
        return
    states = look_of(view).states
    rows, table = [], []
    for rule in rules:
        own = states[(states["alert"] == rule.id) & (states["journey"] == rule.journey)]
        known = known_of(view, rule.id, rule.journey)
        mark, role = tier_look(view, known.tier)
        small = f"{journey_name(view, rule.journey)} · {set_name(known.set)}"
        name = f"{mark} {titled(known.severity, known.name)}"
        figure = figures_words(own)
        rows.append(
            [
                html.text(name, small=small),
                html.text(rule.condition),
                _state(view, own, role),
                html.text(figure),
            ]
        )
        state = "no data" if own.empty else own.iloc[0]["state"]
        table.append(
            {"alert": rule.id, "journey": rule.journey, "condition": rule.condition}
            | {"state": state, "figure": figure}
        )
    with more:
        headers = ("Alert", "Condition", "Now", "Over the long window")
        st.html(html.table(headers, rows, view.colours, caption="Burn alerts and how they stand"))
        csv_button(pd.DataFrame(table), "burn_alerts")


def _state(
    view: View, own: pd.DataFrame, role: Role, firing: str = "✕ fires", quiet: str = "✓ quiet"
) -> html.Cell:
    """How one rule stands; what fires in the colour of a role."""
    state = "no data" if own.empty else own.iloc[0]["state"]
    return html.tinted(*_looks(role, firing, quiet)[state], view.colours)


def _looks(
    role: Role, firing: str = "✕ fires", quiet: str = "✓ quiet"
) -> dict[str, tuple[str, Role]]:
    """The words and the colour of each state, what needs attention first."""
    return {"firing": (firing, role), "no data": ("○ no data", "none"), "quiet": (quiet, "good")}


def _standing(view: View, own: pd.DataFrame) -> html.Cell:
    """For which journeys an alert fires, is quiet, or knows nothing."""
    if own.empty:
        return html.tinted(f"○ {NO_DATA}", "none", view.colours)
    cells = []
    for state, (words, role) in _looks("bad").items():
        names = [journey_name(view, it) for it in own.loc[own["state"] == state, "journey"]]
        if names:
            cells.append(html.tinted(words, role, view.colours, small=", ".join(names)))
    return "".join(cells)


def show_triggers(view: View) -> None:
    """The scale triggers: how each stands, and when it held in the range."""
    states, episodes = triggers_of(view)
    triggers = view.catalog.triggers
    if not triggers:
        st.info("The catalogue has no scale triggers.", icon=":material/inbox:")
        return
    rows = []
    for trigger in triggers:
        own, fired = (
            states[states["alert"] == trigger.id],
            episodes[episodes["alert"] == trigger.id],
        )
        rows.append(
            [
                html.text(trigger.condition, small=f"scale {trigger.direction}"),
                _state(view, own, "warn", "▲ holds", "✓ does not hold"),
                html.text(figures_words(own)),
                html.text(times_within(fired, view.at - view.length)),
                html.text(_last(fired)),
            ]
        )
    headers = ("Trigger", "Now", "Figure", "In the range", "Last")
    st.html(html.table(headers, rows, view.colours, caption="Scale triggers"))
    held = episodes[["alert", "journey", "host", "start", "end", "condition", "peak", "unit"]]
    if len(held):
        start = view.at - view.length
        lanes = [
            Lane(
                f"{trigger.condition}{f', {host}' if host else ''}",
                tuple(episode_bars(own.itertuples(), trigger.direction, view.at)),
            )
            for trigger in triggers
            for host, own in episodes[episodes["alert"] == trigger.id].groupby(
                episodes["host"].fillna("")
            )
        ]
        styles = {
            "up": Style("Scale up", "triangle-up", view.colours.colour("warn")),
            "down": Style("Scale down", "triangle-down", view.colours.series[0]),
        }
        often = "once" if len(held) == 1 else f"{len(held)} times"
        told = f"Scale triggers held {often} in the range"
        show_lanes(view, lanes, styles, marks_of(view), start=start, told=told, name="triggers")
    csv_button(held, "triggers")


def figures_words(own: pd.DataFrame) -> str:
    """What a rule's parts figure at the moment, from its row of the states."""
    figures: tuple[Figure, ...] = () if own.empty else own.iloc[0]["figures"]
    return "; ".join(figure_words(it) for it in figures) or NO_DATA


def figure_words(figure: Figure) -> str:
    """A part's figure at the moment: in its unit, or the share beyond its threshold."""
    if figure.value is None:
        return NO_DATA
    if figure.is_share:
        limit = amount(figure.threshold, figure.unit, figure.threshold)
        return f"{percent(figure.value, digits=1)} beyond {limit}"
    return amount(figure.value, figure.unit, figure.threshold)


def times_within(fired: pd.DataFrame, since: datetime) -> str:
    """How often and for how long episodes fired since a moment; before it no minute counts."""
    if fired.empty:
        return "never"
    number = "once" if len(fired) == 1 else f"{len(fired)} times"
    within = fired["until"] - fired["start"].clip(lower=since + _MINUTE) + _MINUTE
    return f"{number}, {duration(within.sum().total_seconds())} in all"


def _last(fired: pd.DataFrame) -> str:
    if fired.empty:
        return ""
    row = fired.iloc[-1]
    host = f"{row['host']}, " if isinstance(row["host"], str) else ""
    return f"{host}{clock(row['start'])}, peak {peak(row)}"
