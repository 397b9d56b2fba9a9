"""Where an objective stands in a world: its SLI, its budgets, its policy and what may come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from slo_core.budget.budgets import ErrorBudget, rolling_budget, sli
from slo_core.budget.course import Key
from slo_core.budget.hours import Hours
from slo_core.budget.policy import since, states_of
from slo_core.budget.spending import month_end
from slo_core.catalog import Availability, Catalog, Objective
from slo_core.durations import parse_duration
from slo_core.forecast.coming import Coming
from slo_core.forecast.futures import Futures
from slo_core.forecast.past import HISTORY
from slo_core.forecast.projection import Budget, Projection, outlook
from slo_core.sli.steps import HOUR
from slo_core.sli.windows import calendar_month
from slo_core.whatif.hours import Counted, Floats
from slo_core.whatif.reality import Reality
from slo_core.whatif.world import World

_PEAK = timedelta(days=7)
"""How far back the busiest hour is looked for."""

_AHEAD = 12
"""Hours between the points of a projected course."""


@dataclass(frozen=True)
class Outlook:
    """When a budget runs out, as dates, and the futures that say so."""

    p10: datetime | None
    p50: datetime | None
    p90: datetime | None
    """None: not before ``until``."""
    probability: float | None
    """Of running out before ``until``; None without data."""
    recovery: datetime | None
    """When an exhausted budget has something left again, as likely before as after."""
    exhausted: bool
    until: datetime
    """The end of the horizon, or of the month."""
    note: str
    expected: float | None
    """How many bad events (or seconds) are to be expected until then, in the mean of the futures
    (see `slo_core.forecast.futures.Futures`); None where it is open."""
    _budget: Budget | None = field(default=None, repr=False, compare=False)
    _futures: Futures | None = field(default=None, repr=False, compare=False)

    def course(self, at: datetime) -> pd.DataFrame:
        """What is left in the coming hours: ``at``, ``low``, ``middle``, ``high``, as shares.

        One future in ten is below ``low``, one in ten above ``high``. Empty without futures.
        """
        columns = ["at", "low", "middle", "high"]
        if self._budget is None or self._futures is None:
            return pd.DataFrame(columns=columns)
        left, allowed = self._budget.left_in(self._futures.bad, self._futures.valid)
        places = np.unique([*range(0, left.shape[1], _AHEAD), left.shape[1] - 1])
        rows = []
        for place in places:
            if allowed[place] <= 0:
                continue
            order = np.argsort(left[:, place], kind="stable")
            reached = np.cumsum(self._futures.weights[order])
            found = np.searchsorted(reached, np.array([0.1, 0.5, 0.9]) * reached[-1] - 1e-12)
            shares = left[order, place][np.minimum(found, len(order) - 1)] / allowed[place]
            rows.append((at + (int(place) + 1) * HOUR, *shares))
        return pd.DataFrame(rows, columns=columns).astype({"at": "datetime64[us]"})


@dataclass(frozen=True)
class Amounts:
    """A budget in its own unit; None where nothing was counted."""

    window: str
    allowed: float
    consumed: float | None
    remaining: float | None
    remaining_ratio: float | None


@dataclass(frozen=True)
class Affordable:
    """What may still fail, and how long an outage that is: see `slo_core.whatif.words`."""

    amount: float | None
    """Bad events or seconds that are left until ``until``; below 0 where it is overspent."""
    until: datetime | None
    """The month's end; None for a rolling budget."""
    at_peak: float | None
    """Seconds of complete failure in the busiest hour of the last week that this is."""
    at_present: float | None
    """The same at the traffic of the last hour."""


@dataclass(frozen=True)
class Standing:
    """Where one objective stands in one world. Ratios and shares are 0 to 1."""

    key: Key
    objective: Objective
    """With its target and threshold in this world."""
    service: str | None
    """The service whose budget it is; None where it has headroom alone."""
    approximate: bool
    good: float
    valid: float
    sli: float | None
    met: bool | None
    budget: Amounts
    """Over the objective's own window."""
    rolling: Amounts
    """Over the policy's window; that of ``budget`` where the objective has headroom alone."""
    calendar: Amounts | None
    policy: str | None
    policy_since: datetime | None
    exit_confirmed: bool | None
    history: pd.DataFrame = field(compare=False)
    """The policy's states, see `slo_core.budget.policy.hourly_states`."""
    rolling_outlook: Outlook
    calendar_outlook: Outlook | None
    affordable: Affordable
    hours: Counted = field(compare=False)
    """Its past hours, from the grid's start on."""


