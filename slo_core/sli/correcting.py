"""Writing corrections into the register: who approved to leave what out, and why."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from slo_core.catalog import Catalog
from slo_core.errors import SloError
from slo_core.register import Actor, Change, cancel, write_all


def add_correction(
    data_dir: str | Path,
    actor: Actor,
    catalog: Catalog,
    scopes: Sequence[str],
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    approver: str,
    *,
    at: datetime | None = None,
) -> list[int]:
    """Leave a span out of the figures of some journeys; answers the corrections' ids, one each.

    Raises SloError with one sentence for a journey that the catalogue lacks, without a reason or an
    approver, or for times that cannot be. All are written, or none.
    """
    if not scopes:
        raise SloError("a correction has no journey: name at least one.")
    for scope in scopes:
        catalog.journey(scope)
    for name, given in (("reason", reason), ("approver", approver)):
        if not given.strip():
            raise SloError(f"a correction has no {name}: write it, since it changes figures.")
    if ends_at <= starts_at:
        raise SloError("a correction's end must come after its start; mend one of them.")
    span = {"starts_at": starts_at, "ends_at": ends_at}
    words = {"reason": reason.strip(), "approver": approver.strip()}
    changes = [
        Change("corrections", {"scope": scope, **span, **words}, action="correct")
        for scope in dict.fromkeys(scopes)
    ]
    return write_all(data_dir, actor, changes, at=at)


def cancel_correction(
    data_dir: str | Path,
    actor: Actor,
    correction: int,
    *,
    version: int,
    at: datetime | None = None,
) -> None:
    """Let a span count again.

    Raises SloError with one sentence where it is cancelled already, or somebody changed it
    meanwhile.
    """
    cancel(data_dir, actor, "corrections", correction, version=version, at=at)
