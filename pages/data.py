"""Data: what has arrived, what is missing, what could not be read, and what it takes of disk."""

import streamlit as st

from pages.parts.arrivals import (
    show_disk,
    show_heard,
    show_key_figures,
    show_late,
    show_twice,
    show_uncounted,
    show_volume,
)
from pages.parts.data import has_logs
from pages.parts.panels import panel
from pages.parts.quarantine import show_quarantine, show_routes, show_taken
from pages.parts.settings import data_folder
from pages.parts.view import current_view
from slo_core.logs.ingest.ledger import Ledger

folder = data_folder()
view = current_view() if has_logs(folder) else None
reports = Ledger(folder).reports()

if view:
    show_key_figures(view, reports)
    with panel("Rows a day", "Did every table bring what it usually does, and where is a gap?"):
        show_volume(view)
    with panel("Who was heard", "Until when has each table, journey and source told us something?"):
        show_heard(view)
    with panel("Late and twice", "Did events come after their day, or more than once?"):
        show_late(view)
        show_uncounted(view)
        show_twice(view)
with panel("Quarantine", "Which lines could not be read, and can they be read now?"):
    show_quarantine(folder, reports)
with panel("Routes without a journey", "Which requests did no mapping give to a journey?"):
    show_routes(reports)
with panel("Files taken in", "Which files came through ingest, and what became of them?"):
    show_taken(reports)
if view:
    with panel("Disk and retention", "What takes room, and what could go?"):
        show_disk(view)
else:
    st.caption("There are no logs yet, so there is nothing else to tell.")
