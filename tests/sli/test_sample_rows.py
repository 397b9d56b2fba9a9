"""Raw rows behind bad events: which are taken, in which order, from which dates."""

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from slo_core.rollup import refresh
from slo_core.sli.sample_rows import MOST, Sample, sample_probes, sample_rows
from tests.small import STUDIO, small_rollup

AT = datetime(2025, 3, 10, 12)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SONG = ("song_generation", "success_rate")


def request(ago: timedelta, status: int | None = 200, **more: Any) -> dict[str, Any]:
    return {"ts": AT - ago, "journey": "song_generation", "status": status} | more


def agos(sample: Sample) -> list[timedelta]:
    return [AT - moment for moment in sample.rows["ts"]]


def test_failed_requests_come_with_their_reason_the_latest_first(tmp_path: Path) -> None:
    rows = [
        request(HOUR, 503, endpoint="/songs", method="POST", step="generate", session_id="s1"),
        request(2 * HOUR, error="timeout", duration_ms=90_000.5, platform="web"),
        request(3 * HOUR, response_bytes=0),
        request(HOUR, 401),
        request(HOUR, duration_ms=80_000),  # slow is not failed
        request(HOUR, 500, source="server"),
        request(HOUR, 500, journey="api"),
        request(timedelta(0), 500),
        request(3 * HOUR + MINUTE, 500),
    ]
    rollup = small_rollup(tmp_path, {"requests": rows})
    found = sample_rows(rollup, *SONG, AT - 3 * HOUR, AT)
    assert agos(found) == [HOUR, 2 * HOUR, 3 * HOUR]
    assert found.rows["reason"].tolist() == ["server_error", "timeout", "invalid_response"]
    first = found.rows.iloc[0]
    assert (first["endpoint"], first["method"], first["status"]) == ("/songs", "POST", 503)
    assert (first["step"], first["session_id"]) == ("generate", "s1")
    assert (found.read, found.gone, found.more) == ((date(2025, 3, 10),), (), False)


