"""The parts of the catalogue's page: journeys with their rules, budgets, policy, readings."""

import pandas as pd
import streamlit as st

from pages.parts.addresses import why
from pages.parts.board import state_words
from pages.parts.downloads import csv_button
from pages.parts.panels import plain
from slo_core.catalog import Catalog, Journey
from slo_core.figures import html
from slo_core.figures.rules import assumptions, budget_rows, facts, readings
from slo_core.figures.theme import Palette


def matching(frame: pd.DataFrame, words: str | None) -> pd.DataFrame:
    """The rows that have all the words in any of their columns, however they are capitalised."""
    kept = frame
    for word in (words or "").casefold().split():
        text = kept.astype(str).agg(" ".join, axis=1).str.casefold()
        kept = kept[text.str.contains(word, regex=False)]
    return kept


def show_journey(catalog: Catalog, colours: Palette, journey: Journey, found: pd.DataFrame) -> None:
    """What is promised of a journey: its reason, what holds for all, and each objective's rule."""
    if journey.rationale:
        st.markdown(f"Why: {plain(journey.rationale)}")
    rows = []
    for row in found.to_dict("records"):
        name = html.text(row["Objective"], small=f"{row['Promise']}, over {row['Window']}")
        if row["Budgeted"] == "yes":
            name += html.text("", small="has an error budget")
        rule = html.text(row["Good"])
        if row["Assumption"]:
            rule += html.text("", small=f"◇ {row['Assumption']}")
        link = html.link(
            "How it stands",
            why(row["journey"], row["objective"]),
            name=f"How it stands: {row['Journey']}, {row['Objective']}",
        )
        must = html.text(row["Must be good"].replace(" %", "\u00a0%"))
        rows.append([name, rule, html.text(row["Valid"]), must, link])
    headers = ("Objective", "Good is", "Out of", "Must be good", "Now")
    st.html(html.table(headers, rows, colours, caption=f"Objectives of {journey.name}"))
    for name, value, assumption in facts(journey):
        words = f" ◇ {plain(assumption)}" if assumption else ""
        st.caption(f"**{name}**: {plain(value)}.{words}")


def show_budgets(catalog: Catalog, colours: Palette, journey: str) -> None:
    """What each budgeted service may spend in a month."""
    table = budget_rows(catalog)
    if journey:
        table = table[table["journey"] == journey]
    if table.empty:
        st.markdown(
            "The document gives this journey no error budget; its objectives have headroom."
        )
        return
    rows = [
        [
            html.text(row["Service"], small=f"{row['Objective']}, from {row['From']}"),
            html.text(
                row["Allowed a month"],
                small=f"of {row['Estimated requests']} requests expected"
                if row["Estimated requests"]
                else "",
            ),
            html.text(row["Hourly levels"]),
            html.text(row["Policy looks at"]),
        ]
        for row in table.to_dict("records")
    ]
    headers = ("Service", "Allowed a month", "Hourly levels", "Policy looks at")
    st.html(html.table(headers, rows, colours, caption="Error budgets"))
    csv_button(table, "budgets")


def show_policy(catalog: Catalog) -> None:
    """The bands of the policy in the document's words, and the way out of the last."""
    policy = catalog.policy
    with st.grid(3, min_column_width=260, gap="small"):
        for band in policy.bands:
            with st.container(border=True, height="stretch"):
                st.markdown(f"**{state_words(band.id)}**: {plain(band.document)}")
                st.caption(plain(band.title))
                if band.allowed:
                    st.markdown("Allowed:\n" + _listed(band.allowed))
                if band.restrictions:
                    st.markdown("Restrictions:\n" + _listed(band.restrictions))
    if policy.exit_criteria:
        st.markdown(
            "To leave the last state:\n"
            + _listed(tuple(criterion.text for criterion in policy.exit_criteria))
        )


def show_definitions(catalog: Catalog) -> None:
    """The document's own formulas and lists."""
    for definition in catalog.definitions:
        with st.expander(definition.name):
            st.code("\n".join(definition.formula), language=None, wrap_lines=True)
            for name, points in definition.points.items():
                st.markdown(f"{plain(name)}:\n{_listed(points)}")


def show_readings(catalog: Catalog, colours: Palette, words: str | None) -> None:
    """What the document leaves open, how it is read, and why."""
    table = matching(readings(catalog), words)
    _show_table(colours, table, "Readings", "readings")


def show_assumptions(catalog: Catalog, colours: Palette, words: str | None) -> None:
    """Every value that is not the document's."""
    table = matching(assumptions(catalog), words)
    _show_table(colours, table, "Assumptions", "assumptions")


def _show_table(colours: Palette, table: pd.DataFrame, caption: str, name: str) -> None:
    if table.empty:
        st.markdown("None that has these words.")
        return
    rows = [[html.text(str(cell)) for cell in row] for row in table.itertuples(index=False)]
    st.html(html.table(list(table.columns), rows, colours, caption=caption))
    csv_button(table, name)


def _listed(items: tuple[str, ...]) -> str:
    return "\n".join(f"- {plain(item)}" for item in items)
