"""The quarterly review as a document: the same parts as the monthly one, in the meeting's order.

to_html(document(review))
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import pandas as pd

from slo_core.budget.corrected import which_decides
from slo_core.catalog import Review as Agenda
from slo_core.figures.review import months_figure
from slo_core.figures.theme import Role
from slo_core.moments import iso
from slo_core.review.notes import Notes
from slo_core.review.parts import (
    Cell,
    Chart,
    Document,
    Point,
    Points,
    Section,
    Table,
    Words,
    cells,
)
from slo_core.review.quarterly import Judged, Quarterly
from slo_core.review.quarterly_words import (
    KINDS,
    decided_words,
    headroom_words,
    met_words,
    name_of,
    noticed_words,
    promise_words,
    tightest_words,
)
from slo_core.review.sections_written import changed_section, locked_notice, notes_section
from slo_core.review.thresholds import AS_IS, LATER, SOONER, Thresholds
from slo_core.text import clock, count, counted, dates

PAGE = "quarterly-review"

AGENDA = "quarterly"
"""The review of the catalogue that this document is for, where the catalogue has it."""

_GATE = "Did the error budget policy ever stop a deploy?"

ROLES: dict[str, Role] = {
    "split": "warn",
    "loosen": "warn",
    "tighten": "good",
    "drop": "none",
    "no data": "none",
    "keep": "none",
}


def document(
    review: Quarterly, notes: Notes | None = None, changed: pd.DataFrame | None = None
) -> Document:
    """The review as it is sent round: figures, suggestions, and what people wrote.

    ``changed`` are the figures of a locked review that have changed since
    (`slo_core.review.quarterly_record.changes`).
    """
    written = []
    if review.locked_at and changed is not None:
        written.append(changed_section(review.locked_at, changed))
    if notes is not None:
        written.append(notes_section(notes, review.at))
    own = agenda(review)
    return Document(
        f"{own.name if own else 'Quarterly review'}: {review.quarter.title}",
        f"{review.catalog.name}{' (sample data)' if review.sample else ''}",
        facts(review),
        (
            suggestions_section(review),
            promises_section(review),
            gate_section(review),
            capacity_section(review),
            alerts_section(review),
            *written,
        ),
        tuple(notices(review)),
    )


def facts(review: Quarterly) -> dict[str, str]:
    """What it is of, as pairs of words."""
    quarter, own = review.quarter, agenda(review)
    found = {
        "Quarter": f"{dates(quarter.start, quarter.until)} (UTC)",
        "Figures as of": clock(review.locked_at or review.at),
        "Catalogue": f"{review.catalog.name}, version {review.catalog.version}",
        "Owner": review.catalog.document_owner or review.catalog.owner,
    }
    if own:
        found["Agenda"] = "; ".join(own.agenda)
    return found


def notices(review: Quarterly) -> list[str]:
    """What a reader must know before any figure."""
    quarter, found = review.quarter, []
    if quarter.is_partial:
        found.append(
            f"{quarter.title} is not over: these are its figures up to {clock(quarter.until)}."
        )
    found += [
        f"A promise changed on {day}: months before it are held against what was promised then."
        for day in review.changes
    ]
    touched = sum(it.corrected is not None for it in review.objectives)
    if touched:
        decides = which_decides(review.catalog)
        other = "measured" if decides == "corrected" else "corrected"
        found.append(
            f"Corrections leave out spans of months by which {counted(touched, 'promise')} "
            f"{'is' if touched == 1 else 'are'} judged: figures "
            f"as {decides} decide, and those as {other} are said beside them, after ◐."
        )
    if review.locked_at:
        found.append(locked_notice(review.locked_by, review.locked_at))
    return found


def agenda(review: Quarterly) -> Agenda | None:
    """The catalogue's own words about this review, where it has any."""
    return next((it for it in review.catalog.reviews if it.id == AGENDA), None)


def suggestions_section(review: Quarterly) -> Section:
    """What the figures suggest to change, what hurts first."""
    points = tuple(
        Point(
            f"{KINDS[it.suggestion.kind]} {name_of(it.found)}.",
            it.suggestion.reason,
            ROLES[it.suggestion.kind],
            address(review, it),
        )
        for it in review.ranked()
        if it.suggestion.kind not in ("keep", "no data")
    )
    nothing = Words("Nothing is suggested: keep every promise.")
    block = Points(points, "Suggestion") if points else nothing
    return Section("suggestions", "What to change", "Is each promise the right one?", (block,))


def address(review: Quarterly, it: Judged) -> str:
    """The page that shows the YAML of a suggested change and its effect; empty without one."""
    change = it.suggestion.change
    if change is None:
        return ""
    filters = {"at": iso(review.at), "quarter": review.quarter.name, "change": change}
    return f"{PAGE}?{urlencode(filters)}"


