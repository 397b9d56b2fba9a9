"""What the page of the monthly review reads, and how it shows the parts of a document."""

import io
import json
import zipfile
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import pandas as pd
import streamlit as st

from pages.parts.addresses import below, shared_base
from pages.parts.choice import choose
from pages.parts.data import state_of
from pages.parts.downloads import File, csv_button, document_buttons
from pages.parts.drawn import Drawing
from pages.parts.panels import chart, plain
from pages.parts.view import View
from slo_core.figures import html
from slo_core.figures.theme import Role
from slo_core.register import read_exit_checks, read_incidents, read_maintenance, read_table
from slo_core.review.export import to_html, to_markdown, to_pdf, write_tables
from slo_core.review.held import MONTHLY, Held
from slo_core.review.month import Month, last_month, parse_month
from slo_core.review.monthly import Review, monthly
from slo_core.review.parts import Block, Cell, Chart, Document, Point, Points, Section, Table
from slo_core.rollup import Rollup

CHANGES = "changes"

_MONTHS = 24
_COLOURS: dict[Role, str] = {
    "bad": "red",
    "warn": "orange",
    "good": "green",
    "none": "gray",
    "stale": "violet",
}


def month_of(view: View) -> Month:
    """The month of the address, ``?month=2025-03``; the last that is over where it names none."""
    first = view.rollup.span[0] if view.rollup.span else None
    chosen = st.query_params.get("month") or last_month(view.at, first)
    return parse_month(chosen, view.at, name="?month=")


def choose_month(view: View, chosen: Month) -> None:
    """Let the reader choose another month of those with data, the latest first."""
    first = view.rollup.span[0] if view.rollup.span else view.at
    latest = pd.Period(view.at - pd.Timedelta(minutes=1), "M")
    known = [latest - back for back in range(_MONTHS)]
    names = {str(it) for it in known if it.end_time >= pd.Timestamp(first)} | {chosen.name}
    titles = {name: _title(view, name) for name in sorted(names, reverse=True)}
    # An address that is shared in a month's time must still mean this one.
    st.query_params["month"] = chosen.name
    choose("Month", titles, chosen.name, name="month", width=240)


def _title(view: View, name: str) -> str:
    month = parse_month(name, view.at)
    return f"{month.title} (not over)" if month.is_partial else month.title


@dataclass(frozen=True)
class Meeting:
    """A review as the page shows it; ``stamp`` stands for all that its figures depend on."""

    held: Held[Review]
    stamp: str


def meeting_of(view: View, month: str) -> Meeting:
    """The review of a month, and what people wrote; figures are made once for all readers."""
    root = view.rollup.store.root
    # People write notes during the meeting: only what figures depend on makes them anew.
    written = (
        read_incidents(root),
        read_maintenance(root),
        read_exit_checks(root),
        read_table(root, "corrections"),
    )
    key = (*state_of(view.rollup)[:3], *(frame.to_csv() for frame in written))
    held = MONTHLY.hold(
        view.rollup,
        month,
        view.at,
        make=lambda: _monthly(view.rollup, key, month, view.at),
        compare=is_comparing(),
    )
    locked = f"{root} {held.lock.version}" if held.lock else ""
    return Meeting(held, f"{hash((key, month, view.at, locked)):x}")


@st.cache_resource(max_entries=12, show_spinner=False)
def _monthly(_rollup: Rollup, key: tuple[str, ...], month: str, at: datetime) -> Review:
    return monthly(_rollup, month, at)


def show_notices(notices: Iterable[str]) -> None:
    """What a reader must know before any figure."""
    for notice in notices:
        st.info(plain(notice), icon=":material/info:")


def show_contents(sections: Iterable[Section]) -> None:
    """Links to the panels of a long page."""
    links = " · ".join(f"[{plain(section.title)}](#{section.id})" for section in sections)
    st.markdown(f":small[On this page: {links}]")


def is_comparing() -> bool:
    """Whether the address asks what has changed since the lock: ``?changes=1``."""
    return st.query_params.get(CHANGES) == "1"


def compare_button(held: Held[Any]) -> None:
    """Offer what has changed since the lock: it takes today's figures, which take a while."""
    if held.lock is None:
        return
    st.button(
        "As it was locked" if held.compare else "What has changed since?",
        key="compare",
        icon=":material/difference:",
        help="Leave out what has changed since"
        if held.compare
        else "Compare it with today's data and entries, in its files too; it takes a while",
        on_click=_compare,
        args=(not held.compare,),
    )


