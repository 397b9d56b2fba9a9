"""The audit's page: where the catalogue contradicts itself, the worst first. It needs no logs."""

from dataclasses import asdict, fields

import pandas as pd
import streamlit as st

from pages.parts.board import state_words
from pages.parts.choice import choose
from pages.parts.data import catalogue
from pages.parts.downloads import csv_button
from pages.parts.panels import panel, plain
from pages.parts.promises import matching
from pages.parts.settings import catalog_file
from slo_core.catalog.audit import RULES, SEVERITIES, Finding, audit
from slo_core.errors import SloError
from slo_core.figures import html
from slo_core.figures.theme import STATES, Palette, palette

_ALL = ""
_PANELS = {
    "error": ("Errors", "What cannot be true, or cannot be kept?"),
    "warning": ("Warnings", "What will mislead whoever relies on it?"),
    "note": ("Notes", "What should be known before the next review?"),
}
_HEADERS = ("Severity", "Where", "Arithmetic", "Suggestion")


def show_findings(found: pd.DataFrame, colours: Palette, *, caption: str) -> None:
    """Findings as rows: severity and place, the figures, why they matter, what to do."""
    rows = [
        [
            html.state(STATES[row["severity"]], colours),
            html.text(row["section"], small=_breakable(row["where"]), title=row["rule"]),
            html.text(row["arithmetic"], small=f"Why it matters: {row['why']}"),
            html.text(row["suggestion"]),
        ]
        for row in found.to_dict("records")
    ]
    st.html(html.table(_HEADERS, rows, colours, caption=caption))


def _breakable(place: str) -> str:
    """A place in the catalogue that may go on in the next line after its dots."""
    return place.replace(".", ".\u200b")


catalog = catalogue(catalog_file())
table = pd.DataFrame(
    [asdict(finding) for finding in audit(catalog)],
    columns=[field.name for field in fields(Finding)],
)
chosen = st.query_params.get("severity", _ALL)
if chosen and chosen not in SEVERITIES:
    raise SloError(
        f'?severity= is "{chosen}", which is none of {", ".join(SEVERITIES)}: choose one of these, '
        "or leave it out for all."
    )

st.markdown(
    f"Where **{plain(catalog.name)}**, version {catalog.version}, contradicts itself: {len(RULES)} "
    "rules look at its numbers alone, so the findings are the same whatever the logs say. The "
    "product implements what is written, and says so here."
)
with st.grid(3, min_column_width=150, gap="small"):
    for severity in SEVERITIES:
        name, question = _PANELS[severity]
        number = int((table["severity"] == severity).sum())
        st.metric(state_words(severity, name), number, help=question, border=True)

if table.empty:
    st.success(
        f"None of the {len(RULES)} rules found anything in this catalogue.",
        icon=":material/check_circle:",
    )
else:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        names = {severity: name for severity, (name, _) in _PANELS.items()}
        choose("Severity", {_ALL: "All", **names}, chosen, name="severity", width=180)
        wanted = st.text_input(
            "Search",
            key="find",
            bind="query-params",
            type="search",
            width=260,
            placeholder="burn rate, timeout, alerts",
            help="Keeps to findings that have all of these words.",
        )
    found = matching(table[table["severity"] == chosen] if chosen else table, wanted)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{len(found)} of {len(table)} findings", width="content")
        csv_button(found, "audit")
    if found.empty:
        st.info(
            f"No finding has the words “{plain(wanted or '')}”: search for others, or choose all "
            "severities.",
            icon=":material/search_off:",
        )
    colours = palette(st.context.theme.type)
    for severity in SEVERITIES:
        own = found[found["severity"] == severity]
        if len(own):
            name, question = _PANELS[severity]
            with panel(f"{name} ({len(own)})", question, anchor=severity):
                show_findings(own, colours, caption=name)
st.caption(
    "The same on the command line: `python -m slo_core audit`, which exits with 1 where there are "
    "errors, so that a pipeline can refuse a catalogue that contradicts itself."
)