def promises_section(review: Quarterly) -> Section:
    """Every objective: how often met, how tight it could be, who noticed, what it decided."""
    headers = (
        *("Objective", "Met", "Median month", "Tightest in 9 of 10 months"),
        *("Noticed when bad", "Decided", "Suggestion"),
    )
    names = {alert.id: alert.name for alert in review.catalog.alerts}
    rows = tuple(promise_cells(it, names) for it in review.ranked())
    months = pd.concat(
        [
            it.found.months.assign(journey_name=it.found.journey.name, name=it.found.objective.name)
            for it in review.deciding
        ],
        ignore_index=True,
    )
    kept = sum(it.found.met == len(it.found.known) > 0 for it in review.deciding)
    return Section(
        "promises",
        "Every promise",
        "How often was it kept, how tight could it be, who noticed, what did it decide?",
        (
            Table("promises", "Every promise over up to twelve months", headers, rows),
            Words(
                "Months are calendar months, up to twelve before the quarter's end, each against "
                "what was promised then; left out are those whose traffic allows not even one bad "
                "event (◇ in the chart). The median month is what it left of what its traffic "
                "allowed. The tightest figure is that which nine of ten months would have kept, "
                "with the interval that other such months would give. A bad day has more that is "
                "bad than its traffic allows; it was noticed if there was an incident, or if "
                "ratings were lower beyond chance (both at 95 %).",
                "small",
            ),
            Chart(
                "months",
                "In which months was each promise kept?",
                f"{kept} of {len(review.objectives)} were kept in every month",
                lambda colours: months_figure(months, colours),
            ),
        ),
    )


def promise_cells(it: Judged, names: Mapping[str, str]) -> tuple[Cell, ...]:
    """One objective as a row of the table; ``names`` are those of alerts by their ids."""
    found, beside = it.found, it.beside
    tight, rests = tightest_words(found)
    other, reason = ("", "", ""), it.suggestion.reason
    if beside is not None:
        own = (met_words(found), headroom_words(found), tight)
        others = (
            met_words(beside.found),
            headroom_words(beside.found),
            tightest_words(beside.found)[0],
        )
        which = "measured" if beside.corrected is not None else "corrected"
        told = [f"◐ as {which}: {b}" if a != b else "" for a, b in zip(own, others, strict=True)]
        other = (told[0], told[1], told[2])
        if beside.suggestion.kind != it.suggestion.kind:
            reason += f" ◐ As {which}: {KINDS[beside.suggestion.kind].lower()}."
    return cells(
        Cell(name_of(found), promise_words(found)),
        Cell(met_words(found), other[0]),
        Cell(headroom_words(found), other[1]),
        Cell(tight, "; ".join(it for it in (rests, other[2]) if it)),
        Cell(*noticed_words(found)),
        Cell(*decided_words(found, names)),
        Cell(KINDS[it.suggestion.kind], reason, ROLES[it.suggestion.kind]),
    )


def gate_section(review: Quarterly) -> Section:
    """Which deploys asked the gate, and which of them it stopped."""
    if not review.gate:
        words = (
            "No deploy asked the gate in the quarter, so the policy has stopped none by itself: a "
            "pipeline asks with the command gate."
        )
        return Section("gate", "The gate", _GATE, (Words(words),))
    # What asked then may have no place in the catalogue of today.
    names = {journey.id: journey.name for journey in review.catalog.journeys}
    rows = tuple(
        cells(
            names.get(it.service, it.service),
            it.kind,
            count(it.asked),
            Cell(f"{count(it.refused)} refused", "", "warn") if it.refused else "none refused",
            Cell(clock(it.last_refused), it.because or "") if it.last_refused else "never",
        )
        for it in review.gate
    )
    headers = ("Service", "Kind of deploy", "Asked", "Answered", "Last refused")
    refused, asked = (sum(getattr(it, name) for it in review.gate) for name in ("refused", "asked"))
    words = f"Of {counted(asked, 'deploy')} that asked, the gate refused {refused or 'none'}."
    table = Table("gate", "Deploys that asked the gate", headers, rows)
    return Section("gate", "The gate", _GATE, (Words(words), table))


def alerts_section(review: Quarterly) -> Section:
    """Every alert with half of its numbers, with its own, and with twice of them."""
    headers = ("Alert", "Half of its numbers", "As it is", "Twice its numbers", "Advice")
    rows = tuple(threshold_cells(it) for it in review.thresholds)
    blocks = (
        (Table("thresholds", "Alerts with other numbers", headers, rows),)
        if rows
        else (Words("The catalogue has no alerts."),)
    )
    return Section(
        "thresholds",
        "Alert thresholds",
        "Would other numbers have found more, or called for nothing less often?",
        (
            *blocks,
            Words(
                "Replayed over the quarter against the incidents of the register. One that is "
                "not in it counts as none." + _loudest(review.thresholds),
                "small",
            ),
        ),
    )


def _loudest(found: Sequence[Thresholds]) -> str:
    """Where to find what would spare most, of the alert that called most often for nothing."""
    loudest = max(found, key=lambda it: it.tried[AS_IS].false, default=None)
    if loudest is None or not loudest.tried[AS_IS].false:
        return ""
    return (
        f" {loudest.alert.name} called for nothing most often: what would spare that, and what it "
        "costs, say the page of alerts, under Move a threshold, and "
        f"replay {loudest.alert.id} --quieter."
    )


def threshold_cells(it: Thresholds) -> tuple[Cell, ...]:
    """One alert's trials as a row of the table."""
    tried = []
    for name in (SOONER, AS_IS, LATER):
        own = it.tried[name]
        found = f"found {own.found} of {own.incidents}"
        episodes = f"{counted(own.episodes, 'episode')}"
        tried.append(Cell(found, f"{episodes}, {count(own.false)} about none"))
    return cells(Cell(it.alert.name, it.tried[AS_IS].condition), *tried, it.advice)


def capacity_section(review: Quarterly) -> Section:
    """What the machines and the growth table ask for."""
    points = Points(tuple(Point(sentence) for sentence in review.capacity))
    return Section("capacity", "Capacity", "What has to grow, and what may shrink?", (points,))
