"""An episode is the same from look to look, whatever moves its edges."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from slo_core.sli.freshness import Freshness
from slo_core.watch.matters import Identity, Matter, Sight, matters

NOON = datetime(2025, 3, 31, 12)
SPIKE = ("Spike", "songs")


def minutes(number: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=number)


def episode(start: float, until: float, *, lasts: bool = False) -> dict[str, Any]:
    return {
        "kind": "alert",
        "alert": "Spike",
        "journey": "songs",
        "start": pd.Timestamp(minutes(start)),
        "end": pd.NaT if lasts else pd.Timestamp(minutes(until)),
        "until": pd.Timestamp(minutes(until)),
    }


def seen(
    *found: dict[str, Any],
    told: list[Identity] | None = None,
    closed: set[Identity] | None = None,
    at: float = 60,
    last_event: float | None = None,
    stale: bool = False,
    closed_at: datetime = NOON,
) -> list[Matter]:
    """What a look that reaches back to noon sees; data go on until the look."""
    last = minutes(at if last_event is None else last_event)
    fresh = {"songs": Freshness(last, stale)}
    sight = Sight(minutes(at), NOON, timedelta(minutes=5), fresh, last)
    frame = pd.DataFrame(list(found), columns=list(episode(0, 1)))
    return matters(frame, told or [], dict.fromkeys(closed or (), closed_at), sight)


def test_an_episode_begins_with_its_first_firing_minute() -> None:
    [matter] = seen(episode(50, 60, lasts=True))
    assert matter.identity == (*SPIKE, minutes(50))
    assert (matter.ended_at, matter.is_over, matter.is_blind) == (None, False, False)


def test_one_that_lasts_longer_than_a_look_keeps_the_start_that_was_told() -> None:
    told = [(*SPIKE, minutes(-600))]
    [matter] = seen(episode(1, 60, lasts=True), told=told)
    assert matter.identity == told[0]


def test_late_data_move_its_start_and_it_stays_the_same() -> None:
    told = [(*SPIKE, minutes(50))]
    for start in (46, 50, 54):
        [matter] = seen(episode(start, 60, lasts=True), told=told)
        assert matter.identity == told[0]


def test_edges_as_far_apart_as_the_merge_gap_are_one_and_a_minute_more_is_two() -> None:
    # Told as begun at minute 50; gaps of up to 5 minutes are merged.
    told = [(*SPIKE, minutes(50))]
    for start, until, same in ((55, 60, True), (56, 60, False), (40, 45, True), (40, 44, False)):
        found = seen(episode(start, until, lasts=until == 60), told=told)
        assert (found[0].identity == told[0]) is same


def test_another_one_hours_later_is_another() -> None:
    told = [(*SPIKE, minutes(5))]
    first, second = seen(episode(5, 10), episode(50, 60, lasts=True), told=told)
    assert (first.identity, first.is_over) == (told[0], True)
    assert (second.identity, second.is_over) == ((*SPIKE, minutes(50)), False)


def test_it_is_over_when_the_merge_gap_has_passed_with_data() -> None:
    # Last fired at minute 50, merged over gaps under 5: over from minute 55 on.
    assert [seen(episode(45, 50), at=at)[0].is_over for at in (51, 54, 55, 60)] == [
        False,
        False,
        True,
        True,
    ]


def test_silence_is_no_end() -> None:
    assert not seen(episode(45, 50), at=60, last_event=53.9)[0].is_over
    assert seen(episode(45, 50), at=60, last_event=54)[0].is_over


def test_what_was_told_and_no_look_finds_any_more_is_over_unless_data_are_missing() -> None:
    told = [(*SPIKE, minutes(-600))]
    [gone] = seen(told=told)
    assert (gone.identity, gone.is_over, gone.ended_at) == (told[0], True, None)
    blind = next(it for it in seen(told=told, stale=True) if it.alert)
    assert (blind.is_over, blind.is_blind) == (False, True)


def test_logs_that_are_gone_prove_no_end() -> None:
    told = (*SPIKE, minutes(10))
    fresh = {"songs": Freshness(None, None)}
    sight = Sight(minutes(60), NOON, timedelta(minutes=5), fresh, minutes(60))
    [gone] = matters(pd.DataFrame(columns=list(episode(0, 1))), [told], {}, sight)
    assert (gone.identity, gone.is_over, gone.is_blind) == (told, False, True)


def test_what_was_said_to_be_over_and_fires_again_is_told_anew() -> None:
    told: list[Identity] = [(*SPIKE, minutes(40))]
    [again] = seen(episode(40, 60, lasts=True), told=told, closed=set(told))
    assert again.identity == (*SPIKE, minutes(60))
    # From then on it is that one.
    told.append(again.identity)
    [later] = seen(episode(40, 62, lasts=True), told=told, closed={told[0]}, at=62)
    assert later.identity == told[1]


def test_what_is_closed_stays_closed() -> None:
    told = [(*SPIKE, minutes(40))]
    [matter] = seen(episode(40, 45), told=told, closed=set(told))
    assert (matter.identity, matter.is_over) == (told[0], True)


def test_one_that_began_before_the_look_and_is_over_is_told_once() -> None:
    # It was told to be over within what the look sees; one that was before that is another.
    told = [(*SPIKE, minutes(-600))]
    row = episode(1, 20)
    [matter] = seen(row, told=told, closed=set(told), closed_at=minutes(25))
    assert matter.identity == told[0]
    [matter] = seen(row, told=told, closed=set(told), closed_at=minutes(-500))
    assert matter.identity == (*SPIKE, minutes(1))


def test_a_silence_begins_with_the_last_event_and_ends_with_the_next() -> None:
    [silent] = seen(at=60, last_event=40, stale=True)
    assert silent.identity == ("", "songs", minutes(40))
    assert not silent.is_over
    [still] = seen(at=70, last_event=40, stale=True, told=[silent.identity])
    assert still.identity == silent.identity
    [back] = seen(at=80, last_event=79, told=[silent.identity])
    assert (back.identity, back.is_over) == (silent.identity, True)
    assert not seen(at=80, told=[silent.identity], closed={silent.identity})
