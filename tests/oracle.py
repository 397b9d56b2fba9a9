"""A second, naive computation of `status`, made from the words of the contract alone.

Loops over rows, and fractions where a float could blur a verdict: slow, and short enough to be
checked against DESIGN 2.2 by eye. It shares no rule with `slo_core`: it knows the product's
catalogue, because that is the question, and nothing of how the product answers it.

A table is a list of rows (dicts, columns as in DESIGN 2.1, `ts` a naive datetime in UTC). A row
that lies in another day's folder says so in `date`; a row without `date` lies in its own.
"""

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import accumulate, pairwise
from statistics import median
from typing import Any, NamedTuple

Row = dict[str, Any]
Tables = dict[str, list[Row]]

EPOCH = datetime(1970, 1, 1)
TICK = timedelta(microseconds=1)
SLICE = timedelta(seconds=10)
SLICES_A_MINUTE = 6
BANDS = ("healthy", "low", "exhausted")  # from good to bad

# Columns that may not be null, and columns that hold numbers (DESIGN 2.1).
REQUIRED = {
    "requests": ("ts", "journey"),
    "measurements": ("ts", "journey", "metric", "value"),
    "steps": ("ts", "journey", "attempt_id", "step"),
    "probes": ("ts", "scope", "target", "ok"),
    "resources": ("ts", "host", "metric", "value"),
    "feedback": ("ts", "journey", "rating"),
    "changes": ("ts", "kind"),
}
NUMBERS = ("status", "duration_ms", "response_bytes", "value", "latency_ms", "rating")


# --- Rows --------------------------------------------------------------------------------------


def why_not_counted(table: str, row: Row, catalog: Any) -> str | None:
    """Say why a row is not counted but reported, or None where it counts.

    A probe of a scope that the catalogue does not know is taken as a row of such a journey is.
    """
    for column in REQUIRED[table]:
        if row.get(column) in (None, ""):
            return f"no {column}"
    for column in NUMBERS:
        number = row.get(column)
        if number is not None and not math.isfinite(number):
            return f"{column} not finite"
        if number is not None and number < 0:
            return f"{column} negative"
    if row.get("status") is not None and not 100 <= row["status"] <= 599:
        return "status outside 100 to 599"
    if row.get("rating") is not None and not 1 <= row["rating"] <= 5:
        return "rating outside 1 to 5"
    for column, known in [("journey", catalog.journeys), ("scope", catalog.scopes)]:
        if column in REQUIRED[table] and row[column] not in [thing.id for thing in known]:
            return f"unknown {column}"
    if row.get("date") is not None and row["date"] != f"{row['ts']:%Y-%m-%d}":
        return "another day's folder"
    if table == "steps":
        funnel = next(it.funnel for it in catalog.journeys if it.id == row["journey"])
        if funnel is None or row["step"] not in funnel.value:
            return "no step of a funnel"
    return None


def counted_rows(tables: Tables, table: str, catalog: Any) -> list[Row]:
    """Give the rows that count, by time, with empty strings as nulls."""
    rows = [row for row in tables.get(table, []) if why_not_counted(table, row, catalog) is None]
    blanked = [{name: None if v == "" else v for name, v in row.items()} for row in rows]
    return sorted(blanked, key=lambda row: row["ts"])


def uncounted(tables: Tables, catalog: Any) -> dict[str, Counter[str]]:
    """Count the rows that are reported instead of counted: table -> reason -> rows."""
    reasons: dict[str, Counter[str]] = {}
    for table, rows in tables.items():
        whys = [why_not_counted(table, row, catalog) for row in rows]
        reasons[table] = Counter(why for why in whys if why is not None)
    return reasons


