"""Blocks of words in rows and columns → a table whose cells tile the grid."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from extractor.document import Cell, Table
from extractor.geometry import bounding
from extractor.tables.grid import Grid, Span
from extractor.tables.runs import word_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.document import Word
    from extractor.geometry import Box

STRUCTURE = 0.5  # certainty of a cell's place where no ruling shows it
THINNEST_PT = 0.1  # height of a row that has no text


@dataclass(frozen=True, slots=True)
class Block:
    """A cell with its words: rows and columns from first to last, both counted."""

    row: int
    last_row: int
    column: int
    last_column: int
    words: tuple[Word, ...]

    def slots(self) -> Iterator[tuple[int, int]]:
        """The (row, column) that it covers."""
        rows = range(self.row, self.last_row + 1)
        return itertools.product(rows, range(self.column, self.last_column + 1))


def tiled(blocks: Sequence[Block], rows: int, columns: int) -> list[Block]:
    """Blocks that cover each slot once: what overlaps is one, the rest is blank.

    Of two that overlap the upper left one keeps its place and takes the words of the other.
    """
    taken: dict[tuple[int, int], int] = {}
    done: list[Block] = []
    for block in sorted(blocks, key=lambda b: (b.row, b.column)):
        over = next((taken[slot] for slot in block.slots() if slot in taken), None)
        if over is None:
            taken.update(dict.fromkeys(block.slots(), len(done)))
            done.append(block)
        else:
            done[over] = replace(done[over], words=(*done[over].words, *block.words))
    free = [slot for slot in itertools.product(range(rows), range(columns)) if slot not in taken]
    done.extend(Block(r, r, c, c, ()) for r, c in free)
    return sorted(done, key=lambda b: (b.row, b.column))


def table_of(
    blocks: Sequence[Block], rows: int, stops: tuple[float, ...], box: Box, page: int
) -> tuple[Table, Grid]:
    """The table of such blocks and its grid; `stops` are the borders of the columns in points."""
    placed = tiled(blocks, rows, len(stops) - 1)
    spans = tuple(
        Span(b.row, b.column, b.last_row - b.row + 1, b.last_column - b.column + 1, STRUCTURE)
        for b in placed
    )
    grid = Grid(_heights(placed, rows, box), stops, spans, ruled=False)
    cells = tuple(_cell(span, block, grid, page) for span, block in zip(spans, placed, strict=True))
    return Table("", "", (page,), rows, len(stops) - 1, cells), grid


def _cell(span: Span, block: Block, grid: Grid, page: int) -> Cell:
    text = " ".join(word.text for row in word_rows(block.words) for word in row)
    confidence = min((w.confidence for w in block.words if w.confidence is not None), default=1.0)
    place = (span.row, span.column, span.row_span, span.column_span)
    return Cell(*place, text, confidence, page, grid.box_of(span).rounded(), structure=STRUCTURE)


def _heights(blocks: Sequence[Block], rows: int, box: Box) -> tuple[float, ...]:
    """Borders of the rows in points: half way between the texts above and below."""
    tops, bottoms = [box.y1] * rows, [box.y0] * rows
    for block in blocks:
        if block.words:
            around = bounding(word.bbox for word in block.words)
            tops[block.row] = min(tops[block.row], around.y0)
            bottoms[block.last_row] = max(bottoms[block.last_row], around.y1)
    stops = [box.y0]
    for above, below in zip(bottoms, tops[1:], strict=False):
        stops.append(max((above + below) / 2, stops[-1] + THINNEST_PT))
    return (*stops, max(box.y1, stops[-1] + THINNEST_PT))
