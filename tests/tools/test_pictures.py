"""The pictures of the docs: those that are named are there, and they are of sample data."""

import re
from pathlib import Path

import pytest
from PIL import Image

from slo_core.errors import SloError
from tests.server import ROOT
from tools.pictures import PICTURES, end_of_sample

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NAMED = re.compile(r"[\w./-]+\.png")


def test_pictures_that_are_named_are_there_and_come_in_both_appearances() -> None:
    named = {
        (page.parent / name).resolve() for page in PAGES for name in NAMED.findall(page.read_text())
    }
    assert named
    assert all(picture.is_file() for picture in named), named
    found = {picture.name for picture in PICTURES.glob("*.png")}
    assert {name.replace("-light", "-dark") for name in found if "-light" in name} == {
        name for name in found if "-dark" in name
    }


def test_pictures_are_small_enough_to_keep() -> None:
    for picture in PICTURES.glob("*.png"):
        assert picture.stat().st_size < 200_000, picture
        with Image.open(picture) as image:
            assert image.size == (1440, 1000), picture


def test_pictures_are_taken_of_sample_data_at_its_end(tmp_path: Path) -> None:
    with pytest.raises(SloError, match="does not hold sample data, which pictures are taken of"):
        end_of_sample(tmp_path)
    (tmp_path / "scenario.json").write_text('{"end": "2025-03-31T09:00:00Z"}')
    assert end_of_sample(tmp_path) == "2025-03-31T09:00:00Z"
