"""How incidents were answered, by severity; worked out by hand."""

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from slo_core.incidents.metrics import metrics, times
from slo_core.register import Actor, read_incidents, write
from tests.small import STUDIO

START, END = datetime(2025, 3, 1), datetime(2025, 4, 1)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def incident(folder: Path, severity: str, *minutes: int | None, started: datetime) -> None:
    """Detected, triaged, mitigated and resolved so many minutes after the start."""
    names = ("detected_at", "triaged_at", "mitigated_at", "resolved_at")
    stamps = {
        name: started + it * MINUTE
        for name, it in zip(names, minutes, strict=True)
        if it is not None
    }
    row = {"title": severity, "severity": severity, "journey": "api", "started_at": started}
    write(folder, Actor("Ada"), "incidents", row | stamps)


def test_means_and_targets_by_severity(tmp_path: Path) -> None:
    day = datetime(2025, 3, 10)
    # P1 promises a response in under 15 min and a resolution in under 4 h, from the detection on.
    incident(tmp_path, "P1", 10, 20, 70, 190, started=day)  # 10, 60, 180 min: both kept
    incident(tmp_path, "P1", 20, 35, 80, 260, started=day + HOUR)  # 15 and 240 min: both missed
    incident(tmp_path, "P2", 5, None, None, None, started=day + 2 * HOUR)  # all still runs
    incident(tmp_path, "S9", 5, 6, 7, 8, started=day)  # nobody knows what it promises
    incident(tmp_path, "P1", 1, 2, 3, 4, started=END)  # of the next month
    frame = metrics(read_incidents(tmp_path), STUDIO, START, END).set_index("severity")
    assert list(frame.index) == ["P1", "P2", "P3", "S9", "all"]
    assert list(frame["count"]) == [2, 1, 0, 1, 4]
    assert list(frame["unresolved"]) == [0, 1, 0, 0, 1]
    first = frame.loc["P1"]
    assert (first["detect"], first["detect_longest"]) == (900, 1200)
    assert (first["mitigate"], first["resolve"]) == (3600, (180 + 240) / 2 * 60)
    assert (first["response_kept"], first["response_judged"]) == (1, 2)
    assert (first["resolution_kept"], first["resolution_judged"]) == (1, 2)
    assert pd.isna(frame.loc["P2", "resolve"])
    assert frame.loc["P2", "response_judged"] == 0
    assert pd.isna(frame.loc["P3", "detect"])
    assert frame.loc["P3", "detect_known"] == 0
    assert frame.loc["S9", "response_judged"] == 0
    assert frame.loc["all", "resolve_known"] == 3


def test_what_was_written_after_the_look_is_not_known(tmp_path: Path) -> None:
    day = datetime(2025, 3, 10)
    incident(tmp_path, "P1", 10, 20, 70, 190, started=day)
    incident(tmp_path, "P1", 30, None, None, None, started=day + HOUR)
    register = read_incidents(tmp_path)
    (one,) = times(register, STUDIO, START, END, day + 80 * MINUTE).itertuples()
    assert (one.mitigate, one.response_kept) == (3600, True)
    assert pd.isna(one.resolve)
    assert pd.isna(one.resolution_kept)
    # Half an hour later the other's response is too late, though its clock still runs.
    late = times(register, STUDIO, START, END, day + 120 * MINUTE)
    assert late["response_kept"].tolist() == [True, False]


def test_merged_ones_and_an_empty_register_count_nothing(tmp_path: Path) -> None:
    frame = metrics(read_incidents(tmp_path), STUDIO, START, END)
    assert list(frame["count"]) == [0, 0, 0, 0]
    row = {"title": "m", "severity": "P1", "journey": "api", "started_at": START}
    write(tmp_path, Actor("Ada"), "incidents", row | {"status": "merged"})
    assert metrics(read_incidents(tmp_path), STUDIO, START, END)["count"].sum() == 0
