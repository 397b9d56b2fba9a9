"""A scenario: a changed world as one line of text, so that it fits into an address.

Scenario.parse("traffic:2@2025-04-01; failure-rate:song_generation=+0.3%", catalog)
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from slo_core.catalog import Catalog
from slo_core.errors import SloError
from slo_core.whatif.changed_numbers import Target, Threshold
from slo_core.whatif.changes import KINDS, Change

_MOST = 30


@dataclass(frozen=True)
class Scenario:
    """What is otherwise than in reality; nothing where there are no changes."""

    changes: tuple[Change, ...] = ()

    @classmethod
    def parse(cls, text: str, catalog: Catalog) -> "Scenario":
        """Read ``kind:value; kind:value``. Raises SloError with one sentence."""
        changes = []
        for part in filter(None, map(str.strip, text.split(";"))):
            kind, colon, value = part.partition(":")
            if not colon:
                raise SloError(
                    f'what-if has "{part}": expected kind:value, for example '
                    f"{next(iter(KINDS))}:{next(iter(KINDS.values())).example}."
                )
            changes.append(_change(kind.strip(), value, catalog))
        return cls._checked(changes)

    @classmethod
    def of(cls, values: Mapping[str, Iterable[str]], catalog: Catalog) -> "Scenario":
        """The values of each kind, as command line and files have them. Raises SloError."""
        return cls._checked(
            [_change(kind, value, catalog) for kind, found in values.items() for value in found]
        )

    @classmethod
    def read(cls, path: str | Path, catalog: Catalog) -> "Scenario":
        """Read a YAML file of kinds with a value or a list of values each. Raises SloError."""
        try:
            found = yaml.safe_load(Path(path).read_text("utf-8"))
        except OSError as error:
            raise SloError(f"{path}: cannot be read ({error.strerror}).") from None
        except (yaml.YAMLError, UnicodeDecodeError, ValueError):
            raise SloError(f"{path}: this is no YAML; write a kind and its value a line.") from None
        if not isinstance(found, dict):
            raise SloError(
                f"{path}: expected kinds of changes with their values, such as traffic: 2."
            )
        values = {str(kind): _listed(value) for kind, value in found.items()}
        try:
            return cls.of(values, catalog)
        except SloError as error:
            raise SloError(f"{path}: {error}") from None

    @classmethod
    def _checked(cls, changes: list[Change]) -> "Scenario":
        if len(changes) > _MOST:
            raise SloError(f"what-if has {len(changes)} changes: expected at most {_MOST}.")
        for kind in (Target, Threshold):
            names = [(it.journey, it.objective) for it in changes if isinstance(it, kind)]
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice:
                raise SloError(
                    f"what-if gives {'.'.join(twice)} two {kind.kind}s: keep one of them."
                )
        return cls(tuple(changes))

    def __add__(self, other: "Scenario") -> "Scenario":
        return self._checked([*self.changes, *other.changes])

    def __str__(self) -> str:
        return "; ".join(f"{it.kind}:{it}" for it in self.changes)

    def words(self, catalog: Catalog) -> str:
        """The scenario as a sentence."""
        if not self.changes:
            return "Nothing is changed."
        told = "; ".join(it.words(catalog) for it in self.changes)
        return f"What if {told}?"


def _change(kind: str, value: str, catalog: Catalog) -> Change:
    found = KINDS.get(kind)
    if found is None:
        raise SloError(f'what-if knows no change "{kind}"; expected one of: {", ".join(KINDS)}.')
    return found.parse(value.strip(), catalog)


def _listed(value: Any) -> list[str]:
    return [str(it) for it in value] if isinstance(value, list) else [str(value)]
