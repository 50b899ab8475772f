"""Whether rulings draw a whole table: each row, each column, and nothing but them.

Rulings also draw charts and frames around pages, parts of tables, and the edges of shades.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections import Counter
from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING

from extractor.tables.fill import owner_of, owners
from extractor.tables.grid import Grid, Span
from extractor.tables.runs import is_value, letter_size, text_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.document import Cell, Table, Word
    from extractor.geometry import Box
    from extractor.tables.runs import Line

THIN = 1.2  # letter heights below which a row or column without text is none
CLOSED = 0.96  # mean share of the cells' borders that is ruled in tables that are drawn whole
LONELY = 0.5  # share of the borders between rows that end cells of one column only
FILLED = 0.45  # share of its cells that a table without rulings has text in
CONTENTS = 4  # page numbers from which a table of contents can be told
BAND_ROWS = 3  # borders of rows that a band has at most
BANDS = 3  # bands of one width from which texts between them are rows, numbers or not
SAME_PT = 3.0  # how far the sides of two bands of one table lie apart at most
LEVEL_PT = 2.0  # lines whose middles round to the same multiple are at one height
BLANK = 0.25  # share of blank cells from which a grid that is not closed is a chart
SENTENCE = 9  # words from which a row of one cell is a note
_TITLE = re.compile(r"(table|exhibit|figure|chart)\s+[\dA-Z]+[-.:\d]*\s", re.IGNORECASE)
FRAME = 0.6  # share of a page's words in a grid of few cells from which it is the page's frame
FRAME_CELLS = 3
BESIDE = 0.6  # share of rows with text right beside the grid from which it lacks a column
REACH = 30.0  # letter heights that such text may stand away


def is_whole(grid: Grid, words: Sequence[Word], lines: Sequence[Line], wide: float) -> bool:
    """Whether the rulings of a grid part all rows and columns of the text.

    `words` are the page's, `lines` its lines without the prose, `wide` the gap in points that
    parts runs.
    """
    held = _held(grid, words)
    if not any(held):
        return len(grid.ys) > 2 and len(grid.xs) > 2  # a blank form, not boxes of a key
    size = letter_size(word for cell in held for word in cell)
    if not is_closed(grid) or _is_lonely(grid):
        return False
    if labels_beside(grid.box, list(itertools.pairwise(grid.ys)), lines, size):
        return False
    cells = [text_lines(cell, wide) for cell in held]
    if _rows_inside(grid, cells) or _rows_unparted(grid, cells):
        return False
    return not any(_columns_inside(cell) for cell in cells)


def is_drawing(grid: Grid, words: Sequence[Word]) -> bool:
    """Whether rulings that cross are those of a chart: cells that are not closed, and many blank.

    Not for the worn rulings of a scan.
    """
    if is_closed(grid) or _is_lonely(grid):
        return False
    return sum(not held for held in _held(grid, words)) > BLANK * len(grid.spans)


def is_closed(grid: Grid) -> bool:
    """Whether all but a few cells have rulings all around."""
    return fmean(span.support for span in grid.spans) >= CLOSED


def is_band(grid: Grid, grids: Sequence[Grid], lines: Sequence[Line]) -> bool:
    """Whether a grid is a shaded row or two of a table: rows without a shade stand between."""
    box = grid.box
    others = [g.box for g in grids if g is not grid and len(g.ys) <= BAND_ROWS]
    near = [
        (min(box.y1, b.y1), max(box.y0, b.y0))
        for b in others
        if abs(box.x0 - b.x0) <= SAME_PT and abs(box.x1 - b.x1) <= SAME_PT
    ]
    between = [
        line
        for top, bottom in near
        for line in lines
        if bottom - top < 2 * box.height and top < line.box.center[1] < bottom
    ]
    values = any(is_value(run.text) for line in between for run in line.runs[1:])
    many = len(near) + 1 >= BANDS and any(len(line.runs) >= 2 for line in between)
    return len(grid.ys) <= BAND_ROWS and (values or many)


def is_frame(grid: Grid, words: Sequence[Word]) -> bool:
    """Whether a grid is a frame around most of a page, with a bar or two perhaps."""
    held = sum(grid.box.contains(*w.bbox.center) for w in words)
    return len(grid.spans) <= FRAME_CELLS and held >= FRAME * len(words)


def without_slivers(grid: Grid, words: Sequence[Word]) -> Grid:
    """The grid without rows and columns that are thinner than text and hold none.

    Such are left between borders and shades, and between the strokes of hatching.
    """
    inside = [w for w in words if grid.box.contains(*w.bbox.center)]
    if not inside:
        return grid
    least = THIN * letter_size(inside)
    xs, columns = _merged(grid.xs, [w.bbox.center[0] for w in inside], least)
    ys, rows = _merged(grid.ys, [w.bbox.center[1] for w in inside], least)
    if len(xs) == len(grid.xs) and len(ys) == len(grid.ys):
        return grid
    spans = [
        Span(
            rows[s.row],
            columns[s.column],
            rows[s.row + s.row_span] - rows[s.row],
            columns[s.column + s.column_span] - columns[s.column],
            s.support,
        )
        for s in grid.spans
    ]
    kept = tuple(s for s in spans if s.row_span and s.column_span)
    return Grid(ys, xs, kept) if kept else grid


def _merged(
    stops: Sequence[float], places: Sequence[float], least: float
) -> tuple[tuple[float, ...], list[int]]:
    """Borders, thin strips without text closed, and the new index of each old border."""
    kept, index = [stops[0]], [0]
    for a, b in itertools.pairwise(stops):
        if b - a < least and not any(a < place < b for place in places):
            if len(kept) > 1 and b == stops[-1]:
                kept[-1] = b
        else:
            kept.append(b)
        index.append(len(kept) - 1)
    return tuple(kept), index


def labels_beside(
    box: Box, strips: Sequence[tuple[float, float]], lines: Sequence[Line], size: float
) -> bool:
    """Whether labels stand beside most rows, outside a box: their column has no rulings.

    `strips` are the heights of the rows, `lines` the page's without its prose.
    """
    runs = [run.box for line in lines for run in line.runs]
    left = [b.center[1] for b in runs if -size < box.x0 - b.x1 < REACH * size]
    right = [b.center[1] for b in runs if -size < b.x0 - box.x1 < REACH * size]
    held = (sum(any(a < y < b for y in heights) for a, b in strips) for heights in (left, right))
    return len(strips) >= 3 and max(held) >= BESIDE * len(strips)


def _is_lonely(grid: Grid) -> bool:
    """Whether most borders of rows are borders of one column alone: a text shaded line by line."""
    stops: Counter[int] = Counter()
    for span in grid.spans:
        stops[span.row] += span.column_span
    inner = [stops[row] for row in range(1, len(grid.ys) - 1)]
    few = sum(held <= 1 for held in inner)
    return len(grid.xs) > 3 and len(inner) >= 4 and few > LONELY * len(inner)


def _held(grid: Grid, words: Sequence[Word]) -> list[list[Word]]:
    """The words of each cell."""
    owner = owners(grid)
    held: list[list[Word]] = [[] for _ in grid.spans]
    for word in words:
        place = owner_of(word.bbox, grid, owner)
        if place is not None:
            held[place].append(word)
    return held


def _rows_inside(grid: Grid, cells: Sequence[Sequence[Line]]) -> bool:
    """Whether one row holds several lines of values at the same heights in two cells or more."""
    heights: dict[int, Counter[int]] = {}
    for span, lines in zip(grid.spans, cells, strict=True):
        if span.row_span > 1 or len(lines) < 2:
            continue
        values = [line for line in lines if all(is_value(run.text) for run in line.runs)]
        if len(values) >= 2:
            places = {round(line.box.center[1] / LEVEL_PT) for line in values}
            heights.setdefault(span.row, Counter()).update(places)
    return any(sum(held >= 2 for held in row.values()) >= 2 for row in heights.values())


def _rows_unparted(grid: Grid, cells: Sequence[Sequence[Line]]) -> bool:
    """Whether two rows or more have values in several columns that no ruling parts: white bands."""
    bands = 0
    for span, lines in zip(grid.spans, cells, strict=True):
        if span.column_span >= 3 and len(lines) <= 2:
            values = [r for line in lines for r in line.runs if is_value(r.text)]
            columns = {bisect_right(grid.xs, r.box.center[0]) for r in values}
            bands += len(columns) >= 2
    return bands >= 2


def _columns_inside(lines: Sequence[Line]) -> bool:
    """Whether a cell holds columns: three lines or more with values side by side."""
    several = [line for line in lines if len(line.runs) >= 2]
    values = [line for line in several if all(is_value(run.text) for run in line.runs[1:])]
    return len(values) >= 3 and len(values) >= 0.6 * len(lines)


def is_plausible(table: Table) -> bool:
    """Whether what was found by alignment is a table: it has words as labels or as headings.

    The numbers along the axes of a chart stand in rows and columns, too.
    """
    filled = [cell for cell in table.cells if cell.text]
    texts = Counter(cell.row for cell in filled if not is_value(cell.text))
    if len(filled) < FILLED * len(table.cells):
        return False
    if max(texts[0], texts[1]) < 2 and _is_contents(filled):
        return False
    labels = any(cell.column == 0 and not is_value(cell.text) for cell in filled)
    return labels or max(texts.values(), default=0) >= 2


def _is_contents(filled: Sequence[Cell]) -> bool:
    """Whether the cells of a table without headings are one of contents: titles and their pages."""
    values = [cell for cell in filled if cell.column > 0 and is_value(cell.text)]
    rows = Counter(cell.row for cell in values)
    pages = [int(cell.text) for cell in values if cell.text.isdecimal()]
    growing = all(a <= b for a, b in itertools.pairwise(pages))
    return growing and len(pages) >= CONTENTS and max(rows.values()) == 1


def without_frame_text(grid: Grid, words: Sequence[Word]) -> Grid:
    """The grid without the rows across all of it that hold a title, at its top, or notes below.

    Only where it is plain: "Table 5 ...", or a sentence of many words.
    """
    first, last = 0, len(grid.ys) - 1
    while first < last and (text := _across(grid, first, words)) and _TITLE.match(text):
        first += 1
    while last > first and len(_across(grid, last - 1, words).split()) >= SENTENCE:
        last -= 1
    if last - first < 2 or (first, last) == (0, len(grid.ys) - 1):
        return grid
    spans = [replace(s, row=s.row - first) for s in grid.spans if first <= s.row < last]
    return Grid(grid.ys[first : last + 1], grid.xs, tuple(spans))


def _across(grid: Grid, row: int, words: Sequence[Word]) -> str:
    """The text of a row that is one cell, "" where it is not."""
    cells = [s for s in grid.spans if s.row <= row < s.row + s.row_span]
    if len(cells) != 1 or cells[0].row_span > 1:
        return ""
    box = grid.box_of(cells[0])
    return " ".join(w.text for w in words if box.contains(*w.bbox.center))
