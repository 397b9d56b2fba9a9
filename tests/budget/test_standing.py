"""Who is worst, who is at risk, and on how little a verdict rests: figures worked out by hand."""

from datetime import timedelta
from typing import Any

import pytest

from slo_core.budget.standing import burning, risk_window, short_window, standings, tally
from tests.small import SHOP, STUDIO

DAYS = timedelta(days=1)


def stated(**changed: dict[str, Any]) -> dict[str, Any]:
    """A status of Studio in which every objective is met, but for those named."""
    objectives = []
    for journey, objective in STUDIO.objectives:
        own: dict[str, Any] = {"remaining_ratio": 0.9, "burn": 0.1, "valid": 10_000}
        own |= changed.get(f"{journey.id}__{objective.id}", {})
        remaining = own["remaining_ratio"]
        allowed = own["valid"] * objective.error_rate
        objectives.append(
            {
                "journey": journey.id,
                "objective": objective.id,
                "good": own.get("good", own["valid"]),
                "valid": own["valid"],
                "target": objective.target,
                "sli": 1.0,
                "met": own.get("met", (remaining is not None and remaining >= 0) or None),
                "value": 1.0,
                "threshold": None,
                "unit": objective.unit,
                "budget": {
                    "allowed": allowed,
                    "consumed": 0,
                    "remaining": allowed,
                    "remaining_ratio": remaining,
                },
                "burn_rate": dict.fromkeys(("1h", "24h", "72h"), 0.1) | {"6h": own["burn"]},
                **({"coverage": own["coverage"]} if "coverage" in own else {}),
            }
        )
    fresh = {
        journey.id: {"last_event": "2025-03-30T23:59:00Z", "stale": False}
        for journey in STUDIO.journeys
    }
    return {"objectives": objectives, "freshness": fresh}


def verdicts(
    chances: dict[tuple[str, str], float] | None = None, **changed: dict[str, Any]
) -> dict[str, str]:
    """The verdict of every named objective."""
    found = standings(stated(**changed), STUDIO, chances or {})
    by_name = dict(zip(found["journey"] + "__" + found["objective"], found["verdict"], strict=True))
    return {name: by_name[name] for name in changed}


SONGS = ("song_generation", "success_rate")


@pytest.mark.parametrize(
    ("remaining", "burn", "chance", "verdict"),
    [
        (0.9, 1.1, 0.5, "at_risk"),  # 30 d × 0.9 / 1.1 = 24 days: the straight line does not say so
        (0.9, 1.1, 0.49, "met"),
        (0.4, 2.0, 0.49, "met"),  # the straight line ends in 6 days, but the forecast is there
        (0.9, 1.0, 1.0, "met"),  # a burn of exactly 1 is on budget
        (0.9, None, 1.0, "met"),  # nothing burns
        (0.29, 2.0, 0.0, "at_risk"),  # little is left, whatever is likely
        (0.4, 2.0, float("nan"), "at_risk"),  # too little history: 6 days on the straight line
        (0.5, 2.0, float("nan"), "met"),  # 7.5 days
        (-0.1, 2.0, 1.0, "missed"),
    ],
)
def test_where_there_is_a_forecast_it_decides(
    remaining: float, burn: float | None, chance: float, verdict: str
) -> None:
    own = {"remaining_ratio": remaining, "burn": burn, "met": remaining >= 0}
    found = verdicts({SONGS: chance}, song_generation__success_rate=own)
    assert found == {"song_generation__success_rate": verdict}


def test_only_what_is_met_and_burns_is_asked_of_the_forecast() -> None:
    status = stated(
        song_generation__success_rate={"burn": 1.1},
        project_loading__success_rate={"burn": 1.0},
        api__availability={"burn": 5.0, "met": False},
        web__lcp_p75={"burn": 1.4},
        web__cls_p75={"burn": None},
    )
    assert burning(status, STUDIO) == [SONGS, ("web", "lcp_p75")]


@pytest.mark.parametrize(
    ("remaining", "burn", "verdict"),
    [
        (0.5, 2.0, "met"),  # 30 d × 0.5 / 2 = 7.5 days
        (0.4, 2.0, "at_risk"),  # 6 days
        (0.4666666, 2.0, "at_risk"),  # just under 7 days
        (0.30, 1.0, "met"),  # a burn of exactly 1 is on budget; exactly 30 % is not under it
        (0.29, 0.0, "at_risk"),  # budgeted, with under 30 % left
        (0.0, 0.0, "at_risk"),  # met by a hair: nothing is left
        (-0.01, 0.0, "missed"),
        (None, None, "no_data"),
    ],
)
def test_a_budgeted_objective_without_a_forecast(
    remaining: float | None, burn: float | None, verdict: str
) -> None:
    own = {"remaining_ratio": remaining, "burn": burn}
    own |= {"met": None if remaining is None else remaining >= 0}
    assert verdicts(song_generation__success_rate=own) == {"song_generation__success_rate": verdict}


