"""What one request of a journey costs in resources: a song in vCPU seconds and in megabytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from slo_core.capacity.actuals import figures
from slo_core.capacity.growth import LATELY
from slo_core.catalog import Growth
from slo_core.catalog.operations import RequestsMeasure, ResourceMeasure
from slo_core.rollup import Rollup
from slo_core.sli.steps import DAY, floor
from slo_core.sli.windows import Window

# What a large unit is in one that suits a single request.
_SMALLER = {"hours": (3600.0, "seconds"), "TB": (1e6, "MB"), "GB": (1e3, "MB")}


@dataclass(frozen=True)
class Cost:
    """What one request of a line costs of a resource over the last 30 whole days.

    ``amount`` is in ``unit`` (``vCPU seconds``, ``MB``): everything that all hosts used, or that
    was added to what is stored, over the requests. None where either has no data, or where
    nothing was added.
    """

    requests: Growth
    resource: Growth
    amount: float | None
    unit: str
    since: datetime
    until: datetime


def costs(rollup: Rollup, at: datetime) -> list[Cost]:
    """What one request of each counted line costs of each resource line of the growth table."""
    lines = rollup.catalog.growth
    end = floor(at, DAY)
    return [
        _cost(rollup, one, other, end)
        for one in lines
        if isinstance(one.measure, RequestsMeasure)
        for other in lines
        if isinstance(other.measure, ResourceMeasure)
    ]


def _cost(rollup: Rollup, requests: Growth, resource: Growth, end: datetime) -> Cost:
    assert isinstance(resource.measure, ResourceMeasure)
    start = end - LATELY
    used: float | None
    if resource.measure.aggregate == "sum":
        days = [Window("used", start, end)]
        found = figures(rollup, resource, days)
        used = None if not found.loc["used", "days"] else float(found.loc["used", "figure"])
    else:
        # What is stored is added to from the first of the days with a figure to the last.
        count = LATELY // DAY
        days = [Window(f"{n}", start + n * DAY, start + (n + 1) * DAY) for n in range(count)]
        found = figures(rollup, resource, days)
        seen = [n for n in range(count) if found["days"].iloc[n]]
        used = None
        if len(seen) > 1:
            start, end = days[seen[0]].end, days[seen[-1]].end
            used = float(found["figure"].iloc[seen[-1]] - found["figure"].iloc[seen[0]])
    number = figures(rollup, requests, [Window("all", start, end)])["figure"].iloc[0]
    times, unit = smaller_unit(resource.unit)
    amount = None
    if used is not None and used > 0 and number == number and number > 0:
        amount = used * times / float(number)
    return Cost(requests, resource, amount, unit, start, end)


def smaller_unit(unit: str) -> tuple[float, str]:
    """How many of a smaller unit a unit is: ``vCPU hours`` is 3600 ``vCPU seconds``."""
    words: Sequence[str] = unit.split(" ")
    times, last = _SMALLER.get(words[-1], (1.0, words[-1]))
    return times, " ".join([*words[:-1], last])
