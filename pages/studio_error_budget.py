"""Error budget: how fast it burns, what is left, where it went (the document's third dashboard)."""

from datetime import timedelta

import pandas as pd
import streamlit as st

from pages.parts.burn import show_burn, show_exhaustion, show_hourly
from pages.parts.choice import choose
from pages.parts.downloads import csv_button
from pages.parts.health import standings_of
from pages.parts.panels import chart, panel
from pages.parts.spending import hours_of, impact_of, marks_since, services_of
from pages.parts.view import current_view
from slo_core.budget.consumption import calendar_remaining, daily_spent, months, rolling_remaining
from slo_core.budget.standing import risk_window, straight_line
from slo_core.durations import parse_duration
from slo_core.figures.budget import (
    burn_down_figure,
    calendar_figure,
    remaining_figure,
    waterfall_figure,
)
from slo_core.figures.text import budget_left, clock, count, duration, percent
from slo_core.figures.theme import STATES
from slo_core.sli.windows import calendar_month, month_seconds

view = current_view()
services = services_of(view)
if not services:
    st.info("The catalogue gives no service an error budget.", icon=":material/inbox:")
    st.stop()

names = {service.budget.service: service.journey.name for service in services}
wanted = st.query_params.get("service", "")
chosen = wanted if wanted in names else next(iter(names))
choose("Service", names, chosen, name="service")
service = next(service for service in services if service.budget.service == chosen)
unit = service.budget.unit
window = service.budget.policy_window
length = parse_duration(window)

with panel("Burn rate, current against target", "How fast do budgets burn, over which time?"):
    show_burn(view, services)
    show_hourly(view, service)

with panel("Budget remaining by service", "What is left of every objective's budget?"):
    found = standings_of(view)
    order = {journey.id: number for number, journey in enumerate(view.catalog.journeys)}
    rows = found.sort_values("journey", key=lambda ids: ids.map(order), kind="stable")
    bars = pd.DataFrame(
        {
            "label": rows["journey_name"] + ": " + rows["name"],
            "left": rows["remaining_ratio"],
            "told": [
                budget_left(left, allowed, "events")
                for left, allowed in zip(rows["remaining"], rows["allowed"], strict=True)
            ],
            "role": [STATES[verdict].role for verdict in rows["verdict"]],
        }
    )
    spent = rows[rows["remaining_ratio"] < 0]
    alt = f"{len(spent)} of {len(rows)} objectives have overspent their budget"
    chart(remaining_figure(bars, view.colours), view.colours, alt=alt, name="budget_remaining")
    st.caption(
        f"{alt}: {', '.join(spent['journey_name'] + ' ' + spent['name']) or 'none'}. Each over its "
        "own window; for objectives without a budget of the document's it is headroom."
    )
    csv_button(rows[["journey", "objective", "window", "allowed", "consumed", "remaining"]], "left")

with panel("Historical consumption", f"Where did the budget of {names[chosen]} go, and when?"):
    month = calendar_month(view.at)
    basis = st.segmented_control(
        "Budget",
        ["Rolling", "Calendar"],
        default="Rolling",
        required=True,
        key="basis",
        bind="query-params",
    )
    start = view.at - 2 * length
    hours = hours_of(view, service, min(start, month.start))
    allocation = service.budget.allocation_on(month.start.date())
    allowed = allocation.allowed_in(month_seconds(month))
    if not hours["valid"].notna().any():
        st.info(f"No data of {names[chosen]} in the {window} before.", icon=":material/inbox:")
    else:
        burn = service.burn[risk_window(view.catalog.rules)]
        if basis == "Rolling":
            left = rolling_remaining(hours, length, service.objective.error_rate)
            left = left[left["at"] > view.at - length]
            last = service.stated["policy_remaining_ratio"]
            lasts = straight_line(last, burn, length)
            pace = None
            told = (
                f"Rolling: bad events of the {window} before each hour, over what that time's "
                "traffic allows. It starts where the time before left it, and climbs as old "
                "failures age out."
            )
        else:
            left = calendar_remaining(hours, month, allowed, view.at)
            last = service.stated["remaining_ratio"]
            whole = timedelta(seconds=month_seconds(month))
            lasts = straight_line(last, burn, whole)
            pace = (month.start, month.start + whole)
            told = (
                f"Calendar: {month.name} against the document's fixed allocation of "
                f"{duration(allowed) if unit == 'seconds' else count(allowed) + ' ' + unit}; it "
                "never climbs, whatever the traffic."
            )
        soon = lasts if lasts and timedelta(0) < lasts < length else None
        figure = burn_down_figure(
            left,
            view.catalog.policy,
            marks_since(view, service, left["at"].iloc[0].to_pydatetime()),
            view.colours,
            pace=pace,
            ends_at=view.at + soon if soon else None,
            at=view.at,
        )
        alt = f"{names[chosen]}: {percent(last, digits=1)} left, {basis.lower()}"
        chart(figure, view.colours, alt=alt, name="burn_down")
        st.caption(told)
        days = daily_spent(hours[hours["at"] >= pd.Timestamp(start)], allowed)
        worst = days.loc[days["share"].idxmax()]
        dearest = percent(worst["share"], digits=1)
        alt = f"{worst['date']:%d %b} cost most: {dearest} of a month's budget"
        chart(calendar_figure(days, view.colours), view.colours, alt=alt, name="budget_calendar")
        st.caption(f"Each day's part of a month's allocation; {alt}. ○ is a day without data.")
        csv_button(days, "budget_by_day")
        by_month = months(hours, service.budget)
        st.dataframe(
            by_month,
            hide_index=True,
            column_config={
                "month": st.column_config.TextColumn("Month"),
                "bad": st.column_config.NumberColumn(f"Spent ({unit})", format="localized"),
                "allowed": st.column_config.NumberColumn(f"Allowed ({unit})", format="localized"),
                "share": st.column_config.NumberColumn("Share", format="percent"),
            },
            alt="Months side by side: what each spent of its allocation",
        )
        st.caption(f"The first month is counted from {clock(hours['at'].iloc[0])} on.")

with panel("Incident impact on budget", "Which incidents took it, and how much was usual?"):
    impact = impact_of(view, service)
    good_valid = service.stated["rolling"]
    if not good_valid["allowed"]:
        st.info(f"No data of {names[chosen]} in the {window} before.", icon=":material/inbox:")
    else:
        figure = waterfall_figure(impact, good_valid["allowed"], unit, view.colours)
        first = impact.iloc[0]
        share = percent(first["bad"] / good_valid["allowed"], digits=1)
        alt = f"{first['title']} took {share} of the budget of {names[chosen]}"
        chart(figure, view.colours, alt=alt, name="incident_impact")
        st.caption(
            f"{alt}. Rolling {window}; a minute of several incidents is split between them, so the "
            "steps add up to what was consumed. Excess is what came over the median of that hour."
        )
        csv_button(impact, "incident_impact")
        st.dataframe(
            impact.assign(share=impact["bad"] / good_valid["allowed"]),
            hide_index=True,
            column_config={
                "title": st.column_config.TextColumn("Incident"),
                "bad": st.column_config.NumberColumn(f"Took ({unit})", format="%.0f"),
                "excess": st.column_config.NumberColumn(f"Over the usual ({unit})", format="%.0f"),
                "share": st.column_config.NumberColumn("Of the budget", format="percent"),
            },
            alt="What each incident took of the budget",
        )

with panel("Projected exhaustion", "When does each budget run out, if it burns on like this?"):
    show_exhaustion(view, services)