@pytest.mark.parametrize(
    ("remaining", "burn", "verdict"),
    [
        (0.05, 0.9, "met"),  # headroom pages nobody
        (0.9, 1.1, "at_risk"),  # 7 d × 0.9 / 1.1 = 5.7 days
        (0.99, 0.99, "met"),
    ],
)
def test_an_objective_with_headroom_alone_without_a_forecast(
    remaining: float, burn: float, verdict: str
) -> None:
    own = {"remaining_ratio": remaining, "burn": burn}
    assert verdicts(web__lcp_p75=own) == {"web__lcp_p75": verdict}


def test_the_worst_comes_first_and_never_by_what_remains_alone() -> None:
    found = standings(
        stated(
            web__lcp_p75={"remaining_ratio": -0.01, "burn": 0.2, "met": False},
            api__error_rate={"remaining_ratio": -3.0, "burn": 0.1, "met": False},
            publishing__platform_sync={"remaining_ratio": -5.0, "burn": None, "met": False},
            audio_playback__success_rate={"remaining_ratio": 0.1, "burn": 0.0},
            web__cls_p75={"remaining_ratio": 0.9, "burn": 1.3},
            collaboration__conflict_rate={"remaining_ratio": 0.9, "burn": 0.8},
            audio_export__success_rate={"remaining_ratio": None, "burn": None, "met": None},
        ),
        STUDIO,
        {},
    )
    names = list(found["journey"] + "." + found["objective"])
    assert names[:6] == [
        "web.lcp_p75",
        "api.error_rate",
        "publishing.platform_sync",
        "web.cls_p75",
        "audio_playback.success_rate",
        "collaboration.conflict_rate",
    ]
    # The others burn alike and stay in the document's order; who has no burn comes last.
    assert names[6] == "song_generation.success_rate"
    assert names[-1] == "audio_export.success_rate"
    assert tally(found) == {"missed": 3, "at_risk": 2, "met": 26, "no_data": 1}
    assert list(found["risk"][:6]) == ["", "", "", "ends soon", "little left", ""]


def test_fewer_events_than_one_failure_are_few() -> None:
    # 0.5 % of 199 requests is not one failure, of 200 it is; of none it is no data.
    found = standings(
        stated(
            song_generation__success_rate={"valid": 199},
            publishing__success_rate={"valid": 100},
            audio_export__success_rate={"valid": 0, "remaining_ratio": None, "met": None},
        ),
        STUDIO,
        {},
    ).set_index(["journey", "objective"])
    assert found["few_events"]["song_generation", "success_rate"]
    assert not found["few_events"]["publishing", "success_rate"]
    assert not found["few_events"]["audio_export", "success_rate"]


@pytest.mark.parametrize(
    ("good", "valid", "coverage", "met", "provable"),
    [
        (9_990, 9_990, 0.999, True, True),  # 9,990 of 10,000 is 99.9 %, just met
        (9_990, 9_990, 0.998, True, False),  # 20 s unobserved: 9,990 of 10,010 would miss
        (9_980, 9_990, 0.999, False, False),  # with its 10 s up, 9,990 of 10,000 would be met
        (9_950, 9_990, 0.999, False, True),  # 9,960 of 10,000 still misses
        (9_990, 9_990, 1.0, True, True),
    ],
)
def test_what_nobody_observed_may_turn_a_verdict(
    good: int, valid: int, coverage: float, met: bool, provable: bool
) -> None:
    own = {"good": good, "valid": valid, "coverage": coverage, "met": met}
    found = standings(stated(api__availability=own), STUDIO, {})
    found = found.set_index(["journey", "objective"])
    assert found["provable"]["api", "availability"] == provable


def test_the_windows_are_the_catalogues() -> None:
    assert (short_window(STUDIO.rules), risk_window(STUDIO.rules)) == ("1h", "6h")
    # The web shop has 30m, 2h and 12h: an hour is as near to the first as to the second.
    assert short_window(SHOP.rules) in ("30m", "2h")
    assert risk_window(SHOP.rules) == "12h"
