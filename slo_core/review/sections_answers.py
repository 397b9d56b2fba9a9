"""The sections on incidents, users, the policy, alerts and what the figures rest on."""

from typing import Any

import pandas as pd

from slo_core.figures.review import alerts_figure, ratings_figure
from slo_core.figures.words import policy_words
from slo_core.incidents.metrics import ALL
from slo_core.review.budgets import until_end
from slo_core.review.feedback import FEW_DAYS, FEW_RATINGS
from slo_core.review.finding import name_of, scored, there
from slo_core.review.monthly import Review
from slo_core.review.parts import (
    Block,
    Cell,
    Chart,
    Point,
    Points,
    Section,
    Table,
    Words,
    cells,
    state_cell,
)
from slo_core.text import NO_DATA, clock, count, counted, duration, percent

_ALL_COUNTED = "Every file and row was counted, and no journey had a gap of three hours."
_MISSING = {"unread", "not_counted", "set_apart", "gap"}
_KEPT = {True: "✓ kept", False: "✕ late"}
_ROLES: dict[bool, Any] = {True: "good", False: "bad"}


def incidents_section(review: Review) -> Section:
    """Each incident that began in the month, and times against what severities promise."""
    frame, month = review["incidents"], review.month.title
    question = "How fast were incidents noticed, contained and resolved, against the promises?"
    if frame.empty:
        words = f"No incident of the register began in {month}."
        return Section("incidents", "Incidents", question, (Words(words),))
    names = {it.id: it.name for it in review.catalog.journeys}
    rows = tuple(
        cells(
            Cell(f"#{row.id} {row.severity}", str(row.status)),
            Cell(row.title, ", ".join(names.get(it, it) for it in row.journeys)),
            clock(row.started_at),
            duration(row.detect) if there(row.detect) else NO_DATA,
            Cell(duration(row.mitigate), *_kept(row.response_kept, "response")),
            Cell(duration(row.resolve), *_kept(row.resolution_kept, "resolution")),
        )
        for row in frame.itertuples()
    )
    headers = ("Incident", "What", "Began", "To detect", "To mitigate", "To resolve")
    whole = next(it for it in review["severities"].itertuples() if it.severity == ALL)
    words = (
        f"{counted(int(whole.count), 'incident')} began, "
        f"{f'of which {whole.unresolved} not resolved yet' if whole.unresolved else 'all resolved'}"
        ". Of those that could be judged, "
        f"{_of(whole.response_kept, whole.response_judged)} answered in time, and "
        f"{_of(whole.resolution_kept, whole.resolution_judged)} resolved in time."
    )
    return Section(
        "incidents",
        "Incidents",
        question,
        (
            Words(words),
            Table("incidents", f"Incidents of {month}", headers, rows),
            _severities(review),
            Words(
                "Detection counts from the start of the impact, the other times from the detection "
                "on, as the clocks of the severities do. A time that nobody wrote down is no data.",
                "small",
            ),
        ),
    )


def _kept(kept: Any, what: str) -> tuple[str, Any]:
    """What a target came to, in small words, and its role."""
    if not there(kept):
        return "", None
    return f"{what} {_KEPT[bool(kept)]}", None if kept else _ROLES[False]


def _severities(review: Review) -> Table:
    promised = {it.id: it for it in review.catalog.severities}
    rows = []
    for row in review["severities"].itertuples():
        own = promised.get(row.severity)
        response = f"within {duration(own.response.total_seconds())}" if own else ""
        resolution = f"within {duration(own.resolution.total_seconds())}" if own else ""
        rows.append(
            cells(
                "All" if row.severity == ALL else row.severity,
                count(int(row.count)),
                *(
                    Cell(
                        duration(getattr(row, name)),
                        f"longest {duration(getattr(row, f'{name}_longest'))}"
                        if getattr(row, f"{name}_known") > 1
                        else "",
                    )
                    for name in ("detect", "mitigate", "resolve")
                ),
                Cell(f"{row.response_kept} of {row.response_judged}", response),
                Cell(f"{row.resolution_kept} of {row.resolution_judged}", resolution),
            )
        )
    headers = (
        *("Severity", "Incidents", "Mean to detect", "To mitigate", "To resolve"),
        *("Answered in time", "Resolved in time"),
    )
    return Table("severities", "Incidents by severity", headers, tuple(rows))


def _of(number: int, judged: int) -> str:
    return f"{number} of {judged} {'was' if number == 1 else 'were'}"


