"""A change as people write it: its parts are read, or one sentence says what is wrong with it."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Protocol

from slo_core.catalog import Catalog, Journey, Objective, Success
from slo_core.errors import SloError
from slo_core.moments import iso, parse_moment
from slo_core.text import clock


class Kind(Protocol):
    """A kind of change: the word that writes it, and an example of it as a whole."""

    kind: str
    example: str


def wrong(kind: Kind, text: str, why: str) -> SloError:
    """The sentence that refuses a change: what was written, why it will not do, an example."""
    return SloError(
        f'what-if {kind.kind} is "{text}": {why.rstrip(".")}; write it like {kind.example}.'
    )


def read_pair(kind: Kind, text: str, part: str | None = None) -> tuple[str, str]:
    """The name and the value of ``name=value``, the text's own or a part of it."""
    name, equals, value = (text if part is None else part).partition("=")
    if not (equals and name.strip() and value.strip()):
        raise wrong(kind, text, "expected a name, = and a value")
    return name.strip(), value.strip()


def read_since(kind: Kind, text: str) -> tuple[str, datetime | None]:
    """What stands before ``@``, and the moment after it; None without one."""
    value, at, moment = text.partition("@")
    return value.strip(), read_moment(kind, text, moment) if at else None


def read_moment(kind: Kind, text: str, moment: str) -> datetime:
    """A moment in UTC."""
    try:
        return parse_moment(moment)
    except SloError:
        raise wrong(kind, text, f'"{moment}" is no moment in UTC') from None


def _known(kind: Kind, text: str, look: Callable[[], Journey | tuple[Journey, Objective]]) -> None:
    try:
        look()
    except SloError as error:
        raise wrong(kind, text, str(error)) from None


def read_journey(kind: Kind, text: str, name: str, catalog: Catalog) -> Journey:
    """A journey of the catalogue by its id."""
    _known(kind, text, lambda: catalog.journey(name))
    return catalog.journey(name)


def read_requests(kind: Kind, text: str, name: str, catalog: Catalog) -> Journey:
    """A journey that has an objective on its failures."""
    journey = read_journey(kind, text, name, catalog)
    if not any(isinstance(it.indicator, Success) for it in journey.objectives):
        ids = ", ".join(f"{name}.{it.id}" for it in journey.objectives)
        raise wrong(kind, text, f"{name} has no objective on failed requests, but {ids}")
    return journey


def read_objective(kind: Kind, text: str, name: str, catalog: Catalog) -> tuple[Journey, Objective]:
    """An objective of the catalogue, written ``journey.objective``."""
    of, _, objective = name.partition(".")
    read_journey(kind, text, of, catalog)
    _known(kind, text, lambda: (catalog.journey(of), catalog.objective(of, objective)))
    return catalog.journey(of), catalog.objective(of, objective)


def read_incident(kind: Kind, text: str, name: str) -> str:
    """The id of an incident."""
    if not re.fullmatch(r"[\w.-]{1,80}", name.strip()):
        raise wrong(kind, text, "expected the id of an incident in the register")
    return name.strip()


def read_number(text: str, kind: Kind, whole: str) -> float:
    """A finite number; ``whole`` is the change that it is a part of."""
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        raise wrong(kind, whole, f'"{text}" is no number') from None
    if not found.is_finite():
        raise wrong(kind, whole, f'"{text}" is no number')
    return float(found)


def read_share(text: str, kind: Kind, whole: str) -> float:
    """A share from 0 to 1, written in percent."""
    if not text.strip().endswith("%"):
        raise wrong(kind, whole, f'"{text.strip()}" is no share in percent')
    number = text.strip().removesuffix("%")
    percentage = read_number(number, kind, whole)
    if not 0 <= percentage <= 100:
        raise wrong(kind, whole, "a share is 0 % to 100 %")
    return float(Decimal(number.strip()) / 100)


def plain(number: float) -> str:
    """A number as people write it, without an exponent."""
    return f"{Decimal(repr(number)).normalize():f}"


def percentage(share: float) -> str:
    """A share in percent, as it is written in a change."""
    return f"{(Decimal(repr(share)) * 100).normalize():f}%"


def at_words(since: datetime | None) -> str:
    """A moment as a change ends with it; empty for the look's own."""
    return f"@{iso(since)}" if since else ""


def from_words(since: datetime | None) -> str:
    """The same in words."""
    return f" from {clock(since)} on" if since else ""


def name_of(catalog: Catalog, journey: str, objective: str) -> str:
    """An objective's name after its journey's."""
    return f"{catalog.journey(journey).name}: {catalog.objective(journey, objective).name}"
