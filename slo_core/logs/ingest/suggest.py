"""Which journey a route may belong to, by the words that both are made of."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd

from slo_core.catalog import Catalog

_SHORTEST = 4


def unmapped(reports: Sequence[dict[str, Any]], catalog: Catalog) -> pd.DataFrame:
    """Routes to which no mapping gave a journey, over all that is in, the most frequent first.

    Columns ``method, path, requests, suggestion``; the suggestion is a journey's id, or None.
    """
    routes: Counter[tuple[str, str]] = Counter()
    for report in reports:
        for route in report["unmapped"]:
            routes[route["method"], route["path"]] += route["requests"]
    return pd.DataFrame(
        [
            {
                "method": method,
                "path": path,
                "requests": requests,
                "suggestion": suggested(path, catalog),
            }
            for (method, path), requests in routes.most_common()
        ],
        columns=["method", "path", "requests", "suggestion"],
    )


def suggested(path: str, catalog: Catalog) -> str | None:
    """The journey whose id and name share most words with a path; None where none shares any."""
    words = {_stem(word) for word in _words(path)}
    scores = {
        journey.id: len(words & {_stem(word) for word in _words(f"{journey.id} {journey.name}")})
        for journey in catalog.journeys
    }
    best = max(scores, key=lambda journey: scores[journey], default=None)
    return best if best and scores[best] else None


def mapping_lines(routes: pd.DataFrame) -> str:
    """The lines of a mapping that gives routes to suggested journeys, for a person to check."""
    lines = ["journeys:", "  routes:"]
    for route in routes[routes["suggestion"].notna()].itertuples():
        pattern = "^" + re.escape(str(route.path)).replace("/:id", "/[^/]+") + "$"
        pattern = pattern.replace("\\-", "-")
        method = f", method: {route.method}" if route.method else ""
        lines.append(f"    - {{journey: {route.suggestion}, path: '{pattern}'{method}}}")
    return "\n".join(lines) if len(lines) > 2 else ""


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[^a-z]+", text.lower()) if len(word) >= _SHORTEST]


def _stem(word: str) -> str:
    """A word without what English puts at its end: songs, song; publishing, publish."""
    for end in ("ation", "ing", "back", "ed", "es", "s"):
        if word.endswith(end) and len(word) - len(end) >= _SHORTEST - 1:
            return word.removesuffix(end)
    return word
