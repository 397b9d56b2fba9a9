"""What the product's own words mean, each said once: pages show it, and the handbook lists it."""

from collections.abc import Mapping

TERMS: Mapping[str, str] = {
    "SLI": "the ratio itself: good over valid events, or seconds",
    "SLO, objective, promise": "an SLI with a target and a window",
    "good, valid": "valid is all that counts for a promise, good is what of it kept the promise",
    "target": "the share that must be good",
    "threshold": "the figure that a value must stay below, or above, to be good",
    "P50, P75, P95, P99": "the value that 50, 75, 95 or 99 of 100 stay at or below",
    "median": "the middle one: half are above it, half below",
    "error budget": "what may be bad before the target is missed, in events or in seconds",
    "allocation": "the fixed number that a month's budget is, whatever its traffic",
    "burn rate": "how fast a budget goes: 1× spends all of it in its window, 10× in a tenth of it",
    "headroom": "a budget's figures for an objective that was given none; nobody is paged for it",
    "rolling, calendar": "the last days up to now, out of which failures age; or the month, which "
    "starts afresh on its first day",
    "budget policy": "what is allowed while over half of a budget is left (healthy), less (low), "
    "or almost nothing (exhausted)",
    "P10, P50, P90 of a date": "an early, a middle and a late one: about four times in five a "
    "budget runs out between the early and the late",
    "measured, corrected": "as logged; or without the spans that somebody approved to leave out",
    "window": "how far back an objective looks: 7d, 30d",
    "journey": "something that people set out to do: generate a song, load a project",
    "funnel": "the steps of a journey, and how many get as far as each",
    "stale": "nothing was heard of a journey for longer than usual: how it is, nobody knows",
    "FCP, LCP, FID, CLS": "when a page first shows something, when most of it is there, how long "
    "it takes to answer, and how much it jumps",
    "P1, P2, P3": "how grave an incident or an alert is, P1 the gravest; no percentile",
    "episode": "a run of minutes in which an alert fires",
    "precision": "of all episodes, the part that was about an incident",
    "postmortem": "what was learned from an incident, and what is to be done",
    "finding": "a sentence that a review's figures show, with the figures that it rests on",
    "lock": "what keeps a finished review's figures as they were",
    "interval": "from where to where a figure may well lie, given how little it rests on",
    "rank correlation": "how far one figure is higher on days on which another is: 1 always, 0 not "
    "at all, −1 the other way round",
    "coverage": "the observed part of a time; unobserved seconds are neither up nor down",
    "quarantine": "lines of a file that could not be read, kept apart with the reason",
    "MAU": "monthly active users: people who came at least once in a month",
    "vCPU hour": "one virtual processor at work for an hour",
    "assumption": "a value that the document does not give, with the reason for it",
}
"""The meaning of each word, in plain ones, from the first that a reader needs on."""
