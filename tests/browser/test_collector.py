"""From a page in a real browser through the collector and the tables to Studio health."""

import functools
import http.server
import json
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.collecting import stored
from tests.looks import settle
from tests.server import ROOT, serve

PATIENCE = 30.0


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that is not there yet: the first event makes it."""
    return tmp_path_factory.mktemp("collected") / "store"


@pytest.fixture(scope="module")
def dashboards(store: Path) -> Iterator[str]:
    with serve(store) as address:
        yield address


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, dashboards: str) -> Iterator[str]:
    """A web app of another origin that has our script in it."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(ROOT / "clients" / "browser" / "studio-slo.js", folder)
    script = f'<script src="studio-slo.js" data-url="{dashboards}/collect/v1/events"></script>'
    (folder / "index.html").write_text(
        f'<!doctype html><title>Studio</title><link rel="icon" href="data:,"><h1>Sing!</h1>{script}'
    )
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def until(store: Path, rows: int) -> list[dict[str, object]]:
    """The requests in the tables once there are so many."""
    end = time.monotonic() + PATIENCE
    while len(found := stored(store)) < rows and time.monotonic() < end:
        time.sleep(0.1)
    assert len(found) == rows
    return found


def test_a_song_that_somebody_makes_is_on_studio_health(
    browser: Browser, page: Page, site: str, dashboards: str, store: Path
) -> None:
    """The person makes a song and leaves; on call sees it, with how the page did."""
    person = browser.new_context().new_page()
    person.goto(site)
    person.evaluate("studioSlo.start('song_generation')")
    person.wait_for_timeout(60)
    person.evaluate("studioSlo.end('song_generation')")
    # The document's own call, which the script takes too.
    person.evaluate(
        "studioSlo.track('studio_performance_metric',"
        " {journey: 'song_generation', duration: 31000, success: false})"
    )
    person.close(run_before_unload=True)

    found = until(store, 2)
    assert {row["journey"] for row in found} == {"song_generation"}
    assert {row["source"] for row in found} == {"client"}
    slow, quick = sorted(found, key=lambda row: str(row["error"]), reverse=True)
    assert (slow["duration_ms"], slow["error"]) == (31000, "reported")
    assert isinstance(quick["duration_ms"], float)
    assert 60 <= quick["duration_ms"] < 5000
    metrics = {row["metric"]: row["value"] for row in stored(store, "measurements")}
    assert metrics.keys() >= {"fcp_ms", "lcp_ms", "cls"}

    # The minute that is running is in the figures.
    page.goto(f"{dashboards}/dashboards/studio-health")
    settle(page)
    row = page.locator("tr").filter(has_text="Song Generation: Success Rate")
    expect(row).to_contain_text("Missed")
    expect(row).to_contain_text("50 %")  # one of two
    shown = page.locator("tr").filter(has_text="Page Load (P75 LCP)")
    expect(shown).to_contain_text("Met")

    # What comes in while the page is open is drawn by itself.
    body = json.dumps({"journey": "song_generation", "duration": 40, "success": True}).encode()
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(f"{dashboards}/collect/v1/events", body, headers)) as answer:
        assert answer.status == 202
    expect(row).to_contain_text("66.67 %")  # two of three
    until(store, 3)


def test_what_is_recorded_offline_arrives_once_the_network_is_back(
    browser: Browser, site: str, store: Path
) -> None:
    before = len(stored(store))
    context = browser.new_context()
    person = context.new_page()
    person.goto(site)
    context.set_offline(True)
    person.evaluate("studioSlo.track('studio_performance_metric', {journey: 'web', duration: 7})")
    with person.expect_event("requestfailed"):
        person.evaluate("studioSlo.flush()")
    kept = json.loads(person.evaluate("JSON.stringify(localStorage)"))
    assert [json.loads(batch)[0]["duration"] for batch in kept.values()] == [7]
    context.set_offline(False)
    rows = until(store, before + 1)
    assert sum(row["journey"] == "web" for row in rows) == 1
    # Whatever was kept is forgotten once it has been taken.
    person.wait_for_function("Object.keys(localStorage).length == 0")
    context.close()
