"""What may be otherwise in a changed world: the kinds of changes, as people write them.

Every change is written as ``kind:value``, the same on the command line (``--kind value``), in a
scenario file and in an address. A moment after ``@`` says from when; without it, from the look on.
"""

from slo_core.whatif.changed_events import (
    Maintenance,
    MonthReplayed,
    RepeatedIncident,
    ShorterIncident,
    WithoutIncident,
)
from slo_core.whatif.changed_numbers import FailureRate, Release, Target, Threshold, Traffic

Change = (
    Target
    | Threshold
    | Traffic
    | FailureRate
    | Release
    | WithoutIncident
    | ShorterIncident
    | RepeatedIncident
    | Maintenance
    | MonthReplayed
)

KINDS: dict[str, type[Change]] = {
    it.kind: it
    for it in (
        *(Target, Threshold, Traffic, FailureRate, Release),
        *(WithoutIncident, ShorterIncident, RepeatedIncident, Maintenance, MonthReplayed),
    )
}
"""The kinds of changes by the word that writes them."""
