"""Growth, costs, triggers and what gives way first, on stores whose figures are worked out."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from slo_core.capacity.actuals import figures
from slo_core.capacity.costs import costs, smaller_unit
from slo_core.capacity.growth import GrowthLine, ahead, growth_lines
from slo_core.capacity.load import budgets_under_load
from slo_core.capacity.overview import capacity, quarter_of
from slo_core.capacity.pressure import pressure, with_traffic
from slo_core.capacity.scaling import recommended, scaling
from slo_core.capacity.words import growth_words, load_words, next_line_words
from slo_core.figures.growth import growth_figure
from slo_core.figures.theme import LIGHT
from slo_core.rollup import Rollup
from slo_core.sli.windows import Window
from tests.commands.test_commands import run
from tests.small import ROOT, SHOP, STUDIO, small_rollup

LAUNCH = datetime(2025, 2, 10)
END = datetime(2025, 3, 31)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def songs(day: datetime, number: int, people: int) -> list[dict[str, Any]]:
    """So many songs in a day, by so many people in turn."""
    return [
        {
            "ts": day + timedelta(minutes=n),
            "journey": "song_generation",
            "status": 200,
            "user_id": f"u{n % people}",
        }
        for n in range(number)
    ]


def tables() -> dict[str, list[dict[str, Any]]]:
    """Forty days of a beta with 2 songs a day, and seven weeks since the launch on 10 February.

    In week n since the launch there are 100 + 10 n songs a day, by 10 people; two hosts use 1 and 3
    vCPU hours each hour, and store 0.5 TB and as much more each day as a terabyte's thousandth.
    """
    requests = [row for n in range(1, 41) for row in songs(LAUNCH - n * DAY, 2, 2)]
    resources: list[dict[str, Any]] = []
    for n in range(49):
        day = LAUNCH + n * DAY
        requests += songs(day, 100 + 10 * (n // 7), 10)
        for hour in range(24):
            ts = day + hour * HOUR
            resources += [
                {"ts": ts, "host": "a", "metric": "vcpu_hours", "value": 1.0},
                {"ts": ts, "host": "b", "metric": "vcpu_hours", "value": 3.0},
            ]
        resources += [
            {"ts": day + HOUR, "host": "a", "metric": "storage_tb", "value": 0.5},
            {"ts": day + HOUR, "host": "b", "metric": "storage_tb", "value": 0.5 + n / 1000},
            # A disk that grows by half a point a day: 85 % in ten days from now on.
            {"ts": day + 23 * HOUR, "host": "b", "metric": "disk_percent", "value": 56 + n / 2},
        ]
    # The last twenty minutes are busy on one of two hosts.
    resources += [
        {
            "ts": END - minute * timedelta(minutes=1),
            "host": host,
            "metric": "cpu_percent",
            "value": 90.0 if host == "b" and minute <= 20 else 20.0,
        }
        for minute in range(1, 181)
        for host in ("a", "b")
    ]
    return {"requests": requests, "resources": resources}


@pytest.fixture(scope="module")
def rollup(tmp_path_factory: pytest.TempPathFactory) -> Rollup:
    return small_rollup(tmp_path_factory.mktemp("capacity"), tables())


@pytest.fixture(scope="module")
def lines(rollup: Rollup) -> dict[str, GrowthLine]:
    return {line.growth.id: line for line in growth_lines(rollup, END)}


def test_figures_of_windows_are_exact(rollup: Rollup) -> None:
    windows = [
        Window("beta", LAUNCH - 3 * DAY, LAUNCH),
        Window("both", LAUNCH - DAY, LAUNCH + DAY),
        Window("before", datetime(2024, 1, 1), datetime(2024, 2, 1)),
    ]
    found = {
        line.id: figures(rollup, line, windows).fillna(-1).to_numpy().tolist()
        for line in STUDIO.growth
    }
    # Two people of the beta are among the ten since.
    assert found["monthly_active_users"] == [[2, 3], [10, 2], [-1, 0]]
    assert found["song_generations"] == [[6, 3], [102, 2], [-1, 0]]
    assert found["storage"] == [[-1, 0], [1.0, 1], [-1, 0]]
    assert found["compute"] == [[-1, 0], [96, 1], [-1, 0]]


def test_months_and_quarters_are_held_against_the_table(lines: dict[str, GrowthLine]) -> None:
    line = lines["song_generations"]
    months = line.months.set_index("month")
    # January: 31 of the 40 days of the beta, 2 a day.
    assert months.loc["2025-01", ["figure", "days", "whole"]].tolist() == [62, 31, True]
    # February: 9 days of the beta, then 7 × 100, 7 × 110, 5 × 120.
    assert months.loc["2025-02", "figure"] == 18 + 700 + 770 + 600
    # March: 2 × 120, then 7 each of 130 to 160; the last day of the month is to come.
    assert months.loc["2025-03", "figure"] == 240 + 7 * (130 + 140 + 150 + 160)
    assert months.loc["2025-03", "days"] == 30
    assert not months.loc["2025-03", "whole"]
    first = line.quarters.iloc[0]
    assert (first["quarter"], first["expected"]) == ("Q1 2025", 500000)
    assert (first["actual"], first["month"]) == (2088, "2025-02")
    assert line.now == 120 * 2 + 7 * (130 + 140 + 150 + 160)


def test_the_beta_is_no_growth(lines: dict[str, GrowthLine]) -> None:
    line = lines["song_generations"]
    assert line.trend is not None
    # Its first day is left out, as it is seldom a whole one: six whole weeks are left.
    assert (line.trend.start, line.trend.weeks) == (datetime(2025, 2, 17), 6)
    assert "6 whole weeks, 2025-02-17 to 2025-03-31: before 2025-02-10" in line.note
    # From 110 to 160 songs a day in five weeks is 45 % in five weeks, some 37 % a month; with the
    # beta's 2 a day it would be thousands.
    assert line.trend.monthly[1] == pytest.approx(1.4545 ** (30.44 / 35) - 1, rel=0.05)
    assert line.quarters["projected"].is_monotonic_increasing
    # People are the same ten all the time: nothing that chance would not make too.
    people = lines["monthly_active_users"]
    assert people.now == 10
    assert people.quarters["projected"].isna().all()
    assert "no date is given" in " ".join(growth_words(people))


def test_beyond_its_last_quarter_the_table_expects_nothing_and_says_so(tmp_path: Path) -> None:
    start, end = datetime(2025, 12, 1), datetime(2026, 2, 1)
    rows = [row for n in range(62) for row in songs(start + n * DAY, 100 + n, 5)]
    found = capacity(small_rollup(tmp_path, {"requests": rows}), end)
    line = next(it for it in found.growth if it.growth.id == "song_generations")
    months = line.months.set_index("month")["expected"]
    assert months["2025-12"] == 5_000_000
    assert np.isnan(months["2026-01"])
    assert line.quarters["quarter"].tolist() == [f"Q{n} 2025" for n in (1, 2, 3, 4)]
    assert line.trend is not None  # what was measured is projected all the same
    said = found.missing_line or ""
    assert said.startswith("The growth table has no figure for Q1 2026; its last is for Q4 2025. ")
    assert "shown with nothing expected" in said
    assert found.as_dict()["note"] == said
    # No line of what is expected reaches beyond the end of the table.
    figure = growth_figure(line.months, line.quarters, ahead(line, end), "songs", LIGHT)
    drawn = [it.x[-1] for it in figure.data if it.name == "Expected"]
    assert max(drawn) == pd.Timestamp(2026, 1, 1)


@pytest.mark.parametrize(
    ("quarters", "quarter", "said"),
    [
        ({"Q1 2025": 1.0, "Q3 2025": 2.0}, "Q3 2025", None),
        ({"Q1 2025": 1.0}, "Q2 2025", "no figure of Orders for Q2 2025; its last is for Q1 2025."),
        ({"Q2 2025": 1.0}, "Q1 2025", "of Orders for Q1 2025; its first is for Q2 2025. It"),
        ({"Q1 2025": 1.0, "Q3 2025": 2.0}, "Q2 2025", "no figure of Orders for Q2 2025. It"),
    ],
)
def test_a_line_without_a_figure_for_the_quarter_is_named(
    lines: dict[str, GrowthLine], quarters: dict[str, float], quarter: str, said: str | None
) -> None:
    other = lines["storage"]
    own = other.growth.model_copy(update={"name": "Orders", "quarters": quarters})
    found = next_line_words([replace(other, growth=own), other], quarter)
    assert (found is None) if said is None else (found is not None and said in found)


def test_too_little_history_is_said(rollup: Rollup) -> None:
    found = {line.growth.id: line for line in growth_lines(rollup, LAUNCH + 20 * DAY)}
    line = found["song_generations"]
    assert line.trend is None
    assert "2 whole weeks since 2025-02-10, 4 are needed" in line.note
    assert line.quarters["projected"].isna().all()


def test_a_song_costs_what_hosts_used_and_added(rollup: Rollup) -> None:
    found = {cost.resource.id: cost for cost in costs(rollup, END)}
    # 30 days: 30 × 96 vCPU hours over 240 + 7 × 580 = 4,300 songs.
    assert found["compute"].amount == pytest.approx(30 * 96 * 3600 / 4300)
    assert found["compute"].unit == "vCPU seconds"
    # 29 days add 0.029 TB, while 4,300 - 120 songs were made.
    assert found["storage"].amount == pytest.approx(0.029 * 1e6 / 4180)
    assert found["storage"].unit == "MB"
    assert smaller_unit("orders") == (1.0, "orders")
    assert [it.amount for it in costs(rollup, datetime(2024, 1, 1))] == [None, None]


def test_a_busy_host_calls_for_more(rollup: Rollup) -> None:
    found = scaling(rollup, END, timedelta(days=7))
    rows = found.triggers.set_index("trigger")
    assert found.direction == "up"
    assert found.reason == "CPU > 70% for 15 minutes holds now, on b."
    assert rows.loc["cpu_high", ["hosts", "hosts_holding", "episodes"]].tolist() == [2, 1, 1]
    # The mean of 15 minutes is above 70 from the eleventh busy minute on: 10.7 of 15 at 90, the
    # others at 20. Ten minutes of twenty fire.
    assert rows.loc["cpu_high", "hours"] == pytest.approx(10 / 60)
    assert rows.loc["cpu_high", "days"] == 1
    assert rows.loc["cpu_low", ["hosts", "hosts_holding"]].tolist() == [2, 1]
    assert not rows.loc["memory_high", "has_data"]
    assert not rows.loc["disk_high", "firing"]
    assert found.episodes["host"].dropna().unique().tolist() == ["a", "b"]


def test_what_held_over_a_week_ago_is_in_the_range_and_not_lately(rollup: Rollup) -> None:
    rows = scaling(rollup, END + 8 * DAY, timedelta(days=30)).triggers.set_index("trigger")
    assert rows.loc["cpu_high", ["episodes", "days"]].tolist() == [1, 0]


def triggers(**changes: dict[str, Any]) -> pd.DataFrame:
    """A quiet system: nothing calls for more, and not all for less."""
    base = {
        "cpu_high": ("up", False, 0, 2, 0),
        "api_slow": ("up", False, 0, 0, 0),
        "cpu_low": ("down", True, 7, 2, 1),
        "api_fast": ("down", True, 7, 0, 0),
    }
    names = ("direction", "firing", "days", "hosts", "hosts_holding")
    rows = [
        {"trigger": name, "condition": name, "has_data": True, "holds_on": []}
        | dict(zip(names, values, strict=True))
        | changes.get(name, {})
        for name, values in base.items()
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("changes", "direction", "said"),
    [
        ({}, "hold", "cpu_low does not hold everywhere (of 1 of 2 hosts alone)"),
        ({"api_slow": {"firing": True}}, "up", "api_slow holds now."),
        (
            {"cpu_high": {"firing": True, "holds_on": ["a", "b"]}, "api_slow": {"firing": True}},
            "up",
            "cpu_high and api_slow hold now, on a and b.",
        ),
        (
            {"cpu_high": {"firing": True, "holds_on": [*"edcba"]}},
            "up",
            "cpu_high holds now, on a, b, c and 2 other hosts.",
        ),
        ({"cpu_high": {"days": 3}}, "up", "cpu_high does not hold now, but did on 3"),
        ({"cpu_high": {"days": 2}}, "hold", "cpu_high did once or twice in 7 days"),
        ({"cpu_low": {"hosts_holding": 2}}, "down", "cpu_low and api_fast hold, of every host"),
        (
            {"cpu_low": {"hosts_holding": 2}, "cpu_high": {"days": 1}},
            "hold",
            "cpu_high did once or twice",
        ),
        (
            {"cpu_low": {"hosts_holding": 2}, "cpu_high": {"has_data": False, "firing": None}},
            "hold",
            "cpu_high has no data",
        ),
        (
            {name: {"has_data": False} for name in ("cpu_high", "api_slow", "cpu_low", "api_fast")},
            None,
            "No trigger has data",
        ),
    ],
)
def test_what_is_recommended(
    changes: dict[str, dict[str, Any]], direction: str | None, said: str
) -> None:
    found, reason = recommended(triggers(**changes))
    assert found == direction
    assert said in reason


def test_what_follows_the_traffic_goes_on_along_a_line() -> None:
    rate = np.array([10.0 + n % 24 for n in range(240)])
    busy = pd.DataFrame({"rate": rate, "seconds": 3600.0})
    # 20 % at rest and a half for each request: the busiest hour has 33 requests and 36.5 %; 70 %
    # are reached at 100 requests, three times as many.
    found = with_traffic(20 + rate / 2, busy, 70.0)
    assert found == pytest.approx((36.5, 1.0, 100 / 33))
    assert with_traffic(np.full(240, 40.0), busy, 70.0) is None
    assert with_traffic(60 - rate / 2, busy, 70.0) is None
    assert with_traffic((20 + rate / 2)[:100], busy[:100], 70.0) is None  # under a week


def test_a_disk_that_fills_has_a_date(rollup: Rollup) -> None:
    found = pressure(rollup, END)
    disk = found.rows[found.rows["trigger"] == "disk_high"].iloc[0]
    # 56 + 48 / 2 = 80 % now and a half more each day: 5 points take ten days.
    assert (disk["host"], disk["now"], disk["per_day"]) == ("b", 80.0, 0.5)
    assert disk["date"] == END + 10 * DAY
    assert disk["follows"] == "time"
    assert found.left_out == ("API latency P95 > 1.5x SLO for 10 minutes",)


def test_without_logs_there_is_no_figure(tmp_path: Path) -> None:
    row = {"ts": END - DAY, "journey": "api", "status": 200}
    found = capacity(small_rollup(tmp_path, {"requests": [row]}), END).as_dict()
    assert found["recommendation"]["direction"] is None
    assert [line["last_30_days"] for line in found["growth"]] == [None] * 4
    assert found["first"]["hosts"] == []
    assert "cannot be told" in found["first"]["words"][0]


@pytest.mark.parametrize(
    ("at", "quarter"),
    [
        (datetime(2025, 4, 1), "Q1 2025"),
        (datetime(2025, 4, 1, 0, 1), "Q2 2025"),
        (datetime(2025, 12, 31), "Q4 2025"),
    ],
)
def test_the_quarter_is_that_of_the_last_minute(at: datetime, quarter: str) -> None:
    assert quarter_of(at) == quarter


def test_the_command_says_what_the_core_says(rollup: Rollup) -> None:
    arguments = ("--data", str(rollup.store.root), "--at", "2025-03-31T00:00:00Z")
    done = run("capacity", *arguments, "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(json.dumps(capacity(rollup, END).as_dict()))
    stated = json.loads(done.stdout)
    assert stated["growth"][1]["words"][0].endswith("4,300 songs in the last 30 days.")
    # Ten times the traffic, of which nothing fails.
    assert (
        "Song Generation: likely lasts the rest of the month even at 10 times the traffic. "
        "A whole month like the last 30 days would use 0 % of the allocation at any traffic."
        in stated["load"]["words"]
    )


def failing(days: int) -> dict[str, list[dict[str, Any]]]:
    """So many days of 40 songs up to the end, one of which is good."""
    made = [row for n in range(1, days + 1) for row in songs(END - n * DAY, 40, 10)]
    return {"requests": [it | {"status": 500 if n % 40 else 200} for n, it in enumerate(made)]}


def test_a_whole_month_is_told_however_little_of_it_is_left(tmp_path: Path) -> None:
    """39 of 40 songs fail on each of 31 days up to 30 March, soon after midnight.

    A minute before March is over, 29 of these days are within 30 days: 1,131 failures, in a month
    of 31 days 1,168.7. That is 47 % of the 2,500 of a month, which 2.1 times the traffic uses up.
    """
    rollup = small_rollup(tmp_path, failing(31))
    frame = budgets_under_load(rollup, END + DAY - timedelta(minutes=1))
    own = frame[frame["service"] == "song_generation"].set_index("times")
    assert own.loc[1, "whole_month"] == pytest.approx(1168.7)
    assert own.loc[10, "whole_month"] == pytest.approx(11687)
    (words,) = (it for it in load_words(frame, rollup.catalog) if it.startswith("Song"))
    assert words == (
        "Song Generation: likely lasts the rest of the month even at 10 times the traffic. A whole "
        "month like the last 30 days would use 47 % of the allocation, and all of it at 2.1 times "
        "the traffic."
    )


def test_minutes_of_downtime_are_as_many_whatever_the_traffic(tmp_path: Path) -> None:
    """The API is down for ten minutes of 30 days: in a month of 31 days it is for 620 s.

    The history begins just where the 30 days do.
    """
    probes = [
        {"ts": END - n * timedelta(minutes=1), "scope": "api", "target": "eu", "ok": n > 10}
        for n in range(1, 30 * 24 * 60 + 1)
    ]
    frame = budgets_under_load(small_rollup(tmp_path, {"probes": probes}), END)
    own = frame[frame["service"] == "api"].set_index("times")
    assert own.loc[1, "whole_month"] == pytest.approx(620)
    assert own.loc[10, "whole_month"] == pytest.approx(620)


def test_too_short_a_history_says_nothing_of_a_whole_month(tmp_path: Path) -> None:
    frame = budgets_under_load(small_rollup(tmp_path, failing(29)), END)
    assert frame["whole_month"].isna().all()


def test_another_catalogue_has_its_own_lines(tmp_path: Path) -> None:
    orders = [
        {"ts": datetime(2025, 8, 1) + n * HOUR, "journey": "checkout", "status": 200}
        for n in range(40)
    ]
    rollup = small_rollup(tmp_path, {"requests": orders}, SHOP)
    found = capacity(rollup, datetime(2025, 8, 4))
    assert [line.growth.id for line in found.growth] == ["orders"]
    assert found.growth[0].now == 40
    assert found.costs == []
    arguments = ("--data", str(tmp_path), "--catalog", str(ROOT / "tests" / "shop.yaml"))
    done = run("capacity", *arguments, "--at", "2025-08-04T00:00:00Z")
    assert done.returncode == 0, done.stderr
    assert "Orders: 40 orders in the last 30 days (data on 2 of them)." in done.stdout
    assert "No data: No trigger has data at this moment" in done.stdout
