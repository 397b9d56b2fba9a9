"""Runs looks of the watch in processes that are killed where they are told to be.

    python -m tests.watch.killed DATA AT

Reads where to, one a line. For each it forks a process that looks once and is killed (SIGKILL) at
its so manieth step: the calls that the watch and the register make and return from; or where the
function of that name is called first. 0 lets it finish. Answers ``killed``, or ``done`` and how
many steps there were. ``$PAGER`` is an address in place of PagerDuty's own.
"""

import os
import signal
import sys
import traceback
from datetime import timedelta
from pathlib import Path
from types import FrameType

import apprise
from apprise.plugins.pagerduty import PAGERDUTY_API_LOOKUP

from slo_core.catalog import load_catalog
from slo_core.logs.store import open_store
from slo_core.moments import parse_moment
from slo_core.watch import Watch, run_once

ROOT = Path(__file__).resolve().parents[2]
COUNTED = tuple(str(ROOT / "slo_core" / name) + os.sep for name in ("watch", "register"))


class Killer:
    """Counts steps, and ends the process at one of them."""

    def __init__(self, where: str) -> None:
        self.at_step = int(where) if where.isdigit() else 0
        self.function = where
        self.steps = 0
        self._counted: dict[str, bool] = {}

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        name = frame.f_code.co_filename
        counted = self._counted.get(name)
        if counted is None:
            counted = self._counted[name] = name.startswith(COUNTED)
        if counted:
            self.steps += 1
            called = event == "call" and frame.f_code.co_qualname == self.function
            if called or self.steps == self.at_step:
                os.kill(os.getpid(), signal.SIGKILL)


def look(watch: Watch, where: str, out: int) -> None:
    """Look once in this process, which ends with it."""
    killer = Killer(where)
    sys.setprofile(killer)
    run_once(watch)
    sys.setprofile(None)
    os.write(out, f"done {killer.steps}\n".encode())
    os._exit(0)


def main(data: str, at: str) -> None:
    catalog = load_catalog(ROOT / "data" / "studio.yaml")
    moment = parse_moment(at)
    PAGERDUTY_API_LOOKUP["us"] = os.environ.get("PAGER", "")
    apprise.Apprise.instantiate("json://localhost")  # Its plugins are loaded once, not each time.
    watch = Watch(
        open_store(data),
        catalog,
        timedelta(seconds=1),
        "http://localhost:8501",
        lambda line: None,
        os.environ,
        moment,
    )
    for line in sys.stdin:
        child = os.fork()
        if not child:
            try:
                look(watch, line.strip(), sys.stdout.fileno())
            except BaseException:
                traceback.print_exc()
            os._exit(1)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            print("killed", flush=True)
        elif os.WEXITSTATUS(status):
            print("failed", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
