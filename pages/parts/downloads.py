"""Tables as files: a button for each, or a menu of several."""

from collections.abc import Callable, Iterable

import pandas as pd
import streamlit as st

File = tuple[str, str, str, Callable[[], str | bytes]]
"""A file to download: its label, its ending, its kind, and what makes it."""


def csv_button(frame: pd.DataFrame, name: str, label: str = "CSV") -> None:
    """Offer a frame as CSV; ``name`` is the file's, without its ending, and unique on the page."""
    st.download_button(
        label,
        lambda: frame.to_csv(index=False),
        f"{name}.csv",
        "text/csv",
        key=f"csv_{name}",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )


def csv_menu(key: str, files: Iterable[tuple[pd.DataFrame, str, str]]) -> None:
    """Offer several frames behind one button: a browser builds the menu when it is opened.

    Each with its file's name and its label, as for `csv_button`; ``key`` is unique on the page.
    """
    with st.popover("CSV", icon=":material/download:", type="tertiary", key=f"files_{key}"):
        for frame, name, label in files:
            csv_button(frame, name, label)


def document_buttons(name: str, kinds: Iterable[File]) -> None:
    """A button for each format of a review."""
    for label, ending, kind, write in kinds:
        st.download_button(
            label,
            write,
            f"{name}.{ending}",
            kind,
            key=f"download_{ending}",
            icon=":material/download:",
            on_click="ignore",
            help="CSV and Parquet of every figure" if ending == "zip" else f"The review as {label}",
        )
