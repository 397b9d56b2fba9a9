"""The sample: the same rows for the same seed, every outcome, the volumes, and its story."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from slo_core.catalog import Catalog, load_catalog
from slo_core.errors import SloError
from slo_core.logs.sample import SamplePhase, sample_phases, write_sample
from slo_core.logs.tables import TABLES
from slo_core.register import Actor, read_incidents, read_maintenance, write

END = datetime(2025, 3, 31)
DAYS, SCALE = 40, 0.05
TYPES = {
    "timestamp": "TIMESTAMP",
    "text": "VARCHAR",
    "integer": ("INTEGER", "BIGINT"),
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog("data/studio.yaml")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "it's [a] folder"
    write_sample(folder, catalog=catalog, days=DAYS, end=END, scale=SCALE, seed=7)
    return folder


@pytest.fixture(scope="module")
def rows(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every table of the sample, with `folder_date`, `filename` and `file_row_number`."""
    with duckdb.connect() as connection:
        pattern = str(folder).replace("'", "''").replace("[a]", "[[]a]")
        for table in TABLES:
            connection.execute(
                f"CREATE VIEW {table} AS SELECT * RENAME (date AS folder_date) FROM read_parquet("
                f"'{pattern}/{table}/*/*.parquet', filename = true, file_row_number = true)"
            )
        yield connection


def one(rows: duckdb.DuckDBPyConnection, query: str, *values: Any) -> Any:
    """The one row of a query, or its one value."""
    found = rows.execute(query, list(values)).fetchall()
    assert len(found) == 1
    return found[0] if len(found[0]) > 1 else found[0][0]


@pytest.fixture(scope="module")
def outcomes(rows: duckdb.DuckDBPyConnection, catalog: Catalog) -> duckdb.DuckDBPyConnection:
    """A view `outcomes`: the counting requests with their outcome, as DESIGN 2.2 lists them."""
    rules = ", ".join(
        f"('{j.id}', '{j.source.value}', {j.timeout.value / timedelta(milliseconds=1)})"
        for j in catalog.journeys
        if j.source and j.timeout
    )
    rows.execute(f"""
        CREATE VIEW outcomes AS
        SELECT r.*, CASE
            WHEN excluded IS NOT NULL THEN 'excluded'
            WHEN status IN (401, 403) THEN 'auth'
            WHEN error = 'timeout' OR duration_ms > timeout THEN 'timeout'
            WHEN error = 'network' THEN 'network'
            WHEN status BETWEEN 500 AND 599 THEN 'server_error'
            WHEN error = 'exception' THEN 'exception'
            WHEN status BETWEEN 400 AND 499 THEN 'client_error'
            WHEN status NOT BETWEEN 200 AND 299 THEN 'redirect'
            WHEN error = 'invalid_response' THEN 'invalid_response'
            WHEN response_bytes = 0 AND coalesce(status NOT IN (204, 205), true)
                 AND coalesce(method NOT IN ('HEAD', 'OPTIONS'), true) THEN 'invalid_response'
            WHEN error IS NOT NULL THEN 'other' ELSE 'good' END AS outcome
        FROM requests AS r JOIN (VALUES {rules}) AS j(journey, counts, timeout) USING (journey)
        WHERE source IS NULL OR source = counts
    """)
    return rows


def failure_rate(
    outcomes: duckdb.DuckDBPyConnection, start: datetime, end: datetime, condition: str
) -> float:
    good, valid = one(
        outcomes,
        "SELECT count(*) FILTER (outcome = 'good'), count(*) FROM outcomes WHERE ts >= ? AND ts < ?"
        f" AND outcome NOT IN ('excluded', 'auth', 'redirect') AND {condition}",
        start,
        end,
    )
    assert valid
    return 1 - float(good) / float(valid)


def truth(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "scenario.json").read_text())
    return told


def span(happening: dict[str, Any]) -> tuple[datetime, datetime]:
    start, end = (
        datetime.fromisoformat(happening[side] or END.isoformat()).replace(tzinfo=None)
        for side in ("start", "end")
    )
    return start, end


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.parquet"))
    }


# What is written ----------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(
    tmp_path: Path, catalog: Catalog
) -> None:
    written = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        told = write_sample(
            tmp_path / name, catalog=catalog, days=3, end=END, scale=0.01, seed=seed
        )
        assert told == truth(tmp_path / name)
        written.append(contents(tmp_path / name))
    assert written[0] == written[1]
    same = {path for path in written[0] if written[0][path] == written[2][path]}
    assert {path.split("/")[0] for path in same} == {"changes"}


