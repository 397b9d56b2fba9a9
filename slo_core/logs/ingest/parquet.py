"""Parquet of another shape, a piece after the other, as SELECTs of the fields of `compose`."""

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from slo_core.errors import SloError
from slo_core.logs.ingest.compose import literal
from slo_core.logs.ingest.mapping import Mapping
from slo_core.logs.ingest.source import Source


def pieces(source: Source, whole: Mapping, rows: int) -> Iterator[tuple[int, str, Mapping]]:
    """So many rows at a time: how many are before them, a SELECT of them, and what they mean.

    Rows are numbered from 1; of the mapping stays what the file has. Raises SloError where it
    cannot be read.
    """
    try:
        footer = pq.read_metadata(source.path)
        places = dict(_leaves(footer.schema.to_arrow_schema()))
    except (OSError, pa.ArrowException):
        raise SloError(
            f"{source.name} is not a Parquet file that can be read; write it again."
        ) from None
    there = [name for name in whole.fields if name.lower() in places]
    mapping = whole.reduced(there, may_come=False).mapping
    fields = [
        f"CAST({places[name.lower()]} AS VARCHAR) AS f{number}"
        for number, name in enumerate(mapping.fields)
    ]
    columns, path = ", ".join(["file_row_number + 1 AS n", *fields]), literal(str(source.path))
    for start in range(0, footer.num_rows, rows):
        piece = (
            f"SELECT {columns} FROM "
            f"read_parquet({path}, hive_partitioning = false, file_row_number = true) "
            f"WHERE file_row_number >= {start} AND file_row_number < {start + rows}"
        )
        yield start, piece, mapping


def _leaves(
    fields: Iterable[pa.Field], above: str = "", place: str = ""
) -> Iterator[tuple[str, str]]:
    """Every column of a Parquet file that holds values, by its dotted name, and how SQL says it."""
    for column in fields:
        name, own = f"{above}{column.name}", f'{place}"{column.name}"'
        if pa.types.is_struct(column.type):
            yield from _leaves(column.type, f"{name}.", f"{own}.")
        yield name.lower(), own
