"""The addresses, each as the first request to a fresh server, in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import duckdb
import pytest
from playwright.sync_api import Browser, Page, expect

from slo_core.figures.theme import DARK, LIGHT
from tests.looks import scrolls_sideways, serious_violations, settle
from tests.server import ROOT, serve

AT = "at=2025-03-31T00:00:00Z"


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one good request."""
    folder = tmp_path_factory.mktemp("store")
    day = folder / "requests" / "date=2025-03-30"
    day.mkdir(parents=True)
    duckdb.sql(
        "COPY (SELECT TIMESTAMP '2025-03-30 10:00:00' AS ts, 'api' AS journey, 200 AS status) "
        f"TO '{day / 'part.parquet'}'"
    )
    return folder


@pytest.fixture(scope="module")
def dashboards(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboards over that folder, started from a working directory that is not ours."""
    with serve(logs, cwd=tmp_path_factory.mktemp("elsewhere")) as address:
        yield address


def heading(page: Page, title: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_the_root_opens_as_the_first_request_to_a_fresh_server(
    logs: Path, page: Page, tmp_path: Path
) -> None:
    with serve(logs, cwd=tmp_path) as address:
        page.goto(f"{address}/?{AT}")
        heading(page, "Overview")
        expect(page.get_by_role("searchbox", name="Up to (UTC)")).to_have_value(
            "2025-03-31T00:00:00Z"
        )
        expect(page.get_by_text("2025-03-24 00:00 to 2025-03-31 00:00 UTC")).to_be_visible()


def test_the_root_leads_to_the_overview_with_its_filters(dashboards: str, page: Page) -> None:
    page.goto(f"{dashboards}/?{AT}&range=24h")
    heading(page, "Overview")
    assert page.url.startswith(f"{dashboards}/dashboards/?")
    expect(page.get_by_text("2025-03-30 00:00 to 2025-03-31 00:00 UTC")).to_be_visible()


def test_a_page_finds_its_server_without_looking_for_it(dashboards: str, page: Page) -> None:
    missing: list[str] = []
    page.on("response", lambda it: missing.append(it.url) if it.status == 404 else None)
    page.goto(f"{dashboards}/dashboards/studio-health?{AT}")
    heading(page, "Studio health")
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Error budget").click()
    heading(page, "Error budget")
    expect(page).to_have_url(re.compile("/dashboards/studio-error-budget"))
    assert not missing


@pytest.mark.parametrize(
    ("path", "server"),
    [
        ("/dashboards", "/dashboards"),
        ("/dashboards/", "/dashboards"),
        ("/dashboards/why", "/dashboards"),
        # Behind a proxy that has put its own path before ours.
        ("/team/dashboards/why", "/team/dashboards"),
        ("/dashboards/dashboards/", "/dashboards/dashboards"),
        # Behind one that took ours away: Streamlit is left to look for it.
        ("/why", None),
        ("/old-dashboards/why", None),
    ],
)
def test_where_the_server_is_follows_from_the_address(
    page: Page, path: str, server: str | None
) -> None:
    script = (ROOT / "pages" / "parts" / "head.js").read_text("utf-8")
    body = f'<script data-base="/dashboards">{script}</script>'
    page.route("**/*", lambda it: it.fulfill(body=body, content_type="text/html"))
    page.goto(f"http://studio.test{path}")
    expected = f"http://studio.test{server}" if server else None
    for name in ("BACKEND_BASE_URL", "MAIN_PAGE_BASE_URL"):
        assert page.evaluate(f"window.__streamlit?.{name} ?? null") == expected


@pytest.mark.long  # a range and an address in a fresh browser are in test_dashboards.py
def test_filters_survive_a_change_of_page_and_a_fresh_browser(
    dashboards: str, page: Page, browser: Browser
) -> None:
    page.goto(f"{dashboards}/dashboards/?{AT}")
    page.get_by_role("combobox", name="Range").click()
    page.get_by_role("option", name="30d").click()
    expect(page.get_by_text("2025-03-01 00:00 to 2025-03-31 00:00 UTC")).to_be_visible()
    page.get_by_role("button", name="Earlier").click()
    window = "2025-01-30 00:00 to 2025-03-01 00:00 UTC"
    expect(page.get_by_text(window)).to_be_visible()
    page.get_by_role("link", name="Studio health").click()
    heading(page, "Studio health")
    expect(page.get_by_text(window)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/dashboards/studio-health\?at=2025-03-01.*&range=30d$"))

    other = browser.new_page()
    other.goto(page.url)
    heading(other, "Studio health")
    expect(other.get_by_text(window)).to_be_visible()
    other.close()


@pytest.mark.long
def test_a_custom_range_can_be_written(dashboards: str, page: Page) -> None:
    page.goto(f"{dashboards}/dashboards/?{AT}")
    chooser = page.get_by_role("combobox", name="Range")
    chooser.fill("36h")
    chooser.press("Enter")
    expect(page.get_by_text("2025-03-29 12:00 to 2025-03-31 00:00 UTC")).to_be_visible()
    expect(page).to_have_url(re.compile("range=36h"))


@pytest.mark.long
def test_charts_follow_when_a_reader_turns_to_dark(dashboards: str, page: Page) -> None:
    page.goto(f"{dashboards}/dashboards/studio-health?{AT}")
    settle(page)
    page.get_by_role("heading", name="Request rate and error rate").scroll_into_view_if_needed()
    axis = page.locator(".js-plotly-plot text").filter(has_text=re.compile(r"\w")).first
    expect(axis).to_have_css("fill", rgb(LIGHT.muted), timeout=30_000)
    page.get_by_test_id("stMainMenu").get_by_role("button").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    expect(axis).to_have_css("fill", rgb(DARK.muted), timeout=30_000)  # within a tick of the clock


def rgb(colour: str) -> str:
    """``#51606F`` as browsers say it: ``rgb(81, 96, 111)``."""
    return f"rgb{tuple(bytes.fromhex(colour[1:]))}"


def test_a_bad_moment_is_a_sentence_and_can_be_mended(dashboards: str, page: Page) -> None:
    page.goto(f"{dashboards}/dashboards/studio-health?at=yesterday")
    sentence = page.get_by_role("alert").filter(has_text='?at= is "yesterday", which is not a time')
    expect(sentence).to_be_visible()
    expect(page.get_by_text("Traceback")).to_have_count(0)
    page.get_by_role("searchbox", name="Up to (UTC)").fill("2025-03-31T00:00:00Z")
    page.get_by_role("searchbox", name="Up to (UTC)").press("Enter")
    expect(page.get_by_text("2025-03-24 00:00 to 2025-03-31 00:00 UTC")).to_be_visible()
    expect(sentence).to_have_count(0)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboards over a folder without logs."""
    with serve(tmp_path_factory.mktemp("empty")) as address:
        yield address


@pytest.mark.parametrize(
    ("size", "scheme"),
    [
        pytest.param((1440, 900), "light", id="wide-light", marks=pytest.mark.long),
        pytest.param((390, 844), "dark", id="narrow-dark"),
        pytest.param((1440, 900), "dark", id="wide-dark", marks=pytest.mark.long),
        pytest.param((390, 844), "light", id="narrow-light", marks=pytest.mark.long),
    ],
)
@pytest.mark.parametrize(
    ("served", "path"),
    [
        # With data, every page is looked at in test_dashboards.py, once.
        pytest.param("dashboards", "", marks=pytest.mark.long),
        pytest.param("dashboards", "studio-health", marks=pytest.mark.long),
        ("dashboards", "studio-health?at=oops"),
        ("empty", "studio-health"),
    ],
)
def test_pages_are_accessible_and_never_scroll_sideways(
    request: pytest.FixtureRequest,
    browser: Browser,
    served: str,
    path: str,
    size: tuple[int, int],
    scheme: Literal["light", "dark"],
) -> None:
    address: str = request.getfixturevalue(served)
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    page.goto(f"{address}/dashboards/{path}")
    settle(page)
    assert not scrolls_sideways(page)
    assert not (found := serious_violations(page)), "\n".join(found)
    page.close()
