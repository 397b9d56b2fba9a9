"""Alerts that cannot fire, fire too late, or ask for more than is measured."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from slo_core.alerts.conditions import Comparison
from slo_core.catalog.audit.amounts import NOISE, allotments, named, number
from slo_core.catalog.audit.finding import Finding, Severity
from slo_core.catalog.audit.watches import (
    Silence,
    Watch,
    bad_share,
    events,
    minutes,
    section,
    silences,
    watches,
)
from slo_core.catalog.model import Catalog
from slo_core.catalog.operations import BudgetTerm, LatencyTerm
from slo_core.durations import SLICE_SECONDS
from slo_core.text import duration, factor, listed, percent

_ABSURD = 1 / 3
"""An alert that waits until a third of everything fails tells what everybody knows."""

_TENTH = "is a tenth of everything failing"

_SAME_NORMAL = 0.1
"""How far two meanings of "normal" may lie apart."""


def cannot_fire(catalog: Catalog) -> Iterator[Finding]:
    """A condition can hold, and before a third of everything fails.

    The largest possible burn is 1 / (1 - target): everything fails (DESIGN 2.4).
    """
    for group in _by_comparison(watches(catalog)):
        shares = [(watch, share) for watch in group if (share := bad_share(catalog, watch))]
        never = [it for it in shares if it[1] >= 1 - NOISE]
        absurd = [it for it in shares if _ABSURD < it[1] < 1 - NOISE]
        if never:
            yield _unreachable(
                catalog,
                never,
                "alerts.never_fires",
                "error",
                "It can never fire: whoever relies on it is told nothing.",
            )
        if absurd:
            yield _unreachable(
                catalog,
                absurd,
                "alerts.absurd_share",
                "warning",
                "Long before it fires everybody knows; it looks like protection and is none.",
            )


def _unreachable(
    catalog: Catalog, found: list[tuple[Watch, float]], rule: str, severity: Severity, why: str
) -> Finding:
    first = found[0][0]
    said = listed([_needs(catalog, watch, share) for watch, share in found])
    return Finding(
        rule,
        severity,
        first.where,
        section(catalog, first.alert),
        f"“{first.comparison.text}” needs {said}.",
        why,
        f"Choose a figure that is reached in time: {_reachable(found)}.",
    )


def _needs(catalog: Catalog, watch: Watch, share: float) -> str:
    subject = watch.subject
    journey = catalog.journey(subject.journey or "")
    if watch.kind == "measurement":
        return f"values below nought in {journey.name}"
    bad = f"{percent(share, digits=1)} of {journey.name} to fail"
    if watch.kind == "burn_rate" and subject.objective:
        most = 1 / subject.objective.error_rate
        burn = number(subject.threshold)
        return f"{bad} (a burn rate of {burn}, at most {number(most)} is possible)"
    estimate = events(catalog, watch)
    if watch.kind == "failures" and estimate and watch.comparison.window:
        return (
            f"{bad} ({number(subject.threshold)} of the {number(estimate)} requests estimated in "
            f"{minutes(watch.comparison.window)})"
        )
    return bad


def _reachable(found: list[tuple[Watch, float]]) -> str:
    """A figure of the condition that would do, to begin from."""
    watch, share = max(found, key=lambda it: it[1])
    if watch.kind == "availability":
        return f"{percent(0.9)} {_TENTH}"
    if watch.kind == "measurement" and watch.subject.objective:
        return f"{watch.subject.objective.document} is the objective"
    figure = watch.subject.threshold * 0.1 / share
    words = percent(figure) if watch.kind == "failure_rate" else number(figure)
    return f"{words} {_TENTH}"


def only_timeouts(catalog: Catalog) -> Iterator[Finding]:
    """A latency condition looks at times that a request can take."""
    for watch in watches(catalog):
        term, journey_id = watch.subject.term, watch.subject.journey
        if not isinstance(term, LatencyTerm) or watch.subject.metric or journey_id is None:
            continue
        journey, seconds = catalog.journey(journey_id), watch.subject.threshold / 1000
        timeout = journey.timeout
        if timeout is None or watch.comparison.op != ">":
            continue
        limit = timeout.value.total_seconds()
        if seconds < limit:
            continue
        yield Finding(
            "alerts.only_timeouts",
            "note",
            watch.where,
            f"{section(catalog, watch.alert)}; {journey.document}",
            f"“{watch.comparison.text}” is {duration(seconds)} in {journey.name}, but a request is "
            f"given up after {duration(limit)}{' (an assumption)' if timeout.assumption else ''}: "
            f"it fires when more than {percent(1 - term.percentile / 100)} of requests time out, "
            "and at no slowness before.",
            "It reads as an alert on slowness and is one on timeouts, which fail and are counted "
            "as such already.",
            f"Set it below {duration(limit)}, or give requests longer than {duration(seconds)}.",
        )


def looser_than_objective(catalog: Catalog) -> Iterator[Finding]:
    """Of the alerts that watch an objective, one fires when it is missed.

    A quick alert is rightly looser than its objective; what is wrong is when nothing else tells.
    """
    loose: dict[tuple[str, Comparison], list[Silence]] = {}
    for silence in silences(catalog):
        if silence.times > 1 + NOISE:
            watch = silence.watch
            loose.setdefault((watch.where, watch.comparison), []).append(silence)
    for found in loose.values():
        watch = found[0].watch
        yield Finding(
            "alerts.looser_than_objective",
            "warning",
            watch.where,
            section(catalog, watch.alert),
            f"“{watch.comparison.text}” is the tightest alert on {_silent(catalog, found)}.",
            "In between the objective is missed for as long as you like, and no alert ever says "
            "so.",
            "Add a slow alert beside the quick one, which fires at the objective itself over a "
            "longer window.",
        )


def _silent(catalog: Catalog, found: list[Silence]) -> str:
    """The objectives that one comparison watches, with how far each may be missed in silence."""
    longest = factor(max(it.times for it in found))
    names = [named(catalog.journey(it.watch.subject.journey or ""), it.objective) for it in found]
    thresholds = [it.objective.threshold for it in found]
    if all(threshold and threshold.unit != "ratio" for threshold in thresholds):
        said = [f"{name} ({it.objective.document})" for name, it in zip(names, found, strict=True)]
        return f"{listed(said)}, and stays silent up to {longest} that"
    said = [
        f"{name} ({percent(it.objective.target, digits=3)}), and stays silent up to "
        f"{factor(it.times)} the failures that the objective allows, at which its "
        f"{it.objective.window} budget lasts "
        f"{duration(it.objective.window_length.total_seconds() / it.times)}"
        for name, it in zip(names, found, strict=True)
    ]
    return "; on ".join(said)


def finer_than_measured(catalog: Catalog) -> Iterator[Finding]:
    """A condition asks for no less than one slice of time, or one request."""
    for group in _by_comparison(watches(catalog)):
        for watch in group:
            window, share = watch.comparison.window, bad_share(catalog, watch)
            if window is None or not share:
                continue  # "> 0%" says outright that one failure is enough
            if watch.kind == "availability":
                down = share * window.total_seconds()
                if down >= SLICE_SECONDS - NOISE:
                    continue
                one = 1 - SLICE_SECONDS / window.total_seconds()
                said = (
                    f"{percent(share)} of {minutes(window)} is {duration(down)}, less than one "
                    f"slice of {SLICE_SECONDS} s: a single slice down reads as {percent(one)}"
                )
                longer = SLICE_SECONDS / share
            elif watch.kind == "failure_rate":
                estimate = events(catalog, watch)
                if not estimate or share * estimate >= 1 - NOISE:
                    continue
                said = (
                    f"{percent(share)} of the {number(estimate)} requests estimated in "
                    f"{minutes(window)} are {number(share * estimate)} requests: a single failure "
                    f"reads as {percent(1 / estimate)}"
                )
                longer = window.total_seconds() / (share * estimate)
            else:
                continue
            yield Finding(
                "alerts.finer_than_measured",
                "warning",
                watch.where,
                section(catalog, watch.alert),
                f"“{watch.comparison.text}”: {said}.",
                "The figure in the condition decides nothing: the least that can be seen is beyond "
                "it already.",
                f"Look at {duration(longer)} or longer, or say outright that one is enough.",
            )


def ambiguous_normal(catalog: Catalog) -> Iterator[Finding]:
    """A multiple of normal means one thing: no level of another burn rate is called normal."""
    budgets = {it.journey.id: it for it in allotments(catalog, in_force=True)}
    for group in _by_comparison(watches(catalog)):
        watch = group[0]
        term, comparison = watch.subject.term, watch.comparison
        if not isinstance(term, BudgetTerm) or comparison.relative != "normal":
            continue
        if term.normal and not term.normal.assumption:
            continue
        meant, times = term.burn(1), comparison.value
        said: list[str] = []
        highest = meant
        for own in (budgets[it.subject.journey] for it in group if it.subject.journey):
            count = own.allocation.hourly.warning_from
            burn = own.burn(count)
            if abs(burn / meant - 1) > _SAME_NORMAL:
                highest = max(highest, burn)
                said.append(
                    f"{number(times * burn)} in {own.journey.name} (normal up to "
                    f"{number(count)} {own.budget.unit} an hour, a burn rate of {number(burn)})"
                )
        if not said:
            continue
        yield Finding(
            "alerts.ambiguous_normal",
            "warning",
            watch.where,
            section(catalog, watch.alert),
            f"“{comparison.text}” is a burn rate of {number(term.burn(times))} if normal is "
            f"{number(meant)}{', which is an assumption' if term.normal else ''}; by the hourly "
            f"levels that are called normal it is {listed(said)}."
            f"{_out_of_reach(catalog, times * highest)}",
            "The two readings wake people at very different losses, and the document does not say "
            "which is meant.",
            "Say which burn rate is normal, and let the hourly levels that are called normal end "
            "there.",
        )


def _out_of_reach(catalog: Catalog, burn: float) -> str:
    """Which objectives could not burn so fast, or hardly, if the alert were about them."""
    objectives = [objective for _, objective in catalog.objectives]
    never = [it for it in objectives if burn * it.error_rate >= 1 - NOISE]
    hardly = {
        it.target: burn * it.error_rate
        for it in objectives
        if _ABSURD < burn * it.error_rate < 1 - NOISE
    }
    parts = []
    if never:
        most = {it.target: 1 / it.error_rate for it in never}
        reach = [f"{number(most[it])} with a target of {percent(it)}" for it in sorted(most)]
        parts.append(
            f"it could never fire on {len(never)} of {len(objectives)}, which can burn at most "
            f"{listed(reach)}"
        )
    parts += [
        f"would need {percent(hardly[it], digits=0)} to be bad with a target of {percent(it)}"
        for it in sorted(hardly)
    ]
    if not parts:
        return ""
    return f" Were it about every objective, at {number(burn)} {'; it '.join(parts)}."


def _by_comparison(found: Iterable[Watch]) -> Iterator[list[Watch]]:
    """Watches of the same comparison together."""
    for _, group in groupby(found, key=lambda it: (it.alert.id, it.comparison)):
        yield list(group)
