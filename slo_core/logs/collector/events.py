"""What an event that arrives over HTTP says, as rows of the log tables (DESIGN 2.1).

    rows = Reader(catalog).rows([{"event": "studio_performance_metric", ...}], sender, received)

An event is read under the first of these that it fits: a name that an instrument of the catalogue
sends under (the document's two shapes); the name of a log table, in the singular or the plural; a
web vital as the ``web-vitals`` library reports it; or, without a name, its fields.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slo_core.catalog import Catalog, Instrument, Journey
from slo_core.errors import SloError
from slo_core.logs.collector.fields import Row, boolean, column_value, moment, number, shown, text
from slo_core.logs.tables import TABLES, Table

NAMES = ("event", "name", "type")
"""The keys under which libraries say what an event is, the first that is there counts."""

NESTED = ("properties", "data")
"""The keys under which libraries put an event's fields, beside it or in place of them."""

VITALS = ("FCP", "LCP", "FID", "INP", "TTFB", "CLS")
"""The metrics of the ``web-vitals`` library; all but the last are milliseconds."""

PAST, FUTURE = timedelta(days=7), timedelta(minutes=10)
"""How far an event's own time may lie from its receipt: later ones are rolled up into their date,
whose raw logs may be gone after that; earlier ones have a clock that is wrong."""

_ALIASES = {"duration": "duration_ms", "timestamp": "ts"}
_SINGULAR = {name.rstrip("s"): name for name in TABLES} | {name: name for name in TABLES}
_ADDRESSES = {"endpoint", "target"}
_HIDDEN = {"session_id", "user_id"}


class BadEventError(SloError):
    """An event that cannot be taken, and with it its batch; the sentence says which field and why.

    ``index`` counts from 0 in the batch; ``field`` is the event's own word, None where the event
    as a whole is wrong.
    """

    def __init__(self, index: int, field: str | None, sentence: str) -> None:
        self.index, self.field = index, field
        place = f"events[{index}]" + (f".{field}" if field else "")
        super().__init__(f"{place}: {sentence}")


class UnmappedError(BadEventError):
    """A request of which nothing tells what journey it belongs to."""


@dataclass(frozen=True)
class Sender:
    """Who sends: the name of its token, and the source that the token or the browser speaks for.

    ``only`` is the one source that its events may have; ``usual`` is what they have when they do
    not say.
    """

    name: str = ""
    only: str | None = None
    usual: str | None = None


class _FieldError(Exception):
    kind: type[BadEventError] = BadEventError

    def __init__(self, field: str | None, sentence: str) -> None:
        self.field, self.sentence = field, sentence


class _NoJourneyError(_FieldError):
    kind = UnmappedError


