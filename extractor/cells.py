"""Reading the cells of a scanned grid: lines of text by the engine, numbers by two readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from extractor.document import Alternative, Cell, Table
from extractor.inks import inks
from extractor.ocr.engine import Reading
from extractor.ocr.joining import combined
from extractor.parting import parted
from extractor.tables.crops import (
    LineCrop,
    cell_lines,
    hidden_share,
    letter_height,
    painted_rulings,
)
from extractor.tables.grid import WORN
from extractor.worn_cells import DASHES, Readers, cell_text, is_numeric, told_blank

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from extractor.document import Ink
    from extractor.geometry import Box
    from extractor.image import FlatPage
    from extractor.ocr.engine import Engine
    from extractor.tables.grid import Grid

    Mask = NDArray[np.uint8]
    Lines = Sequence[Sequence[tuple[LineCrop, Reading]]]

UNREAD = 0.6  # that a line of ink which gave no text is no text
CLEAR = 0.9  # from this confidence on a number needs no second look
LEGIBLE = 0.2  # from this on a second look counts
DIGITS = "0123456789.,/-—－"


def read_tables(
    flat: FlatPage, grids: Sequence[Grid], readers: Readers, number: int
) -> tuple[list[Table], list[tuple[LineCrop, Reading]]]:
    """One table a grid, all their cells read in one batch; and the lines of text of all cells."""
    clean = painted_rulings(flat, grids)
    height = letter_height(flat, grids, clean)
    lines: list[LineCrop] = []
    owners: list[tuple[int, int]] = []
    for g, grid in enumerate(grids):
        for s, span in enumerate(grid.spans):
            found = cell_lines(flat, clean, grid.box_of(span), height)
            lines.extend(found)
            owners.extend([(g, s)] * len(found))
    readings = [
        _with_mark(line, reading)
        for line, reading in zip(
            lines, readers.engine.recognise([c.image for c in lines]), strict=True
        )
    ]
    told = [
        _told(flat, clean, grid, _held(grid, g, owners, zip(lines, readings, strict=True)), readers)
        for g, grid in enumerate(grids)
    ]
    raw = clean if flat.dirt is None else clean | flat.dirt
    every = inks(flat, raw, [(grid, held) for grid, held, _ in told])
    tables = [
        _table(flat, grid, list(zip(held, blanks, own, strict=True)), number)
        for (grid, held, blanks), own in zip(told, every, strict=True)
    ]
    return tables, [line for _, held, _ in told for own in held for line in own]


def _told(
    flat: FlatPage, clean: Mask, grid: Grid, held: Lines, readers: Readers
) -> tuple[Grid, Lines, list[float]]:
    """A grid with its cells parted, what each holds, and of those without text that it is blank."""
    apart, held = parted(grid, held, _is_value) if flat.wear >= WORN else (grid, held)
    held = _ordinals(apart, _numbers(apart, held, readers))
    return apart, *told_blank(flat, clean, apart, held, readers)


def _held(
    grid: Grid,
    index: int,
    owners: Sequence[tuple[int, int]],
    lines: Iterable[tuple[LineCrop, Reading]],
) -> list[Sequence[tuple[LineCrop, Reading]]]:
    """The lines of each of a grid's cells; `owners` are the grid and the cell of every line."""
    held: list[list[tuple[LineCrop, Reading]]] = [[] for _ in grid.spans]
    for (g, s), line in zip(owners, lines, strict=True):
        if g == index:
            held[s].append(line)
    return list(held)


def _with_mark(line: LineCrop, reading: Reading) -> Reading:
    """The reading, or the lone stroke that the crop is where it was read as something else."""
    if not line.mark or reading.text in ("/", *DASHES):
        return reading
    if line.mark == "/" and len(reading.text) > 1 and reading.confidence >= CLEAR:
        return reading
    return Reading(line.mark, (0.97,), (0.5,), ((reading.text, 0.03),) if reading.text else ())


def _table(
    flat: FlatPage,
    grid: Grid,
    found: Sequence[tuple[Sequence[tuple[LineCrop, Reading]], float, Ink]],
    number: int,
) -> Table:
    cells = tuple(
        Cell(
            span.row,
            span.column,
            span.row_span,
            span.column_span,
            cell_text(lines),
            _confidence(lines, blank),
            number,
            grid.box_of(span).rounded(),
            structure=span.support,
            alternatives=_alternatives(lines),
            hidden=_hidden(flat, lines, grid.box_of(span)),
            ink=ink,
        )
        for span, (lines, blank, ink) in zip(grid.spans, found, strict=True)
    )
    return Table("", "", (number,), len(grid.ys) - 1, len(grid.xs) - 1, cells)


