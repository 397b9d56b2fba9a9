"""Blocks of lines taken apart into fields, which `compose` makes rows of.

A reader works in two steps, the first of which can be done of one block while the engine is busy
with another: `take_apart` makes a table of a block, which becomes the engine's table ``lines``; and
`read` has what it selects of it held.
"""

import csv
import io
import re
from collections.abc import Collection, Sequence

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from slo_core.errors import SloError
from slo_core.logs.ingest.blocks import LONGEST, Block
from slo_core.logs.ingest.compose import LACKING, literal
from slo_core.logs.ingest.held import Held
from slo_core.logs.ingest.mapping import Mapping, Reduced

DELIMITERS = ",;\t|"
"""What may part the columns of CSV."""

NOT_CSV = "has not as many values as the first line has names"

_MOST_LINES = 100
_BLANK = ord(" ")

Refused = dict[int, str]
"""The numbers of lines that are no row, each with the reason; "" for the rest of another line."""

Parts = tuple[pa.Table, Refused]
"""Lines with their numbers ``n``, as far as a reader takes them apart itself."""


class PatternReader:
    """Lines by a regular expression."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self._select = _groups(mapping)

    def take_apart(self, block: Block) -> Parts:
        """The lines as they are, without what ends them."""
        return _lines(block, pc.ascii_rtrim(block.texts(), characters="\r\n")), {}

    def read(self, held: Held) -> None:
        """Have a block's lines held."""
        held.parse(self._select, self.mapping)


class JsonReader:
    """A JSON object a line.

    A mapping knows many names for a column, and to look for each in every line takes several times
    as long as to look for those that lines have shown so far. So a line is looked at for all of
    them only where it lacks one of those, or has another one, which is learnt then.
    """

    def __init__(self, mapping: Mapping, keys: Collection[str]) -> None:
        self._whole = mapping
        lacking = f"SELECT n FROM held WHERE reason = '{LACKING}'"
        self._rest = _keys(mapping, only=lacking, careful=True)
        self._learn(keys)

    def _learn(self, keys: Collection[str]) -> None:
        self._known = frozenset(keys)
        usual = self._whole.reduced(self._known, may_come=True)
        self._usual = usual.mapping
        self._quick = _keys(self._usual, usual)
        self._careful = _keys(self._usual, usual, careful=True)

    def take_apart(self, block: Block) -> Parts:
        """The lines as they are."""
        return _lines(block, block.texts()), {}

    def read(self, held: Held) -> None:
        """Have a block's lines held."""
        try:
            held.parse(self._quick, self._usual, lacking=True)
        except (duckdb.Error, UnicodeDecodeError):
            # Some are no JSON at all; to ask each of them first is what costs time. (The engine
            # quotes the line, and may cut a character of it in two.)
            held.parse(self._careful, self._usual, lacking=True)
        if held.lacking():
            shown = held.filled(self._rest, self._whole.fields)
            held.parse(self._rest, self._whole)
            held.forget_lacking()
            if shown - self._known:
                self._learn(self._known | shown)


def _lines(block: Block, texts: pa.StringArray) -> pa.Table:
    numbers = pa.array(np.arange(block.first, block.first + len(block), dtype=np.int64))
    return pa.table({"n": numbers, "line": texts})


def _groups(mapping: Mapping) -> str:
    assert mapping.pattern is not None
    names = list(re.compile(mapping.pattern).groupindex)
    missing = [name for name in mapping.fields if name not in names]
    if missing:
        raise SloError(
            f"the mapping reads the field '{missing[0]}', but its pattern has no group of that "
            f"name (it has: {', '.join(names) or 'none'}); add (?P<{missing[0]}>...) to it."
        )
    fields = ", ".join(f'g."{name}" AS f{number}' for number, name in enumerate(mapping.fields))
    return (
        f"SELECT n, line, {fields} FROM (SELECT n, line, "
        f"regexp_extract(line, {literal(mapping.pattern)}, {names}) AS g FROM lines)"
    )


def _keys(
    mapping: Mapping,
    reduced: Reduced | None = None,
    *,
    only: str | None = None,
    careful: bool = False,
) -> str:
    """The fields of each line, or of those whose numbers a SELECT gives.

    Of a mapping that was ``reduced``, whether a line must be read with the whole one, too.
    """
    paths: list[str] = []

    def value(name: str) -> str:
        parts = name.split(".")
        own = [_path(parts)] if len(parts) == 1 else [_path(parts), _path([name])]
        places = [f"v[{len(paths) + at}]" for at in range(1, len(own) + 1)]
        paths.extend(own)
        return places[0] if len(places) == 1 else f"coalesce({', '.join(places)})"

    values = {name: value(name) for name in mapping.fields}
    fields = [f"{found} AS f{number}" for number, found in enumerate(values.values())]
    if reduced:
        lacks = [f"{values[name]} IS NULL" for name in reduced.chosen]
        lacks += [f"{value(name)} IS NOT NULL" for name in reduced.absent if name not in values]
        fields.append(f"{' OR '.join(lacks) or 'false'} AS lacks")
    listed = "[" + ", ".join(map(literal, paths)) + "]"
    extract = f"json_extract_string(line, {listed})"
    if careful:
        extract = f"CASE WHEN json_valid(line) THEN {extract} END"
    lines = f"(SELECT * FROM lines WHERE n IN ({only}))" if only else "lines"
    return f"SELECT n, {', '.join(fields)} FROM (SELECT n, {extract} AS v FROM {lines})"


def _path(parts: Sequence[str]) -> str:
    return "$" + "".join('."' + part.replace('"', '\\"') + '"' for part in parts)


