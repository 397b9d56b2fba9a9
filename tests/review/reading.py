"""Reads the documents of a review back: tables of HTML and of Markdown, words without breaks."""

import re
from html.parser import HTMLParser


class Tables(HTMLParser):
    """The tables of a page: by their ids, rows of cells as text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, list[list[str]]] = {}
        self._own: list[list[str]] | None = None
        self._open = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._own = self.found.setdefault(dict(attrs).get("id") or "", [])
        elif self._own is not None and tag == "tr":
            self._own.append([])
        elif self._own is not None and tag in ("td", "th"):
            self._own[-1].append("")
            self._open = True
        elif tag == "small" and self._open and self._own:
            self._own[-1][-1] += " | "

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._own = None
        elif tag in ("td", "th"):
            self._open = False

    def handle_data(self, data: str) -> None:
        if self._open and self._own:
            self._own[-1][-1] += data


class Places(HTMLParser):
    """Where the links, scripts and pictures of a page lead to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("src", "href")]


def markdown_tables(text: str) -> list[list[list[str]]]:
    """The tables of a Markdown text, their first row the headers, as people read them."""
    blocks = re.findall(r"(?:^\|.*\|\s*$\n?)+", text, re.MULTILINE)
    return [
        [
            [re.sub(r"\\(.)", r"\1", cell).strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            for line in block.strip().splitlines()
            if not re.fullmatch(r"[\s|:-]+", line)
        ]
        for block in blocks
    ]


def squeezed(text: str) -> str:
    """Words without any white space: paper breaks lines where it likes."""
    return re.sub(r"\s+", "", text)
