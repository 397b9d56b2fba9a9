"""Studio SLO's core: request logs in, objectives, error budgets and reviews out.

Nothing in this package imports streamlit or the pages: whatever a page shows, the command line
can print, from the same functions.
"""
