"""The panel of projected exhaustion: where the straight line of each budget ends."""

from typing import Any

import streamlit as st

from pages.parts.board import state_words
from pages.parts.downloads import csv_button
from pages.parts.panels import plain
from pages.parts.spending import Subject, courses_of
from pages.parts.view import View
from slo_core.budget.exhaustion import exhaustions
from slo_core.budget.standing import risk_window
from slo_core.figures import html
from slo_core.figures.exhaustion import end_words
from slo_core.figures.text import budget_left, factor, percent


def show_exhaustion(view: View, subject: Subject) -> None:
    """When each budget ends on the straight line at the current burn, and that it is only that."""
    frame = exhaustions(view.status, view.catalog, courses_of(view, subject), view.at)
    if frame.empty:
        st.info("The catalogue gives no service an error budget.", icon=":material/inbox:")
        return
    names = {service: view.catalog.journey(service).name for service in frame["service"]}
    rolling = frame[frame["basis"] == "rolling"].set_index("service")
    calendar = frame[frame["basis"] == "calendar"].set_index("service")
    _first(view, rolling, names)
    rows = [
        [
            html.text(name),
            html.number(factor(rolling.loc[service, "burn"])),
            _left(rolling.loc[service]),
            _end(view, rolling.loc[service]),
            _left(calendar.loc[service]),
            _end(view, calendar.loc[service]),
        ]
        for service, name in names.items()
    ]
    over = risk_window(view.catalog.rules)
    windows = ", ".join(dict.fromkeys(rolling["window"]))
    month = calendar["window"].iloc[0]
    headers = (
        *("Service", f"Burn {over}", f"Left, rolling {windows}", "Straight line ends"),
        *(f"Left of {month}", "Straight line ends "),
    )
    st.html(html.table(headers, rows, view.colours, caption="Where each straight line ends"))
    st.caption(
        f"A straight line, no forecast: what is left now, spent on as over the last {over}. It "
        "knows nothing of rhythm, of chance, or of failures that age out of a rolling window; a "
        "month's allocation starts afresh on the first."
    )
    csv_button(
        frame.assign(
            end=[end.kind for end in frame["end"]], end_at=[end.at for end in frame["end"]]
        ),
        "straight_lines",
    )


def _first(view: View, rolling: Any, names: dict[str, str]) -> None:
    """The budget that is spent, or that ends first, in a sentence."""
    spent = [names[row.Index] for row in rolling.itertuples() if row.end.kind == "spent"]
    ending = sorted(
        ((row.end.at, names[row.Index]) for row in rolling.itertuples() if row.end.kind == "ends"),
    )
    words = []
    if spent:
        words.append(f"{state_words('missed', 'Spent already')}: {plain(', '.join(spent))}.")
    if ending:
        moment, name = ending[0]
        first = "The next to end" if spent else "The first to end"
        words.append(
            f"{first} at the current burn: **{plain(name)}**, {moment:%Y-%m-%d %H:%M} UTC."
        )
    if not words:
        words.append("No rolling budget ends at the current burn.")
    st.markdown(" ".join(words))


def _left(row: Any) -> html.Cell:
    if row["remaining_ratio"] != row["remaining_ratio"]:
        return html.text("no data")
    words = budget_left(row["remaining"], row["allowed"], row["unit"])
    return html.text(percent(row["remaining_ratio"], digits=1), small=words)


def _end(view: View, row: Any) -> html.Cell:
    words = end_words(row["end"], view.at, row["since"], exactly=bool(row["since_exactly"]))
    if row["end"].kind == "spent":
        return html.tinted(f"✕ {words}", "bad", view.colours)
    first, _, rest = words.partition(", ")
    return html.text(first, small=rest)
