"""Tables that a page break has cut → one table.

Two parts belong together where the first ends its page, the second begins the next one, and their
outer borders agree. Columns are united; a header that is repeated is dropped; a row or a merged
cell that the break cut in two becomes one again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rapidfuzz import fuzz, process

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from extractor.document import Cell, Table
    from extractor.tables.grid import Grid

BORDER_PT = 9.0  # outer borders of two parts may differ by this
ALIKE = 80.0  # likeness in percent from which a row of words repeats another
LABEL = 90.0  # likeness in percent from which a text is a known label
CARRIED = 8  # a label broken by the page has at most this many characters left for the next one
COLUMN_PT = 5.0  # column borders of two parts closer than this are one
_NUMBERING = re.compile(r"^\s*[（(]?[一二三四五六七八九十0-9]{1,3}[）)、.．]")


@dataclass(frozen=True, slots=True)
class Part:
    """A table on one page.

    xs: its column borders; first, last: whether nothing but page furniture is above it, below it.
    """

    table: Table
    xs: tuple[float, ...]
    first: bool
    last: bool


def part_of(table: Table, grid: Grid, *, first: bool, last: bool) -> Part:
    """The part that a filled grid is."""
    return Part(table, grid.xs, first, last)


def stitch(parts: Sequence[Part], labels: Collection[str] = ()) -> tuple[Table, ...]:
    """Parts in reading order → whole tables, in order.

    `labels` are labels of whole rows that known forms print: two of them are never one cut row.
    """
    known = tuple(map(_plain, labels))
    whole: list[Part] = []
    for part in parts:
        if whole and _continues(whole[-1], part):
            whole[-1] = _join(whole[-1], part, known)
        else:
            whole.append(part)
    return tuple(part.table for part in whole)


def _continues(above: Part, below: Part) -> bool:
    next_page = above.table.pages[-1] + 1 == below.table.pages[0]
    if not (next_page and above.last and below.first):
        return False
    return (
        abs(above.xs[0] - below.xs[0]) < BORDER_PT and abs(above.xs[-1] - below.xs[-1]) < BORDER_PT
    )


def _join(above: Part, below: Part, labels: Sequence[str]) -> Part:
    xs = _united(above.xs, below.xs)
    upper = _without_blank_end(_on_columns(above, xs))
    lower = _without_repeated_header(upper, _on_columns(below, xs))
    cells, rows = _fused(upper, lower, labels)
    pages = (*above.table.pages, *below.table.pages)
    table = replace(above.table, pages=pages, rows=rows, columns=len(xs) - 1, cells=cells)
    return Part(table, xs, above.first, below.last)


def _united(a: Sequence[float], b: Sequence[float]) -> tuple[float, ...]:
    """Column borders of both parts; the ones of `b` that `a` has too are taken from `a`."""
    extra = [x for x in b if min(abs(x - y) for y in a) > COLUMN_PT]
    return tuple(sorted([*a, *extra]))


def _on_columns(part: Part, xs: Sequence[float]) -> list[Cell]:
    """The part's cells with columns counted on the united borders."""
    nearest = [min(range(len(xs)), key=lambda i: abs(xs[i] - x)) for x in part.xs]
    nearest[0], nearest[-1] = 0, len(xs) - 1
    cells = []
    for cell in part.table.cells:
        start = nearest[cell.column]
        end = nearest[cell.column + cell.column_span]
        cells.append(replace(cell, column=start, column_span=max(end - start, 1)))
    return cells


def _without_blank_end(cells: list[Cell]) -> list[Cell]:
    """The cells without a last row that is none: blank, and its label is that of the row above.

    A row that the break cuts may be set with room below its numbers, and a shade ends in between.
    """
    end = _rows(cells) - 1
    own = [c for c in cells if c.row == end]
    labels = [c for c in cells if c.row == end - 1 and c.row_span == 2]
    named = [c for c in labels if c.text and not _value(c.text)]
    if not own or not named or any(c.text for c in own):
        return cells
    kept = [c for c in cells if c.row < end]
    return [replace(c, row_span=min(c.row_span, end - c.row)) for c in kept]


def _rows(cells: Sequence[Cell]) -> int:
    return max((cell.row + cell.row_span for cell in cells), default=0)


def _plain(text: str) -> str:
    return re.sub(r"\s", "", text)


def _row_texts(cells: Sequence[Cell], row: int) -> list[tuple[int, str]]:
    return sorted((c.column, _plain(c.text)) for c in cells if c.row == row)


def _without_repeated_header(upper: Sequence[Cell], lower: list[Cell]) -> list[Cell]:
    """Drops the rows at the top of the lower part that repeat those at the top of the upper one."""
    same = 0
    while same < min(_rows(upper), _rows(lower)) and _repeats(upper, lower, same):
        same += 1
    if same == 0 or any(c.row < same < c.row + c.row_span for c in lower):
        return lower
    return [replace(c, row=c.row - same) for c in lower if c.row >= same]


