"""Whether the policy lets a deploy go ahead, with its own sentence and the figures behind it.

The document's "Error Budget Policy", for a deploy pipeline to ask. What each band means for a kind
of deploy is data of the catalogue.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slo_core.budget.corrected import deciding, others
from slo_core.catalog import Catalog, Policy
from slo_core.errors import SloError


@dataclass(frozen=True)
class Beside:
    """What the policy would say by the figures that do not decide, where there are both.

    ``figures`` is which they are, ``measured`` or ``corrected``; the rest as in `Verdict`.
    """

    figures: str
    allowed: bool
    state: str | None
    remaining_ratio: float | None
    remaining: float | None
    allowed_bad: float | None


@dataclass(frozen=True)
class Verdict:
    """What the policy says of one kind of deploy of one service.

    ``because`` is the policy's own sentence, None where the service has no ``state``;
    ``assumption`` says why it is read so where it does not name the kind. ``state``, ``since`` (ISO
    8601), ``exit_confirmed``, ``remaining`` and ``allowed_bad`` (in ``unit``, over ``basis``) and
    ``remaining_ratio`` are those of the status ``at`` that moment that decide. ``stale`` where the
    service has been silent for so long that the state may be an old one, ``last_event`` is since
    when. Where a correction touches the budget, ``decides`` is which figures those are, and
    ``beside`` has the others; else both are None.
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
    decides: str | None = None
    beside: Beside | None = None


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
    decides, beside = stated.get("decides"), _beside(stated, policy, kind)
    stated = deciding(stated)
    state, amounts = stated["policy"], _amounts(stated, policy)
    ruling = policy.band(state).ruling(kind) if state else None
    fresh = status["freshness"].get(service, {"last_event": None, "stale": None})
    return Verdict(
        service,
        kind,
        _allows(policy, state, kind),
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
        decides,
        beside,
    )


def _allows(policy: Policy, state: str | None, kind: str) -> bool:
    ruling = policy.band(state).ruling(kind) if state else None
    return ruling.allowed if ruling else policy.without_state.value == "allow"


def _amounts(stated: Mapping[str, Any], policy: Policy) -> Mapping[str, Any]:
    """A budget's amounts over what the policy goes by."""
    amounts: Mapping[str, Any] = stated["rolling"] if policy.basis.value == "rolling" else stated
    return amounts


def _beside(stated: Mapping[str, Any], policy: Policy, kind: str) -> Beside | None:
    other = others(stated)
    if other is None:
        return None
    amounts, state = _amounts(other, policy), other["policy"]
    return Beside(
        "measured" if stated["decides"] == "corrected" else "corrected",
        _allows(policy, state, kind),
        state,
        other["policy_remaining_ratio"],
        amounts["remaining"],
        amounts["allowed"],
    )