def feedback_section(review: Review) -> Section:
    """Ratings by journey beside the SLI of its main objective, and whether they follow it."""
    frame = review["feedback"]
    question = "Does what people feel follow what is measured?"
    rated = frame[frame["ratings"] > 0]
    if rated.empty:
        words = (
            f"No data: nobody rated anything in {review.month.title}, or no ratings were logged. "
            "The log table feedback is where they go."
        )
        return Section("feedback", "User feedback", question, (Words(words),))
    rows = tuple(_feedback_row(review, row) for row in rated.itertuples())
    headers = ("Journey", "Rating", "Month before", "Change", "Follows its SLI by day")
    names = {row.journey: review.catalog.journey(row.journey).name for row in rated.itertuples()}
    total = rated["ratings"].sum()
    mean = (rated["ratings"] * rated["mean"]).sum() / total
    words = f"{counted(total, 'rating')}, {mean:.2f} of 5 on average."
    return Section(
        "feedback",
        "User feedback",
        question,
        (
            Words(words),
            Chart(
                "ratings",
                "Ratings of each day beside what was measured on it",
                f"Ratings by day and journey: {words}",
                lambda colours: ratings_figure(
                    review["ratings"], names, (review.month.start, review.month.end), colours
                ),
            ),
            Table("feedback", "Ratings by journey", headers, rows),
            Words(
                "Change: the interval of the difference of means (Welch). Follows: Spearman's rank "
                "correlation of a day's mean rating and its SLI, from −1 to 1, with a bootstrap "
                "interval over days. They hold for all journeys together with 95 %. "
                f"Days with fewer than {FEW_RATINGS} ratings are left out, and with fewer than "
                f"{FEW_DAYS} days nothing is said. An interval that holds 0 shows no connection.",
                "small",
            ),
        ),
    )


def _feedback_row(review: Review, row: Any) -> tuple[Cell, ...]:
    own = scored(review, row.journey, row.objective)
    before = NO_DATA
    if there(row.mean_before):
        before = f"{row.mean_before:.2f}"
    change = Cell("too few ratings to say" if row.ratings_before else "no ratings before")
    if there(row.change_low):
        interval = f"{row.change_low:+.2f} to {row.change_high:+.2f}"
        if row.change_high < 0:
            change = Cell("▼ worse", interval, "bad")
        elif row.change_low > 0:
            change = Cell("▲ better", interval, "good")
        else:
            change = Cell("≈ within chance", interval)
    days = counted(row.days, "day")
    follows = Cell(row.why_not if isinstance(row.why_not, str) else NO_DATA, days)
    if there(row.correlation):
        interval = f"{row.correlation_low:.2f} to {row.correlation_high:.2f}"
        follows = Cell(f"{row.correlation:.2f}", f"{interval}, {days}")
    return cells(
        Cell(review.catalog.journey(row.journey).name, f"beside {own.name}"),
        Cell(
            f"{row.mean:.2f} of 5",
            f"{counted(row.ratings, 'rating')}, {count(row.low_ratings)} of 1 or 2 stars",
        ),
        Cell(before, counted(row.ratings_before, "rating") if row.ratings_before else ""),
        change,
        follows,
    )


def policy_section(review: Review) -> list[Section]:
    """The policy states that each service passed through; none without a budget."""
    if review["budgets"].empty:
        return []
    question = "Which states did the budget policy pass through?"
    frame = review["policy"]
    if frame.empty:
        words = "No service had a state: there is too little history for one."
        return [Section("policy", "Budget policy", question, (Words(words),))]
    rows = tuple(
        cells(
            review.catalog.journey(row.service).name,
            state_cell(row.state, policy_words(row.state, _confirmed(row.exit_confirmed))),
            clock(row.start),
            duration((until_end(row, review.month) - row.start).total_seconds()),
            Cell(percent(row.remaining_ratio, digits=0), "of the budget, at its start"),
        )
        for row in frame.itertuples()
    )
    headers = ("Service", "State", "From", "For", "Left")
    table = Table("policy", "Policy states of the month", headers, rows)
    return [Section("policy", "Budget policy", question, (table,))]


def _confirmed(value: Any) -> bool | None:
    return bool(value) if there(value) else None