def outcome(row: Row, timeout: float) -> tuple[str, str | None]:
    """Judge a request by the table of DESIGN 2.2, first match wins: (verdict, reason).

    `timeout` is in milliseconds.
    """
    status, error, duration = row.get("status"), row.get("error"), row.get("duration_ms")
    if row.get("excluded") is not None:
        return "excluded", row["excluded"]
    if status in (401, 403):
        return "excluded", "auth"
    if error == "timeout" or (duration is not None and duration > timeout):
        return "failed", "timeout"
    if error == "network":
        return "failed", "network"
    if status is not None and 500 <= status <= 599:
        return "failed", "server_error"
    if error == "exception":
        return "failed", "exception"
    if status is not None and 400 <= status <= 499:
        return "failed", "client_error"
    if status is not None and not 200 <= status <= 299:
        return "excluded", "redirect"
    may_be_empty = status in (204, 205) or row.get("method") in ("HEAD", "OPTIONS")
    if error == "invalid_response" or (row.get("response_bytes") == 0 and not may_be_empty):
        return "failed", "invalid_response"
    if error is not None:
        return "failed", "other"
    return "good", None


def timeout_ms(journey: Any) -> float:
    """Give a journey's timeout in milliseconds; without one, no duration is too long."""
    if journey.timeout is None:
        return math.inf
    return float(journey.timeout.value / timedelta(milliseconds=1))


class Judged(NamedTuple):
    """A request that belongs to the source that counts, with its outcome."""

    ts: datetime
    verdict: str
    reason: str | None
    row: Row


def judged_requests(tables: Tables, catalog: Any) -> dict[str, list[Judged]]:
    """Judge each journey's requests of the source that counts for it; by time."""
    judged: dict[str, list[Judged]] = {journey.id: [] for journey in catalog.journeys}
    known = {journey.id: journey for journey in catalog.journeys}
    for row in counted_rows(tables, "requests", catalog):
        journey = known[row["journey"]]
        if journey.source is None or row.get("source") in (None, journey.source.value):
            verdict, reason = outcome(row, timeout_ms(journey))
            judged[journey.id].append(Judged(row["ts"], verdict, reason, row))
    return judged


# --- Availability ------------------------------------------------------------------------------


def slice_of(ts: datetime) -> int:
    """Number the 10-second slice that holds a moment, from the epoch."""
    return (ts - EPOCH) // SLICE


def slice_start(number: int) -> datetime:
    """Give the moment at which a slice begins."""
    return EPOCH + number * SLICE


def slices_in_maintenance(maintenance: Sequence[Row], scope: str, notice: timedelta) -> set[int]:
    """Find the slices that touch an announced, uncancelled maintenance window of a scope."""
    touched: set[int] = set()
    for window in maintenance:
        announced = window["announced_at"]
        if window["scope"] != scope or window.get("cancelled_at") is not None:
            continue
        if announced is None or announced > window["starts_at"] - notice:
            continue
        # A window that ends as a slice begins does not touch it.
        last = slice_of(window["ends_at"] - TICK)
        touched.update(range(slice_of(window["starts_at"]), last + 1))
    return touched


def ending_with(number: int, count: int = SLICES_A_MINUTE) -> range:
    """List the slices of a slice's minute: the 60 seconds that end with it."""
    return range(number - count + 1, number + 1)


def reached_from(numbers: Iterable[int], count: int = SLICES_A_MINUTE) -> set[int]:
    """Find the slices whose minute holds any of these slices."""
    return {number + later for number in numbers for later in range(count)}


def slices_with_a_failing_minute(requests: Sequence[Judged], at: datetime, fails: Any) -> set[int]:
    """Find the slices that are down by errors, for one rule `fails(failed, valid) -> bool`.

    A minute may end with any slice, at or before `at`. A failing minute is down from the slice of
    its first failure to that of its last.
    """
    valid: Counter[int] = Counter()
    failed: Counter[int] = Counter()
    for request in requests:
        if request.verdict != "excluded":
            valid[slice_of(request.ts)] += 1
        if request.verdict == "failed":
            failed[slice_of(request.ts)] += 1
    down: set[int] = set()
    for end in reached_from(failed):
        if slice_start(end + 1) > at:
            continue
        minute = ending_with(end)
        if fails(sum(failed[n] for n in minute), sum(valid[n] for n in minute)):
            with_failures = [n for n in minute if failed[n]]
            down.update(range(with_failures[0], with_failures[-1] + 1))
    return down