def test_values_narrow_the_sample(tmp_path: Path) -> None:
    rows = [
        request(1 * MINUTE, 503, endpoint="/songs", platform="web"),
        request(2 * MINUTE, 500, endpoint="/songs", platform="ios"),
        request(3 * MINUTE, None, error="network"),
        request(4 * MINUTE, 500, endpoint="/rare", step="generate"),
    ]
    rollup = small_rollup(tmp_path, {"requests": rows})

    def minutes(**only: str) -> list[int]:
        found = sample_rows(rollup, *SONG, AT - HOUR, AT, only=only)
        return [ago // MINUTE for ago in agos(found)]

    assert minutes() == [1, 2, 3, 4]
    assert minutes(endpoint="/songs") == [1, 2]
    assert minutes(endpoint="none") == [3]
    assert minutes(endpoint="other") == [1, 2, 3, 4]  # the rollup's word for all the rest
    assert minutes(status="500", platform="unknown") == [4]
    assert minutes(status="none") == minutes(reason="network") == [3]
    assert minutes(step="generate") == [4]
    assert minutes(platform="x'; DROP TABLE logged") == []


def test_slow_requests_are_those_that_the_objective_calls_so(tmp_path: Path) -> None:
    rows = [
        request(1 * MINUTE, duration_ms=29_999),
        request(2 * MINUTE, duration_ms=30_000),
        request(3 * MINUTE, duration_ms=50_000),
        request(4 * MINUTE, duration_ms=95_000),
        request(5 * MINUTE, 500, duration_ms=50_000),
    ]
    rollup = small_rollup(tmp_path, {"requests": rows})

    def minutes(**only: str) -> list[int]:
        found = sample_rows(rollup, "song_generation", "latency_p95", AT - HOUR, AT, only=only)
        return [ago // MINUTE for ago in agos(found)]

    assert minutes() == [2, 3, 4]
    assert minutes(reached="45000") == [3]
    assert minutes(reached="timeout") == [4]
    assert minutes(reached="31") == []


def test_dates_are_read_from_the_last_one_until_there_is_enough(tmp_path: Path) -> None:
    rows = [request(days * DAY, 500) for days in (1, 2, 3) for _ in range(MOST - 1)]
    rollup = small_rollup(tmp_path, {"requests": rows})
    found = sample_rows(rollup, *SONG, AT - 7 * DAY, AT)
    assert len(found.rows) == MOST
    assert found.more
    assert found.read == (date(2025, 3, 9), date(2025, 3, 8))
    on_one = sample_rows(rollup, *SONG, AT - 7 * DAY, AT, days={date(2025, 3, 7)})
    assert on_one.read == (date(2025, 3, 7),)
    assert (len(on_one.rows), on_one.more) == (MOST - 1, False)


def test_raw_logs_that_are_gone_are_named(tmp_path: Path) -> None:
    rows = [request(HOUR, 500), request(DAY, 500), request(2 * DAY)]
    rollup = small_rollup(tmp_path, {"requests": rows})
    shutil.rmtree(tmp_path / "requests" / "date=2025-03-09")
    rollup = refresh(rollup.store, STUDIO)
    found = sample_rows(rollup, *SONG, AT - 7 * DAY, AT)
    assert agos(found) == [HOUR]
    assert found.read == (date(2025, 3, 10), date(2025, 3, 8))
    assert found.gone == (date(2025, 3, 9),)


def test_a_file_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": [request(HOUR, 500)]})
    (tmp_path / "requests" / "date=2025-03-10" / "broken.parquet").write_text("not Parquet")
    assert agos(sample_rows(rollup, *SONG, AT - DAY, AT)) == [HOUR]


def test_measurements_are_those_off_the_mark(tmp_path: Path) -> None:
    def value(ago: timedelta, journey: str, metric: str, number: float, **more: Any) -> Any:
        return {"ts": AT - ago, "journey": journey, "metric": metric, "value": number} | more

    rows = [
        value(1 * MINUTE, "audio_export", "download_mbps", 5),  # must be above 5
        value(2 * MINUTE, "audio_export", "download_mbps", 5.01),
        value(3 * MINUTE, "audio_export", "download_mbps", 2, platform="web"),
        value(1 * MINUTE, "audio_playback", "buffering_ms", 500),  # must be below 500
        value(2 * MINUTE, "audio_playback", "buffering_ms", 499),
        value(3 * MINUTE, "audio_playback", "playtime_ms", 60_000),
        value(4 * MINUTE, "audio_playback", "interrupted_ms", 0),
        value(5 * MINUTE, "audio_playback", "interrupted_ms", 10),
    ]
    rollup = small_rollup(tmp_path, {"measurements": rows})

    def minutes(journey: str, objective: str, **only: str) -> list[int]:
        found = sample_rows(rollup, journey, objective, AT - HOUR, AT, only=only)
        return [ago // MINUTE for ago in agos(found)]

    assert minutes("audio_export", "download_speed") == [1, 3]
    assert minutes("audio_export", "download_speed", platform="web") == [3]
    assert minutes("audio_playback", "initial_buffering") == [1]
    assert minutes("audio_playback", "interruptions") == [5]


def test_availability_has_failed_requests_and_failed_probes(tmp_path: Path) -> None:
    probe = {"scope": "api", "target": "eu", "latency_ms": 1.5}
    tables = {
        "requests": [request(MINUTE, 502, journey="api"), request(MINUTE, 502)],
        "probes": [
            {"ts": AT - MINUTE, "ok": False} | probe,
            {"ts": AT - 2 * MINUTE, "ok": True} | probe,
            {"ts": AT - MINUTE, "ok": False} | probe | {"scope": "collaboration"},
        ],
    }
    rollup = small_rollup(tmp_path, tables)
    found = sample_rows(rollup, "api", "availability", AT - HOUR, AT)
    assert found.rows[["reason", "status"]].values.tolist() == [["server_error", 502]]
    probed = sample_probes(rollup, "api", AT - HOUR, AT)
    assert agos(probed) == [MINUTE]
    assert probed.rows["target"].tolist() == ["eu"]


def test_without_logs_there_are_no_rows(tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": [request(HOUR)]})
    found = sample_rows(rollup, *SONG, AT - 400 * DAY, AT - 300 * DAY)
    assert found.rows.empty
    assert "reason" in found.rows
    assert (found.read, found.gone, found.more) == ((), (), False)
