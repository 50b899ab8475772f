"""Operations on ink masks (H × W, 1 on 0) that many steps share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.uint8]


def grown(mask: Mask, size: int = 3) -> Mask:
    """The mask dilated by a square of `size` pixels: with 3, a pixel more on every side."""
    return np.asarray(cv2.dilate(mask, np.ones((size, size), np.uint8)), np.uint8)


def long_runs(mask: Mask, length: int) -> Mask:
    """Runs of ink across and down the page of at least `length` pixels."""
    across, down = (
        np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones(shape, np.uint8)), np.uint8)
        for shape in ((1, length), (length, 1))
    )
    return across | down
