"""A review as JSON: what a program reads, and what comes back of it."""

import json
from dataclasses import replace
from datetime import date, datetime

import pandas as pd
import pytest

from slo_core.catalog import Catalog
from slo_core.errors import SloError
from slo_core.review.document import document
from slo_core.review.frames import FRAMES, table
from slo_core.review.monthly import Review
from slo_core.review.record import as_dict, as_record, changes, from_record
from tests.review.march import SONG
from tests.small import SHOP, STUDIO

LOCKED = datetime(2025, 4, 3)


def read_again(review: Review) -> Review:
    return from_record(as_record(review), what="it", locked_at=LOCKED, locked_by="Ada")


def test_json_has_every_figure_unrounded_and_null_for_no_data(march: Review) -> None:
    found = json.loads(json.dumps(as_dict(march), allow_nan=False))
    assert (found["month"], found["partial"], found["at"]) == (
        "2025-03",
        False,
        "2025-04-02T00:00:00Z",
    )
    songs, *_ = (it for it in found["objectives"] if (it["journey"], it["objective"]) == SONG)
    assert (songs["good"], songs["valid"], songs["sli"], songs["met"]) == (1980, 2000, 0.99, False)
    silent, *_ = (it for it in found["objectives"] if it["journey"] == "api")
    assert (silent["sli"], silent["met"]) == (None, None)
    assert found["incidents"][0]["started_at"] == "2025-03-14T10:00:00Z"
    assert found["incidents"][0]["journeys"] == ["song_generation"]
    assert "cost 150 % of the budget" in json.dumps(found["findings"])


def test_a_record_gives_the_same_review_again(march: Review) -> None:
    again = read_again(march)
    for name in FRAMES:
        pd.testing.assert_frame_equal(march[name], again[name])
    assert again.catalog == march.catalog
    assert (again.month, again.at, again.span) == (march.month, march.at, march.span)
    # The same words, but for who locked it and when.
    assert str(document(again).sections[0]) == str(document(march).sections[0])
    assert changes(again, march).empty


def test_a_record_of_another_catalogue_too(shop: Review) -> None:
    again = read_again(shop)
    assert again.catalog == SHOP
    assert changes(again, shop).empty


def test_a_record_keeps_what_was_promised_before_too(march: Review) -> None:
    stated = STUDIO.model_dump()
    songs = stated["journeys"][0]["objectives"][0]
    songs["effective_from"] = date(2025, 3, 1)
    first = {"effective_from": date(2025, 1, 1), "target": 0.999, "document": "99.9%"}
    songs["earlier"] = [first]
    dated = Catalog.model_validate(stated)
    assert read_again(replace(march, catalog=dated)).catalog == dated


@pytest.mark.parametrize("text", ["", "{}", '{"format": 99}', "[]"])
def test_what_is_no_record_is_one_sentence(text: str) -> None:
    with pytest.raises(SloError, match="cannot be read: expected the figures"):
        from_record(text, what="it", locked_at=LOCKED, locked_by="Ada")


def test_changes_say_what_was_and_what_is(march: Review) -> None:
    rows = march["objectives"].astype("object").copy()
    own = (rows["journey"] == SONG[0]) & (rows["objective"] == SONG[1])
    rows.loc[own, ["good", "valid", "sli", "consumed"]] = [1981, 2001, 1981 / 2001, 20]
    now = replace(march, frames=march.frames | {"objectives": table("objectives", rows)})
    found = changes(march, now)
    told = {row.figure: (row.then, row.now) for row in found.itertuples()}
    # 1,981 of 2,001 is 99.0005 %, which rounds to what it was: then all digits are told.
    assert told["Valid"] == ("2,000", "2,001")
    assert told["SLI"] == ("0.99", str(1981 / 2001))
    assert set(found["of"]) == {"Song Generation: Success Rate"}
    assert set(told) == {"Valid", "SLI"}


def test_what_was_not_there_is_no_data_on_its_side(march: Review) -> None:
    fewer = replace(march, frames=march.frames | {"incidents": table("incidents", [])})
    found = changes(fewer, march)
    assert list(found["then"].unique()) == ["no data"]
    assert list(found["of"].unique()) == ["#1 A GPU pool fails"]
