"""What every page is held to in a real browser, whatever it shows."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# What Streamlit or Plotly draw themselves and we cannot mend: rule, and a part of the element's
# HTML; each with where it comes from upstream.
UPSTREAM: tuple[tuple[str, str], ...] = (
    # Sections of the navigation are <div>s between its <ul> and <li>:
    # https://github.com/streamlit/streamlit/pull/8681
    ("list", 'data-testid="stSidebarNavItems"'),
    ("listitem", '<li class="st-emotion-cache'),
)


def settle(page: Page) -> None:
    """Wait until the page has its title and its script has run to the end."""
    page.get_by_role("heading", level=1).wait_for()
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()


def come_to(page: Page, title: str) -> None:
    """Scroll to a panel, as a reader does: it is drawn when somebody comes near it."""
    heading = page.get_by_role("heading", name=title, level=2, exact=True)
    heading.evaluate("it => it.scrollIntoView()")
    settle(page)


_NEXT_PLACE = """() => {
  const places = [...document.querySelectorAll(".waiting")].filter((it) => it.offsetParent);
  places[0]?.scrollIntoView({block: "center"});
  return places.length;
}"""


def come_to_all(page: Page) -> None:
    """Scroll from place to place until everything on the page is drawn."""
    none = 0
    for _ in range(600):
        # Once is not enough: places themselves come a moment after the page.
        none = 0 if page.evaluate(_NEXT_PLACE) else none + 1
        if none == 10:
            settle(page)
            return
        page.wait_for_timeout(100)
    raise AssertionError("A place that a reader came to stays empty for a minute")


def scrolls_sideways(page: Page) -> bool:
    """Tell whether the page is wider than its window."""
    widths: list[int] = page.get_by_test_id("stMain").evaluate(
        "it => [it.scrollWidth, it.clientWidth,"
        " document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    return widths[0] > widths[1] or widths[2] > widths[3]


def serious_violations(page: Page) -> list[str]:
    """List what axe-core calls serious or critical, one line an element."""
    return [
        f"{violation['id']}: {node['html'][:300]} {node['failureSummary']}"
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
        if not any(violation["id"] == rule and part in node["html"] for rule, part in UPSTREAM)
    ]


_COVERED = """() => [...document.querySelectorAll(".js-plotly-plot")].flatMap((chart) => {
  const bar = chart.querySelector(".modebar").getBoundingClientRect();
  return [...chart.querySelectorAll(".legendtext")].filter((name) => {
    const it = name.getBoundingClientRect();
    return it.left < bar.right && bar.left < it.right && it.top < bar.bottom && bar.top < it.bottom;
  }).map((name) => name.textContent);
})"""


def covered(page: Page) -> list[str]:
    """List the names in charts' legends that a chart's own buttons would lie on."""
    names: list[str] = page.evaluate(_COVERED)
    return names


def violations(page: Page) -> list[str]:
    """List what is wrong with a page as it is looked at: width, charts, and what axe-core says."""
    wide = ["it scrolls sideways"] if scrolls_sideways(page) else []
    hidden = [f"buttons cover {name} in a legend" for name in covered(page)]
    return wide + hidden + serious_violations(page)