class Reader:
    """Reads events by a catalogue; ``hide`` makes of a session or user id what is stored of it."""

    def __init__(self, catalog: Catalog, hide: Callable[[str], str] | None = None) -> None:
        self._catalog = catalog
        self._hide = hide if catalog.collecting.hash_ids else None
        instruments = catalog.instrumentation or ()
        self._instruments = {it.event: it for it in instruments if it.event}
        self._journeys = {journey.id: journey for journey in catalog.journeys}
        self._scopes = {scope.id for scope in catalog.scopes}
        self._measured = {
            metric: journey.id for journey in catalog.journeys for metric in _metrics(journey)
        }

    def rows(self, events: Iterable[Any], sender: Sender, received: datetime) -> list[Row]:
        """The rows of a batch, none for what the catalogue's routes leave out.

        ``received`` is UTC without a zone. Raises BadEventError for the first event that is wrong.
        """
        rows = []
        for index, event in enumerate(events):
            try:
                row = self._row(event, sender, received)
            except _FieldError as wrong:
                raise wrong.kind(index, wrong.field, wrong.sentence) from None
            except ValueError as wrong:
                field, _, sentence = str(wrong).partition(": ")
                raise BadEventError(index, field, sentence) from None
            if row:
                rows.append(row)
        return rows

    def _row(self, event: Any, sender: Sender, received: datetime) -> Row | None:
        name, fields = _opened(event, self._instruments)
        if name in VITALS and "value" in fields:
            return self._checked("measurements", self._vital(name, fields), received)
        instrument, table = self._kind(name, fields)
        if table != "requests":
            return self._checked(table, fields, received)
        request = self._request(fields, instrument, sender)
        return self._checked("requests", request, received) if request else None

    def _kind(self, name: str | None, fields: Mapping[str, Any]) -> tuple[Instrument | None, str]:
        """The instrument that sent an event, and the table that it belongs to."""
        if name is not None:
            if name in self._instruments:
                return self._instruments[name], "requests"
            if name in _SINGULAR:
                return None, _SINGULAR[name]
            known = ", ".join([*self._instruments, *_SINGULAR, *VITALS])
            raise _FieldError(None, f"expected an event called one of {known}, found {shown(name)}")
        found = [it for it in self._instruments.values() if it.fields and _has(fields, it.fields)]
        if found:
            return max(found, key=lambda it: len(it.fields)), "requests"
        needed = {table.name: _needed(table) for table in TABLES.values()}
        fitting = [table for table, columns in needed.items() if _has(fields, columns)]
        if fitting:
            return None, max(fitting, key=lambda table: len(needed[table]))
        if "endpoint" in fields:
            return None, "requests"
        raise _FieldError(
            None,
            "expected a name under `event`, or the fields of one of "
            f"{', '.join(TABLES)}, found {shown(list(fields))}",
        )

    def _vital(self, name: str, fields: dict[str, Any]) -> dict[str, Any]:
        word = name.lower()
        metric = word if name == "CLS" or word in self._measured else f"{word}_ms"
        vitals = [self._measured.get(m) for v in VITALS for m in (v.lower(), f"{v.lower()}_ms")]
        journey = self._measured.get(metric) or next((j for j in vitals if j), None)
        return {"journey": journey, **fields, "metric": metric}

    def _request(
        self, fields: dict[str, Any], instrument: Instrument | None, sender: Sender
    ) -> dict[str, Any] | None:
        request = dict(fields)
        source = request.get("source") or (instrument.source if instrument else None)
        source = source or sender.only or sender.usual
        if source not in (None, "client", "server"):
            raise _FieldError("source", f"expected client or server, found {shown(source)}")
        if sender.only and source != sender.only:
            raise _FieldError(
                "source", f"expected {sender.only}, for which the token is, found {source}"
            )
        request["source"] = source
        if (success := request.pop("success", None)) is not None:
            boolean("success", success)
        status = request.get("status")
        bare = not request.get("error") and (status is None or status in range(200, 300))
        if success is False and bare:
            request["error"] = "reported"
        if request.get("journey"):
            return request
        path = path_of(text("endpoint", request.get("endpoint")) or "")
        method = text("method", request.get("method"))
        if path and (route := self._catalog.collecting.route(path, method, source)):
            step = request.get("step") or route.step
            return request | {"journey": route.journey, "step": step} if route.journey else None
        if journey := self._usual_journey(instrument, source):
            return request | {"journey": journey}
        raise _NoJourneyError(
            "journey",
            f"expected a journey, or an endpoint that a route of the catalogue fits, found "
            f"{shown(path or None)}",
        )

    def _usual_journey(self, instrument: Instrument | None, source: str | None) -> str | None:
        """The one journey whose requests an instrument, or any of that source, records."""
        found = [instrument] if instrument else list(self._instruments.values())
        journeys = {
            journey
            for it in found
            if instrument or (source and it.source == source)
            for journey in it.journeys or ()
        }
        return journeys.pop() if len(journeys) == 1 else None

    def _checked(self, name: str, fields: Mapping[str, Any], received: datetime) -> Row:
        """A row with every column in its type and range, or the sentence for the first that is not.

        What is no column of the table is left where it came from: never stored, whatever it is.
        """
        row: dict[str, Any] = {}
        for column in TABLES[name].columns:
            if column.name == "ts":
                row["ts"] = _when(fields, received)
                continue
            value = column_value(column, fields.get(column.name), _word(column.name, fields))
            if value is not None and column.name in _ADDRESSES:
                value = path_of(value) if column.name == "endpoint" else value.partition("?")[0]
            if value is not None and self._hide and column.name in _HIDDEN:
                value = self._hide(value)
            if value is not None:
                row[column.name] = value
        self._know(name, row)
        return name, row

    def _know(self, table: str, row: Mapping[str, Any]) -> None:
        """Refuse what would mean nothing to the catalogue, as the rollup would."""
        journey = self._journeys.get(row.get("journey", ""))
        if "journey" in row and journey is None:
            known = ", ".join(self._journeys)
            raise _FieldError(
                "journey",
                f"expected a journey of the catalogue ({known}), found {shown(row['journey'])}",
            )
        if table == "probes" and row["scope"] not in self._scopes:
            known = ", ".join(sorted(self._scopes)) or "none"
            raise _FieldError("scope", f"expected one of {known}, found {shown(row['scope'])}")
        if table == "steps" and journey:
            funnel = journey.funnel.value if journey.funnel else ()
            if row["step"] not in funnel:
                known = ", ".join(funnel) or f"none, for {journey.id} has no funnel"
                raise _FieldError("step", f"expected one of {known}, found {shown(row['step'])}")


