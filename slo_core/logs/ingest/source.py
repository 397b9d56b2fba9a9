"""Where lines come from: files, folders, patterns, standard input; compressed or not."""

import bz2
import gzip
import hashlib
import lzma
import shutil
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa

from slo_core.errors import SloError

HEAD = 64 * 1024
"""How many bytes are looked at to tell what a file is."""

STDIN = "-"

_MAGIC = (
    (b"\x1f\x8b", lambda file: gzip.GzipFile(fileobj=file)),
    (b"BZh", lambda file: bz2.BZ2File(file)),
    (b"\xfd7zXZ\x00", lambda file: lzma.LZMAFile(file)),  # noqa: SIM115
    (b"\x28\xb5\x2f\xfd", lambda file: pa.CompressedInputStream(pa.PythonFile(file), "zstd")),
)


# What the unpackers raise for a file that ends early or is damaged.
_DAMAGES = (OSError, EOFError, lzma.LZMAError, zlib.error, ValueError, pa.ArrowException)


@dataclass(frozen=True)
class Source:
    """A file to read: where it lies, and what people call it (``-`` is standard input)."""

    path: Path
    name: str

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Its bytes from the beginning, decompressed where it is compressed.

        By its first bytes, not by its name. Raises SloError where it cannot be opened.
        """
        try:
            file = self.path.open("rb")
            start = file.read(8)
            file.seek(0)
        except OSError as error:
            raise SloError(
                f"{self.name} cannot be read ({error.strerror}): name a file that you may read."
            ) from None
        with file:
            for magic, opened in _MAGIC:
                if start.startswith(magic) and self._unpacks(opened):
                    with opened(file) as unpacked:
                        yield cast(BinaryIO, unpacked)
                    return
            yield file

    def _unpacks(self, opened: Callable[[BinaryIO], Any]) -> bool:
        """Whether it is compressed indeed, and does not only begin like it."""
        try:
            with self.path.open("rb") as file, opened(file) as unpacked:
                unpacked.read(1)
        except _DAMAGES:
            return False
        return True

    def head(self) -> bytes:
        """Its first `HEAD` bytes, fewer where it is shorter or damaged before."""
        with self.open() as file:
            return b"".join(read_pieces(file, HEAD, most=HEAD))


class DamagedError(Exception):
    """A compressed file that ends early or is damaged; what was read before is good."""


def read_pieces(file: BinaryIO, size: int, *, most: int | None = None) -> Iterator[bytes]:
    """The bytes of a file in pieces of about a size, until its end or ``most`` bytes.

    What a damaged compressed file holds before its damage is read; `DamagedError` follows it,
    except where only a beginning was asked for.
    """
    # As much as there is at once: what was unpacked before a damage is lost to a longer read.
    read: Callable[[int], bytes] = getattr(file, "read1", file.read)
    left = most
    held: list[bytes] = []
    length = 0
    problem = None
    while left is None or left > 0:
        wanted = size - length
        try:
            piece = read(wanted if left is None else min(wanted, left))
        except _DAMAGES as error:
            problem, piece = " ".join(str(error).split()), b""
        if left is not None:
            left -= len(piece)
        held.append(bytes(piece))
        length += len(piece)
        if length == size:
            yield b"".join(held)
            held, length = [], 0
        if not piece:
            break
    if length:
        yield b"".join(held)
    if problem and most is None:
        raise DamagedError(problem)


def find_sources(names: Sequence[str], spool: Path) -> list[Source]:
    """The files that people name: files, folders with all below them, patterns, ``-``.

    Standard input is copied to ``spool`` first, since a file is read more than once. Hidden files
    in folders are passed over. Raises SloError for what is not there.
    """
    found: dict[Path, Source] = {}
    for name in names:
        if name == STDIN:
            spool.parent.mkdir(parents=True, exist_ok=True)
            with spool.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file, 1 << 20)
            found[spool] = Source(spool, STDIN)
            continue
        path = Path(name)
        if path.is_dir():
            inside = [
                it for it in sorted(path.rglob("*")) if it.is_file() and not _hidden(it, path)
            ]
            if not inside:
                raise SloError(f"{name} is a folder without files: name one with logs.")
            paths = inside
        elif path.exists():
            paths = [path]
        else:
            # A pathlib pattern cannot be absolute.
            names_found = glob(name, recursive=True)  # noqa: PTH207
            paths = [Path(it) for it in sorted(names_found) if Path(it).is_file()]
            if not paths:
                raise SloError(f"{name} does not exist: name a log file, a folder or a pattern.")
        for each in paths:
            found.setdefault(each.absolute(), Source(each.absolute(), str(each)))
    return list(found.values())


def digest(content: bytes) -> str:
    """The hash by which contents are told apart."""
    return hashlib.sha256(content).hexdigest()


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)
