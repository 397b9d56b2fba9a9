"""Where people write about one incident; two who do so at once lose nothing.

The form remembers the version that its reader began from. What somebody else has written since is
shown beside what was typed, which stays; saving writes only the fields that the reader changed.
"""

from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.incident_list import OWN
from pages.parts.panels import plain
from pages.parts.people import attempt, is_named, name_first, writer
from pages.parts.view import View
from slo_core.errors import SloError
from slo_core.incidents.changes import changes
from slo_core.incidents.life import MOMENTS, edit
from slo_core.moments import iso, parse_moment
from slo_core.register import read_history
from slo_core.text import clock

_TEXTS = {
    "title": "Title",
    "commander": "Led by",
    "platform": "Platform, if only one is hit",
    "related_change": "Change to blame",
}
_LONG = {"summary": "Summary", "root_cause": "Root cause"}
_WHYS = 5

Fields = dict[str, Any]


def show_form(view: View, row: Any) -> None:
    """Everything that is written of an incident, to be changed."""
    base = _begun(row)
    # A place of its own: what comes and goes must not move the form, nor empty it.
    with st.container():
        _show_theirs(view, row, base)
    names = {it.id: it.name for it in view.catalog.journeys}
    grades = [it.id for it in view.catalog.severities]
    with st.form(f"edit_{row.id}", border=False):
        with st.grid(3, min_column_width=220, gap="small"):
            _text(row, "title")
            _choice(row, "severity", "Severity", grades, {})
            _choice(row, "journey", "Journey hit most", list(names), names)
            st.multiselect(
                "Other journeys",
                list(dict.fromkeys((*names, *base["fields"]["also_journeys"]))),
                format_func=lambda it: names.get(it, it),
                key=_key(row, "also_journeys"),
            )
            for name in ("commander", "platform", "related_change"):
                _text(row, name)
        for name, label in _LONG.items():
            st.text_area(label, key=_key(row, name), height="content")
        st.markdown("**Five whys**, each an answer to the one before")
        for number in range(_WHYS):
            st.text_input(f"Why {number + 1}", key=_key(row, f"why_{number}"), max_chars=300)
        st.markdown("**Times**, UTC; an empty one is not known")
        with st.grid(5, min_column_width=190, gap="small"):
            for name, label in MOMENTS.items():
                st.text_input(label, key=_key(row, name), placeholder="2025-03-31T00:00:00Z")
        st.form_submit_button(
            "Save",
            type="primary",
            icon=":material/save:",
            disabled=not is_named(),
            help=name_first(),
            on_click=_save,
            args=(view, int(row.id)),
        )
    st.caption("Only the fields that you changed are written.")


def _begun(row: Any) -> Fields:
    """What the reader began from: the version, and the fields as they were then.

    The form is filled from it once; another version does not change what somebody is typing.
    """
    kept = st.session_state.get(_base_key(row.id))
    if kept is None or not _is_filled(row):
        kept = {"version": int(row.version), "fields": _fields(row)}
        _fill(int(row.id), kept)
    elif st.session_state.pop(OWN, None) == row.id and kept["version"] == row.version - 1:
        # Nothing but the reader's own step: what others wrote between is shown first.
        kept = _rebase(row)
    return dict(kept)


def _is_filled(row: Any) -> bool:
    return _key(row, "title") in st.session_state


def _fill(incident: int, base: Fields) -> None:
    st.session_state[_base_key(incident)] = base
    for name, value in _shown(base["fields"]).items():
        st.session_state[f"incident_{incident}_{name}"] = value


def _show_theirs(view: View, row: Any, base: Fields) -> None:
    """What others have written since the reader began, and what can be done about it."""
    if base["version"] == row.version:
        return
    history = read_history(view.rollup.store.root, "incidents", int(row.id))
    since = history.iloc[base["version"] :]
    others = since[since["actor"] != writer().name]
    theirs, last = changes(since), (since if others.empty else others).iloc[-1]
    with st.container(border=True):
        st.warning(
            f"{plain(last['actor'])} changed this incident at {clock(last['at'])}, after you had "
            "opened it. What you typed is kept below and is not written yet.",
            icon=":material/group:",
        )
        told = "\n".join(
            f"- {field_label(it.field)}: {plain(it.before) or '(nothing)'} → "
            f"{plain(it.after) or '(nothing)'} ({plain(it.actor)})"
            for it in theirs.itertuples()
            if it.field != "status"
        )
        st.markdown(told or "- only its status")
        with st.container(horizontal=True):
            st.button(
                "Put mine on top of theirs",
                key=f"on_top_{row.id}",
                help="Then save: only the fields that you changed replace theirs.",
                on_click=_put_on_top,
                args=(row,),
            )
            st.button("Drop mine, show theirs", key=f"drop_{row.id}", on_click=_drop, args=(row,))


