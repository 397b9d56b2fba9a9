"""The panels of burn: rates on one scale, failures by hour, and the straight line onwards."""

from datetime import timedelta

import pandas as pd
import streamlit as st

from pages.parts.downloads import csv_button
from pages.parts.panels import chart
from pages.parts.spending import Service, hours_of, marks_since
from pages.parts.view import View
from slo_core.alerts.conditions import comparisons
from slo_core.budget.standing import risk_window, straight_line
from slo_core.durations import parse_duration
from slo_core.figures import html
from slo_core.figures.budget import burn_figure, hourly_figure
from slo_core.figures.text import budget_left, clock, duration, factor, percent


def alert_burn(view: View) -> tuple[float, str] | None:
    """The burn rate at which the catalogue's own alert fires, and its words; None without one."""
    for alert in view.catalog.alerts:
        for comparison in comparisons(alert.parsed):
            if comparison.relative == "normal":
                return float(comparison.value), comparison.text
    return None


def show_burn(view: View, services: list[Service]) -> None:
    """Every service's burn rates on one scale, and as a table with the time that is left."""
    alert = alert_burn(view)
    window = services[0].budget.policy_window
    rows = [{"name": service.journey.name, "burn": service.burn} for service in services]
    short, long = next(iter(services[0].burn)), risk_window(view.catalog.rules)
    fastest = max(services, key=lambda service: service.burn[long] or 0)
    alt = f"{fastest.journey.name} burns fastest: {factor(fastest.burn[long])} over {long}"
    chart(
        burn_figure(rows, window, alert[0] if alert else None, view.colours),
        view.colours,
        alt=alt,
        name="burn_rates",
    )
    words = f" The alert in the document's words: {alert[1]}." if alert else ""
    st.caption(f"{alt}. 1× spends exactly the whole budget in its window.{words}")
    table = []
    for service in services:
        burn = service.burn[short]
        fires = burn is not None and alert is not None and burn > alert[0]
        state = "no data" if burn is None else "✕ over the alert" if fires else "✓ below the alert"
        table.append(
            [
                html.text(service.journey.name),
                html.number(factor(burn)),
                html.number(factor(service.burn[long])),
                html.number(f"{alert[0]:g}×" if alert else "none"),
                html.text(state),
                html.text(_lasts(service, long)),
            ]
        )
    headers = (
        *("Service", f"Burn {short}", f"Burn {long}", "Alert above"),
        *("State", f"Lasts, at the {long} burn"),
    )
    st.html(html.table(headers, table, view.colours, caption="Burn rates of the services"))
    frame = pd.DataFrame([{"service": s.budget.service, **s.burn} for s in services])
    csv_button(frame, "burn_rates")


def show_hourly(view: View, service: Service) -> None:
    """Bad events by hour with the document's levels."""
    hours = hours_of(view, service, view.at - view.length)
    levels = service.budget.allocation_on(view.at.date()).hourly
    if not hours["valid"].notna().any():
        st.info(f"No data of {service.journey.name} in this range.", icon=":material/inbox:")
        return
    found = [levels.level(bad) for bad in hours["bad"].dropna()]
    critical, warning = found.count("critical"), found.count("warning")
    unit = service.budget.unit
    alt = (
        f"{service.journey.name}: of {len(found)} hours with data {critical} were critical and "
        f"{warning} warning"
    )
    marks = marks_since(view, service, view.at - view.length)
    chart(
        hourly_figure(hours, levels, unit, marks, view.colours),
        view.colours,
        alt=alt,
        name="failures_by_hour",
    )
    words = "; ".join(levels.document)
    st.caption(f"{alt}. {words}.")
    csv_button(hours, "failures_by_hour")


def show_exhaustion(view: View, services: list[Service]) -> None:
    """When each budget ends on the straight line at the current burn, and that it is only that."""
    long = risk_window(view.catalog.rules)
    rows = []
    for service in services:
        stated = service.stated
        rows.append(
            [
                html.text(service.journey.name),
                html.text(
                    budget_left(
                        stated["rolling"]["remaining"],
                        stated["rolling"]["allowed"],
                        service.budget.unit,
                    )
                ),
                html.number(percent(stated["policy_remaining_ratio"], digits=1)),
                html.number(factor(service.burn[long])),
                html.text(_date(view, service, long)),
            ]
        )
    headers = ("Service", "Left, rolling", "Share", f"Burn {long}", "Straight line reaches zero")
    st.html(html.table(headers, rows, view.colours, caption="Where the straight line ends"))
    st.caption(
        f"A straight line at the burn of the last {long}, from what is left now: no forecast. It "
        "knows no rhythm of day and week, and leaves aside that old failures age out of a rolling "
        "window."
    )


def _lasting(service: Service, window: str) -> timedelta | None:
    ratio = service.stated["policy_remaining_ratio"]
    length = parse_duration(service.budget.policy_window)
    return straight_line(ratio, service.burn[window], length)


def _lasts(service: Service, window: str) -> str:
    """How long the budget lasts, in words."""
    if service.burn[window] is None or service.stated["policy_remaining_ratio"] is None:
        return "no data"
    lasting = _lasting(service, window)
    if lasting is None:
        return "never: nothing burns"
    return "spent already" if lasting <= timedelta(0) else duration(lasting.total_seconds())


def _date(view: View, service: Service, window: str) -> str:
    lasting = _lasting(service, window)
    words = _lasts(service, window)
    if lasting is None or lasting <= timedelta(0):
        return words
    if lasting > timedelta(days=365):
        return "not within a year"
    return f"{clock((view.at + lasting).replace(second=0, microsecond=0))}, in {words}"
