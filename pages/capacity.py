"""Capacity: growth against the plan, scale triggers, and what gives way first."""

from pages.parts.capacity import (
    show_costs,
    show_first,
    show_growth,
    show_load,
    show_recommendation,
)
from pages.parts.panels import panel
from pages.parts.view import current_view

view = current_view()
with panel("Scale up, down, or hold", "Are there too few machines, too many, or enough?"):
    show_recommendation(view)
with panel("Growth against the plan", "Do we grow as expected, and when is the next line reached?"):
    show_growth(view)
with panel("What gives way first", "If it goes on so, which trigger fires first, where and when?"):
    show_first(view)
with panel("What one costs", "How much of each resource does one request take?"):
    show_costs(view)
with panel("Budgets at more traffic", "What is left of the month at 2, 5 and 10 times as much?"):
    show_load(view)
