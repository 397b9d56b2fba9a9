"""The monthly review in a real browser: led by the keyboard, and as a file that stands alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from slo_core.figures.theme import DARK, LIGHT
from slo_core.review.export import to_html
from slo_core.review.held import MONTHLY
from tests.looks import scrolls_sideways, serious_violations, settle
from tests.review.march import AT, write_march
from tests.server import serve

FINDING = (
    "Song Generation: Success Rate on ios cost 150 % of the budget; without it the target was met."
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The March whose figures are worked out by hand."""
    return tmp_path_factory.mktemp("march")


@pytest.fixture(scope="module")
def file(store: Path) -> Path:
    """Its review as an HTML file."""
    held = MONTHLY.hold(write_march(store), "2025-03", AT)
    path = store.parent / f"{store.name}.html"
    path.write_text(to_html(held.document), "utf-8")
    return path


@pytest.fixture(scope="module")
def dashboards(store: Path, file: Path) -> Iterator[str]:
    """The dashboards over that store."""
    with serve(store) as address:
        yield f"{address}/dashboards"


def rgb(colour: str) -> str:
    """A colour as browsers say it: ``#0F1620`` is ``rgb(15, 22, 32)``."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"


def asks(page: Page, question: str) -> None:
    """Wait until the screen asks this, and nothing else."""
    expect(page.get_by_role("heading", level=1, name=question)).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    settle(page)


def test_the_meeting_is_led_by_the_keyboard(dashboards: str, page: Page) -> None:
    page.goto(f"{dashboards}/review?at=2025-04-02T00:00:00Z&month=2025-03")
    asks(page, "Monthly review")
    expect(page.get_by_text(FINDING)).to_be_visible()
    assert not scrolls_sideways(page)
    assert serious_violations(page) == []
    page.get_by_role("button", name="Present").click()
    asks(page, "What stands out, and what shows it?")
    expect(page.get_by_role("link", name="Studio health")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    asks(page, "Was each promise kept over the month?")
    assert "slide=2" in page.url
    assert serious_violations(page) == []
    page.keyboard.press("ArrowRight")
    asks(page, "How much of each budget did the month take?")
    page.keyboard.press("ArrowLeft")
    asks(page, "Was each promise kept over the month?")
    # The address of a screen can be shared: it opens on that screen.
    page.reload()
    asks(page, "Was each promise kept over the month?")
    page.set_viewport_size({"width": 390, "height": 844})
    assert not scrolls_sideways(page)
    page.keyboard.press("Escape")
    asks(page, "Monthly review")
    assert "present" not in page.url


@pytest.mark.long
def test_who_hurries_through_the_meeting_breaks_nothing(dashboards: str, page: Page) -> None:
    # What a screen draws late is asked for just when the reader goes on to the next one.
    page.goto(f"{dashboards}/review?at=2025-04-02T00:00:00Z&month=2025-03&present=1&slide=2")
    asks(page, "Was each promise kept over the month?")
    for pause in (0, 5, 10, 20, 40, 60, 100, 340, 400) * 15:
        for key, question in (
            ("ArrowRight", "How much of each budget did the month take?"),
            ("ArrowLeft", "Was each promise kept over the month?"),
        ):
            page.keyboard.press(key)
            expect(page.get_by_role("heading", level=1, name=question)).to_be_visible()
            page.wait_for_timeout(pause)


@pytest.mark.long
def test_the_file_stands_alone_with_charts_that_answer(file: Path, browser: Browser) -> None:
    context = browser.new_context(offline=True, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    faults: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    expect(page.get_by_text(FINDING)).to_be_visible()
    charts = page.locator(".js-plotly-plot")
    assert charts.count() == page.locator("figure").count() > 3
    expect(charts.last.locator("svg.main-svg").first).to_be_visible()
    first = page.locator("#objectives tbody tr").first
    expect(first.locator("td").nth(2)).to_contain_text("99 % good")
    charts.first.scroll_into_view_if_needed()
    marker = charts.first.locator(".scatterlayer .points path").first
    marker.hover(force=True)
    expect(charts.first.locator(".hoverlayer .hovertext")).to_have_count(1)
    assert serious_violations(page) == []
    # It is dark where its reader's pages are, its charts too; on paper it is light.
    label = charts.first.locator(".ytick text").first
    for colours in (DARK, LIGHT):
        page.emulate_media(color_scheme=colours.name)
        expect(page.locator("body")).to_have_css("background-color", rgb(colours.background))
        expect(label).to_have_css("fill", rgb(colours.muted))
        assert serious_violations(page) == []
    page.emulate_media(color_scheme="dark", media="print")
    expect(page.locator("body")).to_have_css("background-color", rgb(LIGHT.background))
    page.emulate_media(color_scheme="light", media="screen")
    page.set_viewport_size({"width": 390, "height": 844})
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    page.wait_for_function(f"{wide} <= 0")
    assert not faults
    assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)
    context.close()