def slices_down_by_probes(
    probes: Sequence[Row], at: datetime, interval: timedelta
) -> tuple[set[int], set[int]]:
    """Find the slices whose minute has probes, and those where every target's latest failed.

    The minute is as long as a probe holds. Two probes of one target at the same microsecond have
    no latest; the data here has none.
    """
    holds = interval // SLICE
    by_slice: dict[int, list[Row]] = defaultdict(list)
    for probe in probes:  # by time
        by_slice[slice_of(probe["ts"])].append(probe)
    probed: set[int] = set()
    down: set[int] = set()
    for end in reached_from(by_slice, holds):
        if slice_start(end + 1) > at:
            continue
        latest: dict[str, bool] = {}
        for number in ending_with(end, holds):
            for probe in by_slice.get(number, []):
                latest[probe["target"]] = bool(probe["ok"])
        probed.add(end)
        if not any(latest.values()):
            down.add(end)
    return probed, down


def slice_states(
    scope: Any, rules: Any, judged: dict[str, list[Judged]], probes: list[Row], at: datetime
) -> dict[int, bool]:
    """Give every observed slice of a scope that ends at or before `at`: number -> up?

    Where both clauses of a failing minute hold, each marks its own failures' span.
    """
    own = judged[scope.journey]
    enough, share = rules.min_requests.value, exact(rules.error_share.value)
    probed, down = slices_down_by_probes(
        [probe for probe in probes if probe["scope"] == scope.id], at, rules.probe_interval.value
    )
    down |= slices_with_a_failing_minute(
        own, at, lambda failed, valid: valid >= enough and failed > share * valid
    )
    if scope.critical_journey is not None:
        critical = judged[scope.critical_journey]
        down |= slices_with_a_failing_minute(
            critical, at, lambda failed, valid: valid >= enough and failed == valid
        )
    requested = reached_from(slice_of(request.ts) for request in own)
    observed = {number for number in probed | requested if slice_start(number + 1) <= at}
    return {number: number not in down for number in sorted(observed)}


# --- Objectives as events ----------------------------------------------------------------------


class Event(NamedTuple):
    """What one row (or slice) adds to an objective: good of valid, and the figure it shows.

    `figure` is infinite for a timeout: slower than any threshold.
    """

    ts: datetime
    good: Fraction | int
    valid: Fraction | int
    figure: float | None = None
    platform: str = "unknown"


def platform_of(row: Row) -> str:
    """Name a row's platform."""
    return row.get("platform") or "unknown"


def beats(value: float, threshold: Any) -> bool:
    """Compare with a threshold; it is strict on either side."""
    if threshold.below is not None:
        return bool(value < threshold.below)
    return bool(value > threshold.above)


def events_of(
    journey: Any,
    objective: Any,
    judged: dict[str, list[Judged]],
    measurements: list[Row],
    states: dict[str, dict[int, bool]],
    closed: dict[str, set[int]],
) -> list[Event]:
    """Turn rows into an objective's events, by time ("What each objective counts", DESIGN 2.2)."""
    indicator = objective.indicator
    events: list[Event] = []
    if indicator.kind == "availability":
        for number, up in states[indicator.scope].items():
            if number not in closed[indicator.scope]:
                events.append(Event(slice_start(number), 10 if up else 0, 10))
        return events
    if indicator.kind in ("success", "latency"):
        for ts, verdict, reason, row in judged[journey.id]:
            if indicator.step is not None and row.get("step") != indicator.step:
                continue
            if indicator.kind == "success" and verdict != "excluded":
                events.append(Event(ts, int(verdict == "good"), 1, None, platform_of(row)))
            if indicator.kind == "latency" and reason == "timeout" and verdict == "failed":
                events.append(Event(ts, 0, 1, math.inf, platform_of(row)))
            duration = row.get("duration_ms")
            if indicator.kind == "latency" and verdict == "good" and duration is not None:
                good = int(beats(duration, objective.threshold))
                events.append(Event(ts, good, 1, duration, platform_of(row)))
        return events
    for row in measurements:
        if row["journey"] != journey.id:
            continue
        ts, metric, value = row["ts"], row["metric"], row["value"]
        if indicator.kind == "measurement" and metric == indicator.metric:
            good = int(beats(value, objective.threshold))
            events.append(Event(ts, good, 1, value, platform_of(row)))
        if indicator.kind == "share" and metric == indicator.total:
            events.append(Event(ts, Fraction(value), Fraction(value), None, platform_of(row)))
        if indicator.kind == "share" and metric == indicator.bad:
            events.append(Event(ts, -Fraction(value), 0, None, platform_of(row)))
    return events


