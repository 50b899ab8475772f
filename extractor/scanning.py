"""Reading a page from its pixels: upright by trial, cells along the grid, prose by the detector."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from extractor.document import Alternative, Cell, Char, Table, Word
from extractor.geometry import Box
from extractor.image import flatten_page, flattened, text_samples, turned
from extractor.ocr.engine import Reading
from extractor.tables.crops import LineCrop, cell_lines, letter_height, painted_rulings
from extractor.tables.fill import inside
from extractor.tables.finding import find_aligned
from extractor.tables.grid import WORN, find_grids
from extractor.tables.worn import with_lost_borders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from extractor.image import FlatPage
    from extractor.ocr.engine import Engine
    from extractor.tables.grid import Grid

    Image = NDArray[np.uint8]
    Gray = NDArray[np.uint8]

UPRIGHT = 0.88  # mean confidence of sample lines from which a page is upright without further trial
LEGIBLE = 2.5  # what such a line must give: certain characters, each counting up to a half
TRIAL_LINES = 5
UNREAD = 0.6  # that a line of ink which gave no text is no text
DIGITS = "0123456789.,/-—－"


@dataclass(frozen=True, slots=True)
class ScannedPage:
    """What the pixels of a page gave: words outside tables, and tables with their grids."""

    flat: FlatPage
    words: tuple[Word, ...]
    tables: tuple[tuple[Table, Grid], ...]


def read_scan(image: Image, dpi: float, engine: Engine, number: int) -> ScannedPage:
    """Reads a page picture (BGR) of the given resolution; `number` is the page's."""
    gray = flattened(image)
    rotation = find_rotation(gray, dpi, engine)
    flat = flatten_page(turned(gray, rotation), dpi, rotation)
    grids = find_grids(flat.rulings, flat.wear)
    if flat.wear >= WORN:
        grids = tuple(with_lost_borders(grid, flat) for grid in grids)
    tables = read_tables(flat, grids, engine, number)
    words = read_prose_words(flat, [grid.box for grid in grids], engine)
    aligned = find_aligned(words, flat.rulings, number)
    rest = tuple(w for w in words if not any(inside(w, grid.box) for _, grid in aligned))
    found = sorted(
        [*zip(tables, grids, strict=True), *aligned],
        key=lambda item: (item[1].ys[0], item[1].xs[0]),
    )
    return ScannedPage(flat, rest, tuple(found))


def find_rotation(gray: Gray, dpi: float, engine: Engine) -> int:
    """Degrees clockwise (0, 90, 180, 270) that turn the page upright.

    Sample lines are read each way; the way that reads with the most confidence is up.
    """
    samples = text_samples(gray, dpi, TRIAL_LINES)
    across = next(samples)
    upright, certainty = _trial(across, 0, engine)
    # Columns of a page on its side give lines too, but short ones.
    if certainty >= UPRIGHT and len(across) >= 3 and upright >= LEGIBLE * len(across):
        return 0
    down = next(samples)
    scores = {
        0: upright,
        180: _trial(across, 180, engine)[0],
        90: _trial(down, 90, engine)[0],
        270: _trial(down, 270, engine)[0],
    }
    best = max(scores, key=lambda rotation: scores[rotation])
    return best if scores[best] > 1.2 * scores[0] else 0


def _trial(crops: Sequence[Image], rotation: int, engine: Engine) -> tuple[float, float]:
    """How well the crops read after a turn: certain characters in all, and their mean certainty.

    Characters count by how far they are above an even chance, so that many good ones beat a few.
    """
    readings = engine.recognise([turned(crop, rotation) for crop in crops])
    found = np.array([p for reading in readings for p in reading.probabilities])
    if len(found) == 0:
        return 0.0, 0.0
    # A line that gives no characters at all counts against the turn.
    empty = sum(not reading.text for reading in readings)
    return float(np.maximum(found - 0.5, 0).sum()), float(found.sum() / (len(found) + 5 * empty))


def read_tables(flat: FlatPage, grids: Sequence[Grid], engine: Engine, number: int) -> list[Table]:
    """One table a grid, all their cells read in one batch."""
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
        for line, reading in zip(lines, engine.recognise([c.image for c in lines]), strict=True)
    ]
    tables = []
    for g, grid in enumerate(grids):
        held: list[list[tuple[LineCrop, Reading]]] = [[] for _ in grid.spans]
        for owner, line, reading in zip(owners, lines, readings, strict=True):
            if owner[0] == g:
                held[owner[1]].append((line, reading))
        tables.append(_table(grid, held, engine, number))
    return tables


def _with_mark(line: LineCrop, reading: Reading) -> Reading:
    """The reading, or the lone stroke that the crop is where it was read as something else."""
    if not line.mark or reading.text in ("/", "—", "－", "-", "一"):
        return reading
    if line.mark == "/" and len(reading.text) > 1:
        return reading
    return Reading(line.mark, (0.97,), (0.5,), ((reading.text, 0.03),) if reading.text else ())


def _table(
    grid: Grid, held: Sequence[Sequence[tuple[LineCrop, Reading]]], engine: Engine, number: int
) -> Table:
    held = _second_look(grid, held, engine)
    cells = tuple(
        Cell(
            span.row,
            span.column,
            span.row_span,
            span.column_span,
            "".join(reading.text for _, reading in lines),
            _confidence(lines),
            number,
            grid.box_of(span).rounded(),
            structure=span.support,
            alternatives=_alternatives(lines),
        )
        for span, lines in zip(grid.spans, held, strict=True)
    )
    return Table("", "", (number,), len(grid.ys) - 1, len(grid.xs) - 1, cells)