@pytest.mark.parametrize("table", TABLES)
def test_every_table_has_its_columns_and_a_file_for_each_date(
    rows: duckdb.DuckDBPyConnection, folder: Path, table: str
) -> None:
    described = {
        name: kind
        for name, kind, *_ in rows.execute(f"DESCRIBE {table}").fetchall()
        if name not in ("folder_date", "filename", "file_row_number")
    }
    assert list(described) == [column.name for column in TABLES[table].columns]
    for column in TABLES[table].columns:
        assert described[column.name] in TYPES[column.kind]
        if not column.nullable:
            assert one(rows, f"SELECT count(*) FROM {table} WHERE {column.name} IS NULL") == 0
    dates = [END.date() - timedelta(days=n) for n in range(DAYS, 0, -1)]
    files = sorted(path.relative_to(folder / table) for path in (folder / table).rglob("*.*"))
    if table != "changes":
        assert files == [Path(f"date={day}") / "sample.parquet" for day in dates]


@pytest.mark.parametrize("table", TABLES)
def test_rows_lie_in_the_folder_of_their_date_in_the_order_of_time(
    rows: duckdb.DuckDBPyConnection, table: str
) -> None:
    astray, first, last = one(
        rows,
        f"SELECT count(*) FILTER (ts::DATE <> folder_date), min(ts), max(ts) FROM {table}",
    )
    assert astray == 0
    assert first >= END - timedelta(days=DAYS)
    assert last < END
    assert not one(
        rows,
        f"SELECT count(*) FROM (SELECT ts < lag(ts) OVER (PARTITION BY filename ORDER BY "
        f"file_row_number) AS back FROM {table}) WHERE back",
    )


def test_a_sample_that_begins_and_ends_within_a_day_keeps_to_its_span(
    rows: duckdb.DuckDBPyConnection, tmp_path: Path, catalog: Catalog
) -> None:
    end = datetime(2025, 3, 31, 10, 7)
    write_sample(tmp_path, catalog=catalog, days=1, end=end, scale=0.01)
    for table in ("requests", "measurements", "probes", "resources", "steps"):
        found = one(rows, f"SELECT min(ts), max(ts) FROM '{tmp_path}/{table}/*/*.parquet'")
        assert end - timedelta(days=1) <= found[0] < end - timedelta(hours=23)
        assert end - timedelta(hours=1) < found[1] < end


# What a month holds -------------------------------------------------------------------------------


def test_a_month_has_the_documents_volumes(
    rows: duckdb.DuckDBPyConnection, catalog: Catalog
) -> None:
    for journey in catalog.journeys:
        assert journey.monthly_requests
        found = one(
            rows,
            "SELECT count(*) FROM requests WHERE journey = ? AND ts >= ? "
            "AND coalesce(source, ?) = ?",
            journey.id,
            END - timedelta(days=30),
            *[journey.source.value if journey.source else "client"] * 2,
        )
        expected = journey.monthly_requests.value * SCALE
        # A load test and a maintenance window change them by a little.
        assert found == pytest.approx(expected, rel=0.02 if expected > 20_000 else 0.05)


def test_users_sessions_and_platforms_are_as_many_as_planned(
    rows: duckdb.DuckDBPyConnection,
) -> None:
    users, sessions, platforms = one(
        rows,
        "SELECT count(DISTINCT user_id), count(DISTINCT session_id), count(DISTINCT platform) "
        "FROM requests WHERE ts >= ? AND journey <> 'publishing'",
        END - timedelta(days=30),
    )
    assert 10_000 * SCALE < users < 25_000 * SCALE
    assert sessions == pytest.approx(400_000 * SCALE, rel=0.03)
    assert platforms == 4
    assert not one(
        rows,
        "SELECT count(*) FROM (SELECT session_id FROM requests WHERE user_id IS NOT NULL "
        "GROUP BY 1 HAVING count(DISTINCT user_id) > 1)",
    )


