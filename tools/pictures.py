"""Renew the pictures in ``docs/pictures`` from sample data: every page, light and dark.

    python -m tools.pictures [FOLDER]

``FOLDER`` is a store of sample data, ``$SLO_DATA`` or ``data/store`` if left out; ``make pictures``
makes one where there is none. Pictures are taken at the end of the data, so that they do not say
that it is old.
"""

import io
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from slo_core.catalog import load_catalog
from slo_core.errors import SloError
from slo_core.logs.store import open_store
from slo_core.rollup import refresh
from tests.chromium import FLAGS, NoChromiumError, need_chromium
from tests.looks import settle
from tests.server import ROOT, serve

PICTURES = ROOT / "docs" / "pictures"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

_CATALOG = ROOT / "data" / "studio.yaml"
_SIZE = (1440, 1000)
_COLOURS = 256
_DRAWN_MS = 2500
"""How long charts take to move to their places."""

_NOT_SHOWN = ("your-own-logs",)
"""Pages of text alone."""


def end_of_sample(folder: Path) -> str:
    """The moment at which a store of sample data ends, as ``?at=`` takes it.

    Raises SloError where the folder does not hold sample data.
    """
    scenario = folder / "scenario.json"
    if not scenario.is_file():
        raise SloError(
            f"{folder} does not hold sample data, which pictures are taken of: make some with "
            f"'python -m slo_core sample --data {folder}', or name another folder."
        )
    return str(json.loads(scenario.read_text("utf-8"))["end"])


def take_pictures(folder: Path, target: Path = PICTURES) -> Iterator[Path]:
    """Take a picture of each page in each appearance; yields them as they are written.

    A picture is called as its page's address: ``studio-health-light.png``; the default page is
    ``overview``.
    """
    at = end_of_sample(folder)
    target.mkdir(parents=True, exist_ok=True)
    # A page that first has to read the logs would take longer than a browser waits.
    refresh(open_store(folder), load_catalog(_CATALOG))
    with _anywhere(folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=need_chromium(), args=FLAGS)
        for path in _pages(browser, f"{address}/dashboards/?at={at}"):
            name = path.strip("/").rpartition("/")[2]
            name = "overview" if name == "dashboards" else name
            if name in _NOT_SHOWN:
                continue
            for scheme in SCHEMES:
                picture = target / f"{name}-{scheme}.png"
                picture.write_bytes(_picture(browser, f"{address}{path}?at={at}", scheme))
                yield picture
        browser.close()


@contextmanager
def _anywhere(folder: Path) -> Iterator[str]:
    """Serve a store as if it were the default one, so that pictures tell no machine's paths."""
    with tempfile.TemporaryDirectory() as home:
        data = Path(home) / "data"
        data.mkdir()
        (data / "store").symlink_to(folder)
        (data / "studio.yaml").symlink_to(_CATALOG)
        with serve(data / "store", catalog=data / "studio.yaml", cwd=Path(home)) as address:
            yield address


def _pages(browser: Browser, overview: str) -> list[str]:
    """The addresses in the navigation."""
    page = browser.new_page()
    _open(page, overview)
    links = page.get_by_test_id("stSidebarNavLink").all()
    found = [urlsplit(link.get_attribute("href") or "").path for link in links]
    page.close()
    return found


def _picture(browser: Browser, address: str, scheme: Literal["light", "dark"]) -> bytes:
    """A page as it is first seen, in few colours, so that the repository stays small."""
    width, height = _SIZE
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    _open(page, address)
    page.wait_for_timeout(_DRAWN_MS)
    shot = Image.open(io.BytesIO(page.screenshot()))
    page.close()
    small = io.BytesIO()
    # States are a few small words: the usual choice of colours would give theirs away.
    fewer = shot.convert("RGB").quantize(
        _COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
    )
    fewer.save(small, "PNG", optimize=True)
    return small.getvalue()


def _open(page: Page, address: str) -> None:
    page.goto(address)
    settle(page)


def main() -> None:
    """Take all pictures and say which."""
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("SLO_DATA") or "data/store"
    try:
        for picture in take_pictures(Path(given).absolute()):
            print(picture.relative_to(ROOT), f"{picture.stat().st_size // 1000} kB")
    except (SloError, NoChromiumError) as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
