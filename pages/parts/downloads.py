"""Tables as files: a button for each, or a menu of several."""

from collections.abc import Callable, Iterable
from itertools import cycle

import pandas as pd
import streamlit as st
from streamlit import runtime

# Files that were last asked for, of all readers: the next one takes the place of the oldest.
_PLACES = cycle(range(32))

File = tuple[str, str, str, Callable[[], str | bytes]]
"""A file to download: its label, its ending, its kind, and what makes it."""


def csv_button(frame: pd.DataFrame, name: str, label: str = "CSV") -> None:
    """Offer a frame as CSV; ``name`` is the file's, without its ending, and unique on the page."""
    st.download_button(
        label,
        _kept(lambda: frame.to_csv(index=False), f"{name}.csv", "text/csv"),
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
            _kept(write, f"{name}.{ending}", kind),
            f"{name}.{ending}",
            kind,
            key=f"download_{ending}",
            icon=":material/download:",
            on_click="ignore",
            help="CSV and Parquet of every figure" if ending == "zip" else f"The review as {label}",
        )


def _kept(write: Callable[[], str | bytes], name: str, kind: str) -> Callable[[], bytes]:
    """Have a file that is made when it is asked for stay until the browser has come for it.

    Streamlit deletes such a file at the end of the second run of anybody's page, which can be
    within milliseconds: what it keeps is what belongs to a place, so that each gets one.
    """

    def made() -> bytes:
        written = write()
        data = written.encode() if isinstance(written, str) else written
        runtime.get_instance().media_file_mgr.add(
            data, kind, f"asked for {next(_PLACES)}", name, is_for_static_download=True
        )
        return data

    return made
