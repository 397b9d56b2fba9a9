"""The panel of projected exhaustion: when each budget runs out, and how good such dates were."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.board import state_words
from pages.parts.data import state_of
from pages.parts.downloads import csv_button
from pages.parts.drawn import drawing
from pages.parts.panels import chart, plain
from pages.parts.spending import (
    Subject,
    corrected_courses_of,
    courses_of,
    forecasts_of,
    record_of,
)
from pages.parts.view import View
from slo_core.budget.corrected import as_corrected, which_decides
from slo_core.budget.course import Key
from slo_core.budget.exhaustion import exhaustions
from slo_core.budget.standing import risk_window
from slo_core.figures import html
from slo_core.figures.exhaustion import (
    end_words,
    exhaustion_figure,
    level_words,
    projection_words,
    reach_words,
    recovery_words,
)
from slo_core.figures.words import chance_words
from slo_core.forecast.projection import EARLY, LATE
from slo_core.text import budget_left, clock, percent

_KEYS = ["service", "basis", "window"]
_LINE = ["unit", "remaining", "allowed", "burn", "end", "since", "since_exactly"]


def show_exhaustion(view: View, subject: Subject) -> None:
    """When each budget runs out as a distribution, with the straight line as its reference."""
    state = state_of(view.rollup)
    frame, others = _frames(state, view.at, view.length, subject.key, view, subject)
    if frame.empty:
        st.info("The catalogue gives no service an error budget.", icon=":material/inbox:")
        return
    names = {service: view.catalog.journey(service).name for service in frame["service"]}
    if frame["probability"].isna().all():
        _without(frame)
    else:
        takeaway = _takeaway(view, frame, names)
        st.markdown(takeaway)
        chart(
            drawing(
                exhaustion_figure,
                frame.drop(columns=["end", "figures"]),
                names,
                view.colours,
                at=view.at,
            ),
            view.colours,
            alt=takeaway.replace("*", "").replace("\\", ""),
            name="exhaustion",
        )
    headers = (
        *("Service", "Left", "Runs out", "P10, early", "P50, middle", "P90, late"),
        "Straight line, for reference",
    )
    rows = []
    for _, row in frame.iterrows():
        rows.append(_row(view, row, names))
        beside = others[(others[_KEYS] == row[_KEYS]).all(axis=1)]
        rows += [_row(view, other, names) for _, other in beside.iterrows()]
    st.html(html.table(headers, rows, view.colours, caption="When each budget runs out"))
    st.caption(
        "Dates by which a share of the replayed futures has run out; what happens should lie "
        "between P10 and P90 about four times in five.",
        help=f"P50: half of the futures, P10 {percent(EARLY)}, P90 {percent(LATE)}. A month's "
        "budget is looked at until the month ends, when the next begins whole. The straight line "
        f"spends what is left as over the last {risk_window(view.catalog.rules)}; it knows nothing "
        "of rhythm, of chance, or of failures that age out of a rolling window.",
    )
    if len(others):
        st.caption(
            "◐ Where a correction touches what a projection rests on, it is there as measured and "
            f"as corrected; the figures as {which_decides(view.catalog)} decide, and are drawn."
        )
    st.caption(f"How good this was: {record_of(view).sentence}")
    table = pd.concat([frame, others], ignore_index=True) if len(others) else frame
    kept = table.drop(columns=["end", "linear", *([] if len(others) else ["figures"])])
    csv_button(
        kept.assign(
            line=[end.kind for end in table["end"]], line_at=[end.at for end in table["end"]]
        ),
        "exhaustion",
    )


@st.cache_data(max_entries=16, show_spinner=False)
def _frames(
    state: tuple[str, ...],
    at: datetime,
    length: timedelta,
    key: Key,
    _view: View,
    _subject: Subject,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every budget's projection with the figures that decide, and those with the others.

    They are of a view, ``length`` long up to ``at``, and of a subject, as its ``key`` names it.
    ``figures`` says which they are: ``measured``, ``corrected``, or nothing where no correction
    touches what they rest on.
    """
    status, catalog = _view.status, _view.catalog
    courses = courses_of(_view, _subject)
    lines = exhaustions(status, catalog, courses, at)[_KEYS + _LINE]
    measured = lines.merge(forecasts_of(_view), on=_KEYS).assign(figures="")
    if not status.get("corrections"):
        return measured, measured.iloc[:0]
    courses = courses | corrected_courses_of(_view, _subject)
    lines = exhaustions(as_corrected(status), catalog, courses, at)[_KEYS + _LINE]
    corrected = lines.merge(forecasts_of(_view, corrected=True), on=_KEYS)
    corrected = corrected.assign(figures="corrected")
    keys = pd.MultiIndex.from_frame(measured[_KEYS])
    touched = keys.isin(pd.MultiIndex.from_frame(corrected[_KEYS]))
    measured.loc[touched, "figures"] = "measured"
    if which_decides(catalog) == "measured":
        return measured, corrected
    rest = pd.concat([measured[~touched], corrected]) if len(corrected) else measured
    places = pd.MultiIndex.from_frame(rest[_KEYS])
    deciding = rest.set_axis(places).loc[list(keys)].reset_index(drop=True)
    return deciding, measured[touched]


