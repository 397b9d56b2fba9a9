"""What the gate answered to deploy pipelines, kept in the register: whether it decided anything.

keep_answer(data_dir, gate(...), asked_at)
tally(read_gate_calls(data_dir), start, end)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from slo_core.budget.gate import Verdict
from slo_core.moments import iso
from slo_core.register import read_table
from slo_core.register.database import writing

_COLUMNS = (
    *("asked_at", "at", "service", "kind", "allowed", "because", "state", "basis"),
    *("remaining_ratio", "remaining", "allowed_bad", "unit"),
)


@dataclass(frozen=True)
class Tally:
    """How often one kind of deploy of one service asked in a time, and what came of it.

    ``last_refused`` is the moment of the last refusal, ``because`` the policy's sentence for it;
    both None where all were allowed.
    """

    service: str
    kind: str
    asked: int
    refused: int
    last_refused: datetime | None
    because: str | None


def keep_answer(data_dir: str | Path, answer: Verdict, asked_at: datetime) -> None:
    """Write an answer down, with the figures behind it.

    Raises SloError with one sentence where the register cannot be written.
    """
    given = {name: getattr(answer, name) for name in _COLUMNS if name != "asked_at"}
    row = {"asked_at": iso(asked_at)} | given | {"allowed": int(answer.allowed)}
    with writing(Path(data_dir)) as connection:
        connection.execute(
            f"INSERT INTO gate_calls ({', '.join(_COLUMNS)}) "
            f"VALUES ({', '.join('?' * len(_COLUMNS))})",
            [row[name] for name in _COLUMNS],
        )


def read_gate_calls(data_dir: str | Path) -> pd.DataFrame:
    """Every answer that was kept, the oldest first.

    Columns as in the register: ``asked_at`` and ``at`` (the moment whose figures it answered with)
    as tz-naive UTC `datetime64[us]`, ``allowed`` as bool. SloError for one that cannot be read.
    """
    return read_table(data_dir, "gate_calls").drop(columns="version")


def tally(calls: pd.DataFrame, start: datetime, end: datetime) -> Sequence[Tally]:
    """The answers of `read_gate_calls` about ``(start, end]``, by service and kind, as they came.

    As with months, an answer at exactly midnight is still of the day before.
    """
    own = calls[(calls["at"] > start) & (calls["at"] <= end)]
    found = []
    for (service, kind), rows in own.groupby(["service", "kind"], sort=False):
        refused = rows[~rows["allowed"]]
        last = None if refused.empty else refused.sort_values("at", kind="stable").iloc[-1]
        found.append(
            Tally(
                str(service),
                str(kind),
                len(rows),
                len(refused),
                None if last is None else last["at"].to_pydatetime(),
                None if last is None or pd.isna(last["because"]) else str(last["because"]),
            )
        )
    return found
