"""Projected exhaustion of error budgets (the document's "Projected budget exhaustion date")."""

from slo_core.forecast.budgets import forecasts, history
from slo_core.forecast.projection import Projection, project_exhaustion

__all__ = ["Projection", "forecasts", "history", "project_exhaustion"]
