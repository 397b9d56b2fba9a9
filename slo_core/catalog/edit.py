"""One value of a catalogue's YAML changed, and everything else left as it was written.

A promise is changed from a day on: its new figure stands where the old one did, the old one moves
into `earlier`, and the catalogue's version and date go on. Comments, order and layout stay, because
the text itself is edited, at the places that the YAML parser names.
"""

import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import yaml

from slo_core.catalog.budgets import Allocation
from slo_core.catalog.load import parse_catalog
from slo_core.catalog.model import Catalog
from slo_core.catalog.objectives import Objective, Threshold
from slo_core.errors import SloError

_IN_MS = (1, 1000, 60_000, 3_600_000)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True)
class _Edit:
    """Characters ``[start, end)`` of the text, and what takes their place."""

    start: int
    end: int
    text: str


def with_promise(
    text: str,
    catalog: Catalog,
    key: tuple[str, str],
    day: date,
    *,
    target: float | None = None,
    threshold: float | None = None,
    per_platform: bool = False,
    name: str,
) -> tuple[str, Catalog]:
    """The text with another target, or another threshold, of one objective from a day on.

    With ``per_platform`` each platform must hold from then on.

    ``catalog`` is what the text says now; the answer has what it says then beside it. ``key`` are
    the ids of journey and objective; a month's fixed allocation follows its target from that day
    on. Raises SloError with one sentence where the text cannot be edited so.
    """
    old = catalog.objective(*key)
    new = _promise(old, target, threshold, per_platform)
    since = old.effective_from or _first_day(catalog)
    if day <= since:
        raise SloError(
            f"{name}: {'.'.join(key)} is promised as it is since {since}; a change must be of a "
            f"later day, found {day}."
        )
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)
    edits = [
        *_objective(text, _objective_node(root, key), old, new, since, day),
        *_head(root, catalog, day),
        *_allocation(text, root, catalog, key, new.error_rate / old.error_rate, day),
    ]
    edited = text
    for edit in sorted(edits, key=lambda it: it.start, reverse=True):
        edited = edited[: edit.start] + edit.text + edited[edit.end :]
    found = None
    try:
        found = parse_catalog(edited, name=name)
    except SloError as error:
        if "undefined alias" not in str(error):
            raise
    if found is None or not _is_alone(catalog, found, key):
        raise SloError(
            f"{name}: {'.'.join(key)} shares its value with others through an anchor (&, *): write "
            "it out, and try again."
        )
    return edited, found


def _first_day(catalog: Catalog) -> date:
    """Since when the catalogue speaks: its own date goes on with each change."""
    days = [catalog.effective_from]
    days += [it.effective_from for budget in catalog.budgets for it in budget.allocations]
    days += [it.effective_from for _, own in catalog.objectives for it in own.earlier]
    return min(days)


def _promise(
    old: Objective, target: float | None, threshold: float | None, per_platform: bool
) -> Objective:
    found = old
    if target is not None:
        found = found.model_copy(update={"target": target})
        if old.threshold is not None and old.threshold.unit == "ratio":
            own = Threshold(below=found.error_rate, unit="ratio")
            found = found.model_copy(update={"threshold": own})
    if threshold is not None:
        assert old.threshold is not None
        side = "below" if old.threshold.below is not None else "above"
        own = old.threshold.model_copy(update={side: threshold})
        found = found.model_copy(update={"threshold": own})
    if per_platform:
        said = f"{old.document} per platform"
        return found.model_copy(update={"per_platform": True, "document": said})
    return found.model_copy(update={"document": words_of(old, found)})


def words_of(old: Objective, new: Objective) -> str:
    """The promise in the document's words with the new figure in the place of the old one."""
    pairs = [(old.target * 100, new.target * 100)]
    pairs.append((old.error_rate * 100, new.error_rate * 100))
    if old.threshold is not None and new.threshold is not None and old.threshold.unit != "ratio":
        scales = _IN_MS if old.threshold.unit == "ms" else (1,)
        pairs = [(old.threshold.value / it, new.threshold.value / it) for it in scales]
        if old.target != new.target:
            pairs = [(old.target * 100, new.target * 100)]
    for match in _NUMBER.finditer(old.document):
        for before, after in pairs:
            if abs(float(match[0]) - before) < 1e-9 * max(1.0, before):
                start, end = match.span()
                return f"{old.document[:start]}{_number(after)}{old.document[end:]}"
    if new.threshold is not None and new.threshold.unit != "ratio":
        side = "<" if new.threshold.below is not None else ">"
        return f"{side} {_number(new.threshold.value)} {new.threshold.unit}"
    return f"{_number(new.target * 100)}%"