def alerts_section(review: Review) -> Section:
    """How many episodes of each alert were about an incident, and which incidents none found."""
    frame = review["alerts"]
    question = "Did alerts find the incidents, and how often were they about none?"
    if frame.empty:
        words = "The catalogue has no alerts."
        return Section("alerts", "Alert quality", question, (Words(words),))
    episodes, about = int(frame["episodes"].sum()), int(frame["about"].sum())
    found = review["detections"]
    detected = int(found["detected"].notna().sum())
    were = "was" if detected == 1 else "were"
    words = f"{counted(episodes, 'episode')} fired, {count(about)} of them about an incident. " + (
        f"{detected} of {counted(len(found), 'incident')} {were} found by an alert."
        if len(found)
        else "No incident of the register began in the month, so that none could be found."
    )
    rows = tuple(
        cells(
            Cell(f"{row.severity} {row.name}"),
            count(row.episodes),
            count(row.about),
            count(row.false),
            f"{duration(row.minutes * 60)}" if there(row.minutes) else "–",
        )
        for row in frame.itertuples()
    )
    headers = ("Alert", "Episodes", "About an incident", "About none", "Median to detect")
    blocks: list[Block] = [Words(words)]
    if episodes:
        fired = frame[frame["episodes"] > 0]
        blocks.append(
            Chart(
                "alerts",
                "Episodes of each alert, about an incident and about none",
                words,
                lambda colours: alerts_figure(fired, colours),
            )
        )
    blocks.append(Table("alerts", "Alerts of the month", headers, rows))
    if len(found):
        blocks.append(_detections(found))
    return Section("alerts", "Alert quality", question, tuple(blocks))


def _detections(found: pd.DataFrame) -> Table:
    rows = tuple(
        cells(
            f"#{row.id} {row.severity} {row.title}",
            row.alert if isinstance(row.alert, str) else Cell("✕ no alert", "", "bad"),
            duration(row.minutes * 60) if there(row.minutes) else "–",
            percent(row.budget_gone, digits=1) if there(row.budget_gone) else "–",
        )
        for row in found.itertuples()
    )
    headers = ("Incident", "First alert", "After", "Budget gone by then")
    return Table("detections", "What found each incident", headers, rows)


def quality_section(review: Review) -> Section:
    """What the figures rest on: coverage, rows that were not counted, gaps, kept history."""
    names = {it.id: it.name for it in review.catalog.journeys}
    scopes = {it.id: names[it.journey] for it in review.catalog.scopes}
    told = {
        "coverage": lambda it: (
            f"{names.get(it.note, it.note)}: {percent(it.amount)} of the time was observed"
        ),
        "unobserved": lambda it: (
            f"{scopes.get(it.subject, it.subject)}: nobody observed it for "
            f"{duration(it.amount * 3600)}, {it.note}"
        ),
        "unread": lambda it: (
            f"{counted(it.amount, 'file')} of {it.subject} could not be read ({it.note})"
        ),
        "not_counted": lambda it: (
            f"{counted(it.amount, 'row')} of {it.subject} could not be counted, most because: "
            f"{it.note}"
        ),
        "set_apart": lambda it: (
            f"{counted(it.amount, 'line')} of files that reach into the month {_are(it)} in "
            f"quarantine, most because: {it.note}"
        ),
        "gap": lambda it: (
            f"{names.get(it.subject, it.subject)}: {duration(it.amount * 3600)} in "
            f"gaps of three hours and more, the first from {it.note}"
        ),
        "corrected": lambda it: (
            f"{names.get(it.subject, it.subject)}: {duration(it.amount * 3600)} "
            "are corrected, and somebody approved to leave them out; figures here are as "
            f"{review.figures}"
        ),
        "kept": lambda it: (
            f"{counted(it.amount, 'day')} {'rests' if it.amount == 1 else 'rest'} on kept history, "
            f"raw logs are gone ({it.note})"
        ),
    }
    points = [
        Point(f"{told[row.kind](row)}.", role=_role(row)) for row in review["quality"].itertuples()
    ]
    if review.has_data and not set(review["quality"]["kind"]) & _MISSING:
        points.append(Point(_ALL_COUNTED, role="good"))
    frame = review["objectives"]
    guessed = frame[frame["approximate"]]
    if len(guessed):
        listed = "; ".join(name_of(it) for it in guessed.itertuples())
        points.append(Point(f"Approximate, from kept histograms: {listed}."))
    for row in frame[~frame["provable"]].itertuples():
        points.append(
            Point(
                f"{name_of(row)} is not provable: what nobody observed could turn it.", "", "warn"
            )
        )
    blocks: tuple[Block, ...] = (Points(tuple(points)),)
    if not points:
        blocks = (Words(f"Nothing was logged in {review.month.title}."),)
    return Section("quality", "Data quality", "What do these figures rest on?", blocks)


def _role(row: Any) -> Any:
    if row.kind == "coverage":
        return "good" if row.amount == 1 else "none"
    return "warn" if row.kind in ("unread", "not_counted", "set_apart") else "none"


def _are(row: Any) -> str:
    return "is" if row.amount == 1 else "are"
