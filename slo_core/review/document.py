"""The monthly review as a document: its sections in the order of the meeting.

document(review, notes, changed)
"""

import pandas as pd

from slo_core.review.findings import findings
from slo_core.review.monthly import Review
from slo_core.review.notes import Notes
from slo_core.review.parts import Block, Document, Point, Points, Section, Words
from slo_core.review.sections_answers import (
    alerts_section,
    feedback_section,
    incidents_section,
    policy_section,
    quality_section,
)
from slo_core.review.sections_budgets import budget_sections
from slo_core.review.sections_corrections import corrections_section
from slo_core.review.sections_targets import causes_section, targets_section
from slo_core.review.sections_written import changed_section, locked_notice, notes_section
from slo_core.text import clock, dates

MONTHLY = "monthly"
"""The review of the catalogue that this document is for, where the catalogue has it."""


def document(
    review: Review, notes: Notes | None = None, changed: pd.DataFrame | None = None
) -> Document:
    """The review as it is sent round: figures, findings, and what people wrote.

    ``changed`` are the figures of a locked review that have changed since
    (`slo_core.review.record.changes`). Its figures are those that decide, as measured or as
    corrected; where there are both, a section has the others beside them.
    """
    review = review.deciding
    month = review.month
    sections = [_findings(review)]
    if changed is not None and review.locked_at:
        sections.append(changed_section(review.locked_at, changed))
    if review.has_data:
        sections += [targets_section(review), *budget_sections(review), *causes_section(review)]
        sections += corrections_section(review)
    sections += [incidents_section(review), feedback_section(review)]
    if review.has_data:
        sections += [*policy_section(review), alerts_section(review)]
    sections.append(quality_section(review))
    if notes is not None:
        sections.append(notes_section(notes, review.at))
    return Document(
        f"{_title(review)}: {month.title}",
        f"{review.catalog.name}{' (sample data)' if review.sample else ''}",
        _facts(review),
        tuple(sections),
        tuple(_notices(review)),
    )


def _title(review: Review) -> str:
    own = next((it for it in review.catalog.reviews if it.id == MONTHLY), None)
    return own.name if own else "Monthly review"


def _facts(review: Review) -> dict[str, str]:
    month = review.month
    facts = {
        "Month": f"{dates(month.start, month.until)} (UTC)",
        "Figures as of": clock(review.locked_at or review.at),
        "Owner": review.catalog.document_owner or review.catalog.owner,
    }
    if review.catalog.stakeholders:
        facts["For"] = ", ".join(review.catalog.stakeholders)
    own = next((it for it in review.catalog.reviews if it.id == MONTHLY), None)
    if own:
        facts["Agenda"] = "; ".join(own.agenda)
    return facts


def _notices(review: Review) -> list[str]:
    """What a reader must know before any figure."""
    month, found = review.month, []
    if month.is_partial:
        found.append(
            f"{month.title} is not over: these are its figures up to {clock(month.until)}, and "
            "its budgets are those of the whole month."
        )
    if not review.has_data:
        if review.span is None:
            why = "nothing was ever counted in this folder"
        elif review.span[0] >= month.until:
            why = f"the data begin at {clock(review.span[0].replace(microsecond=0))}, after it"
        elif review.span[1] < month.start:
            why = f"the data end at {clock(review.span[1].replace(microsecond=0))}, before it"
        else:
            why = "no objective has a valid event in it"
        found.append(
            f"No data of {month.title}: {why}. That is neither met nor missed; choose another "
            "month, or bring its logs."
        )
    elif review.began:
        began = clock(review.began.replace(microsecond=0))
        found.append(
            f"The data begin at {began}: of the time before that in {month.title} nothing is known."
        )
    if review.locked_at:
        found.append(locked_notice(review.locked_by, review.locked_at))
    return found


def _findings(review: Review) -> Section:
    points = tuple(
        Point(
            it.sentence,
            "; ".join(f"{what}: {how}" for what, how in it.evidence),
            it.role,
            it.address,
        )
        for it in findings(review)
    )
    blocks: tuple[Block, ...] = (Points(points),)
    if not points:
        blocks = (
            Words(
                "The month's figures show nothing that stands out."
                if review.has_data
                else "Without data there is nothing to find."
            ),
        )
    return Section("findings", "Findings", "What stands out, and what shows it?", blocks)
