"""The frame around every page: navigation, the shared controls, and words when there is no data."""

from contextlib import nullcontext

import streamlit as st

from pages.parts.choice import read_anew
from pages.parts.data import catalogue, current_rollup, has_logs, has_reports
from pages.parts.freshness import show_health_of_data
from pages.parts.health import range_ago
from pages.parts.journeys import both_ranges
from pages.parts.panels import told_in_words
from pages.parts.review_present import is_presenting
from pages.parts.settings import catalog_file, data_folder, shown
from pages.parts.terms import show_terms
from pages.parts.view import show_controls
from pages.parts.welcome import show_welcome
from slo_core.logs.store import Store

OVERVIEW = st.Page(
    "overview.py",
    title="Overview",
    icon=":material/home:",
    default=True,
    help="How the studio is: what is met, what is at risk, what is missed, and where to look.",
)
HEALTH = st.Page(
    "studio_health.py",
    title="Studio health",
    icon=":material/monitor_heart:",
    url_path="studio-health",
    help="The first look when something is wrong: compliance, budgets, traffic and latency.",
)
INCIDENTS = st.Page(
    "incidents.py",
    title="Incidents",
    icon=":material/emergency:",
    url_path="incidents",
    help="What is open, its clocks, impact and postmortem; corrections and maintenance windows.",
)
JOURNEYS = st.Page(
    "studio_journeys.py",
    title="User journeys",
    icon=":material/route:",
    url_path="studio-journeys",
    help="How far people get and how well it goes, journey by journey, against the period before.",
)
BUDGET = st.Page(
    "studio_error_budget.py",
    title="Error budget",
    icon=":material/account_balance_wallet:",
    url_path="studio-error-budget",
    help="How fast budgets burn, what is left of them, where they went and when they run out.",
)
ALERTS = st.Page(
    "alerts.py",
    title="Alerts",
    icon=":material/notifications_active:",
    url_path="alerts",
    help="What fires, who has it, what is to be done, and what other thresholds would have found.",
)
WHY = st.Page(
    "why.py",
    title="Why missed?",
    icon=":material/troubleshoot:",
    url_path="why",
    help="What an objective's failures have in common, when they happened, and raw rows of them.",
)
CATALOGUE = st.Page(
    "catalogue.py",
    title="Catalogue",
    icon=":material/menu_book:",
    url_path="catalogue",
    help="Every objective with its rule, its assumption and its reason, and the budget policy.",
)
AUDIT = st.Page(
    "audit.py",
    title="Audit",
    icon=":material/rule:",
    url_path="audit",
    help="Where the catalogue contradicts itself, each finding with its arithmetic.",
)
WHAT_IF = st.Page(
    "what_if.py",
    title="What if",
    icon=":material/alt_route:",
    url_path="what-if",
    help="Changed worlds against the real one: traffic, releases, incidents, targets.",
)
CAPACITY = st.Page(
    "capacity.py",
    title="Capacity",
    icon=":material/speed:",
    url_path="capacity",
    help="Growth against the plan, scale triggers, what a song costs, and what gives way first.",
)
REVIEW = st.Page(
    "review.py",
    title="Monthly review",
    icon=":material/summarize:",
    url_path="review",
    help="What was promised and kept in a month, where budgets went, what users said, what to do.",
)
QUARTERLY = st.Page(
    "quarterly.py",
    title="Quarterly review",
    icon=":material/event_repeat:",
    url_path="quarterly-review",
    help="Whether each promise, alert and machine is still right, and what a change would mean.",
)
DATA = st.Page(
    "data.py",
    title="Data",
    icon=":material/database:",
    url_path="data",
    help="What has arrived, what is missing or could not be read, and what it takes of disk.",
)
OWN_LOGS = st.Page(
    "your_own_logs.py",
    title="Your own logs",
    icon=":material/upload_file:",
    url_path="your-own-logs",
    help="The tables that the product reads, and how to write them from logs of your own.",
)

FORESIGHT = {
    OVERVIEW.url_path: range_ago,
    HEALTH.url_path: range_ago,
    BUDGET.url_path: range_ago,
    JOURNEYS.url_path: both_ranges,
}

st.set_page_config(
    page_icon="📊",  # an icon by name would be asked for at Google's
    layout="wide",
    menu_items={"About": "Service level objectives and error budgets from request logs."},
)
page = st.navigation(
    {
        "Now": [OVERVIEW, HEALTH, ALERTS, INCIDENTS, JOURNEYS, BUDGET, WHY],
        "Ahead": [WHAT_IF, CAPACITY],
        "Review": [REVIEW, QUARTERLY],
        "Behind it": [CATALOGUE, AUDIT, DATA, OWN_LOGS],
    },
    position="hidden" if is_presenting() else "sidebar",
    expanded=True,
)
folder = data_folder()
read_anew()
with st.container(horizontal=True, vertical_alignment="center"):
    if not is_presenting():
        st.title(page.title, width="content")
    if Store(folder).is_sample:
        st.badge("Sample data", icon=":material/science:", color="violet")

with told_in_words():
    logs = has_logs(folder)
    bare = {CATALOGUE.url_path, AUDIT.url_path, *([DATA.url_path] if has_reports(folder) else [])}
    if page.url_path == OWN_LOGS.url_path or (page.url_path in bare and not logs):
        page.run()
    elif not logs:
        show_welcome(folder, OWN_LOGS)
    else:
        with (
            st.expander("Moment and range", key="presenting") if is_presenting() else nullcontext()
        ):
            rollup = current_rollup(folder, catalogue(catalog_file()))
            view = show_controls(rollup, FORESIGHT.get(page.url_path))
            show_health_of_data(view)
        page.run()

with nullcontext() if is_presenting() else st.sidebar:
    show_terms()
    st.caption(f"Data: `{shown(folder)}`  \nCatalogue: `{shown(catalog_file())}`  \nTimes are UTC.")
