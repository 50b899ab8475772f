"""Labelled crops: sheets are worn, and cut up by the extractor's own code for scanned cells."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING

import cv2
import numpy as np

from extractor.geometry import Box
from extractor.image import FlatPage, flattened
from extractor.image.cleaning import ink, specks
from extractor.ocr.numbers import FOREIGN
from extractor.tables.crops import cell_lines, painted_rulings
from extractor.tables.grid import Grid, Span
from models.numbers.fonts import FALLBACK, HELD_OUT, TRAINED, find_typefaces
from models.numbers.sheets import COLUMNS, ROWS, draw_sheet
from models.numbers.wear import KINDS, slow_field

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.random import Generator
    from numpy.typing import NDArray

    from extractor.tables.crops import LineCrop
    from models.numbers.sheets import Sheet, SheetCell

    Image = NDArray[np.uint8]
    Gray = NDArray[np.uint8]
    Mask = NDArray[np.uint8]

WORST = 2.0
KEPT = 0.4  # share of each character's ink that must be left for it to be asked for


@dataclass(frozen=True, slots=True)
class Sample:
    """A crop as the extractor makes it (BGR), what it says, and how it was worn."""

    image: Image
    label: str
    kind: str
    severity: float


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which samples are made: sheets of a seed, with the typefaces of the training or unseen."""

    seed: int
    sheets: int
    fonts: Path
    unseen: bool = False


def make_samples(recipe: Recipe, processes: int = 2) -> Iterator[Sample]:
    """The samples of all sheets, in order; the same recipe gives the same pixels."""
    with get_context("fork").Pool(processes) as pool:
        jobs = [(recipe, number) for number in range(recipe.sheets)]
        for made in pool.imap(_sheet_job, jobs, chunksize=4):
            yield from made


def _sheet_job(job: tuple[Recipe, int]) -> list[Sample]:
    recipe, number = job
    cv2.setNumThreads(1)
    rng = np.random.default_rng((recipe.seed, number))
    return list(sheet_samples(rng, recipe))


def sheet_samples(rng: Generator, recipe: Recipe) -> Iterator[Sample]:
    """The cells of one worn sheet that can be asked for."""
    wanted = HELD_OUT if recipe.unseen else TRAINED
    (fallback,) = find_typefaces(FALLBACK, recipe.fonts)
    sheet = draw_sheet(rng, find_typefaces(wanted, recipe.fonts), fallback)
    shares = np.array([share for _, share in KINDS.values()])
    kind = str(rng.choice(tuple(KINDS), p=shares / shares.sum()))
    severity = float(rng.uniform(0.05, WORST))
    worn = KINDS[kind][0](_bent(sheet.gray, rng), severity, sheet.dpi, rng)
    flat = flat_page(worn, sheet.dpi)
    clean = painted_rulings(flat, (_grid(sheet, rng),))
    letter = sheet.em * float(rng.uniform(0.8, 1.1))
    for cell in sheet.cells:
        box = Box(*(float(v) for v in cell.box)).scaled(flat.scale)
        lines = cell_lines(flat, clean, box, letter)
        label = label_of(cell, lines, sheet)
        if label is not None:
            yield Sample(lines[0].image, label, kind, severity)


def flat_page(worn: Image, dpi: float) -> FlatPage:
    """The sheet as the extractor has a page before it cuts cells; it is straight as drawn."""
    gray = flattened(worn)
    mask = ink(gray, dpi)
    dirt = specks(mask, dpi)
    gray = np.where(dirt > 0, np.uint8(255), gray)
    return FlatPage(gray, mask & (1 - dirt), (), 0.0, 0, 0.0, dpi, dirt if dirt.any() else None)


def _bent(gray: Gray, rng: Generator) -> Gray:
    """What straightening leaves: a bend and a slant of about a pixel."""
    height, width = gray.shape
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    x += (slow_field(gray.shape, 4, rng) * rng.uniform(0, 0.7)).astype(np.float32)
    y += (slow_field(gray.shape, 4, rng) * rng.uniform(0, 0.7)).astype(np.float32)
    x += (y - height / 2) * np.float32(rng.normal(0, 0.002))
    bent = cv2.remap(gray, x, y, cv2.INTER_CUBIC, borderValue=(255.0,))
    return np.asarray(bent, np.uint8)


def _grid(sheet: Sheet, rng: Generator) -> Grid:
    """The sheet's table in points, its lines found a pixel off here and there."""
    scale = 72 / sheet.dpi
    xs = [(x + float(rng.normal(0, 0.6))) * scale for x in sheet.xs]
    ys = [(y + float(rng.normal(0, 0.6))) * scale for y in sheet.ys]
    places = itertools.product(range(ROWS), range(COLUMNS))
    return Grid(tuple(ys), tuple(xs), tuple(Span(r, c, 1, 1, 1.0) for r, c in places))


def label_of(cell: SheetCell, lines: list[LineCrop], sheet: Sheet) -> str | None:
    """What is to be read in a cell's crop; None where it cannot be told from what is left."""
    if len(lines) != 1:
        return None
    if not cell.text.printed:
        return FOREIGN
    line = lines[0]
    x0 = line.box.x0 * sheet.dpi / 72
    y0, y1 = (round(v * sheet.dpi / 72) for v in (line.box.y0, line.box.y1))
    pad = (line.image.shape[1] - (line.box.x1 - line.box.x0) * sheet.dpi / 72) / 2
    for left, right in cell.spans:
        drawn = _ink(sheet.gray[cell.box[1] + 2 : cell.box[3] - 1], left, right)
        seen = _ink(line.image[..., 0], left - x0 + pad, right - x0 + pad)
        if drawn < 1 or seen < KEPT * drawn:
            return None
    return cell.text.label if y1 > y0 else None


def _ink(gray: Gray, left: float, right: float) -> float:
    """Ink in some columns, a pixel more on either side, in black pixels."""
    columns = gray[:, max(int(left) - 1, 0) : max(int(right) + 2, 0)]
    return float((255 - columns.astype(np.float32)).sum() / 255)