def path_of(address: str) -> str:
    """The path of an address, without host, query and fragment: ``/v1/songs``."""
    path = re.sub(r"^[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*", "", address)
    return re.split(r"[?#]", path, maxsplit=1)[0] or "/"


def _opened(event: Any, wrapped: Iterable[str]) -> tuple[str | None, dict[str, Any]]:
    """An event's name and its fields, however a library puts the two together."""
    if not isinstance(event, dict):
        raise _FieldError(None, f"expected an object, found {shown(event)}")
    if len(event) == 1 and isinstance(inner := next(iter(event.values())), dict):
        name = next(iter(event))
        if name in wrapped or name in _SINGULAR:
            return name, _renamed(inner)
    name = next((event[key] for key in NAMES if event.get(key) is not None), None)
    if name is not None and not isinstance(name, str):
        raise _FieldError("event", f"expected text, found {shown(name)}")
    fields = {key: value for key, value in event.items() if key not in (*NAMES, *NESTED)}
    for key in NESTED:
        inner = event.get(key)
        if isinstance(inner, dict):
            fields |= inner
        elif inner is not None:
            raise _FieldError(key, f"expected an object, found {shown(inner)}")
    return name, _renamed(fields)


def _renamed(fields: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(fields)
    for alias, column in _ALIASES.items():
        if alias in found:
            value = found.pop(alias)
            if found.setdefault(column, value) != value:
                raise _FieldError(alias, f"expected the same as {column}, or only one of the two")
    return found


def _word(column: str, fields: Mapping[str, Any]) -> str:
    """What the sender calls a column; the document's shapes call one of them otherwise."""
    return "duration" if column == "duration_ms" else column


def _has(fields: Mapping[str, Any], columns: Iterable[str]) -> bool:
    return all(column in fields for column in columns)


def _needed(table: Table) -> list[str]:
    return [c.name for c in table.columns if not c.nullable and c.name != "ts"]


def _metrics(journey: Journey) -> Iterable[str]:
    for objective in journey.objectives:
        indicator = objective.indicator
        if indicator.kind == "measurement":
            yield indicator.metric
        elif indicator.kind == "share":
            yield from (indicator.total, indicator.bad)


def _when(fields: Mapping[str, Any], received: datetime) -> datetime:
    """When an event was: its ``ts``, or its ``age_ms`` before the receipt, else the receipt."""
    ts, age = fields.get("ts"), fields.get("age_ms")
    if ts is not None and age is not None:
        raise _FieldError("age_ms", "expected either ts or age_ms, found both")
    if age is not None:
        milliseconds = number("age_ms", age)
        if not 0 <= milliseconds <= PAST / timedelta(milliseconds=1):
            raise _FieldError("age_ms", f"expected from 0 to {PAST.days} days, found {shown(age)}")
        return received - timedelta(milliseconds=milliseconds)
    if ts is None:
        return received
    found = moment("ts", ts)
    if not received - PAST <= found <= received + FUTURE:
        raise _FieldError(
            "ts",
            f"expected a time from {PAST.days} days ago to {FUTURE.seconds // 60} minutes ahead, "
            f"found {shown(ts)}; bring older logs as files",
        )
    return found
