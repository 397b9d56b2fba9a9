"""What the rollup needs of a catalogue, as small tables that its SQL joins with."""

import math
from dataclasses import dataclass

import duckdb

from slo_core.catalog import MAX_CUTS, Catalog, Cut, Latency, Measurement, Share, Threshold

JOURNEY_FACTS = 6
"""The columns of ``journey`` before its cuts."""

_CUT_COLUMNS = [f"cut_{number}" for number in range(1, MAX_CUTS + 1)]


@dataclass(frozen=True)
class Plan:
    """The rows of the catalogue's small tables; two equal plans give equal rollups."""

    journeys: tuple[tuple[object, ...], ...]
    metrics: tuple[tuple[object, ...], ...]
    scopes: tuple[tuple[str], ...]
    funnels: tuple[tuple[str, str, int], ...]
    funnel_journeys: tuple[tuple[str, int, int | None], ...]

    @property
    def cuts(self) -> int:
        """The most cuts that a journey or a metric has."""
        rows = [row[JOURNEY_FACTS:] for row in self.journeys] + [row[2:] for row in self.metrics]
        return max((sum(cut != math.inf for cut in row) for row in rows), default=0)

    def create_tables(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Create ``journey``, ``metric``, ``scope``, ``funnel_step``, ``funnel_journey``."""
        cuts = ", ".join(f"{column} DOUBLE" for column in _CUT_COLUMNS)
        for name, columns, rows in (
            (
                "journey",
                "journey VARCHAR, journey_id TINYINT, source VARCHAR, timeout_ms DOUBLE, "
                f"in_scope BOOLEAN, has_funnel BOOLEAN, {cuts}",
                self.journeys,
            ),
            ("metric", f"journey VARCHAR, metric VARCHAR, {cuts}", self.metrics),
            ("scope", "scope VARCHAR", self.scopes),
            ("funnel_step", "journey VARCHAR, step VARCHAR, position INTEGER", self.funnels),
            (
                "funnel_journey",
                "journey VARCHAR, last_position INTEGER, slow_band INTEGER",
                self.funnel_journeys,
            ),
        ):
            connection.execute(f"CREATE TABLE {name} ({columns})")
            if rows:
                marks = ", ".join("?" for _ in rows[0])
                connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)


def make_plan(catalog: Catalog) -> Plan:
    """Take from a catalogue what decides the rollup's rows: sources, timeouts, cuts, scopes, steps.

    Targets, windows and words are no part of it, so that changing them redoes nothing.
    """
    in_scope = {scope.journey for scope in catalog.scopes} | {
        scope.critical_journey for scope in catalog.scopes
    }
    return Plan(
        journeys=tuple(
            (
                journey.id,
                number,
                journey.source.value if journey.source else None,
                journey.timeout.value.total_seconds() * 1000 if journey.timeout else None,
                journey.id in in_scope,
                journey.funnel is not None,
                *_cut_values(catalog.cuts(journey.id)),
            )
            for number, journey in enumerate(catalog.journeys)
        ),
        metrics=tuple(
            (journey, metric, *_cut_values(catalog.measurement_cuts(journey, metric)))
            for journey, metric in measured(catalog)
        ),
        scopes=tuple((scope.id,) for scope in catalog.scopes),
        funnels=tuple(
            (journey.id, step, position)
            for journey in catalog.journeys
            if journey.funnel
            for position, step in enumerate(journey.funnel.value)
        ),
        funnel_journeys=tuple(
            (journey.id, len(journey.funnel.value) - 1, _slow_band(catalog, journey.id))
            for journey in catalog.journeys
            if journey.funnel
        ),
    )


def measured(catalog: Catalog) -> list[tuple[str, str]]:
    """Every journey with each metric that its objectives read, once."""
    found: dict[tuple[str, str], None] = {}
    for journey, objective in catalog.objectives:
        match objective.indicator:
            case Measurement(metric=metric):
                found[journey.id, metric] = None
            case Share(total=total, bad=bad):
                found[journey.id, total] = None
                found[journey.id, bad] = None
    return list(found)


def cut_index(cuts: tuple[Cut, ...], cut: Cut) -> int:
    """The number, from 1, of the column ``below_<n>`` that counts at a cut."""
    return cuts.index(cut) + 1


def cut_of(threshold: Threshold | None) -> Cut:
    """The cut that decides whether a value is good: below a threshold, or above it.

    Every objective on values has a threshold; the catalogue refuses one without.
    """
    assert threshold is not None
    return Cut(threshold.value, inclusive=threshold.above is not None)


def cut_value(cut: Cut) -> float:
    """A cut as the smallest value that is not below it: ``<= 5`` is ``<`` the next double."""
    return math.nextafter(cut.value, math.inf) if cut.inclusive else cut.value


def _cut_values(cuts: tuple[Cut, ...]) -> list[float]:
    return [cut_value(cut) for cut in cuts] + [math.inf] * (MAX_CUTS - len(cuts))


def _slow_band(catalog: Catalog, journey_id: str) -> int | None:
    """The band from which a request is slower than the journey's slackest latency objective."""
    thresholds = [
        objective.threshold.value
        for objective in catalog.journey(journey_id).objectives
        if isinstance(objective.indicator, Latency) and objective.threshold
    ]
    if not thresholds:
        return None
    return cut_index(catalog.cuts(journey_id), Cut(max(thresholds), inclusive=False))
