"""Opening the register's file: its place, its version, and what can be wrong with it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from slo_core.errors import SloError

FILE_NAME = "studio.sqlite"
VERSION = 4
"""The `user_version` of the files that this program writes. 0 is a file that somebody else made.

Older files gain what they lack with the first writing; until then they are read as they are.
"""

# How long one writer waits for another: longer than any write, shorter than a person's patience.
_BUSY_SECONDS = 10.0


@contextmanager
def reading(data_dir: Path) -> Iterator[sqlite3.Connection | None]:
    """Open the register for reading; None where there is no file, which is not created.

    Raises SloError with one sentence if the file is no register or of an unknown version.
    """
    path = Path(data_dir) / FILE_NAME
    if not path.exists():
        yield None
        return
    with _open(path, "ro") as connection:
        _known_version(connection, path)
        yield connection


@contextmanager
def writing(data_dir: Path) -> Iterator[sqlite3.Connection]:
    """Open the register for one change, all of it or nothing; makes the file where it is missing.

    The write lock is held from the start, so that what is read inside stays true until the end.
    Raises SloError as `reading` does, or where the folder does not exist.
    """
    path = Path(data_dir) / FILE_NAME
    if not path.parent.is_dir():
        raise SloError(
            f"{path.parent}: expected the data folder here, found none; create it first."
        )
    with _open(path, "rwc") as connection:
        if _known_version(connection, path) < VERSION:
            connection.execute("PRAGMA journal_mode = WAL")
            # IF NOT EXISTS throughout: a table that is there, ours or somebody else's, stays.
            connection.executescript(schema())
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def schema() -> str:
    """The statements that make an empty register."""
    return files(__package__).joinpath("schema.sql").read_text(encoding="utf-8")


@cache
def columns(table: str) -> tuple[str, ...]:
    """The columns of a table of the register, in their order."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(schema())
        return tuple(row[1] for row in connection.execute(f"PRAGMA table_info({table})"))


@contextmanager
def _open(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    try:
        with closing(
            sqlite3.connect(
                f"file:{quote(str(path.resolve()))}?mode={mode}",
                uri=True,
                timeout=_BUSY_SECONDS,
                isolation_level=None,
            )
        ) as connection:
            connection.row_factory = sqlite3.Row
            yield connection
    except sqlite3.OperationalError as error:
        raise SloError(f"{path}: the register cannot be used: {error}.") from error
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.IntegrityError):
            raise
        raise SloError(
            f"{path}: expected the register, a SQLite database, found something else ({error}); "
            "move the file away."
        ) from error


def _known_version(connection: sqlite3.Connection, path: Path) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise SloError(
            f"{path}: expected a register of version {VERSION} or older, found version {version}; "
            "use the release that wrote it, or a newer one."
        )
    return version
