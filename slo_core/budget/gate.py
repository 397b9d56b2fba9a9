"""Whether the policy lets a deploy go ahead, with its own sentence and the figures behind it.

The document's "Error Budget Policy", for a deploy pipeline to ask. What each band means for a kind
of deploy is data of the catalogue.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slo_core.budget.corrected import deciding
from slo_core.catalog import Catalog
from slo_core.errors import SloError


@dataclass(frozen=True)
class Verdict:
    """What the policy says of one kind of deploy of one service.

    ``because`` is the policy's own sentence, None where the service has no ``state``;
    ``assumption`` says why it is read so where it does not name the kind. ``state``, ``since`` (ISO
    8601), ``exit_confirmed``, ``remaining`` and ``allowed_bad`` (in ``unit``, over ``basis``) and
    ``remaining_ratio`` are those of the status ``at`` that moment that decide, as measured or
    corrected. ``stale`` where the service has
    been silent for so long that the state may be an old one, ``last_event`` is since when.
    """

    service: str
    kind: str
    allowed: bool
    because: str | None
    assumption: str | None
    state: str | None
    since: str | None
    exit_confirmed: bool | None
    basis: str
    remaining_ratio: float | None
    remaining: float | None
    allowed_bad: float | None
    unit: str
    stale: bool | None
    last_event: str | None
    at: str


def gate(status: Mapping[str, Any], catalog: Catalog, service: str, kind: str) -> Verdict:
    """What the policy says, at the moment of a status (DESIGN 3), of a deploy.

    Raises SloError with one sentence where the catalogue gives the service no budget, or its bands
    do not rule on the kind.
    """
    policy = catalog.policy
    stated = next((it for it in status["budgets"] if it["service"] == service), None)
    if stated is None:
        known = ", ".join(it["service"] for it in status["budgets"]) or "none"
        raise SloError(f"--service {service} has no error budget; expected one of: {known}.")
    if not policy.kinds:
        raise SloError(
            f"the catalogue of {catalog.name} does not say what its policy means for deploys; add "
            "`rulings` to each of policy.bands."
        )
    if kind not in policy.kinds:
        raise SloError(
            f"--kind {kind} is none that the policy rules on; "
            f"expected one of: {', '.join(policy.kinds)}."
        )
    stated = deciding(stated)
    state = stated["policy"]
    ruling = policy.band(state).ruling(kind) if state else None
    amounts = stated["rolling"] if policy.basis.value == "rolling" else stated
    fresh = status["freshness"].get(service, {"last_event": None, "stale": None})
    return Verdict(
        service,
        kind,
        ruling.allowed if ruling else policy.without_state.value == "allow",
        ruling.because if ruling else None,
        ruling.assumption if ruling else policy.without_state.assumption,
        state,
        stated["policy_since"],
        stated["exit_confirmed"],
        stated["policy_basis"],
        stated["policy_remaining_ratio"],
        amounts["remaining"],
        amounts["allowed"],
        stated["unit"],
        fresh["stale"],
        fresh["last_event"],
        status["at"],
    )