def _objective(
    text: str, node: yaml.MappingNode, old: Objective, new: Objective, since: date, day: date
) -> Iterator[_Edit]:
    yield from _scalar(node, "document", old.document, new.document)
    yield from _scalar(node, "target", old.target, new.target)
    if old.threshold != new.threshold:
        assert old.threshold is not None
        assert new.threshold is not None
        held = _value(node, "threshold")
        assert isinstance(held, yaml.MappingNode)
        side = "below" if old.threshold.below is not None else "above"
        yield from _scalar(held, side, old.threshold.value, new.threshold.value)
    split = old.per_platform != new.per_platform
    version = _flow(
        ("effective_from", since.isoformat()),
        ("document", json.dumps(old.document, ensure_ascii=False)),
        ("target", _number(old.target)),
        *((("threshold", _threshold(old.threshold)),) if old.threshold else ()),
        *((("per_platform", "false"),) if split else ()),
    )
    added = []
    if split and _value(node, "per_platform") is None:
        added.append(("per_platform", "true"))
    elif split:
        yield from _scalar(node, "per_platform", False, True)
    earlier = _value(node, "earlier")
    if isinstance(earlier, yaml.SequenceNode):
        yield from _scalar(node, "effective_from", old.effective_from, day)
        yield _appended(text, earlier, version)
    else:
        listed = f"[{version}]" if node.flow_style else f"\n  - {version}"
        added += [("effective_from", day.isoformat()), ("earlier", listed)]
    if added:
        yield _added(text, node, added)


def _head(root: yaml.MappingNode, catalog: Catalog, day: date) -> Iterator[_Edit]:
    yield from _scalar(root, "version", catalog.version, catalog.version + 1)
    if day > catalog.effective_from:
        yield from _scalar(root, "effective_from", catalog.effective_from, day)


def _allocation(
    text: str,
    root: yaml.MappingNode,
    catalog: Catalog,
    key: tuple[str, str],
    times: float,
    day: date,
) -> Iterator[_Edit]:
    """A month's allocation in proportion, from the same day on."""
    budget = catalog.budget(key[0])
    if budget is None or budget.objective != key[1] or abs(times - 1) < 1e-12:
        return
    last = budget.allocations[-1]
    if last.effective_from >= day:
        raise SloError(
            f"the budget of {key[0]} has an allocation from {last.effective_from} on already, "
            f"which is not before {day}: change it by hand."
        )
    nodes = _value(root, "budgets")
    assert isinstance(nodes, yaml.SequenceNode)
    own = next(it for it in nodes.value if _text(it, "service") == key[0])
    rows = _value(own, "allocations")
    assert isinstance(rows, yaml.SequenceNode)
    yield _appended(text, rows, _allocated(last, times, day))


def _allocated(last: Allocation, times: float, day: date) -> str:
    pairs = [("effective_from", day.isoformat())]
    if last.estimated_requests is not None:
        pairs.append(("estimated_requests", str(last.estimated_requests)))
    for name in ("allowed", "share_of_month"):
        amount = getattr(last, name)
        if amount is not None:
            pairs.append((name, _number(amount * times)))
    hourly = last.hourly
    levels = _flow(
        ("warning_from", _number(hourly.warning_from)),
        ("critical_above", _number(hourly.critical_above)),
    )
    return _flow(*pairs, ("hourly", levels))


