"""The way out of an exhausted budget: which exit criteria people have checked off, and when.

The document's "Exit Criteria": one is computed from the budget, the others are confirmed by people,
for each exhaustion of each service anew.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pandas as pd

from slo_core.catalog import Catalog, Policy
from slo_core.errors import SloError
from slo_core.register import Actor, read_exit_checks, write


def confirmations(
    checks: pd.DataFrame, service: str, policy: Policy
) -> Mapping[datetime, datetime]:
    """When the last human criterion of each of a service's exhaustions was checked off.

    ``checks`` is the register's table. By the moment at which the exhaustion was entered; without
    an exhaustion of which one is not, or no longer, checked off.
    """
    human = {criterion.id for criterion in policy.human_criteria}
    own = checks[(checks["service"] == service) & checks["criterion"].isin(human)]
    own = own[own["checked_at"].notna()]
    return {
        moment.to_pydatetime(): rows["checked_at"].max().to_pydatetime()
        for moment, rows in own.groupby("exhausted_at")
        if rows["criterion"].nunique() == len(human)
    }


def check_off(
    data_dir: str | Path,
    actor: Actor,
    catalog: Catalog,
    service: str,
    exhausted_at: datetime,
    criterion: str,
    *,
    at: datetime | None,
    version: int = 0,
    written_at: datetime | None = None,
) -> None:
    """Write into the register that a criterion is met from a moment on, or with None that not.

    ``exhausted_at`` is when the exhaustion was entered; ``version`` is that of the check as the
    actor saw it (0: there was none), ``written_at`` the moment of writing (default: now). Raises
    SloError with one sentence for a service or criterion that the catalogue lacks, an actor who may
    not, or a check that somebody changed meanwhile.
    """
    if catalog.budget(service) is None:
        known = ", ".join(budget.service for budget in catalog.budgets)
        raise SloError(f"{service!r} has no error budget; expected one of: {known}.")
    human = [known.id for known in catalog.policy.human_criteria]
    if criterion not in human:
        raise SloError(
            f"{criterion!r} is no exit criterion that people check off; "
            f"expected one of: {', '.join(human)}."
        )
    checks = read_exit_checks(data_dir)
    own = checks[
        (checks["service"] == service)
        & (checks["exhausted_at"] == pd.Timestamp(exhausted_at))
        & (checks["criterion"] == criterion)
    ]
    found = None if own.empty else own.iloc[0]
    if found is not None and version == 0:
        raise SloError(
            f"{found['updated_by']} wrote of the same criterion at {found['updated_at']}, after "
            "you had opened it: nothing was written, look at theirs first."
        )
    if found is None and version:
        raise SloError("this check is not in the register any more: reload the page.")
    values: dict[str, object] = {"checked_at": at}
    if found is None:
        values |= {"service": service, "exhausted_at": exhausted_at, "criterion": criterion}
    write(
        data_dir,
        actor,
        "exit_checks",
        values,
        row_id=None if found is None else int(found["id"]),
        version=None if found is None else version,
        action="check off" if at else "take back",
        at=written_at,
    )
