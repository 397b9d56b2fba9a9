"""Random log tables that love the edges, and a writer that files them as another program would.

Rows are dicts, as in `tests.oracle`. One generator serves both hypothesis (small tables, which
it can shrink: ordinary choices come first in each list) and a seeded `random.Random` (big ones).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

Row = dict[str, Any]
Tables = dict[str, list[Row]]

TICK = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)

STATUSES = (200, None, 204, 205, 201, 299, 199, 300, 304, 400, 401, 403, 404, 499, 500, 503, 599)
ERRORS = (None, "", "timeout", "network", "exception", "invalid_response", "reported", "Gremlins")
METHODS = ("GET", None, "", "HEAD", "OPTIONS", "POST")
BYTES = (2048, None, 0, 1)
EXCLUDED = (None, None, None, None, "", "user_side", "third_party_handled", "our own reasons")
PLATFORMS = ("web", "ios", "android", None, "", "unknown")
TARGETS = ("eu", "us", "asia")
IMPOSSIBLE: dict[str, Sequence[Row]] = {
    "requests": (
        {"status": 99},
        {"status": 600},
        {"status": -1},
        {"duration_ms": -0.5},
        {"duration_ms": math.nan},
        {"duration_ms": math.inf},
        {"response_bytes": -1},
        {"journey": None},
        {"journey": ""},
        {"journey": "a_journey_nobody_knows"},
    ),
    "measurements": (
        {"value": None},
        {"value": -1.0},
        {"value": math.nan},
        {"value": math.inf},
        {"metric": ""},
        {"journey": "a_journey_nobody_knows"},
    ),
    "probes": (
        {"ok": None},
        {"target": ""},
        {"scope": None},
        {"latency_ms": -math.inf},
        {"scope": "elsewhere"},
    ),
    "steps": ({"attempt_id": None}, {"step": ""}, {"journey": "a_journey_nobody_knows"}),
    "resources": ({"value": math.nan}, {"value": -3.0}, {"host": None}),
    "feedback": ({"rating": 0}, {"rating": 6}, {"rating": None}, {"journey": "elsewhere"}),
    "changes": ({"kind": None}, {"kind": ""}),
}


# --- Moments -----------------------------------------------------------------------------------


def edges(catalog: Any, at: datetime) -> list[datetime]:
    """List the moments at which rules change their mind: `at`, window starts, midnights, months."""
    at = at.replace(second=0, microsecond=0)
    midnight = at.replace(hour=0, minute=0)
    lengths = {objective.window_length for _, objective in catalog.objectives}
    lengths |= {timedelta(hours=hours) for hours in (1, 6, 24, 72)} | {timedelta(days=30)}
    starts = [at - length for length in sorted(lengths)]
    month = (at - timedelta(minutes=1)).replace(day=1, hour=0, minute=0)
    return [at, midnight, midnight - timedelta(days=1), *starts, month]


def a_moment(random: Random, catalog: Any, at: datetime) -> datetime:
    """Draw a moment on, just beside, or a little away from an edge."""
    edge = random.choice(edges(catalog, at))
    nudges = (-TICK, timedelta(0), TICK, -SECOND, 10 * SECOND, -10 * SECOND, -60 * SECOND)
    if random.choice((True, False)):
        return edge + random.choice(nudges)
    return edge - random.randint(-900, 10_800) * SECOND


# --- Rows --------------------------------------------------------------------------------------


def timeout_ms(journey: Any) -> float:
    """Give a journey's timeout in milliseconds, or some long time where it has none."""
    if journey.timeout is None:
        return 60_000.0
    return float(journey.timeout.value / timedelta(milliseconds=1))


def source_of(journey: Any) -> str:
    """Name a source that counts for a journey."""
    return "client" if journey.source is None else str(journey.source.value)


def durations(journey: Any, step: str | None) -> list[float | None]:
    """List durations on and around a journey's timeout and its thresholds."""
    timeout = timeout_ms(journey)
    values: list[float | None] = [timeout / 100, None, 0.0, timeout, timeout + 0.001, timeout * 2]
    for objective in journey.objectives:
        if objective.indicator.kind == "latency":
            threshold = objective.threshold.value
            values += [threshold, threshold - 0.001, threshold + 0.001]
    return values


