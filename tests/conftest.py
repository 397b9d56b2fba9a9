"""What tests share: a browser, the dashboards as a process, and how hard random tests try."""

import gc
import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.chromium import FLAGS, need_chromium
from tests.long_rounds import CameOf
from tests.ports import held_port

# Timed assertions do not belong in tests, and a shared machine is slow at times.
settings.register_profile("usual", deadline=None, max_examples=30)
settings.register_profile("thorough", deadline=None, max_examples=1000)
# A page on a busy machine may take its time.
expect.set_options(timeout=30_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))
# There is memory enough, and what is imported here is much to look through again and again.
gc.set_threshold(50_000, 20, 50)


@pytest.fixture
def came_of(record_property: Callable[[str, object], None]) -> CameOf:
    """Say what came of a long round, for docs/long-rounds.md (`tests.long_rounds`).

    ``came_of("What was done", rounds=200, taken=5000, lost=0, doubled=0)``, before it is judged.
    """

    def said(what: str, **figures: int) -> None:
        record_property("what", what)
        for name, value in figures.items():
            record_property(name, value)

    return said


@pytest.fixture
def port() -> Iterator[int]:
    """A port for a server that the test starts (`tests.ports`)."""
    with held_port() as port:
        yield port


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: tests often wait, for a browser, a server, another process."""
    return (os.cpu_count() or 1) + 1


def pytest_unconfigure() -> None:
    """Take Hypothesis's hook off the garbage collector, where it would outlive all modules.

    What hangs on it, DuckDB among it, would be there still when DuckDB counts at exit what nobody
    has freed, and says that all of it has leaked.
    """
    ours = [it for it in gc.callbacks if "hypothesis" not in getattr(it, "__module__", "")]
    gc.callbacks[:] = ours


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, which would be waited for last.

    They are the browser's, and those that compare with another computation on random data.
    """
    items.sort(
        key=lambda item: (
            "browser" not in item.path.parts,
            "against" not in item.path.name,
        )
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One headless Chromium for the tests of a file.

    While it is open its driver's event loop runs, and nobody else in this process can run one.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=need_chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a fresh profile, 1440 × 900, light; a script error in it fails the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert not faults