def _compare(on: bool) -> None:
    if on:
        st.query_params[CHANGES] = "1"
    else:
        st.query_params.pop(CHANGES, None)


def show_downloads(held: Held[Any]) -> None:
    """The review in every format; a file is made when it is asked for."""
    dashboards = shared_base()

    def document() -> Document:
        return replace(held.document, dashboards=dashboards)

    kinds: list[File] = [
        ("HTML", "html", "text/html", lambda: to_html(document())),
        ("PDF", "pdf", "application/pdf", lambda: to_pdf(document(), held.made_at)),
        ("Markdown", "md", "text/markdown", lambda: to_markdown(document())),
        (
            *("JSON", "json", "application/json"),
            lambda: json.dumps(held.as_dict(), indent=1, allow_nan=False),
        ),
        ("Tables", "zip", "application/zip", lambda: _zipped(held)),
    ]
    document_buttons(f"review-{held.period.name}", kinds)


def _zipped(held: Held[Any]) -> bytes:
    """Every figure as CSV and Parquet, in one file."""
    packed = io.BytesIO()
    with TemporaryDirectory() as folder, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for path in write_tables(held.tables, folder):
            file.write(path, Path(path).name)
    return packed.getvalue()


class Stamped(Protocol):
    """What sections are shown of: ``stamp`` stands for all that its figures depend on."""

    @property
    def stamp(self) -> str: ...


def show_blocks(view: View, meeting: Stamped, section: Section, *, with_files: bool = True) -> None:
    """What answers a section's question; ``with_files`` offers each table as a file."""
    for block in section.blocks:
        if isinstance(block, Table):
            with st.expander(block.caption) if block.folded else nullcontext():
                _show(view, meeting, block)
                if with_files:
                    csv_button(_plain_table(block), block.name)
            continue
        _show(view, meeting, block)
        if with_files and isinstance(block, Points) and _leads_on(block):
            rows = [(it.text, it.evidence, it.address) for it in block.points]
            csv_button(
                pd.DataFrame(rows, columns=[block.noun.lower(), "evidence", "page"]), section.id
            )


def _show(view: View, meeting: Stamped, block: Block) -> None:
    if isinstance(block, Points):
        _points(view, block)
    elif isinstance(block, Table):
        rows = [[_cell(it, view) for it in row] for row in block.rows]
        st.html(html.table(block.headers, rows, view.colours, caption=block.caption))
    elif isinstance(block, Chart):
        st.markdown(f"**{plain(block.title)}**")
        drawn = Drawing(f"{meeting.stamp}/{block.name}", partial(block.build, view.colours))
        chart(drawn, view.colours, alt=block.alt, name=block.name)
    elif block.tone == "small":
        st.caption(plain(block.text))
    elif block.tone == "info":
        st.info(plain(block.text), icon=":material/info:")
    else:
        st.markdown(plain(block.text))


def _cell(cell: Cell, view: View) -> html.Cell:
    if cell.role is not None:
        return html.tinted(cell.words, cell.role, view.colours, small=cell.small)
    return html.text(cell.words, small=cell.small)


def _plain_table(block: Table) -> pd.DataFrame:
    """A table as a file has it: smaller words in brackets."""
    rows = [
        [f"{it.words} ({it.small})" if it.small else it.words for it in row] for row in block.rows
    ]
    return pd.DataFrame(rows, columns=list(block.headers))


def _points(view: View, block: Points) -> None:
    if _leads_on(block):
        rows = [_finding(view, point) for point in block.points]
        headers = (block.noun, "What shows it", "More")
        caption = f"{block.noun}s, what matters first"
        st.html(html.table(headers, rows, view.colours, caption=caption))
        return
    for point in block.points:
        mark = f":{_COLOURS[point.role]}[{point.symbol}] " if point.role else ""
        small = f"  \n:small[{plain(point.evidence)}]" if point.evidence else ""
        st.markdown(f"{mark}{plain(point.text)}{small}")


def _leads_on(block: Points) -> bool:
    """Whether its points lead to other pages: they are shown as a table then."""
    return any(point.address for point in block.points)


def _finding(view: View, point: Point) -> list[html.Cell]:
    mark = html.tinted(f"{point.symbol} ", point.role, view.colours) if point.role else ""
    look = (
        html.link("Show", below(point.address), name=f"Show what is behind: {point.text}")
        if point.address
        else html.text("")
    )
    evidence = "".join(html.text("", small=it) for it in point.evidence.split("; "))
    return [mark + html.text(point.text), evidence, look]
