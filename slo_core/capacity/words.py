"""Capacity in sentences, the same on the page and on the command line."""

from datetime import date

import pandas as pd

from slo_core.capacity.costs import Cost
from slo_core.capacity.growth import GrowthLine
from slo_core.capacity.pressure import Pressure
from slo_core.capacity.scaling import Direction
from slo_core.catalog import Catalog
from slo_core.catalog.operations import quarter_start
from slo_core.durations import parse_duration
from slo_core.sli.steps import DAY
from slo_core.text import amount as unit_amount
from slo_core.text import count, counted, percent

DIRECTIONS: dict[Direction | None, str] = {
    "up": "Scale up",
    "down": "Scale down",
    "hold": "Hold",
    None: "No data",
}


def amount(number: float | None, unit: str) -> str:
    """A figure of a growth line: ``15,026 songs``, ``1.98 TB``; "no data" where there is none."""
    if number is None or number != number:
        return "no data"
    words = count(number) if abs(number) >= 100 or float(number).is_integer() else f"{number:.3g}"
    return f"{words} {unit}"


def growth_words(line: GrowthLine) -> list[str]:
    """Where a line stands, how it grows, and when its next lines are reached."""
    name, unit = line.growth.name, line.growth.unit
    said = [f"{name}: {amount(line.now, unit)} in the last 30 days"]
    if line.growth.measure.kind == "resource" and line.growth.measure.aggregate == "latest":
        said = [f"{name}: {amount(line.now, unit)} now"]
    if line.now is not None and line.days < 30:
        said[0] += f" (data on {line.days} of them)"
    said[0] += "."
    if line.trend is None:
        return [*said, line.note]
    low, middle, high = line.trend.monthly
    if line.trend.grows is None:
        said.append(
            f"Whether it grows cannot be told from chance ({_signed(low)} to {_signed(high)} a "
            "month, four times in five): no date is given for what is expected."
        )
        return [*said, line.note]
    said.append(
        f"{_signed(middle)} a month, between {_signed(low)} and {_signed(high)} four times in five."
    )
    if not line.trend.grows:
        return [*said, "What is expected is not reached while it shrinks.", line.note]
    ahead = line.quarters[line.quarters["reached"].isna()]
    for row in ahead.head(2).itertuples():
        said.append(_reached(row, unit))
    return [*said, line.note]


def _signed(share: float) -> str:
    return f"{'+' if share > 0 else ''}{percent(share, digits=1)}"


def _reached(row: object, unit: str) -> str:
    """When one quarter's figure is reached, and whether that is in time."""
    wanted = f"{amount(row.expected, unit)}, expected in {row.quarter},"  # type: ignore[attr-defined]
    day, end = row.projected, row.end  # type: ignore[attr-defined]
    if pd.isna(day):
        return f"{wanted} are not reached within ten years at this growth."
    early, late = row.earliest, row.latest  # type: ignore[attr-defined]
    until = "later than in ten years" if pd.isna(late) else f"{late:%Y-%m-%d}"
    between = f"between {early:%Y-%m-%d} and {until}"
    side = "in time" if day <= end else "after it is over"
    return f"{wanted} are reached about {day:%Y-%m-%d} at this growth ({between}): {side}."


def next_line_words(lines: list[GrowthLine], quarter: str) -> str | None:
    """That the growth table has no figure for a quarter, and what that means; None where it has.

    Where some of its lines have one, those that have none are named.
    """
    lacking = [line for line in lines if quarter not in line.growth.quarters]
    if not lacking:
        return None
    names = ""
    if len(lacking) < len(lines):
        names = " of " + " and ".join(line.growth.name for line in lacking)
    known = sorted({day: name for it in lacking for day, name in _quarters_of(it)}.items())
    now = quarter_start(quarter)
    edge = ""
    if known[-1][0] < now:
        edge = f"; its last is for {known[-1][1]}"
    elif known[0][0] > now:
        edge = f"; its first is for {known[0][1]}"
    return (
        f"The growth table has no figure{names} for {quarter}{edge}. It is not drawn on beyond its "
        "quarters: other months are shown with nothing expected, and every projection is of what "
        "was measured. Write the missing quarters into the catalogue, under growth."
    )


def _quarters_of(line: GrowthLine) -> list[tuple[date, str]]:
    return [(quarter_start(name), name) for name in line.growth.quarters]