def stand(reality: Reality, world: World, catalog: Catalog, key: Key, seed: int) -> Standing:
    """Where an objective stands in a world with a catalogue."""
    return _Look(reality, world, catalog, key, seed).standing()


class _Look:
    def __init__(
        self, reality: Reality, world: World, catalog: Catalog, key: Key, seed: int
    ) -> None:
        self.reality, self.world, self.catalog, self.key = reality, world, catalog, key
        self.objective = catalog.objective(*key)
        self.real_rate = reality.catalog.objective(*key).error_rate
        self.seed = seed
        real = reality.hours[key]
        self.bad = world.past.bad - real.bad
        self.valid = world.past.valid - real.valid

    def standing(self) -> Standing:
        stated = self.reality.objective(self.key)
        own = stated["window"]
        bad, valid = self.difference(own)
        good = stated["good"] + (valid - bad)
        valid = max(stated["valid"] + valid, 0)
        ratio = sli(good, valid)
        budget = _amounts(own, rolling_budget(good, valid, self.objective.error_rate), valid)
        month = self.reality.budget(self.key)
        rolling = budget if month is None else self.rolling(month["rolling"])
        calendar = None if month is None else self.calendar(month)
        history = self.history() if month else pd.DataFrame()
        last = history.iloc[-1] if len(history) else None
        exited = None if last is None else last["exit_confirmed"]
        calendar_outlook = None if calendar is None else self.outlook(calendar, fixed=True)
        return Standing(
            key=self.key,
            objective=self.objective,
            service=None if month is None else self.key[0],
            approximate=self.world.approximate or bool(stated["approximate"]),
            good=good,
            valid=valid,
            sli=ratio,
            met=None if ratio is None else ratio >= self.objective.target,
            budget=budget,
            rolling=rolling,
            calendar=calendar,
            policy=None if last is None else last["state"],
            policy_since=since(history) if len(history) else None,
            exit_confirmed=None if exited is None else bool(exited),
            history=history,
            rolling_outlook=self.outlook(rolling, fixed=False),
            calendar_outlook=calendar_outlook,
            affordable=self.affordable(calendar or rolling, monthly=calendar is not None),
            hours=self.world.past,
        )

    def difference(self, window: str) -> tuple[float, float]:
        """What a trailing window has more of bad and of valid events than in reality."""
        grid = self.reality.grid
        return self.differs(grid.within(grid.at - parse_duration(window), grid.at))

    def differs(self, part: Floats) -> tuple[float, float]:
        part = part[: self.reality.grid.past]
        return float((part * self.bad).sum()), float((part * self.valid).sum())

    def rolling(self, stated: Mapping[str, Any]) -> Amounts:
        bad, valid = self.difference(stated["window"])
        rate = self.objective.error_rate
        allowed = max(stated["allowed"] * (rate / self.real_rate) + rate * valid, 0.0)
        consumed = max((stated["consumed"] or 0) + bad, 0)
        return _amounts(stated["window"], ErrorBudget(allowed, consumed), allowed)

    def calendar(self, stated: Mapping[str, Any]) -> Amounts:
        grid = self.reality.grid
        start = calendar_month(grid.at).start
        bad, _ = self.differs(grid.within(start, grid.at))
        allowed = stated["allowed"] * (self.objective.error_rate / self.real_rate)
        consumed = max((stated["consumed"] or 0) + bad, 0)
        seen = 0.0
        if stated["consumed"] is not None:
            seen = float((grid.within(start, grid.at)[: grid.past] * self.world.past.valid).sum())
        return _amounts(stated["month"], ErrorBudget(allowed, consumed), seen)

    def history(self) -> pd.DataFrame:
        """The policy's states over whole hours."""
        grid, past = self.reality.grid, self.world.past
        whole = (grid.at - grid.start) // HOUR
        hours = Hours(grid.start, (past.valid - past.bad)[:whole], past.valid[:whole])
        service = self.key[0]
        confirmed = self.reality.confirmed[service]
        given = _Later(confirmed) if self.world.touched else confirmed
        return states_of(hours, self.catalog, service, grid.at, given)

    def outlook(self, amounts: Amounts, *, fixed: bool) -> Outlook:
        grid, at = self.reality.grid, self.reality.at
        until = at + grid.horizon * HOUR
        if fixed:
            until = min(until, month_end(at - timedelta(minutes=1)))
        if amounts.remaining_ratio is None:
            found = Projection(None, None, None, float("nan"), note="no data in the window")
            return self._told(found, None, None, until, fixed=fixed)
        hours = max(1, -(-(until - at) // HOUR))
        past, history = self._known(self.world.past), self._known(self.world.history)
        window = 1 if fixed else max(1, round(parse_duration(amounts.window) / HOUR))
        budget = Budget(
            past.bad,
            past.valid,
            1 - self.objective.target,
            window,
            amounts.allowed if fixed else None,
            float(amounts.consumed or 0) if fixed else 0.0,
        )
        coming = self.world.coming and _first(self.world.coming, hours)
        found, futures = outlook(budget, history.bad, history.valid, hours, self.seed, coming)
        return self._told(found, budget, futures, until, fixed=fixed)

    def _told(
        self,
        found: Projection,
        budget: Budget | None,
        futures: Futures | None,
        until: datetime,
        *,
        fixed: bool,
    ) -> Outlook:
        at = self.reality.at
        p10, p50, p90, recovery = (
            None if hours is None else at + hours * HOUR
            for hours in (found.p10, found.p50, found.p90, found.recovery)
        )
        known = found.probability == found.probability
        expected = None
        if futures is not None:
            expected = float(futures.mean[-1])
        elif known:
            expected = 0.0
        return Outlook(
            p10=p10,
            p50=p50,
            p90=p90,
            probability=found.probability if known else None,
            recovery=month_end(at - timedelta(minutes=1))
            if found.exhausted and fixed
            else recovery,
            exhausted=found.exhausted,
            until=until,
            note=found.note,
            expected=expected,
            _budget=budget,
            _futures=futures,
        )

    def _known(self, hours: Counted) -> Counted:
        """Whole hours from the first with data on, as projections take them."""
        grid = self.reality.grid
        whole = (grid.at - grid.start) // HOUR
        real = self.reality.hours[self.key].valid[:whole]
        first = int(np.argmax(real > 0)) if (real > 0).any() else whole
        oldest = grid.at - HISTORY
        first = max(first, -(-(oldest - grid.start) // HOUR))
        valid = hours.valid[first:whole]
        return Counted(np.clip(hours.bad[first:whole], 0, valid), valid)

    def affordable(self, amounts: Amounts, *, monthly: bool) -> Affordable:
        until = month_end(self.reality.at - timedelta(minutes=1)) if monthly else None
        left = amounts.remaining
        if isinstance(self.objective.indicator, Availability):
            return Affordable(left, until, left, left)
        peak, present = self.traffic()
        return Affordable(left, until, _outage(left, peak), _outage(left, present))

    def traffic(self) -> tuple[float, float]:
        """Events an hour: in the busiest of the last week, and in the last whole one."""
        grid, at = self.reality.grid, self.reality.at
        valid = self.world.history.valid[: (at - grid.start) // HOUR]
        lately = valid[-(_PEAK // HOUR) :]
        if not len(lately):
            return 0.0, 0.0
        times = 1.0 if self.world.coming is None else float(self.world.coming.traffic[0])
        most = times
        if self.world.coming is not None:
            ahead = max(1, (month_end(at - timedelta(minutes=1)) - at) // HOUR)
            most = float(self.world.coming.traffic[:ahead].max())
        return float(lately.max()) * most, float(lately[-1]) * times


class _Later(dict[datetime, datetime]):
    """Confirmed exits for exhaustions that began at another hour than in reality.

    People who confirmed that causes are addressed would have done so in a changed world as well: an
    exhaustion has the first confirmation that came after it began.
    """

    def get(self, entered: datetime, default: Any = None) -> Any:
        """The moment of the confirmation."""
        return min((it for it in self.values() if it >= entered), default=default)


def _amounts(window: str, budget: ErrorBudget, seen: float) -> Amounts:
    """A budget's amounts; nothing is left or spent where nothing was counted."""
    if not seen > 0:
        return Amounts(window, budget.allowed, None, None, None)
    return Amounts(
        window, budget.allowed, budget.consumed, budget.remaining, budget.remaining_ratio
    )


def _first(coming: Coming, hours: int) -> Coming:
    replayed = coming.replayed and (coming.replayed[0][:hours], coming.replayed[1][:hours])
    return Coming(coming.traffic[:hours], coming.failing[:hours], coming.added[:hours], replayed)


def _outage(left: float | None, an_hour: float) -> float | None:
    if left is None or an_hour <= 0:
        return None
    return left / an_hour * 3600
