"""Valid and failed requests of every journey in windows, whatever its objectives count."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pandas as pd

from slo_core.logs.tables import REQUESTS
from slo_core.rollup import Rollup
from slo_core.sli.breakdown import FIRST_FAILURE
from slo_core.sli.raw_days import Select, dates_of, each_date, judged
from slo_core.sli.rows import UNKNOWN_PLATFORM, columns_of, pieces_of, rows_in
from slo_core.sli.windows import Window, cover

_COLUMNS = ["window", "journey", "platform", "valid", "failed"]


@dataclass(frozen=True)
class Users:
    """Who was hit: distinct users with a failed request.

    ``count`` is None where no date's raw logs are there. ``nameless`` are failed requests without a
    user: of them nobody knows whose they were. ``read`` and ``gone`` are how many dates have raw
    logs and how many do not.
    """

    count: int | None
    nameless: int
    read: int
    gone: int


def requests_in(rollup: Rollup, windows: Sequence[Window]) -> pd.DataFrame:
    """Requests of each journey and platform in each window, exact to the minute (DESIGN 2.2).

    Columns ``window`` (its name), ``journey``, ``platform`` (``unknown`` where the log names none),
    ``valid``, ``failed``. A window without requests has no row.
    """
    grains = ("hour", "minute")
    placed = [(place, it) for place, window in enumerate(windows) for it in cover(window, grains)]
    columns = "journey, platform, requests, good, excluded, auth, redirect"
    rows = rows_in(rollup, "requests", "", columns, [piece for _, piece in placed])
    if rows is None:
        kinds = {"valid": "float64", "failed": "float64"}
        return pd.DataFrame(columns=_COLUMNS).astype(kinds)
    found: pd.DataFrame = (
        rollup.cursor()
        .execute(
            f"""
            SELECT p.place, r.journey, coalesce(r.platform, '{UNKNOWN_PLATFORM}') AS platform,
              CAST(sum(r.requests - r.excluded - r.auth - r.redirect) AS DOUBLE) AS valid,
              CAST(sum(r.requests - r.excluded - r.auth - r.redirect - r.good) AS DOUBLE) AS failed
            FROM ({columns_of(pieces_of(placed))}) AS p
            JOIN ({rows}) AS r ON r.grain = p.grain AND r.at >= p.starts_at AND r.at < p.ends_at
            GROUP BY ALL ORDER BY ALL
            """
        )
        .df()
    )
    found.insert(0, "window", [windows[place].name for place in found.pop("place")])
    return found


def users_hit(rollup: Rollup, journeys: Sequence[str], start: datetime, end: datetime) -> Users:
    """Distinct users with a failed request of some journeys in ``[start, end)``.

    Rollups keep a date's users, not whose requests failed, so the raw logs of just these dates are
    read: of dates whose raw logs are gone nothing is known.
    """
    logged, gone = dates_of(rollup, REQUESTS, start, end)
    names: set[str] = set()
    nameless = read = 0
    for _, part in each_date(rollup, REQUESTS, logged, start, end, _failed(journeys)):
        if part is not None:
            read += 1
            named = part["user_id"].notna()
            names |= set(part.loc[named, "user_id"])
            nameless += int(part.loc[~named, "failed"].sum())
    return Users(len(names) if read else None, nameless, read, len(gone))


def _failed(journeys: Sequence[str]) -> Select:
    marks = ", ".join("?" * len(journeys))

    def select(connection: duckdb.DuckDBPyConnection, rows: str) -> pd.DataFrame:
        requests = judged(connection, rows, f"journey IN ({marks})", journeys)
        return connection.execute(
            f"SELECT r.user_id, count(*) AS failed FROM {requests} "
            f"WHERE j.other_source IS NULL AND j.outcome >= {FIRST_FAILURE} GROUP BY ALL"
        ).df()

    return select