def steps_of(journey: Any) -> list[str | None]:
    """List the steps that a journey's objectives name, none, and one that none names."""
    named = {getattr(objective.indicator, "step", None) for objective in journey.objectives}
    return [*sorted(step for step in named if step), None, "", "another_step"]


def a_request(random: Random, journey: Any, ts: datetime) -> Row:
    """Draw a request of a journey: mostly good, often odd."""
    step = random.choice(steps_of(journey))
    row: Row = {
        "ts": ts,
        "journey": journey.id,
        "step": step,
        "status": 200,
        "duration_ms": random.choice(durations(journey, step)),
        "platform": random.choice(PLATFORMS),
        "source": source_of(journey),
    }
    if random.choice((False, True)):
        row["status"] = random.choice(STATUSES)
        row["error"] = random.choice(ERRORS)
        row["method"] = random.choice(METHODS)
        row["response_bytes"] = random.choice(BYTES)
    if random.choice((False, False, True)):
        row["excluded"] = random.choice(EXCLUDED)
        row["source"] = random.choice((source_of(journey), None, "", "client", "server", "bot"))
    return row


def some_measurements(random: Random, journey: Any, ts: datetime) -> list[Row]:
    """Draw what one moment measures for one objective of a journey; a share comes as a pair."""
    measured = [o for o in journey.objectives if o.indicator.kind in ("measurement", "share")]
    if not measured:
        return []
    objective = random.choice(measured)
    base: Row = {"ts": ts, "journey": journey.id, "platform": random.choice(PLATFORMS)}
    indicator = objective.indicator
    if indicator.kind == "share":
        total = random.choice((1000, 2000, 200_000, 0))
        bad = int(total * random.choice((0, 0.001, 0.005, 0.05, 1)))
        return [
            {**base, "metric": indicator.total, "value": float(total)},
            {**base, "metric": indicator.bad, "value": float(bad)},
        ]
    threshold = objective.threshold.value
    factor = random.choice((0.5, 1, 1 - 1e-9, 1 + 1e-9, 2, 0, 37.3))
    return [{**base, "metric": indicator.metric, "value": threshold * factor}]


def a_burst(random: Random, catalog: Any, at: datetime, counts: Sequence[int]) -> Tables:
    """Draw rows that follow each other closely: requests of one kind, measurements, or probes."""
    ts = a_moment(random, catalog, at)
    count = random.choice(counts)
    spacing = random.choice((0, 1, 7, 10, 10, 60)) * SECOND
    moments = [ts + number * spacing for number in range(count)]
    journey = random.choice(catalog.journeys)
    what = random.choice(("requests", "measurements", "probes"))
    if what == "requests":
        row = a_request(random, journey, ts)
        return {"requests": [{**row, "ts": moment} for moment in moments]}
    if what == "measurements":
        rows = some_measurements(random, journey, ts)
        return {"measurements": [{**row, "ts": moment} for row in rows for moment in moments]}
    if not catalog.scopes:
        return {}
    scope = random.choice(catalog.scopes)
    if random.choice((True, False)):
        return {"requests": a_rough_minute(random, scope, ts, max(count, 5))}
    targets = random.choice((TARGETS[:1], TARGETS[:2], TARGETS))
    return {"probes": some_probes(random, scope, ts, targets, count)}


def some_probes(
    random: Random, scope: Any, ts: datetime, targets: Sequence[str], count: int
) -> list[Row]:
    """Draw probes of several targets, each with its own rhythm and its own way to fail."""
    probes = []
    for place, target in enumerate(targets):
        # Targets answer a little apart, so that each has one latest probe.
        moment = ts + place * timedelta(milliseconds=2) + random.choice((0, 9, 18)) * SECOND
        spacing = random.choice((10, 5, 15, 33.333, 60, 90)) * SECOND
        answers = random.choice(((False,), (True,), (True, False), (False, False, True)))
        probes += [
            {
                "ts": moment + number * spacing,
                "scope": scope.id,
                "target": target,
                "ok": answers[number % len(answers)],
                "latency_ms": random.choice((12.5, None)),
            }
            for number in range(count)
        ]
    return probes


