"""What the document's own code records, against what its objectives need."""

from collections.abc import Iterator

from slo_core.catalog.audit.amounts import allotments, expected, number, traffic
from slo_core.catalog.audit.finding import Finding
from slo_core.catalog.instrumentation import ByStatus, Constant, Instrument, Statuses
from slo_core.catalog.model import Catalog
from slo_core.catalog.objectives import (
    Availability,
    Journey,
    Latency,
    Measurement,
    Objective,
    Share,
    Success,
)
from slo_core.catalog.operations import Definition
from slo_core.text import listed, percent

_WORDS = {"good": "a success", "failed": "a failure", None: "neither"}

_Verdicts = tuple[str | None, str | None]


def success_rule(catalog: Catalog) -> Iterator[Finding]:
    """The code calls a status what the definition calls it."""
    for instrument in catalog.instrumentation or ():
        for definition in catalog.definitions:
            rule, code = definition.statuses, instrument.success
            if rule is None or not isinstance(code, ByStatus):
                continue
            differing = _differing(rule, code)
            if differing:
                yield _other_rule(instrument, definition, differing)


def _differing(rule: Statuses, code: Statuses) -> list[str]:
    """The statuses on which the two differ, in words, together where they differ alike."""
    statuses: dict[_Verdicts, list[int]] = {}
    for status in range(100, 600):
        verdicts = (rule.verdict(status), code.verdict(status))
        if verdicts[0] != verdicts[1]:
            statuses.setdefault(verdicts, []).append(status)
    return [
        f"a status of {_runs(found)} is {_WORDS[by_rule]} by the definition and "
        f"{_WORDS[by_code]} in the code"
        for (by_rule, by_code), found in sorted(statuses.items(), key=lambda it: it[0][0] or "z")
    ]


def _runs(statuses: list[int]) -> str:
    """Statuses in order with neighbours drawn together: ``400, 402 and 404 to 499``."""
    runs: list[list[int]] = []
    for status in statuses:
        if runs and runs[-1][1] == status - 1:
            runs[-1][1] = status
        else:
            runs.append([status, status])
    return listed([f"{one}" if one == last else f"{one} to {last}" for one, last in runs])


def _other_rule(instrument: Instrument, definition: Definition, differing: list[str]) -> Finding:
    return Finding(
        "instrumentation.success_rule",
        "error",
        f"instrumentation.{instrument.id}.success",
        f"{instrument.name}; {definition.name}",
        f"“{instrument.document[0]}”: {'; '.join(differing)}.",
        "The counters of the code and the success rate of the document are two figures of one "
        "name; the one that people see first hides failures or makes them up.",
        f"Let the code follow {definition.name}, or record the status alone and decide later.",
    )


def constant_success(catalog: Catalog) -> Iterator[Finding]:
    """The code can record a failure."""
    for instrument in catalog.instrumentation or ():
        code = instrument.success
        if not isinstance(code, Constant):
            continue
        measured = [
            journey for journey in catalog.journeys if instrument.records_requests_of(journey.id)
        ]
        share = percent(1.0 if code.value else 0.0)
        yield Finding(
            "instrumentation.constant_success",
            "error",
            f"instrumentation.{instrument.id}.success",
            instrument.name,
            f"It records success: {str(code.value).lower()} whatever happened, so the success rate "
            f"of every journey that it records ({len(measured)} of {len(catalog.journeys)}) is "
            f"{share} by construction.",
            "A journey that always fails would be reported as perfect."
            if code.value
            else "A journey that never fails would be reported as broken.",
            "Record how the request ended, with its status or error, also when it throws.",
        )


