"""The plan as rows of the small tables of tables.sql, and as variables: what the SQL reads."""

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from itertools import accumulate
from math import log
from typing import TypeVar

from slo_core.logs.sample.plan import Plan, SamplePhase
from slo_core.logs.sample.scenario import Effect
from slo_core.logs.sample.world import Outcome, RequestStream

Row = dict[str, object]
_T = TypeVar("_T")

_MONTH_US = 30 * 86_400 * 1_000_000
# How finely chances are told apart; requests.sql and macros.sql know these numbers.
_ROUTES, _WAYS, _PLATFORMS = 64, 1000, 100
# Where the catalogue has no timeout for a journey, its clients give up after a minute.
_NO_TIMEOUT_MS = 60_000.0
# A phase's sessions are numbered from here on, so that no two phases share one.
_SESSIONS_OF_PHASE = 100_000_000


def variables(plan: Plan, phase: SamplePhase) -> dict[str, object]:
    """The figures of a phase, by the name that the SQL reads them with."""
    world = plan.world
    people = world.people
    month = timedelta(days=30)
    # Growth leaves the volume as it is in the middle of the phase; of the last, of its last month.
    last = phase is plan.phases[-1]
    pivot_start = plan.end - month if last else phase.starts_at
    return {
        "seed": plan.seed,
        "sample_end": plan.end,
        "day_start": phase.starts_at,  # until a date is set
        "day_end": phase.ends_at,
        "phase_start": phase.starts_at,
        "phase_end": phase.ends_at,
        "dark": [
            [incident.start(plan.end), incident.stop(plan.end)]
            for incident in plan.scenario.incidents
            if incident.dark and plan.touches(incident)
        ],
        "slot": phase.slot,
        "probe_interval": phase.probe_interval,
        "flakes": world.probe_flakes,
        "volume": phase.volume,
        "growth": world.growth,
        "norm": 1.0,  # until calibrate.sql
        "growth_pivot": pivot_start + (phase.ends_at - pivot_start) / 2,
        "hours": list(world.rhythm.hours),
        "weekdays": list(world.rhythm.weekdays),
        "slowness": list(world.rhythm.slowness),
        "users": max(1.0, people.users * phase.volume * plan.scale),
        "skew": people.skew,
        "platforms": spread(people.platforms, _PLATFORMS),
        "first_session": plan.phases.index(phase) * _SESSIONS_OF_PHASE,
        "monthly_sessions": people.sessions * phase.volume * plan.scale,
        "hourly_sessions": people.sessions * plan.scale / (month / timedelta(hours=1)),
        "session_span": people.session_minutes / 60,
        "comments": [list(world.comments[stars]) for stars in range(1, 6)],
        "missing": world.disorder.missing,
        "repeated": world.disorder.repeated,
        "early": world.disorder.early,
    }


def rows(plan: Plan, phase: SamplePhase) -> dict[str, list[Row]]:
    """The rows of each table of tables.sql, for a phase."""
    requests = list(_request_streams(plan))
    measurements = list(enumerate(plan.world.measurements, start=len(requests)))
    feedback = list(enumerate(plan.world.feedback, start=len(requests) + len(measurements)))
    metrics: list[Row] = [
        {"kind": "measurements", "k": k, "per_us": m.monthly * plan.scale / _MONTH_US}
        | m.model_dump(include={"journey", "metric", "slowed"})
        for k, m in measurements
    ]
    ratings: list[Row] = [
        {"kind": "feedback", "k": k, "per_us": f.monthly * plan.scale / _MONTH_US}
        | {"journey": f.journey, "slowed": False}
        for k, f in feedback
    ]
    mixes = {name: 2 * n for n, name in enumerate(plan.world.mixes)}
    return {
        "streams": [{"kind": "requests"} | stream for stream, _ in requests] + metrics + ratings,
        "routes": [row for stream, of in requests for row in _routes(plan, stream, of, mixes)],
        "ways": [*_usual_ways(plan, mixes), *_effect_ways(plan, len(mixes))],
        "metrics": [
            {"k": k, "mu": log(m.median)}
            | m.model_dump(include={"journey", "metric", "spread", "tail", "decimals"})
            for k, m in measurements
        ],
        "effects": [*_effects(plan, len(mixes))],
        "funnels": [*_funnels(plan)],
        "targets": [
            {"scope": p.scope, "target": p.target, "latency": p.latency, "offset_ms": 700 * n}
            for n, p in enumerate(plan.world.probes)
            if p.phases is None or phase.name in p.phases
        ],
        "hosts": [*_hosts(plan, phase)],
        "changes": [*changes(plan)],
    }


def words(plan: Plan, tables: Mapping[str, list[Row]]) -> list[str]:
    """Every name in the tables, and the platforms of sessions, once and in order."""
    values = (value for found in tables.values() for row in found for value in row.values())
    named = {value for value in values if isinstance(value, str)}
    return sorted(named | set(plan.world.people.platforms))


def spread(weights: Mapping[_T, float], places: int) -> list[_T]:
    """Share `places` out among the keys by weight: ``{"a": 3, "b": 1}`` over 4 is ``a a a b``."""
    ends = list(accumulate(weights.values()))
    names = list(weights)
    return [
        next(name for name, end in zip(names, ends, strict=True) if at < end)
        for at in ((place + 0.5) / places * ends[-1] for place in range(places))
    ]


