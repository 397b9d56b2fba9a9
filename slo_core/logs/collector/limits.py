"""What the collector lets in, in one place, so that it never holds more than it is meant to."""

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    body: int = 1 * MIB
    """A body as it is sent, compressed or not."""
    text: int = 8 * MIB
    """A body once it is unpacked."""
    events: int = 10_000
    """Events of one batch."""
    bodies: int = 32 * MIB
    """All bodies that are being received or read at once; beyond that senders are asked to wait."""
    queued: int = 32 * MIB
    """Lines that wait for the disk; beyond that senders are asked to wait."""
    journal: int = 1024 * MIB
    """Journals that are not yet Parquet files; beyond that senders are asked to wait."""
    segment: int = 8 * MIB
    """A journal file; then the next begins."""
    spare: int = 64 * MIB
    """Room that is left on the disk, so that journals can become Parquet files."""
    patience: float = 30.0
    """How long a body may take to arrive."""
    per_second: float = 100.0
    """Requests of one client, over a while."""
    burst: int = 200
    """Requests of one client, at once."""
    drain_every: float = 2.0
    """How often journals become Parquet files."""
