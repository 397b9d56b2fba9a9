"""What pages cost, at two sizes ten-fold apart: ``make bench``, after the rollup's own costs.

    python -m benchmarks.pages [--scales 0.1,1] [--folder DIR] [--repeat 5] [--no-browser]

Makes 62 days of sample logs at each scale once (scale 1 is the document's volumes, in all tables),
then measures each page (a) by the time that its queries take in the engine when nothing is cached,
the page's real script running without a browser, against a query that a user would write by hand
over raw Parquet for one of its figures; (b) in a browser, warm, against an empty Streamlit page in
the same run and by turns, until nothing on the page moves any more.
"""

import argparse
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import streamlit as st
from playwright.sync_api import Page, sync_playwright
from streamlit.testing.v1 import AppTest
from tabulate import tabulate

from slo_core.rollup import Rollup
from slo_core.sli import bins, days, slices, sums
from tests.chromium import FLAGS, need_chromium
from tests.server import ROOT, serve

PAGES = ("overview", "studio_health", "studio_journeys", "studio_error_budget", "why")
END = datetime(2025, 3, 30, 13, 37)
"""No whole hour, so that the broken hours are paid for."""

_MOMENT = f"{END:%Y-%m-%dT%H:%M:%SZ}"
_NAIVE = Path(__file__).parent / "naive"
_QUIET_MS = 600

_WATCH = """
window.moved = performance.now();
new MutationObserver(() => { window.moved = performance.now(); }).observe(
  document, {childList: true, subtree: true, characterData: true});
"""


def main() -> None:
    """Measure, and print what belongs into the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scales", default="0.1,1")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "benchmarks" / "pages")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--no-browser", action="store_true")
    options = parser.parse_args()
    scales = [float(scale) for scale in options.scales.split(",")]
    print(report(options.folder, scales, options.repeat, browser=not options.no_browser))


def report(folder: Path, scales: list[float], repeat: int, *, browser: bool = True) -> str:
    """The report's part on pages, in Markdown."""
    folders = {scale: _make_data(folder / f"scale-{scale:g}", scale) for scale in scales}
    costs = {scale: _queries(made, repeat) for scale, made in folders.items()}
    requests = {scale: _count(made) for scale, made in folders.items()}
    last = scales[-1]
    rows = []
    for page in PAGES:
        own = [costs[scale][page] for scale in scales]
        naive = statistics.median(_timed(_by_hand, page, folders[last]) for _ in range(repeat))
        rows.append(
            [
                page.replace("_", " "),
                f"{own[-1].count}",
                *(f"{cost.seconds * 1000:.0f} ms" for cost in own),
                *(f"{cost.beside * 1000:.0f} ms" for cost in own),
                f"{own[-1].seconds / own[0].seconds:.2f}",
                f"{naive * 1000:.0f} ms",
            ]
        )
    headers = ["page", "queries"]
    headers += [f"at {requests[scale]:,}" for scale in scales]
    headers += [f"beside status, at {requests[scale]:,}" for scale in scales]
    headers += ["growth", f"by hand, at {requests[last]:,}"]
    table = tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True)
    text = f"""## Pages

Time in the engine of all queries that a page makes when nothing is cached in memory, and of reading
what lies in files of settled days (as after any first look); median of {repeat} runs of the page's
real script over 62 days of sample logs at {" and ".join(f"{s:g}" for s in scales)} times the
document's volumes. Every page shows what status says; "beside status" leaves those queries out, as
they are measured above. "By hand" is `benchmarks/naive/`: one figure of the page, with a simplified
outcome rule, over raw Parquet.

{table}
"""
    return text + (_in_browser(folders[last], repeat) if browser else "")


def _make_data(folder: Path, scale: float) -> Path:
    """Sample logs of 62 days with their rollup, made once."""
    if not (folder / "scenario.json").exists():
        command = [sys.executable, "-m", "slo_core", "sample", "--data", str(folder)]
        given = ["--days", "62", "--scale", f"{scale}", "--end", _MOMENT]
        subprocess.run([*command, *given], cwd=ROOT, check=True, stderr=subprocess.DEVNULL)
    return folder


def _count(folder: Path) -> int:
    query = f"SELECT count(*) FROM read_parquet('{folder}/requests/*/*.parquet')"
    (found,) = duckdb.connect().execute(query).fetchall()[0]
    return int(found)


class Cost:
    """The queries of one run of a page: how many, their seconds, and those beside status."""

    def __init__(self) -> None:
        self.count, self.seconds, self.beside = 0, 0.0, 0.0

    def add(self, seconds: float) -> None:
        """Count a part of a query."""
        self.seconds += seconds
        frame = sys._getframe(2)
        while frame is not None:
            if frame.f_code.co_filename.endswith("slo_core/status.py"):
                return
            frame = frame.f_back  # type: ignore[assignment]
        self.beside += seconds


