"""Frames for people: one row a line of a table, the columns named as they are read."""

import pandas as pd

from slo_core.catalog import Catalog


def promises(catalog: Catalog) -> pd.DataFrame:
    """List every objective in the document's order: what is promised, in its own words.

    Columns: Journey, Objective, Promise (``< 30 seconds``), Target (the share that must be good,
    0 to 1), Window (``7d``), Assumption (the sentence where the statistic is not the document's,
    else empty).
    """
    return pd.DataFrame(
        [
            {
                "Journey": journey.name,
                "Objective": objective.name,
                "Promise": objective.document,
                "Target": objective.target,
                "Window": objective.window,
                "Assumption": objective.assumption or "",
            }
            for journey, objective in catalog.objectives
        ]
    )