def test_every_outcome_of_the_table_and_every_exemption_occurs(
    outcomes: duckdb.DuckDBPyConnection,
) -> None:
    found = {row[0] for row in outcomes.execute("SELECT DISTINCT outcome FROM outcomes").fetchall()}
    assert found == {
        *("excluded", "auth", "timeout", "network", "server_error", "exception", "client_error"),
        *("redirect", "invalid_response", "other", "good"),
    }
    for kind in (
        "outcome = 'timeout' AND error IS NULL",
        "outcome = 'timeout' AND error = 'timeout'",
        "outcome = 'good' AND status IS NULL",
        "outcome = 'good' AND status = 204 AND response_bytes = 0",
        "outcome = 'good' AND status = 205 AND response_bytes = 0",
        "outcome = 'good' AND method = 'HEAD' AND response_bytes = 0",
        "outcome = 'good' AND method = 'OPTIONS' AND response_bytes = 0",
        "outcome = 'good' AND duration_ms IS NULL",
        "outcome = 'good' AND source IS NULL",
        "outcome = 'redirect' AND response_bytes = 0",
        "outcome = 'invalid_response' AND response_bytes = 0",
        "outcome = 'invalid_response' AND error = 'invalid_response'",
        "outcome = 'other' AND error = 'reported'",
        "excluded = 'user_side'",
        "excluded = 'third_party_handled'",
        "status = 401",
        "status = 403",
    ):
        assert one(outcomes, f"SELECT count(*) FROM outcomes WHERE {kind}"), kind


def test_every_journey_of_the_browser_has_rows_of_the_server_beside_it(
    rows: duckdb.DuckDBPyConnection,
) -> None:
    both = rows.execute(
        "SELECT journey FROM requests GROUP BY 1 HAVING count(DISTINCT source) = 2 ORDER BY 1"
    ).fetchall()
    assert [row[0] for row in both] == [
        *("api", "audio_export", "audio_playback", "project_loading", "song_generation"),
    ]


def test_every_measurement_of_the_catalogue_occurs(
    rows: duckdb.DuckDBPyConnection, catalog: Catalog
) -> None:
    wanted = {"playtime_ms", "interrupted_ms", "edits", "conflicts"}
    for _, objective in catalog.objectives:
        if objective.indicator.kind == "measurement":
            wanted.add(objective.indicator.metric)
    assert {
        row[0] for row in rows.execute("SELECT DISTINCT metric FROM measurements").fetchall()
    } == wanted
    assert one(rows, "SELECT min(value) FROM measurements") >= 0


def test_traffic_has_a_rhythm_and_grows(rows: duckdb.DuckDBPyConnection) -> None:
    night, evening = one(
        rows,
        "SELECT count(*) FILTER (hour(ts) = 4), count(*) FILTER (hour(ts) = 19) FROM requests",
    )
    assert 4 < evening / night < 7
    early, late = one(
        rows,
        "SELECT count(*) FILTER (ts < $1 AND ts >= $1 - INTERVAL 7 DAYS), "
        "count(*) FILTER (ts >= $2 - INTERVAL 7 DAYS) FROM requests",
        END - timedelta(days=28),
        END,
    )
    assert 1.02 < late / early < 1.08


def test_mornings_are_slow_and_latencies_have_a_heavy_tail(
    outcomes: duckdb.DuckDBPyConnection,
) -> None:
    morning, evening, p999 = one(
        outcomes,
        "SELECT median(duration_ms) FILTER (hour(ts) = 8), "
        "median(duration_ms) FILTER (hour(ts) = 17), quantile_disc(duration_ms, 0.999) "
        "FROM outcomes WHERE journey = 'project_loading' AND outcome = 'good'",
    )
    assert 1.15 < morning / evening < 1.35
    assert p999 > 7 * evening


def test_probes_come_every_ten_seconds_from_every_target(rows: duckdb.DuckDBPyConnection) -> None:
    day = (END - timedelta(days=1)).date()
    found = dict(
        rows.execute(
            "SELECT target, count(*) FROM probes WHERE folder_date = ? GROUP BY 1", [day]
        ).fetchall()
    )
    assert len(found) == 5
    assert set(found.values()) == {8640}
    assert (
        one(
            rows,
            "SELECT max(gap) FROM (SELECT epoch(ts - lag(ts) OVER (PARTITION BY target "
            "ORDER BY ts)) AS gap FROM probes WHERE folder_date = ?)",
            day,
        )
        < 11
    )