class Tally(NamedTuple):
    """The sums of an objective over one window, and what they rest on."""

    good: Fraction | int
    valid: Fraction | int
    figures: list[float]
    platforms: dict[str, "Tally"] | None = None

    @property
    def sli(self) -> Fraction | None:
        """Give good / valid; None is no data."""
        return Fraction(self.good) / Fraction(self.valid) if self.valid else None


def add_up(events: Iterable[Event]) -> Tally:
    """Sum events: the ratio of the sums, never the mean of ratios."""
    good: Fraction | int = 0
    valid: Fraction | int = 0
    figures = []
    for event in events:
        good += event.good
        valid += event.valid
        if event.figure is not None:
            figures.append(event.figure)
    return Tally(good, valid, figures)


def tally(
    objective: Any, events: Sequence[Event], start: datetime, end: datetime, min_valid: int
) -> Tally:
    """Sum an objective over [start, end); per platform, the worst platform that has enough."""
    inside = [event for event in events if start <= event.ts < end]
    if not objective.per_platform:
        return add_up(inside)
    platforms = {
        name: add_up(event for event in inside if event.platform == name)
        for name in sorted({event.platform for event in inside})
    }
    deciding = [
        (platform.sli, name)
        for name, platform in platforms.items()
        if platform.sli is not None and platform.valid >= min_valid
    ]
    if not deciding:
        return Tally(0, 0, [], platforms)
    _, worst = min(deciding)
    return platforms[worst]._replace(platforms=platforms)


# --- Figures -----------------------------------------------------------------------------------


def exact(number: float) -> Fraction:
    """Read a decimal of the catalogue as it is written: 0.995 is 995/1000."""
    return Fraction(str(number))


def length_of(window: str) -> timedelta:
    """Read a window such as 6h or 30d."""
    minutes = {"m": 1, "h": 60, "d": 24 * 60}[window[-1]]
    return int(window[:-1]) * timedelta(minutes=minutes)


def plain(number: Fraction | int | None) -> float | int | None:
    """Give a number as JSON would: an integer where it is one."""
    if number is None:
        return None
    return int(number) if number == int(number) else float(number)


def percentile(figures: Sequence[float], share: Fraction, largest_first: bool = False) -> float:
    """Give the nearest-rank percentile: the figure that `share` of them do not exceed.

    With `largest_first`, the largest figure that `share` of them reach.
    """
    rank = math.ceil(share * len(figures))
    return sorted(figures, reverse=largest_first)[max(rank, 1) - 1]


def value_of(journey: Any, objective: Any, sums: Tally) -> tuple[float | None, float | None]:
    """Give (value, value_above) in the document's own terms."""
    if sums.sli is None:
        return None, None
    threshold = objective.threshold
    if objective.indicator.kind in ("latency", "measurement"):
        figure = percentile(sums.figures, exact(objective.target), threshold.above is not None)
        if math.isinf(figure):
            return None, None if journey.timeout is None else timeout_ms(journey)
        return figure, None
    if threshold is not None:  # a ratio that the document states from its bad side
        return float(1 - sums.sli), None
    return float(sums.sli), None


def budget_of(target: Fraction, sums: Tally) -> dict[str, Any]:
    """Give the budget over one window; without valid events there is no ratio."""
    allowed = (1 - target) * sums.valid
    consumed = sums.valid - sums.good
    return {
        "allowed": float(allowed),
        "consumed": plain(consumed),
        "remaining": float(allowed - consumed),
        "remaining_ratio": float((allowed - consumed) / allowed) if allowed else None,
    }


def burn_of(target: Fraction, sums: Tally) -> float | None:
    """Give (bad / valid) / (1 - target); 1 is exactly on budget."""
    if sums.sli is None or target == 1:
        return None
    return float((1 - sums.sli) / (1 - target))


