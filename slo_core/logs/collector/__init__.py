"""Events over HTTP: onto disk before they are acknowledged, into the tables seconds later.

with Collector(Path("data/store"), catalog) as collector:
    app = Starlette(routes=collector_routes(lambda: collector))
"""

from slo_core.logs.collector.access import Token, read_tokens
from slo_core.logs.collector.limits import Limits
from slo_core.logs.collector.routes import EVENTS, HEALTH, TRACES, collector_routes
from slo_core.logs.collector.service import Collector

__all__ = [
    "EVENTS",
    "HEALTH",
    "TRACES",
    "Collector",
    "Limits",
    "Token",
    "collector_routes",
    "read_tokens",
]
