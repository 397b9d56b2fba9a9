"""The page of alerts as a script: full, empty, one row, stale; what people do there is written."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlparse

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.alerts_standing import times_within
from slo_core.alerts.desk import notes, reference_of
from slo_core.alerts.responses import acknowledge
from slo_core.catalog import load_catalog
from slo_core.register import Actor, write
from slo_core.watch.matters import Matter
from slo_core.watch.words import link
from tests.random_logs import small_tables, write_tables
from tests.small import ROOT
from tests.words import everything

AT = datetime(2025, 3, 31)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SPIKE, SONGS = "StudioSongGenerationFailureSpike", "song_generation"
START = AT - 9 * MINUTE


def words(app: AppTest, **address: str) -> str:
    """Everything that the page says, in tables too; it shows no error of any kind."""
    for name, value in address.items():
        app.query_params[name] = value
    app.switch_page("alerts.py").run()
    assert not app.exception
    assert not app.error
    return said(app)


def said(app: AppTest) -> str:
    blocks = [*app.subheader, *app.success]
    titles = [str(block.value) for block in blocks]
    return "\n".join([*titles, everything(app)]).replace("\u00a0", " ")


def songs(count: int, failed: int, ago: timedelta) -> list[dict[str, Any]]:
    row = {"ts": AT - ago, "journey": SONGS, "duration_ms": 9_000.0}
    return [row | {"status": 500 if number < failed else 200} for number in range(count)]


def spike() -> list[dict[str, Any]]:
    """A fifth of a hundred songs fails from ten to six minutes before AT; it fires at AT still."""
    return [row for back in range(6, 11) for row in songs(100, 20, back * MINUTE)]


@pytest.mark.parametrize(
    "catalog", ["data/studio.yaml", pytest.param("tests/shop.yaml", marks=pytest.mark.long)]
)
def test_full_data_of_any_catalogue(
    app: AppTest, tmp_path: Path, catalog: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLO_CATALOG", str(ROOT / catalog))
    write_tables(tmp_path, small_tables(Random(8), load_catalog(ROOT / catalog), AT))
    told = words(app, replay="true", handover="true")
    assert "Hand-over: " in told
    assert "About no incident" in told


def test_what_fires_is_told_first_with_all_that_is_known_of_it(
    app: AppTest, tmp_path: Path
) -> None:
    change = {"ts": AT - HOUR, "kind": "deploy", "service": "song-engine", "version": "7"}
    write_tables(tmp_path, {"requests": spike(), "changes": [change]})
    values = {"title": "Songs <fail>", "severity": "P1", "journey": SONGS}
    number = write(tmp_path, Actor("Ada"), "incidents", values | {"started_at": START})
    # Late data may move a start: an address means the episode all the same.
    moved = reference_of("StudioErrorBudgetBurnRateHigh", SONGS, START + MINUTE)
    told = words(app, episode=moved, sets="document")
    assert told.startswith(":red[◆ P1 Song Generation Failure Spike: Song Generation]")
    assert "Firing for **10 min**, since 2025-03-30 23:51 UTC" in told
    assert "peak **20 %** against 5 %. 4 % of the month's budget spent in it." in told
    assert f"[Incident {number}: Songs \\<fail\\>](/dashboards/incidents?" in told
    assert "**Nobody has taken it on.**" in told
    assert "Deploy song-engine 7" in told
    assert "51 min before" in told
    assert "P2 Error Budget Burn Rate of Song Generation: fired 2025-03-30 23:51 UTC" in told
    assert "Notify engineering team: a program posts it" in told
    assert "Flag in daily standup: a person does, waits" in told
    assert "or: The number of failed requests" in told
    alts = [chart.proto.alt for chart in app.get("plotly_chart")]
    assert any("peak 40× against 5×; 4 % of the month's budget failed in it" in it for it in alts)
    assert any(it.startswith("3 episodes (1 of tier 1, 1 of tier 2, 1 of tier 3)") for it in alts)
    app.query_params["episode"] = reference_of(SPIKE, SONGS, AT - DAY)
    app.run()
    assert "which is none of those up to 2025-03-31 00:00 UTC" in everything(app)
    assert "Page on-call engineer: a program pages" in everything(app)


def test_a_notification_of_any_set_opens_the_page_at_its_very_episode(
    app: AppTest, tmp_path: Path
) -> None:
    # A fifth of all songs ever fails, 40 times what may. Of the last five minutes there are none,
    # so that what looks at five minutes is over. A host is at 90 % from 23:00 on: at 23:12 there
    # are 12 samples, which are enough for the fifteen minutes that the condition looks at.
    cpu = [
        {"ts": AT - n * MINUTE, "host": "gpu-1", "metric": "cpu_percent", "value": 90.0}
        for n in range(1, 61)
    ]
    write_tables(tmp_path, {"requests": spike(), "resources": cpu})
    catalog = load_catalog(ROOT / "data/studio.yaml")
    matter = Matter("BudgetBurnFast", SONGS, START)
    where = parse_qs(urlparse(link(catalog, "https://slo.example", matter, AT)).query)
    [episode] = where["episode"]
    # The episode is shown whatever sets are chosen.
    told = words(app, episode=episode, sets="document", burn_alerts="true")
    # Each burn alert stands there with its figure: of the last five minutes there are no data.
    [fast] = [it for it in told.split("<tr>") if "burn_rate_over &gt; 14.4x normal for 1h" in it][
        :1
    ]
    assert "✓ quiet" in fast
    assert "40×" in fast
    assert ":gray-badge[Burn alert] P1 Budget spent in hours of Song Generation: fired" in told
    assert "fired 2025-03-30 23:51 UTC, over at 2025-03-30 23:59 UTC, 9 min; burn" in told
    assert "peak 40× against 14.4×" in told.replace("\\", "")
    assert "and: How many times faster than evenly" in told
    assert "[Its budget](/dashboards/studio-error-budget?" in told
    [course] = [it for it in app.get("plotly_chart") if "peak 40× against 14.4×" in it.proto.alt]
    titles = [it["text"] for it in json.loads(course.proto.spec)["layout"]["annotations"]]
    assert "burn_rate_now > 14.4x normal for 5m" in titles  # both sides of its AND are drawn
    assert "Not chosen above, and firing: Burn alert 2, Scale trigger 1." in told
    del app.query_params["sets"]
    told = words(app, episode="cpu_high||2025-03-30T23:12:00Z")
    assert ":orange[▲ Scale up, CPU \\> 70% for 15 minutes: hosts]" in told
    assert ":gray-badge[Scale trigger] Firing for **49 min**, since 2025-03-30 23:12 UTC" in told
    assert "peak **90 %** against 70 % on gpu-1" in told
    assert "Document 3, Burn alert 3, Scale trigger 1; most often" in told
    assert "No runbook in the catalogue" in told
    # It is taken on and silenced like any other.
    app.text_input(key="your_name_typed").set_value("Ada").run()
    [button] = [it for it in app.button if (it.key or "").startswith("acknowledge_cpu_high_")]
    button.click().run()
    assert not app.error
    [taken] = notes(tmp_path).acknowledgements.itertuples()
    assert (taken.alert, taken.journey) == ("cpu_high", "")
    assert "Taken on by **Ada**" in said(app)


def test_sets_that_are_none_are_told_in_one_sentence(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(1, 0, MINUTE)})
    app.query_params["sets"] = "burn,brun"
    app.switch_page("alerts.py").run()
    assert not app.exception
    [sentence] = [str(it.value) for it in app.error]
    assert sentence.startswith('?sets= names "brun", expected some of document,burn,headroom')


def test_an_answer_needs_a_name_and_is_written(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": spike()})
    words(app)
    key = f"{SPIKE}_{SONGS}_202503302351"
    assert app.button(key=f"acknowledge_{key}").disabled
    app.text_input(key="your_name_typed").set_value("Ada <A>").run()
    # Of two people the second is told, and then sees what the first wrote.
    acknowledge(tmp_path, Actor("Bob"), SPIKE, SONGS, START, at=AT)
    app.button(key=f"acknowledge_{key}").click().run()
    assert "Bob took StudioSongGenerationFailureSpike on" in str(app.error[0].value)
    assert "Taken on by **Bob**" in said(app)
    [give_back] = [it for it in app.button if it.label == "Give it back"]
    give_back.click().run()
    app.button(key=f"acknowledge_{key}").click().run()
    assert "Taken on by **Ada \\<A\\>** at 2025-03-31 00:00 UTC." in said(app)
    app.text_input(key=f"silence_reason_{key}").set_value("GPU pool")
    app.selectbox(key=f"silence_for_{key}").set_value("4 h")
    [button] = [
        it for it in app.button if it.proto.is_form_submitter and it.proto.form_id.endswith(key)
    ]
    button.click().run()
    assert "Silenced until 2025-03-31 04:00 UTC by Ada \\<A\\>: GPU pool." in said(app)
    [box] = [it for it in app.checkbox if "Flag in daily standup" in it.label]
    box.check().run()
    assert not app.error
    assert not [it for it in app.checkbox if "Flag in daily standup" in it.label]
    assert "✓ **Flag in daily standup**" in said(app)
    kept = notes(tmp_path)
    assert list(kept.acknowledgements["updated_by"]) == ["Ada <A>"]
    assert list(kept.silences["ends_at"]) == [AT + 4 * HOUR]
    assert list(kept.tasks["done_at"]) == [AT]


def test_a_moved_threshold_is_replayed_at_once_and_lives_in_the_address(
    app: AppTest, tmp_path: Path
) -> None:
    write_tables(tmp_path, {"requests": spike() + songs(10, 0, 3 * DAY)})
    told = words(app, replay="true", quieter="true")
    # A fifth of five hundred songs is too much to be silent about.
    assert "1 of 1 episode was about no incident, and no change that was tried" in told
    app.slider(key="move_value_1").set_value(90.0).run()
    assert not app.exception
    assert not app.error
    tried = "failure_rate > 5% for 5 minutes OR total_failures > 90 in 10 minutes"
    assert app.query_params["try"] in (tried, [tried])
    told = said(app)
    assert "As it is: 1 episode, 1 about no incident, 0 of 0 incidents found" in told
    assert "none found" in told
    assert "As tried: 1 episode, " in told
    app.text_input(key="try").set_value("failure_rte > 5% for 5 minutes").run()
    assert "did you mean 'failure\\_rate'" in str(app.error[0].value).replace("_", "\\_")
    app.query_params["alert"] = "every"
    app.run()
    assert "The document's alerts: 3 episodes, 3 about no incident, 0 of 0" in said(app)
    assert "Which alerts fire for nothing?" in said(app)
    assert "Song Generation Failure Spike" in said(app)


def test_one_row_fires_nothing(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(1, 0, MINUTE)})
    told = words(app)
    assert "Nothing is known to fire at 2025-03-31 00:00 UTC" in told
    assert "conditions have no data" in told
    assert "No alert fired from 2025-03-24 00:00 UTC to 2025-03-31 00:00 UTC" in told
    assert "Nothing that alerts ask of people waits" in told
    assert "✓ quiet" in told  # the one journey that is heard


def test_before_all_data_nothing_is_known(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(1, 0, HOUR)})
    app.query_params["at"] = "2024-01-01T00:00:00Z"
    told = words(app)
    assert "no data were counted yet, so that nothing is known" in told
    assert "Nothing was counted yet, so no alert could fire" in told
    assert "✓" not in told


def test_stale_data_are_not_said_to_be_quiet(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(1000, 0, DAY)})
    told = words(app)
    assert "no data of **Song Generation** since" in told
    assert "Nothing is known to fire" in told
    [row] = [it for it in told.split("<tr>") if "StudioSongGenerationFailureSpike" in it]
    assert "○ no data" in row
    assert "quiet" not in row


def test_an_episode_inside_a_correction_says_so_and_both_shares(
    app: AppTest, tmp_path: Path
) -> None:
    # 100 of the 2,500 failures that a month allows, all of them in the load test.
    write_tables(tmp_path, {"requests": spike()})
    values = {"scope": SONGS, "reason": "load test", "approver": "Grace"}
    write(
        tmp_path,
        Actor("Ada"),
        "corrections",
        {**values, "starts_at": AT - 10 * MINUTE, "ends_at": AT},
    )
    told = words(app, handover="true")
    assert "It is inside a correction: load test." in told
    assert "This episode lies inside a correction: load test. Alerts look at what was" in told
    both = " as corrected, which decides; 4 % as measured"
    assert f"0 % of the month's budget spent in it{both}. It is inside" in told
    assert f"0 % of the month's budget failed in it{both}" in told
    # 100 of 500 songs failed where 2.5 may; without the load test there are none.
    assert "about: no data as corrected, which decides; -3,900 % left as measured." in told
    assert "Song Generation, as corrected, which decides: " in told


def test_of_an_episode_that_began_before_the_range_only_the_rest_counts() -> None:
    # An episode's ends are those of its first and last firing minute. The first fires for two hours
    # before the range and its first hour, the second for a single minute.
    since = datetime(2025, 3, 24)
    fired = pd.DataFrame(
        {
            "start": [since - timedelta(minutes=119), since + timedelta(minutes=90)],
            "until": [since + timedelta(minutes=60), since + timedelta(minutes=90)],
        }
    )
    assert times_within(fired.head(1), since) == "once, 1 h in all"
    assert times_within(fired, since) == "2 times, 1 h 1 min in all"
    assert times_within(fired.head(0), since) == "never"
