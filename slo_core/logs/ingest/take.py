"""Files into a data folder, each as a whole or not at all, and none twice."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from slo_core.catalog import Catalog
from slo_core.errors import SloError
from slo_core.logs.ingest.blocks import Progress
from slo_core.logs.ingest.detect import detect
from slo_core.logs.ingest.ledger import HEAD, Known, Ledger
from slo_core.logs.ingest.mapping import Mapping, fitted
from slo_core.logs.ingest.report import Report
from slo_core.logs.ingest.run import FileRun
from slo_core.logs.ingest.source import STDIN, Source, digest, find_sources
from slo_core.logs.store import Store
from slo_core.moments import iso, utc_second
from slo_core.rollup.retain import kept_days


@dataclass(frozen=True)
class FileReport:
    """What became of one file. ``already`` is set where all of it was in before."""

    name: str
    format: str | None
    report: Report
    already: bool = False
    problem: str | None = None
    """The sentence why it was not read."""


@dataclass
class Taken:
    """What became of several files, and of all of them together."""

    files: list[FileReport] = field(default_factory=list)
    dry_run: bool = False

    @property
    def total(self) -> Report:
        """The counts of all files together."""
        total = Report()
        for each in self.files:
            total.add(each.report)
        return total

    def as_dict(self) -> dict[str, Any]:
        """The object that ``--report json`` prints."""
        return {
            **self.total.as_dict(),
            "already": sum(each.already for each in self.files),
            "dry_run": self.dry_run,
            "files": [
                {
                    "file": each.name,
                    "format": each.format,
                    "accepted": each.report.accepted,
                    "quarantined": each.report.quarantined,
                    "already": each.already,
                    "problem": each.problem,
                }
                for each in self.files
            ],
        }


def ingest(
    names: Sequence[str],
    data: Path | str,
    catalog: Catalog,
    *,
    format: str = "auto",
    mapping: Mapping | None = None,
    dry_run: bool = False,
) -> Taken:
    """Take files into a data folder; with ``dry_run`` only say what would be made of them.

    ``names`` are files, folders, patterns, or ``-`` for standard input. A content that is in is not
    taken again, and of a file that has grown only what is new. Raises SloError where there is
    nothing to read; a file among several that is none of the known formats is a problem in the
    report.
    """
    ledger = Ledger(data)
    ledger.check()
    with TemporaryDirectory(prefix="ingest-") as folder:
        sources = find_sources(names, Path(folder) / "stdin")
        job = _Job(ledger, catalog, format, mapping)
        if dry_run:
            return Taken(_each(sources, job.look), dry_run=True)
        with ledger.locked():
            return Taken(_each(sources, job.take))


def retry(
    data: Path | str,
    catalog: Catalog,
    known: Collection[str] = (),
    mapping: Mapping | None = None,
) -> Taken:
    """Read the quarantined lines of files again, with the catalogue of now.

    ``known`` are the ids under which files are kept; all that have a quarantine where none is
    named. Lines mean what ``mapping`` says, or what was said when the file was taken. Those that
    can be read leave the quarantine. A file that is gone, or is not what it was, is a problem in
    the report. Raises SloError for an id that is not known.
    """
    ledger = Ledger(data)
    ledger.check()
    with ledger.locked():
        reports = {report["id"]: report for report in ledger.reports()}
        for each in known:
            if each not in reports:
                raise SloError(
                    f"{ledger.root} knows no file '{each}': name one of its *.json, or none for "
                    "all that have a quarantine."
                )
        wanted = [
            it for it in reports.values() if it["quarantined"] and (not known or it["id"] in known)
        ]
        files = []
        for found in wanted:
            said = found.get("mapping")
            own = mapping or (Mapping.model_validate(said) if said else None)
            job = _Job(ledger, catalog, found["said"], own)
            try:
                files.append(job.take_again(found))
            except SloError as error:
                files.append(FileReport(found["file"], None, Report(), problem=str(error)))
        return Taken(files)


def quarantined(data: Path | str) -> pd.DataFrame:
    """Every quarantined line: ``id, file, line, byte_offset, hash, reason, excerpt``.

    Of Parquet files ``line`` is the row's number, and there is no place or hash.
    """
    ledger = Ledger(data)
    parts = []
    for report in ledger.reports():
        path = ledger.quarantine(report["id"])
        if path.exists():
            part = pq.read_table(path).to_pandas()
            part.insert(0, "file", report["file"])
            part.insert(0, "id", report["id"])
            parts.append(part)
    columns = ["id", "file", "line", "byte_offset", "hash", "reason", "excerpt"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


@dataclass(frozen=True)
class _Job:
    """What is the same for all files of a call."""

    ledger: Ledger
    catalog: Catalog
    format: str
    mapping: Mapping | None

    def look(self, source: Source) -> FileReport:
        """What would be made of a file."""
        run = self._run(source, None)
        run.read()
        return FileReport(source.name, run.detected.format, run.report, problem=_cut_short(run))

    def take(self, source: Source) -> FileReport:
        """Take what is new of a file."""
        before = self._beginning(source)
        if before is not None and before.whole:
            return FileReport(source.name, None, Report(), already=True)
        with self.ledger.staging() as folder:
            run = self._run(source, folder)
            if before is None:
                run.read()
            else:
                # A last line that was not complete was set apart, unless it could be read so far.
                torn = self.ledger.last_apart(before.known) if before.within_a_line else None
                start = before.known.size if torn is None else torn
                goes_on = before.within_a_line and torn is None
                run.read(start, before.known.line_feeds, known_goes_on=goes_on)
                lines = self._lines(before.known.id) - (torn is not None)
                run.report.skipped["lines that were in before"] += lines
                if torn is not None:
                    self.ledger.stage_without_last(folder, before.known)
            known = Known(
                run.progress.hasher.hexdigest(),
                run.progress.size,
                run.progress.line_feeds,
                before.head if before else digest(source.head()[:HEAD]),
            )
            if any(known.sha256 == other.sha256 for other in self.ledger.known()):
                return FileReport(source.name, None, Report(), already=True)
            self.ledger.commit(
                folder,
                known,
                {
                    "file": str(source.path) if source.name != STDIN else STDIN,
                    "format": run.detected.format,
                    "said": self.format,
                    "mapping": self._said,
                    "table": run.detected.mapping.table,
                    "at": iso(utc_second()),
                    "round": 0,
                    "continues": before.known.id if before else None,
                    "problem": _cut_short(run),
                    **run.report.as_dict(),
                },
            )
        return FileReport(source.name, run.detected.format, run.report, problem=_cut_short(run))

    def _lines(self, known_id: str) -> int:
        """How many lines of a content that is in are not empty."""
        (found,) = (report for report in self.ledger.reports() if report["id"] == known_id)
        return int(found["accepted"] + found["quarantined"] + sum(found["skipped"].values()))

    def take_again(self, found: dict[str, Any]) -> FileReport:
        """Take what can be read now of a file's quarantine."""
        if found["file"] == STDIN:
            raise SloError(
                "what came from standard input cannot be read again: ingest it once more, from a "
                "file."
            )
        source = Source(Path(found["file"]), found["file"])
        path = self.ledger.quarantine(found["id"])
        lines = pq.read_table(path, columns=["line"])["line"].to_pylist() if path.exists() else []
        with self.ledger.staging() as folder:
            run = self._run(source, folder, frozenset(lines))
            run.read()
            known = Known(found["sha256"], found["size"], found["line_feeds"], found["head"])
            if not self._still(source, known):
                raise SloError(
                    f"{found['file']} has changed since it was read: ingest it again, which takes "
                    "what is new."
                )
            report = {**_merged(found, run.report), "mapping": self._said}
            self.ledger.commit(folder, known, report)
        return FileReport(source.name, run.detected.format, run.report)

    @property
    def _said(self) -> dict[str, Any] | None:
        """What a person's mapping says, to be said again when the file is read again."""
        if self.mapping is None:
            return None
        return self.mapping.model_dump(mode="json", exclude_unset=True)

    def _run(
        self, source: Source, folder: Path | None, only: frozenset[int] | None = None
    ) -> FileRun:
        detected = detect(source, self.format, self.mapping)
        mapping = fitted(detected.mapping, self.catalog, source.name)
        detected = replace(detected, mapping=mapping)
        kept = kept_days(Store(self.ledger.data), detected.mapping.table)
        return FileRun(source, detected, self.catalog, folder, kept, only)

    def _beginning(self, source: Source) -> "_Beginning | None":
        """The longest known content with which a file begins."""
        head = source.head()[:HEAD]
        candidates = sorted(
            (known for known in self.ledger.known() if known.may_begin(head)),
            key=lambda known: known.size,
        )
        if not candidates:
            return None
        found, within = None, False
        progress = Progress()
        with source.open() as file:
            for known in candidates:
                progress.pass_over(file, known.size - progress.size, known.line_feeds)
                if progress.size == known.size and progress.hasher.hexdigest() == known.sha256:
                    found, within = known, progress.last not in (b"", b"\n")
            whole = not file.read(1) if found and progress.size == found.size else False
        return _Beginning(found, whole, digest(head), within) if found else None

    def _still(self, source: Source, known: Known) -> bool:
        """Whether a file is, or begins with, what it was."""
        progress = Progress()
        with source.open() as file:
            progress.pass_over(file, known.size, 0)
        return progress.hasher.hexdigest() == known.sha256


