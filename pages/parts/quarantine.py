"""Panels on files that came by ingest: what could not be read, routes without a journey."""

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.data import catalogue
from pages.parts.downloads import csv_button
from pages.parts.panels import plain
from pages.parts.settings import catalog_file, shown
from slo_core.errors import SloError
from slo_core.logs.ingest import quarantined, retry
from slo_core.logs.ingest.suggest import mapping_lines, unmapped
from slo_core.text import count, counted

_MOST = 500
_SAID = "_retried"


def show_quarantine(folder: Path, reports: list[dict[str, Any]]) -> None:
    """The lines that were set apart, by file and reason, with a button that reads them again."""
    if st.session_state.get(_SAID):
        st.info(plain(st.session_state.pop(_SAID)), icon=":material/replay:")
    apart = [report for report in reports if report["quarantined"]]
    if not apart:
        words = "No line is in quarantine." if reports else "No file came by ingest yet."
        st.markdown(f"{words} Every line that is taken in is either counted or kept here.")
        return
    quarantined_lines = sum(report["quarantined"] for report in apart)
    st.markdown(
        f"**{counted(quarantined_lines, 'line')}** set apart; all others of "
        f"{'their files' if len(apart) > 1 else 'their file'} count. An excerpt shows "
        "times, paths and names of fields alone; the line itself is in the file."
    )
    st.dataframe(
        pd.DataFrame(
            [
                {"File": report["file"], "Reason": reason, "Lines": lines, "Taken": report["at"]}
                for report in apart
                for reason, lines in report["reasons"].items()
            ]
        ),
        hide_index=True,
        alt=f"Reasons for quarantine in {counted(len(apart), 'file')}",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Read them again",
            icon=":material/replay:",
            on_click=_retry,
            args=(folder,),
            help="With the catalogue of now and the mapping that was said when each was taken.",
        )
        lines = quarantined(folder)
        csv_button(lines, "quarantine", "All lines as CSV")
    with st.expander(f"Lines: {count(min(len(lines), _MOST))} of {count(len(lines))}"):
        st.dataframe(
            lines.head(_MOST)
            .drop(columns=["id", "hash"])
            .rename(columns=lambda name: name.replace("_", " ").capitalize()),
            hide_index=True,
            alt=f"The first {min(len(lines), _MOST)} quarantined lines with place and reason",
        )
    st.caption(
        "The same on the command line, with another mapping where one is needed: "
        f"`python -m slo_core ingest --retry --data {shown(folder)} --map map.yaml`"
    )


def _retry(folder: Path) -> None:
    """Read all quarantined lines again, and say what became of them on the next run."""
    try:
        taken = retry(folder, catalogue(catalog_file()))
    except SloError as problem:
        st.session_state[_SAID] = str(problem)
        return
    total = taken.total
    problems = [each.problem for each in taken.files if each.problem]
    st.session_state[_SAID] = " ".join(
        [
            f"Read again: {counted(total.accepted, 'line')} counted now, "
            f"{count(total.quarantined)} still in quarantine.",
            *problems,
        ]
    )


def show_routes(reports: list[dict[str, Any]]) -> None:
    """Requests that no route of a mapping has, by volume, with a journey they may belong to."""
    routes = unmapped(reports, catalogue(catalog_file()))
    if routes.empty:
        st.markdown(
            "Every request that came by ingest has a journey of its own."
            if reports
            else "No file came by ingest yet."
        )
        return
    st.markdown(
        f"**{counted(int(routes['requests'].sum()), 'request')}** went to the default journey. The "
        "suggestion is by the words that path and journey share; check it."
    )
    shown_routes = routes.assign(
        method=routes["method"].replace("", "unknown"),
        path=routes["path"].replace("", "(could not be read)"),
        suggestion=routes["suggestion"].fillna("none"),
    )
    st.dataframe(
        shown_routes.rename(columns=str.capitalize),
        hide_index=True,
        alt=f"{counted(len(routes), 'route')} without a journey, the most frequent first",
    )
    csv_button(routes, "routes")
    lines = mapping_lines(routes)
    if lines:
        with st.expander("A mapping of the suggestions"):
            st.code(lines, language="yaml")


def show_taken(reports: list[dict[str, Any]]) -> None:
    """Every file that came by ingest, the latest first."""
    if not reports:
        st.markdown(
            "No file came by ingest yet. To take one in, look first, then leave out the end:"
        )
        st.code("python -m slo_core ingest access.log --dry-run", language=None, wrap_lines=True)
        return
    table = pd.DataFrame(
        [
            {
                "File": report["file"],
                "Format": report["format"],
                "Taken": report["at"],
                "Accepted": report["accepted"],
                "Quarantined": report["quarantined"],
                "First event": report["first"] or "none",
                "Last event": report["last"] or "none",
                "Problem": report["problem"] or "",
            }
            for report in reports
        ]
    )
    st.dataframe(table, hide_index=True, alt=f"{counted(len(table), 'file')} that came by ingest")
    csv_button(table, "files_taken_in")
