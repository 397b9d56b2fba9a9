"""Tables as files: one button for each."""

import pandas as pd
import streamlit as st


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
        help=f"Download these {len(frame)} rows as {name}.csv",
    )
