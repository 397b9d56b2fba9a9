"""The units of the rollup: what each log table becomes, one date at a time."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from slo_core.logs import tables
from slo_core.logs.tables import Table

_SQL = Path(__file__).parent / "sql"
_BELOW = re.compile(r"^.* AS below_(?P<number>\d+),\n", re.MULTILINE)


@dataclass(frozen=True)
class Output:
    """A file of figures: the SQL for its rows' date, and the columns that it is sorted by."""

    name: str
    date: str
    order: str

    @property
    def in_order_of_time(self) -> bool:
        """Whether a span of time is a run of rows, so that small row groups make it quick."""
        return self.order.startswith(("minute", "ts"))


@dataclass(frozen=True)
class Unit:
    """One log table's rollup.

    Every name is that of an SQL file in ``sql/<table>/``. ``parts`` are grouped from ``judged``,
    which reads the raw rows once; ``steps`` are made after them, from them or from the raw rows,
    in this order. ``neighbours`` are the days before and after a date that its rollup looks at.
    ``known`` is SQL for why a row means nothing to the catalogue, or null. ``coded`` are the text
    columns that the SQL sees as 64-bit numbers, which are quicker to keep and to group by; the
    table ``word`` has the texts, and the outputs too.
    """

    table: Table
    outputs: tuple[Output, ...]
    parts: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    neighbours: tuple[int, ...] = ()
    known: str = "NULL"
    coded: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The unit's name, that of its table."""
        return self.table.name

    def sql(self, name: str, cuts: int | None = None) -> str:
        """The text of one of the unit's SQL files, with counts below so many cuts, or below all.

        Each is a line of its own, and the most that a catalogue may have are many to write.
        """
        text = _read(self.name, name)
        if cuts is None:
            return text
        return _BELOW.sub(lambda line: line[0] if int(line["number"]) <= cuts else "", text)

    @property
    def text(self) -> str:
        """All of the unit's SQL, for its fingerprint."""
        return _read_all(self.name)


_KNOWN_JOURNEY = (
    "CASE WHEN journey NOT IN (SELECT journey FROM journey) "
    "THEN 'journey ' || left(journey, 80) || ' is not in the catalogue' END"
)
_KNOWN_SCOPE = (
    "CASE WHEN scope NOT IN (SELECT scope FROM scope) "
    "THEN 'scope ' || left(scope, 80) || ' is not in the catalogue' END"
)
_KNOWN_STEP = f"""
CASE
  WHEN journey NOT IN (SELECT journey FROM journey) THEN {_KNOWN_JOURNEY}
  WHEN journey NOT IN (SELECT journey FROM funnel_step)
    THEN 'journey ' || journey || ' has no funnel in the catalogue'
  WHEN (journey, step) NOT IN (SELECT (journey, step) FROM funnel_step)
    THEN 'step ' || left(step, 80) || ' is not in the funnel of ' || journey
  WHEN (journey, hash(attempt_id), ts) IN (SELECT (journey, attempt_id, ts) FROM overlong)
    THEN 'step comes two days or more after its attempt began'
END"""
_BY_MINUTE = "CAST(minute AS DATE)"
_BY_HOUR = "CAST(hour AS DATE)"
_BY_TS = "CAST(ts AS DATE)"

UNITS: tuple[Unit, ...] = (
    Unit(
        tables.REQUESTS,
        parts=("minute", "histogram_hour", "routes", "slices", "sources", "sessions"),
        steps=("users", "hour", "histogram_day", "breakdown", "seen", "troubled"),
        outputs=(
            Output("minute", _BY_MINUTE, "minute"),
            Output("hour", _BY_HOUR, "journey_id, hour"),
            Output("histogram_hour", _BY_HOUR, "journey_id, hour"),
            Output("histogram_day", "CAST(day AS DATE)", "journey_id"),
            Output("breakdown", _BY_HOUR, "journey_id, hour"),
            Output("slices", "date", "journey_id, slice"),
            Output("seen", "date", "journey_id, sixty"),
            Output("troubled", "date", "journey_id, slice"),
            Output("sources", _BY_HOUR, "journey_id, hour"),
            Output("sessions", "date", "journey_id"),
            Output("users", "date", "user_id"),
        ),
        known=_KNOWN_JOURNEY,
        coded=("step", "platform", "endpoint"),
    ),
    Unit(
        tables.MEASUREMENTS,
        parts=("minute", "histogram_hour"),
        steps=("hour", "histogram_day"),
        outputs=(
            Output("minute", _BY_MINUTE, "minute"),
            Output("hour", _BY_HOUR, "journey_id, metric, hour"),
            Output("histogram_hour", _BY_HOUR, "journey_id, metric, hour, bin"),
            Output("histogram_day", "CAST(day AS DATE)", "journey_id, metric, bin"),
        ),
        known=_KNOWN_JOURNEY,
        coded=("platform",),
    ),
    Unit(
        tables.PROBES,
        steps=("slices", "seen"),
        outputs=(
            Output("slices", "date", "scope, slice, target"),
            Output("seen", "date", "scope, sixty"),
        ),
        known=_KNOWN_SCOPE,
    ),
    Unit(
        tables.STEPS,
        steps=(
            *("chained", "last_steps", "overlong", "walked"),
            *("attempts", "platforms", "visits", "reasons", "funnel", "step_times"),
        ),
        outputs=(
            Output("funnel", _BY_HOUR, "journey, hour, reached"),
            Output("step_times", _BY_HOUR, "journey, hour, position, bin"),
            Output("last_steps", "date", "journey, attempt_id"),
        ),
        neighbours=(-3, -2, -1, 1, 2),
        coded=("attempt_id",),
        known=_KNOWN_STEP,
    ),
    Unit(
        tables.RESOURCES,
        steps=("minute",),
        outputs=(Output("minute", _BY_MINUTE, "minute, host, metric"),),
    ),
    Unit(
        tables.FEEDBACK,
        steps=("hour",),
        outputs=(Output("hour", _BY_HOUR, "journey, hour"),),
        known=_KNOWN_JOURNEY,
    ),
    Unit(
        tables.CHANGES,
        outputs=(Output("changes", _BY_TS, "ts"),),
    ),
)


@cache
def _read(unit: str, name: str) -> str:
    return (_SQL / unit / f"{name}.sql").read_text("utf-8")


@cache
def _read_all(unit: str) -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted((_SQL / unit).glob("*.sql")))
