"""A file's lines in blocks of bounded size: where each begins, and text that can be worked on.

A line is what ends with a line feed, or with the file. Nothing here depends on the format, so lines
are numbered and counted in one place, whatever is damaged: a line of a gigabyte is passed over
without being held, bytes that are no UTF-8 are replaced, a byte order mark is no part of a line.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from slo_core.logs.ingest.source import DamagedError, read_pieces

BLOCK = 32 << 20
"""Bytes that are worked on together."""

LONGEST = 1 << 20
"""Bytes of the longest line that is looked at."""

_RECORD = 1 << 16
_BOM = b"\xef\xbb\xbf"
_LF, _QUOTE = 10, 34


@dataclass(frozen=True)
class Overlong:
    """A line that is too long to be read: its number from 1, place, length and hash."""

    line: int
    offset: int
    length: int
    hash: str


@dataclass(frozen=True)
class Block:
    """Some lines: ``data[starts[i]:starts[i + 1]]`` is line ``first + i``, its line feed included.

    ``offset`` is the place of ``data`` in the file. ``overlong`` follow these lines.
    """

    first: int
    offset: int
    data: bytes
    starts: np.ndarray
    overlong: tuple[Overlong, ...] = ()

    def __len__(self) -> int:
        return len(self.starts) - 1

    def raw(self, line: int) -> bytes:
        """A line's bytes by its number, without the line feed."""
        at = line - self.first
        return self.data[self.starts[at] : self.starts[at + 1]].rstrip(b"\r\n")

    def place(self, line: int) -> int:
        """Where a line begins in the file, in bytes."""
        return self.offset + int(self.starts[line - self.first])

    def too_long(self) -> list[int]:
        """The numbers of lines that are longer than `LONGEST`."""
        lengths = np.diff(self.starts)
        return [self.first + int(at) for at in np.flatnonzero(lengths > LONGEST)]

    def is_text(self) -> bool:
        """Whether all of it is UTF-8."""
        try:
            self._whole().validate(full=True)
        except pa.ArrowInvalid:
            return False
        return True

    def _whole(self) -> pa.StringArray:
        return pa.StringArray.from_buffers(
            len(self), pa.py_buffer(self.starts.astype(np.int32)), pa.py_buffer(self.data)
        )

    def texts(self) -> pa.StringArray:
        """The lines as text, with what is no UTF-8 replaced; those that are too long are empty."""
        if not self.too_long() and self.is_text():
            return self._whole()
        lines = (self.data[a:b] for a, b in zip(self.starts[:-1], self.starts[1:], strict=True))
        return pa.array(
            ["" if len(line) > LONGEST else line.decode("utf-8", "replace") for line in lines],
            pa.string(),
        )


@dataclass
class Progress:
    """What has been read of a file so far."""

    hasher: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    size: int = 0
    line_feeds: int = 0
    damaged: str | None = None
    last: bytes = b""
    """The last byte that was passed over."""

    def pass_over(self, file: BinaryIO, size: int, line_feeds: int) -> None:
        """Read a beginning that is known, only for its hash."""
        for piece in read_pieces(file, 1 << 20, most=size):
            self.hasher.update(piece)
            self.size += len(piece)
            self.last = piece[-1:]
        self.line_feeds = line_feeds


def blocks(
    file: BinaryIO,
    progress: Progress,
    *,
    cut: Callable[[bytes], int] | None = None,
    block: int = BLOCK,
) -> Iterator[Block]:
    """The lines of a file from where it stands; ``progress`` says how far it was read before.

    ``cut`` gives the place after which nothing is torn apart where a block ends, nought where it
    knows none; by default, and then, a block ends with a line.
    """
    rest = b""
    skipping: _Skipped | None = None
    pieces = read_pieces(file, block)
    while True:
        try:
            piece = next(pieces, b"")
        except DamagedError as error:
            progress.damaged, piece = str(error), b""
        if not piece:
            break
        progress.hasher.update(piece)
        at = progress.size
        progress.size += len(piece)
        if skipping is not None:
            end = piece.find(b"\n")
            skipping.take(piece if end < 0 else piece[:end])
            if end < 0:
                continue
            yield _only(skipping.ended())
            progress.line_feeds += 1
            piece, at, skipping = piece[end + 1 :], at + end + 1, None
        data, offset = rest + piece, at - len(rest)
        whole = (cut(data) if cut else 0) or data.rfind(b"\n") + 1
        if whole == 0 and len(data) > LONGEST:
            skipping, rest = _Skipped(progress.line_feeds + 1, offset), b""
            skipping.take(data)
            continue
        rest = data[whole:]
        if whole:
            found = _block(progress.line_feeds + 1, offset, data[:whole])
            progress.line_feeds += len(found)
            yield found
    if skipping is not None:
        yield _only(skipping.ended())
    elif rest:
        found = _block(progress.line_feeds + 1, progress.size - len(rest), rest)
        progress.line_feeds += rest.count(b"\n")
        yield found


class _Skipped:
    """A line that is too long, as it goes by."""

    def __init__(self, line: int, offset: int) -> None:
        self._line, self._offset, self._length = line, offset, 0
        self._hasher = hashlib.sha256()

    def take(self, piece: bytes) -> None:
        self._hasher.update(piece)
        self._length += len(piece)

    def ended(self) -> Overlong:
        return Overlong(self._line, self._offset, self._length, self._hasher.hexdigest())


def _only(overlong: Overlong) -> Block:
    return Block(overlong.line, overlong.offset, b"", np.zeros(1, np.int64), (overlong,))


def _block(first: int, offset: int, data: bytes) -> Block:
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == _LF) + 1
    if not data.endswith(b"\n"):
        ends = np.append(ends, len(data))
    start = len(_BOM) if offset == 0 and data.startswith(_BOM) else 0
    return Block(first, offset, data, np.concatenate([[start], ends]))


def end_of_values(data: bytes) -> int:
    """Where lines end and no quoted value, which may hold line feeds, is open."""
    end = data.rfind(b"\n") + 1
    if not end or data.count(b'"', 0, end) % 2 == 0:
        return end
    # The last line with an odd number of quotes opens a value that goes on in the next block.
    at = end
    while at > 0 and end - at < _RECORD:
        start = data.rfind(b"\n", 0, at - 1) + 1
        if data.count(b'"', start, at) % 2:
            return start
        at = start
    return end
