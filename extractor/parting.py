"""Cells of worn tables that hold the texts of several cells, parted into these.

Where the border between two cells is gone, their texts are read as one cell's. Numbers far apart
are never one; that lines belong to several rows is told by the cells beside them: those of a leaf
of the table have one row each.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from extractor.ocr.engine import Reading
    from extractor.tables.crops import LineCrop
    from extractor.tables.grid import Grid, Span

    Lines = Sequence[tuple[LineCrop, Reading]]

SINGLE = 0.7  # share of the cells beside one that have a row each
GUESSED = 0.5  # support of a border that is not seen


def parted(
    grid: Grid, held: Sequence[Lines], is_value: Callable[[str], bool]
) -> tuple[Grid, list[Lines]]:
    """The grid with such cells parted, and the lines of its cells.

    `is_value` tells texts that stand in the cells of numbers, "" among them.
    """
    cells = [
        c for s, ls in zip(grid.spans, held, strict=True) for c in _across(grid, s, ls, is_value)
    ]
    values = [span for span, lines in cells if is_value(_text(lines))]
    parts = [part for span, lines in cells for part in _down(grid, span, lines, values)]
    return replace(grid, spans=tuple(span for span, _ in parts)), [lines for _, lines in parts]


def _text(lines: Lines) -> str:
    return "".join(reading.text for _, reading in lines)


def _across(
    grid: Grid, span: Span, lines: Lines, is_value: Callable[[str], bool]
) -> list[tuple[Span, Lines]]:
    """The cell, or where it holds numbers in several columns its columns."""
    stops = grid.xs[span.column : span.column + span.column_span + 1]
    columns = _grouped(lines, stops, 0)
    if sum(map(bool, columns)) < 2 or not all(is_value(reading.text) for _, reading in lines):
        return [(span, lines)]
    return [
        (replace(span, column=span.column + k, column_span=1, support=GUESSED), own)
        for k, own in enumerate(columns)
    ]


def _down(grid: Grid, span: Span, lines: Lines, values: Sequence[Span]) -> list[tuple[Span, Lines]]:
    """The cell, or where it is one of a leaf of the table with a line in every row its rows."""
    rows = _grouped(lines, grid.ys[span.row : span.row + span.row_span + 1], 1)
    if span.row_span == 1 or not all(rows) or not _is_leaf(span, values):
        return [(span, lines)]
    return [
        (replace(span, row=span.row + k, row_span=1, support=GUESSED), own)
        for k, own in enumerate(rows)
    ]


def _grouped(lines: Lines, stops: Sequence[float], axis: int) -> list[Lines]:
    """The lines whose middle is between each two stops, across (axis 0) or down the page."""
    return [
        [line for line in lines if low <= line[0].box.center[axis] < high]
        for low, high in itertools.pairwise(stops)
    ]


def _is_leaf(span: Span, values: Sequence[Span]) -> bool:
    """Whether the next cells beside it, in each of its rows, are mostly values of one row."""
    rows = range(span.row, span.row + span.row_span)
    end = span.column + span.column_span
    beside = [v for v in values if v is not span and v.row in rows]
    after = [v for v in beside if v.column >= end]
    next_to = {v.row for v in beside if v.column == end or v.column + v.column_span == span.column}
    single = [v.row_span == 1 for v in after or beside]
    return next_to == set(rows) and sum(single) >= max(SINGLE * len(single), len(rows))
