"""What was changed in the register, by whom and when, field by field."""

import json
from typing import Any

import pandas as pd

COLUMNS = ["at", "actor", "action", "field", "before", "after"]

_STAMPS = frozenset({"updated_at", "updated_by", "created_at", "created_by", "id"})
_LISTS = frozenset({"also_journeys", "five_whys"})


def changes(history: pd.DataFrame) -> pd.DataFrame:
    """The history of a row (`slo_core.register.read_history`) as single changes, the latest first.

    Columns: ``at`` (tz-naive UTC), ``actor``, ``action`` (the history's word), ``field``,
    ``before`` and ``after`` (text; empty where there was or is nothing). Of a new row only what it
    was given is listed, and no stamps of the register's own.
    """
    rows = []
    for entry in history.iloc[::-1].itertuples():
        before = json.loads(entry.before_json) if isinstance(entry.before_json, str) else {}
        after = json.loads(entry.after_json)
        for field, value in after.items():
            old, new = _text(field, before.get(field)), _text(field, value)
            if field not in _STAMPS and old != new:
                rows.append((entry.at, entry.actor, entry.action, field, old, new))
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.astype({"at": "datetime64[us]"})


def _text(field: str, value: Any) -> str:
    if value is None:
        return ""
    return "; ".join(map(str, json.loads(value))) if field in _LISTS else str(value)
