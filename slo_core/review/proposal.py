"""A proposed change of a promise: the catalogue's YAML with one word changed, and its effect.

    found = propose(text, "target:song_generation.success_rate=99.9%", day, name="studio.yaml")
    found.diff
    effect(rollup, quarter, found)

(The document's "Adjust targets based on user expectations".) Accepted, it is the next version of
the catalogue: figures before its day are held against what was promised then.
"""

import difflib
import os
import shutil
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from slo_core.alerts.conditions import comparisons
from slo_core.alerts.episodes import runs_of
from slo_core.alerts.evaluate import evaluate
from slo_core.budget.spending import month_allowed
from slo_core.catalog import Alert, Availability, Catalog, Success, parse_catalog, subjects
from slo_core.catalog.edit import with_promise
from slo_core.errors import SloError
from slo_core.register import Actor, Change, read_maintenance, read_table, write_all
from slo_core.review.locks import kept
from slo_core.review.notes import add_note
from slo_core.review.quarter import Quarter
from slo_core.rollup import Rollup, as_of
from slo_core.sli.availability import timeline
from slo_core.sli.history import approximated
from slo_core.sli.journeys import count_ranges, total
from slo_core.sli.steps import DAY
from slo_core.text import amount, counted, percent
from slo_core.whatif import Scenario
from slo_core.whatif.changed_numbers import Target, Threshold
from slo_core.whatif.world import changed_catalog
from slo_core.whatif.written import read_objective, wrong

_MONTHS = [
    *("month", "sli", "sli_after", "met", "met_after", "used", "used_after"),
    *("allowed", "allowed_after", "approximate"),
]


@dataclass(frozen=True)
class Split:
    """A success rate that each platform has to keep by itself."""

    kind: ClassVar[str] = "split"
    example: ClassVar[str] = "song_generation.success_rate"

    journey: str
    objective: str

    @classmethod
    def parse(cls, text: str, catalog: Catalog) -> "Split":
        """Read ``journey.objective``. Raises SloError with one sentence."""
        journey, objective = read_objective(cls, text, text, catalog)
        if not isinstance(objective.indicator, Success):
            raise wrong(cls, text, "only a success rate is split by platform")
        return cls(journey.id, objective.id)

    def __str__(self) -> str:
        return f"{self.journey}.{self.objective}"


@dataclass(frozen=True)
class Proposal:
    """One changed promise: what is changed, from which day on, and the YAML before and after."""

    change: Target | Threshold | Split
    day: date
    before: str
    after: str
    diff: str
    catalog: Catalog
    """The proposed one."""

    @property
    def text(self) -> str:
        """The change as it was written: ``target:api.availability=99.95%``."""
        return f"{self.change.kind}:{self.change}"

    @property
    def key(self) -> tuple[str, str]:
        """The ids of journey and objective."""
        return self.change.journey, self.change.objective


@dataclass(frozen=True)
class Effect:
    """What a proposal would have meant for a quarter.

    ``months``: ``month``, ``sli`` and ``met`` (null without data), ``used`` (bad over what its
    traffic allows), ``allowed`` (the month's fixed allocation, null without a budget), each also
    as it would have been (``_after``), ``approximate`` (the histogram answers). ``alerts``:
    ``alert``, ``before`` and ``after`` (episodes about the journey), of those that look at it.
    """

    months: pd.DataFrame
    alerts: pd.DataFrame
    unit: str
    """Of the allocations: ``failures`` or ``seconds``."""
    words: tuple[str, ...]


def propose(text: str, change: str, day: date, *, name: str) -> Proposal:
    """The proposal that a change makes of a catalogue's text, from a day on.

    ``change`` is one target or threshold as `slo_core.whatif` writes it, or a `Split`; ``name`` is
    what the file is called. Raises SloError with one sentence for anything else.
    """
    catalog = parse_catalog(text, name=name)
    found = _read(change, catalog)
    key = (found.journey, found.objective)
    old = catalog.objective(*key)
    now: object
    new: dict[str, Any]
    match found:
        case Target():
            now, new = old.target, {"target": found.value}
        case Threshold():
            now, new = old.threshold and old.threshold.value, {"threshold": found.value}
        case Split():
            now, new = old.per_platform, {"per_platform": True}
    if now in new.values():
        raise SloError(f"{found.journey}.{found.objective} is promised so already.")
    after, proposed = with_promise(text, catalog, key, day, name=name, **new)
    lines = difflib.unified_diff(
        text.splitlines(keepends=True),
        after.splitlines(keepends=True),
        name,
        f"{name} (proposed)",
        n=2,
    )
    diff = "".join(line if line.endswith("\n") else line + "\n" for line in lines)
    return Proposal(found, day, text, after, diff, proposed)


