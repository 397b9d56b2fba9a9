"""The page of alerts, first part: what fires, what fired, how every alert stands."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts import addresses
from pages.parts.alerts_read import look_of, sets_of
from pages.parts.alerts_sets import known_of, of_sets, set_name
from pages.parts.alerts_write import acknowledge_button, silence_popover, take_back_button
from pages.parts.downloads import csv_button
from pages.parts.health import marks_of
from pages.parts.lanes import show_lanes
from pages.parts.panels import plain
from pages.parts.view import View
from slo_core.alerts.corrected import both_words, budget_words
from slo_core.alerts.desk import alert_names, reference_of
from slo_core.alerts.sets import SETS, AlertSet
from slo_core.alerts.words import amount, peak
from slo_core.budget.corrected import which_decides
from slo_core.figures import html
from slo_core.figures.alerts import Lane, Style, episode_bars, tier_style
from slo_core.figures.theme import Role
from slo_core.text import NO_DATA, clock, counted, duration

_CARDS = 6
_ROWS, _MORE = 8, 60
_TIER_ROLES: tuple[Role, ...] = ("bad", "warn", "stale", "none")
_TIER_MARKS = ("◆", "▲", "●", "■")
_TO_NOBODY = "none"
"""The group of what is of no tier, since the catalogue tells nobody of it."""


def show_firing(view: View, every: pd.DataFrame, chosen: tuple[AlertSet, ...]) -> None:
    """What fires at the view's moment of the chosen sets, each as a card, the severest first.

    ``every`` is the desk with all sets: what fires beside the chosen ones is counted.
    """
    desk = of_sets(every, chosen)
    firing = desk[desk["firing"]]
    unknown = _unknown(view, chosen)
    if firing.empty and unknown:
        st.warning(
            f"Nothing is known to fire at {clock(view.at)}, but {unknown}.",
            title="Not everything is known",
            icon=":material/help:",
        )
    elif firing.empty:
        st.success(f"No alert fires at {clock(view.at)}.", icon=":material/check:")
    for row in firing.head(_CARDS).itertuples():
        _card(view, row)
    rest = firing.iloc[_CARDS:]
    if len(rest):
        st.markdown(f"**And {len(rest)} more:**")
        st.html(_table(view, rest, "Other alerts that fire"))
    if len(firing) and unknown:
        st.caption(f"Of others {unknown}.")
    left_out = every[every["firing"] & ~every["set"].isin(chosen)]
    if len(left_out):
        names = ", ".join(
            f"{label} {number}"
            for name, label in SETS.items()
            if (number := int((left_out["set"] == name).sum()))
        )
        st.info(f"Not chosen above, and firing: {names}.", icon=":material/filter_alt:")


def _unknown(view: View, chosen: tuple[AlertSet, ...]) -> str:
    """For how many alerts and journeys nothing is known, as a part of a sentence."""
    ids = {rule.id for rule in sets_of(view).of(chosen)}
    states = look_of(view).states
    if states.empty:
        return "no data were counted yet, so that nothing is known"
    states = states[states["alert"].isin(ids)]
    lost = states[states["state"] == "no data"]
    if lost.empty:
        return ""
    names = ", ".join(dict.fromkeys(journey_name(view, it) for it in lost["journey"]))
    have = "has" if len(lost) == 1 else "have"
    return f"{len(lost)} of {counted(len(states), 'condition')} {have} no data ({names})"


def _card(view: View, row: Any) -> None:
    every = sets_of(view)
    mark, role = tier_look(view, row.tier)
    with st.container(border=True):
        title = f"{mark} {titled(row.severity, row.name)}: {journey_name(view, row.journey)}"
        st.subheader(f":{_COLOURS[role]}[{plain(title)}]", anchor=False)
        lasted = duration((view.at - row.start).total_seconds() + 60)
        decides, of = which_decides(view.catalog), " of the month's budget spent in it"
        both = both_words(row._asdict(), decides, of=of)
        spent = f" {both}." if both else ""
        if isinstance(row.correction, str):
            spent += f" It is {plain(row.correction)}."
        rule = every.rule(row.alert, row.journey)
        if beside := budget_words(view.status, every.rollup.catalog, rule, row.journey):
            spent += f" ◐ {beside}"
        st.markdown(
            f":gray-badge[{set_name(row.set)}] Firing for **{lasted}**, since {clock(row.start)}. "
            f"`{row.condition}`: peak **{peak(row._asdict())}** {_against(row)}{_on(row)}." + spent
        )
        st.markdown(_who(row) + " " + _links(view, row))
        with st.container(horizontal=True, gap="small"):
            if pd.isna(row.acknowledged_at):
                acknowledge_button(view, row)
            else:
                take_back_button(view, row)
            silence_popover(view, row.alert, row.journey, key=_key(row))


def titled(severity: object, name: str) -> str:
    """An alert's name with its severity in front; triggers have none."""
    return f"{severity} {name}" if isinstance(severity, str) else name