def _without(frame: pd.DataFrame) -> None:
    """Why there is no projection at all."""
    notes = "; ".join(dict.fromkeys(note for note in frame["note"] if note))
    st.info(
        f"No projection can be made of any budget: {notes or 'no data'}. It takes a day of data, "
        "and four weeks to rest on enough.",
        icon=":material/inbox:",
        title="No projection",
    )


def _takeaway(view: View, frame: pd.DataFrame, names: dict[str, str]) -> str:
    """What is exhausted and until when, and which rolling budget is likeliest to run out next."""
    rolling = frame[frame["basis"] == "rolling"]
    words = []
    for _, row in rolling[rolling["exhausted"]].iterrows():
        words.append(
            f"{state_words('missed', 'Spent already')}: **{plain(names[row['service']])}**; "
            f"{recovery_words(row)}."
        )
    going = rolling[~rolling["exhausted"] & rolling["probability"].notna()]
    if len(going):
        row = going.loc[going["probability"].idxmax()]
        next_ = "Likeliest to run out next" if words else "Likeliest to run out"
        words.append(
            f"{next_}: **{plain(names[row['service']])}**, {projection_words(row, view.at)}."
        )
    return " ".join(words)


def _row(view: View, row: Any, names: dict[str, str]) -> list[html.Cell]:
    budget = f"rolling {row['window']}" if row["basis"] == "rolling" else f"month {row['window']}"
    small = f"{budget}; {row['note']}" if row["note"] else budget
    if row["figures"]:
        small += f"; ◐ as {row['figures']}"
    cells = [html.text(names[row["service"]], small=small), _left(row)]
    if row["exhausted"]:
        exactly = bool(row["since_exactly"])
        since = end_words(row["end"], view.at, row["since"], exactly=exactly)
        cells.append(html.tinted(f"✕ {since}", "bad", view.colours, small=recovery_words(row)))
        cells += [html.text("exhausted")] * 3
    else:
        reach = f"{reach_words(row, view.at)}, before {clock(row['until'].floor('min'))}"
        asked = row["probability"] == row["probability"]
        chance = chance_words(row["probability"]) if asked else level_words(row, "p50", view.at)
        cells.append(html.number(chance, small=reach if asked else ""))
        cells += [html.text(level_words(row, level, view.at)) for level in ("p10", "p50", "p90")]
    line = end_words(row["end"], view.at)
    first, _, rest = line.partition(", ")
    return [*cells, html.text(first, small=rest)]


def _left(row: Any) -> html.Cell:
    if row["remaining_ratio"] != row["remaining_ratio"]:
        return html.text("no data")
    words = budget_left(row["remaining"], row["allowed"], row["unit"])
    return html.text(percent(row["remaining_ratio"], digits=1), small=words)
