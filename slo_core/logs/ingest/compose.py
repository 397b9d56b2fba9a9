"""A mapping as SQL: from a block's fields, all text, to a table's columns and why a row is none.

The statements read what a reader selects of a block: ``n``, the line's number, ``line``, its text,
where a pattern takes lines apart, and ``f0``, ``f1``, ... in the order of `Mapping.fields`; of JSON
with some of its fields, ``lacks``, whether a line must be looked at for the others.
"""

from slo_core.logs.ingest.mapping import Mapping, Only, Source, Word
from slo_core.logs.raw import fault
from slo_core.logs.tables import TABLES, Column, Table
from slo_core.moments import EARLIEST, LATEST
from slo_core.rollup.units import UNITS

LACKING = "?"
"""The reason of a line that must be looked at for more fields."""

NO_TIME = "no time that can be read"

LONGEST_TEXT = 300
"""Characters of a text that are kept."""

_MILLISECONDS = {"s": 1000.0, "ms": 1.0, "us": 0.001, "ns": 0.000001}
_MICROSECONDS = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}
_PATH = r"^(?:[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*)?([^?#;\x00-\x1f\x7f]*)"
_PLAIN_PATH = r"/[A-Za-z0-9/_.:-]*"
_PLAIN_REQUEST = rf"[A-Z]{{3,20}} {_PLAIN_PATH}(?:\?[^\x00-\x20\x7f]*)? HTTP/\d+(?:\.\d+)?"
_REQUEST = (
    r"^([A-Za-z]{3,20}) +((?:/|\*|[A-Za-z][A-Za-z0-9+.-]*://)[^\x00-\x1f\x7f]*?)"
    r"(?: +(?i:HTTP)/\d+(?:\.\d+)?)?\s*$"
)
_ADDRESS = r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){3,7}\b"
_AN_ID = (
    r"\d+|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
    r"|[0-9a-fA-F]{16,}|[A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]{19,}|[A-Za-z0-9_-]{20,}[0-9][A-Za-z0-9_-]*"
)
_NOTHING_SAID = "'false', '0', 'null'"
_A_METHOD = "[A-Za-z-]{1,20}"
_TRUE = "'true', 't', '1', 'yes', 'y', 'ok', 'up', 'pass'"
_FALSE = "'false', 'f', '0', 'no', 'n', 'ko', 'down', 'fail'"


def literal(text: str) -> str:
    """A text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def shortened(path: str) -> str:
    """SQL for a path with ``:id`` in the place of each segment that is one."""
    part = f"CASE WHEN regexp_full_match(s, {literal(_AN_ID)}) THEN ':id' ELSE s END"
    return f"array_to_string(list_transform(string_split({path}, '/'), lambda s: {part}), '/')"


def parsed(mapping: Mapping, block: str, salt: str | None, *, lacking: bool = False) -> str:
    """A SELECT of every line of a block, itself a SELECT, as a row of the mapping's table.

    Columns: ``n``; the table's; ``reason``, why it is no row, null where it may count; ``other``,
    whether the line is one of those that say nothing of their own; ``mapped``, whether a route or
    the line itself named the journey; ``total``, ``failed``, ``counter`` where lines are counters.
    ``salt`` is for ids that are kept as hashes.
    """
    table = TABLES[mapping.table]
    names = [column.name for column in table.columns]
    fields = _Fields(mapping)
    texts = {column.name: fields.column(column.name) for column in table.columns}
    texts |= {
        "request": fields.source(mapping.request),
        "success": fields.source(mapping.success),
        "agent": fields.source(mapping.user_agent) if mapping.bots else "NULL",
    }
    as_text = ", ".join(
        f"CAST({expression} AS VARCHAR) AS t_{name}" for name, expression in texts.items()
    )
    counted = ""
    if mapping.counters:
        key = ", ".join(f"coalesce({fields.name(each)}, '')" for each in mapping.counters.per)
        total, failed = (
            _whole(text := fields.cleaned(each), f"TRY_CAST({text} AS DOUBLE)")
            for each in (mapping.counters.total, mapping.counters.failed)
        )
        counted = (
            f", {total} AS total, coalesce({failed}, 0) AS failed, "
            f"concat_ws(chr(31), {key}) AS counter"
        )
    typed = ", ".join(
        f"{_typed(column, mapping, salt)} AS {column.name}" for column in table.columns
    )
    other = " OR ".join(
        f"({fields.name(only.field)} IS NOT NULL AND ({_not_only(fields.name(only.field), only)}))"
        for only in mapping.only
    )
    extra = ", total, failed, counter" if counted else ""
    line = ", line" if mapping.reader == "pattern" else ", lacks" if lacking else ""
    lacks = f"WHEN lacks THEN {literal(LACKING)}" if lacking else ""
    journey = "journey" in names
    routed = _routed(mapping, names, extra) if journey else "SELECT *, true AS mapped FROM typed"
    excluded = _excluded(mapping) if mapping.table == "requests" else None
    replaced = f" REPLACE ({excluded} AS excluded)" if excluded else ""
    # What is used more than once has a stage of its own: the engine plans the statement anew for
    # every block, which takes the longer the more there is of it.
    asked = _asked() if mapping.request and "endpoint" in names else "FROM texts"
    numbers = "".join(
        f", TRY_CAST(t_{column.name} AS DOUBLE) AS d_{column.name}"
        for column in table.columns
        if column.kind in ("integer", "number")
    )
    return f"""
