"""Whatever the bytes are: accepted and quarantined lines are all that are not empty."""

import bz2
import gzip
import hashlib
import lzma
import os
import random
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from slo_core.logs.ingest import quarantined
from slo_core.logs.ingest.blocks import LONGEST, Progress, blocks, end_of_values
from slo_core.logs.ingest.detect import detect
from slo_core.logs.ingest.run import TOO_LONG, FileRun
from slo_core.logs.ingest.source import Source
from tests.logs.ingest.taking import SAMPLES, filled_lines, rows, take
from tests.long_rounds import CameOf
from tests.oracle import outcome
from tests.small import ROOT, STUDIO

LINE = b'203.0.113.7 - - [31/Mar/2025:10:00:00 +0000] "GET /a HTTP/1.1" 200 5'
FORMATS = {
    "access": "common",
    "alb": "alb",
    "json": "json",
    "k6_json": "k6",
    "csv": "csv",
    "jtl": "jtl",
    "jtl_xml": "jtl",
    "k6_csv": "k6",
    "locust": "locust",
}
PIECES = [
    *(b"\n", b"\r\n", b"\x00", b'"', b",", b"\xff", b"{", b"}", b" ", b"\xef\xbb\xbf", b"\xe2\x80"),
    *(b"[31/Mar/2025:10:00:00 +0000]", b'"GET / HTTP/1.1" 200 -', b"NaN", b"1e400", b"-1", b"\t"),
    *(b'{"ts": "2025-03-31T10:00:00Z"}', b"9" * 40, b"\\", b"\x1f", b"null", b"'", b";"),
]


def seeds() -> list[bytes]:
    """The lines of all samples."""
    return [line for path in SAMPLES.iterdir() for line in path.read_bytes().splitlines()]


