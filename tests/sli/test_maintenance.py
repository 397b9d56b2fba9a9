"""Maintenance and corrections as people write them: what counts, what is refused."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from slo_core.errors import SloError
from slo_core.register import Actor, read_maintenance, read_table, write_all, write_once
from slo_core.register.write import Change
from slo_core.sli.correcting import add_correction, cancel_correction
from slo_core.sli.maintenance import (
    LeftOut,
    announce,
    call_off,
    in_time,
    left_out,
    notice_words,
    windows_at,
)
from slo_core.sli.windows import Window
from tests.small import STUDIO, small_rollup

AT = datetime(2025, 3, 10, 12)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
ADA = Actor("Ada")


def test_only_what_is_announced_two_days_ahead_is_left_out() -> None:
    assert in_time(AT - 48 * HOUR, AT, STUDIO)
    assert not in_time(AT - 48 * HOUR + SECOND, AT, STUDIO)
    assert "its time is left out" in notice_words(STUDIO, AT, AT - 48 * HOUR, "api")
    late = notice_words(STUDIO, AT, AT - 47 * HOUR, "api")
    assert "only 1 d 23 h ahead, not 2 d" in late
    assert "downtime of api if it is down" in late
    assert "after its start" in notice_words(STUDIO, AT, AT, "api")


def test_states_of_windows_and_calling_one_off(tmp_path: Path) -> None:
    ids = [
        announce(tmp_path, ADA, STUDIO, "api", AT + start, AT + start + HOUR, " why ", at=when)
        for start, when in (
            (-3 * HOUR, AT - 99 * HOUR),
            (0 * HOUR, AT - 99 * HOUR),
            (2 * HOUR, AT - 99 * HOUR),
            (4 * HOUR, AT - 9 * HOUR),
        )
    ]
    off = announce(
        tmp_path, ADA, STUDIO, "api", AT + 5 * HOUR, AT + 6 * HOUR, "", at=AT - 99 * HOUR
    )
    call_off(tmp_path, ADA, off, version=1, at=AT - HOUR)
    with pytest.raises(SloError, match=f"maintenance {off} is cancelled already"):
        call_off(tmp_path, ADA, off, version=2)
    found = windows_at(read_maintenance(tmp_path), STUDIO, AT)
    states = dict(zip(found["id"], found["state"], strict=True))
    assert states == dict(zip(ids, ("over", "now", "ahead", "too late"), strict=True)) | {
        off: "cancelled"
    }
    assert found["reason"].iloc[-1] == "why"
    with pytest.raises(SloError, match="no scope is called 'web'"):
        announce(tmp_path, ADA, STUDIO, "web", AT, AT + HOUR, "")
    with pytest.raises(SloError, match="its end must come after its start"):
        announce(tmp_path, ADA, STUDIO, "api", AT, AT, "")


def test_what_is_left_out_is_told_with_what_was_down_in_it(tmp_path: Path) -> None:
    # Probed each ten seconds for an hour, down for the last half; the last ten minutes are planned.
    probes = [
        {"ts": AT - HOUR + 10 * n * SECOND, "scope": "api", "target": "a", "ok": n < 180}
        for n in range(360)
    ]
    rollup = small_rollup(tmp_path, {"probes": probes})
    announce(tmp_path, ADA, STUDIO, "api", AT - 10 * MINUTE, AT + HOUR, "", at=AT - 99 * HOUR)
    window, maintenance = Window("", AT - 2 * HOUR, AT), read_maintenance(tmp_path)
    scope = STUDIO.scope("api")
    assert left_out(rollup, scope, window, maintenance) == LeftOut(600, 600, 600)
    assert left_out(rollup, scope, window, maintenance.iloc[:0]) == LeftOut(0, 0, 0)


def test_a_correction_needs_a_reason_and_an_approver(tmp_path: Path) -> None:
    span = (AT, AT + HOUR)
    scopes = ["web", "api", "web"]
    ids = add_correction(tmp_path, ADA, STUDIO, scopes, *span, " load test ", " Grace ")
    rows = read_table(tmp_path, "corrections")
    assert rows["scope"].tolist() == ["web", "api"]
    assert rows[["reason", "approver"]].iloc[0].tolist() == ["load test", "Grace"]
    cancel_correction(tmp_path, ADA, ids[0], version=1)
    with pytest.raises(SloError, match="cancelled already"):
        cancel_correction(tmp_path, ADA, ids[0], version=2)
    for scopes, reason, approver, sentence in (
        ([], "r", "a", "has no journey"),
        (["shop"], "r", "a", "no journey is called 'shop'"),
        (["web"], " ", "a", "has no reason"),
        (["web"], "r", "", "has no approver"),
    ):
        with pytest.raises(SloError, match=sentence):
            add_correction(tmp_path, ADA, STUDIO, scopes, *span, reason, approver)
    with pytest.raises(SloError, match="must come after"):
        add_correction(tmp_path, ADA, STUDIO, ["web"], AT, AT, "r", "a")
    bo = Actor("Bo", "responder")
    with pytest.raises(SloError, match="Bo is a responder and may not write corrections"):
        add_correction(tmp_path, bo, STUDIO, ["web"], *span, "r", "a")
    assert len(read_table(tmp_path, "corrections")) == 2


def test_several_rows_are_written_together_and_one_once(tmp_path: Path) -> None:
    row = {"scope": "web", "reason": "r", "approver": "a", "starts_at": AT, "ends_at": AT + HOUR}
    wrong = row | {"ends_at": AT - HOUR}
    with pytest.raises(SloError, match="must come after"):
        write_all(tmp_path, ADA, [Change("corrections", row), Change("corrections", wrong)])
    assert read_table(tmp_path, "corrections").empty
    same = {"scope": "web", "starts_at": AT}
    assert write_once(tmp_path, ADA, "corrections", row, unless=same) == 1
    assert write_once(tmp_path, ADA, "corrections", row, unless=same) is None
    assert write_once(tmp_path, ADA, "corrections", row, unless={"scope": "api"}) == 2
