"""The hand-over to the next shift: what fired, what is open, what is silenced, what budgets did."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from slo_core.alerts.desk import Notes, alert_names, at_desk, covering, to_do
from slo_core.alerts.look import Look
from slo_core.alerts.sets import DOCUMENT, SETS
from slo_core.alerts.words import peak
from slo_core.budget.corrected import as_corrected, which_decides
from slo_core.catalog import Catalog
from slo_core.durations import parse_duration
from slo_core.incidents.clocks import active_incidents
from slo_core.moments import parse_moment
from slo_core.text import NO_DATA, clock, duration, percent, plain, span

_FIGURES = ["before", "now", "spent", "policy_before", "policy"]

BUDGETS = ["service", "name", *_FIGURES, *(f"{it}_corrected" for it in _FIGURES), "decides"]

_RECENT_TO_DO = 12
"""How many waiting actions are listed; the rest are counted."""


@dataclass(frozen=True)
class Handover:
    """What the next shift must know at ``at`` about the ``length`` before.

    ``firing`` and ``over`` are rows of `slo_core.alerts.desk.at_desk`: what fires, and what fired
    in the range and is over. ``incidents`` are the open ones
    (`slo_core.incidents.clocks.active_incidents`), ``silences`` those in force (the register's
    rows), ``to_do`` the human actions that wait (`slo_core.alerts.desk.to_do`). ``budgets``:
    ``service``, ``name``, what was left of its rolling budget ``before`` the range and ``now`` (a
    share; null without data), what was ``spent`` in the range as a share of what the month allows,
    ``policy_before`` and ``policy``; all of them as measured, and where a correction touches any
    the same with ``_corrected`` behind them, with ``decides``, which of the two counts (null where
    none does). ``silent`` are the journeys that no data come of, with the
    last event (None: never any).
    """

    name: str
    at: datetime
    length: timedelta
    is_sample: bool
    firing: pd.DataFrame
    over: pd.DataFrame
    incidents: pd.DataFrame
    silences: pd.DataFrame
    to_do: pd.DataFrame
    budgets: pd.DataFrame
    silent: tuple[tuple[str, datetime | None], ...]


def handover(
    catalog: Catalog,
    found: Look,
    kept: Notes,
    now: Mapping[str, Any],
    before: Mapping[str, Any],
    *,
    is_sample: bool = False,
) -> Handover:
    """Put a hand-over together from a look, the register, and the status (DESIGN 3) at both ends.

    ``now`` is the status at the look's moment, ``before`` that at the start of its range.
    """
    at = found.at
    desk = at_desk(found.episodes, catalog, kept, at)
    inside = desk["until"] > pd.Timestamp(at - found.length)
    return Handover(
        catalog.name,
        at,
        found.length,
        is_sample,
        desk[desk["firing"]],
        desk[inside & ~desk["firing"]],
        active_incidents(kept.incidents, catalog, at),
        covering(kept.silences, at),
        to_do(desk, catalog, kept.tasks, at),
        _budgets(catalog, found, now, before),
        tuple(_silent(catalog, now)),
    )


def _budgets(
    catalog: Catalog, found: Look, now: Mapping[str, Any], before: Mapping[str, Any]
) -> pd.DataFrame:
    measured = _figures(catalog, found.spent, now, before)
    left_out = {name: it for name, it in found.spent_corrected.items() if it is not None}
    spent = {**found.spent, **left_out}
    corrected = _figures(catalog, spent, as_corrected(now), as_corrected(before))
    touched = {it["service"] for it in [*now["budgets"], *before["budgets"]] if "corrected" in it}
    touched |= set(left_out)
    rows = [
        (
            budget.service,
            catalog.journey(budget.service).name,
            *measured[budget.service],
            *(corrected[budget.service] if budget.service in touched else [None] * len(_FIGURES)),
            which_decides(catalog) if budget.service in touched else None,
        )
        for budget in catalog.budgets
    ]
    numbers = [
        f"{name}{kind}" for name in ("before", "now", "spent") for kind in ("", "_corrected")
    ]
    return pd.DataFrame(rows, columns=BUDGETS).astype(dict.fromkeys(numbers, float))


def _figures(
    catalog: Catalog,
    spent: Mapping[str, float | None],
    now: Mapping[str, Any],
    before: Mapping[str, Any],
) -> dict[str, tuple[Any, ...]]:
    """The figures of every service's budget, see `_FIGURES`."""
    left_before, left_now = _left(before), _left(now)
    earlier, policies = (
        {it["service"]: it["policy"] for it in status["budgets"]} for status in (before, now)
    )
    return {
        it.service: (
            left_before.get((it.service, it.objective)),
            left_now.get((it.service, it.objective)),
            spent.get(it.service),
            earlier.get(it.service),
            policies.get(it.service),
        )
        for it in catalog.budgets
    }