def _put_on_top(row: Any) -> None:
    _rebase(row)


def _rebase(row: Any) -> Fields:
    """Begin from the version that is there now, and keep over it what the reader has typed.

    Only fields that others changed and the reader did not are touched: the browser may hold text
    that it has not sent yet.
    """
    incident = int(row.id)
    state, kept = st.session_state, st.session_state[_base_key(incident)]
    base: Fields = {"version": int(row.version), "fields": _fields(row)}
    before, after = _shown(kept["fields"]), _shown(base["fields"])
    for name, value in after.items():
        key = f"incident_{incident}_{name}"
        if value != before.get(name) and _stripped(state.get(key)) == before.get(name):
            state[key] = value
    state[_base_key(incident)] = base
    return base


def _drop(row: Any) -> None:
    _fill(int(row.id), {"version": int(row.version), "fields": _fields(row)})


def _save(view: View, incident: int) -> None:
    base = st.session_state[_base_key(incident)]

    def write() -> str:
        typed = _typed(incident)
        mine = {name: _read(name, it) for name, it in typed.items() if it != base["fields"][name]}
        if not mine:
            raise SloError("Nothing was changed, so nothing was written.")
        root = view.rollup.store.root
        edit(root, writer(), view.catalog, incident, mine, version=base["version"])
        st.session_state.pop(_base_key(incident), None)
        return f"Incident {incident} is saved: {', '.join(field_label(name) for name in mine)}."

    attempt(write)


def _fields(row: Any) -> Fields:
    """The fields of an incident as the form has them: texts, and lists."""
    texts = {name: _words(getattr(row, name)) for name in (*_TEXTS, *_LONG)}
    moments = {
        name: "" if pd.isna(getattr(row, name)) else iso(getattr(row, name).to_pydatetime())
        for name in MOMENTS
    }
    whys = [*row.five_whys, *[""] * _WHYS][: max(_WHYS, len(row.five_whys))]
    return {
        **texts,
        **moments,
        "severity": row.severity,
        "journey": row.journey,
        "also_journeys": list(row.also_journeys),
        "five_whys": whys,
    }


def _shown(fields: Fields) -> Fields:
    """The fields by the keys of their widgets: each why has one."""
    whys = {f"why_{number}": it for number, it in enumerate(fields["five_whys"][:_WHYS])}
    return {**{name: it for name, it in fields.items() if name != "five_whys"}, **whys}


def _typed(incident: int) -> Fields:
    """What the form holds now, in the fields that the reader began from."""
    state, base = st.session_state, st.session_state[_base_key(incident)]["fields"]
    typed = {
        name: _stripped(state.get(f"incident_{incident}_{name}", it))
        for name, it in base.items()
        if name != "five_whys"
    }
    whys = [
        _stripped(state.get(f"incident_{incident}_why_{number}", it)) if number < _WHYS else it
        for number, it in enumerate(base["five_whys"])
    ]
    return typed | {"five_whys": whys}


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _read(name: str, value: Any) -> object:
    """A field as the register takes it."""
    if name in MOMENTS:
        return _moment(value, MOMENTS[name]) if value else None
    if name == "five_whys":
        return tuple(it for it in value if it)
    return tuple(value) if isinstance(value, list) else value or None


def _moment(text: str, label: str) -> datetime:
    return parse_moment(text, name=label)


def _words(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def field_label(field: str) -> str:
    """What a field of the register is called on the page."""
    labels = {**_TEXTS, **_LONG, **MOMENTS, "five_whys": "Five whys"}
    return labels.get(field, field.replace("_", " ").capitalize())


def _text(row: Any, name: str) -> None:
    st.text_input(_TEXTS[name], key=_key(row, name), max_chars=200)


def _choice(row: Any, name: str, label: str, known: list[str], names: dict[str, str]) -> None:
    own = getattr(row, name)
    st.selectbox(
        label,
        list(dict.fromkeys((*known, own))),
        format_func=lambda it: names.get(it, it),
        key=_key(row, name),
    )


def _key(row: Any, name: str) -> str:
    return f"incident_{row.id}_{name}"


def _base_key(incident: int) -> str:
    return f"incident_{incident}_base"
