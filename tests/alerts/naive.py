"""The document's alerts, minute by minute, in plain Python over raw rows: what evaluation must say.

Written from the document and DESIGN 2.2 alone: each alert is a function of a moment, in fractions.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from tests import oracle

MINUTE = timedelta(minutes=1)
Row = dict[str, Any]

BUDGETS = {
    "song_generation": (Fraction("0.005"), 30),
    "project_loading": (Fraction("0.001"), 30),
    "audio_playback": (Fraction("0.001"), 7),
}
"""What may fail of the document's three budgets in requests, and the objective's days."""

P95_MS = {
    "song_generation": 30_000,
    "project_loading": 5_000,
    "audio_export": 15_000,
    "publishing": 300_000,
    "api": 1_000,
}
P99_MS = {"song_generation": 45_000, "project_loading": 10_000}


class Naive:
    """All that the document's alerts and triggers ask, of some tables at any moment."""

    def __init__(self, tables: dict[str, list[Row]], catalog: Any) -> None:
        self.catalog = catalog
        self.judged = oracle.judged_requests(tables, catalog)
        self.probes = oracle.counted_rows(tables, "probes", catalog)
        self.requests = {
            name: _Line([(it.ts, it) for it in rows]) for name, rows in self.judged.items()
        }
        self.values = {
            metric: _Line(
                [(row["ts"], row["value"]) for row in tables["measurements"] if _is(row, metric)]
            )
            for metric in ("sync_ms", "buffering_ms")
        }
        self.samples = tables["resources"]

    # --- Quantities ------------------------------------------------------------------------

    def counts(self, journey: str, at: datetime, minutes: int) -> tuple[int, int]:
        """Failed and valid requests."""
        rows = self.requests[journey].within(at - minutes * MINUTE, at)
        valid = [it for it in rows if it.verdict != "excluded"]
        return sum(it.verdict == "failed" for it in valid), len(valid)

    def rate_above(self, journey: str, at: datetime, minutes: int, percent: int) -> bool:
        """Whether the failure rate is above; it needs 10 valid requests and 3 failures."""
        failed, valid = self.counts(journey, at, minutes)
        return valid >= 10 and failed >= 3 and Fraction(failed, valid) > Fraction(percent, 100)

    def durations(self, journey: str, at: datetime, minutes: int, step: str | None) -> list[float]:
        """Durations of good requests, and timeouts as endless ones."""
        found = []
        for it in self.requests[journey].within(at - minutes * MINUTE, at):
            if step is not None and it.row.get("step") != step:
                continue
            if it.reason == "timeout" and it.verdict == "failed":
                found.append(math.inf)
            elif it.verdict == "good" and it.row.get("duration_ms") is not None:
                found.append(it.row["duration_ms"])
        return found

    def uptime(self, at: datetime, minutes: int) -> tuple[int, int]:
        """Seconds down and observed of the API, as they are known at the moment."""
        scope = self.catalog.scope("api")
        states = oracle.slice_states(
            scope, self.catalog.rules.availability, self.judged, self.probes, at
        )
        first, last = oracle.slice_of(at - minutes * MINUTE), oracle.slice_of(at)
        inside = [up for number, up in states.items() if first <= number < last]
        return 10 * (len(inside) - sum(inside)), 10 * len(inside)

    def burns(self, journey: str, at: datetime, factor: Fraction, minutes: int = 60) -> bool:
        """Whether a budget burns faster than so many times; requests need enough of them."""
        if journey == "api":
            bad, valid = self.uptime(at, minutes)
            return valid > 0 and Fraction(bad, valid) > factor * Fraction("0.001")
        failed, valid = self.counts(journey, at, minutes)
        rate = BUDGETS[journey][0]
        return valid >= 10 and failed >= 3 and Fraction(failed, valid) > factor * rate

    def is_nearly_spent(self, journey: str, at: datetime) -> bool:
        """Whether under 30 % of the rolling budget is left."""
        if journey == "api":
            bad, valid = self.uptime(at, 30 * 1440)
            allowed = Fraction("0.001") * valid
        else:
            rate, days = BUDGETS[journey]
            bad, valid = self.counts(journey, at, days * 1440)
            allowed = rate * valid
        return valid > 0 and (allowed - bad) / allowed < Fraction(30, 100)

    def hosts(self, metric: str, at: datetime, minutes: int | None) -> list[Fraction]:
        """Each host's mean, or its last sample; one a minute is expected."""
        found = []
        for host in {row["host"] for row in self.samples if row["metric"] == metric}:
            own = [
                (row["ts"], Fraction(str(row["value"])))
                for row in self.samples
                if (row["host"], row["metric"]) == (host, metric) and row["ts"] < at
            ]
            inside = [value for ts, value in own if ts >= at - (minutes or 10) * MINUTE]
            if minutes is None and inside:
                found.append(max(own)[1])
            elif minutes and 10 * len(inside) >= 8 * minutes:
                found.append(sum(inside, Fraction(0)) / len(inside))
        return found

    # --- Alerts ----------------------------------------------------------------------------

    def alerts(self) -> dict[tuple[str, str | None], Callable[[datetime], bool]]:
        """Each alert and trigger by its id and journey, as whether it fires at a moment."""
        found: dict[tuple[str, str | None], Callable[[datetime], bool]] = {
            ("StudioSongGenerationFailureSpike", "song_generation"): lambda at: (
                self.rate_above("song_generation", at, 5, 5)
                or self.counts("song_generation", at, 10)[0] > 50
            ),
            ("StudioAPIAvailabilityDrop", "api"): lambda at: (
                self._is_down(at) or self.rate_above("api", at, 3, 5)
            ),
            ("StudioAudioPlaybackFailures", "audio_playback"): lambda at: (
                self.rate_above("audio_playback", at, 5, 2)
                or above(self._measured("buffering_ms", at, 10), 95, 2_000)
            ),
            ("StudioExportFailures", "audio_export"): lambda at: self.rate_above(
                "audio_export", at, 15, 2
            ),
            ("StudioSongGenerationSlow", "song_generation"): lambda at: above(
                self.durations("song_generation", at, 30, None), 50, 20_000
            ),
            ("StudioLatencyDegradation", "collaboration"): lambda at: above(
                self._measured("sync_ms", at, 10), 95, 1_000
            ),
            ("cpu_high", None): lambda at: any(it > 70 for it in self.hosts("cpu_percent", at, 15)),
            ("disk_high", None): lambda at: any(
                it > 85 for it in self.hosts("disk_percent", at, None)
            ),
            ("cpu_low", None): lambda at: any(it < 30 for it in self.hosts("cpu_percent", at, 60)),
            ("memory_high", None): lambda at: any(
                it > 80 for it in self.hosts("memory_percent", at, 10)
            ),
            ("memory_low", None): lambda at: any(
                it < 40 for it in self.hosts("memory_percent", at, 60)
            ),
            ("api_slow", "api"): lambda at: above(self.durations("api", at, 10, None), 95, 1_500),
            ("api_fast", "api"): lambda at: below(self.durations("api", at, 60, None), 95, 500),
        }
        for journey in P95_MS:
            found["StudioLatencyDegradation", journey] = self._slow(journey)
        for journey in (*BUDGETS, "api"):
            found["StudioErrorBudgetBurnRateHigh", journey] = self._burning(journey)
            found["StudioErrorBudgetWarning", journey] = self._spending(journey)
        return found

    def _is_down(self, at: datetime) -> bool:
        down, observed = self.uptime(at, 5)
        return observed > 0 and 1 - Fraction(down, observed) < Fraction("0.995")

    def _measured(self, metric: str, at: datetime, minutes: int) -> list[float]:
        return self.values[metric].within(at - minutes * MINUTE, at)

    def _slow(self, journey: str) -> Callable[[datetime], bool]:
        step = "publish" if journey == "publishing" else None
        p99 = P99_MS.get(journey)
        return lambda at: (
            above(self.durations(journey, at, 10, step), 95, 2 * P95_MS[journey])
            or (p99 is not None and above(self.durations(journey, at, 5, step), 99, 3 * p99))
        )

    def _burning(self, journey: str) -> Callable[[datetime], bool]:
        return lambda at: self.burns(journey, at, Fraction(5))

    def _spending(self, journey: str) -> Callable[[datetime], bool]:
        return lambda at: self.is_nearly_spent(journey, at)


class _Line:
    """Things by time."""

    def __init__(self, pairs: Sequence[tuple[datetime, Any]]) -> None:
        ordered = sorted(pairs, key=lambda pair: pair[0])
        self.moments = [ts for ts, _ in ordered]
        self.things = [thing for _, thing in ordered]

    def within(self, start: datetime, end: datetime) -> list[Any]:
        """Those of ``[start, end)``."""
        return self.things[bisect_left(self.moments, start) : bisect_left(self.moments, end)]


def percentile(values: Sequence[float], percent: int) -> float:
    """Nearest rank: the smallest value that so many percent are at or below."""
    rank = -(-percent * len(values) // 100)
    return sorted(values)[rank - 1]


def above(values: Sequence[float], percent: int, limit: float) -> bool:
    """Whether there is a percentile, and it is above."""
    return bool(values) and percentile(values, percent) > limit


def below(values: Sequence[float], percent: int, limit: float) -> bool:
    """Whether there is a percentile, and it is below."""
    return bool(values) and percentile(values, percent) < limit


def _is(row: Row, metric: str) -> bool:
    return bool(row["metric"] == metric)
