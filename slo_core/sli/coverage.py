"""When nobody observed a scope: what its availability cannot be told of (DESIGN 2.2)."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from slo_core.durations import SLICE_SECONDS, parse_duration
from slo_core.register import read_maintenance
from slo_core.rollup import Rollup
from slo_core.sli.availability import timeline


def unobserved(rollup: Rollup, scope: str, window: str, at: datetime) -> pd.DataFrame:
    """The spans of a window in which a scope was neither observed nor under maintenance.

    Columns ``start``, ``end`` (excluded), ``seconds``; in order of time.
    """
    start = at - parse_duration(window)
    maintenance = read_maintenance(rollup.store.root)
    line = timeline(rollup, rollup.catalog.scope(scope), start, at, maintenance)
    missing = np.concatenate([[False], ~line.observed & ~line.maintained, [False]])
    edges = np.flatnonzero(missing[1:] != missing[:-1]).reshape(-1, 2)
    moments = np.datetime64(start, "us") + edges * np.timedelta64(timedelta(seconds=SLICE_SECONDS))
    return pd.DataFrame(
        {
            "start": moments[:, 0],
            "end": moments[:, 1],
            "seconds": (edges[:, 1] - edges[:, 0]) * SLICE_SECONDS,
        }
    )
