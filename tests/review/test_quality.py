"""What a month's figures rest on, from a store in which something is wrong in and before it."""

from datetime import datetime, timedelta
from pathlib import Path

from slo_core.logs.store import open_store
from slo_core.review.monthly import monthly
from slo_core.rollup import refresh
from slo_core.rollup.retain import retain
from tests.budget.test_corrected import correct
from tests.review.march import AT, request
from tests.small import STUDIO, small_rollup

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FEBRUARY, MARCH, APRIL = datetime(2025, 2, 1), datetime(2025, 3, 1), datetime(2025, 4, 1)


def damage(folder: Path, day: datetime) -> None:
    """Put a file that is no Parquet beside the day's own."""
    (folder / "requests" / f"date={day:%Y-%m-%d}" / "damaged.parquet").write_bytes(b"no Parquet")


def test_what_is_wrong_within_the_month_is_counted_and_nothing_before_it(tmp_path: Path) -> None:
    days = [FEBRUARY + n * DAY for n in range((APRIL - FEBRUARY).days)]
    rows = [request(day + 12 * HOUR) for day in days]
    # Of a journey that is not in the catalogue: three on the last day, one the day before March.
    rows += [request(APRIL - HOUR, "nobody")] * 3 + [request(MARCH - HOUR, "nobody")]
    small_rollup(tmp_path, {"requests": rows})
    for day in (MARCH - DAY, MARCH, APRIL - DAY):
        damage(tmp_path, day)
    # An hour of it lies in March, and of the other nothing.
    correct(tmp_path, "song_generation", APRIL - HOUR, APRIL + HOUR)
    correct(tmp_path, "api", FEBRUARY, MARCH)
    found = monthly(refresh(open_store(tmp_path), STUDIO), "2025-03", AT)["quality"]
    told = {(it.kind, it.subject): it.amount for it in found.itertuples()}
    assert told[("unread", "requests")] == 2
    assert told[("not_counted", "requests")] == 3
    assert told[("corrected", "song_generation")] == 1
    assert ("corrected", "api") not in told
    assert ("kept", "days") not in told


def test_days_whose_raw_logs_are_gone_are_named(tmp_path: Path) -> None:
    days = [MARCH - DAY + n * DAY for n in range(31)]
    rollup = small_rollup(tmp_path, {"requests": [request(day + 12 * HOUR) for day in days]})
    # Of the last 20 days before noon of 31 March raw logs stay: 11 March is the first of them.
    retain(rollup.store, STUDIO, 20, APRIL - 12 * HOUR)
    found = monthly(refresh(open_store(tmp_path), STUDIO), "2025-03", AT)["quality"]
    (kept,) = found[found["kind"] == "kept"].itertuples()
    assert (kept.amount, kept.note) == (10, "2025-03-01 to 2025-03-10")