@st.composite
def logs(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file of a format: lines of samples, some damaged, and rubbish between them."""
    name = draw(st.sampled_from(sorted(FORMATS)))
    lines = []
    for _ in range(draw(st.integers(0, 6))):
        line = bytearray(draw(st.sampled_from(seeds())))
        for _ in range(draw(st.integers(0, 3))):
            place = draw(st.integers(0, len(line)))
            line[place : place + draw(st.integers(0, 9))] = draw(
                st.one_of(st.sampled_from(PIECES), st.binary(max_size=6))
            )
        lines.append(bytes(line))
    return name, b"\n".join(lines)


def counted(folder: Path, name: str, content: bytes) -> int:
    """Read a file without writing anything, and count its lines and what becomes of them."""
    path = folder / "log"
    path.write_bytes(content)
    run = FileRun(source := Source(path, "log"), detect(source, FORMATS[name], None), STUDIO, None)
    run.read()
    report = run.report
    lines = report.accepted + report.quarantined + sum(report.skipped.values())
    assert lines == filled_lines(content.removeprefix(b"\xef\xbb\xbf")), report
    assert sum(report.outcomes.values()) == report.rows == sum(report.days.values())
    assert sum(report.reasons.values()) == report.quarantined
    if name not in ("locust", "locust_sums"):
        assert report.rows == report.accepted
    return lines


@settings(max_examples=15, deadline=None)
@example(log=("json", b"\x80" * 400 + b'{"ts": "2025-03-31T10:00:00Z"}'))
@example(log=("json", LINE[:43] + b"\x80\x80" + LINE[43:]))
@example(log=("access", b"\x1f\x8b" + LINE))  # begins like gzip, and is none
@example(log=("access", b"PAR1" + LINE))  # begins like Parquet, and is none
@example(log=("csv", b"\n" + LINE))  # its names are not in its first line
@example(log=("csv", b"\n"))  # it has none
@given(log=logs())
def test_counts_are_conserved(
    tmp_path_factory: pytest.TempPathFactory, log: tuple[str, bytes]
) -> None:
    counted(tmp_path_factory.getbasetemp(), *log)


@pytest.mark.long
def test_counts_are_conserved_ten_thousand_times(tmp_path: Path, came_of: CameOf) -> None:
    taken = 0

    @settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(log=logs())
    def read(log: tuple[str, bytes]) -> None:
        nonlocal taken
        taken += counted(tmp_path, *log)

    read()
    came_of("Damaged log files, none of whose lines may go", rounds=10_000, taken=taken, lost=0)


def test_random_requests_have_the_outcomes_of_the_oracle(tmp_path: Path) -> None:
    seed = random.Random(7)
    expected: dict[str, int] = {}
    lines = []
    for number in range(2000):
        status = seed.choice([200, 200, 204, 301, 304, 400, 401, 403, 404, 499, 500, 503, 101])
        method = seed.choice(["GET", "POST", "HEAD", "OPTIONS", "DELETE"])
        size = seed.choice(["-", "0", "17", "2048"])
        row: dict[str, Any] = {
            "status": status,
            "method": method,
            "response_bytes": 0 if size == "-" else int(size),
        }
        word, _ = outcome(row, 30_000.0)
        expected[word] = expected.get(word, 0) + 1
        ts = datetime(2025, 3, 31, tzinfo=UTC) + timedelta(seconds=number)
        lines.append(
            f'::1 - - [{ts:%d/%b/%Y:%H:%M:%S %z}] "{method} /x?{number} HTTP/1.1" {status} {size}'
        )
    (tmp_path / "log").write_text("\n".join(lines), "utf-8")
    assert dict(take(tmp_path / "data", tmp_path / "log").total.outcomes) == expected


@pytest.mark.parametrize(
    ("suffix", "compress"),
    [
        (".gz", gzip.compress),
        (".bz2", bz2.compress),
        (".xz", lzma.compress),
        (".zst", lambda content: pa.Codec("zstd").compress(content, asbytes=True)),
    ],
)
def test_compressed_files_are_read(tmp_path: Path, suffix: str, compress: Any) -> None:
    content = (SAMPLES / "combined.log").read_bytes()
    (tmp_path / f"access.log{suffix}").write_bytes(compress(content))
    assert take(tmp_path / "data", tmp_path / f"access.log{suffix}").total.accepted == 8


def test_a_compressed_file_that_ends_early_gives_what_is_before(tmp_path: Path) -> None:
    seed = random.Random(1)
    lines = [LINE.replace(b"/a", b"/%d" % seed.randrange(10**12)) for _ in range(20_000)]
    content = b"\n".join(lines) + b"\n"
    whole = gzip.compress(content)
    path = tmp_path / "access.log.gz"
    path.write_bytes(whole[: len(whole) // 2])
    (file,) = take(tmp_path / "data", path).files
    assert 8_000 < file.report.accepted < 12_000
    assert "is damaged after" in (file.problem or "")
    # The whole file comes later, and brings what was missing.
    path.write_bytes(whole)
    take(tmp_path / "data", path)
    assert 19_999 <= len(rows(tmp_path / "data")) <= 20_000  # one line had been cut


def test_line_ends_marks_and_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(
        b"\xef\xbb\xbf" + LINE + b"\r\n\r\n \t\n" + LINE.replace(b"/a", b"/caf\xe9") + b"\n"
        b"\x00\x00\x00" + LINE + b"\n\x00\x00\n\xff\xfe\xff\n" + LINE
    )
    total = take(tmp_path / "data", tmp_path / "log").total
    assert (total.accepted, total.quarantined) == (4, 2)
    assert list(quarantined(tmp_path / "data")["line"]) == [6, 7]
    assert [row.get("endpoint") for row in rows(tmp_path / "data")].count("/a") == 3


def test_a_line_that_is_too_long_is_set_apart_with_its_place(tmp_path: Path) -> None:
    long = b"x" * (LONGEST + 1)
    (tmp_path / "log").write_bytes(LINE + b"\n" + long + b"\n" + LINE + b"\n")
    total = take(tmp_path / "data", tmp_path / "log").total
    assert (total.accepted, total.quarantined) == (2, 1)
    (apart,) = quarantined(tmp_path / "data").to_dict("records")
    assert (apart["line"], apart["byte_offset"], apart["reason"]) == (2, len(LINE) + 1, TOO_LONG)
    assert apart["hash"] == hashlib.sha256(long).hexdigest()


@pytest.mark.parametrize("length", [5_000_000, pytest.param(10**9, marks=pytest.mark.long)])
def test_the_longest_line_takes_no_more_memory(
    tmp_path: Path, length: int, came_of: CameOf
) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        file.write(LINE + b"\n")
        for _ in range(length // 1_000_000):
            file.write(b"y" * 1_000_000)
        file.write(b"\n" + LINE)
    block = 1 << 18 if length < 10**8 else 1 << 24
    tracemalloc.start()
    with path.open("rb") as file:
        found = [
            (part.first, len(part), [long.length for long in part.overlong])
            for part in blocks(file, Progress(), block=block)
        ]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [(line, long) for line, _, long in found if long] == [(2, [length])]
    assert sum(lines for _, lines, _ in found) == 2
    assert peak < 8 * block + 2 * LONGEST
    if length < 10**8:
        return
    # The whole command, of which most is what is loaded before it reads anything.
    words = ["ingest", str(path), "--data", str(tmp_path / "data")]
    process = subprocess.Popen([sys.executable, "-m", "slo_core", *words], cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    most = usage.ru_maxrss / 1024
    what = f"A line of {length // 10**6:,} MB among two others, read in {most:.0f} MB of memory"
    came_of(what, rounds=1, taken=2, lost=2 - len(rows(tmp_path / "data")))
    assert process.returncode == 0
    assert len(rows(tmp_path / "data")) == 2
    assert most < 600


def test_blocks_do_not_change_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    content = b"".join(b"%d,%s\n" % (n, b'"a\nb"' if n % 5 == 0 else b"c") for n in range(2000))
    path.write_bytes(content)
    for quoted in (False, True):
        with path.open("rb") as file:
            cut = end_of_values if quoted else None
            parts = list(blocks(file, Progress(), cut=cut, block=333))
        assert b"".join(part.data for part in parts) == content
        assert [part.first for part in parts[1:]] == [part.first + len(part) for part in parts[:-1]]
        if quoted:
            assert all(part.data.count(b'"') % 2 == 0 for part in parts)