def objective_status(
    journey: Any, objective: Any, events: list[Event], at: datetime, rules: Any
) -> dict[str, Any]:
    """Give one entry of `objectives` (DESIGN 3), without `coverage`."""
    target, min_valid = exact(objective.target), rules.min_valid.value
    sums = tally(objective, events, at - objective.window_length, at, min_valid)
    value, value_above = value_of(journey, objective, sums)
    spans = {name: length_of(name) for name in rules.burn_windows.value}
    threshold = objective.threshold
    limit = None
    if threshold is not None:
        limit = threshold.below if threshold.below is not None else threshold.above
    entry: dict[str, Any] = {
        "journey": journey.id,
        "objective": objective.id,
        "window": objective.window,
        "target": objective.target,
        "good": plain(sums.good),
        "valid": plain(sums.valid),
        "sli": None if sums.sli is None else float(sums.sli),
        "met": None if sums.sli is None else sums.sli >= target,
        "value": value,
        "value_above": value_above,
        "threshold": limit,
        "unit": threshold.unit if threshold is not None else "ratio",
        "assumption": objective.assumption is not None,
        "budget": budget_of(target, sums),
        "burn_rate": {
            name: burn_of(target, tally(objective, events, at - span, at, min_valid))
            for name, span in spans.items()
        },
    }
    if sums.platforms is not None:
        entry["platforms"] = {
            name: {
                "good": plain(platform.good),
                "valid": plain(platform.valid),
                "sli": None if platform.sli is None else float(platform.sli),
                # Too few to decide: neither met nor missed.
                "met": platform.sli >= target
                if platform.sli is not None and platform.valid >= min_valid
                else None,
            }
            for name, platform in sums.platforms.items()
        }
    return entry


def coverage_of(
    states: dict[int, bool], closed: set[int], start: datetime, end: datetime
) -> float | None:
    """Give observed / (window - maintenance), both counted in slices."""
    window = range(slice_of(start), slice_of(end))
    open_slices = len(window) - sum(number in window for number in closed)
    observed = sum(number in window and number not in closed for number in states)
    return observed / open_slices if open_slices else None


# --- Budgets of the services -------------------------------------------------------------------


