"""Somebody on call answers an alert in one browser; the next shift sees it in another."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.looks import settle, violations
from tests.pages.test_alerts import spike
from tests.random_logs import write_tables
from tests.server import serve

AT = "2025-03-31T00:00:00Z"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page over logs in which songs fail until the moment of the look."""
    folder: Path = tmp_path_factory.mktemp("alerts")
    write_tables(folder, {"requests": spike()})
    with serve(folder) as root:
        yield f"{root}/dashboards/alerts?at={AT}"


@pytest.mark.long
def test_what_one_person_answers_the_next_sees_in_a_fresh_browser(
    address: str, page: Page, browser: Browser
) -> None:
    page.goto(address)
    settle(page)
    heading = "◆ P1 Song Generation Failure Spike: Song Generation"
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    first = page.get_by_role("button", name="Acknowledge").first
    expect(first).to_be_disabled()
    page.get_by_role("textbox", name="Your name").fill("Ada")
    page.get_by_role("textbox", name="Your name").press("Enter")
    expect(first).to_be_enabled()
    first.click()
    expect(page.get_by_text("Taken on by Ada").first).to_be_visible()
    settle(page)
    page.get_by_test_id("stPopover").filter(has_text="Silence").first.get_by_role("button").click()
    form = page.get_by_test_id("stPopoverBody")
    form.get_by_role("textbox", name="Reason").fill("GPU pool")
    form.get_by_role("button", name="Silence").click()
    words = "Silenced until 2025-03-31 01:00 UTC by Ada: GPU pool."
    expect(page.get_by_text(words)).to_be_visible()
    page.reload()
    settle(page)
    expect(page.get_by_text(words)).to_be_visible()
    # Whoever has said a name is not asked again, wherever a link leads.
    page.goto(address.replace("/alerts", "/incidents"))
    settle(page)
    expect(page.get_by_role("textbox", name="Your name")).to_have_value("Ada")
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        other = context.new_page()
        other.goto(address)
        settle(other)
        expect(other.get_by_text("Taken on by Ada").first).to_be_visible()
        expect(other.get_by_text(words)).to_be_visible()
        assert violations(other) == []
