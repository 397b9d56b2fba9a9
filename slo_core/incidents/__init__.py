"""Incidents: their clocks against what their severity promises, and what they cost."""