def _left(status: Mapping[str, Any]) -> dict[tuple[str, str], float | None]:
    """What is left of each objective's budget, over its own window."""
    return {
        (it["journey"], it["objective"]): it["budget"]["remaining_ratio"]
        for it in status["objectives"]
    }


def _silent(catalog: Catalog, now: Mapping[str, Any]) -> Iterator[tuple[str, datetime | None]]:
    for journey, own in now["freshness"].items():
        if own["stale"] is not False:
            last = parse_moment(own["last_event"]) if own["last_event"] else None
            yield catalog.journey(journey).name, last


def markdown(found: Handover, catalog: Catalog) -> str:
    """The hand-over as Markdown, to be read in a page, a chat or a mail."""
    lines = [f"# Hand-over: {plain(found.name)}", ""]
    sample = ", sample data" if found.is_sample else ""
    lines += [f"{span(found.at, found.length)} ({_length(found.length)}{sample})"]
    silent = [
        f"{plain(name)}: " + (f"no data since {clock(last)}" if last else "no data yet")
        for name, last in found.silent
    ]
    if silent:
        lines += _section("Not heard of, so not known", silent, "")
    lines += _section(
        "Firing now", [_firing(row, catalog, found.at) for row in _rows(found.firing)], "Nothing."
    )
    lines += _section("Fired and over", list(_over(found.over, catalog)), "Nothing.")
    lines += _section(
        "Open incidents", [_incident(row, catalog) for row in _rows(found.incidents)], "None."
    )
    lines += _section(
        "Silenced", [_silence(row, catalog) for row in _rows(found.silences)], "None."
    )
    lines += _section("Budgets", [_budget(row, catalog) for row in _rows(found.budgets)], "None.")
    waiting = [_task(row, catalog) for row in _rows(found.to_do)]
    more = waiting[_RECENT_TO_DO:]
    shown = waiting[:_RECENT_TO_DO] + ([f"and {len(more)} more"] if more else [])
    lines += _section("To do", shown, "Nothing.", len(waiting))
    return "\n".join(lines) + "\n"


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = frame.to_dict("records")
    return found


def _section(
    title: str, lines: Sequence[str], nothing: str, number: int | None = None
) -> list[str]:
    number = len(lines) if number is None else number
    head = f"## {title}: {number}" if number else f"## {title}"
    return ["", head, "", *(f"- {line}" for line in lines)] if lines else ["", head, "", nothing]


def _length(length: timedelta) -> str:
    return duration(length.total_seconds())


def _of(catalog: Catalog, journey: str | None, host: str | None = None) -> str:
    """A journey's name; hosts have none, but perhaps one that is the furthest."""
    names = {it.id: it.name for it in catalog.journeys}
    if isinstance(journey, str) and journey:
        return plain(names.get(journey, journey))
    return f"hosts, {plain(host)} first" if isinstance(host, str) else "hosts"


def _titled(row: Mapping[str, Any]) -> str:
    """An alert's name with its severity; triggers have none."""
    severity = f"{row['severity']} " if isinstance(row["severity"], str) else ""
    return f"{severity}{plain(row['name'])}"


def _set(row: Mapping[str, Any]) -> str:
    """Which set an alert is of; the document's own say nothing."""
    label = "" if row["set"] in DOCUMENT else SETS.get(row["set"], "")
    return f" ({label.lower()})" if label else ""


