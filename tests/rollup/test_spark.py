"""The rollup's SQL on another engine: Spark makes the same figures of the same rows (DESIGN 4)."""

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
import sqlglot

from slo_core.catalog import Catalog
from slo_core.logs.raw import counted_rows, read_day
from slo_core.logs.store import open_store
from slo_core.rollup import Rollup, refresh
from slo_core.rollup.plan import make_plan
from slo_core.rollup.units import UNITS, Unit
from tests import random_logs
from tests.small import SHOP, STUDIO

AT = datetime(2025, 3, 31)
CATALOGS = {"studio": STUDIO, "shop": SHOP}
MISSING = (
    "The test of the rollup's SQL on Spark needs {}: install it with "
    "'{}', or run it elsewhere; nothing else needs it."
)


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """A Spark of this machine alone, which counts time in UTC."""
    if not shutil.which("java"):
        pytest.fail(MISSING.format("Java", "apt-get install default-jre-headless"))
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        pytest.fail(MISSING.format("pyspark", "make .venv/spark.stamp"))
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }
    builder = SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


def some_tables(catalog: Catalog) -> random_logs.Tables:
    """Random rows of all tables, with funnels whose sessions have requests."""
    random = Random(7)
    tables = random_logs.big_tables(catalog, AT, rows=4_000, seed=11)
    funnels = [journey for journey in catalog.journeys if journey.funnel]
    for row in tables["requests"]:
        row["session_id"] = random.choice((None, "", *(f"s{number}" for number in range(60))))
        row["user_id"] = random.choice((None, "u1", "u2", f"u{random.randrange(99)}"))
        row["endpoint"] = random.choice((None, "/a", f"/b/{random.randrange(300)}"))
    for number in range(300):
        journey = random.choice(funnels)
        assert journey.funnel is not None
        moment = AT - timedelta(seconds=random.randrange(10 * 86_400))
        for step in journey.funnel.value[: random.randint(1, len(journey.funnel.value))]:
            for _ in range(random.choice((0, 1, 1, 1, 2))):
                tables["steps"].append(
                    {
                        "ts": moment,
                        "journey": journey.id,
                        "attempt_id": f"a{number % 250}",
                        "step": step,
                        "session_id": f"s{number % 60}",
                    }
                )
            moment += timedelta(seconds=random.choice((2, 30, 900, 40_000, 90_000)))
    return tables


def spoken(text: str) -> str:
    """A statement in Spark's words."""
    [translated] = sqlglot.transpile(text, read="duckdb", write="spark")
    return translated


class Spark:
    """The tables of one rollup in Spark, which are handed over as Parquet files."""

    def __init__(self, session: Any, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.session, self.connection, self.folder = session, connection, folder

    def put(self, name: str, select: str) -> None:
        """A table of ours as one of Spark's."""
        path = self.folder / f"{name}.parquet"
        self.connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
        self.session.read.parquet(str(path)).createOrReplaceTempView(name)

    def make(self, name: str, text: str) -> None:
        """A table by one of the rollup's statements."""
        frame = self.session.sql(spoken(text)).cache()
        frame.count()
        frame.createOrReplaceTempView(name)

    def rows(self, select: str) -> list[tuple[object, ...]]:
        """What a query answers."""
        path = self.folder / "answer.parquet"
        self.session.sql(spoken(select)).write.mode("overwrite").parquet(str(path))
        return self.connection.execute(f"SELECT * FROM read_parquet('{path}/*.parquet')").fetchall()


def compared(rows: Sequence[tuple[object, ...]]) -> Counter[tuple[object, ...]]:
    """Rows in no order, nor what lists of them hold; numbers to twelve digits."""
    return Counter(tuple(map(plain, row)) for row in rows)


def plain(value: object) -> object:
    if value == []:
        # Spark gathers nothing to an empty list, DuckDB to null: what reads them unnests both.
        return None
    if isinstance(value, list):
        return tuple(sorted(map(plain, value), key=str))
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, bool | str | date) or value is None:
        return value
    return float(f"{float(str(value)):.12g}")