def _read(change: str, catalog: Catalog) -> Target | Threshold | Split:
    kind, _, value = change.partition(":")
    if kind.strip() == Split.kind:
        return Split.parse(value.strip(), catalog)
    changes = Scenario.parse(change, catalog).changes
    if len(changes) == 1 and isinstance(changes[0], Target | Threshold):
        return changes[0]
    raise SloError(
        f'"{change}" is no proposal: expected one target, threshold or split, for example '
        f"{Target.kind}:{Target.example} or {Split.kind}:{Split.example}."
    )


def day_of(text: str | None, look: datetime, *, name: str = "day") -> date:
    """The day that a text names, ``2025-04-01``; without one the first of the next month.

    ``name`` is what the sentence calls it. Raises SloError for what is no day.
    """
    if not text:
        return (look.replace(day=1) + timedelta(days=32)).date().replace(day=1)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SloError(f'{name} is "{text}", which is no day: write one as 2025-04-01.') from None


def effect(rollup: Rollup, quarter: Quarter, proposal: Proposal) -> Effect:
    """What the promise would have meant, had it held all the quarter long."""
    rollup = as_of(rollup, quarter.until)
    changed = replace(rollup, catalog=_changed(rollup.catalog, proposal))
    journey = rollup.catalog.journey(proposal.change.journey)
    budget = rollup.catalog.budget(journey.id)
    if budget is not None and budget.objective != proposal.change.objective:
        budget = None
    after_budget = changed.catalog.budget(journey.id)
    rows = []
    befores, afters = (_sums(it, quarter, proposal.key) for it in (rollup, changed))
    for window, before, after in zip(quarter.months, befores, afters, strict=True):
        own, then = (it.catalog.objective(*proposal.key) for it in (rollup, changed))
        sli, sli_after = (_ratio(*it) for it in (before, after))
        rows.append(
            (
                *(window.name, sli, sli_after),
                *(None if sli is None else sli >= own.target,),
                *(None if sli_after is None else sli_after >= then.target,),
                *(_used(before, own.error_rate), _used(after, then.error_rate)),
                None if budget is None else month_allowed(budget, window.end),
                None if budget is None else month_allowed(after_budget, window.end),  # type: ignore[arg-type]
                proposal.key in approximated(changed, window),
            )
        )
    floats = dict.fromkeys(
        ("sli", "sli_after", "used", "used_after", "allowed", "allowed_after"), float
    )
    months = pd.DataFrame(rows, columns=_MONTHS).astype(floats)
    alerts = _alerts(rollup, changed, quarter, proposal.key)
    unit = budget.unit if budget else "failures"
    return Effect(months, alerts, unit, tuple(_words(months, alerts, unit)))


def _changed(catalog: Catalog, proposal: Proposal) -> Catalog:
    """A catalogue in which the promise has been made all the time."""
    if not isinstance(proposal.change, Split):
        return changed_catalog(catalog, Scenario((proposal.change,)))
    journeys = []
    for journey in catalog.journeys:
        objectives = (
            it.model_copy(update={"per_platform": True, "earlier": ()})
            if (journey.id, it.id) == proposal.key
            else it
            for it in journey.objectives
        )
        journeys.append(journey.model_copy(update={"objectives": tuple(objectives)}))
    return catalog.model_copy(update={"journeys": tuple(journeys)})


def allocation_words(allowed: float, unit: str) -> str:
    """What a month's allocation is, in its unit: ``2,500 failures``, ``43 min 12 s``."""
    return amount(allowed, unit)


def _sums(rollup: Rollup, quarter: Quarter, key: tuple[str, str]) -> list[tuple[float, float]]:
    """Good and valid of each month; of the worst platform where each must hold."""
    journey, objective = rollup.catalog.journey(key[0]), rollup.catalog.objective(*key)
    if isinstance(objective.indicator, Availability):
        maintenance = read_maintenance(rollup.store.root)
        scope = rollup.catalog.scope(objective.indicator.scope)
        line = timeline(rollup, scope, quarter.start, quarter.until, maintenance)
        return [line.counts(window)[:2] for window in quarter.months]
    counts = count_ranges(rollup, quarter.months, [journey], DAY)
    enough = rollup.catalog.rules.min_valid.value
    return [
        total(counts, window.name, journey, objective, None, enough) for window in quarter.months
    ]


def _ratio(good: float, valid: float) -> float | None:
    return good / valid if valid else None


def _used(counts: tuple[float, float], error_rate: float) -> float | None:
    good, valid = counts
    return (valid - good) / (error_rate * valid) if valid else None


