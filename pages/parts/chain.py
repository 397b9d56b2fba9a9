"""The panel of the chain of journeys: how many get all the way."""

from datetime import datetime, timedelta

import pandas as pd
import streamlit as st

from pages.parts.data import state_of
from pages.parts.downloads import csv_button
from pages.parts.view import View
from slo_core.budget.corrected import as_corrected, which_decides
from slo_core.figures import html
from slo_core.rollup import Rollup
from slo_core.sli.composite import Composite, Step, composite
from slo_core.sli.funnel import read_attempts, whole_hours
from slo_core.sli.windows import Window
from slo_core.text import NO_DATA, count, percent, span


def show_chain(view: View) -> None:
    """Of 100 people who try every step, how many get all the way, and where they are lost."""
    state = state_of(view.rollup)
    attempts = _attempts(view.rollup, state, view.at, view.length)
    decides, status = which_decides(view.catalog), view.status
    sides = {"measured": status, "corrected": as_corrected(status)}
    found = composite(sides.pop(decides), view.catalog, attempts)
    assert found is not None
    if found.share is None:
        missing = ", ".join(step.name for step in found.steps if step.share is None)
        st.markdown(
            f":material/inbox: **No data**: nothing was counted of {missing}, so nobody can say "
            "how many get all the way."
        )
    else:
        worst = found.worst
        st.markdown(
            f"**{100 * found.share:.1f} of 100** who try every step get all the way, assuming that "
            "steps fail independently of each other."
            + (
                f" Most are lost in {worst.name}: {worst.lost:.2f} of 100, "
                f"{percent(worst.part, digits=0)} of all that is lost."
                if worst and worst.lost is not None
                else " Nobody is lost."
            )
        )
    [(name, beside)] = sides.items()
    other = composite(beside, view.catalog) if status.get("corrections") else None
    if other is not None and other.share is not None and other.share != found.share:
        st.caption(
            f"◐ A correction touches it: the figures as {decides} decide. As {name} "
            f"{100 * other.share:.1f} of 100 get all the way."
        )
    cells = [_row(step) for step in found.steps]
    headers = ("Step", "Succeeds", "Of 100, get as far", "Lost here", "Real attempts")
    st.html(html.table(headers, cells, view.colours, caption="The chain of journeys"))
    st.caption(
        "Each step over its objective's own window: what succeeds of those who try it, multiplied "
        f"from step to step. {_measured(view, found)} Who never wanted to go on is not lost."
    )
    csv_button(pd.DataFrame(found.steps), "chain")


def _row(step: Step) -> list[html.Cell]:
    real = NO_DATA
    if step.attempts is not None:
        real = f"{percent(step.kept)} not ended by a failure"
    return [
        html.text(step.name),
        html.number(percent(step.share), small=step.window),
        html.number(NO_DATA if step.reached is None else f"{step.reached:.1f}"),
        html.number(
            NO_DATA if step.lost is None else f"{step.lost:.2f}",
            small="" if step.part is None else f"{percent(step.part, digits=0)} of all lost",
        ),
        html.text(
            real,
            small=""
            if step.attempts is None
            else f"{percent(step.completed)} completed, of {count(step.attempts)}",
        ),
    ]


def _measured(view: View, found: Composite) -> str:
    if not found.measured:
        return "No journey of the chain has a funnel with attempts in the range."
    return (
        f"Beside it is what real attempts in {span(view.at, view.length)} came to, where the "
        f"journey has a funnel ({', '.join(found.measured)}): "
        f"{percent(found.kept)} were not ended by a failure."
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _attempts(
    _rollup: Rollup, state: tuple[str, ...], at: datetime, length: timedelta
) -> pd.DataFrame:
    return read_attempts(_rollup, [whole_hours(Window("now", at - length, at))])