@pytest.mark.long
@pytest.mark.parametrize("name", CATALOGS)
def test_spark_makes_the_same_figures_of_the_same_rows(
    tmp_path: Path, spark: Any, name: str
) -> None:
    catalog = CATALOGS[name]
    random_logs.write_tables(tmp_path / "store", some_tables(catalog))
    rollup = refresh(open_store(tmp_path / "store"), catalog)
    folder = tmp_path / "handed"
    folder.mkdir()
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    plan = make_plan(catalog)
    plan.create_tables(connection)
    there = Spark(spark, connection, folder)
    for table in ("journey", "metric", "scope", "funnel_step", "funnel_journey"):
        there.put(table, f"FROM {table}")
    checked = 0
    for unit in UNITS:
        checked += same_outputs(rollup, there, unit, plan.cuts)
    assert checked == sum(len(unit.outputs) for unit in UNITS)


def same_outputs(rollup: Rollup, there: Spark, unit: Unit, cuts: int) -> int:
    """Roll a table up in Spark, and hold each output against ours; answers how many there were."""
    listing = rollup.store.listing(unit.name).files
    days = [
        read_day(there.connection, rollup.store, unit.table, day, files)
        for day, files in listing.items()
    ]
    readable = [day for day in days if day.shapes]
    there.put(unit.name, counted_rows(readable))
    there.connection.execute("CREATE OR REPLACE TABLE dates (date DATE)")
    there.connection.executemany("INSERT INTO dates VALUES (?)", [[day.day] for day in readable])
    there.put("dates", "FROM dates")
    # Words stand for themselves here: the SQL does not look into them.
    words = " UNION ".join(f"SELECT {column} AS word FROM {unit.name}" for column in unit.coded)
    if words:
        there.make("word", f"SELECT word AS code, word FROM ({words}) WHERE word IS NOT NULL")
    if unit.neighbours:
        there.put("sessions", our_rows(rollup, "requests", "sessions"))
        there.put(
            "kept_steps",
            "SELECT ''::VARCHAR AS journey, ''::VARCHAR AS attempt_id, TIMESTAMP '2000-01-01' AS "
            "began_at, TIMESTAMP '2000-01-01' AS last_at LIMIT 0",
        )
    for step in (*(["judged"] if unit.parts else []), *unit.parts, *unit.steps):
        there.make(step, unit.sql(step, cuts))
    for output in unit.outputs:
        ours = our_rows(rollup, unit.name, output.name)
        described = there.connection.execute(f"DESCRIBE {ours}").fetchall()
        columns = [column for column, *_ in described if column not in ("date", "journey")]
        has_id = "journey_id" in there.session.table(output.name).columns
        named = " JOIN journey AS j ON o.journey_id = j.journey_id" if has_id else ""
        names = [f"o.{column}" for column in columns]
        if any(column == "journey" for column, *_ in described):
            names.append("j.journey" if has_id else "o.journey")
            columns.append("journey")
        found = there.rows(f"SELECT {', '.join(names)} FROM {output.name} AS o{named}")
        expected = there.connection.execute(f"SELECT {', '.join(columns)} FROM ({ours})").fetchall()
        assert expected, f"{unit.name}/{output.name} has rows to compare"
        theirs, own = compared(found), compared(expected)
        apart = [*(theirs - own).elements(), "ours:", *(own - theirs).elements()]
        assert theirs == own, f"{unit.name}/{output.name}, {columns}: {apart[:6]}"
    return len(unit.outputs)


def our_rows(rollup: Rollup, unit: str, output: str) -> str:
    """A SELECT of what our rollup has written of an output, over all dates."""
    ever = [(datetime(2000, 1, 1), datetime(2100, 1, 1))]
    paths = [str(path) for own in rollup.files(unit, output, ever).values() for path in own]
    return f"SELECT * FROM read_parquet({paths}, hive_types = {{'date': 'DATE'}})"
