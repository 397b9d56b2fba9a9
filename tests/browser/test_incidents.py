"""Two people at one incident, each in a browser of their own."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from slo_core.register import Actor, read_incidents, write
from tests.looks import scrolls_sideways, serious_violations, settle
from tests.random_logs import write_tables
from tests.server import serve

AT = "at=2025-03-31T00:00:00Z"
START = datetime(2025, 3, 30, 22)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an hour of failing songs and the incident of it."""
    folder = tmp_path_factory.mktemp("store")
    row = {"journey": "song_generation", "status": 500, "user_id": "u"}
    moments = [START.replace(minute=minute) for minute in range(60)]
    write_tables(folder, {"requests": [row | {"ts": moment} for moment in moments]})
    incident = {"title": "Songs fail", "severity": "P1", "journey": "song_generation"}
    write(folder, Actor("Watch"), "incidents", incident | {"started_at": START})
    return folder


@pytest.fixture(scope="module")
def dashboards(logs: Path) -> Iterator[str]:
    """The dashboards over that folder."""
    with serve(logs) as address:
        yield f"{address}/dashboards"


def say_name(page: Page, name: str) -> None:
    field = page.get_by_role("textbox", name="Your name")
    field.fill(name)
    field.press("Enter")
    expect(page.get_by_role("button", name="Save")).to_be_enabled()


def save(page: Page, told: str) -> None:
    """Save, and be told what became of it, over the page too: its place is far up."""
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_test_id("stToast").get_by_text(told)).to_be_visible()
    expect(page.get_by_test_id("stAlert").get_by_text(told)).to_be_visible()


@pytest.mark.long
def test_two_who_edit_one_incident_lose_nothing(
    dashboards: str, logs: Path, browser: Browser, page: Page
) -> None:
    other = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    for one, name in ((page, "Ada"), (other, "Bo")):
        one.goto(f"{dashboards}/incidents?{AT}")
        settle(one)
        # The address of one incident is that of its link.
        one.get_by_role("link", name="Songs fail").first.click()
        expect(one.get_by_role("heading", name="#1 Songs fail")).to_be_visible()
        assert "incident=1" in one.url
        say_name(one, name)
    page.get_by_role("textbox", name="Root cause").fill("A driver of the GPUs")
    save(page, "Incident 1 is saved: Root cause.")
    other.get_by_role("textbox", name="Summary").fill("Half of the songs")
    save(other, "Ada changed incident 1 at")
    expect(other.get_by_role("textbox", name="Summary")).to_have_value("Half of the songs")
    other.get_by_role("button", name="Put mine on top of theirs").click()
    expect(other.get_by_role("textbox", name="Root cause")).to_have_value("A driver of the GPUs")
    save(other, "Incident 1 is saved: Summary.")
    (row,) = read_incidents(logs).itertuples()
    assert (row.root_cause, row.summary) == ("A driver of the GPUs", "Half of the songs")
    assert row.updated_by == "Bo"
    other.context.close()


@pytest.mark.long  # the list is looked at with every other page in test_dashboards.py
@pytest.mark.parametrize("address", ["incidents", "incidents?incident=1"])
def test_the_page_holds_to_what_every_page_is_held_to(
    dashboards: str, page: Page, address: str
) -> None:
    page.goto(f"{dashboards}/{address}{'&' if '?' in address else '?'}{AT}")
    settle(page)
    assert serious_violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(500)
    assert not scrolls_sideways(page)