def test_resources_stay_within_what_is_possible(rows: duckdb.DuckDBPyConnection) -> None:
    low, high = one(
        rows, "SELECT min(value), max(value) FROM resources WHERE metric LIKE '%_percent'"
    )
    assert low > 0
    assert high <= 100
    storage = one(rows, "SELECT arg_max(value, ts) FROM resources WHERE metric = 'storage_tb'")
    assert storage == pytest.approx(2, abs=0.05)
    compute = one(
        rows,
        "SELECT sum(value) FROM resources WHERE metric = 'vcpu_hours' AND ts >= ?",
        END - timedelta(days=30),
    )
    assert compute == pytest.approx(50_000, rel=0.1)


def test_funnels_lose_people_on_the_way_and_are_a_little_disordered(
    rows: duckdb.DuckDBPyConnection,
) -> None:
    rows.execute("""
        CREATE OR REPLACE TEMP VIEW attempts AS
        SELECT attempt_id, list(step ORDER BY ts) AS steps, count(DISTINCT step) AS different
        FROM steps WHERE journey = 'song_generation' GROUP BY 1
    """)

    def share(condition: str) -> float:
        return float(one(rows, f"SELECT avg(({condition})::INT) FROM attempts"))

    assert 0.1 < share("steps = ['prompt']") < 0.16
    assert 0.4 < share("steps = ['prompt', 'generate', 'listen', 'save']") < 0.55
    assert 0.2 < share("steps = ['prompt', 'generate', 'listen']") < 0.35
    assert share("len(steps) = different AND 'generate' IN steps AND steps[1] <> 'prompt'") > 0.001
    assert 0.02 < share("len(steps) > different") < 0.1
    # An attempt whose song failed does not go on, unless it is tried again.
    sessions = one(
        rows,
        "SELECT count(*) FROM requests WHERE journey = 'song_generation' AND source = 'client' "
        "AND session_id NOT IN (SELECT session_id FROM steps WHERE session_id IS NOT NULL)",
    )
    assert sessions < 10


# The scenario -------------------------------------------------------------------------------------


