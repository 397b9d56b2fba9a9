"""The page on one's own logs: the same text as in the docs."""

import streamlit as st

from pages.parts.settings import ROOT

st.markdown((ROOT / "docs" / "your-own-logs.md").read_text(encoding="utf-8").partition("\n")[2])
