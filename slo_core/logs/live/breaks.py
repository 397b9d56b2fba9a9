"""What is broken on purpose, until when: a small file that the traffic looks at."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Literal

from slo_core.catalog import Catalog
from slo_core.moments import iso

FILE_NAME = "live.json"

How = Literal["fail", "slow"]

_SLOWER = 20


@dataclass(frozen=True)
class Break:
    """A journey that fails, or is twenty times slower, for a share of its requests.

    ``until`` is UTC without a zone.
    """

    journey: str
    until: datetime
    share: float = 1.0
    how: How = "fail"


def read_breaks(folder: Path, now: datetime) -> tuple[Break, ...]:
    """What is broken at a moment; a file that is half written or absent breaks nothing."""
    try:
        found = json.loads((folder / FILE_NAME).read_text("utf-8"))
    except (OSError, ValueError):
        return ()
    breaks = (
        Break(**entry | {"until": datetime.fromisoformat(entry["until"]).replace(tzinfo=None)})
        for entry in found
    )
    return tuple(each for each in breaks if each.until > now)


def add_break(folder: Path, more: Break, now: datetime) -> None:
    """Break a journey, in place of what was broken of it; others stay as they are."""
    rest = (each for each in read_breaks(folder, now) if each.journey != more.journey)
    _write(folder, [*rest, more])


def mend(folder: Path) -> None:
    """Break nothing any more."""
    _write(folder, [])


def _write(folder: Path, breaks: Iterable[Break]) -> None:
    part = folder / f".{FILE_NAME}.part"
    entries = [asdict(each) | {"until": iso(each.until)} for each in breaks]
    part.write_text(json.dumps(entries), "utf-8")
    part.replace(folder / FILE_NAME)


def broken(
    events: Iterable[dict[str, Any]], breaks: Iterable[Break], catalog: Catalog, random: Random
) -> list[dict[str, Any]]:
    """Events as they are while some journeys are broken: requests, measurements and probes."""
    by_journey = {each.journey: each for each in breaks}
    scopes = {scope.id: scope.journey for scope in catalog.scopes}
    found = []
    for event in events:
        journey = event.get("journey") or scopes.get(event.get("scope", ""))
        wrong = by_journey.get(journey or "")
        hit = wrong is not None and random.random() < wrong.share
        found.append(_broken(event, wrong.how) if hit and wrong else event)
    return found


def _broken(event: dict[str, Any], how: How) -> dict[str, Any]:
    kind = event["event"]
    if how == "slow":
        key = {"requests": "duration_ms", "measurements": "value", "probes": "latency_ms"}.get(kind)
        return event | {key: event[key] * _SLOWER} if key in event else event
    if kind == "requests":
        return {**event, "status": 503, "error": "broken on purpose"}
    return event | {"ok": False} if kind == "probes" else event