class CsvReader:
    """CSV with a first line of names, or names known beforehand."""

    def __init__(self, mapping: Mapping, names: Sequence[str], delimiter: str) -> None:
        self._names = list(names)
        self._delimiter = delimiter
        lower = {name.strip().lower(): place for place, name in reversed([*enumerate(names)])}
        exact = {name: place for place, name in reversed([*enumerate(names)])}
        places = {name: exact.get(name, lower.get(name.lower())) for name in mapping.fields}
        there = [name for name, place in places.items() if place is not None]
        self._mapping = mapping.reduced(there, may_come=False).mapping
        self._places = [places[name] for name in self._mapping.fields]

    def take_apart(self, block: Block) -> Parts:
        """The columns that are asked for, without blanks around a value."""
        numbers, columns, refused = self._quickly(block) or self._line_by_line(block)
        # A column of no line at all has no type.
        texts = {name: column.cast(pa.string()) for name, column in columns.items()}
        if b" " in block.data:
            texts = {name: _trimmed(column) for name, column in texts.items()}
        return pa.table({"n": pa.array(numbers, pa.int64()), **texts}), refused

    def read(self, held: Held) -> None:
        """Have a block's lines held."""
        fields = ", ".join(
            f"NULL AS f{number}" if place is None else f"c{place} AS f{number}"
            for number, place in enumerate(self._places)
        )
        held.parse(f"SELECT n, {fields} FROM lines", self._mapping)

    @property
    def _wanted(self) -> list[int]:
        return sorted({place for place in self._places if place is not None})

    def _quickly(
        self, block: Block
    ) -> tuple[np.ndarray, dict[str, pa.ChunkedArray], dict[int, str]] | None:
        """All lines at once, where each is a record; None where that cannot be told."""
        if block.too_long() or _quotes_are_open(block) or not block.is_text():
            return None
        lengths = np.diff(block.starts)
        if (lengths <= 2).any():
            return None  # blank lines, which would make rows of one value
        refused: list[int] = []

        def refuse(row: arrow_csv.InvalidRow) -> str:
            refused.append(row.number)
            return "skip"

        try:
            table = arrow_csv.read_csv(
                pa.py_buffer(block.data[int(block.starts[0]) :]),
                arrow_csv.ReadOptions(
                    use_threads=False,
                    block_size=max(len(block.data), 1),
                    column_names=[f"c{place}" for place in range(len(self._names))],
                ),
                arrow_csv.ParseOptions(
                    delimiter=self._delimiter,
                    ignore_empty_lines=False,
                    invalid_row_handler=refuse,
                ),
                arrow_csv.ConvertOptions(
                    column_types={f"c{place}": pa.string() for place in self._wanted},
                    include_columns=[f"c{place}" for place in self._wanted],
                    strings_can_be_null=False,
                ),
            )
        except (pa.ArrowException, UnicodeDecodeError):
            return None
        lines = np.arange(block.first, block.first + len(block), dtype=np.int64)
        if None in refused or len(table) + len(refused) != len(lines):
            return None  # a quote has swallowed lines
        out = np.array([number - 1 for number in refused], dtype=np.int64)
        reasons = {int(lines[at]): NOT_CSV for at in out}
        return np.delete(lines, out), {n: table[n] for n in table.column_names}, reasons

    def _line_by_line(self, block: Block) -> tuple[list[int], dict[str, pa.Array], dict[int, str]]:
        """One record after the other; slow, and never led astray for longer than a record."""
        numbers: list[int] = []
        columns: list[list[str]] = [[] for _ in self._names]
        refused: dict[int, str] = {}
        lines = [block.data[a:b] for a, b in zip(block.starts[:-1], block.starts[1:], strict=True)]
        odd = [line.count(b'"') % 2 == 1 for line in lines]
        at = 0
        while at < len(lines):
            # A line with an odd number of quotes goes on to the next one of that kind, if it is
            # near and what they hold together is a record.
            values, last = None, at
            if odd[at]:
                near = (n for n in range(at + 1, min(at + _MOST_LINES, len(lines))) if odd[n])
                last = next(near, at)
                values = self._values(b"".join(lines[at : last + 1])) if last > at else None
            if values is None:
                values, last = self._values(lines[at]), at
            if values is None:
                refused[block.first + at] = NOT_CSV
            else:
                numbers.append(block.first + at)
                for column, value in zip(columns, values, strict=True):
                    column.append(value)
                refused |= dict.fromkeys(range(block.first + at + 1, block.first + last + 1), "")
            at = last + 1
        arrays = {f"c{place}": pa.array(columns[place], pa.string()) for place in self._wanted}
        return numbers, arrays, refused

    def _values(self, record: bytes) -> list[str] | None:
        """The values of one record; None where it is none."""
        text = "" if len(record) > LONGEST else record.decode("utf-8", "replace").rstrip("\r\n")
        try:
            rows = list(
                csv.reader(io.StringIO(text, newline=""), delimiter=self._delimiter, strict=True)
            )
        except (csv.Error, ValueError):
            return None
        return rows[0] if len(rows) == 1 and len(rows[0]) == len(self._names) else None


def _trimmed(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """A column of texts without blanks around its values."""
    chunks = texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]
    held = (chunk.buffers()[2] for chunk in chunks)
    if not any((np.frombuffer(buffer, np.uint8) == _BLANK).any() for buffer in held if buffer):
        return texts
    return pc.ascii_trim(texts, characters=" ")


def _quotes_are_open(block: Block) -> bool:
    """Whether any line has an odd number of quotes, so that a value may go on in the next."""
    if b'"' not in block.data:
        return False
    places = np.flatnonzero(np.frombuffer(block.data, np.uint8) == ord('"'))
    line_of = np.searchsorted(block.starts, places, side="right")
    return bool((np.bincount(line_of) % 2).any())
