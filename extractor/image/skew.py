"""How far the rows of a page are off the horizontal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Mask = NDArray[np.uint8]

SKEW_LIMIT = 12.0  # degrees searched to either side


def skew_of(mask: Mask) -> float:
    """Clockwise angle in degrees that the page's rows are off the horizontal, to about 0.03°.

    The profile of ink by row is sharpest when rows are level (Postl's projection criterion): the
    sum of squared differences between neighbouring rows is searched coarse to fine.
    """
    scale = min(1.0, 1000 / max(mask.shape))
    small = cv2.resize(mask * 255, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if small.size == 0 or int(small.max()) == 0:
        return 0.0
    ys, xs = np.nonzero(small > 80)
    if len(ys) < 50:
        return 0.0
    step = max(len(ys) // 60000, 1)
    columns, rows = (v[::step].astype(np.float32) for v in (xs, ys))
    score = _profile_score(columns, rows, small.shape)
    best = _finest(score, 0.0, SKEW_LIMIT, 0.5)
    best = _finest(score, best, 0.5, 0.1)
    return _finest(score, best, 0.1, 0.02)


def _profile_score(
    xs: NDArray[np.float32], ys: NDArray[np.float32], shape: Sequence[int]
) -> Callable[[float], float]:
    margin = int(shape[1] * np.tan(np.radians(SKEW_LIMIT + 1))) + 2

    def score(angle: float) -> float:
        rows = ys - xs * np.float32(np.tan(np.radians(angle))) + margin
        bins = np.bincount(np.maximum(rows, 0).astype(np.int32), minlength=shape[0] + 2 * margin)
        return float(np.square(np.diff(bins.astype(np.float64))).sum())

    return score


def _finest(score: Callable[[float], float], centre: float, reach: float, step: float) -> float:
    angles = centre + np.arange(-reach, reach + step / 2, step)
    # The level page is tried first, so that ties leave it alone.
    return float(max([0.0 if centre == 0 else centre, *angles], key=score))


def level_matrix(shape: Sequence[float], skew: float) -> NDArray[np.float64]:
    """The 2 × 3 matrix that turns a page of `shape` (height, width) level about its middle."""
    return np.asarray(cv2.getRotationMatrix2D((shape[1] / 2, shape[0] / 2), skew, 1.0), np.float64)
