"""What a page shows in place of its figures while the data folder has no logs."""

from pathlib import Path

import streamlit as st

from pages.parts.settings import shown


def show_welcome(folder: Path, own_logs: st.Page) -> None:
    """Say that there are no logs, and the two ways to get some."""
    st.info(
        f"No logs yet: `{shown(folder)}` is "
        + ("empty." if folder.is_dir() else "not there yet.")
        + " That is no outage and no success; there is just nothing to count.",
        icon=":material/inbox:",
        title="No data",
    )
    with st.grid(2):
        with st.container(border=True, height="stretch"):
            st.header("Look around with sample data")
            st.markdown(
                "A studio's logs of 13 months, made up, with incidents in them. "
                "It takes a minute or two, and every page says that they are a sample."
            )
            st.code(
                f"python -m slo_core sample --data {shown(folder)}",
                language=None,
                wrap_lines=True,
            )
        with st.container(border=True, height="stretch"):
            st.header("Bring your own logs")
            st.markdown(
                "Access logs, JSON lines, CSV and load tests come in by one command, or any tool "
                "writes Parquet; one table is enough to start:"
            )
            st.code(
                f"python -m slo_core ingest access.log --data {shown(folder)}\n"
                f"{shown(folder)}/requests/date=2025-03-31/part.parquet",
                language=None,
                wrap_lines=True,
            )
            st.page_link(own_logs, label="How to turn your logs into tables")
    st.button("Look again", icon=":material/refresh:", help="Read the folder again.")
