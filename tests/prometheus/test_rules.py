"""The rules as Prometheus itself reads them: accepted, and firing when they should."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from slo_core.__main__ import main
from slo_core.alerts.multiwindow import headroom_id, headroom_steps
from slo_core.catalog import Assumed, Catalog
from slo_core.prometheus import write_rules
from tests.promtool import need_promtool
from tests.small import SHOP, STUDIO


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [need_promtool(), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The document's rules."""
    folder = tmp_path_factory.mktemp("studio")
    write_rules(STUDIO, folder)
    return folder


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another team's rules."""
    folder = tmp_path_factory.mktemp("shop")
    write_rules(SHOP, folder)
    return folder


def alerting(folder: Path) -> list[dict[str, Any]]:
    """The alerting rules of an export."""
    content = yaml.safe_load((folder / "slo_alerts.yml").read_text("utf-8"))
    return [rule for group in content["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("team", ["studio", "shop"])
def test_prometheus_accepts_them_and_their_unit_tests_pass(
    team: str, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue(team)
    checked = promtool("check", "rules", folder / "slo_recording.yml", folder / "slo_alerts.yml")
    assert checked.returncode == 0, checked.stderr
    tested = promtool("test", "rules", folder / "slo_tests.yml")
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_the_unit_tests_notice_a_rule_that_never_fires(shop: Path, tmp_path: Path) -> None:
    for file in shop.iterdir():
        (tmp_path / file.name).write_text(file.read_text("utf-8"), "utf-8")
    path = tmp_path / "slo_alerts.yml"
    wrong, count = re.subn(r"> 1\.5\b|< 0\.9\b", "< -1", path.read_text("utf-8"))
    assert count
    path.write_text(wrong, "utf-8")
    tested = promtool("test", "rules", tmp_path / "slo_tests.yml")
    assert tested.returncode != 0
    assert "alertname: Slow" in tested.stdout + tested.stderr


def test_every_alert_of_the_document_is_there_with_what_people_need(studio: Path) -> None:
    found = alerting(studio)
    names = {rule["alert"] for rule in found}
    own = {it.id for it in STUDIO.alerts} | {it.id for it in STUDIO.burn_alerts}
    headroom = {headroom_id(it) for it in headroom_steps(STUDIO) if it.is_kept}
    assert names == own | headroom | {it.id for it in STUDIO.triggers}
    for rule in found:
        if rule["alert"] not in own | headroom:
            continue
        assert set(rule["labels"]) == {"severity", "tier", "journey"}
        assert {"summary", "description", "runbook_url", "owner"} <= set(rule["annotations"])
    spike = next(it for it in found if it["alert"] == "StudioSongGenerationFailureSpike")
    assert spike["labels"] == {"severity": "P1", "tier": "1", "journey": "song_generation"}
    assert spike["annotations"]["description"] == (
        "failure_rate > 5% for 5 minutes OR total_failures > 50 in 10 minutes"
    )
    assert spike["keep_firing_for"] == "5m"


def test_burn_alerts_have_the_factor_of_each_objective_s_window(studio: Path) -> None:
    # 2 % in 1 h: 0.02 × 720 h = 14.4 over 30 days, 0.02 × 168 h = 3.36 over 7.
    fast = {
        rule["labels"]["journey"]: rule["expr"]
        for rule in alerting(studio)
        if rule["alert"] == "BudgetBurnFast"
    }
    for journey, factor in (("song_generation", "14.4"), ("audio_playback", "3.36")):
        for window in ("1h", "5m"):
            series = f'slo:burn_rate:ratio_{window}{{journey="{journey}",'
            assert re.search(rf"{re.escape(series)}[^}}]*}}\) > {factor}\b", fast[journey])


def test_headroom_and_scale_triggers_say_what_they_are(studio: Path) -> None:
    found = alerting(studio)
    # 5 % in 6 h is 0.05 × 168 / 6 = 1.4 over 7 days.
    [slow_pages] = [it for it in found if it["alert"] == "BudgetBurnQuick_lcp_p75"]
    assert slow_pages["labels"] == {"severity": "P3", "tier": "3", "journey": "web"}
    own = '{journey="web",objective="lcp_p75"}'
    for window in ("6h", "30m"):
        assert f"max(slo:burn_rate:ratio_{window}{own}) > 1.4" in slow_pages["expr"]
    cpu, idle = (
        next(it for it in found if it["alert"] == name) for name in ("cpu_high", "cpu_low")
    )
    series = 'slo_resource{metric="cpu_percent"}'
    assert cpu["expr"] == f"max by (host) (avg_over_time({series}[15m])) > 70"
    assert cpu["labels"] == {"direction": "up", "tier": "2"}
    assert idle["labels"] == {"direction": "down", "tier": "3"}
    assert idle["annotations"]["summary"] == "Scale down, CPU < 30% for 1 hour: Hosts"
    text = (studio / "slo_alerts.yml").read_text("utf-8")
    comments = [line for line in text.splitlines() if line.startswith("#")]
    # A P50 burns at most 2 times; a week's 10 % in 3 days is 0.23 times as fast as on budget.
    [never] = [it for it in comments if "even an entire failure would not reach it" in it]
    assert "BudgetBurnFast (song_generation latency_p50, " in never
    [always] = [it for it in comments if "would fire while all is well: BudgetBurnSlow" in it]
    assert "web lcp_p75" in always
    assert "publishing" not in always.replace("publishing publish_time", "")
    assert any("under 80% of its usual samples is no data" in it for it in comments)


def test_triggers_that_nobody_is_told_of_are_left_out_with_a_comment(tmp_path: Path) -> None:
    # The shop says of no direction who is told.
    write_rules(SHOP, tmp_path)
    assert not {rule["alert"] for rule in alerting(tmp_path)} & {it.id for it in SHOP.triggers}
    text = (tmp_path / "slo_alerts.yml").read_text("utf-8")
    assert "# Left out, the catalogue tells nobody of it: shelf_full, pages_quick." in text


SONG = '{journey="song_generation",objective="success_rate"}'
SYNC = '{journey="publishing",objective="platform_sync"}'


def requests(outcome: str, values: str, *, platform: str | None = None) -> dict[str, str]:
    labels = 'journey="song_generation"'
    if platform:
        labels = f'journey="publishing",step="platform_sync",platform="{platform}"'
    return {"series": f'slo_requests_total{{{labels},outcome="{outcome}"}}', "values": values}


def expects(expression: str, value: float) -> dict[str, Any]:
    return {
        "expr": expression,
        "eval_time": "60m",
        "exp_samples": [{"labels": "{}", "value": value}],
    }


def nothing_fires(*names: str) -> list[dict[str, Any]]:
    return [{"eval_time": "60m", "alertname": name, "exp_alerts": []} for name in names]


def test_by_hand(studio: Path) -> None:
    tests = [
        {
            # Ten a minute fail for half an hour, then ninety a minute are good for half an hour:
            # 2,700 of 3,000, and not the mean of 0 and 1. The budget of 0.5 % is spent 20 times.
            "interval": "1m",
            "input_series": [
                requests("good", "0+0x30 90+90x29"),
                requests("failed", "0+10x30 300+0x29"),
            ],
            "promql_expr_test": [
                expects(f"round(max(slo:sli:ratio_30d{SONG}), 0.0001)", 0.9),
                expects(f"round(max(slo:burn_rate:ratio_30d{SONG}), 0.0001)", 20),
                expects(f"round(max(slo:error_budget:remaining_ratio{SONG}), 0.0001)", -19),
            ],
        },
        {
            # Nothing was ever good, so there is no such series: that is none of 60, not no data.
            "interval": "1m",
            "input_series": [requests("failed", "0+1x60")],
            "promql_expr_test": [expects(f"max(slo:sli:ratio_30d{SONG})", 0)],
        },
        {
            # All that goes to one platform fails, 150 in five minutes; more that goes to another is
            # good. The budget of 2 % is spent 50 times as fast as evenly.
            "interval": "1m",
            "input_series": [
                requests("good", "0+60x60", platform="one"),
                requests("failed", "0+30x60", platform="other"),
            ],
            "promql_expr_test": [
                expects('max(ALERTS{alertname="BudgetBurnFast_platform_sync"})', 1),
            ],
        },
        {
            # Nothing was ever bad; and without any data there is no figure.
            "interval": "1m",
            "input_series": [requests("good", "0+1x60")],
            "promql_expr_test": [
                expects(f"max(slo:sli:ratio_30d{SONG})", 1),
                {"expr": f"slo:sli:ratio_30d{SYNC}", "eval_time": "60m", "exp_samples": []},
            ],
        },
        {
            # One request a minute, and it fails: 5 in five minutes are under ten valid events.
            "interval": "1m",
            "input_series": [requests("failed", "0+1x60"), requests("good", "0+0x60")],
            "alert_rule_test": nothing_fires("StudioSongGenerationFailureSpike"),
        },
        {
            # The web syncs 95 of 100, iOS all; ten on Android, all failed, are too few to decide.
            "interval": "1m",
            "input_series": [
                requests("good", "0+95x60", platform="web"),
                requests("failed", "0+5x60", platform="web"),
                requests("good", "0+100x60", platform="ios"),
                requests("failed", "0+0x49 1+1x9", platform="android"),
            ],
            "promql_expr_test": [expects(f"round(max(slo:sli:ratio_30d{SYNC}), 0.0001)", 0.95)],
        },
    ]
    # Files, steps and the order of the groups, without which alerts may be looked at before the
    # records that they read.
    written = yaml.safe_load((studio / "slo_tests.yml").read_text("utf-8"))
    content = {**written, "tests": tests}
    path = studio / "by_hand.yml"
    path.write_text(yaml.safe_dump(content), "utf-8")
    tested = promtool("test", "rules", path)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_the_command_writes_three_files_and_says_how_to_try_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "prometheus-rules", "--out", str(tmp_path / "rules")]) == 0
    said = capsys.readouterr().out
    assert f"promtool test rules {tmp_path / 'rules' / 'slo_tests.yml'}" in said
    assert sorted(it.name for it in (tmp_path / "rules").iterdir()) == [
        "slo_alerts.yml",
        "slo_recording.yml",
        "slo_tests.yml",
    ]
    (tmp_path / "file").write_text("")
    assert main(["export", "prometheus-rules", "--out", str(tmp_path / "file")]) == 2
    assert "name another folder with --out" in capsys.readouterr().err


def test_a_catalogue_without_alerts_or_budgets_exports_what_it_has(tmp_path: Path) -> None:
    bare: Catalog = SHOP.model_copy(update={"alerts": (), "burn_alerts": (), "budgets": ()})
    write_rules(bare, tmp_path)
    checked = promtool("check", "rules", tmp_path / "slo_recording.yml")
    assert checked.returncode == 0, checked.stderr


def test_an_alert_s_own_minimum_is_in_its_rule(tmp_path: Path) -> None:
    least = {"min_events": Assumed[int](value=450), "min_failures": Assumed[int](value=400)}
    alerts = tuple(it.model_copy(update=least) for it in STUDIO.alerts)
    write_rules(STUDIO.model_copy(update={"alerts": alerts}), tmp_path)
    rules = {rule["alert"]: rule["expr"] for rule in alerting(tmp_path)}
    rate, _ = rules["StudioSongGenerationFailureSpike"].split(") or (")
    assert rate.count(" >= 450") == rate.count(" >= 400") == 1
    # A percentile needs so many events, of which any may be slow.
    slow = rules["StudioSongGenerationSlow"]
    assert (slow.count(" >= 450"), slow.count(" >= 400")) == (1, 0)
    # Prometheus reads it, and in a world of enough that fails it fires.
    done = promtool("test", "rules", tmp_path / "slo_tests.yml")
    assert done.returncode == 0, done.stdout + done.stderr
