"""The language of alert conditions and scale triggers: text in, a small tree out.

    >>> parse("p95_latency > 2x SLO for 10 minutes")
    Comparison(metric='p95_latency', op='>', value=2.0, unit='x', relative='slo', ...)

A condition is one comparison, or several joined by AND and OR (AND binds tighter, parentheses
group). A comparison is ``metric > number unit``, then perhaps ``SLO`` or ``normal`` after an
``x``, then perhaps ``for`` or ``in`` and a duration. What a metric's name means is not known here:
the catalogue's terms say so.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from typing import Literal, cast

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from slo_core.durations import in_milliseconds, parse_duration, time_unit
from slo_core.errors import SloError
from slo_core.text import listed

_GRAMMAR = r"""
start: any
any: all (_OR all)*
all: _atom (_AND _atom)*
_atom: comparison | "(" any ")"
comparison: METRIC OP NUMBER [UNIT] [RELATIVE] [window]
window: (_FOR | _IN) NUMBER UNIT

_OR.3: /OR\b/i
_AND.3: /AND\b/i
_FOR.3: /for\b/i
_IN.3: /in\b/i
RELATIVE.3: /(SLO|normal)\b/i
METRIC.2: /(?!(OR|AND)\b)[A-Za-z_]\w*([ \t]+(?!(OR|AND)\b)[A-Za-z_]\w*)*/i
OP: ">" | "<"
NUMBER: /\d+(\.\d+)?/
UNIT: /%|[A-Za-z]+(\/[A-Za-z]+)?/
%ignore /\s+/
"""
_PARSER = Lark(_GRAMMAR, parser="lalr", propagate_positions=True, maybe_placeholders=True)
_WORDS = {
    "METRIC": "a metric",
    "OP": "> or <",
    "NUMBER": "a number",
    "UNIT": "a unit",
    "RELATIVE": "SLO or normal",
    "_OR": "OR",
    "_AND": "AND",
    "_FOR": "for",
    "_IN": "in",
    "LPAR": "(",
    "RPAR": ")",
    "$END": "the end",
}


@dataclass(frozen=True)
class Comparison:
    """One comparison of a condition, as written.

    `value` is the number before `unit`: "%", "ms", "s", "min", "h", "d", "x" (of the SLO or of
    normal), "count" where no unit is written, or any other word, as written. `relative` says what
    a multiple multiplies. `window` is the trailing time that the metric is taken over, None where
    the condition names none. `text` is the comparison in the words of the condition, `place` where
    it begins there, in words ("column 1").
    """

    metric: str
    op: Literal[">", "<"]
    value: float
    unit: str
    relative: Literal["slo", "normal"] | None
    window: timedelta | None
    text: str
    place: str = field(default="column 1", compare=False)

    @property
    def amount(self) -> float:
        """The number to compare with, exactly: a ratio for "%", milliseconds for times."""
        value = Decimal(repr(self.value))
        if self.unit == "%":
            return float(value / 100)
        if time_unit(self.unit):
            return float(in_milliseconds(value, self.unit))
        return self.value


@dataclass(frozen=True)
class All:
    """Holds where every part holds (AND)."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Any:
    """Holds where at least one part holds (OR)."""

    parts: tuple["Condition", ...]


Condition = Any | All | Comparison


def parse(text: str, known: Collection[str] | None = None) -> Condition:
    """Read a condition.

    With `known`, a metric that is not among those names is refused and the nearest is suggested.
    Raises `SloError` with the line and column of the first thing that does not fit.
    """
    condition, metrics = _parse(text)
    if known is not None:
        for name, line, column in metrics:
            if name not in known:
                raise SloError(f"{_where(text, line, column)}: {_unknown(name, known)}")
    return condition


def comparisons(condition: Condition) -> tuple[Comparison, ...]:
    """The comparisons of a condition in the order in which they are written."""
    if isinstance(condition, Comparison):
        return (condition,)
    return tuple(found for part in condition.parts for found in comparisons(part))


@lru_cache(maxsize=1024)
def _parse(text: str) -> tuple[Condition, tuple[tuple[str, int, int], ...]]:
    """The condition, and each metric's name with its line and column."""
    try:
        tree = _PARSER.parse(text)
    except UnexpectedInput as error:
        raise SloError(_unexpected(text, error)) from None
    metrics = tuple(
        (_name(token), token.line or 1, token.column or 1)
        for token in tree.scan_values(lambda value: getattr(value, "type", "") == "METRIC")
    )
    return _condition(text, cast(Tree[Token], tree.children[0])), metrics


