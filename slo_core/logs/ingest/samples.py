"""JMeter's results as XML: a sample is an element that begins a line, with others within it.

A sample's attributes say nearly all; its address and method are elements within. JMeter indents
what is within a sample, which tells it from the next one whatever is damaged between the two.
Samples within a sample (redirects, what a page embeds, the parts of a transaction) are parts of it
and count as no request of their own, as in JMeter's CSV.
"""

import html
import re
from itertools import pairwise

import numpy as np
import pyarrow as pa

from slo_core.logs.ingest.blocks import Block
from slo_core.logs.ingest.held import Held
from slo_core.logs.ingest.mapping import Mapping
from slo_core.logs.ingest.readers import Parts, Refused

NO_SAMPLE = "is no sample of JMeter's, and within none"
DAMAGED_TAG = "begins a sample whose attributes are damaged"

_BEGINS = re.compile(rb"^([ \t]*)<(?:httpSample|sample)\b", re.MULTILINE)
_TAG = re.compile(rb'[ \t]*<(?:httpSample|sample)\b((?:\s+[\w.]+\s*=\s*"[^"<]*")*)\s*(/?)>')
_ATTRIBUTE = re.compile(rb'([\w.]+)\s*=\s*"([^"<]*)"')
_PART = re.compile(rb"(?:^([ \t]*)|>)<(java\.net\.URL|method)\b[^<>]*>([^<]*)<", re.MULTILINE)
_CLOSED = re.compile(rb"[^\n]*</(?:httpSample|sample)>")
_CLOSES = re.compile(rb"^([ \t]*)</(?:httpSample|sample)>", re.MULTILINE)
_AROUND = re.compile(rb"\s*(?:<\?xml\b.*|</?testResults\b[^<>]*>|<!--.*-->)\s*")


def end_of_samples(data: bytes) -> int:
    """Where the last sample begins, which may go on after ``data``; nought where none does."""
    first = _BEGINS.search(data)
    if first is None:
        return 0
    starts = (b"\n" + first[1] + name for name in (b"<httpSample", b"<sample"))
    return max(data.rfind(start) for start in starts) + 1


class SampleReader:
    """Lines of JMeter's XML. A sample's line is the one on which it begins."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._margin: int | None = None
        """How far the first sample is indented, and with it all that are not within another."""
        self._goes_on = False
        """Whether a sample of the block before has not ended, for it is longer than a block."""

    def take_apart(self, block: Block) -> Parts:
        """Each sample with what is asked for of it, in the order of the mapping's fields."""
        samples, refused = self._samples(block)
        columns = {
            f"f{number}": pa.array([values.get(name) for values in samples.values()], pa.string())
            for number, name in enumerate(self._mapping.fields)
        }
        numbers = pa.array(list(samples), pa.int64())
        return pa.table({"n": numbers, **columns}), refused

    def read(self, held: Held) -> None:
        """Have a block's samples held."""
        held.parse("FROM lines", self._mapping)

    def _samples(self, block: Block) -> tuple[dict[int, dict[str, str]], Refused]:
        """What each sample says, by its line's number, and the reasons of all other lines."""
        data, begin = block.data, int(block.starts[0])
        starts = [it.start() for it in _BEGINS.finditer(data, begin) if self._is_outer(it)]
        edges = [*starts, len(data)]
        samples: dict[int, dict[str, str]] = {}
        end = self._end(data, begin, edges[0]) if self._goes_on else begin
        refused = _others(block, begin, end, edges[0])
        for start, until in pairwise(edges):
            line = block.first + int(np.searchsorted(block.starts, start))
            tag = _TAG.match(data, start, until)
            if tag is None:
                end = self._end(data, start, until)
            else:
                samples[line] = _values(tag, data[tag.end() : until])
                closed = _CLOSED.match(data, tag.end(), until)
                end = tag.end() if tag[2] else closed.end() if closed else 0
                end = end or self._end(data, tag.end(), until)
            refused |= _others(block, start, end, until)
            refused.pop(line, None)
            if tag is None:
                refused[line] = DAMAGED_TAG
        self._goes_on = end == len(data)
        return samples, refused

    def _is_outer(self, begins: re.Match[bytes]) -> bool:
        if self._margin is None:
            self._margin = len(begins[1])
        return len(begins[1]) <= self._margin

    def _end(self, data: bytes, start: int, until: int) -> int:
        """Where a sample ends that is closed on a line of its own, and at the latest."""
        ends = (it.end() for it in _CLOSES.finditer(data, start, until) if self._is_outer(it))
        return next(ends, until)


def _others(block: Block, start: int, end: int, until: int) -> Refused:
    """The lines from ``start`` to ``until``; those that begin before ``end`` are a sample's."""
    first, last = (int(np.searchsorted(block.starts[:-1], at)) for at in (start, until))
    found: Refused = {}
    for place in range(first, last):
        part = block.starts[place] < end or _AROUND.fullmatch(block.raw(block.first + place))
        found[block.first + place] = "" if part else NO_SAMPLE
    return found


def _values(tag: re.Match[bytes], within: bytes) -> dict[str, str]:
    """A sample's attributes, and the elements right within it."""
    values = {name.decode(): _text(value) for name, value in _ATTRIBUTE.findall(tag[1])}
    if not tag[2]:
        inner = _BEGINS.search(within)
        for margin, name, value in _PART.findall(within):
            if inner is None or 0 < len(margin) <= len(inner[1]):
                values[name.decode()] = _text(value)
    return values


def _text(value: bytes) -> str:
    return html.unescape(value.decode("utf-8", "replace"))
