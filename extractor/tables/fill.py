"""Words of a text layer → cells of a grid."""

from __future__ import annotations

import re
from bisect import bisect_right
from statistics import mode
from typing import TYPE_CHECKING

from extractor.document import Cell, Char, Table, Word
from extractor.geometry import Box, bounding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extractor.tables.grid import Grid

    Owners = dict[tuple[int, int], int]

PARTED = 0.6  # confidence of digits that came as one word and were parted at a border


def owners(grid: Grid) -> Owners:
    """The index of the span that each slot (row, column) belongs to."""
    return {
        (r, c): index
        for index, span in enumerate(grid.spans)
        for r in range(span.row, span.row + span.row_span)
        for c in range(span.column, span.column + span.column_span)
    }


def fill_grid(grid: Grid, words: Iterable[Word], page: int) -> Table:
    """A table of the grid, each word in the cell that holds it; one over a border is cut there."""
    owner = owners(grid)
    held: list[list[Word]] = [[] for _ in grid.spans]
    for word in words:
        for part, index in _parts(word, grid, owner):
            held[index].append(part)
    cells = tuple(
        Cell(
            span.row,
            span.column,
            span.row_span,
            span.column_span,
            cell_text(held[index]),
            _confidence(held[index]),
            page,
            grid.box_of(span).rounded(),
            structure=span.support,
        )
        for index, span in enumerate(grid.spans)
    )
    return Table("", "", (page,), len(grid.ys) - 1, len(grid.xs) - 1, cells)


def _confidence(words: Sequence[Word]) -> float:
    """A text layer is certain, but for words that had to be parted."""
    return min((w.confidence for w in words if w.confidence is not None), default=1.0)


def inside(word: Word, box: Box) -> bool:
    """Whether the middle of a word lies in a box."""
    return box.contains(*word.bbox.center)


def _parts(word: Word, grid: Grid, owner: Owners) -> list[tuple[Word, int]]:
    """The word, or its pieces where characters lie in different cells, with the cell's index."""
    places = _places(word, grid, owner)
    if len(set(places)) <= 1:
        place = places[0] if places else owner_of(word.bbox, grid, owner)
        return [] if place is None else [(word, place)]
    parts = []
    for place in dict.fromkeys(p for p in places if p is not None):
        chars = tuple(c for c, p in zip(word.chars, places, strict=True) if p == place)
        parts.append((_cut(word, chars), place))
    return parts


def _places(word: Word, grid: Grid, owner: Owners) -> list[int | None]:
    """The cell of each character; those outside the grid go with the next one inside.

    A border through a digit shows that the number runs over it: all of it belongs where most is.
    """
    places = [owner_of(char.bbox, grid, owner) for char in word.chars]
    known = [i for i, place in enumerate(places) if place is not None]
    if not known:
        return places
    places = [places[min(known, key=lambda k: abs(k - i))] for i in range(len(places))]
    for number in re.finditer(r"\d{2,}", "".join(char.text[:1] or " " for char in word.chars)):
        run = slice(*number.span())
        if len(set(places[run])) > 1 and _crossed(word.chars[run], grid.xs):
            places[run] = [mode(places[run])] * (run.stop - run.start)
    return places


def _crossed(chars: Sequence[Char], borders: Sequence[float]) -> bool:
    """Whether a border goes through a character, not between two."""
    edge = 0.1
    boxes = [char.bbox for char in chars]
    return any(b.x0 + edge * b.width < x < b.x1 - edge * b.width for b in boxes for x in borders)


def _cut(word: Word, chars: tuple[Char, ...]) -> Word:
    """A piece of a word; that digits were parted at the right place is not certain."""
    text = "".join(char.text for char in chars)
    confidence = PARTED if text.isdecimal() else word.confidence
    return Word(text, bounding(c.bbox for c in chars), confidence, chars, word.size, word.bold)


def owner_of(box: Box, grid: Grid, owner: Owners) -> int | None:
    """The index of the span that holds the middle of a box, None outside the grid."""
    x, y = box.center
    return owner.get((bisect_right(grid.ys, y) - 1, bisect_right(grid.xs, x) - 1))


def cell_text(words: Sequence[Word]) -> str:
    """The words of one cell as one string: lines joined, blanks only between Latin or digits."""
    text = ""
    for line in _lines(words):
        for word in line:
            needs_blank = text and _latin(text[-1]) and _latin(word.text[0]) and word is not line[0]
            text += (" " if needs_blank else "") + word.text
    return text


def _latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _lines(words: Sequence[Word]) -> list[list[Word]]:
    """Words by line from the top; those share one whose middles are within half a height."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda w: w.bbox.center[1]):
        last = lines[-1][0] if lines else None
        if last is not None and _same_line(last.bbox, word.bbox):
            lines[-1].append(word)
        else:
            lines.append([word])
    return [sorted(line, key=lambda w: w.bbox.x0) for line in lines]


def _same_line(a: Box, b: Box) -> bool:
    return abs(a.center[1] - b.center[1]) < 0.5 * max(a.height, b.height)