WITH texts AS (
  SELECT n{line}, coalesce({other or "false"}, false) AS other{counted}, {as_text}
  FROM ({block}) AS block
),
asked AS ({asked}),
numbers AS (SELECT *{numbers} FROM asked),
typed AS (
  SELECT n{line}, other{extra}, t_agent AS agent, {typed} FROM numbers
),
routed AS ({routed}),
dated AS (SELECT *{replaced}, CAST(ts AS DATE) AS date FROM routed)
SELECT n, {", ".join(names)}, date, other, mapped{extra},
  CASE {lacks} WHEN NOT other THEN {_reason(mapping, table)} END AS reason
FROM dated"""


class _Fields:
    """The fields of a mapping by their names in SQL."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._names = {name: f"f{number}" for number, name in enumerate(mapping.fields)}
        self._nothing = ", ".join(literal(text) for text in mapping.nothing)

    def name(self, field: str) -> str:
        return self._names[field]

    def cleaned(self, field: str) -> str:
        """A field without what means nothing."""
        name = self._names[field]
        if self._mapping.nothing == ("",):
            return f"nullif({name}, '')"
        longest = max(len(text.encode()) for text in self._mapping.nothing)
        # Most values are longer than any of them, which is quicker to ask.
        said = f"strlen({name}) > {longest} OR {name} NOT IN ({self._nothing})"
        return f"CASE WHEN {name} IS NOT NULL AND ({said}) THEN {name} END"

    def source(self, source: Source | None) -> str:
        """The text of a place, after its words."""
        if source is None:
            return "NULL"
        if source.value is not None:
            return literal(source.value)
        values = [
            _worded(self.name(field), self.cleaned(field), source.words) for field in source.field
        ]
        if source.add:
            numbers = " + ".join(f"TRY_CAST({value} AS DOUBLE)" for value in values)
            return f"({numbers})"
        return values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"

    def column(self, name: str) -> str:
        """The text of a column: the first of its alternatives that has one.

        Lengths of time are in the unit of the column's only alternative, or, where there are more,
        which may differ, in milliseconds.
        """
        sources = self._mapping.columns.get(name, ())
        found = []
        for source in sources:
            text = self.source(source)
            if source.unit and len(sources) > 1 and name != "ts":
                number = f"TRY_CAST({text} AS DOUBLE)"
                # What is no number stays as it is, to be found out.
                text = (
                    f"coalesce(CAST({number} * {_MILLISECONDS[source.unit]!r} AS VARCHAR), {text})"
                )
            found.append(text)
        if not found:
            return "NULL"
        return found[0] if len(found) == 1 else f"coalesce({', '.join(found)})"


def _worded(text: str, cleaned: str, words: tuple[Word, ...]) -> str:
    """A text after its words, which may give a meaning to what otherwise means nothing."""
    if not words:
        return cleaned
    cases = []
    for word in words:
        pattern = literal(word.pattern)
        means = "NULL" if word.means is None else literal(word.means)
        if word.means == r"\1":
            means = f"regexp_extract({text}, {pattern}, 1)"
        cases.append(f"WHEN regexp_matches({text}, {pattern}) THEN {means}")
    return f"CASE {' '.join(cases)} ELSE {cleaned} END"


def _typed(column: Column, mapping: Mapping, salt: str | None) -> str:
    """A column's text in its type; what cannot be read becomes a value that may not count."""
    text = f"t_{column.name}"
    match column.kind:
        case "timestamp":
            return _timestamp(text, mapping.columns.get(column.name, ()))
        case "integer":
            return _whole(text, f"d_{column.name}")
        case "number":
            sources = mapping.columns.get(column.name, ())
            unit = sources[0].unit if len(sources) == 1 else None
            factor = _MILLISECONDS[unit] if unit else 1.0
            times = f" * {factor!r}" if factor != 1.0 else ""
            number = f"coalesce(d_{column.name}, CAST('NaN' AS DOUBLE))"
            return f"CASE WHEN {text} IS NOT NULL THEN {number}{times} END"
        case "boolean":
            return (
                f"CASE WHEN lower({text}) IN ({_TRUE}) THEN true "
                f"WHEN lower({text}) IN ({_FALSE}) THEN false END"
            )
    if column.name == "endpoint":
        return _endpoint(text, mapping)
    if column.name == "method":
        # Anything but a word may have a query in it.
        return f"CASE WHEN regexp_full_match({text}, {literal(_A_METHOD)}) THEN upper({text}) END"
    if column.name == "error":
        error = _redacted(_said(text))
        if mapping.success is None:
            return error
        return f"coalesce({error}, CASE WHEN lower(t_success) IN ({_FALSE}) THEN 'reported' END)"
    if column.name in ("session_id", "user_id") and salt is not None:
        return f"left(sha256({literal(salt)} || {text}), 32)"
    return _short(_said(text) if column.name == "excluded" else text)


