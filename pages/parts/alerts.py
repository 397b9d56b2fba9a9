"""The page of alerts, first part: what fires, what fired, how every alert stands."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts import addresses
from pages.parts.alerts_read import look_of
from pages.parts.alerts_write import acknowledge_button, silence_popover, take_back_button
from pages.parts.downloads import csv_button
from pages.parts.drawn import drawing
from pages.parts.health import marks_of
from pages.parts.panels import chart, plain
from pages.parts.view import View
from slo_core.alerts.corrected import both_words, budget_words
from slo_core.alerts.desk import reference_of
from slo_core.alerts.meaning import alert_of
from slo_core.alerts.words import amount, peak
from slo_core.budget.corrected import which_decides
from slo_core.catalog import Alert
from slo_core.figures import html
from slo_core.figures.alerts import Lane, episode_bars, lanes_figure, tier_style
from slo_core.figures.theme import Role
from slo_core.text import clock, duration

_CARDS = 6
_ROWS, _MORE = 8, 60
_TIER_ROLES: tuple[Role, ...] = ("bad", "warn", "stale", "none")
_TIER_MARKS = ("◆", "▲", "●", "■")


def show_firing(view: View, desk: pd.DataFrame) -> None:
    """What fires at the view's moment, each as a card, the severest first."""
    firing = desk[desk["firing"]]
    unknown = _unknown(view)
    if firing.empty:
        if unknown:
            st.warning(
                f"Nothing is known to fire at {clock(view.at)}, but {unknown}.",
                title="Not everything is known",
                icon=":material/help:",
            )
        else:
            st.success(f"No alert fires at {clock(view.at)}.", icon=":material/check:")
        return
    for row in firing.head(_CARDS).itertuples():
        _card(view, row)
    rest = firing.iloc[_CARDS:]
    if len(rest):
        st.markdown(f"**And {len(rest)} more:**")
        st.html(_table(view, rest, "Other alerts that fire"))
    if unknown:
        st.caption(f"Of others {unknown}.")


def _unknown(view: View) -> str:
    """For how many alerts and journeys nothing is known, as a part of a sentence."""
    states = look_of(view).states
    if states.empty:
        return "no data were counted yet, so that nothing is known"
    lost = states[states["state"] == "no data"]
    if lost.empty:
        return ""
    names = ", ".join(dict.fromkeys(journey_name(view, it) for it in lost["journey"]))
    return f"{len(lost)} of {len(states)} conditions have no data ({names})"


def _card(view: View, row: Any) -> None:
    alert = alert_of(view.catalog, row.alert)
    mark, role = tier_look(view, row.tier)
    with st.container(border=True):
        title = f"{mark} {row.severity} {row.name}: {journey_name(view, row.journey)}"
        st.subheader(f":{_COLOURS[role]}[{plain(title)}]", anchor=False)
        lasted = duration((view.at - row.start).total_seconds() + 60)
        decides, of = which_decides(view.catalog), " of the month's budget spent in it"
        both = both_words(row._asdict(), decides, of=of)
        spent = f" {both}." if both else ""
        if isinstance(row.correction, str):
            spent += f" It is {plain(row.correction)}."
        if beside := budget_words(view.status, view.catalog, alert, row.journey):
            spent += f" ◐ {beside}"
        st.markdown(
            f"Firing for **{lasted}**, since {clock(row.start)}. `{row.condition}`: peak "
            f"**{peak(row._asdict())}** {_against(row)}." + spent
        )
        st.markdown(_who(row) + " " + _links(view, row, alert))
        with st.container(horizontal=True, gap="small"):
            if pd.isna(row.acknowledged_at):
                acknowledge_button(view, row)
            else:
                take_back_button(view, row)
            silence_popover(view, row.alert, row.journey, key=_key(row))


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


def _links(view: View, row: Any, alert: Alert) -> str:
    episode = addresses.alerts(reference_of(row.alert, row.journey, row.start))
    links = [f"[Its course]({episode})", _incident_link(row)]
    links.append(f"[Runbook]({alert.runbook.value})")
    return f"{' · '.join(links)} · Owner: {plain(alert.owner.value)}"


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
    told = _told(view, recent)
    chart(
        drawing(
            lanes_figure,
            lanes,
            styles,
            marks_of(view),
            view.colours,
            start=start,
            at=view.at,
        ),
        view.colours,
        alt=told,
        name="episodes",
    )
    st.caption(
        f"{told}. An episode is a run of minutes in which the condition held; ▶ still fires. "
        "Drag to zoom; the table has the latest first."
    )
    st.html(_table(view, recent.head(_ROWS), "Episodes of the range, what fires first"))
    rest = recent.iloc[_ROWS : _ROWS + _MORE]
    if len(rest):
        more = st.expander(f"{len(rest)} earlier ones", key="earlier", bind="query-params")
        if more.open:
            with more:
                st.html(_table(view, rest, "Earlier episodes of the range"))
                if len(recent) > _ROWS + _MORE:
                    st.caption(f"The file has all {len(recent)}.")
    csv_button(recent.drop(columns=["conditions"]), "episodes")


def recent_of(view: View, desk: pd.DataFrame) -> pd.DataFrame:
    """The rows of the desk that fired in the view's range."""
    return desk[desk["until"] > pd.Timestamp(view.at - view.length)].reset_index(drop=True)


def _told(view: View, recent: pd.DataFrame) -> str:
    """The timeline's takeaway: how many episodes of which tier, and what fired most."""
    by_tier = ", ".join(
        f"{int((recent['tier'] == tier.tier).sum())} of tier {tier.tier}"
        for tier in view.catalog.tiers
    )
    most = recent.groupby(["alert", "journey"]).size().idxmax()
    number = int(recent.groupby(["alert", "journey"]).size().max())
    often = f"{alert_of(view.catalog, most[0]).name} of {journey_name(view, most[1])}"
    return f"{len(recent)} episodes ({by_tier}); most often {often}, {number} times"


def _lanes(view: View, recent: pd.DataFrame) -> list[Lane]:
    """A lane for each alert and journey that fired, by tier and as in the catalogue."""
    alerts = {alert.id: place for place, alert in enumerate(view.catalog.alerts)}
    groups = sorted(
        recent.groupby(["tier", "alert", "journey"]),
        key=lambda it: (it[0][0], alerts.get(it[0][1], len(alerts)), it[0][2]),
    )
    return [
        Lane(
            f"{rows.iloc[0]['severity']} {rows.iloc[0]['name']}: {journey_name(view, journey)}",
            tuple(episode_bars(rows.itertuples(), str(tier), view.at)),
        )
        for (tier, _, journey), rows in groups
    ]


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
    spent = both_words(row._asdict(), which_decides(view.catalog))
    taken = "nobody" if pd.isna(row.acknowledged_at) else row.acknowledged_by
    name = f"{row.name}, {journey_name(view, row.journey)}, {clock(row.start)}"
    return [
        html.tinted(
            f"{mark} {row.severity} {row.name}",
            role,
            view.colours,
            small=journey_name(view, row.journey),
        ),
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


def tier_look(view: View, tier: float | None) -> tuple[str, Role]:
    """The mark and the role of a tier, the catalogue's first the loudest."""
    tiers = [it.tier for it in view.catalog.tiers]
    place = tiers.index(int(tier)) if tier in tiers and tier is not None else len(tiers)
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
