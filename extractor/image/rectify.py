"""Undoing skew, perspective and curl by the rulings themselves.

The rulings of a flat sheet are straight and parallel to its edges. A smooth field is fitted that
makes the traced ones so: x' = x + f(x, y), y' = y + g(x, y), f and g polynomials, by least squares
over all points of all chains, each chain with a free constant: the place where it ends up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from extractor.image.tracing import Chain

    Points = NDArray[np.float64]
    Maps = tuple[NDArray[np.float32], NDArray[np.float32]]

LEAST_IN = 1.0  # shorter lines say too little
FEWEST_LINES = 4
UNEVEN_IN = 0.02  # lines of text that bend less are read as well as straight ones
STRAIGHT_PX = 0.7  # rulings that bend and tilt less than this are left alone
_BLOCK = 24  # pixels between the places at which a map is computed
# Of (along, across); a light ridge keeps what the rulings do not determine near nothing.
_POWERS = ((1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (1, 2), (2, 2), (4, 0), (5, 0), (3, 1))
_RIDGE = (0.01, 0.01, 0.02, 0.03, 0.03, 0.03, 0.05, 0.02, 0.01, 0.05)


@dataclass(frozen=True, slots=True)
class Field:
    """A fitted field over a page of the given size in pixels.

    `dx` moves points along x and has terms in powers of (y, x); `dy` along y, in powers of (x, y).
    Coordinates are scaled to -1..1 over the longer side before powers are taken. What it leaves
    bent another field, `then`, may undo.
    """

    size: tuple[int, int]  # width, height
    dx: tuple[float, ...]
    dy: tuple[float, ...]
    then: Field | None = None
    known: tuple[float, float, float, float] | None = None  # beyond, it moves points as at its edge

    def flat(self, points: Points) -> Points:
        """N × 2 points of the page → where they lie on the flat sheet, in pixels."""
        moved = self._moved(points)
        return moved if self.then is None else self.then.flat(moved)

    def bent(self, points: Points) -> Points:
        """The inverse of `flat`, by fixed-point iteration."""
        points = points if self.then is None else self.then.bent(points)
        guess = points.copy()
        for _ in range(8):
            guess += points - self._moved(guess)
        return guess

    def _moved(self, points: Points) -> Points:
        x, y = self._unit(points)
        moved = np.empty_like(points)
        moved[:, 0] = points[:, 0] + _terms(y, x) @ np.array(self.dx)
        moved[:, 1] = points[:, 1] + _terms(x, y) @ np.array(self.dy)
        return moved

    def maps(self) -> Maps:
        """For each pixel of the flat sheet the place (x, y) on the page, as cv2.remap wants it."""
        return maps_of(self.size, self.bent)

    def _unit(self, points: Points) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        half = max(self.size) / 2
        x0, y0, x1, y1 = self.known or (0.0, 0.0, *self.size)
        x = np.clip(points[:, 0], x0, x1) / half - self.size[0] / (2 * half)
        y = np.clip(points[:, 1], y0, y1) / half - self.size[1] / (2 * half)
        return x, y


def maps_of(size: tuple[int, int], source: Callable[[Points], Points], block: int = _BLOCK) -> Maps:
    """For each pixel of a picture (width, height) where `source`, a smooth one, says it comes from.

    `source` takes and gives N × 2 points whose whole numbers are the middles of pixels; it is asked
    for one a `block`.
    """
    # Computed at the middles of blocks and enlarged by resize, which interpolates in floats:
    # warpAffine rounds to a thirty-second of a block, most of a pixel.
    width, height = size
    xs, ys = (block * (np.arange(v // block + 3) - 0.5) - 0.5 for v in size)
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    found = source(grid).reshape(len(ys), len(xs), 2).astype(np.float32)
    enlarged = (len(xs) * block, len(ys) * block)
    inside = np.s_[block : block + height, block : block + width]
    map_x, map_y = (
        np.asarray(cv2.resize(np.ascontiguousarray(found[:, :, i]), enlarged), np.float32)[inside]
        for i in range(2)
    )
    return np.ascontiguousarray(map_x), np.ascontiguousarray(map_y)


def _terms(along: NDArray[np.float64], across: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([along**p * across**q for p, q in _POWERS], axis=1)


def fit_field(
    across: Sequence[Chain], down: Sequence[Chain], size: tuple[int, int], dpi: float
) -> Field | None:
    """The field that straightens the chains; `down` are traced on the transposed page.

    None where they are straight already, or too few to say.
    """
    rows = [c.points() for c in _long(across, dpi)]
    columns = [c.points()[:, ::-1] for c in _long(down, dpi)]
    if not tells(across, down, dpi):
        return None
    identity = Field(size, (0.0,) * len(_POWERS), (0.0,) * len(_POWERS))
    if max(_bend(rows, identity, 1), _bend(columns, identity, 0)) < STRAIGHT_PX:
        return None
    return Field(size, _solve(columns, size, 0), _solve(rows, size, 1))


def tells(across: Sequence[Chain], down: Sequence[Chain], dpi: float) -> bool:
    """Whether there are rulings enough to tell how a page is bent, both ways."""
    return min(len(_long(across, dpi)), len(_long(down, dpi))) >= 2


def _long(chains: Sequence[Chain], dpi: float) -> list[Chain]:
    return [chain for chain in chains if chain.extent >= dpi * LEAST_IN]


def depth(chains: Sequence[Chain], field: Field) -> float:
    """How far the field moves a ruling's points apart at most, in pixels, in the mean."""
    rows = [c.points() for c in chains]
    return float(np.mean([np.ptp(field.flat(p)[:, 1] - p[:, 1]) for p in rows])) if rows else 0.0