def changes(plan: Plan) -> Iterator[Row]:
    """The rows of `changes` in the sample: the scenario's, and every service's routine deploys."""
    for change in plan.scenario.changes:
        told = change.model_dump(include={"kind", "service", "version", "actor", "note"})
        yield {"ts": change.moment(plan.end), **told}
    for phase in plan.phases:
        for day in phase.dates:
            year, week, weekday = day.isocalendar()
            for routine in plan.world.deploys:
                if weekday in routine.weekdays:
                    # A minute that is not the same each week, without chance.
                    at = timedelta(hours=routine.hour, minutes=(7 * week + 13 * weekday) % 60)
                    yield {
                        "ts": datetime.combine(day, time()) + at,
                        "kind": "deploy",
                        "service": routine.service,
                        "version": f"{year}.{week}.{weekday}",
                        "actor": routine.actor,
                        "note": "routine release",
                    }


def _request_streams(plan: Plan) -> Iterator[tuple[Row, RequestStream]]:
    """Each stream of requests as a row of `streams`; one for each platform where it has several."""
    k = 0
    for of in plan.world.requests:
        weights = of.platforms or {"": 1.0}
        for platform, weight in weights.items():
            share = weight / sum(weights.values())
            yield (
                {
                    "k": k,
                    "journey": of.journey,
                    "step": of.step,
                    "source": of.source,
                    "platform": platform or None,
                    "per_us": plan.monthly(of) * share * plan.scale / _MONTH_US,
                    "slowed": True,
                },
                of,
            )
            k += 1


def _routes(plan: Plan, stream: Row, of: RequestStream, mixes: Mapping[str, int]) -> Iterator[Row]:
    paths = spread({place: e.weight for place, e in enumerate(of.endpoints)}, _ROUTES)
    for bucket, endpoint in enumerate(of.endpoints[place] for place in paths):
        yield {
            **{name: stream[name] for name in ("k", "journey", "step", "source", "platform")},
            "bucket": bucket,
            "endpoint": endpoint.path,
            "method": endpoint.method,
            "status": endpoint.status,
            "bytes": of.bytes,
            "mu": log(of.duration.median),
            "spread": of.duration.spread,
            "tail": of.duration.tail,
            "timeout_ms": _timeout_ms(plan, of.journey),
            "failures": of.failures,
            "failure_way": mixes[of.mix],
            "unusual": sum(plan.world.mixes[of.mix].unusual.values()),
            "unusual_way": mixes[of.mix] + 1,
        }


def _timeout_ms(plan: Plan, journey: str) -> float:
    timeout = plan.catalog.journey(journey).timeout
    return timeout.value / timedelta(milliseconds=1) if timeout else _NO_TIMEOUT_MS


def _usual_ways(plan: Plan, mixes: Mapping[str, int]) -> Iterator[Row]:
    for name, mix in plan.world.mixes.items():
        yield from _ways(mixes[name], mix.reasons, plan.world.outcomes)
        yield from _ways(mixes[name] + 1, mix.unusual, plan.world.outcomes)


def _effect_ways(plan: Plan, mixes: int) -> Iterator[Row]:
    outcomes = {**plan.world.outcomes, **plan.scenario.outcomes}
    for way, _, _, effect in _happening(plan, mixes):
        if effect.outcomes:
            yield from _ways(way, effect.outcomes, outcomes)


def _ways(key: int, weights: Mapping[str, float], outcomes: Mapping[str, Outcome]) -> Iterator[Row]:
    for bucket, kind in enumerate(spread(weights, _WAYS)):
        outcome = outcomes[kind]
        yield {
            **outcome.model_dump(),
            "key": key,
            "bucket": bucket,
            "status": -1 if outcome.status == "none" else outcome.status,
            "bytes": -1 if outcome.bytes == "none" else outcome.bytes,
        }


def _happening(plan: Plan, mixes: int) -> Iterator[tuple[int, datetime, datetime, Effect]]:
    """The effects in the sample, with the key of their ways and their time."""
    way = 2 * mixes
    for happening in plan.scenario.happenings:
        for effect in happening.effects:
            if plan.touches(happening):
                yield way, happening.start(plan.end), happening.stop(plan.end), effect
            way += 1


def _effects(plan: Plan, mixes: int) -> Iterator[Row]:
    for way, start, stop, effect in _happening(plan, mixes):
        yield {
            **effect.model_dump(exclude={"table", "outcomes"}),
            "kind": effect.table,
            "begins": start,
            "ends": stop,
            "fail_end": effect.fail if effect.fail_end is None else effect.fail_end,
            "fail_way": way,
            "more_end": effect.more if effect.more_end is None else effect.more_end,
        }


def _funnels(plan: Plan) -> Iterator[Row]:
    sources = {of.journey: of.source for of in reversed(plan.world.requests)}
    for journey, funnel in plan.world.funnels.items():
        kept = accumulate((step.keep for step in funnel.steps.values()), float.__mul__)
        for place, ((name, step), share) in enumerate(zip(funnel.steps.items(), kept, strict=True)):
            yield {
                "journey": journey,
                "source": sources[journey],
                "timeout_ms": _timeout_ms(plan, journey),
                "abandoned": funnel.abandoned,
                "retried": funnel.retried,
                "step": name,
                "place": place + 1,
                "at_start": step.at == "start",
                "seconds": step.seconds,
                "kept": share,
                "success": step.success,
                "patience": step.patience,
            }


def _hosts(plan: Plan, phase: SamplePhase) -> Iterator[Row]:
    for second, host in enumerate(plan.world.hosts):
        if phase.name in host.phases:
            yield {
                "host": host.host,
                "second": second,
                "vcpus": host.vcpus,
                "cpu_base": host.cpu.base,
                "cpu_load": host.cpu.load,
                "memory_base": host.memory.base,
                "memory_load": host.memory.load,
                "disk_at_end": host.disk.at_end,
                "disk_daily": host.disk.daily,
                "storage_at_end": host.storage and host.storage.at_end,
                "storage_doubling_days": host.storage and host.storage.doubling_days,
            }