def month_of(at: datetime) -> tuple[datetime, datetime]:
    """Give the calendar month of the last minute before `at`: (its start, the next one's)."""
    start = (at - timedelta(minutes=1)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return start, (start + timedelta(days=31)).replace(day=1)


def level_of(count: Fraction | int, hourly: Any) -> str:
    """Name the trailing hour's level: warning from its lower bound to its upper one, included."""
    if count > exact(hourly.critical_above):
        return "critical"
    return "warning" if count >= exact(hourly.warning_from) else "normal"


def allowed_in_month(budget: Any, at: datetime) -> Fraction:
    """Give what a budget's allocation allows in the month of the last minute before `at`."""
    month, next_month = month_of(at)
    allocation = budget.allocation_on((at - timedelta(minutes=1)).date())
    if allocation.share_of_month is not None:
        return exact(allocation.share_of_month) * int((next_month - month).total_seconds())
    return exact(allocation.allowed)


Total = Callable[[datetime, datetime], Tally]


def totals_of(objective: Any, events: Sequence[Event], min_valid: int) -> Total:
    """Give `tally` as a function of start and end, by running sums where it is asked so often."""
    if objective.per_platform:
        return lambda start, end: tally(objective, events, start, end, min_valid)
    moments = [event.ts for event in events]
    good = [0, *accumulate(event.good for event in events)]
    valid = [0, *accumulate(event.valid for event in events)]

    def total(start: datetime, end: datetime) -> Tally:
        first, last = bisect_left(moments, start), bisect_left(moments, end)
        return Tally(good[last] - good[first], valid[last] - valid[first], [])

    return total


def policy_remaining(
    budget: Any, objective: Any, total: Total, at: datetime, catalog: Any
) -> Fraction | None:
    """Give the remaining share that the policy looks at; None is no figure."""
    if catalog.policy.basis.value == "calendar":
        to_date = total(month_of(at)[0], at)
        allowed = allowed_in_month(budget, at)
        return (allowed - (to_date.valid - to_date.good)) / allowed if to_date.valid else None
    rolling = total(at - length_of(budget.policy_window), at)
    if rolling.sli is None:
        return None
    return 1 - (1 - rolling.sli) / (1 - exact(objective.target))


class State(NamedTuple):
    """A policy's state, when it was entered, and of the last exhaustion: when, and left for good?

    `exit_confirmed` is None before any exhaustion and while one lasts.
    """

    state: str | None
    since: datetime | None
    exit_confirmed: bool | None
    exhausted_at: datetime | None


def policy_state(
    budget: Any,
    objective: Any,
    events: Sequence[Event],
    at: datetime,
    catalog: Any,
    confirmed: dict[datetime, datetime],
) -> State:
    """Give the policy's state at a moment, hour by hour from the first data on.

    `confirmed` tells when the human criteria of an exhaustion were all checked off, by the hour at
    which it was entered. Left open by the contract, and read here as: "the first data" is the hour
    that they begin in; after an exhaustion the state is low, whatever remains, until its exit is
    confirmed, and from that moment on the remaining share of the last hour decides.
    """
    policy, hour = catalog.policy, timedelta(hours=1)
    low, high = exact(policy.exhausted_below), exact(policy.healthy_from)
    counted = [event.ts for event in events if event.valid and event.ts < at]
    found = State(None, None, None, None)
    if not counted:
        return found
    total = totals_of(objective, events, catalog.rules.min_valid.value)
    moment = min(counted).replace(minute=0, second=0, microsecond=0) + policy.min_history.value
    moments = []
    while moment <= at:
        moments.append((moment, True))
        moment += hour
    moments += [(when, False) for when in confirmed.values() if when <= at]
    remaining = None
    # A confirmation at a whole hour is known at that hour.
    for moment, whole in sorted(moments):
        if whole:
            left = policy_remaining(budget, objective, total, moment, catalog)
            remaining = remaining if left is None else left
        if remaining is None:
            continue
        state, waits, exhausted_at = found.state, found.exit_confirmed is False, found.exhausted_at
        if remaining < low:
            if state != "exhausted":
                exhausted_at = moment
            state, waits = "exhausted", False
        elif state == "exhausted" and remaining <= exact(policy.exit_above):
            pass
        else:
            out = state == "exhausted" or waits
            done = confirmed.get(exhausted_at, datetime.max) if exhausted_at else datetime.max
            waits = out and done > moment
            state = "healthy" if remaining >= high and not waits else "low"
        exited = None if exhausted_at is None or state == "exhausted" else not waits
        since = found.since if state == found.state else moment
        found = State(state, since, exited, exhausted_at)
    return found


def service_budget(
    budget: Any,
    objective: Any,
    events: list[Event],
    at: datetime,
    catalog: Any,
    confirmed: dict[datetime, datetime],
) -> dict[str, Any]:
    """Give one entry of `budgets` (DESIGN 3)."""
    min_valid = catalog.rules.min_valid.value
    month, _ = month_of(at)
    allocation = budget.allocation_on((at - timedelta(minutes=1)).date())
    allowed = allowed_in_month(budget, at)
    to_date = tally(objective, events, month, at, min_valid)
    hour = tally(objective, events, at - timedelta(hours=1), at, min_valid)
    consumed, failures = to_date.valid - to_date.good, hour.valid - hour.good
    month_remaining = (allowed - consumed) / allowed if to_date.valid else None
    basis = f"rolling {budget.policy_window}"
    if catalog.policy.basis.value == "calendar":
        basis = "calendar month"
    total = totals_of(objective, events, min_valid)
    remaining = policy_remaining(budget, objective, total, at, catalog)
    found = policy_state(budget, objective, events, at, catalog, confirmed)
    return {
        "service": budget.service,
        "month": f"{month:%Y-%m}",
        "allowed": float(allowed),
        "consumed": plain(consumed),
        "remaining_ratio": None if month_remaining is None else float(month_remaining),
        "hourly": {
            "count": plain(failures),
            "unit": budget.unit,
            "level": level_of(failures, allocation.hourly) if hour.valid else None,
        },
        "policy": found.state,
        "policy_since": found.since,
        "exit_confirmed": found.exit_confirmed,
        "exhausted_at": found.exhausted_at,
        "policy_basis": basis,
        "policy_remaining_ratio": None if remaining is None else float(remaining),
    }


# --- Freshness ---------------------------------------------------------------------------------


def freshness_of(moments: Iterable[datetime], at: datetime, rules: Any) -> dict[str, Any]:
    """Tell a journey's last event before `at`, and whether it has been silent for too long.

    Silent for too long: more than ten minutes, and more than five times the median gap between
    consecutive events that ended in this hour of the day during the last seven days. Left open by
    the contract, and read here as: the hour of the day is that of `at`; both events of a gap lie
    in the seven days; where no gap ended in this hour, all of the seven days' gaps stand in; where
    there is none at all, ten minutes decide. A journey without any event is not stale: it has no
    data, which is said in its own words.
    """
    past = sorted(moment for moment in moments if moment < at)
    recent = [moment for moment in past if moment >= at - rules.stale_history.value]
    if not past:
        return {"last_event": None, "stale": None}
    gaps = [(after, (after - before) // TICK) for before, after in pairwise(recent)]
    usual = [gap for after, gap in gaps if after.hour == at.hour] or [gap for _, gap in gaps]
    silence = at - past[-1]
    stale = silence > rules.stale_after.value
    if usual:
        longest = exact(rules.stale_gap_factor.value) * Fraction(median(usual))
        stale = stale and silence // TICK > longest
    return {"last_event": past[-1], "stale": stale}


# --- Everything --------------------------------------------------------------------------------


def compute_status(
    tables: Tables,
    catalog: Any,
    at: datetime,
    maintenance: Sequence[Row] = (),
    confirmed: dict[str, dict[datetime, datetime]] | None = None,
) -> dict[str, Any]:
    """Compute the content of `status --format json`; times are datetimes, `problems` are counts.

    `confirmed` tells for each service when the exit of an exhaustion was confirmed, by the hour at
    which it was entered.
    """
    at = at.replace(second=0, microsecond=0)
    journeys = {journey.id: journey for journey in catalog.journeys}
    judged = judged_requests(tables, catalog)
    measurements = counted_rows(tables, "measurements", catalog)
    probes = counted_rows(tables, "probes", catalog)
    outage = catalog.rules.availability
    states, closed = {}, {}
    for scope in catalog.scopes:
        states[scope.id] = slice_states(scope, outage, judged, probes, at)
        notice = outage.maintenance_notice.value
        closed[scope.id] = slices_in_maintenance(maintenance, scope.id, notice)

    objectives = []
    events_by_objective = {}
    for journey, objective in catalog.objectives:
        events = events_of(journey, objective, judged, measurements, states, closed)
        events_by_objective[journey.id, objective.id] = objective, events
        entry = objective_status(journey, objective, events, at, catalog.rules)
        if objective.indicator.kind == "availability":
            scope_id, start = objective.indicator.scope, at - objective.window_length
            entry["coverage"] = coverage_of(states[scope_id], closed[scope_id], start, at)
        objectives.append(entry)

    budgets = []
    for budget in catalog.budgets:
        objective, events = events_by_objective[budget.service, budget.objective]
        of_service = (confirmed or {}).get(budget.service, {})
        budgets.append(service_budget(budget, objective, events, at, catalog, of_service))
    bands = [entry["policy"] for entry in budgets if entry["policy"] is not None]

    moments: dict[str, list[datetime]] = {name: [] for name in journeys}
    for name, requests in judged.items():
        moments[name].extend(request.ts for request in requests)
    for row in measurements:
        moments[row["journey"]].append(row["ts"])
    return {
        "at": at,
        "objectives": objectives,
        "budgets": budgets,
        "studio_policy": max(bands, key=BANDS.index) if bands else None,
        "freshness": {name: freshness_of(moments[name], at, catalog.rules) for name in journeys},
        "problems": uncounted(tables, catalog),
    }
