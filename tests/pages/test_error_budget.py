"""The error budget page as a script: full, empty, one row, stale; and the figures that it says."""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from slo_core.budget.exits import check_off
from slo_core.catalog import load_catalog
from slo_core.register import Actor, read_history, write
from tests.random_logs import small_tables, write_tables
from tests.small import ROOT, STUDIO
from tests.words import everything

AT = datetime(2025, 3, 31)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def words(app: AppTest, **address: str) -> str:
    """Everything that the page says, in tables too; it shows no error of any kind."""
    app.run()
    for name, value in address.items():
        app.query_params[name] = value
    app.switch_page("studio_error_budget.py").run()
    assert not app.exception
    assert not app.error
    return everything(app).replace("\u00a0", " ")


def songs(count: int, failed: int, ago: timedelta) -> list[dict[str, Any]]:
    row = {"ts": AT - ago, "journey": "song_generation", "duration_ms": 9_000.0}
    return [row | {"status": 500 if number < failed else 200} for number in range(count)]


@pytest.mark.parametrize(
    "catalog", ["data/studio.yaml", pytest.param("tests/shop.yaml", marks=pytest.mark.long)]
)
def test_full_data_of_any_catalogue(
    app: AppTest, tmp_path: Path, catalog: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLO_CATALOG", str(ROOT / catalog))
    write_tables(tmp_path, small_tables(Random(8), load_catalog(ROOT / catalog), AT))
    words(app)


def test_one_row(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(1, 0, HOUR / 2)})
    told = words(app)
    assert "0 of 4 are overspent**. 28 have no data." in told
    assert "few events" in told
    assert "never, at the current burn" in told.replace("</span><small>", ", ")


def test_headroom_is_read_where_somebody_opens_it(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(20, 1, HOUR)})
    name = "Burn rates of the other objectives"
    assert name not in words(app)
    assert name in words(app, burn_headroom="true")


def test_before_all_data(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(1, 0, HOUR)})
    app.query_params["at"] = "2024-01-01T00:00:00Z"
    told = words(app)
    assert "No valid event of Song Generation was counted" in told
    assert "nothing was taken that anybody knows of" in told
    assert "No objective has data in its window" in told
    assert "✓" not in told


def test_stale_comes_before_any_other_state(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(1000, 1, DAY)})
    assert "◌ Stale" in words(app)


def test_a_budget_that_burns_says_when_it_ends(app: AppTest, tmp_path: Path) -> None:
    # 1,000 requests allow 5 failures; 2 failed long ago, 1 of 200 in the last hours: 40 % left,
    # at a burn of 1 over 30 days that is 12 days.
    rows = songs(800, 2, 20 * DAY) + songs(200, 1, 2 * HOUR)
    write_tables(tmp_path, {"requests": rows})
    told = words(app)
    assert "2 of 5 failures left" in told
    assert "2025-04-12 00:00 UTC" in told
    # That is the straight line; a projection sees 480 hours of history, most of them without data.
    assert "Straight line, for reference: 2025-04-12 00:00 UTC, in 12 d" in told
    assert "rests on 20 days of history" in told
    assert "Too little history to say how good past projections were" in told
    # 2,497 of the month's 2,500 are left, at 1 in 6 hours that is beyond the month.
    assert "2,497 of 2,500 failures left" in told
    assert "not this month" in told


def test_the_projection_has_dates_and_what_is_known_of_it(app: AppTest, tmp_path: Path) -> None:
    # 10 songs an hour for 30 days, 36 failures allowed. One failed in each of the last 30 hours.
    rows = [
        it
        for hour in range(30 * 24)
        for it in songs(10, 1 if hour < 30 else 0, hour * HOUR + HOUR / 2)
    ]
    write_tables(tmp_path, {"requests": rows})
    told = words(app)
    assert "Likeliest to run out: **Song Generation**" in told
    assert "likely to run out within 30 days: P10 2025-03-31" in told
    assert "6 of 36 failures left" in told
    assert "P10 18 %, P90 85 %" in told
    assert "Too little history to say how good past projections were" in told
    alts = [chart.proto.alt for chart in app.get("plotly_chart")]
    assert any("Song Generation" in alt and "P10 2025-03-31" in alt for alt in alts)


