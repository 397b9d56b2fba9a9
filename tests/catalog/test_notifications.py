"""Who is told: the document's catalogue sends every action somewhere, and mistakes are told."""

import pytest

from slo_core.catalog import parse_catalog
from slo_core.catalog.notifications import filled, variables
from slo_core.errors import SloError
from tests.small import ROOT, STUDIO

SHOP = (ROOT / "tests" / "shop.yaml").read_text("utf-8")

PROGRAMS = {"page", "post", "mail", "ticket"}
"""The kinds of actions that are messages."""


def test_every_message_that_the_document_asks_for_has_somewhere_to_go() -> None:
    own = STUDIO.notifications
    for alert in STUDIO.alerts:
        for action in alert.actions:
            kind = STUDIO.action_kinds.get(action)
            if kind in PROGRAMS:
                assert own.targets_of(kind, alert.tier, action), action
    assert own.targets_of("post", 1, "Post to #studio-alerts Slack") == ("studio_alerts",)
    assert own.targets_of("post", 2, "Slack notification to #studio-eng") == ("studio_eng",)
    assert own.targets_of("mail", 1, "Notify engineering leadership") == ("leadership",)


def test_the_document_s_targets_are_off_until_somebody_sets_them() -> None:
    assert all(variables(target.url) for target in STUDIO.notifications.targets)


def test_variables_are_filled_in_where_they_stand() -> None:
    url = "mailto://${WHO}:${PASSWORD}@mx.example/?from=${WHO}@shop.example"
    assert variables(url) == ("WHO", "PASSWORD")
    assert filled(url, {"WHO": "till", "PASSWORD": "p$1"}) == (
        "mailto://till:p$1@mx.example/?from=till@shop.example"
    )


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (
            "targets: [{id: bell, name: Bell, url: 'mailto://till:secret@mx.example'}]",
            "notifications.targets.bell.url: expected no password in this file",
        ),
        (
            "targets: [{id: bell, name: Bell, url: bell.example}]",
            "notifications.targets.bell.url: expected an address such as json://host/path",
        ),
        (
            "targets: [{id: bell, name: Bell, url: 'https://b.example', template: '{{ title'}]",
            "notifications.targets.bell.template: expected a Jinja2 template, line 1",
        ),
        (
            "routes: [{target: bell}]",
            "notifications.routes[0].target: expected a target of `notifications`, found 'bell'",
        ),
        (
            "tiers: [{tier: 7}]",
            "notifications.tiers[0].tier: expected a tier of this catalogue, found '7'",
        ),
        (
            "targets: [{id: bell, name: Bell, url: 'json://b'}]\n"
            "  routes: [{target: bell, action: Ring the bel}]",
            "notifications.routes[0].action: expected an action of an alert, found 'Ring the bel', "
            "did you mean 'Ring the bell'?",
        ),
        (
            "no_data: {tier: 9, kind: page}",
            "notifications.no_data.tier: expected a tier of this catalogue, found '9'",
        ),
        (
            "triggers: {up: {tier: 9, kind: page}}",
            "notifications.triggers.up.tier: expected a tier of this catalogue, found '9'",
        ),
        (
            "triggers: {sideways: {tier: 1, kind: page}}",
            "notifications.triggers.sideways",
        ),
        (
            "targets: [{id: bell, name: Bell, url: 'json://b', drops_repeats: perhaps}]",
            "notifications.targets.bell.drops_repeats: expected",
        ),
        (
            "targets: [{id: bell, name: A, url: 'json://b'}, {id: bell, name: B, url: 'json://b'}]",
            "notifications.targets.bell.id: expected each id once, found 'bell' again",
        ),
    ],
)
def test_a_mistake_is_one_sentence_with_its_place(written: str, sentence: str) -> None:
    with pytest.raises(SloError) as refused:
        parse_catalog(f"{SHOP}\nnotifications:\n  {written}\n", name="shop.yaml")
    assert sentence in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("tier: 7, severity: S1", "headroom_alerts.tier: expected one of the tiers 1, 2, found 7"),
        ("tier: 1, severity: S3", "headroom_alerts.severity: expected a severity of this"),
    ],
)
def test_burn_alerts_on_headroom_are_of_a_tier_and_a_severity(written: str, sentence: str) -> None:
    grade = f"headroom_alerts: {{{written}, assumption: A week of trying it out.}}"
    with pytest.raises(SloError) as refused:
        parse_catalog(f"{SHOP}\n{grade}\n", name="shop.yaml")
    assert sentence in str(refused.value)


def test_a_term_on_an_objective_s_headroom_must_know_it() -> None:
    term = "terms:\n  - {id: drain, kind: burn_rate, objective: orderz, meaning: How it drains.}"
    with pytest.raises(SloError) as refused:
        parse_catalog(SHOP.replace("terms:", term, 1), name="shop.yaml")
    assert "expected an objective of this catalogue, found 'orderz'" in str(refused.value)
    assert "did you mean 'orders'?" in str(refused.value)
