"""What a file is, told by its first lines; and the names of a CSV file's columns."""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from slo_core.errors import SloError
from slo_core.logs.ingest.mapping import Mapping, format_mapping
from slo_core.logs.ingest.readers import DELIMITERS
from slo_core.logs.ingest.source import Source

CHOICES = (*("auto", "combined", "common", "json", "csv", "jtl", "k6", "locust", "alb", "parquet"),)
"""What people may call a format; several of ours may be meant by one word."""

_PARQUET = b"PAR1"
_LOOKED_AT = 200
_XML_BEGINS = 20
_SAMPLES = ("<testResults", "<httpSample", "<sample")


@dataclass(frozen=True)
class Detected:
    """A file's format, what its lines mean, and of CSV the names of its columns.

    ``header`` is the number of the line that names them, None where none does.
    """

    format: str
    mapping: Mapping
    names: tuple[str, ...] = ()
    delimiter: str = ","
    header: int | None = None
    keys: frozenset[str] = frozenset()
    """Of JSON, the keys of its first lines."""


def detect(source: Source, said: str, own: Mapping | None) -> Detected:
    """What a file is: what people ``said``, or by its beginning; their ``own`` mapping over it.

    Raises SloError where it is nothing that is known, or not what they said.
    """
    head = source.head()
    # A log's first line may begin so too, where people say that it is one.
    if head.startswith(_PARQUET) and (said in ("auto", "parquet") or _ends_as_parquet(source)):
        found = "parquet"
    else:
        found = _by_lines(source, _first_lines(head), said, own)
    base = format_mapping(found)
    mapping = own.over(base) if own else base
    lines = _first_lines(head)
    if mapping.reader == "json":
        objects = (_object(line) or {} for _, line in lines)
        keys = {key for each in objects for key in _keys(each, mapping.fields)}
        return Detected(found, mapping, keys=frozenset(keys))
    if mapping.reader != "csv":
        return Detected(found, mapping)
    number, first = next(((n, line) for n, line in lines if line.strip()), (None, ""))
    delimiter = max(DELIMITERS, key=first.count)
    names = tuple(name.strip() for name in _split(first, delimiter))
    if mapping.headless and _is_data(names):
        return Detected(found, mapping, mapping.headless[: len(names)], delimiter)
    return Detected(found, mapping, names, delimiter, number)


def _ends_as_parquet(source: Source) -> bool:
    with source.path.open("rb") as file:
        file.seek(-min(len(_PARQUET), file.seek(0, 2)), 2)
        return file.read() == _PARQUET


def _by_lines(source: Source, lines: list[tuple[int, str]], said: str, own: Mapping | None) -> str:
    filled = [line for _, line in lines if line.strip()]
    if not filled:
        # Nothing to tell by and nothing to read: any format will do.
        return {"auto": "access"}.get(said, _FAMILIES.get(said, ("access",))[0])
    if own is None and said in ("auto", "locust") and _is_summary(filled[0]):
        raise SloError(
            f"{source.name} is Locust's summary of a whole test and does not say when anything "
            "was: take in the ..._stats_history.csv that Locust writes beside it."
        )
    with duckdb.connect() as engine:
        scores = {name: _score(name, filled, engine) for name in _ORDER}
    if own and own.reader and said == "auto":
        return _BY_READER[own.reader]
    if said == "auto":
        best = max(_ORDER, key=lambda name: scores[name])
        if scores[best] == 0:
            raise SloError(
                f"{source.name} is none of the logs that are known by their lines "
                f"({', '.join(CHOICES[1:])}): say which with --format, or describe its lines with "
                "--map (reader: pattern)."
            )
        return best
    family = _FAMILIES[said]
    return max(family, key=lambda name: scores.get(name, 0))


