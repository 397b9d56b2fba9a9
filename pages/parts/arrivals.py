"""Panels on what has arrived: volume, freshness, late and double rows, disk and retention."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.downloads import csv_button
from pages.parts.freshness import freshness_table
from pages.parts.panels import chart
from pages.parts.settings import shown
from pages.parts.view import View
from slo_core.figures.arrivals import volume_figure
from slo_core.logs.store import Store
from slo_core.rollup.retain import old_days
from slo_core.sli import arrivals
from slo_core.text import NO_DATA, clock, count, counted, duration, size

_USUAL_DAYS = 90
_MINUTE = 60


def show_key_figures(view: View, reports: list[dict[str, Any]]) -> None:
    """The newest event, the rows of the range, what is quarantined, and the disk."""
    frame = _volume(view)
    rows = frame["rows"].sum() if frame["rows"].notna().any() else None
    newest = view.rollup.span[1] if view.rollup.span else None
    ago = duration((view.at - newest).total_seconds()) if newest and newest <= view.at else None
    apart = sum(report["quarantined"] for report in reports)
    with st.grid(4, min_column_width=200, gap="small"):
        st.metric(
            "Newest event",
            f"{ago} before" if ago else "after the look" if newest else NO_DATA,
            clock(_whole(newest)) if newest else None,
            delta_color="off",
            delta_arrow="off",
            border=True,
        )
        st.metric(
            "Rows in this range",
            count(rows),
            f"{duration(view.length.total_seconds())}, all tables",
            delta_color="off",
            delta_arrow="off",
            border=True,
        )
        st.metric(
            "Lines in quarantine",
            count(apart),
            "of files taken by ingest" if reports else "no file came by ingest",
            delta_color="off",
            delta_arrow="off",
            border=True,
        )
        st.metric(
            "Data folder",
            size(sum(use.bytes for use in _disk(view.rollup.store.root))),
            counted(sum(use.files for use in _disk(view.rollup.store.root)), "file"),
            delta_color="off",
            delta_arrow="off",
            border=True,
        )


def show_volume(view: View) -> None:
    """Rows a day by table, and the gaps in words."""
    frame = _volume(view)
    if frame.empty:
        st.info(
            "No table has a day in this range: choose a longer one, or another moment.",
            icon=":material/event_busy:",
        )
        return
    gaps = frame[frame["state"] == arrivals.MISSING]
    alike: dict[str, list[str]] = {}
    for table, days in gaps.groupby("table", sort=False)["date"]:
        alike.setdefault(_spans(list(days)), []).append(f"**{table}**")
    if alike:
        lines = [f"{', '.join(tables)}: nothing on {days}" for days, tables in alike.items()]
        st.warning("  \n".join(lines), icon=":material/event_busy:", title="Days are missing")
    rows = count(frame["rows"].sum()) if frame["rows"].notna().any() else NO_DATA
    chart(
        volume_figure(frame, view.colours),
        view.colours,
        alt=f"Rows a day of {frame['table'].nunique()} tables: {rows} in all, "
        f"{counted(len(gaps), 'day')} of a table without anything",
        name="rows_a_day",
    )
    csv_button(frame, "rows_a_day")


def show_heard(view: View) -> None:
    """The first and the last event of each table and source, and of each journey."""
    found = arrivals.heard(view.rollup)
    table = pd.DataFrame(
        {
            "Table": found["table"],
            "Source": found["source"].fillna("all that counts"),
            "First event": [clock(_whole(it)) if _is(it) else "never" for it in found["first"]],
            "Last event": [clock(_whole(it)) if _is(it) else "never" for it in found["last"]],
            "Days": found["days"],
        }
    )
    st.dataframe(table, hide_index=True, alt=f"First and last event of {len(table)} sources")
    st.caption("By journey, at the moment of the look:")
    journeys = freshness_table(view)
    silent = int((journeys["State"] != "Heard").sum())
    st.dataframe(
        journeys, hide_index=True, alt=f"{silent} of {len(journeys)} journeys are not heard of"
    )
    csv_button(journeys, "journeys_heard", "Journeys as CSV")


def show_late(view: View) -> None:
    """Raw files that came when their day was long over."""
    found = arrivals.late(view.rollup.store, view.at - view.length, view.at)
    if found.empty:
        st.markdown("No file of this range came more than a day after its day.")
        return
    st.markdown(
        f"**{counted(int(found['rows'].sum()), 'row')}** of this range came more than a day after "
        "their day, and counted there from the next rollup on."
    )
    st.dataframe(
        found.rename(columns=str.capitalize),
        hide_index=True,
        alt=f"Late files by the day on which they came: {counted(len(found), 'group')}",
    )


def show_uncounted(view: View) -> None:
    """Rows of days whose raw logs are gone, which are in no figure."""
    found = arrivals.uncounted(view.rollup)
    if found.empty:
        return
    rows, days = int(found["rows"].sum()), sorted(set(found["day"]))
    st.warning(
        f"**{counted(rows, 'event')}** came for {_spans(days)}, whose raw logs are gone: the "
        "figures of such days are kept as they are, and these events are in none of them.",
        icon=":material/event_busy:",
        title="Too late to count",
    )
    st.dataframe(
        found.rename(columns=str.capitalize),
        hide_index=True,
        alt=f"Events that came too late to count, by day and table: {rows} in all",
    )
    csv_button(found, "too_late", "Too late as CSV")


def show_twice(view: View) -> None:
    """Rows of one day that are there more than once."""
    store = view.rollup.store
    days = sorted(
        {
            day
            for table in arrivals.TABLES
            for day in store.listing(table).files
            if view.at - view.length - timedelta(days=1) < _midnight(day) < view.at
        },
        reverse=True,
    )
    if not days:
        st.caption("No raw logs of this range are left in which rows could be there twice.")
        return
    day = st.selectbox(
        "Look for rows that are there twice, on",
        days,
        index=None,
        placeholder="a day",
        width=280,
        key="twice",
        help="Every raw row of that day is read and compared with the others.",
    )
    if day is None:
        return
    found = _twice(store.root, day, _stamp(store, day))
    extra = int(found["extra"].sum())
    if not extra:
        st.success(
            f"On {day} no row is there twice, of {count(found['rows'].sum())}.",
            icon=":material/check_circle:",
        )
    else:
        st.warning(
            f"On {day} **{counted(extra, 'row')}** repeated another in every column and counted "
            "too, since two requests may be alike; a file that was written twice is the usual "
            "cause.",
            icon=":material/content_copy:",
        )
        st.dataframe(
            found[found["extra"] > 0].rename(columns=str.capitalize),
            hide_index=True,
            alt=f"Tables with rows that are there twice: {extra} in all",
        )


def show_disk(view: View) -> None:
    """What takes room, and which raw logs retention would remove."""
    store = view.rollup.store
    uses = pd.DataFrame(
        [(use.name, size(use.bytes), use.files) for use in _disk(store.root)],
        columns=["What", "Size", "Files"],
    )
    st.dataframe(uses, hide_index=True, alt=f"Sizes of {len(uses)} parts of the data folder")
    days = st.number_input(
        "Raw logs to keep, in days",
        min_value=1,
        max_value=3660,
        value=_USUAL_DAYS,
        key="keep",
        bind="query-params",
        width=220,
        help="Figures of removed days are kept for good; single rows can no longer be looked at.",
    )
    old = [it for it in old_days(store, int(days), view.at) if not it.stays]
    if not old:
        st.markdown(f"No raw logs are older than {counted(days, 'day')}.")
        return
    st.markdown(
        f"Raw logs of **{counted(len({it.day for it in old}), 'day')}**, {old[0].day} to "
        f"{old[-1].day}, are older: {size(sum(it.bytes for it in old))}. Look first, then leave "
        "out `--dry-run`:"
    )
    st.code(
        f"python -m slo_core retain --data {shown(store.root)} --days {days} --dry-run",
        language=None,
        wrap_lines=True,
    )


def _volume(view: View) -> pd.DataFrame:
    return arrivals.volume(view.rollup, view.at - view.length, view.at)


@st.cache_data(max_entries=4, ttl=_MINUTE, show_spinner=False)
def _disk(root: Path) -> list[arrivals.Use]:
    return arrivals.disk(Store(root))


@st.cache_data(max_entries=16, show_spinner="Comparing the rows of that day")
def _twice(root: Path, day: date, stamp: str) -> pd.DataFrame:
    return arrivals.twice(Store(root), day)


def _stamp(store: Store, day: date) -> str:
    return repr([store.listing(table).files.get(day) for table in arrivals.TABLES])


def _spans(days: list[date]) -> str:
    """Days as people say them, those in a row together: 3 March, 5 to 8 March."""
    runs: list[list[date]] = []
    for day in sorted(days):
        if runs and day - runs[-1][-1] == timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    said = [f"{run[0]}" if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs]
    return ", ".join(said[:8]) + (f" and {len(said) - 8} more" if len(said) > 8 else "")


def _is(moment: object) -> bool:
    return moment is not None and not pd.isna(moment)


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time())
