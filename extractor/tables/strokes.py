"""Lone strokes in the cells of a scanned table, "/" and "—": told by shape where they are worn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.uint8]

EDGE_IN = 0.02  # along the sides of a cell, where rests of rulings are
AROUND_IN = 0.2  # from the middle of a cell, where a lone stroke is
LEAST_INK_IN2 = 4.0e-4  # square inches of ink; less is a speck (a "1" at 9 pt has 20e-4)


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


def slash_in(own: Mask, dpi: float) -> bool:
    """Whether the ink of a line is one plain stroke that slants like "/".

    A recogniser that has learnt lines of text takes such a lone stroke for a 1 or a letter.
    """
    ys, xs = np.nonzero(own)
    if len(ys) < 4 or max(own.shape) > 0.4 * dpi:
        return False
    length, breadth, angle, _ = _principal(xs, ys)
    return length >= 0.06 * dpi and breadth <= 0.3 * length and 102 <= angle <= 150
