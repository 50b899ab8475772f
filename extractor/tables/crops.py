"""Cells of a scanned grid → crops of their lines of text, or nothing where there is no ink."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from extractor.geometry import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from extractor.image import FlatPage
    from extractor.tables.grid import Grid

    Image = NDArray[np.uint8]
    Mask = NDArray[np.uint8]

EDGE_IN = 0.02  # along the sides of a cell, where rests of rulings are
AROUND_IN = 0.2  # from the middle of a cell, where a lone stroke is
LEAST_INK_IN2 = 4.0e-4  # square inches of ink; less is a speck (a "1" at 9 pt has 20e-4)


@dataclass(frozen=True, slots=True)
class LineCrop:
    """One line of text of a cell: a BGR crop, its box in points, and the mark that its ink is."""

    image: Image
    box: Box
    mark: str = ""


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
    x0, y0 = max(x0 + 1, 0), max(y0 + 1, 0)
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
        columns = np.flatnonzero(patch[top:bottom].sum(axis=0))
        if len(columns) == 0 or float(patch[top:bottom].sum()) < least:
            continue
        left, right = int(columns[0]), int(columns[-1]) + 1
        own = patch[top:bottom, left:right]
        lines.append(_crop(flat, own, (x0 + left, y0 + top, x0 + right, y0 + bottom), letter))
    return lines


def stroke_in(patch: Mask, dpi: float) -> tuple[str, tuple[int, int, int, int]] | None:
    """ "—" or "/" and its box (left, top, right, bottom) where it is all that a cell holds.

    A worn stroke has less ink than a large speck, and breaks: it is told by its shape, its place in
    the middle of the cell, and that its bits lie close together along one line.
    """
    height, width = patch.shape
    margin = int(EDGE_IN * dpi)
    ys, xs = np.nonzero(patch[margin : height - margin, margin : width - margin])
    ys, xs = ys + margin, xs + margin
    near = (np.abs(xs - width / 2) < AROUND_IN * dpi) & (np.abs(ys - height / 2) < AROUND_IN * dpi)
    if near.sum() < 4 or (~near).sum() >= LEAST_INK_IN2 * dpi**2:
        return None
    ys, xs = ys[near], xs[near]
    length, breadth, angle, centre = _principal(xs, ys)
    off = max(abs(centre[0] - width / 2) - 0.2 * width, abs(centre[1] - height / 2))
    if not 0.035 * dpi <= length <= 0.4 * dpi or off > 0.03 * dpi:
        return None
    box = int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1
    thin = breadth <= max(0.3 * length, 2.0) and _unbroken(xs, ys, angle)
    if thin and min(angle, 180 - angle) < 12 and box[3] - box[1] <= 0.035 * dpi:
        return "—", box
    return ("/", box) if thin and 102 <= angle <= 150 and length >= 0.06 * dpi else None


def _principal(
    xs: NDArray[np.int_], ys: NDArray[np.int_]
) -> tuple[float, float, float, tuple[float, float]]:
    """Length, breadth, angle (0 to 180 degrees, clockwise from level) and middle of a stroke."""
    middle = float(xs.mean()), float(ys.mean())
    points = np.stack([xs - middle[0], ys - middle[1]], axis=1)
    (minor, major), vectors = np.linalg.eigh(points.T @ points / len(points))
    angle = float(np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1]))) % 180
    # A filled bar of length L has variance L²/12 along and w²/12 across it.
    return float(np.sqrt(12 * max(major, 0))), float(np.sqrt(12 * max(minor, 0))), angle, middle


def _unbroken(xs: NDArray[np.int_], ys: NDArray[np.int_], angle: float) -> bool:
    """Whether pixels cover most of the line that they lie on, without a wide gap."""
    turn = np.radians(angle)
    along = np.unique(np.round(xs * np.cos(turn) + ys * np.sin(turn)).astype(int))
    extent = int(along[-1] - along[0]) + 1
    return len(along) >= 0.5 * extent and int(np.diff(along).max(initial=0)) <= 0.4 * extent


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
    canvas[(_grown(others, 3) > 0) & (_grown(around, 5) == 0)] = 255
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


def _grown(mask: Mask, size: int) -> Mask:
    return np.asarray(cv2.dilate(mask, np.ones((size, size), np.uint8)), np.uint8)


def slash_in(own: Mask, dpi: float) -> bool:
    """Whether the ink of a line is one plain stroke that slants like "/".

    A recogniser that has learnt lines of text takes such a lone stroke for a 1 or a letter.
    """
    ys, xs = np.nonzero(own)
    if len(ys) < 4 or max(own.shape) > 0.4 * dpi:
        return False
    length, breadth, angle, _ = _principal(xs, ys)
    return length >= 0.06 * dpi and breadth <= 0.3 * length and 102 <= angle <= 150
