"""Which dates of a unit are rolled up, from what, and where their files are.

A manifest is one small JSON file a unit, replaced atomically; a folder of figures counts only once
the manifest names it, so a rollup that is killed leaves the last good state.
"""

import json
import os
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from slo_core.errors import SloError
from slo_core.logs.store import Problem, Store

FILE = "manifest.json"

LOOK_AGAIN = 30.0
"""Seconds for which a process trusts that figures are still where it has seen them."""


@dataclass(frozen=True)
class Entry:
    """One date's rollup: its fingerprint, its folder, the plan it was made with, what it is of.

    ``files`` is what its raw files were, for the dates beside it that depend on them.
    """

    fingerprint: str
    files: str
    folder: str | None
    plan: str
    first_at: datetime | None
    last_at: datetime | None
    problems: tuple[Problem, ...] = ()
    outputs: tuple[str, ...] = ()
    """The outputs that have rows of it, each in a file `part_of`; not known of old manifests."""
    kept: bool = False
    """Whether its raw logs were removed on purpose, so that what comes late is not counted."""


@dataclass
class Manifest:
    """The dates of one unit, and the plans (cuts by journey, metric) that they were made with."""

    entries: dict[date, Entry] = field(default_factory=dict)
    plans: dict[str, dict[str, list[list[object]]]] = field(default_factory=dict)


def read_manifest(folder: Path) -> Manifest:
    """Read a unit's manifest; an empty one where there is none yet."""
    path = folder / FILE
    try:
        stored = json.loads(path.read_text("utf-8"))
        entries = {
            date.fromisoformat(day): Entry(
                entry["fingerprint"],
                entry.get("files", ""),
                entry["folder"],
                entry["plan"],
                _moment(entry["first_at"]),
                _moment(entry["last_at"]),
                tuple(Problem(**problem) for problem in entry["problems"]),
                tuple(entry.get("outputs", ())),
                entry.get("kept", False),
            )
            for day, entry in stored["entries"].items()
        }
        return Manifest(entries, stored["plans"])
    except (FileNotFoundError, NotADirectoryError):
        return Manifest()
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        raise SloError(
            f"{path} cannot be read: expected the rollup's own manifest; remove the folder "
            f"{folder} to have it made again from the raw logs."
        ) from None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace a unit's manifest in one step; the old one holds until the new one is on disk."""
    used = {entry.plan for entry in manifest.entries.values()}
    stored = {
        "entries": {
            day.isoformat(): asdict(manifest.entries[day]) for day in sorted(manifest.entries)
        },
        "plans": {name: plan for name, plan in manifest.plans.items() if name in used},
    }
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{FILE}.{os.getpid()}"
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(stored, file, default=datetime.isoformat)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / FILE)


def output_files(store: Store, unit: str, entry: Entry, output: str, day: date) -> tuple[Path, ...]:
    """A date's files of an output; none where it had no rows."""
    return _listed(f"{store.rollup}/{unit}/{entry.folder or ''}/{output}/date={day}")


@lru_cache(maxsize=50_000)
def _listed(folder: str) -> tuple[Path, ...]:
    """A folder's files; they never change once a manifest names them."""
    return tuple(sorted(Path(folder).glob("*.parquet")))


def part_of(folder: str, output: str, day: date) -> str:
    """Where a date's rows of an output lie in a folder of figures; text, for it is asked often."""
    return f"{folder}/{output}/date={day}/data_0.parquet"


def deleted(home: Path, day: date, entry: Entry) -> tuple[str, ...]:
    """What is gone of a date's figures in a unit's folder: outputs, or all of them."""
    if entry.folder is None:
        return ()
    turn = int(time.monotonic() // LOOK_AGAIN)
    return _deleted(f"{home}/{entry.folder}", day, entry.outputs, turn)


def forget_listed() -> None:
    """Look anew at what files there are, since some that were there have gone."""
    _listed.cache_clear()


@lru_cache(maxsize=50_000)
def _deleted(folder: str, day: date, outputs: tuple[str, ...], turn: int) -> tuple[str, ...]:
    """Looked up once a turn: a year of dates has thousands of files, and a Path for each costs more
    than the look.
    """
    gone = [name for name in outputs if not os.path.isfile(part_of(folder, name, day))]  # noqa: PTH113
    if len(gone) == len(outputs) and not Path(folder).is_dir():
        return ("all figures",)
    return tuple(gone)


def span(entries: Iterable[Entry]) -> tuple[datetime, datetime] | None:
    """The first and the last event of some entries; None without any."""
    spans = [(e.first_at, e.last_at) for e in entries if e.first_at and e.last_at]
    if not spans:
        return None
    return min(first for first, _ in spans), max(last for _, last in spans)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
