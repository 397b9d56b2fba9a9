"""The figures of a quarterly review as tables, unrounded and with nulls as its JSON has them."""

from typing import Any

import pandas as pd

from slo_core.review.quarterly import Quarterly


def tables(review: Quarterly) -> dict[str, pd.DataFrame]:
    """Every figure of the quarter, by what its rows are.

    ``objectives`` (each with its suggestion), ``months`` (of each objective), ``alerts`` (each with
    each of the numbers that were tried), ``gate`` (a service) and ``capacity`` (a sentence).
    Columns are named as in JSON, what is inside another after both: ``tightest_low``. What has no
    row is left out: a quarter in which no deploy asked the gate has no ``gate``.
    """
    told = review.as_dict()
    key = ("journey", "objective")
    found = {
        "objectives": _frame([_without(it, "months") for it in told["objectives"]]),
        "months": _frame(
            [
                {name: it[name] for name in key} | month
                for it in told["objectives"]
                for month in it["months"]
            ]
        ),
        "alerts": _frame(
            [
                _without(it, "tried") | {"tried": own["name"]} | _without(own, "name")
                for it in told["alerts"]
                for own in it["tried"]
            ]
        ),
        "gate": _frame(told["gate"]),
        "capacity": _frame([{"sentence": it} for it in told["capacity"]]),
    }
    return {name: frame for name, frame in found.items() if len(frame)}


def _without(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a table; lists become words, since files of tables have no lists in a cell."""
    frame = pd.json_normalize(rows, sep="_")
    return frame.map(
        lambda it: ", ".join(it) if isinstance(it, list | tuple) else it
    ).convert_dtypes()
