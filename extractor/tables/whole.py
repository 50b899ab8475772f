"""Whether rulings draw a whole table: each row, each column, and nothing but them."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING

from extractor.tables.runs import is_value, letter_size, text_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.document import Word
    from extractor.tables.grid import Grid, Span
    from extractor.tables.runs import Line

SLIVERS = 0.25  # share of rows or columns too thin for text from which rulings are shades or bars
BESIDE = 0.6  # share of rows with text right beside the grid from which it lacks a column
REACH = 30.0  # letter heights that such text may stand away


def is_whole(grid: Grid, lines: Sequence[Line], wide: float) -> bool:
    """Whether the rulings of a grid part all rows and columns of the text.

    `lines` are those of the page without its prose, `wide` the gap in points that parts runs.
    """
    words = [w for line in lines for w in line.words if grid.box.contains(*w.bbox.center)]
    if not words:
        return False
    size = letter_size(words)
    if _has_slivers(grid, words, size) or _lacks_column(grid, lines, size):
        return False
    cells = [_lines_of(grid, span, words, wide) for span in grid.spans]
    return not _rows_inside(grid, cells) and not any(_columns_inside(cell) for cell in cells)


def _has_slivers(grid: Grid, words: Sequence[Word], size: float) -> bool:
    """Whether many rows or columns are thinner than text and hold none: edges of shades, of bars."""
    for stops, axis in ((grid.xs, 0), (grid.ys, 1)):
        strips = list(itertools.pairwise(stops))
        thin = [
            (a, b)
            for a, b in strips
            if b - a < 1.2 * size and not any(a < w.bbox.center[axis] < b for w in words)
        ]
        if len(thin) >= SLIVERS * len(strips):
            return True
    return False


def _lacks_column(grid: Grid, lines: Sequence[Line], size: float) -> bool:
    """Whether labels stand beside most rows: their column was left without rulings."""
    strips = list(itertools.pairwise(grid.ys))
    if len(strips) < 3:
        return False
    box = grid.box
    for near in (
        lambda run: 0 < box.x0 - run.box.x1 + size < REACH * size,
        lambda run: 0 < run.box.x0 - box.x1 + size < REACH * size,
    ):
        heights = [r.box.center[1] for line in lines for r in line.runs if near(r)]
        held = sum(any(a < y < b for y in heights) for a, b in strips)
        if held >= BESIDE * len(strips):
            return True
    return False


def _lines_of(grid: Grid, span: Span, words: Sequence[Word], wide: float) -> list[Line]:
    box = grid.box_of(span)
    return text_lines([w for w in words if box.contains(*w.bbox.center)], wide)


def _rows_inside(grid: Grid, cells: Sequence[Sequence[Line]]) -> bool:
    """Whether one row holds several lines of values at the same heights in two cells or more."""
    for row in range(len(grid.ys) - 1):
        heights: Counter[int] = Counter()
        for span, lines in zip(grid.spans, cells, strict=True):
            values = [line for line in lines if all(is_value(run.text) for run in line.runs)]
            if span.row == row and span.row_span == 1 and len(values) >= 2:
                heights.update({round(line.box.center[1] / 2) for line in values})
        if sum(count >= 2 for count in heights.values()) >= 2:
            return True
    return False


def _columns_inside(lines: Sequence[Line]) -> bool:
    """Whether a cell holds columns: three lines or more with values side by side."""
    several = [line for line in lines if len(line.runs) >= 2]
    values = [line for line in several if all(is_value(run.text) for run in line.runs[1:])]
    return len(values) >= 3 and len(values) >= 0.6 * len(lines)