def cost_words(cost: Cost) -> str:
    """What one request costs of a resource."""
    if cost.amount is None:
        return (
            f"{cost.resource.name} per request of {cost.requests.name}: no data, or nothing was "
            "added in the last 30 days."
        )
    digits = f"{cost.amount:,.0f}" if cost.amount >= 100 else f"{cost.amount:.3g}"
    return (
        f"{unit_amount(1, cost.requests.unit)} costs {digits} {cost.unit}: everything that all "
        f"hosts used, or added, from {cost.since:%Y-%m-%d} to {cost.until:%Y-%m-%d}, over all "
        f"{cost.requests.unit}."
    )


def first_words(found: Pressure) -> list[str]:
    """Which trigger would fire first, and on what that rests."""
    rows = found.rows
    known = rows[rows["date"].notna()]
    said = []
    if len(known):
        first = known.iloc[0]
        share = f"{first['now']:.3g} {first['unit']} against {first['threshold']:g} {first['unit']}"
        if first["now"] > first["threshold"]:
            said.append(f"{first['condition']} is reached already on {first['host']}: {share}.")
        elif first["follows"] == "traffic":
            said.append(
                f"{first['condition']} would fire first, on {first['host']}: {share} in a busy "
                f"hour, reached at {first['factor']:.2g} times today's busy hour, about "
                f"{first['date']:%Y-%m-%d} at the present growth of traffic."
            )
        else:
            said.append(
                f"{first['condition']} would fire first, on {first['host']}: {share} and "
                f"{first['per_day']:.2g} {first['unit']} more each day, about "
                f"{first['date']:%Y-%m-%d}."
            )
    elif len(rows) and rows["factor"].notna().any():
        first = rows.sort_values("factor").iloc[0]
        said.append(
            f"{first['condition']} would fire first, on {first['host']}, at {first['factor']:.2g} "
            "times today's busy hour; whether traffic ever gets there cannot be told yet."
        )
    else:
        said.append("Which trigger would fire first cannot be told: no resource has enough data.")
    said.append(
        "Assumed: what follows the traffic hour by hour (over half of its variance) does so along "
        "a straight line, per host, with today's hosts; what does not goes on by the day."
    )
    if found.left_out:
        said.append(
            f"Not extrapolated: {', '.join(found.left_out)}. Latency under load is no straight "
            "line."
        )
    return said


def load_words(frame: pd.DataFrame, catalog: Catalog) -> list[str]:
    """For each budget, at which of the multiples it is first likely not to last.

    Of the rest of this month, and of a whole month that fails as the rolling budget's window did.
    """
    said = []
    for service, rows in frame.groupby("service", sort=False):
        name = catalog.journey(str(service)).name
        if rows["expected"].isna().all():
            said.append(f"{name}: no data.")
            continue
        gone = rows[rows["probability"] >= 0.5]
        if rows["allowed_then"].isna().all():
            said.append(f"{name}: counted in time, which more traffic does not spend.")
            continue
        if gone.empty:
            most = rows["times"].max()
            words = f"likely lasts the rest of the month even at {most:g} times the traffic"
        elif gone["times"].iloc[0] == 1:
            words = "likely runs out this month as it is"
        else:
            first = gone.iloc[0]
            words = (
                f"likely runs out this month at {first['times']:g} times the traffic; an "
                f"allocation that follows it would be {count(first['allowed_then'])}"
            )
        said.append(f"{name}: {words}.{_whole_month_words(rows)}")
    return said


def _whole_month_words(rows: pd.DataFrame) -> str:
    """What a whole month would use of the allocation, and how much traffic that stands."""
    own = rows[rows["times"] == 1]
    if own.empty or own["whole_month"].isna().all():
        return ""
    used, allowed = float(own["whole_month"].iloc[0]), float(own["allowed"].iloc[0])
    lately = counted(parse_duration(str(own["window"].iloc[0])) // DAY, "day")
    share = percent(used / allowed, digits=0)
    like = f" A whole month like the last {lately} would use {share} of the allocation"
    if used > allowed:
        return f"{like} at today's traffic."
    if used == 0:
        return f"{like} at any traffic."
    return f"{like}, and all of it at {allowed / used:.2g} times the traffic."