def _hidden(flat: FlatPage, lines: Sequence[tuple[LineCrop, Reading]], box: Box) -> float:
    """Share of a cell's text, or of one without text itself, that something lies over."""
    shares = [max(line.hidden, hidden_share(flat, line.box)) for line, _ in lines]
    return round(max(shares or [hidden_share(flat, box)]), 3)


def _confidence(lines: Sequence[tuple[LineCrop, Reading]], blank: float) -> float:
    """Probability of the least certain character; of a blank cell, that it is `blank`."""
    if not lines:
        return blank
    return min(reading.confidence if reading.text else UNREAD for _, reading in lines)


def _alternatives(lines: Sequence[tuple[LineCrop, Reading]]) -> tuple[Alternative, ...]:
    """Other readings of a cell of one line."""
    if len(lines) != 1:
        return ()
    return tuple(Alternative(text, p) for text, p in lines[0][1].runners_up)


def _numbers(grid: Grid, held: Lines, readers: Readers) -> Lines:
    """Cells that are numbers, or stand among them, are read by the reader of numbers too."""
    numeric = [bool(lines) and all(is_numeric(r.text) for _, r in lines) for lines in held]
    asked = [
        i
        for i, lines in enumerate(held)
        if len(lines) == 1
        and not lines[0][0].mark
        and (numeric[i] or (_may_be_one(lines[0][1]) and _among_numbers(grid, numeric, i)))
    ]
    general = _second_look({i: held[i][0] for i in asked}, readers.engine)
    numbers = readers.numbers.read([held[i][0][0].image for i in asked])
    result = list(held)
    for i, number in zip(asked, numbers, strict=True):
        result[i] = [(held[i][0][0], combined(general[i], number))]
    return result


def _ordinals(grid: Grid, held: Lines) -> Lines:
    """Lone dashes of a column that also has a 二 or 三 are a 一: their shapes are the same."""
    texts = [cell_text(lines) for lines in held]
    numbered = {
        (span.column, span.column_span)
        for span, text in zip(grid.spans, texts, strict=True)
        if text in ("二", "三")
    }
    result = list(held)
    for i, span in enumerate(grid.spans):
        if texts[i] in DASHES and (span.column, span.column_span) in numbered:
            (line, reading), *_ = held[i]
            result[i] = [(line, Reading("一", (0.95,), (0.5,), ((reading.text, 0.05),)))]
    return result


def _second_look(
    lines: Mapping[int, tuple[LineCrop, Reading]], engine: Engine
) -> dict[int, Reading]:
    """The readings; what is no clear number is read again with the signs of numbers only."""
    found = {i: reading for i, (_, reading) in lines.items()}
    again = [i for i, r in found.items() if not is_numeric(r.text) or r.confidence < CLEAR]
    # Soft edges close small breaks of worn digits.
    soft = [cv2.GaussianBlur(lines[i][0].image, (3, 3), 0) for i in again]
    readings = engine.recognise([np.asarray(c, np.uint8) for c in soft], alphabet=DIGITS)
    return found | {i: r for i, r in zip(again, readings, strict=True) if r.confidence >= LEGIBLE}


def _may_be_one(reading: Reading) -> bool:
    """Whether a reading that is no number may be one: short, and not plainly a word."""
    return len(reading.text) <= 8 and (reading.confidence < 0.85 or len(reading.text) <= 1)


def _is_value(text: str) -> bool:
    return not text or is_numeric(text) or text in ("无", *DASHES)


def _among_numbers(grid: Grid, numeric: Sequence[bool], index: int) -> bool:
    """Whether most cells of the same column below the header, and of the same row, are numbers."""
    own = grid.spans[index]
    column = [n for s, n in zip(grid.spans, numeric, strict=True)
              if s.column == own.column and s.column_span == own.column_span]  # fmt: skip
    row = [n for s, n in zip(grid.spans, numeric, strict=True)
           if s.row == own.row and s.row_span == own.row_span]  # fmt: skip
    return sum(column) >= 0.6 * len(column) or (sum(column) >= 1 and sum(row) >= 0.6 * len(row))
