"""Who is told what, worked out by hand: the catalogue's times are 30 minutes and 4 hours."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from slo_core.catalog import Catalog, Notifications, Route, Target, TierNotices
from slo_core.watch.ledger import Notice
from slo_core.watch.matters import Matter
from slo_core.watch.plan import Circumstances, notices
from slo_core.watch.routes import NOBODY, way
from tests.small import SHOP, STUDIO

NOW = datetime(2025, 3, 31, 12)
START = NOW - timedelta(minutes=10)
EPISODE = {"alert": "StudioSongGenerationFailureSpike"}
SPIKE = Matter("StudioSongGenerationFailureSpike", "song_generation", START, episode=EPISODE)
OVER = replace(SPIKE, ended_at=NOW - timedelta(minutes=5), is_over=True)
LATENCY = Matter("StudioLatencyDegradation", "api", START, episode=EPISODE)
SILENCE = Matter("", "api", START)


def told(
    kind: str,
    target: str,
    *,
    minutes_ago: float = 0,
    state: str = "sent",
    matter: Matter = SPIKE,
    error: str | None = None,
) -> dict[str, Any]:
    """A row of the ledger."""
    created = pd.Timestamp(NOW - timedelta(minutes=minutes_ago))
    told.count += 1  # type: ignore[attr-defined]
    return {
        "id": told.count,  # type: ignore[attr-defined]
        "kind": kind,
        "alert": matter.alert,
        "journey": matter.journey,
        "started_at": pd.Timestamp(matter.started_at),
        "target": target,
        "state": state,
        "error": error,
        "created_at": created,
        "sent_at": created if state == "sent" else pd.NaT,
    }


told.count = 0  # type: ignore[attr-defined]


def due(
    matter: Matter,
    *ledger: dict[str, Any],
    beside: tuple[Matter, ...] = (),
    off: dict[str, str] | None = None,
    silenced: str | None = None,
    acknowledged: bool = False,
    since: datetime = NOW - timedelta(days=1),
    catalog: Catalog = STUDIO,
) -> list[Notice]:
    about = Circumstances(
        catalog, NOW, since, ledger, off or {}, lambda _: silenced, lambda _: acknowledged
    )
    found = notices([matter, *beside], about)
    return [it for it in found if (it.alert, it.journey) == (matter.alert, matter.journey)]


def short(found: list[Notice]) -> list[tuple[str, str]]:
    return [(notice.kind, notice.target) for notice in found]


def test_an_episode_is_told_to_whom_its_actions_name_at_once() -> None:
    found = due(SPIKE)
    # "Page on-call engineer", "Post to #studio-alerts Slack"; the incident is no message.
    assert short(found) == [("fired", "on_call"), ("fired", "studio_alerts")]
    assert all(notice.due == NOW and notice.error is None for notice in found)
    assert len({notice.key for notice in found}) == 2


def test_the_same_is_not_told_again() -> None:
    assert not due(SPIKE, told("fired", "on_call"), told("fired", "studio_alerts"))


def test_leadership_hears_of_what_names_it_and_of_nothing_else() -> None:
    api = Matter("StudioAPIAvailabilityDrop", "api", START, episode=EPISODE)
    assert short(due(api)) == [("fired", "on_call"), ("fired", "leadership")]
    mail = Matter("StudioErrorBudgetWarning", "api", START, episode=EPISODE)
    assert short(due(mail)) == [("fired", "engineering")]


def test_human_actions_are_tasks() -> None:
    playback = way(STUDIO, Matter("StudioAudioPlaybackFailures", "audio_playback", START))
    assert playback
    assert playback.tasks == ("Check CDN health", "Verify origin servers")


def test_what_is_only_logged_goes_to_the_log() -> None:
    slow = Matter("StudioSongGenerationSlow", "song_generation", START, episode=EPISODE)
    assert short(due(slow)) == [("fired", "log")]


def test_an_episode_that_lasts_is_told_again_after_the_tier_s_time() -> None:
    # Tier 1: every 30 minutes, and the second "still" 30 minutes after the first.
    both = ("on_call", "studio_alerts")
    fired = [told("fired", it, minutes_ago=29) for it in both]
    assert not due(SPIKE, *fired)
    fired = [told("fired", it, minutes_ago=60) for it in both]
    assert [(it.kind, it.number) for it in due(SPIKE, *fired)] == [("still", 1), ("still", 1)]
    still = [told("still", it, minutes_ago=30) for it in both]
    assert [it.number for it in due(SPIKE, *fired, *still)] == [2, 2]


def test_nobody_is_told_again_who_has_acknowledged_it_or_while_data_are_missing() -> None:
    fired = [told("fired", it, minutes_ago=60) for it in ("on_call", "studio_alerts")]
    assert not due(SPIKE, *fired, acknowledged=True)
    assert not due(replace(SPIKE, is_blind=True), *fired)
    assert not due(replace(SPIKE, ended_at=NOW), *fired)


def test_what_waits_for_another_try_is_not_told_again() -> None:
    fired = [told("fired", it, minutes_ago=60, state="waiting") for it in ("on_call",)]
    assert short(due(SPIKE, *fired)) == [("fired", "studio_alerts")]


def test_what_may_not_have_arrived_is_told_anew_soon() -> None:
    # After five minutes instead of thirty, and to that target alone.
    ledger = [told("fired", "on_call", minutes_ago=5, state="unconfirmed")]
    ledger.append(told("fired", "studio_alerts", minutes_ago=5))
    assert short(due(SPIKE, *ledger)) == [("still", "on_call")]
    ledger[0] = told("fired", "on_call", minutes_ago=4, state="unconfirmed")
    assert not due(SPIKE, *ledger)


def test_the_end_is_told_once_to_those_who_were_told_of_the_beginning() -> None:
    ledger = [told("fired", "on_call"), told("fired", "studio_alerts", state="held")]
    page, post = due(OVER, *ledger)
    assert (page.kind, page.error) == ("resolved", None)
    assert (post.due, post.error) == (None, "nobody was told of it.")
    ledger += [told("resolved", "on_call"), told("resolved", "studio_alerts", state="held")]
    assert not due(OVER, *ledger)


FAST = replace(SPIKE, alert="BudgetBurnFast")
SAID = "StudioSongGenerationFailureSpike fires as well and says it."


def test_a_burn_alert_goes_where_its_tier_does() -> None:
    # The document's alerts have actions; of the others the catalogue's tiers say what they ask.
    loading = replace(FAST, journey="project_loading")
    assert short(due(loading)) == [("fired", "on_call")]
    assert short(due(replace(loading, alert="BudgetBurnSlow"))) == [("fired", "studio_eng")]
    headroom = replace(FAST, alert="BudgetBurnQuick_lcp_p75", journey="web")
    assert short(due(headroom)) == [("fired", "log")]
    over = replace(loading, is_over=True, ended_at=NOW)
    assert short(due(over, told("fired", "on_call", matter=loading))) == [("resolved", "on_call")]
    again = told("fired", "on_call", matter=loading, minutes_ago=30)
    assert short(due(loading, again)) == [("still", "on_call")]


def test_scale_triggers_go_where_their_direction_does() -> None:
    up, down = Matter("disk_high", "", START), Matter("cpu_low", "", START)
    assert short(due(replace(up, episode=EPISODE))) == [("fired", "studio_eng")]
    assert short(due(replace(down, episode=EPISODE))) == [("fired", "log")]
    # Another catalogue tells nobody of them.
    assert not due(Matter("shelf_full", "", START, episode=EPISODE), catalog=SHOP)


def test_a_burn_alert_is_held_where_the_document_s_own_says_the_same() -> None:
    [held] = due(FAST, beside=(SPIKE,))
    assert (held.target, held.due, held.error) == ("on_call", None, SAID)
    # Of another journey, or to another target, it says something else; so does a silenced one.
    assert due(FAST, beside=(replace(SPIKE, journey="api"),))[0].due == NOW
    assert due(replace(FAST, alert="BudgetBurnSlow"), beside=(SPIKE,))[0].due == NOW
    # While the other lasts nothing is said of it; once that is over, after the tier's time.
    row = told("fired", "on_call", matter=FAST, state="held", error=SAID, minutes_ago=29)
    assert not due(FAST, row, beside=(OVER,))
    row = told("fired", "on_call", matter=FAST, state="held", error=SAID, minutes_ago=30)
    assert not due(FAST, row, beside=(SPIKE,))
    assert short(due(FAST, row, beside=(OVER,))) == [("still", "on_call")]
    # Nobody was told of it, so nobody is told that it is over.
    [end] = due(replace(FAST, is_over=True, ended_at=NOW), row)
    assert (end.due, end.error) == (None, "nobody was told of it.")


def test_what_was_over_before_anybody_watched_is_no_news() -> None:
    assert not due(OVER, since=NOW)
    # What came and went between two looks is; that it is over stands in the same message.
    found = due(OVER)
    assert short(found)[:2] == [("fired", "on_call"), ("resolved", "on_call")]
    assert [it.due for it in found[:2]] == [NOW, None]


def test_silenced_is_written_down_and_told_when_the_silence_ends() -> None:
    reason = "silenced until 13:00 UTC by Ada: load test"
    found = due(SPIKE, silenced=reason)
    assert [(it.due, it.error) for it in found] == [(None, reason)] * 2
    held = [told("fired", it.target, state="held") for it in found]
    assert not due(SPIKE, *held, silenced=reason)
    assert short(due(SPIKE, *held)) == [("still", "on_call"), ("still", "studio_alerts")]


def test_a_target_without_its_variable_is_off_and_says_so() -> None:
    off = {"on_call": "on_call is off: STUDIO_ON_CALL_URL is not set in the environment."}
    page, post = due(SPIKE, off=off)
    assert (page.due, page.error) == (None, off["on_call"])
    assert post.due == NOW


def test_the_next_of_a_tier_waits_until_the_grouping_time_is_over() -> None:
    # Tier 2 gathers for five minutes; another journey was told two minutes ago.
    other = replace(LATENCY, journey="publishing")
    ledger = told("fired", "studio_eng", minutes_ago=2, matter=other)
    own = next(it for it in due(LATENCY, ledger) if it.target == "studio_eng")
    assert own.due == NOW + timedelta(minutes=3)
    # Tier 1 goes to other targets, and a ticket is one of its own.
    assert next(it for it in due(LATENCY, ledger) if it.target == "jira").due == NOW


def test_a_ticket_is_opened_once_and_left_to_people() -> None:
    ledger = [told("fired", it, minutes_ago=300, matter=LATENCY) for it in ("studio_eng", "jira")]
    assert short(due(LATENCY, *ledger)) == [("still", "studio_eng")]
    end = next(it for it in due(replace(LATENCY, is_over=True), *ledger) if it.target == "jira")
    assert (end.kind, end.due, end.error) == ("resolved", None, "a ticket is closed by people.")


def test_silence_of_a_journey_goes_where_the_catalogue_says() -> None:
    assert short(due(SILENCE)) == [("silent", "studio_alerts")]
    back = replace(SILENCE, is_over=True)
    assert short(due(back, told("silent", "studio_alerts", matter=SILENCE))) == [
        ("resolved", "studio_alerts")
    ]


def test_an_alert_that_the_catalogue_has_dropped_is_closed_in_silence() -> None:
    dropped = replace(SPIKE, alert="Dropped", is_over=True)
    [end] = due(dropped, told("fired", "on_call", matter=dropped))
    assert (end.kind, end.due, end.error) == ("resolved", None, "the catalogue no longer has it.")


def test_without_routes_it_is_written_down_that_nobody_is_told() -> None:
    matter = Matter("OrdersLost", "checkout", START, episode=EPISODE)
    [notice] = due(matter, catalog=SHOP)
    assert (notice.target, notice.due) == (NOBODY, None)
    assert notice.error == "no route of the catalogue leads anywhere."


def test_an_alert_without_actions_asks_for_what_its_tier_does() -> None:
    own = Notifications(
        targets=(Target(id="bell", name="The bell", url="json://bell.example"),),
        routes=(Route(target="bell", kind="post"),),
        tiers=(TierNotices(tier=2, without_actions="post"),),
    )
    catalog = SHOP.model_copy(update={"notifications": own})
    assert short(due(Matter("Slow", "browse", START, episode=EPISODE), catalog=catalog)) == [
        ("fired", "bell")
    ]
