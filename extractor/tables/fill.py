"""Words of a text layer → cells of a grid."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from extractor.document import Cell, Char, Table, Word
from extractor.geometry import Box, bounding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extractor.tables.grid import Grid


def fill_grid(grid: Grid, words: Iterable[Word], page: int) -> Table:
    """A table of the grid, each word in the cell that holds it; one over a border is cut there."""
    owner = {
        (r, c): index
        for index, span in enumerate(grid.spans)
        for r in range(span.row, span.row + span.row_span)
        for c in range(span.column, span.column + span.column_span)
    }
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
            1.0,
            page,
            grid.box_of(span).rounded(),
            structure=span.support,
        )
        for index, span in enumerate(grid.spans)
    )
    return Table("", "", (page,), len(grid.ys) - 1, len(grid.xs) - 1, cells)


def inside(word: Word, box: Box) -> bool:
    """Whether the middle of a word lies in a box."""
    return box.contains(*word.bbox.center)


def _parts(word: Word, grid: Grid, owner: dict[tuple[int, int], int]) -> list[tuple[Word, int]]:
    """The word, or its pieces where characters lie in different cells, with the cell's index."""
    places = [_owner(char.bbox, grid, owner) for char in word.chars]
    if len(set(places)) <= 1:
        place = places[0] if places else _owner(word.bbox, grid, owner)
        return [] if place is None else [(word, place)]
    parts = []
    for place in dict.fromkeys(p for p in places if p is not None):
        chars = tuple(c for c, p in zip(word.chars, places, strict=True) if p == place)
        parts.append((_cut(word, chars), place))
    return parts


def _cut(word: Word, chars: tuple[Char, ...]) -> Word:
    text = "".join(char.text for char in chars)
    return Word(text, bounding(c.bbox for c in chars), word.confidence, chars, word.size, word.bold)


def _owner(box: Box, grid: Grid, owner: dict[tuple[int, int], int]) -> int | None:
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