@dataclass(frozen=True)
class _Beginning:
    known: Known
    whole: bool
    """Whether the file has nothing more."""
    head: str
    within_a_line: bool
    """Whether the content ends before its last line does."""


def _each(sources: Sequence[Source], take: Callable[[Source], FileReport]) -> list[FileReport]:
    """One file after the other; what is wrong with one of several does not stop the rest."""
    if len(sources) == 1:
        return [take(sources[0])]
    found = []
    for source in sources:
        try:
            found.append(take(source))
        except SloError as error:
            found.append(FileReport(source.name, None, Report(), problem=str(error)))
    return found


def _cut_short(run: FileRun) -> str | None:
    if run.progress.damaged is None:
        return None
    return (
        f"{run.source.name} is damaged after {run.progress.size} bytes "
        f"({run.progress.damaged}): what is before was read; fetch it again."
    )


def _merged(found: dict[str, Any], again: Report) -> dict[str, Any]:
    """A file's report after its quarantine was read again."""
    now = again.as_dict()
    merged = dict(found)
    for key in ("accepted", "rows"):
        merged[key] = found[key] + now[key]
    merged["quarantined"], merged["reasons"] = now["quarantined"], now["reasons"]
    for key in ("outcomes", "journeys", "days", "other_source"):
        names = [*found[key], *(name for name in now[key] if name not in found[key])]
        merged[key] = {name: found[key].get(name, 0) + now[key].get(name, 0) for name in names}
    times = [it for it in (found["first"], now["first"]) if it]
    merged["first"] = min(times, default=None)
    merged["last"] = max([it for it in (found["last"], now["last"]) if it], default=None)
    merged["round"] = found["round"] + 1
    return merged
