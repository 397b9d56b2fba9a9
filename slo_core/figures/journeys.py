"""A journey's objectives in one table: over their own windows, and over the range."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from slo_core.catalog import Journey, Objective, Success
from slo_core.figures import html
from slo_core.figures.change import amount_change, change_cell
from slo_core.figures.theme import STATES, Palette
from slo_core.figures.words import budget_words
from slo_core.sli.journeys import BEFORE, NOW
from slo_core.text import NO_DATA, count, percent
from slo_core.text import figure as figure_words

Address = Callable[[str, str], str]


def objectives_table(
    standings: pd.DataFrame,
    ranged: pd.DataFrame,
    journey: Journey,
    colours: Palette,
    address: Address,
    *,
    compare: bool,
    objectives: Sequence[Objective] | None = None,
    left: Mapping[str, float | None] | None = None,
    decides: str = "measured",
) -> str:
    """A row for each of the journey's objectives, in the document's order, or of some of them.

    ``standings`` is of `slo_core.budget.standing`, ``ranged`` of `slo_core.sli.range_figures`.
    ``left`` has the SLI of the range without what corrections leave out, by objective, where they
    touch it; ``decides`` says which figures do.
    """
    headers = ["State", "Objective", "Over its window", "Budget left", "In the range"]
    headers += ["Change"] if compare else []
    headers += ["Cause"]
    own = standings[standings["journey"] == journey.id].set_index("objective")
    rows = []
    for objective in journey.objectives if objectives is None else objectives:
        row: Any = own.loc[objective.id]
        found = _found(ranged, objective, NOW)
        cells = [
            _state(row, colours),
            html.text(objective.name, small=f"{objective.document}, over {objective.window}"),
            html.number(_value(row, objective), small=_sli(row, objective) + beside_words(row)),
            html.number(
                percent(row["remaining_ratio"], digits=1),
                small=budget_words(objective, row["remaining"], row["allowed"])
                if pd.notna(row["remaining_ratio"])
                else "",
            ),
            _ranged(found, objective, _left_words(left, objective, decides)),
        ]
        if compare:
            cells.append(_change(found, _found(ranged, objective, BEFORE), objective, colours))
        link = html.link(
            "Why?", address(journey.id, objective.id), name=f"Why: {journey.name}, {objective.name}"
        )
        rows.append([*cells, link])
    return html.table(headers, rows, colours, caption=f"Objectives of {journey.name}")


def by_platform_table(tables: list[tuple[Objective, pd.DataFrame]], colours: Palette) -> str:
    """Each platform's share of good events in the range, for each objective.

    The frames are of `slo_core.sli.journeys.by_platform`.
    """
    names = list(dict.fromkeys(name for _, frame in tables for name in frame["platform"]))
    keyed = [(objective, frame.set_index("platform")) for objective, frame in tables]
    rows = []
    for name in sorted(names):
        cells = [html.text(name)]
        for objective, frame in keyed:
            if name not in frame.index:
                cells.append(html.text(NO_DATA))
                continue
            row = frame.loc[name]
            words = percent(row["sli"], against=objective.target)
            if not row["decides"]:
                cells.append(html.number(words, small=f"too few: {count(row['valid'])}"))
            elif row["sli"] < objective.target:
                cells.append(html.tinted(f"✕ {words}", "bad", colours))
            else:
                cells.append(html.number(f"✓ {words}"))
        rows.append(cells)
    headers = ["Platform"] + [
        f"{objective.name} ({percent(objective.target, digits=4)} wanted)" for objective, _ in keyed
    ]
    return html.table(headers, rows, colours, caption="Good events by platform, in the range")


def failures_table(frame: pd.DataFrame, colours: Palette, *, most: int = 6) -> str:
    """Failures by endpoint and reason: `slo_core.sli.failures.by_reason_and_endpoint`."""
    reasons = [name for name in frame.columns if name not in ("endpoint", "events")]
    total = frame["events"].sum()
    rows = []
    for row in frame.head(most).to_dict("records"):
        parts = ", ".join(
            f"{reason.replace('_', ' ')} {count(row[reason])}" for reason in reasons if row[reason]
        )
        name = {"none": "Not logged", "other": "All other routes"}.get(
            row["endpoint"], row["endpoint"]
        )
        rows.append(
            [
                html.text(name),
                html.number(count(row["events"]), small=percent(row["events"] / total, digits=0)),
                html.text(parts),
            ]
        )
    headers = ("Endpoint", "Failures", "Reasons")
    return html.table(headers, rows, colours, caption="Failures by endpoint, the most first")


def _found(ranged: pd.DataFrame, objective: Objective, window: str) -> Any:
    rows = ranged[(ranged["objective"] == objective.id) & (ranged["window"] == window)]
    return None if rows.empty else rows.iloc[0]


def _state(row: Any, colours: Palette) -> html.Cell:
    verdict = STATES[row["verdict"]]
    if row["stale"] and row["verdict"] != "no_data":
        return html.state(STATES["stale"], colours, small=f"last {verdict.word.lower()}")
    return html.state(verdict, colours)


def _value(row: Any, objective: Objective) -> str:
    """A figure in the document's own terms."""
    limit = objective.threshold.value if objective.threshold else objective.target
    if pd.notna(row["value"]):
        return figure_words(row["value"], objective.unit, against=limit)
    if pd.notna(row["value_above"]):
        return f"over {figure_words(row['value_above'], objective.unit)}"
    return NO_DATA


def _sli(row: Any, objective: Objective) -> str:
    if pd.isna(row["sli"]):
        return ""
    target = percent(objective.target, digits=4)
    return f"{percent(row['sli'], against=objective.target)} good, target {target}"


def beside_words(row: Any) -> str:
    """The other figure of a row of standings that a correction touches; else empty."""
    if not row["decides"]:
        return ""
    name = "measured" if row["decides"] == "corrected" else "corrected"
    return f"; ◐ as {name} {percent(row[f'sli_{name}'], against=row['target'])}"


def _left_words(left: Mapping[str, float | None] | None, objective: Objective, decides: str) -> str:
    """What the range's SLI is without what corrections leave out, where they touch it."""
    if left is None or objective.id not in left:
        return ""
    words = percent(left[objective.id], against=objective.target)
    return f"; ◐ as corrected {words}; as {decides} decides"


def _ranged(found: Any, objective: Objective, left: str) -> html.Cell:
    if found is None:
        return html.text("–", small="in its window only")
    if not found["valid"]:
        return html.text(NO_DATA)
    good = f"{percent(found['sli'], against=objective.target)} good"
    return html.number(_value(found, objective), small=good + left)


def _change(now: Any, before: Any, objective: Objective, colours: Palette) -> html.Cell:
    if now is None or before is None:
        return html.text("–")
    threshold = objective.threshold
    if objective.unit == "ratio" or threshold is None:
        # Shares of a sum are no events; and where each platform must hold, both are the worst's.
        is_count = isinstance(objective.indicator, Success)
        events = (now["valid"], before["valid"]) if is_count else None
        return change_cell(now["sli"], before["sli"], colours, events)
    return amount_change(
        now["value"],
        before["value"],
        _value(before, objective),
        colours,
        more_is_better=threshold.above is not None,
    )
