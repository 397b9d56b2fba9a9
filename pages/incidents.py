"""Incidents: the register, one incident followed to its postmortem, corrections, maintenance."""

import streamlit as st

from pages.parts import addresses
from pages.parts.corrections import show_corrections
from pages.parts.incident_after import show_actions, show_history, show_merge
from pages.parts.incident_list import (
    ask_who,
    show_list,
    show_metrics,
    show_new,
    show_suggestions,
)
from pages.parts.incident_one import show_impact, show_life, show_standing
from pages.parts.incident_read import register_of
from pages.parts.incident_write import show_form
from pages.parts.maintenance import show_maintenance
from pages.parts.panels import panel, plain
from pages.parts.view import current_view

view = current_view()
register = register_of(view)
wanted = st.query_params.get("incident", "")
found = [row for row in register.itertuples() if str(row.id) == wanted]
ask_who()

with st.container():
    if wanted and not found:
        st.warning(
            f"The address asks for incident {plain(wanted)}, which the register does not have; "
            "here are all of them.",
            icon=":material/help:",
        )

if found:
    (row,) = found
    st.markdown(f"[← All incidents]({addresses.incidents()})")
    with panel(f"#{row.id} {plain(row.title)}", "What is it, and are its promises kept?"):
        show_standing(view, row)
    with panel("Its life", "Which steps were taken, when, and what is next?"):
        show_life(view, row)
    with panel("Impact", "Whom did it hit, and how much beyond what is usual?"):
        show_impact(view, row)
    with panel("Action items", "What keeps it from coming back?"):
        show_actions(view, row)
    with panel("What is written", "What happened, and why, five times over?"):
        show_form(view, row)
        show_merge(view, row, register)
    with panel("Change history", "Who changed what, and when?"):
        show_history(view, "incidents", int(row.id))
else:
    with panel("Incidents", "What is open, since when, and are its promises kept?"):
        show_list(view, register)
    with panel("Suggested", "What do alerts ask for that nobody has opened?"):
        show_suggestions(view, register)
    with panel("New incident", "Did somebody report what no alert has seen?"):
        show_new(view)
    with panel("Answered in time?", "How long did it take to detect, mitigate and resolve?"):
        show_metrics(view, register)
    with panel("Corrections", "Which spans should not count, why, and who approved it?"):
        show_corrections(view)
    with panel("Maintenance windows", "What is planned, and does availability leave it out?"):
        show_maintenance(view)
