"""What a log's lines mean, as data: which field is which column, which route is which journey.

Every format that is known beforehand is such a mapping (``formats/*.yaml``); a person's own, given
with ``--map``, is laid over it. It decides, too, what is a health check, what is a bot, and how
much of an id is kept.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BeforeValidator, Field

from slo_core.catalog import Catalog
from slo_core.catalog.base import Id, Model, Text, problem
from slo_core.catalog.checks import Finding
from slo_core.catalog.load import parse_model
from slo_core.errors import SloError
from slo_core.logs.tables import TABLES

FORMATS = (
    *("access", "alb", "csv", "json", "jtl", "jtl_xml", "k6_csv", "k6_json"),
    *("locust", "locust_sums", "parquet"),
)
"""The formats that are known, each a mapping in ``formats/``."""

Reader = Literal["pattern", "json", "csv", "xml", "parquet"]
"""How a file is taken apart: lines by a regular expression, JSON a line, CSV, JMeter's XML, or
Parquet."""


# What Python's expressions can say and the engine's cannot, whose time never explodes.
_NOT_RE2 = re.compile(r"\(\?(?:[=!>(]|<[=!]|P=)|\\[1-9]")


def _pattern(value: Any) -> Any:
    if isinstance(value, str):
        try:
            re.compile(value)
        except re.error as error:
            raise problem(f"expected a regular expression, found {value!r}: {error}") from None
        if _NOT_RE2.search(value):
            raise problem(
                "expected a regular expression without looking ahead or behind and without "
                f"references to groups, found {value!r}"
            )
    return value


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


def _field(value: Any) -> Any:
    return {"field": value} if isinstance(value, str | list) else value


def _column(value: Any) -> Any:
    alternatives = value if isinstance(value, list) else [value]
    return tuple(_field(each) for each in alternatives)


def _zone(value: Any) -> Any:
    try:
        ZoneInfo(value)
    except (ValueError, KeyError, OSError, TypeError):
        raise problem(f"expected a time zone such as Europe/Berlin, found {value!r}") from None
    return value


Pattern = Annotated[Text, BeforeValidator(_pattern)]
"""A regular expression, in the syntax that RE2 and Python share."""

Names = Annotated[tuple[Text, ...], BeforeValidator(_listed)]
"""One text or a list of them."""


class Word(Model):
    """What a value means whose text matches a pattern; null where ``means`` is missing."""

    pattern: Pattern
    means: str | None = None


class Source(Model):
    """Where a value is taken from.

    ``field`` is a named group of a pattern, a column, or a key (``data.tags.url`` below others);
    the first of several that is there counts, and several that are added (``sum``) must all be.
    """

    field: Names = ()
    value: Text | None = None
    """The same for every line, in place of a field."""
    unit: Literal["s", "ms", "us", "ns"] | None = None
    """Of a length of time, or of a time counted from the epoch; by its size where not given."""
    format: Names = ()
    """How a time is written (strptime); ISO 8601 is read without."""
    words: tuple[Word, ...] = ()
    add: bool = False


Column = Annotated[tuple[Source, ...], BeforeValidator(_column)]
"""Alternatives, of which the first that has a value counts. A name alone is a field's."""


class Route(Model):
    """Requests that belong to a journey: by their path, without its query, and method."""

    journey: Id
    path: Pattern
    method: Names = ()
    step: Text | None = None


class Journeys(Model):
    """Which request is which journey's: the first route that matches, else the default."""

    default: Id | None = None
    routes: tuple[Route, ...] = ()


class HealthCheck(Model):
    """Requests that only ask whether a server is there; they count as no request of anybody.

    With a ``scope`` of the catalogue each is a probe of that scope too.
    """

    path: Pattern
    scope: Id | None = None
    target: Text = "health check"


class Ids(Model):
    """How much is kept of what could be traced to a person."""

    salt: Text | None = None
    """The environment variable with the salt; user and session ids are kept as salted hashes."""
    shorten: bool = False
    """Whether ids within paths are kept as ``:id``."""


class Only(Model):
    """Lines that count, where a file has others too, which say nothing of their own.

    Those count whose field has the ``pattern``, and not that of ``without``.
    """

    field: Text
    pattern: Pattern | None = None
    without: Pattern | None = None


class Counters(Model):
    """Lines that say how many requests there have been so far, rather than one each."""

    total: Text
    failed: Text
    per: Names


class Diagnosis(Model):
    """Why a line could not be read: the reason, where this pattern is not found in it."""

    unless: Pattern
    reason: Text


