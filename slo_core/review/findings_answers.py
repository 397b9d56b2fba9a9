"""Findings about how people answered: incidents, alerts, the policy, users, and the data."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from slo_core.catalog import Availability
from slo_core.figures.words import policy_words
from slo_core.incidents.metrics import ALL
from slo_core.review.budgets import until_end
from slo_core.review.finding import (
    Finding,
    at_page,
    budget_page,
    name_of,
    sli_words,
    there,
    why,
)
from slo_core.review.finding import scored as _scored
from slo_core.review.monthly import Review
from slo_core.sli.steps import DAY, HOUR
from slo_core.text import count, counted, duration, listed, percent

_FEW_EPISODES = 5
_HALF = 0.5


def broken_promises(review: Review) -> Iterator[Finding]:
    """Incidents whose severity promised a faster answer."""
    severities = review["severities"]
    for row in severities[severities["severity"] == ALL].itertuples():
        for what, kept, judged, verb in (
            ("response", row.response_kept, row.response_judged, "answered"),
            ("resolution", row.resolution_kept, row.resolution_judged, "resolved"),
        ):
            late = judged - kept
            if not late:
                continue
            frame = review["incidents"]
            own = frame[frame[f"{what}_kept"].eq(False).fillna(False).astype(bool)]
            names = "; ".join(f"#{it.id} {it.severity} {it.title}" for it in own.itertuples())
            yield Finding(
                "broken_promises",
                f"{late} of {counted(judged, 'incident')} "
                f"{'was' if late == 1 else 'were'} {verb} later than "
                f"{'its severity promises' if late == 1 else 'their severities promise'}.",
                (("Late", names),),
                650 + late / judged,
                "bad",
                **at_page(review, "incidents"),
            )


def undetected(review: Review) -> Iterator[Finding]:
    """Incidents that no alert found."""
    found = review["detections"]
    unseen = found[found["detected"].isna()]
    if unseen.empty or review["alerts"].empty:
        return
    yield Finding(
        "undetected",
        f"No alert fired for {len(unseen)} of {counted(len(found), 'incident')}.",
        (("Not found", "; ".join(f"#{it.id} {it.title}" for it in unseen.itertuples())),),
        550 + len(unseen) / len(found),
        "warn",
        **at_page(review, "incidents"),
    )


def false_alerts(review: Review) -> Iterator[Finding]:
    """Alerts that were about no incident, where they are more than the others."""
    alerts = review["alerts"]
    episodes, false = int(alerts["episodes"].sum()), int(alerts["false"].sum())
    if episodes < _FEW_EPISODES or false <= _HALF * episodes:
        return
    most = alerts.loc[alerts["false"].idxmax()]
    yield Finding(
        "false_alerts",
        f"{count(false)} of {counted(episodes, 'episode')} of alerts were about no incident of the "
        f"register, {count(most['false'])} of them of {most['name']}.",
        (
            ("About an incident", count(int(alerts["about"].sum()))),
            ("Precision", percent(1 - false / episodes, digits=0)),
        ),
        540,
        "warn",
        **at_page(review, "alerts"),
    )


def restricted(review: Review) -> Iterator[Finding]:
    """A service whose budget policy was not the healthy one all month."""
    order: list[str] = [band.id for band in review.catalog.policy.bands]
    for service, rows in review["policy"].groupby("service", sort=False):
        spent: dict[str, float] = {}
        for row in rows.itertuples():
            seconds = (until_end(row, review.month) - row.start).total_seconds()
            spent[row.state] = spent.get(row.state, 0.0) + seconds
        worst = max(spent, key=order.index)
        if worst == order[0] or not spent[worst]:
            continue
        budget = review.catalog.budget(str(service))
        assert budget is not None
        name = review.catalog.journey(str(service)).name
        last = rows.iloc[-1]
        confirmed = None if pd.isna(last["exit_confirmed"]) else bool(last["exit_confirmed"])
        yield Finding(
            "restricted",
            f"The budget policy of {name} was {policy_words(worst, None).lower()} for "
            f"{duration(spent[worst])} of the month.",
            (
                *((policy_words(state, None), duration(it)) for state, it in spent.items()),
                ("At the end", policy_words(str(last["state"]), confirmed)),
            ),
            750 if worst == order[-1] else 400,
            "bad" if worst == order[-1] else "warn",
            **budget_page(review, str(service), budget.objective),
        )


def felt(review: Review) -> Iterator[Finding]:
    """Ratings that changed by more than chance does."""
    for row in review["feedback"].itertuples():
        if not there(row.change_low) or row.change_low <= 0 <= row.change_high:
            continue
        worse = row.change_high < 0
        name = review.catalog.journey(row.journey).name
        yield Finding(
            "felt",
            f"People rated {name} {'lower' if worse else 'higher'} than the month before: "
            f"{row.mean:.2f} of 5, from {row.mean_before:.2f}.",
            (
                ("Ratings", f"{count(row.ratings)}, {count(row.ratings_before)} before"),
                ("Interval of the change", f"{row.change_low:+.2f} to {row.change_high:+.2f}"),
            ),
            620 if worse else 90,
            "warn" if worse else "good",
            **why(review, _scored(review, row.journey, row.objective)),
        )


def followed(review: Review) -> Iterator[Finding]:
    """Ratings that follow, or run against, what is measured."""
    for row in review["feedback"].itertuples():
        if not there(row.correlation_low) or row.correlation_low <= 0 <= row.correlation_high:
            continue
        own = _scored(review, row.journey, row.objective)
        name = review.catalog.journey(row.journey).name
        if row.correlation_low > 0:
            sentence = f"People felt it: on days when {name_of(own)} was worse, ratings were lower."
        else:
            sentence = (
                f"Ratings of {name} ran against {name_of(own)}: they were lower on its better "
                "days, so it may not measure what people feel."
            )
        interval = f"{row.correlation_low:.2f} to {row.correlation_high:.2f}"
        yield Finding(
            "followed",
            sentence,
            (
                ("Rank correlation by day", f"{row.correlation:.2f}"),
                ("Its interval", interval),
                ("Days compared", count(row.days)),
            ),
            200 if row.correlation_low > 0 else 610,
            "none" if row.correlation_low > 0 else "warn",
            **why(review, own),
        )


def silent(review: Review) -> Iterator[Finding]:
    """Objectives without data in a month that has some."""
    frame = review["objectives"]
    without = frame[frame["met"].isna()]
    if without.empty or not review.has_data:
        return
    yield Finding(
        "silent",
        f"Nobody knows of {len(without)} of {len(frame)} objectives: "
        f"{'it' if len(without) == 1 else 'they'} had no valid event in the month.",
        (("Without data", "; ".join(name_of(it) for it in without.itertuples())),),
        450,
        "none",
        **at_page(review, "studio-health"),
    )


def unproved(review: Review) -> Iterator[Finding]:
    """Availability whose verdict the unobserved time could turn."""
    quality = review["quality"]
    for row in review["objectives"].itertuples():
        if row.provable or not there(row.met):
            continue
        indicator = review.catalog.objective(row.journey, row.objective).indicator
        scope = indicator.scope if isinstance(indicator, Availability) else None
        own = (quality["kind"] == "unobserved") & (quality["subject"] == scope)
        yield Finding(
            "unproved",
            f"Whether {name_of(row)} was met cannot be proved: "
            f"{percent(1 - row.coverage, digits=1)} of the time nobody observed it.",
            (
                ("Observed", percent(row.coverage)),
                ("SLI of what was observed", sli_words(row)),
                *(("Not observed", it) for it in quality.loc[own, "note"]),
            ),
            460,
            "warn",
            **why(review, row),
        )


def gaps(review: Review) -> Iterator[Finding]:
    """A day and more in which nothing of a journey was logged."""
    quality = review["quality"]
    own = quality[(quality["kind"] == "gap") & (quality["amount"] >= DAY / HOUR)]
    if own.empty:
        return
    names = {it.id: it.name for it in review.catalog.journeys}
    of = names[own["subject"].iloc[0]] if len(own) == 1 else f"{len(own)} journeys"
    yield Finding(
        "gaps",
        f"A day and more of the month has no data of {of}: the figures rest on what there is.",
        tuple(
            (names[it.subject], f"{duration(it.amount * 3600)} without data, first {it.note}")
            for it in own.itertuples()
        ),
        440,
        "none",
        **at_page(review, "studio-health"),
    )


def not_counted(review: Review) -> Iterator[Finding]:
    """Files and lines that could not be read, and rows that could not be counted."""
    quality = review["quality"]
    own = quality[quality["kind"].isin(["unread", "not_counted", "set_apart"])]
    if own.empty:
        return
    parts = tuple((f"{it.subject}: {_what(it)}", str(it.note)) for it in own.itertuples())
    rows = own.loc[own["kind"] == "not_counted", "amount"].sum()
    files = own.loc[own["kind"] == "unread", "amount"].sum()
    lines = own.loc[own["kind"] == "set_apart", "amount"].sum()
    amounts = ((files, "file"), (rows, "row"), (lines, "line"))
    told = [counted(number, noun) for number, noun in amounts if number]
    yield Finding(
        "not_counted",
        f"{listed(told)} of the month could not be counted.",
        parts,
        430,
        "none",
        **at_page(review, "studio-health"),
    )


def _what(row: Any) -> str:
    if row.kind == "unread":
        return f"{counted(row.amount, 'file')} not read"
    if row.kind == "set_apart":
        return f"{counted(row.amount, 'line')} in quarantine"
    return counted(row.amount, "row")