def _is_alone(old: Catalog, new: Catalog, key: tuple[str, str]) -> bool:
    """Whether nothing else has changed: an anchor may stand for several values."""

    def rest(catalog: Catalog) -> dict[str, object]:
        found = catalog.model_dump(exclude={"version", "effective_from"})
        for journey in found["journeys"]:
            if journey["id"] == key[0]:
                journey["objectives"] = [it for it in journey["objectives"] if it["id"] != key[1]]
        for budget in found["budgets"]:
            if budget["service"] == key[0]:
                budget["allocations"] = budget["allocations"][: len(_allocations(old, key[0]))]
        return found

    return rest(old) == rest(new)


def _allocations(catalog: Catalog, service: str) -> Sequence[Allocation]:
    budget = catalog.budget(service)
    return budget.allocations if budget else ()


def _objective_node(root: yaml.MappingNode, key: tuple[str, str]) -> yaml.MappingNode:
    journeys = _value(root, "journeys")
    assert isinstance(journeys, yaml.SequenceNode)
    journey = next(it for it in journeys.value if _text(it, "id") == key[0])
    objectives = _value(journey, "objectives")
    assert isinstance(objectives, yaml.SequenceNode)
    found = next(it for it in objectives.value if _text(it, "id") == key[1])
    assert isinstance(found, yaml.MappingNode)
    return found


def _value(node: yaml.Node, key: str) -> yaml.Node | None:
    assert isinstance(node, yaml.MappingNode)
    return next((value for own, value in node.value if own.value == key), None)


def _column(node: yaml.MappingNode, key: str) -> int:
    column: int = next(own.start_mark.column for own, _ in node.value if own.value == key)
    return column


def _text(node: yaml.Node, key: str) -> str | None:
    found = _value(node, key)
    return str(found.value) if isinstance(found, yaml.ScalarNode) else None


def _scalar(node: yaml.Node, key: str, old: object, new: object) -> Iterator[_Edit]:
    """The value of a key replaced, where it is another one."""
    if old == new:
        return
    found = _value(node, key)
    assert found is not None
    words = json.dumps(new, ensure_ascii=False) if isinstance(new, str) else _number(new)
    if isinstance(new, str) and isinstance(found, yaml.ScalarNode) and found.style is None:
        # Plain words stay plain where YAML reads them as the same words.
        if yaml.safe_load(f"key: {new}\n") == {"key": new}:
            words = new
    yield _Edit(found.start_mark.index, found.end_mark.index, words)


def _added(text: str, node: yaml.MappingNode, pairs: Sequence[tuple[str, str]]) -> _Edit:
    """More keys of an objective, written as it is: at its end, or in lines below its target."""
    if node.flow_style:
        place = node.end_mark.index - 1
        return _Edit(place, place, "".join(f", {key}: {value}" for key, value in pairs))
    where, indent = _after(text, _value(node, "target")), " " * _column(node, "target")
    lines = "".join(f"{key}: {value}\n" for key, value in pairs).replace(": \n", ":\n")
    return _Edit(where, where, textwrap.indent(lines, indent))


def _appended(text: str, rows: yaml.SequenceNode, item: str) -> _Edit:
    """An item at the end of a list, written as the list is."""
    if rows.flow_style:
        place = rows.end_mark.index - 1
        return _Edit(place, place, f", {item}" if rows.value else item)
    where = _after(text, rows)
    return _Edit(where, where, f"{' ' * rows.start_mark.column}- {item}\n")


def _after(text: str, node: yaml.Node | None) -> int:
    """Where the line after the last one of a node begins."""
    assert node is not None
    leaf = node
    while isinstance(leaf, yaml.CollectionNode) and leaf.value and not leaf.flow_style:
        last = leaf.value[-1]
        leaf = last[1] if isinstance(last, tuple) else last
    index: int = leaf.end_mark.index
    if isinstance(leaf, yaml.ScalarNode) and leaf.style in ("|", ">"):
        return index  # it ends where the next line begins
    end = text.find("\n", index)
    return len(text) if end < 0 else end + 1


def _flow(*pairs: tuple[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"


def _threshold(threshold: Threshold) -> str:
    side = "below" if threshold.below is not None else "above"
    return _flow((side, _number(threshold.value)), ("unit", json.dumps(threshold.unit)))


def _number(value: object) -> str:
    """A number as people write it: without the noise of binary fractions; or a yes or no."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.12g}" if isinstance(value, float) else str(value)