_ORDER = (
    *("k6_json", "json", "alb", "access", "jtl_xml", "jtl", "k6_csv"),
    *("locust", "locust_sums", "csv"),
)
_BY_READER = {
    "pattern": "access",
    "json": "json",
    "csv": "csv",
    "xml": "jtl_xml",
    "parquet": "parquet",
}
_FAMILIES = {
    "combined": ("access",),
    "common": ("access",),
    "json": ("json",),
    "csv": ("csv",),
    "jtl": ("jtl", "jtl_xml"),
    "k6": ("k6_csv", "k6_json"),
    "locust": ("locust", "locust_sums"),
    "alb": ("alb",),
    "parquet": ("parquet",),
}
_HEADERS = {
    "jtl": {"timestamp", "elapsed"},
    "k6_csv": {"metric_name", "metric_value", "timestamp"},
    "locust": {"timestamp", "total request count", "name"},
}
_SUMMARIES = (
    {"name", "request count", "failure count", "requests/s"},
    {"name", "# requests", "# failures", "requests/s"},
    {"method", "name", "error", "occurrences"},
    {"count", "message", "traceback", "nodes"},
)


def _score(name: str, lines: list[str], engine: duckdb.DuckDBPyConnection) -> float:
    """How much of the lines a format explains, from 0 to 1; special ones before general ones."""
    if name in ("access", "alb"):
        # By the engine, whose time grows with a line's length and no faster, whatever is in it.
        ((found,),) = engine.execute(
            "SELECT count(*) FROM (SELECT unnest(?) AS line) WHERE regexp_matches(line, ?)",
            [lines, format_mapping(name).pattern],
        ).fetchall()
        return float(found) / len(lines)
    if name in ("json", "k6_json"):
        objects = [found for line in lines if (found := _object(line)) is not None]
        if name == "k6_json":
            objects = [it for it in objects if {"metric", "type", "data"} <= it.keys()]
        return len(objects) / len(lines)
    first = lines[0]
    if name == "jtl_xml":
        begins = (line.lstrip().startswith(_SAMPLES) for line in lines[:_XML_BEGINS])
        return 1.0 if any(begins) else 0
    delimiter = max(DELIMITERS, key=first.count)
    names = {part.strip().lower() for part in _split(first, delimiter)}
    if name == "jtl" and _is_data(tuple(_split(first, delimiter))) and len(names) >= 5:
        return 0.9 if re.match(r"\d{13}\D\d+\D", first) else 0
    if name in _HEADERS:
        return 1.0 if _HEADERS[name] <= names else 0
    if name == "locust_sums":
        # Told apart by whether any line is of a route of its own.
        sums = [line for line in lines[1:] if ",Aggregated," in line]
        return 1.1 if _HEADERS["locust"] <= names and 0 < len(sums) == len(lines) - 1 else 0
    known = {field.lower() for field in format_mapping("csv").fields}
    return 0.5 if len(names) > 1 and names & known and not _is_data(tuple(names)) else 0


def _is_summary(first: str) -> bool:
    """Whether a first line names the columns of Locust's requests, failures or exceptions."""
    names = {part.strip().lower() for part in _split(first, ",")}
    return any(summary <= names for summary in _SUMMARIES) and "timestamp" not in names


def is_object(line: bytes) -> bool:
    """Whether a line is a JSON object."""
    return _object(line.decode("utf-8", "replace")) is not None


def _object(line: str) -> dict[str, object] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _keys(found: dict[str, object], fields: list[str]) -> Iterator[str]:
    """The fields that an object has a value for."""
    for name in fields:
        value: object = found.get(name)
        if value is None:
            value = found
            for part in name.split("."):
                value = value.get(part) if isinstance(value, dict) else None
        if value is not None:
            yield name


def _is_data(values: tuple[str, ...]) -> bool:
    """Whether a first line holds values rather than names."""
    return any(re.fullmatch(r"-?\d+(\.\d+)?", value.strip()) for value in values)


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return line.split(delimiter)


def _first_lines(head: bytes) -> list[tuple[int, str]]:
    """The first lines with their numbers, without one that is cut off."""
    text = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    lines = text.split("\n")
    if len(lines) > 1:
        lines = lines[:-1] if lines[-1] == "" or len(head) >= 60_000 else lines
    return [(number, line.rstrip("\r")) for number, line in enumerate(lines[:_LOOKED_AT], start=1)]
