"""Cells of a scanned grid → crops of their lines of text, or nothing where there is no ink."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from extractor.geometry import Box
from extractor.image.masks import grown
from extractor.tables.grid import WORN
from extractor.tables.strokes import LEAST_INK_IN2, slash_in, stroke_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from extractor.image import FlatPage
    from extractor.tables.grid import Grid

    Image = NDArray[np.uint8]
    Mask = NDArray[np.uint8]

LOWER = 0.8  # of the height of text, up to which something far beside it is none
DIGITS_IN = 0.1  # digits of one number stand closer together
BORDER_IN = 0.02  # along a cell's sides, where its borders are
CUT = 0.25  # of a line of text is hidden where it touches its cell's border
APART_IN = 0.17  # words of one text stand closer together


@dataclass(frozen=True, slots=True)
class LineCrop:
    """One line of text of a cell: a BGR crop, its box in points, and the mark that its ink is.

    hidden: share of it that the cell's own border may have taken.
    """

    image: Image
    box: Box
    mark: str = ""
    hidden: float = 0.0


def painted_rulings(flat: FlatPage, grids: Sequence[Grid]) -> Mask:
    """The page's ink without the rulings of its grids, as a mask."""
    clean = flat.ink.copy()
    run = max(int(flat.dpi * 0.12), 9)
    across = cv2.morphologyEx(flat.ink, cv2.MORPH_OPEN, np.ones((1, run), np.uint8))
    down = cv2.morphologyEx(flat.ink, cv2.MORPH_OPEN, np.ones((run, 1), np.uint8))
    near = max(int(flat.dpi * 0.035), 4)
    for grid in grids:
        x0, y0, x1, y1 = (int(v / flat.scale) for v in grid.box)
        for y in grid.ys:
            at = int(y / flat.scale)
            band = np.s_[max(at - near, 0) : at + near + 1, max(x0 - near, 0) : x1 + near]
            clean[band] &= _paper(across[band], (3, 1))
        for x in grid.xs:
            at = int(x / flat.scale)
            band = np.s_[max(y0 - near, 0) : y1 + near, max(at - near, 0) : at + near + 1]
            clean[band] &= _paper(down[band], (1, 3))
    return clean


def _paper(rulings: NDArray[Any], reach: tuple[int, int]) -> Mask:
    """1 where no ruling is within reach."""
    return 1 - np.asarray(cv2.dilate(rulings, np.ones(reach, np.uint8)), np.uint8)


