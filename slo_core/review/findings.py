"""What a review found, in ranked sentences: generated from its figures, and nothing beside them.

Each kind says when it appears; where the figures do not show it, it does not. None of them knows a
name of any document.
"""

from collections.abc import Callable, Iterator, Mapping

from slo_core.review import findings_answers as answers
from slo_core.review import findings_budgets as budgets
from slo_core.review import findings_targets as targets
from slo_core.review.finding import Finding
from slo_core.review.monthly import Review

KINDS: Mapping[str, Callable[[Review], Iterator[Finding]]] = {
    it.__name__: it
    for it in (
        targets.missed,
        budgets.overspent,
        targets.one_platform,
        targets.some_platforms,
        targets.one_cause,
        budgets.incident_cost,
        budgets.background,
        budgets.worst_day,
        budgets.off_estimate,
        targets.met_again,
        targets.all_met,
        answers.broken_promises,
        answers.undetected,
        answers.false_alerts,
        answers.restricted,
        answers.felt,
        answers.followed,
        answers.silent,
        answers.unproved,
        answers.gaps,
        answers.not_counted,
    )
}
"""Every kind of finding, by its name."""


def findings(review: Review) -> list[Finding]:
    """Everything that a review found, what matters most first; nothing where there are no data.

    Figures are those that decide, as measured or as corrected.
    """
    review = review.deciding
    if not review.has_data:
        return []
    found = [it for kind in KINDS.values() for it in kind(review)]
    return sorted(found, key=lambda it: -it.weight)
