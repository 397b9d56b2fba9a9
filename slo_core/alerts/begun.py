"""When episodes began that a range begins in the middle of."""

import pandas as pd

from slo_core.alerts.episodes import episodes
from slo_core.alerts.evaluate import Evaluated, evaluate
from slo_core.sli.steps import DAY, MINUTE, floor

_FURTHER = 4
"""Each look back is so many times as long as the one before; the first only a day longer than the
range, since most episodes are short."""

_OWN = ["start", "minutes", "budget_spent", "correction", "budget_spent_corrected"]


def begun(evaluated: Evaluated, frame: pd.DataFrame) -> pd.DataFrame:
    """The episodes of a range, those that last from before it with their true start.

    ``frame`` is `slo_core.alerts.episodes.episodes` of ``evaluated``. Changed are ``start``,
    ``minutes``, ``budget_spent`` and what corrections make of it; the parts that fired and the peak
    stay those of the range. Only the alerts concerned are evaluated again, until the data begin.
    """
    span = evaluated.rollup.span
    found, at, edge = frame.copy(), evaluated.at, evaluated.start
    length = at - edge + DAY
    while span and edge > floor(span[0], MINUTE):
        cut = found.index[found["start"] == edge + MINUTE]
        if cut.empty:
            break
        wanted = set(found.loc[cut, "alert"])
        rules = {id(it.rule): it.rule for it in evaluated.evaluations if it.rule.id in wanted}
        longer = evaluate(
            evaluated.rollup,
            at,
            length,
            list(rules.values()),
            evaluated.maintenance,
            evaluated.corrections,
        )
        older = episodes(longer, peaks_since=at)
        for place in cut:
            row = found.loc[place]
            own = older[
                (older["alert"] == row["alert"])
                & (older["journey"].fillna("") == (row["journey"] or ""))
                & (older["start"] <= row["start"])
                & (older["until"] >= row["start"])
            ]
            if len(own):
                found.loc[place, _OWN] = own.iloc[-1][_OWN]
        edge, length = longer.start, _FURTHER * length
    return found.sort_values(["start", "kind", "alert"], kind="stable", ignore_index=True)