def _firing(row: Mapping[str, Any], catalog: Catalog, at: datetime) -> str:
    lasts = _length(at - row["start"].to_pydatetime() + timedelta(minutes=1))
    words = f"**{_titled(row)}**{_set(row)}, {_of(catalog, row['journey'], row['host'])}: "
    words += f"since {clock(row['start'])} ({lasts}), `{row['condition']}`, peak {peak(row)}; "
    if pd.isna(row["acknowledged_at"]):
        words += "nobody has taken it on"
    else:
        words += f"taken on by {plain(row['acknowledged_by'])} at {clock(row['acknowledged_at'])}"
        words += f" ({plain(row['note'])})" if isinstance(row["note"], str) else ""
    if pd.notna(row["silenced_until"]):
        words += f"; silenced until {clock(row['silenced_until'])}"
    if pd.notna(row["incident"]):
        words += f"; incident {row['incident']}, {plain(row['incident_title'])}"
    if isinstance(row["correction"], str):
        words += f"; {plain(row['correction'])}"
    return words


def _over(frame: pd.DataFrame, catalog: Catalog) -> Iterator[str]:
    """What is over, an alert and journey a line: a flapping alert is one story."""
    groups = frame.groupby(["tier", "alert", "journey"], sort=True, dropna=False)
    for (_, _, journey), rows in groups:
        first, last = rows["start"].min(), rows["until"].max()
        row = rows.iloc[0]
        times = "once" if len(rows) == 1 else f"{len(rows)} times"
        fired = duration(60.0 * rows["minutes"].sum())
        words = f"{_titled(row)}{_set(row)}, {_of(catalog, journey)}: {times}, "
        words += f"{clock(first).removesuffix(' UTC')} to {clock(last)}, firing for {fired}"
        numbers = sorted(rows["incident"].dropna().unique())
        if numbers:
            words += f"; incident {', '.join(map(str, numbers))}"
        for correction, count in rows["correction"].value_counts(sort=False).items():
            times = "" if len(rows) == 1 else f"{count} of them "
            words += f"; {times}{plain(str(correction))}"
        yield words


def _incident(row: Mapping[str, Any], catalog: Catalog) -> str:
    names = ", ".join(_of(catalog, journey) for journey in row["journeys"])
    led = f", led by {plain(row['commander'])}" if row["commander"] else ""
    return (
        f"{row['id']}, {plain(row['severity'])} {plain(row['title'])} ({names}): since "
        f"{clock(row['since'])}, {row['state']}{led}"
    )


def _silence(row: Mapping[str, Any], catalog: Catalog) -> str:
    names = alert_names(catalog)
    alert = "Every alert" if pd.isna(row["alert"]) else plain(names.get(row["alert"], row["alert"]))
    of = "" if pd.isna(row["journey"]) else f" of {_of(catalog, row['journey'])}"
    return (
        f"{alert}{of} until {clock(row['ends_at'])}, by {plain(row['created_by'])}: "
        f"{plain(row['reason'])}"
    )


def _budget(row: Mapping[str, Any], catalog: Catalog) -> str:
    budget = catalog.budget(row["service"])
    assert budget is not None
    window = _length(parse_duration(catalog.objective(budget.service, budget.objective).window))
    decides = row["decides"]
    if not isinstance(decides, str):
        return f"{plain(row['name'])}: {_left_words(row, '', window)}"
    kinds = {"measured": "", "corrected": "_corrected"}
    words = _left_words(row, kinds.pop(decides), window)
    [(other, kind)] = kinds.items()
    return (
        f"{plain(row['name'])}, as {decides}, which decides: {words}. "
        f"As {other}: {_left_words(row, kind, window)}"
    )


def _left_words(row: Mapping[str, Any], kind: str, window: str) -> str:
    """What was left and spent of a budget, and its policy, by one kind of figures."""
    now, before, policy, earlier = (
        row[f"{name}{kind}"] for name in ("now", "before", "policy", "policy_before")
    )
    words = f"{percent(now, digits=1)} left of the rolling {window}"
    if now == now:
        words += f", {percent(before, digits=1)} before"
    spent = percent(row[f"spent{kind}"], digits=1)
    words += "" if spent == NO_DATA else f"; spent {spent} of what the month allows"
    if policy != earlier:
        return f"{words}; policy **{policy or 'no state'}**, was {earlier or 'no state'}"
    return f"{words}; policy {policy or 'no state'}"


def _task(row: Mapping[str, Any], catalog: Catalog) -> str:
    episodes = "" if row["episodes"] == 1 else f", {row['episodes']} episodes"
    return (
        f"{plain(row['action'])}: {plain(row['name'])}, {_of(catalog, row['journey'])}, since "
        f"{clock(row['since'])}{episodes}"
    )
