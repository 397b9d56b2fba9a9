"""What if: a changed world against the real one, side by side (DESIGN 1, ad-hoc what-if)."""

from slo_core.whatif.changes import KINDS
from slo_core.whatif.compare import Comparison, what_if, what_ifs
from slo_core.whatif.inverse import Answer, answers, highest_target, shorter_by
from slo_core.whatif.scenario import Scenario
from slo_core.whatif.standing import Standing

__all__ = [
    "KINDS",
    "Answer",
    "Comparison",
    "Scenario",
    "Standing",
    "answers",
    "highest_target",
    "shorter_by",
    "what_if",
    "what_ifs",
]