def test_a_spent_budget_says_since_when(app: AppTest, tmp_path: Path) -> None:
    rows = songs(1000, 4, 20 * DAY) + songs(200, 4, 2 * DAY + HOUR / 2)
    deploys = [
        {"ts": AT - ago, "kind": "deploy", "service": name}
        for name, ago in (("player", 2 * DAY - HOUR), ("engine", 2 * DAY + 70 * MINUTE))
    ]
    write_tables(tmp_path, {"requests": rows, "changes": deploys})
    told = words(app)
    assert "✕ spent since 2025-03-29 00:00 UTC" in told
    assert "2 failures over the 6 allowed" in told
    assert "Spent already" in told
    # 200 songs allow one failure; the engine was deployed ten minutes before that hour.
    assert (
        "**What changed?** Song Generation spent most above its budget from 2025-03-28 23:00 UTC "
        "to 2025-03-29 00:00 UTC: 4 failures against 1 allowed." in told
    )
    assert told.index("Deploy engine") < told.index("10 min before") < told.index("Deploy player")


def test_rolling_and_calendar_are_told_apart(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(1000, 4, 3 * DAY)})
    rolling = words(app)
    assert "climbs when old failures leave the window" in rolling
    app.radio(key="budget").set_value("calendar").run()
    calendar = "\n".join(str(caption.value) for caption in app.caption)
    assert "never climbs, whatever the traffic" in calendar
    assert "2,500 of 2,500 failures" not in calendar
    assert "fixed allocation, 2,500 failures" in calendar


def test_incidents_and_everything_else_are_the_budget_spent(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(1000, 3, HOUR / 2) + songs(200, 1, 3 * HOUR)})
    values = {"title": "Songs <fail>", "severity": "P1", "journey": "song_generation"}
    write(tmp_path, Actor("Ada"), "incidents", values | {"started_at": AT - HOUR})
    told = words(app)
    # 3 and 1 of 6 failures that 1,200 requests allow.
    assert "Incidents took 50 % of the budget of Song Generation, everything else 16.7 %" in told
    assert "P1 Songs &lt;fail&gt;" in told
    assert "not known" in told


def test_any_objective_can_be_looked_at(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(1000, 3, HOUR / 2)})
    told = words(app, of="song_generation.latency_p95")
    assert "only the rolling window" in told
    assert "it is headroom" in told


def left_exhaustion() -> list[dict[str, Any]]:
    """Five of a thousand songs fail 39 days ago, all that they allow; later ones are all good."""
    return songs(995, 0, 50 * DAY) + songs(5, 5, 39 * DAY) + songs(1000, 0, 5 * DAY)