def a_rough_minute(random: Random, scope: Any, ts: datetime, count: int) -> list[Row]:
    """Draw requests that fail about as often as makes a minute fail, or the critical journey's."""
    journey = random.choice((scope.journey, scope.critical_journey or scope.journey))
    failing = random.choice((5, 4, 6, 9, 10))  # in ten
    return [
        {
            "ts": ts + random.randint(0, 95) * SECOND,
            "journey": journey,
            "status": 500 if random.randint(0, 9) < failing else 200,
        }
        for _ in range(count)
    ]


def some_others(random: Random, catalog: Any, at: datetime) -> Tables:
    """Draw a row of each table that no objective reads."""
    ts = a_moment(random, catalog, at)
    journey = random.choice(catalog.journeys).id
    return {
        "steps": [{"ts": ts, "journey": journey, "attempt_id": "a1", "step": "open"}],
        "resources": [{"ts": ts, "host": "h1", "metric": "cpu_percent", "value": 42.5}],
        "feedback": [{"ts": ts, "journey": journey, "rating": random.choice((5, 1, 4.5))}],
        "changes": [{"ts": ts, "kind": "deploy", "service": journey}],
    }


def spoil(random: Random, tables: Tables, times: int) -> None:
    """Add rows that may not count: impossible ones, and copies in another day's folder."""
    for _ in range(times):
        full = [name for name, rows in tables.items() if rows]
        if not full:
            return
        name = random.choice(full)
        row = dict(random.choice(tables[name]))
        if random.choice((True, False)):
            row.update(random.choice(IMPOSSIBLE[name]))
        else:
            days = random.choice((-1, 1, -30))
            row["date"] = f"{row['ts'] + timedelta(days=days):%Y-%m-%d}"
        tables[name].append(row)


def merged(parts: Sequence[Tables]) -> Tables:
    """Join tables; of two probes of one target at one moment the first stays (none is later)."""
    tables: Tables = {name: [] for name in IMPOSSIBLE}
    for part in parts:
        for name, rows in part.items():
            tables[name].extend(rows)
    probes = {(row["scope"], row["target"], row["ts"]): row for row in reversed(tables["probes"])}
    tables["probes"] = list(probes.values())
    return tables


def small_tables(random: Random, catalog: Any, at: datetime) -> Tables:
    """Draw a few bursts around the edges: hundreds of rows."""
    counts = (1, 2, 5, 6, 12, 99, 100, 101)
    bursts = [a_burst(random, catalog, at, counts) for _ in range(random.randint(0, 16))]
    # A folder without any table is another story: there is a row of each of these at least.
    tables = merged([*bursts, some_others(random, catalog, at)])
    spoil(random, tables, random.randint(0, 3))
    return tables


