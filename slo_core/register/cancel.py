"""Calling a span of the register off: it stays written, and counts no more."""

from datetime import datetime
from pathlib import Path

import pandas as pd

from slo_core.errors import SloError
from slo_core.moments import utc_second
from slo_core.register.read import read_table
from slo_core.register.write import Actor, write


def cancel(
    data_dir: str | Path,
    actor: Actor,
    table: str,
    row_id: int,
    *,
    version: int,
    at: datetime | None = None,
) -> None:
    """Stamp the ``cancelled_at`` of a row of `table`, by default with now.

    Raises SloError with one sentence where it is cancelled already, or somebody changed it
    meanwhile.
    """
    rows = read_table(data_dir, table)
    own = rows[rows["id"] == row_id]
    if len(own) and pd.notna(own["cancelled_at"].iloc[0]):
        raise SloError(f"{table.removesuffix('s')} {row_id} is cancelled already.")
    now = at or utc_second()
    write(
        *(data_dir, actor, table, {"cancelled_at": now}),
        row_id=row_id,
        version=version,
        action="cancel",
        at=at,
    )