def _said(text: str) -> str:
    """A text, or null where it is a program's word for there being none."""
    return f"(CASE WHEN lower({text}) NOT IN ({_NOTHING_SAID}) THEN {text} END)"


def _short(text: str) -> str:
    """A text without what it has more than `LONGEST_TEXT` characters."""
    # To count bytes first is quicker, and most texts are handed on as they are.
    cut = f"left({text}, {LONGEST_TEXT})"
    return f"CASE WHEN strlen({text}) > {LONGEST_TEXT} THEN {cut} ELSE {text} END"


def _endpoint(text: str, mapping: Mapping) -> str:
    """The path alone: no host, no query, nothing after a semicolon."""
    # An address without a path is that of the root.
    path = f"coalesce(nullif(regexp_extract({text}, {literal(_PATH)}, 1), ''), '/')"
    path = f"CASE WHEN {text} <> '' THEN left({path}, {LONGEST_TEXT}) ELSE {text} END"
    plain = (
        f"strlen({text}) <= {LONGEST_TEXT} AND regexp_full_match({text}, {literal(_PLAIN_PATH)})"
    )
    path = f"CASE WHEN {plain} THEN {text} ELSE {path} END"
    return shortened(path) if mapping.ids.shorten else path


def _asked() -> str:
    """The texts with method and path from what was asked for, ``GET /songs HTTP/1.1``.

    They are null where that cannot be read, and not taken where a field of their own has them.
    """

    def part(group: int, quickly: str) -> str:
        found = f"nullif(regexp_extract(t_request, {literal(_REQUEST)}, {group}), '')"
        return f"CASE WHEN plain THEN {quickly} ELSE {found} END"

    # Most are of one shape, which is quicker to check and to split than to take apart.
    method = part(1, "split_part(t_request, ' ', 1)")
    path = part(2, "split_part(split_part(t_request, ' ', 2), '?', 1)")
    return f"""
  SELECT * REPLACE (
    coalesce(t_method, {method}) AS t_method, coalesce(t_endpoint, {path}) AS t_endpoint
  )
  FROM (
    SELECT *, regexp_full_match(t_request, {literal(_PLAIN_REQUEST)}) AS plain FROM texts
  ) AS texts"""


def _redacted(text: str) -> str:
    """A free text without addresses and queries, and without what is too long."""
    without = f"regexp_replace({text}, {literal(_ADDRESS)}, 'ADDRESS', 'g')"
    without = f"regexp_replace({without}, '\\?\\S*', '', 'g')"
    return f"CASE WHEN {text} IS NOT NULL THEN left({without}, {LONGEST_TEXT}) END"


def _timestamp(text: str, sources: tuple[Source, ...]) -> str:
    """A time in UTC without a zone; null where it cannot be read."""
    formats = [each for source in sources for each in source.format]
    unit = next((source.unit for source in sources if source.unit), None)
    tries = [f"CAST(try_strptime({text}, {literal(each)}) AS TIMESTAMPTZ)" for each in formats]
    number = f"TRY_CAST({text} AS DOUBLE)"
    if unit:
        micros = f"{number} * {_MICROSECONDS[unit]!r}"
    else:
        micros = (
            f"{number} * CASE WHEN abs({number}) < 1e11 THEN 1e6 "
            f"WHEN abs({number}) < 1e14 THEN 1e3 WHEN abs({number}) < 1e17 THEN 1 ELSE 1e-3 END"
        )
    # A time counted from the epoch is in UTC, whatever the zone of written ones.
    counted = (
        f"CASE WHEN isfinite({number}) THEN "
        f"make_timestamp(TRY_CAST(round({micros}) AS BIGINT)) AT TIME ZONE 'UTC' END"
    )
    written = f"TRY_CAST(replace({text}, ',', '.') AS TIMESTAMPTZ)"
    tries += [counted] if unit else [written, counted]
    found = f"coalesce({', '.join(tries)}) AT TIME ZONE 'UTC'"
    # The plain cast takes no notice of zones, and a third of the time.
    return f"CASE WHEN {text} LIKE '____-%Z' THEN TRY_CAST({text} AS TIMESTAMP) ELSE {found} END"