def _alerts(before: Rollup, after: Rollup, quarter: Quarter, key: tuple[str, str]) -> pd.DataFrame:
    rules = [it for it in before.catalog.alerts if _looks_at(before.catalog, it, key)]
    length = quarter.until - quarter.start
    merge = before.catalog.rules.episode_merge.value
    numbers = []
    for rollup in (before, after):
        found = evaluate(rollup, quarter.until, length, rules).evaluations if rules else ()
        numbers.append(
            [
                sum(
                    len(runs_of(it.firing, merge))
                    for it in found
                    if it.rule.id == rule.id and it.journey == key[0]
                )
                for rule in rules
            ]
        )
    return pd.DataFrame(
        {"alert": [it.id for it in rules], "before": numbers[0], "after": numbers[1]}
    )


def _looks_at(catalog: Catalog, alert: Alert, key: tuple[str, str]) -> bool:
    """Whether what an alert compares with follows from the promise."""
    return any(
        subject.objective is not None and (subject.journey, subject.objective.id) == key
        for comparison in comparisons(alert.parsed)
        for subject in subjects(catalog, alert.journey, comparison)
    )


def _words(months: pd.DataFrame, alerts: pd.DataFrame, unit: str) -> list[str]:
    said = []
    known = months[months["sli"].notna()]
    if known.empty:
        return ["Nothing was counted in the quarter, so that its effect cannot be told."]
    met, met_after = (int(known[it].eq(True).sum()) for it in ("met", "met_after"))
    said.append(
        f"Met in {met} of {counted(len(known), 'month')} of the quarter as it is, in {met_after} "
        "as proposed."
    )
    worst, then = known["used"].max(), known["used_after"].max()
    said.append(
        f"The worst month used {percent(worst, digits=0)} of what its traffic allows, and would "
        f"have used {percent(then, digits=0)}."
    )
    if known["allowed"].notna().any():
        row = known.iloc[-1]
        before, after = (allocation_words(row[it], unit) for it in ("allowed", "allowed_after"))
        goes = f"goes from {before} to {after}" if before != after else f"stays {before}"
        said.append(f"The month's allocation {goes}.")
    moved = alerts[alerts["before"] != alerts["after"]]
    for row in moved.itertuples():
        said.append(
            f"{row.alert} would have fired {counted(row.after, 'time')} in place of {row.before}."
        )
    if moved.empty:
        said.append(
            "The alerts that look at it would have fired as they did."
            if len(alerts)
            else "No alert looks at it."
        )
    if known["approximate"].any():
        said.append("The new threshold was not counted at: figures as proposed are within 2 %.")
    return said


def decide(data_dir: str | Path, actor: Actor, quarter: Quarter, proposal: Proposal) -> None:
    """Write into the register that a review decided for a proposal; refused when it is locked."""
    body = f"{proposal.text} from {proposal.day} on."
    add_note(data_dir, actor, quarter, body, kind="decision", topic="/".join(proposal.key))


def accept(
    data_dir: str | Path, actor: Actor, quarter: Quarter, path: str | Path, proposal: Proposal
) -> None:
    """Write the proposed catalogue into its file, which must be as the proposal found it.

    The register keeps who accepted what, with its diff; the review of the quarter has it among its
    decisions unless that is locked. Raises SloError with one sentence where the actor may not, the
    file was changed meanwhile, or it cannot be written; then nothing is changed.
    """
    file = Path(path).resolve()
    part = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        if file.read_text("utf-8") != proposal.before:
            raise SloError(f"{file} was changed meanwhile: propose again on what it says now.")
        part.write_text(proposal.after, "utf-8")
        shutil.copymode(file, part)
        # The file itself comes last: without the register's word nothing changes.
        write_all(data_dir, actor, _accepted(data_dir, quarter, file.name, proposal))
        part.replace(file)
    except OSError as error:
        raise SloError(f"{file} cannot be written ({error.strerror}).") from None
    finally:
        part.unlink(missing_ok=True)


def _accepted(
    data_dir: str | Path, quarter: Quarter, name: str, proposal: Proposal
) -> list[Change]:
    version = proposal.catalog.version
    values = {
        "period": quarter.name,
        "catalogue": name,
        "catalogue_version": version,
        "effective_from": proposal.day.isoformat(),
        "change": proposal.text,
        "diff": proposal.diff,
    }
    found = [Change("catalogue_changes", values, action="accept")]
    if kept(data_dir, quarter) is None:
        body = f"{proposal.text} from {proposal.day} on: accepted, version {version} of {name}."
        note = {"period": quarter.name, "kind": "decision", "body": body}
        found.append(Change("review_notes", note | {"topic": "/".join(proposal.key)}))
    return found


def accepted(data_dir: str | Path) -> pd.DataFrame:
    """Every change of a catalogue that was accepted, the oldest first.

    ``period`` (the review that decided it), ``catalogue`` (its file), ``catalogue_version``,
    ``effective_from``, ``change``, ``diff``, ``created_at``, ``created_by``.
    """
    found = read_table(data_dir, "catalogue_changes")
    return found.drop(columns=["id", "updated_at", "updated_by", "version"])
