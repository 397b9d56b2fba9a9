"""The rollup rows that cover a window: whole days or hours, and single minutes at its edges."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain

from slo_core.rollup import Rollup
from slo_core.sli.windows import Piece

UNKNOWN_PLATFORM = "unknown"
"""The platform of events whose log names none (DESIGN 2.2)."""


def rows_in(
    rollup: Rollup, unit: str, stem: str, columns: str, pieces: Sequence[Piece]
) -> str | None:
    """A SELECT of the rollup rows that cover some pieces, with ``at`` and ``grain``.

    ``stem`` is how the output's name begins: ``""`` for ``hour`` and ``minute``, ``histogram_`` for
    those of the histogram. None where there are no files.
    """
    selects = []
    for grain in dict.fromkeys(piece.grain for piece in pieces):
        own = [piece for piece in pieces if piece.grain == grain]
        ranges = list(dict.fromkeys((piece.start, piece.end) for piece in own))
        where = " OR ".join(
            f"({grain} >= TIMESTAMP '{start}' AND {grain} < TIMESTAMP '{end}')"
            for start, end in _merged(ranges)
        )
        # A file holds a day, so whole days need no filter, which costs the engine as much as a file
        # does.
        if all(_is_midnight(moment) for moment in chain.from_iterable(ranges)):
            where = "true"
        select = rollup.source(
            unit,
            f"{stem}{grain}",
            ranges,
            columns=f"{grain} AS at, '{grain}' AS grain, {columns}",
            where=f"({where})",
        )
        if select:
            selects.append(select)
    return " UNION ALL ".join(selects) or None


def _is_midnight(moment: datetime) -> bool:
    return moment.time() == datetime.min.time()


def _merged(ranges: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Overlapping ranges as one, so that a filter stays short."""
    merged: list[tuple[datetime, datetime]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def columns_of(lists: Mapping[str, tuple[str, Sequence[object]]]) -> str:
    """A SELECT of columns, each a type of SQL with its values: numbers, moments, or plain words.

    A text that the engine reads as a list costs it a third of what as many single values do.
    """
    return "SELECT " + ", ".join(
        f"unnest('[{', '.join(map(str, values))}]'::{kind}[]) AS {name}"
        for name, (kind, values) in lists.items()
    )


def values(name: str, types: Mapping[str, str], rows: Iterable[Sequence[object]]) -> str:
    """A small table for a WITH clause, its columns by their types in SQL.

    Far cheaper for the engine than a frame of the same rows.
    """
    kinds = list(types.values())
    lines = ", ".join(
        "(" + ", ".join(_literal(it, kind) for it, kind in zip(row, kinds, strict=True)) + ")"
        for row in rows
    )
    return f"{name}({', '.join(types)}) AS (VALUES {lines})"


def _literal(value: object, kind: str) -> str:
    text = "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"
    return f"{text}::{kind}"