def mixed_units(catalog: Catalog) -> Iterator[Finding]:
    """The code spends a budget in the budget's own unit."""
    for instrument in catalog.instrumentation or ():
        spends = instrument.spends
        if spends is None:
            continue
        own = next(
            it for it in allotments(catalog, in_force=True) if it.budget.service == spends.service
        )
        if (spends.per == "second") == (own.budget.unit == "seconds"):
            continue
        requests = expected(catalog, spends.service)
        said = (
            f"The budget is {number(own.allowed)} {own.budget.unit} a month; the code takes "
            f"{number(spends.amount)} from it for each "
            f"{'failed request' if spends.per == 'request' else 'second of downtime'}"
        )
        if spends.per == "request" and requests:
            failures = requests * own.objective.error_rate
            said += (
                f". Of {traffic(catalog, spends.service)} {percent(own.objective.error_rate)} are "
                f"{number(failures)}: exactly as many as the target allows, taken as seconds, "
                f"spend the budget {number(failures * spends.amount / own.allowed)} times"
            )
        yield Finding(
            "instrumentation.mixed_units",
            "error",
            f"instrumentation.{instrument.id}.spends",
            f"{instrument.name}; {own.section}",
            f"{said}.",
            "What the code calls the remaining budget depends on the traffic and has nothing to do "
            "with the time that the service was down.",
            "Spend the seconds in which the service was down, or state the budget in failures.",
        )


def unmeasured(catalog: Catalog) -> Iterator[Finding]:
    """Everything that an objective counts is recorded by some piece of code."""
    instruments = catalog.instrumentation
    if instruments is None:
        return
    for journey in catalog.journeys:
        lacking = {
            objective.name: needs
            for objective in journey.objectives
            if (needs := _lacking(instruments, journey, objective))
        }
        if not lacking:
            continue
        said = listed([f"{name} needs {listed(needs)}" for name, needs in lacking.items()])
        yield Finding(
            "instrumentation.unmeasured",
            "warning",
            f"{journey.id}",
            journey.document,
            f"{len(lacking)} of {len(journey.objectives)} objectives count what nothing records: "
            f"{said}.",
            "Without the figure there is no verdict; the objective stays without data, however "
            "the service does.",
            "Ask for it among the instrumentation requirements, or drop the objective.",
        )


def _lacking(
    instruments: tuple[Instrument, ...], journey: Journey, objective: Objective
) -> list[str]:
    """What an objective counts and no instrument records."""
    indicator = objective.indicator
    if isinstance(indicator, Measurement | Share):
        metrics = (
            (indicator.metric,)
            if isinstance(indicator, Measurement)
            else (indicator.total, indicator.bad)
        )
        recorded = {metric for it in instruments for metric in it.measurements}
        return [metric for metric in metrics if metric not in recorded]
    if not isinstance(indicator, Success | Latency):
        return []
    recording = [it for it in instruments if it.records_requests_of(journey.id)]
    if not recording:
        return ["its requests"]
    fields = {field for it in recording for field in it.fields}
    needed = ["duration_ms"] if isinstance(indicator, Latency) else []
    needed += ["step"] if indicator.step else []
    needed += ["platform"] if objective.per_platform else []
    return [f"the column {field}" for field in needed if field not in fields]


def without_probes(catalog: Catalog) -> Iterator[Finding]:
    """A scope whose availability is promised has health checks."""
    instruments = catalog.instrumentation
    if instruments is None:
        return
    probed = {scope for it in instruments for scope in it.probes}
    for scope in catalog.scopes:
        promised = [
            (journey, objective)
            for journey, objective in catalog.objectives
            if isinstance(objective.indicator, Availability)
            and objective.indicator.scope == scope.id
        ]
        if not promised or scope.id in probed:
            continue
        requests = traffic(catalog, scope.journey) or "the requests of its journey"
        yield Finding(
            "instrumentation.without_probes",
            "warning",
            f"scopes.{scope.id}",
            listed([f"{journey.document}; {it.name}" for journey, it in promised]),
            f"{listed([it.document for _, it in promised])} is promised, and 0 of "
            f"{len(instruments)} pieces of instrumentation check its health: only {requests} can "
            "show that it is down.",
            "A service that nobody can reach sends no requests and so looks quiet, not down: the "
            "worst outages are the ones that are not seen.",
            f"Check the health of {scope.id} at least every "
            f"{catalog.rules.availability.probe_interval.value.total_seconds():g} s, from outside.",
        )
