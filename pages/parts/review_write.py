"""Where the meeting writes: notes, decisions, action items, and the lock on a finished review."""

from datetime import datetime, time
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.panels import plain
from pages.parts.people import (
    ask_name,
    attempt,
    is_named,
    name_first,
    show_fault,
    writer,
)
from pages.parts.view import View
from slo_core.errors import SloError
from slo_core.review.held import Held
from slo_core.review.locks import Period, kept, unlock
from slo_core.review.notes import add_item, add_note, close_item, reopen_item, withdraw_note
from slo_core.text import clock


def show_writing(view: View, held: Held[Any], *, is_asked: bool = False) -> None:
    """Everything that can be written of a month or a quarter, under the reader's name.

    ``is_asked`` where the page asks for the name elsewhere.
    """
    if not is_asked:
        ask_name("The register keeps who wrote, decided, took on or locked what.")
    show_fault()
    if held.lock is None:
        with st.grid(2, min_column_width=340, gap="small"):
            _note_form(view, held)
            _item_form(view, held)
    for row in held.notes.notes.itertuples():
        _note(view, held, row)
    for row in held.notes.items.itertuples():
        _item(view, row)
    _lock(view, held)


def _note_form(view: View, held: Held[Any]) -> None:
    with st.form("review_note", clear_on_submit=True):
        kind = st.radio("What", ["Note", "Decision"], horizontal=True)
        body = st.text_area("Words", max_chars=2000, height=96, placeholder="What was said")
        if st.form_submit_button("Write it down", disabled=not is_named(), help=name_first()):
            root, period = view.rollup.store.root, held.period
            words, named = body or "", "decision" if kind == "Decision" else "note"
            attempt(lambda: add_note(root, writer(), period, words, kind=named))
            st.rerun()


def _item_form(view: View, held: Held[Any]) -> None:
    with st.form("review_item", clear_on_submit=True):
        action = st.text_input("Action item", max_chars=300, placeholder="What is to be done")
        with st.container(horizontal=True):
            owner = st.text_input("Owner", max_chars=80, width=180, placeholder="Who does it")
            due = st.date_input("Due", None, format="YYYY-MM-DD", width=150)
        if st.form_submit_button("Set it", disabled=not is_named(), help=name_first()):
            root, period = view.rollup.store.root, held.period
            until = datetime.combine(due, time()) if due else None
            words, named = action or "", owner or None
            attempt(lambda: add_item(root, writer(), period, words, owner=named, due=until))
            st.rerun()


def _note(view: View, held: Held[Any], row: Any) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        kind = "**Decided:** " if row.kind == "decision" else ""
        st.markdown(f"{kind}{plain(row.body)}  \n:small[{plain(row.created_by)}, "
                    f"{clock(row.created_at)}]", width="stretch")  # fmt: skip
        if held.lock is None:
            st.button(
                "Withdraw",
                key=f"withdraw_{row.id}_{row.version}",
                type="tertiary",
                icon=":material/undo:",
                disabled=not is_named(),
                help=name_first() or f"Take back: {row.body}",
                on_click=attempt,
                args=(
                    lambda: withdraw_note(
                        view.rollup.store.root,
                        writer(),
                        held.period,
                        int(row.id),
                        int(row.version),
                    ),
                ),
            )


def _item(view: View, row: Any) -> None:
    root, number, version = view.rollup.store.root, int(row.id), int(row.version)
    is_closed = pd.notna(row.done_at) or pd.notna(row.dropped_at)
    who = row.owner if isinstance(row.owner, str) else "nobody yet"
    due = f"due {row.due_at:%Y-%m-%d}" if pd.notna(row.due_at) else "no date"
    carried = f", carried from {row.month}" if row.carried else ""
    dropped = ", dropped" if pd.notna(row.dropped_at) else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        # Another version is another box: what somebody else wrote meanwhile is shown.
        st.checkbox(
            f"{plain(row.action)}: {plain(who)}, {due}{carried}{dropped}",
            value=bool(is_closed),
            key=f"item_{number}_{version}",
            disabled=not is_named(),
            help=name_first(),
            on_change=attempt,
            args=(
                lambda: (
                    reopen_item(root, writer(), number, version)
                    if is_closed
                    else close_item(root, writer(), number, version)
                ),
            ),
        )
        if not is_closed:
            st.button(
                "Drop",
                key=f"drop_{number}_{version}",
                type="tertiary",
                icon=":material/close:",
                disabled=not is_named(),
                help=name_first() or f"Decide not to do: {row.action}",
                on_click=attempt,
                args=(lambda: close_item(root, writer(), number, version, dropped=True),),
            )


def _lock(view: View, held: Held[Any]) -> None:
    root, period = view.rollup.store.root, held.period
    if held.lock is not None:
        _open_button(root, period, held.lock.version)
        return
    st.button(
        "Lock this review",
        key="review_lock",
        type="primary",
        icon=":material/lock:",
        disabled=not is_named() or period.is_partial,
        help=f"{period.title} is not over."
        if period.is_partial
        else name_first() or "Keep its figures",
        on_click=attempt,
        args=(lambda: held.keep(root, writer()),),
    )
    st.caption(
        "A locked review keeps its figures whatever data come later; this page then shows, when "
        "asked, what has changed since. Action items can still be ticked."
    )


def _open_button(root: Path, period: Period, version: int) -> None:
    st.button(
        "Open it again",
        key="review_open",
        icon=":material/lock_open:",
        disabled=not is_named(),
        help=name_first()
        or "The figures follow the data again; history keeps those that were kept",
        on_click=attempt,
        args=(lambda: unlock(root, writer(), period, version),),
    )


def show_unreadable(view: View, period: Period, problem: SloError) -> None:
    """A lock that cannot be read, such as another release's: said, and it can be opened again."""
    root = view.rollup.store.root
    own = kept(root, period)
    if own is None:
        raise problem
    st.error(plain(str(problem)), icon=":material/error:")
    ask_name("The register keeps who opened a locked review again.")
    _open_button(root, period, own.version)
