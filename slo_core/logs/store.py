"""The data folder: which raw files there are, and whether we can read a folder at all."""

import json
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatch
from pathlib import Path

from slo_core.errors import SloError
from slo_core.logs.tables import TABLES

VERSION = "1"
"""The layout that this code reads and writes; a folder of ours says it in its ``version`` file."""

SUPERSEDED = ".superseded-by-*.json"
"""A note in a date folder, ``{"by": NAME, "files": [NAME, ...]}``: once the first file is there, it
holds what the others hold, which are about to go (`slo_core.logs.collector.compact`)."""

_DATE_FOLDER = re.compile(r"date=(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True, order=True)
class RawFile:
    """One raw Parquet file as it stood when the folder was listed."""

    path: Path
    size: int
    modified_ns: int

    @property
    def identity(self) -> list[object]:
        """What decides whether a file is still the one that was rolled up."""
        return [self.path.name, self.size, self.modified_ns]


@dataclass(frozen=True)
class Problem:
    """Rows that were not counted, or a file that was not read, and why (DESIGN 2.1)."""

    file: str
    rows: int | None
    reason: str

    def as_dict(self) -> dict[str, object]:
        """The shape under ``problems`` in ``status --format json``."""
        return {"file": self.file, "rows": self.rows, "reason": self.reason}


@dataclass(frozen=True)
class Listing:
    """The raw files of one table by date, and the files that belong to no date."""

    files: Mapping[date, tuple[RawFile, ...]]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Store:
    """A data folder that exists and whose version is ours."""

    root: Path

    @property
    def rollup(self) -> Path:
        """Where the rollups live; written by us alone."""
        return self.root / "rollup"

    @property
    def rollup_lock(self) -> Path:
        """The lock of who rolls up, and of who takes away raw files that it may be reading."""
        return self.rollup / ".lock"

    @property
    def register(self) -> Path:
        """The SQLite file that people write to through the app."""
        return self.root / "studio.sqlite"

    @property
    def is_sample(self) -> bool:
        """Whether the folder says of itself that it holds sample data, be there other logs or not.

        It is the scenario's own word; a file of another program that has its name says nothing.
        """
        try:
            told = json.loads((self.root / "scenario.json").read_text("utf-8"))
        except (OSError, ValueError):
            return False
        return isinstance(told, dict) and told.get("sample") is True

    def name(self, path: Path) -> str:
        """A file's name for people: relative to the data folder, with forward slashes."""
        return path.relative_to(self.root).as_posix()

    def listing(self, table: str) -> Listing:
        """The Parquet files of one table, by the date of their folder.

        Hidden files and files with another ending are other tools' business and are passed over; a
        Parquet file that does not lie right in a date folder is a problem: no row of it counts.
        """
        files: dict[date, tuple[RawFile, ...]] = {}
        outside: list[Path] = []
        for entry in _entries(self.root / table):
            if not entry.is_dir() or (day := _date_of(entry.name)) is None:
                outside += _parquet_files(entry)
                continue
            everything = _all_entries(Path(entry.path))
            inside = _visible(everything)
            twice = superseded(Path(entry.path), [file.name for file in everything])
            found = tuple(
                raw for file in inside if file.name not in twice and (raw := _raw_file(file))
            )
            if found:
                files[day] = found
            outside += [path for file in inside if file.is_dir() for path in _parquet_files(file)]
        return Listing(
            files,
            tuple(
                Problem(
                    self.name(path),
                    None,
                    f"lies outside a date folder; move it to {table}/date=YYYY-MM-DD/",
                )
                for path in outside
            ),
        )


def open_store(folder: Path | str) -> Store:
    """Open a data folder for reading.

    A folder without a ``version`` file is somebody's plain Parquet and is read as the current
    version. Raises SloError if the folder is missing, is not a folder, has a version that this
    code does not know, or holds none of the tables.
    """
    root = Path(folder)
    if not root.exists():
        raise SloError(
            f"{root} does not exist: expected a folder of Parquet logs; "
            "make sample data with 'python -m slo_core sample', or name yours with --data."
        )
    if not root.is_dir():
        raise SloError(
            f"{root} is a file: expected a folder of Parquet logs such as {root.parent}."
        )
    check_version(root)
    store = Store(root)
    if not store.rollup.is_dir() and not any((root / table).is_dir() for table in TABLES):
        raise SloError(
            f"{root} holds none of the tables ({', '.join(TABLES)}): expected Parquet files such "
            "as requests/date=2025-03-31/part.parquet; make sample data with "
            f"'python -m slo_core sample --data {root}', or name another folder."
        )
    return store


def superseded(folder: Path, names: Collection[str]) -> set[str]:
    """The files of a date folder that hold the same rows as another: see `SUPERSEDED`.

    ``names`` are all that lies in the folder, hidden ones too.
    """
    twice: set[str] = set()
    for name in names:
        if fnmatch(name, SUPERSEDED):
            try:
                note = json.loads((folder / name).read_text("utf-8"))
            except (OSError, ValueError):
                continue
            if note["by"] in names:
                twice.update(note["files"])
    return twice


def check_version(root: Path) -> None:
    """Raise SloError where a data folder says a version that this code does not know.

    A folder without a ``version`` file is read as the current version.
    """
    version_file = root / "version"
    if version_file.exists():
        try:
            version = version_file.read_text(encoding="utf-8", errors="replace").strip()
        except OSError as error:
            raise SloError(
                f"{version_file} cannot be read ({error.strerror}): expected a file that says "
                f"'{VERSION}'; mend it, or name another folder."
            ) from None
        if version != VERSION:
            raise SloError(
                f"{version_file} says version '{version[:40]}': this program reads version "
                f"{VERSION}; use the program that wrote the folder, or another folder."
            )


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder, by name, without hidden entries; nothing if there is no folder."""
    return _visible(_all_entries(folder))


def _visible(entries: list[os.DirEntry[str]]) -> list[os.DirEntry[str]]:
    return [entry for entry in entries if not entry.name.startswith((".", "_"))]


def _all_entries(folder: Path) -> list[os.DirEntry[str]]:
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _raw_file(entry: os.DirEntry[str]) -> RawFile | None:
    """A Parquet file as it stands; None for anything else, and where it has just been removed."""
    try:
        if entry.name.endswith(".parquet") and entry.is_file():
            return RawFile(Path(entry.path), entry.stat().st_size, entry.stat().st_mtime_ns)
    except FileNotFoundError:
        pass
    return None


def _parquet_files(entry: os.DirEntry[str]) -> list[Path]:
    """The Parquet files that an entry is or holds, at any depth."""
    if entry.is_dir():
        return [path for inner in _entries(Path(entry.path)) for path in _parquet_files(inner)]
    return [Path(entry.path)] if entry.name.endswith(".parquet") else []


def _date_of(folder_name: str) -> date | None:
    match = _DATE_FOLDER.fullmatch(folder_name)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None
