"""The four sets of alerts: what people know of each rule, and one look at all as at each."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pandas as pd
import pytest

from slo_core.alerts.begun import begun
from slo_core.alerts.desk import at_desk, notes, reference_of
from slo_core.alerts.episodes import episodes
from slo_core.alerts.evaluate import evaluate
from slo_core.alerts.look import look
from slo_core.alerts.sets import ALL, DOCUMENT, known_rule, known_rules, sets_of
from slo_core.catalog import Alert, Catalog
from slo_core.errors import SloError
from slo_core.rollup import Rollup
from slo_core.watch.rules import rules_to_tell
from tests.alerts.test_episodes import AT
from tests.random_logs import small_tables
from tests.small import SHOP, STUDIO, small_rollup

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def rollup(tmp_path_factory: pytest.TempPathFactory) -> Rollup:
    return small_rollup(tmp_path_factory.mktemp("sets"), small_tables(Random(5), STUDIO, AT))


@pytest.mark.parametrize("catalog", [STUDIO, SHOP], ids=["studio", "shop"])
def test_whatever_can_fire_is_known_by_its_id(rollup: Rollup, catalog: Catalog) -> None:
    every = sets_of(replace(rollup, catalog=catalog))
    known = known_rules(catalog)
    for name, rules in every.rules.items():
        assert {it.set for rule in rules if (it := known.of(rule.id))} == (
            {name} if rules else set()
        )
    for rule in every.of(ALL):
        own = known.of(rule.id, rule.journey)
        assert own
        assert own == known_rule(catalog, rule.id, rule.journey or "")
        # Two journeys may have an objective of one id and other names.
        if isinstance(rule, Alert):
            assert (own.name, own.severity, own.tier) == (rule.name, rule.severity, rule.tier)
        assert every.rule(rule.id, rule.journey) is rule
    assert [rule.id for rule in every.of(DOCUMENT)] == [alert.id for alert in catalog.alerts]


def test_what_people_must_know_of_the_other_sets() -> None:
    # The catalogue posts scale up as tier 2 and logs scale down as 3; neither has a severity.
    up, down, slow = (known_rule(STUDIO, it) for it in ("cpu_high", "cpu_low", "BudgetBurnSlow"))
    assert up
    assert down
    assert slow
    assert (up.severity, up.tier, down.tier) == (None, 2, 3)
    assert slow.runbook == "https://runbooks.example.com/studio-error-budget-burn-rate"
    names = known_rules(STUDIO).names
    assert names["BudgetBurnQuick_lcp_p75"] == "Budget spent in days: Page Load (P75 LCP)"
    untold = STUDIO.notifications.model_copy(update={"triggers": {}})
    told_to_nobody = known_rule(STUDIO.model_copy(update={"notifications": untold}), "cpu_high")
    assert told_to_nobody
    assert told_to_nobody.tier is None
    assert known_rule(STUDIO, "Spike") is None


def test_a_rule_that_is_not_there_is_told_in_one_sentence(rollup: Rollup) -> None:
    with pytest.raises(SloError, match=r"no alert is called 'BudgetBurnFast' of publishing\."):
        sets_of(rollup).rule("BudgetBurnFast", "publishing")


def test_one_look_at_all_sets_finds_what_a_look_at_each_does(rollup: Rollup) -> None:
    together = look(rollup, AT, 2 * DAY, sets=ALL)
    apart = [look(rollup, AT, 2 * DAY, sets=(name,)) for name in ALL]
    keys = ["start", "kind", "alert", "journey", "condition"]
    names = [*keys, "end", "until", "peak", "budget_spent", "minutes"]

    def ordered(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[names].sort_values(keys, ignore_index=True)

    single = pd.concat([it.episodes for it in apart if len(it.episodes)])
    assert len(together.episodes)
    pd.testing.assert_frame_equal(ordered(together.episodes), ordered(single), check_dtype=False)
    assert together.spent == apart[0].spent
    assert len(together.states) == sum(len(it.states) for it in apart)


def test_everything_at_the_desk_says_which_set_it_is_of(rollup: Rollup, tmp_path: Path) -> None:
    desk = at_desk(look(rollup, AT, 2 * DAY, sets=ALL).episodes, STUDIO, notes(tmp_path), AT)
    sets = {rule.id: name for name, rules in sets_of(rollup).rules.items() for rule in rules}
    assert list(desk["set"]) == [sets[alert] for alert in desk["alert"]]
    firing = desk[desk["firing"]]
    assert firing["tier"].is_monotonic_increasing
    assert desk["name"].notna().all()


@pytest.mark.parametrize("back", [0, 3, 11, 26])
def test_what_a_watch_tells_of_is_on_the_page_by_the_same_start(rollup: Rollup, back: int) -> None:
    # A watch looks back a day, and the page a week: that both see the same episodes is what makes a
    # link lead to its own.
    at = AT - back * timedelta(hours=1)
    widened, rules = rules_to_tell(rollup)
    evaluated = evaluate(widened, at, timedelta(hours=2), rules)
    told = begun(evaluated, episodes(evaluated))
    told = told[told["end"].isna()]
    shown = look(rollup, at, 7 * DAY, sets=ALL).episodes
    shown = shown[shown["end"].isna()]

    def references(frame: pd.DataFrame) -> set[str]:
        return {reference_of(it.alert, it.journey, it.start) for it in frame.itertuples()}

    assert references(told) <= references(shown)
    unseen = {it.id for it in rollup.catalog.triggers} - {it.id for it in rules}
    assert {it for it in references(shown) if it.split("|")[0] not in unseen} == references(told)