def test_an_exit_is_confirmed_by_people_one_by_one(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": left_exhaustion()})
    told = words(app)
    # The failures leave the window on 22 March, and with them every figure until the new songs of
    # the 26th, none of which failed.
    assert "▲ Low, exit not confirmed since 2025-03-26 01:00 UTC" in told
    assert "Error budget restored to \\> 30%: 100 % left, rolling 30d" in told
    boxes = [box for box in app.checkbox if "nobody has checked it off" in box.label]
    names = ["Root causes addressed", "Monitoring gaps closed", "Runbooks updated"]
    assert [box.label.split(":")[0] for box in boxes] == names
    assert all(box.disabled for box in boxes)
    app.text_input(key="your_name_typed").set_value("Ada <A>").run()
    for name in names:
        [box] = [box for box in app.checkbox if box.label.startswith(name)]
        assert not box.disabled
        box.check().run()
        assert not app.exception
        assert not app.error
    told = everything(app).replace("\u00a0", " ")
    assert "✓ Healthy since 2025-03-31 00:00 UTC" in told
    assert "the exit is confirmed" in told
    assert "Runbooks updated: Ada \\<A\\>, 2025-03-31 00:00 UTC" in [b.label for b in app.checkbox]
    history = read_history(tmp_path, "exit_checks")
    assert list(history["actor"]) == ["Ada <A>"] * 3
    # And taken back: low again, and said by whom.
    [box] = [box for box in app.checkbox if box.label.startswith(names[0])]
    box.uncheck().run()
    assert "Low, exit not confirmed" in everything(app)
    assert any("taken back by Ada" in box.label for box in app.checkbox)


def test_of_two_people_the_second_is_told(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": left_exhaustion()})
    words(app)
    app.text_input(key="your_name_typed").set_value("Bob").run()
    exhausted_at = AT - 39 * DAY + HOUR
    args = (tmp_path, Actor("Ada"), STUDIO, "song_generation", exhausted_at, "runbooks")
    check_off(*args, at=AT)
    [box] = [box for box in app.checkbox if box.label.startswith("Runbooks")]
    box.check().run()
    assert "Ada wrote of the same criterion" in str(app.error[0].value)
    assert any("Runbooks updated: Ada" in box.label for box in app.checkbox)
    assert len(read_history(tmp_path)) == 1


def test_every_state_so_far_is_listed(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": left_exhaustion()})
    told = words(app)
    assert any(expander.label == "Every state so far: 3" for expander in app.expander)
    assert "2025-02-20 01:00 UTC" in told  # exhausted, the hour after the failures
    assert "Exhausted below 10 % and until above 30 %" in told


@pytest.mark.long
def test_both_figures_stand_where_a_correction_touches_them(app: AppTest, tmp_path: Path) -> None:
    # 4 of 1,000 songs failed, of which 5 may; and 90 of 100 in a load test: 94 of 1,100, which
    # allow 5.5. In the month: 2,500 may fail, 94 did, 4 of them without the load test.
    write_tables(tmp_path, {"requests": songs(1000, 4, 9 * DAY) + songs(100, 90, 2 * DAY)})
    correction = {"scope": "song_generation", "reason": "load test", "approver": "Grace"}
    start, end = AT - 2 * DAY - HOUR, AT - 2 * DAY + HOUR
    assert "◐" not in words(app)
    values = {**correction, "starts_at": start, "ends_at": end}
    write(tmp_path, Actor("Ada"), "corrections", values)
    incident = {"title": "Load test", "severity": "P2", "journey": "song_generation"}
    span = {"started_at": start, "ended_at": end}
    write(tmp_path, Actor("Ada"), "incidents", {**incident, **span})
    told = words(app)
    assert "Song Generation: 20 % of the budget is left" in told
    assert "The figures as corrected decide, and the policy's strip is theirs." in told
    # 88.5 of 5.5 over: 16 times the budget.
    assert "As measured (dotted) -1,609.1 % of the budget is left" in told.replace("−", "-")
    assert "1 of 5 failures left" in told
    assert "◐ as measured: 88.5 failures over the 5.5 allowed" in told
    # As measured the 29th spent 90 of the month's 2,500, a 31st of which is an even day's part.
    assert "most 22 Mar 2025, 0.0 times it" in told
    assert "As measured: 1 of 2 days with data spent more than an even day's part" in told
    assert "most 29 Mar 2025, 1.1 times it" in told
    assert "◐ as measured: 96.2 %" in told  # of the month: 2,406 of 2,500
    # The incident took nothing, all else 4 of 5; as measured it took 90 of 5.5, and all else 4.
    assert "Incidents took 0 % of the budget of Song Generation, everything else 80 %" in told
    assert "As measured incidents took 1,636.4 %, everything else 72.7 %." in told
    assert '<span class="number">left out</span><small>◐ as measured 90 failures</small>' in told
    # The table of projections has both.
    note = "rolling 30d; rests on 9 days of history; no traffic in the last 24 h"
    assert f"{note}; ◐ as corrected" in told
    assert f"{note}; ◐ as measured" in told
    assert "the figures as corrected decide, and are drawn" in told


@pytest.mark.long
def test_where_the_measured_figures_decide_they_are_drawn(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "data" / "studio.yaml").read_text("utf-8")
    head, _, rest = text.partition("  corrections_decide:\n    value: true\n")
    assert rest
    catalog = tmp_path / "catalog.yaml"
    catalog.write_text(f"{head}  corrections_decide:\n    value: false\n{rest}", "utf-8")
    monkeypatch.setenv("SLO_CATALOG", str(catalog))
    # As above: 94 of 5.5 failed, and 4 of 5 without the load test.
    write_tables(tmp_path, {"requests": songs(1000, 4, 9 * DAY) + songs(100, 90, 2 * DAY)})
    correction = {"scope": "song_generation", "reason": "load test", "approver": "Grace"}
    span = {"starts_at": AT - 2 * DAY - HOUR, "ends_at": AT - 2 * DAY + HOUR}
    write(tmp_path, Actor("Ada"), "corrections", {**correction, **span})
    told = words(app)
    assert "Song Generation: -1,609.1 % of the budget is left" in told.replace("−", "-")
    assert "The figures as measured decide, and the policy's strip is theirs." in told
    assert "As corrected (dotted) 20 % of the budget is left" in told
    assert "◐ as corrected: 1 of 5 failures left" in told
    assert "As corrected incidents took 0 %, everything else 80 %." in told
    assert "the figures as measured decide, and are drawn" in told
