"""Reading a page from its pixels: upright by trial, cells along the grid, prose by the detector."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from extractor.cells import read_tables
from extractor.document import Char, Table, Word
from extractor.geometry import Box
from extractor.image import (
    coloured_seals,
    covered,
    flatten_page,
    flattened,
    measured,
    text_samples,
    turned,
)
from extractor.tables.fill import inside
from extractor.tables.finding import find_aligned
from extractor.tables.grid import WORN, find_grids
from extractor.tables.worn import with_lost_borders
from extractor.worn_cells import Readers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from extractor.document import Quality
    from extractor.image import FlatPage
    from extractor.ocr.engine import Engine, Reading
    from extractor.ocr.numbers import NumberReader
    from extractor.tables.crops import LineCrop
    from extractor.tables.grid import Grid

    Image = NDArray[np.uint8]
    Gray = NDArray[np.uint8]

UPRIGHT = 0.95  # mean confidence of sample lines from which a page is upright without further trial
LEGIBLE = 2.5  # what such a line must give: certain characters, each counting up to a half
TRIAL_LINES = 5


@dataclass(frozen=True, slots=True)
class ScannedPage:
    """What the pixels of a page gave: words outside tables, and tables with their grids.

    prose: the words outside ruled tables, also those of tables told by alignment; lines: those of
    the cells of ruled tables.
    """

    flat: FlatPage
    quality: Quality
    words: tuple[Word, ...]
    tables: tuple[tuple[Table, Grid], ...]
    prose: tuple[Word, ...]
    lines: Sequence[tuple[LineCrop, Reading]]

    def all_words(self) -> tuple[Word, ...]:
        """Every line of text that was read, as a word with a box for each character."""
        scale = self.flat.scale
        cells = (_cell_word(*line, scale) for line in self.lines if line[1].text)
        return (*self.prose, *cells)


def read_scan(
    image: Image, dpi: float, engine: Engine, numbers: NumberReader, number: int
) -> ScannedPage:
    """Reads a page picture (BGR) of the given resolution; `number` is the page's."""
    seals = coloured_seals(image)
    gray = flattened(image, seals)
    rotation = find_rotation(gray, dpi, engine)
    sealed = turned(covered(gray.shape, seals), rotation) if seals else None
    flat = flatten_page(turned(gray, rotation), dpi, rotation, sealed)
    grids = find_grids(flat.rulings, flat.wear)
    if flat.wear >= WORN:
        boxes = [grid.box for grid in grids]
        grids = tuple(
            with_lost_borders(grid, flat, [*boxes[:i], *boxes[i + 1 :]])
            for i, grid in enumerate(grids)
        )
    tables, lines = read_tables(flat, grids, Readers(engine, numbers), number)
    words = read_prose_words(flat, [grid.box for grid in grids], engine)
    aligned = find_aligned(words, flat.rulings, number)
    rest = tuple(w for w in words if not any(inside(w, grid.box) for _, grid in aligned))
    found = sorted(
        [*zip(tables, grids, strict=True), *aligned],
        key=lambda item: (item[1].ys[0], item[1].xs[0]),
    )
    quality = measured(image, flat, ruled=bool(grids))
    return ScannedPage(flat, quality, rest, tuple(found), words, lines)


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


def _cell_word(line: LineCrop, reading: Reading, scale: float) -> Word:
    """A cell's line of text; its box is that of its ink."""
    box = line.box
    if not line.image.size:  # a mark that is worn off, taken for granted in the middle of its cell
        (x, y), half = box.center, min(box.width, box.height) / 4
        box = Box(x - half, y - half, x + half, y + half)
    own = box.width / scale / max(line.image.shape[1], 1)  # of the crop, which has margins
    positions = tuple(min(max((p - 0.5) / own + 0.5, 0.0), 1.0) for p in reading.positions)
    chars = characters(replace(reading, positions=positions), box)
    return Word(reading.text, box, reading.confidence, chars, box.height)


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