def test_the_dark_hour_has_no_row_in_any_table(
    rows: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    (dark,) = truth(folder)["no_data"]
    start, end = span(dark)
    hour = timedelta(hours=1)
    assert end - start == hour
    for table in TABLES:
        assert not one(rows, f"SELECT count(*) FROM {table} WHERE ts >= ? AND ts < ?", start, end)
        if table not in ("changes", "feedback"):
            for near in (start - hour, end):
                query = f"SELECT count(*) FROM {table} WHERE ts >= ? AND ts < ?"
                assert one(rows, query, near, near + hour)


@pytest.mark.parametrize(
    ("incident", "condition", "during", "usual"),
    [
        ("gpu-pool", "journey = 'song_generation'", 0.5, 0.02),
        ("guilty-deploy", "journey = 'project_loading'", 0.08, 0.001),
        ("cdn-outage", "journey = 'audio_playback'", 0.086, 0.001),
        ("cdn-stutter", "journey = 'audio_playback'", 0.0135, 0.001),
        ("api-outage", "journey = 'api'", 0.78, 0.002),
        ("collaboration-outage", "journey = 'collaboration'", 0.85, 0.005),
        ("export-storage", "journey = 'audio_export'", 0.4, 0.02),
        ("platform-down", "step = 'platform_sync' AND platform = 'soundharbor'", 0.95, 0.05),
        ("platform-down", "step = 'platform_sync' AND platform <> 'soundharbor'", 0.005, 0.05),
    ],
)
def test_an_incident_fails_as_much_as_the_truth_says_and_only_then(
    outcomes: duckdb.DuckDBPyConnection,
    folder: Path,
    incident: str,
    condition: str,
    during: float,
    usual: float,
) -> None:
    (told,) = [found for found in truth(folder)["incidents"] if found["id"] == incident]
    start, end = span(told)
    rate = failure_rate(outcomes, start, end, condition)
    assert rate == pytest.approx(during, rel=0.3, abs=0.01)  # of few requests, at this scale
    day = timedelta(days=1)
    for near in (start - day, end + timedelta(minutes=1)):
        assert failure_rate(outcomes, near, near + day / 2, condition) < usual + 0.02


def test_the_leak_grows_until_the_end_and_is_open(
    outcomes: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    (leak,) = [found for found in truth(folder)["incidents"] if found["kind"] == "slow_leak"]
    assert leak["open"]
    assert leak["end"] is None
    start, _ = span(leak)
    half = (END - start) / 2
    songs = "journey = 'song_generation'"
    early = failure_rate(outcomes, start, start + half, songs)
    late = failure_rate(outcomes, start + half, END, songs)
    assert 0.004 < early < 0.011 < late < 0.022
    register = read_incidents(folder).set_index("id").loc[leak["register_id"]]
    assert register["status"] == "open"
    assert register["related_change"] == "song-engine 4.12.0"


def test_the_guilty_changes_are_in_the_log_just_before_their_incidents(
    rows: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    guilty = [found for found in truth(folder)["incidents"] if found["guilty_change"]]
    assert len(guilty) == 4
    for incident in guilty:
        change = incident["guilty_change"]
        moment = datetime.fromisoformat(change["ts"]).replace(tzinfo=None)
        assert timedelta() < span(incident)[0] - moment < timedelta(minutes=10)
        assert one(
            rows,
            "SELECT count(*) FROM changes WHERE ts = ? AND service = ? AND kind = ?",
            moment,
            change["service"],
            change["kind"],
        )
    kinds = {row[0] for row in rows.execute("SELECT DISTINCT kind FROM changes").fetchall()}
    assert kinds == {"deploy", "flag", "config", "load_test"}


def test_on_opening_one_budget_is_spent_one_is_low_and_one_is_fine(
    outcomes: duckdb.DuckDBPyConnection,
) -> None:
    def left(journey: str, target: float, days: int) -> float:
        rate = failure_rate(outcomes, END - timedelta(days=days), END, f"journey = '{journey}'")
        return 1 - rate / (1 - target)

    assert left("song_generation", 0.995, 30) < 0.1
    assert 0.1 < left("audio_playback", 0.999, 30) < 0.5
    assert left("project_loading", 0.999, 30) > 0.5


def test_the_register_tells_the_scenario(folder: Path) -> None:
    told = {found["register_id"]: found for found in truth(folder)["incidents"]}
    register = read_incidents(folder).set_index("id")
    assert sorted(told) == sorted(register.index)
    for row, incident in told.items():
        start, end = span(incident)
        assert register.loc[row, "started_at"] == start
        assert register.loc[row, "title"] == incident["title"]
        assert list(register.loc[row, "journeys"]) == incident["journeys"]
        if incident["end"]:
            assert register.loc[row, "ended_at"] == end
    assert list(register["status"]).count("open") == 1
    stamps = register[["detected_at", "triaged_at", "mitigated_at", "resolved_at", "postmortem_at"]]
    assert (stamps.max() < END).all()

    windows = read_maintenance(folder)
    notice = windows["starts_at"] - windows["announced_at"]
    counts = (notice >= timedelta(hours=48)) & windows["cancelled_at"].isna()
    assert list(counts) == [True, False, True]
    assert windows["starts_at"].iloc[-1] > END


def test_health_checks_fail_in_the_maintenance_window(
    rows: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    window = read_maintenance(folder).iloc[0]
    inside = one(
        rows,
        "SELECT avg(ok::INT) FROM probes WHERE scope = 'api' AND ts >= ? AND ts < ?",
        window["starts_at"].to_pydatetime(),
        window["ends_at"].to_pydatetime(),
    )
    assert inside == 0
    assert one(rows, "SELECT avg(ok::INT) FROM probes WHERE scope = 'api'") > 0.995


# Phases -------------------------------------------------------------------------------------------


def test_by_default_a_beta_of_thirteen_months_ends_at_the_launch_62_days_ago() -> None:
    beta, launch = sample_phases(end=datetime(2025, 3, 31, 14, 20, 30))
    assert beta.starts_at == datetime(2024, 2, 29)
    assert beta.ends_at == launch.starts_at == datetime(2025, 1, 28)
    assert launch.ends_at == datetime(2025, 3, 31, 14, 20)
    assert (beta.volume, beta.keep_raw) == (0.02, False)
    assert (launch.volume, launch.keep_raw) == (1, True)
    assert len(launch.dates) == 63


def test_without_an_end_the_sample_ends_with_the_last_minute() -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    end = sample_phases()[-1].ends_at
    assert end.second == end.microsecond == 0
    assert timedelta() <= now - end < timedelta(minutes=2)


def test_a_short_sample_is_all_after_the_launch() -> None:
    (launch,) = sample_phases(days=3, end=END)
    assert (launch.starts_at, launch.ends_at) == (END - timedelta(days=3), END)


def test_the_beta_is_rolled_up_and_its_raw_logs_go(tmp_path: Path, catalog: Catalog) -> None:
    seen: list[tuple[str, int]] = []
    progress: list[float] = []

    def roll_up(phase: SamplePhase) -> None:
        dates = {path.name for path in (tmp_path / "requests").iterdir()}
        assert f"date={phase.dates[0]}" in dates
        assert not truth(tmp_path)["complete"]
        seen.append((phase.name, len(dates)))

    write_sample(
        tmp_path,
        catalog=catalog,
        days=70,
        end=END,
        scale=0.001,
        roll_up=roll_up,
        progress=lambda share, what: progress.append(share),
    )
    assert seen == [("beta", 8), ("launch", 62)]
    assert min(path.name for path in (tmp_path / "probes").iterdir()) == "date=2025-01-28"
    assert progress == sorted(progress)
    assert progress[-1] == 1
    assert truth(tmp_path)["complete"]
    assert (tmp_path / "version").read_text().strip() == "1"


# What is refused ----------------------------------------------------------------------------------


def test_a_sample_is_replaced_by_the_next_one(tmp_path: Path, catalog: Catalog) -> None:
    small: dict[str, Any] = {"catalog": catalog, "end": END, "scale": 0.001}
    write_sample(tmp_path, days=3, **small)
    (tmp_path / "rollup").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    write_sample(tmp_path, days=1, **small)
    assert [path.name for path in (tmp_path / "requests").iterdir()] == ["date=2025-03-30"]
    assert not (tmp_path / "rollup").exists()
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_folder_with_other_data_is_left_alone(tmp_path: Path, catalog: Catalog) -> None:
    file = tmp_path / "requests" / "date=2025-03-30" / "mine.parquet"
    file.parent.mkdir(parents=True)
    file.write_text("precious")
    with pytest.raises(SloError, match=r"holds data that is no sample \(requests\)"):
        write_sample(tmp_path, catalog=catalog, days=1, end=END, scale=0.001)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [file]


def test_other_files_within_a_sample_are_left_alone(tmp_path: Path, catalog: Catalog) -> None:
    small: dict[str, Any] = {"catalog": catalog, "end": END, "scale": 0.001, "days": 1}
    write_sample(tmp_path, **small)
    file = tmp_path / "requests" / "date=2025-03-30" / "mine.parquet"
    file.write_text("precious")
    before = contents(tmp_path)
    with pytest.raises(SloError, match=r"mine\.parquet is not of the sample"):
        write_sample(tmp_path, **small)
    assert contents(tmp_path) == before


def test_what_people_wrote_into_a_samples_register_is_left_alone(
    tmp_path: Path, catalog: Catalog
) -> None:
    small: dict[str, Any] = {"catalog": catalog, "end": END, "scale": 0.001, "days": 1}
    write_sample(tmp_path, **small)
    write(tmp_path, Actor("Ada"), "incidents", {"summary": "mine"}, row_id=1, version=2)
    with pytest.raises(SloError, match="holds what Ada wrote"):
        write_sample(tmp_path, **small)
    assert "mine" in set(read_incidents(tmp_path)["summary"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"days": 0}, "--days is 0: expected a whole number from 1"),
        ({"scale": 0}, "--scale is 0: expected a number above 0"),
        ({"scale": float("nan")}, "--scale is nan"),
        ({"seed": -1}, "--seed is -1"),
        ({"catalog": "tests/shop.yaml"}, "the sample has a journey api, the catalogue has"),
    ],
)
def test_bad_use_is_told_in_a_sentence_and_writes_nothing(
    tmp_path: Path, catalog: Catalog, arguments: dict[str, Any], sentence: str
) -> None:
    if "catalog" in arguments:
        arguments = {"catalog": load_catalog(arguments["catalog"])}
    use: dict[str, Any] = {"catalog": catalog, "days": 1, "end": END, "scale": 0.001} | arguments
    with pytest.raises(SloError, match=sentence):
        write_sample(tmp_path / "new", **use)
    assert not (tmp_path / "new").exists()


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path, catalog: Catalog) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SloError, match="is a file: expected a folder"):
        write_sample(tmp_path / "file", catalog=catalog, days=1, end=END, scale=0.001)