def _confidence(lines: Sequence[tuple[LineCrop, Reading]]) -> float:
    """Probability of the least certain character; of a blank cell, that there is no ink to read."""
    if not lines:
        return 0.995
    return min(reading.confidence if reading.text else UNREAD for _, reading in lines)


def _alternatives(lines: Sequence[tuple[LineCrop, Reading]]) -> tuple[Alternative, ...]:
    """Other readings of a cell of one line."""
    if len(lines) != 1:
        return ()
    return tuple(Alternative(text, p) for text, p in lines[0][1].runners_up)


def _second_look(
    grid: Grid, held: Sequence[Sequence[tuple[LineCrop, Reading]]], engine: Engine
) -> Sequence[Sequence[tuple[LineCrop, Reading]]]:
    """Cells among numbers that did not read as one are read again with digits only."""
    numeric = [bool(lines) and all(is_numeric(r.text) for _, r in lines) for lines in held]
    again = [
        i
        for i, lines in enumerate(held)
        if len(lines) == 1
        and not lines[0][0].mark
        and not numeric[i]
        and _doubtful(lines[0][1])
        and _among_numbers(grid, numeric, i)
    ]
    if not again:
        return held
    # Soft edges close small breaks of worn digits.
    soft = [cv2.GaussianBlur(held[i][0][0].image, (3, 3), 0) for i in again]
    readings = engine.recognise([np.asarray(c, np.uint8) for c in soft], alphabet=DIGITS)
    result = list(held)
    for i, reading in zip(again, readings, strict=True):
        if reading.confidence >= 0.2:
            result[i] = [(held[i][0][0], reading)]
    return result


def _doubtful(reading: Reading) -> bool:
    """Whether a reading that is no number may be one: short, and not plainly a word."""
    return len(reading.text) <= 8 and (reading.confidence < 0.85 or len(reading.text) <= 1)


def is_numeric(text: str) -> bool:
    """Whether a reading holds digits and what goes with them only."""
    return bool(text) and all(c in "0123456789.,，。/-—－ " for c in text)


def _among_numbers(grid: Grid, numeric: Sequence[bool], index: int) -> bool:
    """Whether most cells of the same column below the header, and of the same row, are numbers."""
    own = grid.spans[index]
    column = [n for s, n in zip(grid.spans, numeric, strict=True)
              if s.column == own.column and s.column_span == own.column_span]  # fmt: skip
    row = [n for s, n in zip(grid.spans, numeric, strict=True)
           if s.row == own.row and s.row_span == own.row_span]  # fmt: skip
    return sum(column) >= 0.6 * len(column) or (sum(column) >= 1 and sum(row) >= 0.6 * len(row))


def read_prose_words(flat: FlatPage, tables: Sequence[Box], engine: Engine) -> tuple[Word, ...]:
    """Lines of text outside the tables, as words with a box for each character."""
    gray = flat.gray.copy()
    mask = flat.ink.copy()
    for box in tables:
        x0, y0, x1, y1 = (int(v / flat.scale) for v in box.grown(3.0))
        gray[max(y0, 0) : y1, max(x0, 0) : x1] = 255
        mask[max(y0, 0) : y1, max(x0, 0) : x1] = 0
    rows = np.flatnonzero(mask.sum(axis=1) > 2)
    if len(rows) == 0:
        return ()
    margin = int(flat.dpi * 0.15)
    top, bottom = max(int(rows[0]) - margin, 0), min(int(rows[-1]) + margin, gray.shape[0])
    image = np.asarray(cv2.cvtColor(gray[top:bottom], cv2.COLOR_GRAY2BGR), np.uint8)
    quads = engine.detect(image)
    readings = engine.recognise([straightened(image, quad) for quad in quads])
    return tuple(
        _word(quad, reading, top, flat.scale)
        for quad, reading in zip(quads, readings, strict=True)
        if reading.text
    )


def straightened(image: Image, quad: NDArray[np.float32]) -> Image:
    """The quadrilateral as an upright crop; one that is much higher than wide is turned."""
    sides = [float(np.linalg.norm(quad[i] - quad[(i + 1) % 4])) for i in range(4)]
    width, height = int(max(sides[0], sides[2], 1)), int(max(sides[1], sides[3], 1))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    crop = cv2.warpPerspective(
        image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(np.rot90(crop) if height > 1.5 * width else crop, np.uint8)


def _word(quad: NDArray[np.float32], reading: Reading, top: int, scale: float) -> Word:
    x0, y0 = (float(v) for v in quad.min(axis=0))
    x1, y1 = (float(v) for v in quad.max(axis=0))
    box = Box(x0, y0 + top, x1, y1 + top).scaled(scale)
    return Word(reading.text, box, reading.confidence, characters(reading, box), box.height)


def characters(reading: Reading, box: Box) -> tuple[Char, ...]:
    """A box for each character of a line, from where along it they were read."""
    if len(reading.positions) != len(reading.text):
        return ()
    centres = [box.x0 + p * box.width for p in reading.positions]
    stops = [box.x0, *((a + b) / 2 for a, b in itertools.pairwise(centres)), box.x1]
    return tuple(
        Char(char, Box(stops[i], box.y0, max(stops[i + 1], stops[i]), box.y1), p)
        for i, (char, p) in enumerate(zip(reading.text, reading.probabilities, strict=True))
    )
