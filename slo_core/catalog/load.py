"""Reading a catalogue from YAML: a `Catalog`, or one sentence that says where it is wrong."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from slo_core.catalog.checks import Finding, findings
from slo_core.catalog.model import Catalog
from slo_core.errors import SloError

Place = Sequence[str | int]

M = TypeVar("M", bound=BaseModel)


def load_catalog(path: str | Path) -> Catalog:
    """Read the catalogue file at `path`.

    Raises `SloError` with the file, the line, the path inside the file, what was expected there
    and what was found, for the first thing that is wrong.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SloError(
            f"{path}: expected a catalogue here, found no such file; name one with --catalog or "
            "SLO_CATALOG"
        ) from None
    except IsADirectoryError:
        raise SloError(f"{path}: expected a catalogue file, found a folder") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SloError(f"{path}: expected a readable UTF-8 text file, found: {error}") from None
    return parse_catalog(text, name=str(path))


def parse_catalog(text: str, *, name: str) -> Catalog:
    """Read a catalogue from YAML text; `name` is what error sentences call the file."""
    return parse_model(text, Catalog, findings, name=name, what="a catalogue, such as journeys")


def parse_model(
    text: str,
    model: type[M],
    check: Callable[[M], Iterable[Finding]] = lambda _: (),
    *,
    name: str,
    what: str,
) -> M:
    """Read a model from YAML text, then look for what is wrong beyond its types.

    `name` is what error sentences call the file, `what` whose keys were expected. Raises `SloError`
    for the first thing that is wrong, as `load_catalog` does.
    """
    node, data = _read_yaml(text, name, what)
    try:
        found = model.model_validate(data)
    except ValidationError as error:
        raise SloError(_sentence(name, node, _finding(error.errors()[0]))) from None
    for finding in check(found):
        raise SloError(_sentence(name, node, finding))
    return found


class _Loader(yaml.CSafeLoader):
    """YAML without repeated keys, of which the plain loader keeps the last in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        _refuse_repeated_keys(node)
        return super().construct_mapping(node, deep)


class _TellingLoader(yaml.SafeLoader):
    """The same, ten times slower, in better words where something is wrong."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        _refuse_repeated_keys(node)
        return super().construct_mapping(node, deep)


def _refuse_repeated_keys(node: yaml.MappingNode) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        if key.value in seen:
            raise yaml.MarkedYAMLError(
                problem=f"the key '{key.value}' appears twice", problem_mark=key.start_mark
            )
        seen.add(key.value)


def _read_yaml(text: str, name: str, what: str) -> tuple[yaml.Node, dict[str, Any]]:
    try:
        try:
            node, data = _load(_Loader(text))
        except (yaml.YAMLError, ValueError):
            node, data = _load(_TellingLoader(text))
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise SloError(f"{name}{line}: expected YAML, found: {error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:
        found = " ".join(str(error).split())
        raise SloError(f"{name}: expected YAML, found: {found}") from None
    if node is None or not isinstance(data, dict):
        found = "an empty file" if data is None else _shown(data)
        raise SloError(f"{name}: expected the keys of {what}, found {found}")
    return node, data


def _load(loader: _Loader | _TellingLoader) -> tuple[yaml.Node | None, Any]:
    node = loader.get_single_node()
    return node, loader.construct_document(node) if node is not None else None


def _sentence(name: str, node: yaml.Node, finding: Finding) -> str:
    path, line = _locate(node, finding.place)
    return (
        f"{name}, line {line}, {path}: {finding.sentence}"
        if path
        else (f"{name}: {finding.sentence}")
    )


def _locate(node: yaml.Node, place: Place) -> tuple[str, int]:
    """The place in people's words, list items by their ids, and its line in the file.

    Names of `place` that the file does not hold are pydantic's own (a union's tag, the `value` of
    a plain assumed value) and are left out, except the last, which may be what is missing.
    """
    words: list[str] = []
    line = node.start_mark.line + 1
    for index, step in enumerate(place):
        child = _child(node, step)
        if child is None:
            if index == len(place) - 1 and isinstance(node, yaml.MappingNode):
                words.append(str(step))
            continue
        key_line, node = child
        line = key_line + 1
        if isinstance(step, str):
            words.append(step)
        elif identity := _identity(node):
            if words[-1:] in (["journeys"], ["objectives"]):
                words.pop()  # song_generation.latency_p95 says it all
            words.append(identity)
        else:
            words[-1:] = [f"{words[-1]}[{step}]"] if words else [f"[{step}]"]
    return ".".join(words), line


def _child(node: yaml.Node, step: str | int) -> tuple[int, yaml.Node] | None:
    """The line and the node of one step down, None where there is none."""
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line, node.value[step]
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark.line, value
    return None


def _identity(node: yaml.Node) -> str | None:
    for name in ("id", "service"):
        found = _child(node, name)
        if found and isinstance(found[1], yaml.ScalarNode):
            return str(found[1].value)
    return None


def _finding(error: ErrorDetails) -> Finding:
    """One of pydantic's errors in our words."""
    place = tuple(error["loc"])
    context = error.get("ctx", {})
    kind, found = error["type"], _shown(error["input"])
    if kind == "problem":
        return Finding((*place, *context["path"]), context["sentence"])
    if kind == "missing":
        return Finding(place, f"expected `{place[-1]}` here, found nothing")
    if kind == "union_tag_not_found":
        return Finding((*place, "kind"), "expected `kind` here, found nothing")
    if kind == "union_tag_invalid":
        expected = f"expected one of {context['expected_tags']}, found {context['tag']!r}"
        return Finding((*place, "kind"), expected)
    if kind == "string_pattern_mismatch":
        expected = "expected a short name of small letters, digits and underscores"
        return Finding(place, f"{expected}, found {found}")
    words = {
        "model_type": "keys with values",
        "dict_type": "keys with values",
        "tuple_type": "a list",
        "string_type": "text",
        "string_too_short": "some text",
        "too_short": "at least one",
        "float_type": "a number",
        "float_parsing": "a number",
        "int_type": "a whole number",
        "int_parsing": "a whole number",
        "int_from_float": "a whole number",
        "date_type": "a date such as 2025-01-31",
        "date_from_datetime_parsing": "a date such as 2025-01-31",
    }
    expected = (
        f"expected {words[kind]}"
        if kind in words
        else (error["msg"].replace("Input should be", "expected", 1))
    )
    return Finding(place, f"{expected}, found {found}")


def _shown(value: Any) -> str:
    """A found value, short enough for a sentence."""
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
