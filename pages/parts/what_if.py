"""The parts of the what-if page."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pandas as pd
import streamlit as st

from pages.parts.choice import choose
from pages.parts.data import state_of
from pages.parts.downloads import csv_button
from pages.parts.drawn import drawing
from pages.parts.marked import marks_between
from pages.parts.panels import chart, plain
from pages.parts.view import View
from slo_core.budget.course import Key
from slo_core.catalog import Catalog, Success
from slo_core.durations import parse_duration
from slo_core.figures import html
from slo_core.figures.theme import STATES
from slo_core.figures.what_if import Line, what_if_figure
from slo_core.figures.words import budget_words, chance_words, policy_words
from slo_core.register import read_incidents
from slo_core.rollup import Rollup
from slo_core.sli.windows import calendar_month
from slo_core.text import NO_DATA, clock, percent
from slo_core.whatif import (
    KINDS,
    Answer,
    Comparison,
    Scenario,
    Standing,
    answers,
    what_ifs,
)
from slo_core.whatif.course import left_ahead, left_before
from slo_core.whatif.words import affordable_words, name_of

_NAMES = ("a", "b", "c")


def show_examples(view: View) -> None:
    """Worked examples that one click writes into the first scenario."""
    with st.container(horizontal=True, gap="small"):
        for place, (label, text) in enumerate(_examples(view).items()):
            st.button(label, key=f"example_{place}", help=text, on_click=_write, args=("a", text))


def _examples(view: View) -> dict[str, str]:
    catalog = view.catalog
    found = {"Traffic doubles": "traffic:2"}
    service = next(
        (
            budget.service
            for budget in catalog.budgets
            if isinstance(catalog.objective(budget.service, budget.objective).indicator, Success)
        ),
        None,
    )
    if service:
        found["A release fails 0.3 %"] = f"release:{service}=0.3%/100%"
        found["Half of the failures"] = f"failure-rate:{service}=x0.5"
    budgeted = {budget.service for budget in catalog.budgets}
    register = read_incidents(view.rollup.store.root)
    for row in register[register["started_at"] < view.at].itertuples():
        if row.status != "merged" and budgeted & set(row.journeys):
            found[f"Without incident {row.id}"] = f"without-incident:{row.id}"
            if not pd.isna(row.ended_at):
                found[f"Incident {row.id} again on Tuesday"] = f"repeat-incident:{row.id}@tuesday"
                break
    last = calendar_month(view.at).start - timedelta(days=1)
    if view.rollup.span and view.rollup.span[0] < last:
        found[f"{last:%B} again"] = f"replay-month:{last:%Y-%m}"
    return found


def show_scenarios(view: View) -> list[str]:
    """The scenarios of the address, and a way to add a change; their texts, A first."""
    texts = [_typed("a", "Nothing changes")]
    compares = any(st.query_params.get(name) for name in _NAMES[1:])
    with st.expander("Compare with other scenarios", expanded=compares):
        texts += [_typed(name, "No other scenario") for name in _NAMES[1:]]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox("Add a change to A", list(KINDS), key="new_kind", width=200)
        value = st.text_input("Value", key="new_value", placeholder=KINDS[kind].example, width=340)
        st.button(
            "Add", key="add", icon=":material/add:", on_click=_add, args=(kind, value.strip())
        )
        st.button("Clear", key="clear", on_click=_clear)
    st.caption("The address of this page holds the scenarios: copy it to share them.")
    for text in texts:
        if text:
            st.markdown(plain(Scenario.parse(text, view.catalog).words(view.catalog)))
    first, *others = texts
    return [first, *(text for text in others if text)]


def _typed(name: str, placeholder: str) -> str:
    typed = st.text_input(
        f"Scenario {name.upper()}",
        key=name,
        bind="query-params",
        placeholder=placeholder,
        help="Changes as kind:value, parted by semicolons: "
        + "; ".join(f"`{kind}:{it.example}`" for kind, it in KINDS.items()),
    )
    return (typed or "").strip()


def _write(name: str, text: str) -> None:
    st.session_state[name] = text


def _add(kind: str, value: str) -> None:
    if value:
        before = (st.session_state.get("a") or "").strip().rstrip(";")
        st.session_state["a"] = f"{before}; {kind}:{value}" if before else f"{kind}:{value}"
        st.session_state["new_value"] = ""


def _clear() -> None:
    for name in _NAMES:
        st.session_state[name] = ""


def compared(view: View, texts: Sequence[str]) -> list[Comparison]:
    """Each scenario against the real world, kept for all readers. Raises SloError."""
    return _compared(view.rollup, state_of(view.rollup), view.at, tuple(texts), view.status)


@st.cache_resource(max_entries=8, show_spinner=False)
def _compared(
    _rollup: Rollup,
    state: tuple[str, ...],
    at: datetime,
    texts: tuple[str, ...],
    _status: dict[str, object],
) -> list[Comparison]:
    scenarios = [Scenario.parse(text, _rollup.catalog) for text in texts]
    return what_ifs(_rollup, at, scenarios, status=_status)


def show_difference(found: Sequence[Comparison]) -> None:
    """What differs, in sentences."""
    for name, it in zip(_NAMES, found, strict=False):
        if len(found) > 1:
            st.markdown(f"**{name.upper()}: {plain(it.scenario.words(it.catalog))}**")
        for figures, side in it.sides.items():
            if it.corrected is not None:
                st.markdown(f"◐ {_figures_words(it, figures)}:")
            st.markdown("\n".join(f"- {plain(sentence)}" for sentence in side.difference))
            for note in side.notes:
                st.caption(plain(note))
    affordable = [
        f"{name_of(it.catalog, own)}{name}: {affordable_words(own, it.catalog, it.at)}"
        for it in found[:1]
        for place, first in enumerate(it.real)
        if first.service
        for name, side in it.worlds_of(first.key).items()
        for own in [side.real[place]]
    ]
    with st.expander("What can be afforded in the real world"):
        st.markdown("\n".join(f"- {plain(words)}" for words in affordable))


def _figures_words(found: Comparison, figures: str) -> str:
    """Which of both figures these are, and whether they decide."""
    return f"As {figures}{', which decides' if figures == next(iter(found.sides)) else ''}"


def choose_subject(view: View, found: Sequence[Comparison]) -> Key | None:
    """The objective that is drawn, by the address: else the first that a scenario changes."""
    keys = {".".join(own.key): own.key for own in found[0].real}
    if not keys:
        return None
    changed = [
        ".".join(one.key)
        for it in found
        for one, other in zip(it.real, it.changed, strict=True)
        if one is not other
    ]
    wanted = st.query_params.get("of", "")
    chosen = wanted if wanted in keys else (changed or list(keys))[0]
    names = {text: name_of(view.catalog, found[0].pair(key)[0]) for text, key in keys.items()}
    choose("Budget of", names, chosen, name="of", width=340)
    return keys[chosen]


def show_chart(view: View, found: Sequence[Comparison], key: Key | None) -> None:
    """What was left in each world, and what may be."""
    if key is None:
        st.info("The catalogue has no budget to draw.", icon=":material/inbox:")
        return
    decide = [next(iter(it.worlds_of(key).values())) for it in found]
    real, _ = decide[0].pair(key)
    since = view.at - parse_duration(real.rolling.window)
    worlds = [("Real", decide[0], real)] + [
        (name.upper() if len(found) > 1 else "Changed", it, it.pair(key)[1])
        for name, it in zip(_NAMES, decide, strict=False)
        if it.pair(key)[1] is not it.pair(key)[0]
    ]
    lines = [
        Line(name, left_before(it, own, since), left_ahead(it, own)) for name, it, own in worlds
    ]
    if all(line.before["remaining_ratio"].isna().all() for line in lines):
        st.info(f"{NO_DATA.capitalize()} in the window of this budget.", icon=":material/inbox:")
        return
    told = "; ".join(
        f"{name}: {percent(own.rolling.remaining_ratio, digits=1)} left now"
        for name, _, own in worlds
    )
    chart(
        drawing(
            what_if_figure,
            lines,
            view.catalog.policy if real.service else None,
            marks_between(view, since, view.at, key[0]),
            view.colours,
            at=view.at,
        ),
        view.colours,
        alt=f"{name_of(view.catalog, real)}, rolling {real.rolling.window}: {told}",
        name="what_if",
    )
    st.caption(
        f"{told}. Rolling: what the {real.rolling.window} before each hour left of what its "
        "traffic allowed. Dotted: as likely above as below; band: four futures in five of the last "
        "world."
    )
    if key in found[0].touched:
        figures, beside = found[0].sides, []
        for it in found:
            *_, other = it.worlds_of(key).values()
            beside += [percent(own.rolling.remaining_ratio, digits=1) for own in other.pair(key)]
        first, second = figures
        st.caption(
            f"◐ A correction touches it: drawn is as {first}, which decides. As {second}, "
            f"{beside[0]} is left now; changed: {', '.join(beside[1::2])}."
        )


def show_worlds(view: View, found: Sequence[Comparison]) -> None:
    """Every objective in every world."""
    rows, table = [], []
    for place, real in enumerate(found[0].real):
        for figures, side in found[0].worlds_of(real.key).items():
            worlds = [(f"Real{figures}", side.real)] + [
                (
                    f"{name.upper() if len(found) > 1 else 'Changed'}{figures}",
                    it.worlds_of(real.key)[figures].changed,
                )
                for name, it in zip(_NAMES, found, strict=False)
            ]
            for name, standings in worlds:
                own = standings[place]
                rows.append(_row(view, name, own))
                table.append(_plain_row(view.catalog, name, own))
    headers = ("Budget", "World", "SLI", "Left, rolling", "Left of the month", "Policy", "Runs out")
    st.html(html.table(headers, rows, view.colours, caption="Every budget in each world"))
    csv_button(pd.DataFrame(table), "what_if")


def _row(view: View, world: str, own: Standing) -> list[html.Cell]:
    state = STATES["no_data" if own.met is None else "met" if own.met else "missed"]
    target = f"target {percent(own.objective.target)}, {own.objective.window}"
    month = own.calendar
    return [
        html.text(name_of(view.catalog, own)),
        html.text(world),
        html.state(
            state,
            view.colours,
            words=percent(own.sli, against=own.objective.target),
            small=target,
        ),
        _left(own, own.rolling.remaining, own.rolling.allowed, own.rolling.remaining_ratio),
        html.text("")
        if month is None
        else _left(own, month.remaining, month.allowed, month.remaining_ratio),
        html.text("headroom")
        if own.service is None
        else html.state(
            STATES[own.policy or "no_data"],
            view.colours,
            words=policy_words(own.policy, own.exit_confirmed),
        ),
        _runs_out(own),
    ]


def _left(own: Standing, remaining: float | None, allowed: float, ratio: float | None) -> html.Cell:
    if ratio is None:
        return html.text(NO_DATA)
    return html.text(
        percent(ratio, digits=1), small=budget_words(own.objective, remaining, allowed)
    )


def _runs_out(own: Standing) -> html.Cell:
    found = own.rolling_outlook
    if found.exhausted:
        again = f"something left by {clock(found.recovery)}" if found.recovery else "not in sight"
        return html.text("spent already", small=again)
    if found.probability is None:
        return html.text(NO_DATA, small=found.note)
    dates = f"P50 {clock(found.p50)}" if found.p50 else f"not before {clock(found.until)} (P50)"
    return html.text(chance_words(found.probability), small=dates)


def _plain_row(catalog: Catalog, world: str, own: Standing) -> dict[str, object]:
    found = own.rolling_outlook
    return {
        "budget": name_of(catalog, own),
        "world": world,
        "sli": own.sli,
        "target": own.objective.target,
        "remaining": own.rolling.remaining,
        "allowed": own.rolling.allowed,
        "remaining_ratio": own.rolling.remaining_ratio,
        "month_remaining": own.calendar and own.calendar.remaining,
        "policy": own.policy,
        "probability": found.probability,
        "p10": found.p10,
        "p50": found.p50,
        "p90": found.p90,
    }


def show_answers(view: View, found: Sequence[Comparison]) -> None:
    """The inverse questions, in the first scenario's world."""
    answered = _answers(
        view.rollup, state_of(view.rollup), view.at, str(found[0].scenario), found[0]
    )
    for place, figures in enumerate(found[0].sides):
        own = answered[place]
        if found[0].corrected is not None:
            st.markdown(f"◐ {_figures_words(found[0], figures)}:")
        if place:
            own = [it for it in own if (it.journey, it.objective) in found[0].touched]
        for answer in own:
            st.markdown(f"- {plain(' '.join(answer.words))}")


@st.cache_resource(max_entries=8, show_spinner=False)
def _answers(
    _rollup: Rollup, state: tuple[str, ...], at: datetime, scenario: str, _found: Comparison
) -> list[list[Answer]]:
    """The answers on each side of a comparison, kept for all readers."""
    return [answers(_rollup, side) for side in _found.sides.values()]
