"""What if: changed worlds against the real one, with the scenarios in the address."""

import streamlit as st

from pages.parts.panels import panel
from pages.parts.view import current_view
from pages.parts.what_if import (
    choose_subject,
    compared,
    show_answers,
    show_chart,
    show_difference,
    show_examples,
    show_scenarios,
    show_worlds,
)

view = current_view()


def draw(texts: list[str]) -> None:
    """What comes of scenarios."""
    found = compared(view, texts)
    with panel("What would be different", "What would the change do to the budgets?"):
        show_difference(found)

    subject = choose_subject(view, found)
    with panel("Real and changed", "How would the budget have gone, and how might it go on?"):
        show_chart(view, found, subject)

    with panel("Side by side", "Where does every budget stand in each world?"):
        show_worlds(view, found)

    with panel(
        "The other way round", "Which target was met, what can be afforded, what is enough?"
    ):
        show_answers(view, found)
        st.caption(
            "The month is the last one that was over. An outage at peak is one in which everything "
            "fails in the busiest hour of the last week. Of incidents each minute is taken to cost "
            "the same."
        )


texts = None
with panel("Scenarios", "What shall be otherwise?"):
    show_examples(view)
    texts = show_scenarios(view)
if texts is not None:  # else the panel says what in a scenario cannot be read
    draw(texts)