def letter_height(flat: FlatPage, grids: Sequence[Grid], clean: Mask) -> float:
    """Usual height of a Chinese character in the tables, in pixels."""
    heights: list[NDArray[np.int32]] = []
    for grid in grids:
        x0, y0, x1, y1 = (max(int(v / flat.scale), 0) for v in grid.box)
        patch = cv2.morphologyEx(clean[y0:y1, x0:x1], cv2.MORPH_CLOSE, np.ones((3, 5), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(patch, connectivity=8)
        heights.append(np.asarray(stats[1:, cv2.CC_STAT_HEIGHT], np.int32))
    every = np.concatenate(heights) if heights else np.zeros(0, np.int32)
    letters = every[(every > flat.dpi * 0.06) & (every < flat.dpi * 0.35)]
    return float(np.percentile(letters, 75)) if len(letters) else flat.dpi * 0.14


def cell_lines(flat: FlatPage, clean: Mask, box: Box, letter: float) -> list[LineCrop]:
    """The cell's lines of text from the top; `letter` is the usual character height in pixels."""
    x0, y0, x1, y1 = (round(v / flat.scale) for v in box)
    # On a worn page bits of the borders are left that are too short to be told from letters.
    inner = round(BORDER_IN * flat.dpi) if flat.wear >= WORN else 0
    x0, y0 = max(x0 + 1 + inner, 0), max(y0 + 1 + inner, 0)
    x1, y1 = x1 - inner, y1 - inner
    patch = clean[y0:y1, x0:x1]
    if patch.size == 0:
        return []
    if (stroke := stroke_in(patch, flat.dpi)) is not None:
        mark, (left, top, right, bottom) = stroke
        area = (x0 + left, y0 + top, x0 + right, y0 + bottom)
        return [replace(_crop(flat, patch[top:bottom, left:right], area, letter), mark=mark)]
    least = LEAST_INK_IN2 * flat.dpi**2
    if float(patch.sum()) < least:
        return []
    patch = without_residue(patch, flat.dpi, specked=flat.specked)
    lines = []
    for top, bottom in _bands(patch, letter):
        for left, right in _pieces(patch[top:bottom], flat, letter):
            own = patch[top:bottom, left:right]
            if not flat.specked and _is_narrow(own):
                own = own[:, : _before_note(own)]
            if float(own.sum()) >= least:
                area = (x0 + left, y0 + top, x0 + left + own.shape[1], y0 + bottom)
                line = _crop(flat, own, area, letter)
                cut = _is_cut(patch, left, top, left + own.shape[1], bottom)
                lines.append(replace(line, hidden=CUT) if cut else line)
    return lines


def hidden_share(flat: FlatPage, box: Box) -> float:
    """Share of a box, in points, that a seal or stamp lies over."""
    if flat.sealed is None:
        return 0.0
    here = flat.sealed[flat.area(box)]
    return float(here.mean()) if here.size else 0.0


def _is_cut(patch: Mask, left: int, top: int, right: int, bottom: int) -> bool:
    """Whether a text runs into a side of its cell: a border may have taken part of it."""
    height, width = patch.shape
    return left == 0 or top == 0 or right == width or bottom == height


def _pieces(line: Mask, flat: FlatPage, letter: float) -> list[tuple[int, int]]:
    """Where the texts of a line start and end: on a worn page those of two cells may be in one."""
    columns = np.flatnonzero(line.any(axis=0))
    if len(columns) == 0:
        return []
    if flat.wear < WORN:
        return [(int(columns[0]), int(columns[-1]) + 1)]
    wide = DIGITS_IN * flat.dpi if _is_narrow(line) else max(APART_IN * flat.dpi, 1.2 * letter)
    groups = np.split(columns, np.flatnonzero(np.diff(columns) > wide) + 1)
    pieces = [(int(group[0]), int(group[-1]) + 1) for group in groups]
    if len(pieces) == 1:
        return pieces
    # Beside text, what is much lower is a speck or the rest of a border.
    heights = [int(line[:, a:b].any(axis=1).sum()) for a, b in pieces]
    return [p for p, h in zip(pieces, heights, strict=True) if h >= LOWER * max(heights)]


def _before_note(line: Mask) -> int:
    """Where a number ends before a small raised mark, the number of a note; else its whole width.

    On a worn page the mark may be the upper half of a digit.
    """
    _, _, stats, _ = cv2.connectedComponentsWithStats(line, connectivity=8)
    x, y, _, height, _ = stats[1:].T.astype(np.float64)
    tall = height >= 0.85 * height.max()
    top, size = float(np.median(y[tall])), float(np.median(height[tall]))
    order = np.argsort(x)
    ends = np.maximum.accumulate((x + stats[1:, cv2.CC_STAT_WIDTH])[order]).astype(int)
    for i in range(len(order) - 1, 0, -1):
        k = order[i]
        small = 0.3 * size <= height[k] <= 0.72 * size
        raised = y[k] <= top + 0.15 * size and y[k] + height[k] <= top + 0.75 * size
        below = line[int(y[k] + height[k]) + 1 :, int(x[k]) : int(ends[i])]
        if not small or not raised or below.any():
            return int(ends[i])
    return int(ends[0])


def _is_narrow(line: Mask) -> bool:
    """Whether the marks of a line are as narrow as digits, which stand closer than words."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(line, connectivity=8)
    width, height = stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT]
    tall = height >= 0.5 * height.max(initial=0)
    return bool((width[tall] <= 0.8 * height[tall]).all())


def without_residue(patch: Mask, dpi: float, *, specked: bool = True) -> Mask:
    """The cell's ink without rests of rulings along its border and, if any, specks beside text."""
    count, found, measured, _ = cv2.connectedComponentsWithStats(patch, connectivity=8)
    if count <= 1:
        return patch
    labels, stats = np.asarray(found, np.int32), np.asarray(measured, np.int32)
    x, y, width, height = (stats[:, i].astype(np.float64) for i in range(4))
    rest = _ruling_rests(x, y, width, height, patch.shape, dpi)
    rest[0] = False
    if specked:
        small = (np.maximum(width, height) <= 0.035 * dpi) & ~rest
        rest |= _specks(patch, labels, stats, ~rest & ~small, small, dpi)
    return np.asarray(patch * (~rest)[labels], np.uint8)


def _specks(
    patch: Mask,
    labels: NDArray[np.int32],
    stats: NDArray[np.int32],
    text: NDArray[np.bool_],
    small: NDArray[np.bool_],
    dpi: float,
) -> NDArray[np.bool_]:
    """Which of the small components are specks: a point or comma stands close to its letters."""
    text[0] = small[0] = False
    if not text.any():
        return small
    reach = int(0.06 * dpi) * 2 + 1
    near = cv2.dilate(text[labels].astype(np.uint8), np.ones((reach, reach), np.uint8))
    close = np.zeros(len(stats), bool)
    close[np.unique(labels[(near > 0) & (patch > 0)])] = True
    return np.asarray(small & (~close | _off_the_line(stats, text)), bool)


def _off_the_line(stats: NDArray[np.int32], text: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which components cannot be a sign of a number; none where the text is not narrow.

    Digits and dashes are few and narrow; a point or comma stands low between two of them, a minus
    lies at half their height before the first.
    """
    x, y, width, height = (stats[:, i].astype(np.float64) for i in range(4))
    tallest = float(height[text].max())
    narrow = (width[text] <= 0.8 * tallest) | (height[text] <= 0.3 * width[text])
    if text.sum() > 10 or not narrow.all():
        return np.zeros(len(stats), bool)
    top, bottom = float(y[text].min()), float((y + height)[text].max())
    middle = x + width / 2
    between = (middle > x[text].min()) & (middle < (x + width)[text].max())
    level = (y + height / 2 - top) / (bottom - top)
    point = between & (level >= 0.6)
    minus = (middle < x[text].min()) & (level > 0.3) & (level < 0.8) & (width >= 1.3 * height)
    return np.asarray(~(point | minus), bool)


def _ruling_rests(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    width: NDArray[np.float64],
    height: NDArray[np.float64],
    shape: tuple[int, ...],
    dpi: float,
) -> NDArray[np.bool_]:
    """Which components are thin dashes that lie along a side of the cell, or bits in a corner."""
    thin, margin = 0.03 * dpi, 0.05 * dpi
    flat_dash = (height <= thin) & (width >= 1.5 * height)
    upright_dash = (width <= thin) & (height >= 1.5 * width)
    at_edge = (y + height <= margin) | (y >= shape[0] - margin)
    at_side = (x + width <= margin) | (x >= shape[1] - margin)
    bit = np.maximum(width, height) <= 2 * thin
    return (flat_dash & at_edge) | (upright_dash & at_side) | (bit & at_edge & at_side)


def _bands(patch: Mask, letter: float) -> list[tuple[int, int]]:
    """Rows of ink → lines: thin bands join their neighbours up to the height of a character."""
    rows = (patch.sum(axis=1) > 0).astype(np.int8)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], rows, [0]])))
    runs = [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    bands: list[tuple[int, int]] = []
    for run in runs:
        if bands and _same_line(bands[-1], run, letter):
            bands[-1] = (bands[-1][0], run[1])
        else:
            bands.append(run)
    return [piece for band in bands for piece in _split(patch, band, letter)]


def _same_line(band: tuple[int, int], run: tuple[int, int], letter: float) -> bool:
    return run[1] - band[0] <= 1.2 * letter and run[0] - band[1] <= 0.5 * letter


def _split(patch: Mask, band: tuple[int, int], letter: float) -> list[tuple[int, int]]:
    """A band of several lines that touch, cut at the rows of least ink."""
    height = band[1] - band[0]
    count = round(height / (1.3 * letter))
    if count < 2 or height < 1.9 * letter:
        return [band]
    profile = patch[band[0] : band[1]].sum(axis=1).astype(np.float64)
    cuts = [0]
    for i in range(1, count):
        middle = int(i * height / count)
        reach = max(int(0.3 * letter), 1)
        start = max(middle - reach, cuts[-1] + 1)
        cuts.append(start + int(np.argmin(profile[start : middle + reach + 1])))
    cuts.append(height)
    return [(band[0] + a, band[0] + b) for a, b in itertools.pairwise(cuts)]


def _crop(flat: FlatPage, own: Mask, area: tuple[int, int, int, int], letter: float) -> LineCrop:
    """The line with a margin as a recogniser expects it; other ink near it becomes paper."""
    x0, y0, x1, y1 = area
    pad = max(int(0.2 * max(y1 - y0, 0.7 * letter)), 2)
    around = np.pad(own, pad)
    canvas = _padded(flat.gray, area, pad, 255)
    # Hairlines too pale to be ink are part of the letters; rulings and specks next to them are not.
    others = _padded(flat.ink, area, pad, 0) & (1 - around)
    canvas[(grown(others, 3) > 0) & (grown(around, 5) == 0)] = 255
    image = np.asarray(cv2.cvtColor(canvas, cv2.COLOR_GRAY2BGR), np.uint8)
    return LineCrop(
        image, Box(x0, y0, x1, y1).scaled(flat.scale), "/" if slash_in(own, flat.dpi) else ""
    )


def _padded(
    plane: NDArray[np.uint8], area: tuple[int, int, int, int], pad: int, fill: int
) -> NDArray[np.uint8]:
    """A copy of the area with `pad` pixels around it; what lies off the page is `fill`."""
    x0, y0, x1, y1 = area
    left, top = max(x0 - pad, 0), max(y0 - pad, 0)
    part = plane[top : y1 + pad, left : x1 + pad]
    before = top - (y0 - pad), left - (x0 - pad)
    after = (y1 - y0 + 2 * pad - part.shape[0] - before[0],
             x1 - x0 + 2 * pad - part.shape[1] - before[1])  # fmt: skip
    return np.pad(part, tuple(zip(before, after, strict=True)), constant_values=fill)
