"""Lines of text as chains, to straighten a page that has no rulings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from extractor.image.masks import long_runs
from extractor.image.tracing import Chain, pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Mask = NDArray[np.uint8]

JOINED_IN = 0.13  # characters of a line are no further apart
LONGEST_STROKE_IN = 0.35  # longer runs of ink are rulings
LEAST_IN = 1.5  # length of a line that is followed
FEWEST = 4  # lines that tell how a page slopes
HIGH_IN = 0.05, 0.3  # its height


def text_lines(ink: Mask, dpi: float) -> list[Chain]:
    """The long lines of text that run across the page, each followed along its middle."""
    small, scale = _letters(ink, dpi)
    reach = max(round(JOINED_IN * dpi * scale), 3) | 1
    joined = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((1, reach), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=4)
    inch = dpi * scale
    found = []
    for label in range(1, count):
        x, y, width, height, area = (int(v) for v in stats[label])
        if width < LEAST_IN * inch or not HIGH_IN[0] * inch <= area / width <= HIGH_IN[1] * inch:
            continue
        patch = labels[y : y + height, x : x + width] == label
        found.append(Chain(tuple(f.scaled(1 / scale) for f in pieces(patch, x, y, inch))))
    return [chain for chain in found if chain.fragments]


def slope_of(lines: Sequence[Chain]) -> float | None:
    """Degrees clockwise by which the lines slope from end to end, None where there are few."""
    if len(lines) < FEWEST:
        return None
    places = [chain.points() for chain in lines]
    slopes = [np.polyfit(xy[:, 0], xy[:, 1], 1)[0] for xy in places]
    return float(np.degrees(np.arctan(np.median(slopes))))


def _letters(ink: Mask, dpi: float) -> tuple[Mask, float]:
    """The ink without rulings at a third of the size, and the scale."""
    letters = ink & (1 - long_runs(ink, int(LONGEST_STROKE_IN * dpi)))
    size = (max(ink.shape[1] // 3, 1), max(ink.shape[0] // 3, 1))
    small = cv2.resize(letters * 255, size, interpolation=cv2.INTER_AREA)
    return (np.asarray(small, np.uint8) > 60).astype(np.uint8), 1 / 3