def big_tables(catalog: Any, at: datetime, rows: int, seed: int) -> Tables:
    """Draw about `rows` rows over 40 days: a quiet background, outages, and every edge."""
    random = Random(seed)
    parts: list[Tables] = []
    # The background ends a day after `at`, so that rows of the future are there to be left out.
    background = rows * 8 // 10
    for _ in range(background):
        ts = at - timedelta(seconds=random.uniform(-86_400, 40 * 86_400))
        ts = ts.replace(microsecond=ts.microsecond // 1000 * 1000)
        journey = random.choice(catalog.journeys)
        odd = random.random() < 0.1
        if random.random() < 0.3:
            measure = some_measurements if odd else ordinary_measurements
            parts.append({"measurements": measure(random, journey, ts)})
        else:
            ask = a_request if odd else an_ordinary_request
            parts.append({"requests": [ask(random, journey, ts)]})
    left = rows - background
    while left > 0:
        burst = a_burst(random, catalog, at, (5, 12, 30, 100, 300))
        left -= sum(len(table) for table in burst.values()) + 1
        parts.append(burst)
    parts += [outage_over_midnight(random, scope, at) for scope in catalog.scopes]
    parts += [some_others(random, catalog, at) for _ in range(50)]
    tables = merged(parts)
    spoil(random, tables, max(rows // 500, 20))
    for table in tables.values():
        random.shuffle(table)
    return tables


def an_ordinary_request(random: Random, journey: Any, ts: datetime) -> Row:
    """Draw a request as they mostly are: answered, with a heavy-tailed duration."""
    timeout = timeout_ms(journey)
    return {
        "ts": ts,
        "journey": journey.id,
        "step": random.choice(steps_of(journey)),
        "platform": random.choice(PLATFORMS[:4]),
        "method": "GET",
        "status": 500 if random.random() < 0.004 else 200,
        "duration_ms": round(timeout / 12 * math.exp(random.gauss(0, 0.8)), 3),
        "response_bytes": random.randint(1, 10**6),
        "source": source_of(journey),
    }


def ordinary_measurements(random: Random, journey: Any, ts: datetime) -> list[Row]:
    """Draw measurements as they mostly are: mostly within their objectives."""
    rows = some_measurements(random, journey, ts)
    limits = {
        o.indicator.metric: o for o in journey.objectives if o.indicator.kind == "measurement"
    }
    for row in rows:
        if row["metric"] in limits:
            threshold = limits[row["metric"]].threshold
            spread = math.exp(random.gauss(0, 0.5))
            row["value"] = threshold.value * (1.5 * spread if threshold.above else spread / 1.5)
    if len(rows) == 2:  # a share: of some playtime, little was interrupted
        rows[0]["value"] = float(random.randint(10_000, 200_000))
        rows[1]["value"] = float(random.choice((0, 0, 0, 0, 10, 400)))
    return rows


def outage_over_midnight(random: Random, scope: Any, at: datetime) -> Tables:
    """Draw probes and requests from 23:40 to 00:20 of which a stretch over midnight fails."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)
    probes, requests = [], []
    for number in range(-120, 120):
        ts = midnight + number * 10 * SECOND + timedelta(milliseconds=random.randint(0, 999))
        bad = -31 <= number < 17
        for place, target in enumerate(TARGETS[:2]):
            ok = not bad or (place == 1 and number == 3)
            probes.append({"ts": ts, "scope": scope.id, "target": target, "ok": ok})
        requests.append({"ts": ts, "journey": scope.journey, "status": 503 if bad else 200})
    return {"probes": probes, "requests": requests}


@st.composite
def tables(draw: st.DrawFn, catalog: Any, at: datetime) -> Tables:
    """Draw small tables around `at` for a catalogue."""
    return small_tables(draw(st.randoms(use_true_random=False)), catalog, at)


@st.composite
def maintenances(draw: st.DrawFn, catalog: Any, at: datetime) -> list[Row]:
    """Draw up to three maintenance windows: on notice or not, cancelled or not, odd in seconds."""
    random = draw(st.randoms(use_true_random=False))
    return some_maintenance(random, catalog, at, random.randint(0, 3))


def some_maintenance(random: Random, catalog: Any, at: datetime, count: int) -> list[Row]:
    """Draw maintenance windows of the catalogue's scopes."""
    windows = []
    for _ in range(count if catalog.scopes else 0):
        starts = a_moment(random, catalog, at).replace(microsecond=0)
        notice = random.choice((48, 49, 47, 0)) * timedelta(hours=1)
        windows.append(
            {
                "scope": random.choice(catalog.scopes).id,
                "starts_at": starts,
                "ends_at": starts + random.choice((10, 1, 15, 600, 7200)) * SECOND,
                "announced_at": starts - notice - random.choice((0, 1)) * SECOND,
                "cancelled_at": random.choice((None, None, starts - SECOND)),
                "reason": "a new database",
            }
        )
    return windows


# --- Files -------------------------------------------------------------------------------------

TEXT, NUMBER, WHOLE, FLAG = pa.string(), pa.float64(), pa.int64(), pa.bool_()
COLUMNS: dict[str, dict[str, pa.DataType]] = {
    "requests": {
        "journey": TEXT,
        "step": TEXT,
        "session_id": TEXT,
        "user_id": TEXT,
        "platform": TEXT,
        "endpoint": TEXT,
        "method": TEXT,
        "status": WHOLE,
        "duration_ms": NUMBER,
        "error": TEXT,
        "response_bytes": WHOLE,
        "excluded": TEXT,
        "source": TEXT,
    },
    "measurements": {
        "journey": TEXT,
        "metric": TEXT,
        "value": NUMBER,
        "session_id": TEXT,
        "platform": TEXT,
    },
    "steps": {"journey": TEXT, "attempt_id": TEXT, "step": TEXT, "session_id": TEXT},
    "probes": {"scope": TEXT, "target": TEXT, "ok": FLAG, "latency_ms": NUMBER},
    "resources": {"host": TEXT, "metric": TEXT, "value": NUMBER},
    "feedback": {"journey": TEXT, "rating": NUMBER, "comment": TEXT},
    "changes": {
        "kind": TEXT,
        "service": TEXT,
        "version": TEXT,
        "actor": TEXT,
        "note": TEXT,
    },
}
NULLABLE = {
    "requests": frozenset(COLUMNS["requests"]) - {"journey"},
    "measurements": frozenset({"session_id", "platform"}),
    "steps": frozenset({"session_id"}),
    "probes": frozenset({"latency_ms"}),
    "resources": frozenset[str](),
    "feedback": frozenset({"comment"}),
    "changes": frozenset({"service", "version", "actor", "note"}),
}


@dataclass(frozen=True)
class Style:
    """How a program writes a file; every style says the same rows."""

    leave_out: bool = False
    """Leave out nullable columns that hold nothing."""
    untyped_nulls: bool = False
    """Write columns that hold nothing as Arrow's null type, as pandas does."""
    extra: bool = False
    """Add columns that nobody asked for, one of them before the others."""
    zone: str | None = None
    """Give `ts` a zone; the moments stay the same."""
    unit: str = "us"
    """Write `ts` in ms, us or ns (ms only where that loses nothing)."""
    dictionary: bool = False
    """Encode text as dictionaries."""
    whole: pa.DataType = WHOLE
    """Write integers as this type."""
    row_group: int = 100_000
    """Begin a new row group after this many rows."""


PLAIN = Style()
STYLES = (
    PLAIN,
    Style(leave_out=True),
    Style(untyped_nulls=True, extra=True),
    Style(zone="UTC", dictionary=True),
    Style(zone="Asia/Kolkata", unit="ns", leave_out=True),
    Style(unit="ms", whole=NUMBER, extra=True),
    Style(unit="ns", whole=pa.int32(), dictionary=True, row_group=7),
)


def write_file(path: Path, table: str, rows: Sequence[Row], style: Style = PLAIN) -> None:
    """Write one Parquet file of rows in a style."""
    moments = [row["ts"] for row in rows]
    fits = all(ts is None or ts.microsecond % 1000 == 0 for ts in moments)
    unit = style.unit if style.unit != "ms" or fits else "us"
    naive = pa.array(moments, pa.timestamp("us")).cast(pa.timestamp(unit))
    columns: dict[str, pa.Array] = {"ts": naive}
    if style.zone is not None:
        # The numbers are UTC with or without a zone; the zone says how to show them.
        columns["ts"] = naive.cast(pa.timestamp(unit, tz=style.zone))
    for name, kind in COLUMNS[table].items():
        values = [row.get(name) for row in rows]
        empty = name in NULLABLE[table] and all(value is None for value in values)
        if empty and style.leave_out:
            continue
        if empty and style.untyped_nulls:
            columns[name] = pa.nulls(len(values))
            continue
        array = pa.array(values, style.whole if kind == WHOLE else kind)
        columns[name] = array.dictionary_encode() if style.dictionary and kind == TEXT else array
    if style.extra:
        note = pa.array(["x"] * len(rows))
        columns = {"a_first": note, **columns, "success": pa.array([True] * len(rows))}
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, row_group_size=style.row_group)


def write_tables(
    data_dir: Path,
    tables: Tables,
    styles: Sequence[Style] = (PLAIN,),
    files_a_date: int = 2,
) -> dict[str, list[Row]]:
    """Write tables as hive-partitioned files and tell which rows went where.

    A row lies in the folder that its `date` names, else in its own day's. The rows of a date are
    dealt over up to `files_a_date` files, whose styles take turns.

    Returns the rows by file, named relative to `data_dir`.
    """
    written: dict[str, list[Row]] = {}
    turn = 0
    for table, rows in tables.items():
        folders: dict[str, list[Row]] = {}
        for row in rows:
            folders.setdefault(row.get("date") or f"{row['ts']:%Y-%m-%d}", []).append(row)
        for date, inside in sorted(folders.items()):
            for number in range(min(files_a_date, len(inside))):
                name = f"{table}/date={date}/part-{number}.parquet"
                written[name] = inside[number::files_a_date]
                write_file(data_dir / name, table, written[name], styles[turn % len(styles)])
                turn += 1
    return written
