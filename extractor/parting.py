"""Cells of worn tables that hold a line of text for each of several rows, parted into these rows.

Where the border between two cells is gone, their texts are read as one cell's. That they are two is
told by the cells beside them: those of a leaf of the table have one row each.
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
    texts = ["".join(reading.text for _, reading in lines) for lines in held]
    values = [s for s, text in zip(grid.spans, texts, strict=True) if is_value(text)]
    spans: list[Span] = []
    lines_of: list[Lines] = []
    for span, lines in zip(grid.spans, held, strict=True):
        rows = _by_row(grid, span, lines)
        if span.row_span > 1 and all(rows) and _is_leaf(span, values):
            for k, own in enumerate(rows):
                spans.append(replace(span, row=span.row + k, row_span=1, support=GUESSED))
                lines_of.append(own)
        else:
            spans.append(span)
            lines_of.append(lines)
    return replace(grid, spans=tuple(spans)), lines_of


def _by_row(grid: Grid, span: Span, lines: Lines) -> list[list[tuple[LineCrop, Reading]]]:
    """The lines of the cell whose middle is in each of its rows."""
    stops = grid.ys[span.row : span.row + span.row_span + 1]
    return [
        [line for line in lines if top <= line[0].box.center[1] < bottom]
        for top, bottom in itertools.pairwise(stops)
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
