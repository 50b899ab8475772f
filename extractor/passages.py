"""Text to search: one form of every character, no spaces, and the place of each on the paper."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from extractor.geometry import Box, bounding
from extractor.lines import characters
from extractor.normalize import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.document import Cell, Line
    from extractor.paragraphs import Paragraph

Zone = Literal["head", "cell", "prose", "tail"]


@dataclass(frozen=True, slots=True)
class Passage:
    """A line, paragraph or cell. `text` is folded for searching, `printed` as it stands.

    Both have the same length and no spaces; `places` has (page, box) for each of their characters,
    `confidences` how sure each is, None from a text layer; `word_starts` tells where words start.
    """

    zone: Zone
    text: str
    printed: str
    places: tuple[tuple[int, Box], ...]
    confidences: tuple[float | None, ...]
    word_starts: frozenset[int] = frozenset()

    @property
    def page(self) -> int:
        """The page it starts on."""
        return self.places[0][0]


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a passage, from `start` to `end`."""

    passage: Passage
    start: int
    end: int

    @property
    def text(self) -> str:
        """The folded text."""
        return self.passage.text[self.start : self.end]

    @property
    def printed(self) -> str:
        """The text as it stands on the paper, without spaces."""
        return self.passage.printed[self.start : self.end]

    @property
    def page(self) -> int:
        """The page it starts on."""
        return self.passage.places[self.start][0]

    @property
    def bbox(self) -> Box:
        """The box around it on its first page."""
        places = self.passage.places[self.start : self.end]
        return bounding(box for page, box in places if page == self.page)

    @property
    def reading(self) -> float | None:
        """Confidence of the least certain character, None where the text layer gave all."""
        known = [c for c in self.passage.confidences[self.start : self.end] if c is not None]
        return min(known) if known else None

    def trimmed(self, marks: str) -> Span:
        """The span without these characters at its ends."""
        text = self.text
        start = self.start + len(text) - len(text.lstrip(marks))
        return Span(self.passage, start, max(start, self.start + len(text.rstrip(marks))))


def of_line(line: Line, zone: Zone) -> Passage:
    """A line of the head or tail."""
    starts: set[int] = set()
    items: list[tuple[str, tuple[int, Box], float | None]] = []
    for word in line.words:
        starts.add(len(items))
        items += [(c.text, (line.page, c.bbox), c.confidence) for c in characters([word])]
    return _passage(zone, items, frozenset(starts))


def joined(lines: Sequence[Passage]) -> Passage:
    """Lines that follow each other as one passage: what one begins the next may end."""
    starts = list(itertools.accumulate((len(line.text) for line in lines), initial=0))
    return Passage(
        lines[0].zone,
        "".join(line.text for line in lines),
        "".join(line.printed for line in lines),
        tuple(place for line in lines for place in line.places),
        tuple(confidence for line in lines for confidence in line.confidences),
        frozenset(
            start + i for start, line in zip(starts, lines, strict=False) for i in line.word_starts
        ),
    )


def of_paragraph(paragraph: Paragraph) -> Passage:
    """A paragraph of a section."""
    confidences = paragraph.confidences or (None,) * len(paragraph.text)
    return _passage("prose", list(zip(paragraph.text, paragraph.places, confidences, strict=True)))


def of_cell(cell: Cell) -> Passage:
    """A cell, every character of which stands where the cell does."""
    place = (cell.page, cell.bbox)
    return _passage("cell", [(char, place, cell.confidence) for char in cell.text])


def _passage(
    zone: Zone,
    items: list[tuple[str, tuple[int, Box], float | None]],
    word_starts: frozenset[int] = frozenset(),
) -> Passage:
    kept: list[tuple[str, tuple[int, Box], float | None]] = []
    moved: set[int] = set()
    for i, (text, place, confidence) in enumerate(items):
        if i in word_starts:
            moved.add(len(kept))
        kept += [(char, place, confidence) for char in text if not char.isspace()]
    return Passage(
        zone,
        "".join(_folded(char) for char, _, _ in kept),
        "".join(char for char, _, _ in kept),
        tuple(place for _, place, _ in kept),
        tuple(confidence for _, _, confidence in kept),
        frozenset(moved),
    )


@functools.lru_cache(maxsize=8192)
def _folded(char: str) -> str:
    """Half width, one kind of dash; a character that would become several stays."""
    folded = plain(char)
    return folded if len(folded) == 1 else char
