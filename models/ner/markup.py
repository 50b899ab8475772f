"""Annotated prose as one can write it: `{A:柳浦街道办事处}推送信息{C:102条|信息}`.

A file holds documents, each after a line `##### id`, in sections, each after a line `=== 一` (or
`=== preamble`, whose first line is the title). A letter stands for each label; behind `|` stands
what a quantity counts, as printed, and nothing where it counts nothing printed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

LETTERS = {
    "A": "AGENCY",
    "D": "DATE",
    "C": "COUNT",
    "M": "MONEY",
    "P": "PERCENT",
    "N": "DOC_NUMBER",
    "T": "DOC_TITLE",
}
SECTIONS = ("preamble", "一", "五", "六")
_CODES = {label: letter for letter, label in LETTERS.items()}
_TAG = re.compile(r"\{([A-Z]):([^{}|]*)(?:\|([^{}|]*))?\}")


class MarkupError(ValueError):
    """Text that is not in this form; says the document and what is wrong."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """A span of a text by character offsets, with its label and, for a quantity, its subject."""

    start: int
    end: int
    label: str
    subject: str | None = None

    def moved(self, offset: int) -> Tagged:
        """The same span `offset` characters further on."""
        return replace(self, start=self.start + offset, end=self.end + offset)


@dataclass(frozen=True, slots=True)
class Passage:
    """A section's text with its spans in order, none overlapping."""

    text: str
    spans: tuple[Tagged, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """A document: passages by section, `preamble` with the title as its first line."""

    id: str
    sections: dict[str, Passage]


def parse(marked: str) -> Passage:
    """The text without its tags, and the spans they mark; raises MarkupError for a broken tag."""
    pieces: list[str] = []
    spans: list[Tagged] = []
    length = position = 0
    for match in _TAG.finditer(marked):
        letter, inner, subject = match.groups()
        if letter not in LETTERS or not inner:
            raise MarkupError(f"unknown or empty tag {match[0]}")
        before = marked[position : match.start()]
        start = length + len(before)
        spans.append(Tagged(start, start + len(inner), LETTERS[letter], subject or None))
        pieces += (before, inner)
        length, position = start + len(inner), match.end()
    pieces.append(marked[position:])
    text = "".join(pieces)
    if stray := re.search(r".{0,12}[{}].{0,12}", text):
        raise MarkupError(f"broken tag near {stray[0]!r}")
    return Passage(text, tuple(spans))


def mark(passage: Passage) -> str:
    """The passage with its tags written in: the inverse of `parse`."""
    out: list[str] = []
    position = 0
    for span in passage.spans:
        subject = f"|{span.subject}" if span.subject else ""
        inner = passage.text[span.start : span.end]
        out += (
            passage.text[position : span.start],
            f"{{{_CODES[span.label]}:{inner}{subject}}}",
        )
        position = span.end
    return "".join((*out, passage.text[position:]))


def read(path: Path) -> Iterator[Written]:
    """The documents of a file; raises MarkupError with the file and the document's id."""
    blocks = re.split(r"(?m)^##### *", path.read_text("utf-8-sig"))[1:]
    if not blocks:
        raise MarkupError(f"{path}: no document; one begins with a line `##### id`")
    for block in blocks:
        name, _, body = block.partition("\n")
        try:
            yield Written(name.strip(), _sections(body))
        except MarkupError as error:
            raise MarkupError(f"{path}: {name.strip()}: {error}") from None


def _sections(body: str) -> dict[str, Passage]:
    parts = re.split(r"(?m)^=== *(\S+) *\n", body)
    if parts[0].strip() or len(parts) < 3:
        raise MarkupError("text before the first line of `=== section`")
    keys = parts[1::2]
    if odd := [key for key in keys if key not in SECTIONS or keys.count(key) > 1]:
        raise MarkupError(f"section {odd[0]}: each of {', '.join(SECTIONS)} may be there once")
    return {key: parse(text.strip("\n")) for key, text in zip(keys, parts[2::2], strict=True)}


def read_all(paths: Iterable[Path]) -> list[Written]:
    """The documents of several files, in order; raises MarkupError where two have one id."""
    documents = [document for path in paths for document in read(path)]
    ids = [document.id for document in documents]
    if twice := next((i for i in ids if ids.count(i) > 1), None):
        raise MarkupError(f"two documents are called {twice}")
    return documents
