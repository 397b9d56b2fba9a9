"""Which columns of the rollup each objective counts, by the plan that figures were made with."""

from collections.abc import Sequence
from typing import NamedTuple

from slo_core.catalog import Availability, Cut, Latency, Measurement, Share, Success
from slo_core.rollup import Rollup
from slo_core.rollup.plan import cut_of, cut_value


class RequestIndicator(NamedTuple):
    """An objective that counts requests, of one ``step`` or all.

    ``cut`` is the number of the column of timed requests below its threshold; None where the
    outcome decides, 0 where the plan has no such column.
    """

    plan: str
    journey: str
    objective: str
    step: str | None
    cut: int | None


class MeasurementIndicator(NamedTuple):
    """An objective that counts values of a ``metric``: those on the good side of a ``cut``.

    For shares of a sum ``cut`` is None, and the metric's sum counts with these signs; a share has a
    row for each of its two metrics.
    """

    plan: str
    journey: str
    objective: str
    metric: str
    cut: int | None
    above: bool
    good_sign: int
    valid_sign: int


REQUEST_COLUMNS = {
    "plan": "VARCHAR",
    "journey": "VARCHAR",
    "objective": "VARCHAR",
    "step": "VARCHAR",
    "cut": "INTEGER",
}
"""The types of a `RequestIndicator` in SQL."""


def indicators(rollup: Rollup) -> tuple[list[RequestIndicator], list[MeasurementIndicator]]:
    """What each objective counts, for every plan that figures were made with.

    Where a plan lacks an objective's threshold the cut is 0: the events are counted, and which of
    them were good is answered by `slo_core.sli.history`.
    """
    requests: list[RequestIndicator] = []
    measurements: list[MeasurementIndicator] = []
    plans = {name: plan for unit in rollup.manifests.values() for name, plan in unit.plans.items()}
    for name, plan in plans.items():
        journey_cuts = {row[0]: list(row[1:]) for row in plan["journeys"]}
        metric_cuts = {(row[0], row[1]): list(row[2:]) for row in plan["metrics"]}
        for journey, objective in rollup.catalog.objectives:
            key = (name, journey.id, objective.id)
            match objective.indicator:
                case Success(step=step):
                    requests.append(RequestIndicator(*key, step, None))
                case Latency(step=step):
                    cut = _cut_number(journey_cuts.get(journey.id, []), cut_of(objective.threshold))
                    requests.append(RequestIndicator(*key, step, cut))
                case Measurement(metric=metric):
                    wanted = cut_of(objective.threshold)
                    cut = _cut_number(metric_cuts.get((journey.id, metric), []), wanted)
                    found = MeasurementIndicator(*key, metric, cut, wanted.inclusive, 0, 0)
                    measurements.append(found)
                case Share(total=total, bad=bad):
                    measurements.append(MeasurementIndicator(*key, total, None, False, 1, 1))
                    measurements.append(MeasurementIndicator(*key, bad, None, False, -1, 0))
                case Availability():
                    pass
    return requests, measurements


def _cut_number(cuts: Sequence[object], cut: Cut) -> int:
    """The column that counts at a cut, from 1; 0 where there is none."""
    value = cut_value(cut)
    return cuts.index(value) + 1 if value in cuts else 0
