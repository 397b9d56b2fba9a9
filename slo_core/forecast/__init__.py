"""Projected exhaustion of error budgets (the document's "Projected budget exhaustion date")."""

from slo_core.forecast.budgets import HORIZON, chances, forecast, forecasts
from slo_core.forecast.past import history
from slo_core.forecast.projection import Projection, project_exhaustion
from slo_core.forecast.replay import TrackRecord, track_record

__all__ = [
    "HORIZON",
    "Projection",
    "TrackRecord",
    "chances",
    "forecast",
    "forecasts",
    "history",
    "project_exhaustion",
    "track_record",
]
