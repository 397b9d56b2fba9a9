"""Alerts: what fires now, what fired, who has it, what is to be done, and other thresholds."""

import streamlit as st

from pages.parts.alerts import show_firing, show_recent
from pages.parts.alerts_episode import show_episode
from pages.parts.alerts_handover import show_handover
from pages.parts.alerts_read import desk_of, notes_of
from pages.parts.alerts_sets import choose_sets, of_sets
from pages.parts.alerts_standing import show_conditions, show_triggers
from pages.parts.alerts_told import show_told
from pages.parts.alerts_trial import show_trial
from pages.parts.alerts_write import ask_who, show_silences, show_to_do
from pages.parts.panels import panel
from pages.parts.view import current_view
from slo_core.alerts.desk import to_do

view = current_view()
kept = notes_of(view)
desk = desk_of(view, kept)
chosen = choose_sets(view)

with panel("Firing now", "What fires, since when, how bad is it, and who has it?"):
    cards = st.container()
    ask_who()  # before the cards, which it unlocks
    with cards:
        show_firing(view, desk, chosen)

with panel("Recent episodes", "Which alerts fired in the range, and when?"):
    show_recent(view, of_sets(desk, chosen))

with panel("One episode", "How far did it go, what changed just before, and what is done?"):
    show_episode(view, desk, chosen, kept)

with panel("To do", "What do alerts ask of people that nobody has done yet?"):
    show_to_do(view, to_do(desk, view.catalog, kept.tasks, view.at), kept)

with panel("Silences", "Which alerts notify nobody for now, until when, and why?"):
    show_silences(view, kept)

with panel("Notifications", "Who was told, and did it arrive?"):
    show_told(view)

with panel("Conditions", "What does every alert ask, and how does it stand?"):
    show_conditions(view)

with panel("Scale triggers", "Is anything too small or too large?"):
    show_triggers(view)

with panel("Move a threshold", "What would other numbers have found, missed and cost?"):
    more = st.expander("Replay an alert", key="replay", bind="query-params")
    if more.open:
        with more:
            show_trial(view)

with panel("Hand-over", "What must the next shift know?"):
    show_handover(view, kept)
