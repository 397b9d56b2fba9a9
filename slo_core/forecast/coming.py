"""What will be otherwise in the coming hours than in the past that is replayed: for what-ifs."""

from dataclasses import dataclass

import numpy as np

from slo_core.forecast.futures import Floats, Futures


@dataclass(frozen=True)
class Coming:
    """Changes of the hours to come, one number for each hour of the horizon.

    Of an hour that would see so many failures of so many events, ``traffic`` × (``failing`` ×
    failures + ``added`` × events) fail of ``traffic`` × events, but never more than all.
    """

    traffic: Floats
    failing: Floats
    added: Floats
    replayed: tuple[Floats, Floats] | None = None
    """Failures and events of the hours that will come, where one future alone is looked at."""

    @property
    def is_neutral(self) -> bool:
        """Whether the hours stay as they are."""
        same = bool((self.traffic == 1).all() and (self.failing == 1).all())
        return self.replayed is None and same and not self.added.any()

    def applied(self, found: Futures) -> Futures:
        """The same futures under these changes."""
        if self.is_neutral:
            return found
        events = np.diff(found.valid, prepend=0.0)
        failures = np.diff(found.bad, axis=1, prepend=0.0)
        weights, mean = found.weights, np.diff(found.mean, prepend=0.0)
        if self.replayed is not None:
            failures, events = self.replayed[0][None, :], self.replayed[1]
            weights, mean = np.ones(1), self.replayed[0]
        bad, mean = (self._failing(it, events) for it in (failures, mean[None, :]))
        return Futures(bad, np.cumsum(self.traffic * events), weights, mean[0])

    def _failing(self, failures: Floats, events: Floats) -> Floats:
        """What fails up to the end of each hour, a row for each future."""
        valid = self.traffic * events
        bad = failures * (self.traffic * self.failing)
        bad += self.added * valid
        # A history may have more failures than events (it is reported elsewhere); no change adds.
        np.minimum(bad, np.maximum(valid, self.traffic * failures), out=bad)
        return np.cumsum(bad, axis=1, out=bad)
