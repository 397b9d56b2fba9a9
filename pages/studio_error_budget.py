"""Error budget: how fast it burns, what is left, where it went (the document's third dashboard)."""

from functools import partial

import streamlit as st

from pages.parts.burn import show_burn
from pages.parts.choice import choose, shared
from pages.parts.corrections import show_both
from pages.parts.days import show_days, show_months
from pages.parts.exhaustion import show_exhaustion
from pages.parts.history import choose_basis, show_burn_down
from pages.parts.impact import show_impact
from pages.parts.panels import panel, panel_when_near
from pages.parts.remaining import show_remaining
from pages.parts.spending import subjects
from pages.parts.view import current_view

view = current_view()
known = subjects(view)
wanted = st.query_params.get("of", "")
kept = shared("journey")
of_kept = [name for name, it in known.items() if it.journey.id == kept]
chosen = wanted if wanted in known else next(iter([*of_kept, *known]))
subject = known[chosen]

with st.container(horizontal=True, vertical_alignment="bottom"):
    choose(
        "Budget of",
        {name: f"{it.name}{'' if it.budget else ' (headroom)'}" for name, it in known.items()},
        chosen,
        name="of",
        width=340,
    )
    basis = choose_basis(subject)
show_both(view, subject.measured.stated)

with panel(
    "Burn rate, current against target", f"How fast does {subject.name} burn, and since when?"
):
    show_burn(view, subject)

panel_when_near(
    "Budget remaining by service",
    "What is left of every objective's budget?",
    partial(show_remaining, view),
    name="remaining",
    height=760,
)


def show_history() -> None:
    """Where the budget went: over time, by day and by month."""
    course, by_day, by_month = st.tabs(["Over time", "Which days spent it", "Month by month"])
    with course:
        show_burn_down(view, subject, basis)
    with by_day:
        show_days(view, subject)
    with by_month:
        show_months(view, subject)


panel_when_near(
    "Historical budget consumption",
    f"Where did the budget of {subject.name} go, and when?",
    show_history,
    name="history",
    height=1000,
)
panel_when_near(
    "Incident impact on budget",
    f"Which incidents took the budget of {subject.name}?",
    partial(show_impact, view, subject, basis),
    name="impact",
    height=900,
)
panel_when_near(
    "Projected budget exhaustion date",
    "When does each budget run out, and how likely is that?",
    partial(show_exhaustion, view, subject),
    name="exhaustion",
    height=1100,
)
