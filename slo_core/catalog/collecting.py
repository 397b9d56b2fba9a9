"""What the collector makes of requests that name no journey: routes, and who is not a user."""

import re
from functools import cached_property
from typing import Literal

from slo_core.catalog.base import Assumed, Id, Model, Text

Source = Literal["client", "server"]
"""Who tells of a request: the browser that made it, or the server that answered it."""


class PathRule(Model):
    """Requests to some paths, and the journey that they belong to.

    In ``path`` a ``*`` stands for one part (``/api/songs/*``), ``**`` for any number of them.
    """

    path: Text
    methods: tuple[Text, ...] = ()
    """Only requests of these methods; none given, of any."""
    source: Source | None = None
    """Only requests that this source tells of; None for both."""
    journey: Id | None = None
    """The journey; None for what is nobody's request and is left out, such as health checks."""
    step: Text | None = None

    def fits(self, path: str, method: str | None, source: str | None) -> bool:
        """Whether a request is one of these; ``path`` has neither host nor query."""
        if self.source and source != self.source:
            return False
        if self.methods and (method or "").upper() not in self.methods:
            return False
        return self._pattern.fullmatch(path.rstrip("/") or "/") is not None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        words = {"/**": "(?:/.*)?", "**": ".*", "*": "[^/]*"}
        parts = re.split(r"(/\*\*|\*\*|\*)", self.path.rstrip("/") or "/")
        return re.compile("".join(words.get(part, re.escape(part)) for part in parts), re.DOTALL)


class Collecting(Model):
    """How events that arrive over HTTP are read, beside what `Instrument` says of their shapes."""

    routes: Assumed[tuple[PathRule, ...]] = Assumed(value=())
    """For requests that name no journey; the first that fits counts."""
    hash_ids: bool = False
    """Whether session and user ids are hashed with a salt before anything is stored."""

    def route(self, path: str, method: str | None, source: str | None) -> PathRule | None:
        """The first route that a request fits, None where it fits none."""
        return next((r for r in self.routes.value if r.fits(path, method, source)), None)
