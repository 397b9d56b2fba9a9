"""Which alerts fire for nothing, and which change would have left less of it, at what cost."""

from datetime import timedelta

import pandas as pd
import streamlit as st

from pages.parts import addresses
from pages.parts.alerts import journey_name, tier_look
from pages.parts.alerts_read import quieter_of
from pages.parts.alerts_sets import set_name
from pages.parts.downloads import csv_button
from pages.parts.panels import plain
from pages.parts.view import View
from slo_core.alerts.quieter import Outcome, Quieter
from slo_core.alerts.trial import Trial, loud
from slo_core.catalog import Alert
from slo_core.figures import html
from slo_core.text import count, counted, percent

_LISTED = 8


def show_loud(view: View, trials: list[Trial]) -> None:
    """Which alerts' episodes were about no incident, those that page first."""
    found = loud(trials, view.catalog)
    if found.empty:
        st.markdown("✓ No episode was about no incident.")
        return
    first = min((it.tier for it in view.catalog.tiers), default=None)
    pages = int(found.loc[found["tier"] == first, "false"].sum())
    st.subheader("Which alerts fire for nothing?")
    st.markdown(
        f"{counted(int(found['false'].sum()), 'episode')} about no incident, "
        f"{count(pages)} of them of the first tier."
    )
    written = {it.id for it in view.catalog.alerts}
    rows = []
    for row in found.head(_LISTED).itertuples():
        mark, role = tier_look(view, row.tier)
        small = f"{journey_name(view, row.journey)} · {set_name(row.set)}"
        name = f"Make {row.name} of {journey_name(view, row.journey)} quieter"
        rows.append(
            [
                html.tinted(f"{mark} {row.name}", role, view.colours, small=small),
                html.number(f"{count(row.false)} of {count(row.episodes)}"),
                html.number(percent(row.false / row.episodes, digits=0)),
                html.link("What would be quieter", addresses.replay(row.alert), name=name)
                if row.alert in written
                else html.text(""),
            ]
        )
    headers = ("Alert", "About no incident", "Share", "")
    st.html(html.table(headers, rows, view.colours, caption="Alerts that fired for nothing"))
    if len(found) > _LISTED:
        st.caption(f"The file has all {len(found)}.")
    csv_button(found, "false_episodes")


def show_quieter(view: View, alert: Alert, length: timedelta, incidents: pd.DataFrame) -> None:
    """What would have left fewer false episodes of one alert, once somebody asks for it."""
    more = st.expander("What would make it quieter?", key="quieter", bind="query-params")
    if not more.open:
        return
    with more:
        found = quieter_of(view, alert, length, incidents)
        _say(found)
        if found.outcomes:
            rows = [_change(found, it) for it in found.outcomes[:_LISTED]]
            headers = ("Change", "About no incident", "Incidents found", "Cost")
            caption = "Changes that leave fewer false episodes, those that cost nothing first"
            st.html(html.table(headers, rows, view.colours, caption=caption))
            csv_button(found.table, "quieter")
        st.caption(
            "Each change by itself, replayed over the same time and held against the same "
            "incidents. What is false is only as well known as the incidents are."
        )


def _change(found: Quieter, it: Outcome) -> list[html.Cell]:
    fewer = f"{count(found.as_is.false - it.false)} fewer"
    return [
        html.text(it.change, small=it.write),
        html.number(fewer, small=f"{count(it.false)} left"),
        html.number(f"{len(it.detected)} of {found.incidents}"),
        html.text(found.cost(it)),
    ]


def _say(found: Quieter) -> None:
    suggested = found.suggested
    if suggested:
        st.success(
            f"{plain(found.sentence)} Write it into the catalogue at this alert:",
            icon=":material/volume_down:",
        )
        st.code(suggested.write, language="yaml")
    else:
        st.info(plain(found.sentence), icon=":material/volume_up:")
