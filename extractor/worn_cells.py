"""Cells of worn tables in which hardly anything is left: blank, the last of a stroke or a number?

What is left of worn print is as little as specks. But print lies where the other cells of its
table or column have theirs; specks lie anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from extractor.geometry import Box
from extractor.ocr.engine import Reading
from extractor.ocr.joining import combined
from extractor.tables.crops import LineCrop
from extractor.tables.places import ENOUGH, probabilities, usual_stroke, window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from extractor.image import FlatPage
    from extractor.ocr.engine import Engine
    from extractor.ocr.numbers import NumberReader
    from extractor.tables.grid import Grid

    Mask = NDArray[np.uint8]
    Lines = Sequence[Sequence[tuple[LineCrop, Reading]]]

BLANK = 0.995  # that a cell without ink is blank
SPECKED = 0.8  # that one is with some ink where others have their number
LEGIBLE = 0.8  # from this on such ink is a number
DASHES = ("—", "－", "-", "一")
LEAST_INK_IN2 = 1.5e-4  # square inches; two small specks have less
BITS = 2  # of ink in it: a lone one is a speck
WIDE_IN = 0.09  # around the usual place of a number, half the width of what is looked at


@dataclass(frozen=True, slots=True)
class Readers:
    """What reads text, and what reads numbers."""

    engine: Engine
    numbers: NumberReader


def told_blank(
    flat: FlatPage, clean: Mask, grid: Grid, held: Lines, readers: Readers
) -> tuple[Lines, list[float]]:
    """The cells with strokes and numbers that were nearly worn off; of each that it is blank.

    `clean` is the page's ink without rulings, `held` are the lines of text of each cell.
    """
    if flat.dirt is None:
        return held, [BLANK] * len(held)
    raw = clean | flat.dirt
    held, blanks = _with_strokes(raw, flat, grid, held)
    return _with_numbers(raw, flat, grid, held, blanks, readers)


def _with_strokes(raw: Mask, flat: FlatPage, grid: Grid, held: Lines) -> tuple[Lines, list[float]]:
    blanks = [BLANK] * len(held)
    marks = {
        i: "/" if cell_text(lines) == "/" else "—"
        for i, lines in enumerate(held)
        if cell_text(lines) in ("/", *DASHES)
    }
    bare = [i for i, lines in enumerate(held) if not lines]
    if not bare or len(marks) < ENOUGH:
        return held, blanks
    windows = [window(raw[flat.area(grid.box_of(span))], flat.dpi) for span in grid.spans]
    usual = usual_stroke([windows[i] for i in marks], list(marks.values()))
    if usual is None:
        return held, blanks
    result = list(held)
    for i, p in zip(bare, probabilities(usual, [windows[i] for i in bare], flat.dpi), strict=True):
        blanks[i] = min(BLANK, 1 - float(p))
        if p > 0.5:
            line = LineCrop(np.zeros((0, 0, 3), np.uint8), grid.box_of(grid.spans[i]), usual.mark)
            result[i] = [(line, Reading(usual.mark, (float(p),), (0.5,), (("", 1 - float(p)),)))]
    return result, blanks


def _with_numbers(
    raw: Mask, flat: FlatPage, grid: Grid, held: Lines, blanks: list[float], readers: Readers
) -> tuple[Lines, list[float]]:
    places = _places(grid, held)
    lines = {
        i: line
        for i, found in enumerate(held)
        if not found and (place := places.get(i)) is not None
        and (line := _bits(raw, flat, place)) is not None
    }  # fmt: skip
    crops = [line.image for line in lines.values()]
    general, numbers = readers.engine.recognise(crops), readers.numbers.read(crops)
    result, blanks = list(held), list(blanks)
    for (i, line), one, other in zip(lines.items(), general, numbers, strict=True):
        reading = combined(one, other)
        if is_numeric(reading.text) and reading.confidence >= LEGIBLE:
            result[i] = [(line, reading)]
        blanks[i] = min(blanks[i], SPECKED)
    return result, blanks


def _places(grid: Grid, held: Lines) -> Mapping[int, Box]:
    """Where a number of one digit would be in the cells without text, in points.

    It is as far from the middle of its cell as those of its column are in the mean.
    """
    offsets: dict[tuple[int, int], list[tuple[float, float, float]]] = {}
    for span, lines in zip(grid.spans, held, strict=True):
        if len(lines) == 1 and is_numeric(lines[0][1].text):
            (x, y), (cx, cy) = lines[0][0].box.center, grid.box_of(span).center
            height = lines[0][0].box.height
            offsets.setdefault((span.column, span.column_span), []).append((x - cx, y - cy, height))
    found = {}
    for i, (span, lines) in enumerate(zip(grid.spans, held, strict=True)):
        if lines or len(own := offsets.get((span.column, span.column_span), [])) < ENOUGH:
            continue
        dx, dy, height = (float(v) for v in np.median(own, axis=0))
        x, y = grid.box_of(span).center
        half = 72 * WIDE_IN
        found[i] = Box(x + dx - half, y + dy - 0.6 * height, x + dx + half, y + dy + 0.6 * height)
    return found


def _bits(raw: Mask, flat: FlatPage, place: Box) -> LineCrop | None:
    """The ink there as a line of text, None where there is too little."""
    rows, columns = flat.area(place)
    patch = np.ascontiguousarray(raw[rows, columns])
    if patch.size == 0 or patch.sum() < LEAST_INK_IN2 * flat.dpi**2:
        return None
    count, *_ = cv2.connectedComponentsWithStats(patch, connectivity=8)
    if count - 1 < BITS:
        return None
    ys, xs = np.nonzero(patch)
    own = patch[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    pad = max(int(0.2 * own.shape[0]), 2)
    image = cv2.cvtColor(np.pad(255 * (1 - own), pad, constant_values=255), cv2.COLOR_GRAY2BGR)
    x0, y0 = columns.start, rows.start
    ends = (x0 + xs.min(), y0 + ys.min(), x0 + xs.max() + 1, y0 + ys.max() + 1)
    box = Box(*(float(v) for v in ends))
    return LineCrop(np.asarray(image, np.uint8), box.scaled(flat.scale))


def cell_text(lines: Sequence[tuple[LineCrop, Reading]]) -> str:
    """The cell's text. Several numbers stay apart: they are those of cells without a border."""
    texts = [reading.text for _, reading in lines if reading.text]
    return ("  " if len(texts) > 1 and all(map(is_numeric, texts)) else "").join(texts)


def is_numeric(text: str) -> bool:
    """Whether a reading holds digits and what goes with them only."""
    return bool(text) and all(c in "0123456789.,，。/-—－ " for c in text)
