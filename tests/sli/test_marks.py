"""What is drawn beside the figures: incidents, maintenance and changes of a span of time."""

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from slo_core.register import Actor, write
from slo_core.sli.marks import concerning, marks, nearest_changes
from tests.small import small_rollup

DAY = datetime(2025, 3, 10)
HOUR = timedelta(hours=1)
ADA = Actor("Ada")


def incident(
    folder: Path, title: str, start: datetime, end: datetime | None, **more: object
) -> int:
    values = {"title": title, "severity": "P1", "journey": "api", "started_at": start}
    return write(folder, ADA, "incidents", values | {"ended_at": end} | more)


def a_maintenance(folder: Path, start: datetime, notice: timedelta, **more: object) -> None:
    values = {"scope": "api", "starts_at": start, "ends_at": start + HOUR}
    write(folder, ADA, "maintenance", values | {"announced_at": start - notice} | more)


def test_a_folder_without_anything_has_no_marks(tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": [{"ts": DAY, "journey": "api", "status": 200}]})
    assert marks(rollup, DAY, DAY + HOUR).empty
    assert list(concerning(marks(rollup, DAY, DAY + HOUR), "api")) == list(
        marks(rollup, DAY, DAY + HOUR)
    )


def test_what_overlaps_the_span_is_there_in_order_of_time(tmp_path: Path) -> None:
    changes = [
        {"ts": DAY - HOUR, "kind": "deploy", "service": "web", "version": "1"},
        {"ts": DAY, "kind": "load_test", "note": "at its start", "actor": "ada"},
        {"ts": DAY + 5 * HOUR, "kind": "flag"},
        {"ts": DAY + 24 * HOUR, "kind": "deploy", "service": "at the end, which is excluded"},
    ]
    rollup = small_rollup(tmp_path, {"changes": changes})
    incident(tmp_path, "before, over at the start", DAY - 2 * HOUR, DAY)
    incident(tmp_path, "lasts", DAY - 2 * HOUR, None, also_journeys=["web"])
    incident(tmp_path, "over in time", DAY + HOUR, DAY + 2 * HOUR, journey="publishing")
    incident(tmp_path, "another's", DAY + HOUR, DAY + 2 * HOUR, status="merged")
    incident(tmp_path, "later", DAY + 24 * HOUR, None)
    a_maintenance(tmp_path, DAY + 3 * HOUR, 48 * HOUR, reason="new disks")
    a_maintenance(tmp_path, DAY + 4 * HOUR, 47 * HOUR)
    a_maintenance(tmp_path, DAY + 4 * HOUR, 72 * HOUR, cancelled_at=DAY)
    found = marks(rollup, DAY, DAY + 24 * HOUR)
    assert list(zip(found["kind"], found["title"], strict=True)) == [
        ("incident", "P1 lasts"),
        ("change", "Load test: at its start (ada)"),
        ("incident", "P1 over in time"),
        ("maintenance", "Maintenance of api: new disks"),
        ("maintenance", "Maintenance of api (announced too late to be left out)"),
        ("change", "Flag"),
    ]
    assert pd.isna(found["end"][0])
    assert found["end"][1] == found["start"][1] == DAY
    assert found["journeys"][0] == ("api", "web")
    of_publishing = concerning(marks(rollup, DAY, DAY + 24 * HOUR), "publishing")
    assert list(of_publishing["kind"]) == ["change", "incident", "change"]


def test_the_nearest_change_comes_first(tmp_path: Path) -> None:
    changes = [
        {"ts": DAY + hours * HOUR, "kind": "deploy", "service": name}
        for hours, name in ((1, "long before"), (5, "just before"), (7, "after"), (20, "late"))
    ]
    found = marks(small_rollup(tmp_path, {"changes": changes}), DAY, DAY + 24 * HOUR)
    near = nearest_changes(found, DAY + 6 * HOUR)
    assert list(near["title"]) == [
        "Deploy just before",
        "Deploy after",
        "Deploy long before",
        "Deploy late",
    ]
    assert list(near["gap"]) == [HOUR, -HOUR, 5 * HOUR, -14 * HOUR]