def _repeats(upper: Sequence[Cell], lower: Sequence[Cell], row: int) -> bool:
    """Whether a row of words, not of numbers, stands in both parts, but for letters misread."""
    above, below = _row_texts(upper, row), _row_texts(lower, row)
    if [column for column, _ in above] != [column for column, _ in below]:
        return False
    first, second = ("|".join(text for _, text in texts) for texts in (above, below))
    wordy = [t for _, t in above if t]
    if not wordy or any(re.fullmatch(r"[\d.,%/—-]+", t) for t in wordy):
        return False
    return fuzz.ratio(first, second) >= ALIKE


def _fused(
    upper: list[Cell], lower: list[Cell], labels: Sequence[str]
) -> tuple[tuple[Cell, ...], int]:
    """Both parts' cells below each other, those that the break cut in two made one."""
    if not lower:
        return tuple(upper), _rows(upper)
    height = _rows(upper)
    bottom = {c.column: c for c in upper if c.row + c.row_span == height}
    top = {c.column: c for c in lower if c.row == 0}
    one_row = _is_cut_row(bottom, top, labels)
    shift = height - 1 if one_row else height
    moved = [replace(c, row=c.row + shift) for c in lower]
    pairs = {
        column: replace(top[column], row=shift)
        for column, cell in bottom.items()
        if column in top
        and top[column].column_span == cell.column_span
        and (one_row or _is_cut_cell(cell, top[column], top))
    }
    if one_row and len(pairs) != len(bottom):
        return _stacked(upper, lower, height)
    gone = {(c.row, c.column) for c in pairs.values()}
    kept = [c for c in moved if (c.row, c.column) not in gone]
    glued = [
        _glue(c, pairs[c.column])
        if c.row + c.row_span == height and c.column in pairs and bottom[c.column] is c
        else c
        for c in upper
    ]
    cells = tuple(sorted([*glued, *kept], key=lambda c: (c.row, c.column)))
    return cells, _rows(cells)


def _stacked(
    upper: Sequence[Cell], lower: Sequence[Cell], height: int
) -> tuple[tuple[Cell, ...], int]:
    cells = (*upper, *(replace(c, row=c.row + height) for c in lower))
    return cells, _rows(cells)


def _glue(upper: Cell, lower: Cell) -> Cell:
    """One cell of two pieces; its place is that of the first piece that holds text."""
    row_span = lower.row + lower.row_span - upper.row
    anchor = upper if upper.text or not lower.text else lower
    return replace(
        anchor,
        row=upper.row,
        column=upper.column,
        row_span=row_span,
        text=upper.text + lower.text,
        confidence=min(upper.confidence, lower.confidence),
        structure=min(upper.structure, lower.structure),
        hidden=max(upper.hidden, lower.hidden),
    )


def _is_cut_cell(upper: Cell, lower: Cell, top: dict[int, Cell]) -> bool:
    """A merged label that runs over the break: one piece is empty, or the text goes on.

    `top` is the lower part's first row. A label that spans rows stands left of labels of its rows;
    a heading that spans rows stands over numbers or blanks, and those are cells of their own.
    """
    if upper.row_span == 1 and lower.row_span == 1:
        return False
    labels_follow = any(c > lower.column and t.text and not _value(t.text) for c, t in top.items())
    if not labels_follow or _value(lower.text):
        return False
    if not lower.text or not upper.text:
        return True
    return len(lower.text) <= CARRIED and not _NUMBERING.match(lower.text)


def _is_cut_row(bottom: dict[int, Cell], top: dict[int, Cell], known: Sequence[str]) -> bool:
    """One row that runs over the break: same cells, values in one of the pieces only."""
    if set(bottom) != set(top):
        return False
    # Cells that span rows on both sides run over the break in any case and say nothing here.
    columns = [k for k in sorted(bottom) if bottom[k].row_span == 1 or top[k].row_span == 1]
    if any(top[k].row_span > 1 or bottom[k].row_span > 1 for k in columns):
        return False
    labels = [k for k in columns if not _value(bottom[k].text) and not _value(top[k].text)]
    values = [k for k in columns if k not in labels]
    above, below = ("".join(row[k].text for k in labels) for row in (bottom, top))
    if not values or _NUMBERING.match(below) or all(_is_label(t, known) for t in (above, below)):
        return False
    upper = any(bottom[k].text for k in values)
    lower = any(top[k].text for k in values)
    return upper != lower and any(top[k].text or bottom[k].text for k in labels)


def _is_label(text: str, known: Sequence[str]) -> bool:
    """Whether a text is a row's whole label, but for letters misread."""
    best = process.extractOne(_plain(text), known, scorer=fuzz.ratio, score_cutoff=LABEL)
    return best is not None


def _value(text: str) -> bool:
    return bool(re.fullmatch(r"[\d\s.,，%/—－-]+(元|万元)?", text)) and bool(text.strip())