def _whole(text: str, number: str) -> str:
    """A whole number, -1 where a text is none; ``number`` is the text as a number."""
    # Neither infinity nor NaN is below.
    is_whole = f"abs({number}) < 1e15 AND {number} = floor({number})"
    return f"CASE WHEN {is_whole} THEN CAST({number} AS BIGINT) WHEN {text} IS NOT NULL THEN -1 END"


def _not_only(name: str, only: Only) -> str:
    conditions = []
    if only.pattern:
        conditions.append(f"NOT regexp_matches({name}, {literal(only.pattern)})")
    if only.without:
        conditions.append(f"regexp_matches({name}, {literal(only.without)})")
    return " OR ".join(conditions) or "false"


def _routed(mapping: Mapping, names: list[str], extra: str) -> str:
    """Each row with its journey: its own, else the first matching route's, else the default."""
    default = literal(mapping.journeys.default) if mapping.journeys.default else "NULL"
    if mapping.table != "requests" or not mapping.journeys.routes:
        return (
            f"SELECT * REPLACE (coalesce(journey, {default}) AS journey), "
            "journey IS NOT NULL AS mapped FROM typed"
        )
    conditions = []
    for route in mapping.journeys.routes:
        condition = f"regexp_matches(coalesce(endpoint, ''), {literal(route.path)})"
        if route.method:
            methods = ", ".join(literal(method.upper()) for method in route.method)
            condition += f" AND method IN ({methods})"
        conditions.append(condition)

    def chosen(values: list[str]) -> str:
        cases = " ".join(
            f"WHEN {condition} THEN {value}"
            for condition, value in zip(conditions, values, strict=True)
        )
        return f"CASE {cases} END"

    routes = mapping.journeys.routes
    journeys = chosen([literal(route.journey) for route in routes])
    steps = chosen([literal(route.step) if route.step else "NULL" for route in routes])
    # Patterns are tried once for each route, not for each request.
    return f"""
  SELECT t.* REPLACE (
      coalesce(t.journey, r.journey, {default}) AS journey,
      coalesce(t.step, CASE WHEN t.journey IS NULL THEN r.step END) AS step
    ),
    coalesce(t.journey, r.journey) IS NOT NULL AS mapped
  FROM typed AS t
  LEFT JOIN (
    SELECT method, endpoint, {journeys} AS journey, {steps} AS step
    FROM (SELECT DISTINCT method, endpoint FROM typed)
  ) AS r ON t.method IS NOT DISTINCT FROM r.method AND t.endpoint IS NOT DISTINCT FROM r.endpoint"""


def _excluded(mapping: Mapping) -> str | None:
    """What counts on neither side: health checks and bots."""
    cases = []
    if mapping.health_checks:
        paths = " OR ".join(
            f"regexp_matches(endpoint, {literal(check.path)})" for check in mapping.health_checks
        )
        cases.append(f"WHEN {paths} THEN 'health_check'")
    if mapping.bots:
        bots = " OR ".join(f"regexp_matches(agent, {literal(bot)})" for bot in mapping.bots)
        cases.append(f"WHEN {bots} THEN 'bot'")
    if not cases:
        return None
    return f"CASE WHEN excluded IS NOT NULL THEN excluded {' '.join(cases)} END"


def _reason(mapping: Mapping, table: Table) -> str:
    """Why a row may not count, or null."""
    diagnoses = " ".join(
        f"WHEN NOT regexp_matches(line, {literal(each.unless)}) THEN {literal(each.reason)}"
        for each in mapping.diagnoses
    )
    unreadable = literal(NO_TIME)
    if diagnoses:
        unreadable = f"CASE {diagnoses} ELSE {unreadable} END"
    required = " ".join(
        f"WHEN {name} IS NULL THEN 'no {name}'" for name in mapping.required if name != "ts"
    )
    counters = (
        "WHEN total IS NULL OR total < 0 OR failed < 0 OR failed > total "
        "THEN 'its counts of requests and failures cannot be'"
        if mapping.counters
        else ""
    )
    journey = (
        f"WHEN journey IS NULL THEN {literal('no journey, and no route that gives it one')}"
        if table.name == "requests"
        else ""
    )
    known = next(unit.known for unit in UNITS if unit.table is table)
    return f"""CASE
    WHEN ts IS NULL THEN {unreadable}
    WHEN ts < TIMESTAMP '{EARLIEST}' OR ts > TIMESTAMP '{LATEST}'
      THEN 'its time is not from {EARLIEST.year} to {LATEST.year}'
    {required} {counters} {journey}
    WHEN CAST(ts AS DATE) IN (SELECT date FROM kept_days)
      THEN 'its day is kept as figures only: the raw logs were removed'
    ELSE coalesce({fault(table)}, {known})
  END"""
