"""What the ink of scanned cells looks like beside what was read from it.

A lost digit leaves a number too wide for its digits, a pen stroke or a neighbour one too high: both
read well, and only the size of the ink tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from extractor.document import Ink
from extractor.geometry import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from extractor.image import FlatPage
    from extractor.ocr.engine import Reading
    from extractor.tables.crops import LineCrop
    from extractor.tables.grid import Grid

    Mask = NDArray[np.uint8]
    Lines = Sequence[Sequence[tuple[LineCrop, Reading]]]

ENOUGH = 5  # numbers of a page from which their size is known
CLEAR = 0.9  # confidence of those that it is known from
SLIM = 0.12  # of a digit is what each side of a 1 lacks of ink, with serifs
MARKS = ".,"
MARK = 0.5  # a point or comma takes this share of a digit
SIDE_PT = 1.5  # along the sides of a blank cell, where its borders are


def inks(flat: FlatPage, raw: Mask, tables: Sequence[tuple[Grid, Lines]]) -> list[list[Ink]]:
    """The ink of every cell of a page's tables; `raw` is the page's ink, specks too, no rulings."""
    numbers = [
        (line.box, reading.text)
        for _, held in tables
        for lines in held
        for line, reading in lines
        if is_plain(lines) and reading.confidence >= CLEAR
    ]
    usual = _usual(numbers)
    return [
        [_ink(flat, raw, grid.box_of(s), h, usual) for s, h in zip(grid.spans, held, strict=True)]
        for grid, held in tables
    ]


def is_plain(lines: Sequence[tuple[LineCrop, Reading]]) -> bool:
    """Whether a cell holds one line, and that a number of digits, points and commas."""
    text = lines[0][1].text if len(lines) == 1 else ""
    return any(c.isdigit() for c in text) and all(c in "0123456789.," for c in text)


def _usual(numbers: Sequence[tuple[Box, str]]) -> tuple[float, float] | None:
    """Width of a digit and height of a number in points: medians; None where they are too few."""
    if len(numbers) < ENOUGH:
        return None
    widths = [box.width / digits(text) for box, text in numbers]
    return float(np.median(widths)), float(np.median([box.height for box, _ in numbers]))


def digits(text: str) -> float:
    """Width of a printed number in digits, as ink: figures are set equally wide, a 1 is slim."""
    slim = SLIM * ((text[0] == "1") + (text[-1] == "1"))
    return sum(MARK if c in MARKS else 1.0 for c in text) - slim


def _ink(
    flat: FlatPage,
    raw: Mask,
    box: Box,
    lines: Sequence[tuple[LineCrop, Reading]],
    usual: tuple[float, float] | None,
) -> Ink:
    if not lines:
        inner = Box(box.x0 + SIDE_PT, box.y0 + SIDE_PT, box.x1 - SIDE_PT, box.y1 - SIDE_PT)
        return Ink(area=round(float(raw[flat.area(inner)].sum()) / flat.dpi**2, 7))
    line, reading = lines[0]
    alone = len(lines) == 1
    rival = reading.runners_up[0][1] if alone and reading.runners_up else None
    ink = Ink(reading.agreed if alone else None, None if rival is None else round(rival, 6))
    if usual is None or not is_plain(lines):
        return ink
    width, height = line.box.width / digits(reading.text) / usual[0], line.box.height / usual[1]
    return Ink(ink.agreed, ink.rival, round(width, 3), round(height, 3))
