"""Watching a folder: alerts are evaluated as data arrive, and people are told (document: action).

    python -m slo_core watch --data DIR

`matters` keeps episodes apart from look to look, `plan` says who is to be told what, `ledger`
writes that down, `deliver` sends it, `run` does so again and again. The catalogue's `notifications`
say where things go and how often.
"""

from slo_core.watch.deliver import deliveries
from slo_core.watch.run import Heartbeat, Watch, dry_run, heartbeat, run, run_once

__all__ = ["Heartbeat", "Watch", "deliveries", "dry_run", "heartbeat", "run", "run_once"]