class Mapping(Model):
    """What a log's lines mean; everything is optional, and laid over what is known of its format.

    The keys of `columns` are those of the table.
    """

    reader: Reader | None = None
    table: str = "requests"
    pattern: Pattern | None = None
    """What a line looks like; its named groups are the fields."""
    diagnoses: tuple[Diagnosis, ...] = ()
    headless: Names = ()
    """The columns of a CSV file that begins without their names, as its first line shows."""
    only: tuple[Only, ...] = ()
    others: Text = "other lines"
    """What the lines are that do not count."""
    required: Names = ()
    """Columns without which a line says nothing, though the table can do without."""
    nothing: tuple[str, ...] = ("",)
    """Texts that mean that there is no value."""
    time_zone: Annotated[str, BeforeValidator(_zone)] = "UTC"
    """Of times that are written without one."""
    columns: dict[str, Column] = Field(default_factory=dict)
    request: Annotated[Source | None, BeforeValidator(_field)] = None
    """The field with method and path in one, ``GET /songs HTTP/1.1``."""
    success: Annotated[Source | None, BeforeValidator(_field)] = None
    """A word for whether it went well; a false one is an error where nothing else is said."""
    user_agent: Annotated[Source | None, BeforeValidator(_field)] = None
    """Looked at for `bots` and never kept."""
    journeys: Journeys = Journeys()
    health_checks: tuple[HealthCheck, ...] = ()
    bots: tuple[Pattern, ...] = ()
    """User agents whose requests count on neither side."""
    ids: Ids = Ids()
    counters: Counters | None = None

    def over(self, base: "Mapping") -> "Mapping":
        """This mapping laid over another one: what it says counts, column by column."""
        said = {name: getattr(self, name) for name in self.model_fields_set}
        if self.journeys.default is None:
            said["journeys"] = Journeys(
                default=base.journeys.default, routes=self.journeys.routes or base.journeys.routes
            )
        columns = {**base.columns, **self.columns}
        return base.model_copy(update={**said, "columns": columns})

    def reduced(self, there: Collection[str], *, may_come: bool) -> "Reduced":
        """The same without what a file does not use, which would cost time.

        ``there`` are the fields that it has, or, if others ``may_come``, that it has shown so far:
        then of each column only the first alternative that is there stays.
        """
        chosen: list[str] = []
        absent: list[str] = []

        def among(column: tuple[Source, ...]) -> tuple[Source, ...]:
            pairs = [(source, name) for source in column for name in source.field]
            if any(source.add or source.value is not None for source in column):
                return column
            used = [(source, name) for source, name in pairs if name in there]
            if not used:
                absent.extend(name for _, name in pairs)
                return ()
            if not may_come:
                return tuple(
                    source.model_copy(
                        update={"field": tuple(n for n in source.field if n in there)}
                    )
                    for source in column
                    if any(name in there for name in source.field)
                )
            source, name = used[0]
            if len(pairs) > 1:
                chosen.append(name)
            # One that comes before it, and that no line has shown so far, would be taken first.
            absent.extend(other for _, other in pairs[: pairs.index(used[0])])
            return (source.model_copy(update={"field": (name,)}),)

        def alone(source: Source | None) -> Source | None:
            return next(iter(among((source,))), None) if source else None

        columns = {name: among(column) for name, column in self.columns.items()}
        update = {
            "columns": {name: column for name, column in columns.items() if column},
            "request": alone(self.request),
            "success": alone(self.success),
            "user_agent": alone(self.user_agent) if self.bots else None,
        }
        return Reduced(self.model_copy(update=update), tuple(chosen), tuple(absent))

    @property
    def sources(self) -> Iterator[Source]:
        """Every place that a value is taken from."""
        for column in self.columns.values():
            yield from column
        agent = self.user_agent if self.bots else None
        yield from (each for each in (self.request, self.success, agent) if each)

    @property
    def fields(self) -> list[str]:
        """The names of all fields that are looked at, each once."""
        names = [name for source in self.sources for name in source.field]
        names += [only.field for only in self.only]
        if self.counters:
            names += [self.counters.total, self.counters.failed, *self.counters.per]
        return list(dict.fromkeys(names))


@dataclass(frozen=True)
class Reduced:
    """A mapping without what a file has not shown so far.

    A line that lacks a field that was ``chosen`` among several, or has one that was ``absent``,
    must be read with the whole mapping.
    """

    mapping: Mapping
    chosen: tuple[str, ...]
    absent: tuple[str, ...]


def load_mapping(path: Path | str) -> Mapping:
    """Read a person's mapping. Raises SloError with file, line, what was expected and found."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SloError(
            f"{path} cannot be read as a mapping ({error}): name a YAML file with --map."
        ) from None
    if not text.strip():
        raise SloError(f"{path} is empty: expected the keys of a mapping, such as journeys.")
    return parse_model(text, Mapping, _findings, name=str(path), what="a mapping, such as journeys")


def format_mapping(name: str) -> Mapping:
    """What is known of a format."""
    return _format(name)


@cache
def _format(name: str) -> Mapping:
    text = files(__package__).joinpath(f"formats/{name}.yaml").read_text("utf-8")
    return Mapping.model_validate(yaml.safe_load(text))


def fitted(mapping: Mapping, catalog: Catalog, name: str) -> Mapping:
    """A mapping that names no journey and no scope but the catalogue's.

    Raises SloError where it names another one; only where lines name their journeys themselves may
    the default be unknown, and lines without one have none then. ``name`` is the log's.
    """
    known = {journey.id for journey in catalog.journeys}
    named = [route.journey for route in mapping.journeys.routes]
    default = mapping.journeys.default
    if mapping.table == "requests" and default and default not in known:
        if any(source.field for source in mapping.columns.get("journey", ())):
            journeys = mapping.journeys.model_copy(update={"default": None})
            mapping = mapping.model_copy(update={"journeys": journeys})
        else:
            named.append(default)
    for journey in named:
        if journey not in known:
            raise SloError(
                f"{name} gives requests to journey '{journey}', which the catalogue does not have "
                f"(it has: {', '.join(sorted(known))}); name one of these under journeys in --map."
            )
    for check in mapping.health_checks:
        if check.scope:
            catalog.scope(check.scope)
    return mapping


def _findings(mapping: Mapping) -> Iterator[Finding]:
    """What is wrong with a mapping beyond its types."""
    if mapping.table not in TABLES:
        yield Finding(("table",), f"expected one of {', '.join(TABLES)}, found {mapping.table!r}")
        return
    known = [column.name for column in TABLES[mapping.table].columns]
    for name in mapping.columns:
        if name not in known:
            yield Finding(("columns", name), f"expected one of {', '.join(known)}, found {name!r}")
