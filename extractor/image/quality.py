"""How good a scan is, measured from its pixels before and after it was flattened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from extractor.document import Quality

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from extractor.image.flat import FlatPage

    Image = NDArray[np.uint8]
    Gray = NDArray[np.uint8]
    Mask = NDArray[np.uint8]

STEP = 4  # every so many rows are looked at
WHITE = 255.0


def measured(image: Image, flat: FlatPage, *, ruled: bool) -> Quality:
    """The quality of a page: `image` is its picture as scanned, BGR.

    `ruled` says whether a table stands on it: without one lines are no rulings, and nothing is
    worn.
    """
    rows = cv2.cvtColor(np.ascontiguousarray(image[::STEP]), cv2.COLOR_BGR2GRAY).astype(np.int16)
    letter = _letter(flat.ink, flat.dpi)
    inked = flat.ink[::STEP]
    ink, paper = (float(v) for v in np.percentile(rows[:, ::2], (0.1, 90)))
    dirt = 0.0 if flat.dirt is None else 1000 * float(flat.dirt[::STEP].mean())
    return Quality(
        letter=None if letter is None else round(letter, 1),
        contrast=round(max(paper - ink, 0.0) / WHITE, 3),
        sharpness=round(_sharpness(flat.gray[::STEP], inked), 3),
        noise=round(_noise(rows, paper - (paper - ink) / 2), 4),
        specks=round(dirt, 3),
        wear=round(float(flat.wear), 3) if ruled else 0.0,
    )


def _sharpness(gray: Gray, ink: Mask) -> float:
    """The steepest tenth of the steps from paper to ink, 1 where one pixel takes all of it."""
    borders = ink[:, 1:] != ink[:, :-1]
    if not borders.any():
        return 0.0
    steps = np.abs(gray[:, 1:].astype(np.int16) - gray[:, :-1])[borders]
    return float(np.percentile(steps, 90)) / WHITE


def _noise(rows: NDArray[np.int16], paper: float) -> float:
    """Standard deviation of pixels above `paper`, from how much neighbours differ.

    Of normal noise the mean difference of two pixels is 2/√π of it.
    """
    steps = np.abs(np.diff(rows, axis=1))[(rows[:, 1:] > paper) & (rows[:, :-1] > paper)]
    return float(steps.mean() * np.sqrt(np.pi) / 2 / WHITE) if steps.size else 0.0


def _letter(ink: Mask, dpi: float) -> float | None:
    """Height of a character in pixels, None on a page without any."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    heights = stats[1:, cv2.CC_STAT_HEIGHT]
    letters = heights[(heights > 0.06 * dpi) & (heights < 0.35 * dpi)]
    return float(np.percentile(letters, 75)) if len(letters) else None