def _condition(text: str, tree: Tree[Token]) -> Condition:
    if tree.data == "comparison":
        return _comparison(text, tree)
    parts = tuple(_condition(text, cast(Tree[Token], child)) for child in tree.children)
    if len(parts) == 1:
        return parts[0]
    return Any(parts) if tree.data == "any" else All(parts)


def _comparison(text: str, tree: Tree[Token]) -> Comparison:
    metric, op, number, unit, relative, window = tree.children
    written_unit = str(unit) if unit is not None else "count"
    if (written_unit == "x") != (relative is not None):
        token = cast(Token, unit if unit is not None else number)
        where = _where(text, token.line or 1, token.column or 1)
        raise SloError(f"{where}: expected a multiple as '2x SLO' or '5x normal'")
    return Comparison(
        metric=_name(cast(Token, metric)),
        op=cast(Literal[">", "<"], str(op)),
        value=float(cast(Token, number)),
        unit=time_unit(written_unit) or written_unit,
        relative=cast(Literal["slo", "normal"], str(relative).lower()) if relative else None,
        window=_window(text, cast(Tree[Token], window)) if window else None,
        text=" ".join(text[tree.meta.start_pos : tree.meta.end_pos].split()),
        place=_where(text, tree.meta.line, tree.meta.column),
    )


def _window(text: str, tree: Tree[Token]) -> timedelta:
    number, unit = (cast(Token, child) for child in tree.children)
    try:
        length = parse_duration(f"{number} {unit}")
    except SloError as error:
        raise SloError(f"{_where(text, number.line or 1, number.column or 1)}: {error}") from None
    if length % timedelta(minutes=1):
        where = _where(text, number.line or 1, number.column or 1)
        raise SloError(f"{where}: expected whole minutes, found '{number} {unit}'")
    return length


def _name(token: Token) -> str:
    return " ".join(token.split())


def _where(text: str, line: int, column: int) -> str:
    """The place in the condition; the line only where there are several."""
    return f"line {line}, column {column}" if "\n" in text.strip() else f"column {column}"


def _unknown(name: str, known: Collection[str]) -> str:
    meant = [f"'{it}'" for it in _meant(name, known)]
    if meant:
        return f"no metric is called '{name}', did you mean {listed(meant, 'or')}?"
    names = ", ".join(sorted(known)) or "none"
    return f"no metric is called '{name}', the catalogue's terms are: {names}"


def _meant(name: str, known: Collection[str]) -> list[str]:
    """What a name may have meant: those of its very words, else those with more words, else alike.

    The order of words and their case do not matter: `latency_p50` means `p50_latency`, not the
    `p99_latency` that looks as much like it, and `burn_rate` the `error_budget_burn_rate`.
    """
    words = {it: _name_words(it) for it in sorted(known)}
    own = _name_words(name)
    same = [it for it, of in words.items() if of == own]
    alike = {it.lower(): it for it in sorted(known)}
    return (
        same
        or [it for it, of in words.items() if own < of]
        or [alike[it] for it in get_close_matches(name.lower(), alike, n=1)]
    )


def _name_words(name: str) -> frozenset[str]:
    return frozenset(name.lower().replace("_", " ").split())


def _unexpected(text: str, error: UnexpectedInput) -> str:
    """What could have stood where the parser stopped, and what stands there."""
    expected: Collection[str] = ()
    found = None
    if isinstance(error, UnexpectedCharacters):
        expected, found = error.allowed or (), error.char
        before = text[: error.pos_in_stream]
        if before.count("(") == before.count(")"):
            expected = set(expected) - {"RPAR"}
    elif isinstance(error, UnexpectedToken):
        expected = error.accepts or error.expected
        found = None if error.token.type == "$END" else str(error.token)
    words = sorted({_WORDS.get(name, name) for name in expected})
    choice = listed(words, "or")
    if found is not None:
        where = _where(text, error.line, error.column)
        return f"{where}: expected {choice}, found '{found}'"
    lines = text.rstrip().split("\n")
    where = _where(text, len(lines), len(lines[-1]) + 1)
    return f"{where}: expected {choice}, found the end"
