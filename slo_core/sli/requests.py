"""Valid and failed requests of every journey in windows, whatever its objectives count."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import numpy as np
import pandas as pd

from slo_core.logs.tables import REQUESTS
from slo_core.rollup import Rollup
from slo_core.sli.breakdown import FIRST_FAILURE
from slo_core.sli.raw_days import Select, dates_of, each_date, judged
from slo_core.sli.rows import UNKNOWN_PLATFORM
from slo_core.sli.sums import Asked, span_sums, valid_requests
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
    asked = [
        Asked(place, None, it) for place, own in enumerate(windows) for it in cover(own, grains)
    ]
    sums = span_sums(rollup, "requests", asked)
    if sums is None:
        kinds = {"valid": "float64", "failed": "float64"}
        return pd.DataFrame(columns=_COLUMNS).astype(kinds)
    sums["window"] = np.array([window.name for window in windows], object)[sums["place"]]
    sums["platform"] = sums["platform"].fillna(UNKNOWN_PLATFORM)
    sums["valid"] = valid_requests(sums)
    sums["failed"] = sums["valid"] - sums["good"]
    keys = ["place", "window", "journey", "platform"]
    return sums.groupby(keys, as_index=False)[["valid", "failed"]].sum()[_COLUMNS]


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