def _on(row: Any) -> str:
    """The host that a figure is of, if any."""
    return f" on {plain(row.host)}" if isinstance(row.host, str) else ""


_COLOURS: Mapping[Role, str] = {"bad": "red", "warn": "orange", "stale": "violet", "none": "gray"}


def _key(row: Any) -> str:
    return f"{row.alert}_{row.journey or ''}_{row.start:%Y%m%d%H%M}"


def _against(row: Any) -> str:
    return f"against {amount(row.threshold, row.unit, row.threshold)}"


def _who(row: Any) -> str:
    """Who has it, whether it is silenced, and its incident, in Markdown."""
    if pd.isna(row.acknowledged_at):
        words = "**Nobody has taken it on.**"
    else:
        words = f"Taken on by **{plain(row.acknowledged_by)}** at {clock(row.acknowledged_at)}."
    if pd.notna(row.silenced_until):
        words += (
            f" Silenced until {clock(row.silenced_until)} by {plain(row.silenced_by)}: "
            f"{plain(row.silence)}."
        )
    return words


def _links(view: View, row: Any) -> str:
    known = known_of(view, row.alert, row.journey)
    episode = addresses.alerts(reference_of(row.alert, row.journey, row.start))
    links = [f"[Its course]({episode})", _incident_link(row)]
    links.append(runbook_link(known.runbook))
    return f"{' · '.join(links)} · Owner: {plain(known.owner)}"


def runbook_link(address: str | None) -> str:
    """Where the runbook is, in Markdown, or that there is none."""
    return f"[Runbook]({address})" if address else "No runbook in the catalogue"


def _incident_link(row: Any) -> str:
    if pd.isna(row.incident):
        return f"[No incident yet]({addresses.incidents()})"
    return f"[Incident {row.incident}: {plain(row.incident_title)}]" + (
        f"({addresses.incident(int(row.incident))})"
    )


def show_recent(view: View, desk: pd.DataFrame) -> None:
    """The episodes of the range on a timeline by tier, and as a table."""
    recent = recent_of(view, desk)
    if recent.empty:
        nothing = "Nothing was counted yet, so no alert could fire,"
        known = "No alert fired" if len(look_of(view).states) else nothing
        st.info(
            f"{known} from {clock(view.at - view.length)} to {clock(view.at)}.",
            icon=":material/inbox:",
        )
        return
    start = view.at - view.length
    lanes = _lanes(view, recent)
    styles = {
        str(tier.tier): tier_style(place, f"Tier {tier.tier}: {tier.name}", view.colours)
        for place, tier in enumerate(view.catalog.tiers)
    }
    styles[_TO_NOBODY] = Style("Told to nobody", "square", view.colours.colour("none"))
    told = _told(view, recent)
    show_lanes(view, lanes, styles, marks_of(view), start=start, told=told, name="episodes")
    st.caption(
        f"{told}. An episode is a run of minutes in which the condition held; ▶ still fires. "
        "Drag to zoom; the table has the latest first."
    )
    st.html(_table(view, recent.head(_ROWS), "Episodes of the range, what fires first"))
    rest = recent.iloc[_ROWS : _ROWS + _MORE]
    if len(rest):
        earlier = len(recent) - _ROWS
        of_all = f" of {earlier}" if earlier > len(rest) else ""
        more = st.expander(f"{len(rest)}{of_all} earlier ones", key="earlier", bind="query-params")
        if more.open:
            with more:
                st.html(_table(view, rest, "Earlier episodes of the range"))
                if of_all:
                    st.caption(f"The file has all {len(recent)}.")
    csv_button(recent.drop(columns=["conditions"]), "episodes")


def recent_of(view: View, desk: pd.DataFrame) -> pd.DataFrame:
    """The rows of the desk that fired in the view's range."""
    return desk[desk["until"] > pd.Timestamp(view.at - view.length)].reset_index(drop=True)


def _told(view: View, recent: pd.DataFrame) -> str:
    """The timeline's takeaway: how many episodes of which tier and set, and what fired most."""
    by_tier = ", ".join(
        f"{int((recent['tier'] == tier.tier).sum())} of tier {tier.tier}"
        for tier in view.catalog.tiers
    )
    numbers = recent["set"].value_counts()
    by_set = [f"{label} {numbers[name]}" for name, label in SETS.items() if name in numbers]
    sets = f"; {', '.join(by_set)}" if by_set[1:] else ""
    often = recent.groupby(["alert", "journey"], dropna=False, sort=False).size()
    alert, journey = often.idxmax()
    name = known_of(view, alert, journey).name
    number = int(often.max())
    times = "once" if number == 1 else f"{number} times"
    most = f"{name} of {journey_name(view, journey)}, {times}"
    return f"{counted(len(recent), 'episode')} ({by_tier}){sets}; most often {most}"