class _Timed:
    """A cursor that times what it does, and what its relations do."""

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection | duckdb.DuckDBPyRelation, cost: Cost
    ) -> None:
        self._cursor, self._cost = cursor, cost

    def __getattr__(self, name: str) -> Callable[..., Any]:
        work = getattr(self._cursor, name)

        def timed(*arguments: Any, **named: Any) -> Any:
            start = time.perf_counter()
            found = work(*arguments, **named)
            self._cost.add(time.perf_counter() - start)
            self._cost.count += name in ("execute", "sql")
            if isinstance(found, duckdb.DuckDBPyRelation):
                return _Timed(found, self._cost)
            return self if found is self._cursor else found

        return timed


@contextmanager
def timing(cost: Cost) -> Iterator[None]:
    """Time every query of every rollup, and every kept day that is read from its file."""
    cursor, load = Rollup.cursor, days.load

    def timed(path: Path, stamp: str) -> days.Figures | None:
        start = time.perf_counter()
        found = load(path, stamp)
        cost.add(time.perf_counter() - start)
        return found

    Rollup.cursor = lambda self: _Timed(cursor(self), cost)  # type: ignore[assignment, method-assign, return-value]
    days.load = timed
    try:
        yield
    finally:
        Rollup.cursor, days.load = cursor, load  # type: ignore[method-assign]


def _queries(folder: Path, repeat: int) -> dict[str, Cost]:
    """The median run of each page with nothing cached, in a warm process."""
    os.environ |= {"SLO_DATA": str(folder), "SLO_CATALOG": str(ROOT / "data" / "studio.yaml")}
    logging.disable(logging.CRITICAL)
    runs: dict[str, list[Cost]] = {page: [] for page in PAGES}
    for _ in range(repeat + 1):
        for page in PAGES:
            runs[page].append(_run(page))
    logging.disable(logging.NOTSET)
    # The first runs load modules and open files.
    return {
        page: sorted(costs[1:], key=lambda cost: cost.seconds)[repeat // 2]
        for page, costs in runs.items()
    }


def _run(page: str) -> Cost:
    app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=120)
    app.query_params["at"] = _MOMENT
    app.run()
    app.switch_page(f"{page}.py")
    st.cache_data.clear()
    forget()
    cost = Cost()
    with timing(cost):
        app.run()
    if app.exception or app.error:
        raise RuntimeError(f"{page} failed: {[it.value for it in (*app.exception, *app.error)]}")
    return cost


def forget() -> None:
    """Forget what is kept between looks beside Streamlit's own cache."""
    slices.forget()
    bins.forget()
    sums.forget()


def _timed(work: Callable[..., object], *arguments: object) -> float:
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def _by_hand(page: str, folder: Path) -> None:
    query = (_NAIVE / f"{page}.sql").read_text("utf-8")
    filled = query.replace("$end", f"{END}").replace("$folder", f"{folder}")
    duckdb.connect().execute(filled).fetchall()


def _in_browser(folder: Path, repeat: int) -> str:
    """How long pages take until they are settled, by turns with an empty one."""
    empty = "empty"
    settled: dict[str, list[float]] = {name: [] for name in (empty, *PAGES)}
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        script = Path(place) / "empty.py"
        script.write_text("import streamlit as st\n\nst.title('Empty')\n", "utf-8")
        browser = playwright.chromium.launch(executable_path=need_chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(_WATCH)
        with serve(folder) as ours, serve(folder, script=script) as nothing:
            addresses = {name: f"{ours}/dashboards/{_path(name)}?at={_MOMENT}" for name in PAGES}
            addresses[empty] = f"{nothing}/dashboards/"
            for turn in range(repeat + 1):
                for name, address in addresses.items():
                    taken = _settle(page, address)
                    if turn:  # the first one fills what is cached
                        settled[name].append(taken)
        browser.close()
    base = statistics.median(settled[empty])
    rows = [
        [name.replace("_", " "), f"{statistics.median(taken):.0f} ms", f"{ratio:.1f}"]
        for name, taken in settled.items()
        for ratio in [statistics.median(taken) / base]
    ]
    headers = ["page", "settled", "× empty"]
    table = tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True)
    return f"""
## Pages in a browser

From the request of a warm page, 1440 × 900, until nothing on it moves any more, by turns with an
empty Streamlit page; medians of {repeat}.

{table}
"""


def _path(page: str) -> str:
    return "" if page == "overview" else page.replace("_", "-")


def _settle(page: Page, address: str) -> float:
    """Milliseconds from the request to the last movement before a while without any."""
    page.goto("about:blank")
    page.goto(address, wait_until="commit")
    page.get_by_role("heading", level=1).first.wait_for(timeout=120_000)
    page.wait_for_function(
        "() => document.querySelector('[data-testid=\"stApp\"]')?.dataset.testScriptState =="
        f" 'notRunning' && performance.now() - window.moved > {_QUIET_MS}",
        polling=50,
        timeout=120_000,
    )
    return float(page.evaluate("window.moved"))


if __name__ == "__main__":
    main()