def fit_lines(lines: Sequence[Chain], size: tuple[int, int], dpi: float) -> Field | None:
    """The field that levels lines of text; None where they are level already, or too few to say.

    They say nothing of how the page is bent from side to side.
    """
    rows = [c.points() for c in _long(lines, dpi)]
    if len(rows) < FEWEST_LINES:
        return None
    every = np.concatenate(rows)
    known = (*every.min(axis=0).tolist(), *every.max(axis=0).tolist())
    field = Field(size, (0.0,) * len(_POWERS), _solve(rows, size, 1), known=known)
    moved = [float(np.ptp(field.flat(points)[:, 1] - points[:, 1])) for points in rows]
    return field if np.median(moved) >= UNEVEN_IN * dpi else None


def _bend(chains: Sequence[Points], field: Field, axis: int) -> float:
    """Mean over chains of the standard deviation across, in pixels."""
    return float(np.mean([field.flat(points)[:, axis].std() for points in chains]))


def _solve(chains: Sequence[Points], size: tuple[int, int], axis: int) -> tuple[float, ...]:
    """Coefficients of one direction, robust against chains that are none: two rounds."""
    kept = list(chains)
    coefficients: tuple[float, ...] = ()
    for _ in range(2):
        coefficients = _least_squares(kept, size, axis)
        field = Field(size, coefficients, coefficients)
        bends = [float(field.flat(points)[:, axis].std()) for points in kept]
        limit = max(3 * float(np.median(bends)), 2.0)
        kept = [points for points, bend in zip(kept, bends, strict=True) if bend <= limit]
    return coefficients


def _least_squares(chains: Sequence[Points], size: tuple[int, int], axis: int) -> tuple[float, ...]:
    half = max(size) / 2
    rows, targets = [], []
    for points in chains:
        unit = (points - np.array(size) / 2) / half
        terms = _terms(unit[:, 1 - axis], unit[:, axis])
        weight = np.sqrt(np.ptp(points[:, 1 - axis]) / len(points) / half)
        # The chain's own constant drops out when its mean is taken off.
        rows.append((terms - terms.mean(axis=0)) * weight)
        targets.append(-(points[:, axis] - points[:, axis].mean()) * weight)
    ridge = np.diag(_RIDGE)
    matrix = np.concatenate([*rows, ridge])
    target = np.concatenate([*targets, np.zeros(len(_POWERS))])
    solution, *_ = np.linalg.lstsq(matrix, target, rcond=None)
    return tuple(float(v) for v in solution)