def _lanes(view: View, recent: pd.DataFrame) -> list[Lane]:
    """A lane for each alert and journey that fired, by tier and as in the catalogue.

    Burn alerts about one journey share a lane, and so do those on its headroom: they are many, and
    say the same with other windows.
    """
    places = {rule: place for place, rule in enumerate(alert_names(view.catalog))}
    lanes: dict[tuple[str, str], list[Any]] = {}
    for row in recent.itertuples():
        own = row.set if row.set in ("burn", "headroom") else row.alert
        lanes.setdefault((own, journey_name(view, row.journey)), []).append(row)

    def order(rows: list[Any]) -> tuple[int, int]:
        tiers = [int(row.tier) for row in rows if not pd.isna(row.tier)]
        return min(tiers, default=99), min(places.get(row.alert, 0) for row in rows)

    return [
        Lane(
            f"{set_name(own) or titled(rows[0].severity, rows[0].name)}: {journey}",
            tuple(
                replace(bar, words=f"{titled(row.severity, row.name)}<br>{bar.words}")
                for row in rows
                for bar in episode_bars([row], _tier_group(row.tier), view.at)
            ),
        )
        for (own, journey), rows in sorted(lanes.items(), key=lambda it: (*order(it[1]), it[0]))
    ]


def _tier_group(tier: Any) -> str:
    return _TO_NOBODY if pd.isna(tier) else str(int(tier))


def _table(view: View, rows: pd.DataFrame, caption: str) -> str:
    headers = ("Alert", "Since", "Fired for", "Condition", "Peak", "Budget spent", "Taken on", "")
    return html.table(
        headers, [_row(view, row) for row in rows.itertuples()], view.colours, caption=caption
    )


def _small(row: Any) -> str:
    """What else is to be known of an episode: that it is approximate, or inside a correction."""
    notes = ["approximate"] if row.approximate else []
    notes += [f"◐ {row.correction}"] if isinstance(row.correction, str) else []
    return "; ".join(notes)


def _row(view: View, row: Any) -> list[html.Cell]:
    mark, role = tier_look(view, row.tier)
    lasted = duration((row.until - row.start).total_seconds() + 60)
    incident = "" if pd.isna(row.incident) else f"incident {row.incident}"
    budget = isinstance(row.journey, str) and view.catalog.budget(row.journey)
    spent = both_words(row._asdict(), which_decides(view.catalog))
    spent = spent or (NO_DATA if budget else "no budget")
    taken = "nobody" if pd.isna(row.acknowledged_at) else row.acknowledged_by
    name = f"{row.name}, {journey_name(view, row.journey)}, {clock(row.start)}"
    of = row.host if isinstance(row.host, str) else journey_name(view, row.journey)
    # What is long goes below: a phone is narrow, and a trigger's condition has its own column.
    head, _, objective = row.name.partition(": ") if row.set == "headroom" else (row.name, "", "")
    if row.set == "triggers":
        head = row.name.partition(", ")[0]
    small = " · ".join(it for it in (objective, of, set_name(row.set)) if it)
    return [
        html.tinted(f"{mark} {titled(row.severity, head)}", role, view.colours, small=small),
        html.text(clock(row.start).removesuffix(" UTC"), small="firing" if row.firing else ""),
        html.number(lasted),
        html.text(row.condition, small=_small(row)),
        html.text(peak(row._asdict()), small=_against(row)),
        html.text(spent, small=incident),
        html.text(taken, small="" if pd.isna(row.silenced_until) else "silenced"),
        html.link(
            "Course",
            addresses.alerts(reference_of(row.alert, row.journey, row.start)),
            name=f"Course of {name}",
        ),
    ]


def tier_look(view: View, tier: Any) -> tuple[str, Role]:
    """The mark and the role of a tier (null: none), the catalogue's first the loudest."""
    tiers = [it.tier for it in view.catalog.tiers]
    place = tiers.index(int(tier)) if not pd.isna(tier) and tier in tiers else len(tiers)
    return (
        _TIER_MARKS[min(place, len(_TIER_MARKS) - 1)],
        _TIER_ROLES[min(place, len(_TIER_ROLES) - 1)],
    )


def journey_name(view: View, journey: str | None) -> str:
    """A journey's name; hosts have none."""
    if not isinstance(journey, str) or not journey:
        return "hosts"
    names = {found.id: found.name for found in view.catalog.journeys}
    return names.get(journey, journey)
