"""What tests of ingest share: the samples, and what has become of a data folder."""

import io
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds

from slo_core.logs.ingest import Taken, ingest
from slo_core.logs.ingest.mapping import Mapping
from slo_core.logs.tables import TABLES
from tests.small import STUDIO

SAMPLES = Path(__file__).parent / "samples"


def take(folder: Path, *files: Path | str, **named: Any) -> Taken:
    """Take files into a data folder with the studio's catalogue."""
    return ingest([str(file) for file in files], folder, STUDIO, **named)


def rows(folder: Path, table: str = "requests") -> list[dict[str, Any]]:
    """The rows of a table, in the order of time, without columns that are empty."""
    names = [column.name for column in TABLES[table].columns]
    files = [str(path) for path in sorted((folder / table).rglob("*.parquet"))]
    if not files:
        return []
    found = ds.dataset(files, format="parquet").to_table(columns=names).to_pylist()
    return sorted(
        ({name: value for name, value in row.items() if value is not None} for row in found),
        key=lambda row: (row["ts"], str(row)),
    )


def filled_lines(content: bytes) -> int:
    """The lines of a file that are not empty."""
    return sum(1 for line in io.BytesIO(content).read().split(b"\n") if line.strip())


def everything(folder: Path) -> dict[str, bytes]:
    """All files below a folder but locks, by name, with their content."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def mapping(**said: Any) -> Mapping:
    """A person's mapping."""
    return Mapping.model_validate(said)
