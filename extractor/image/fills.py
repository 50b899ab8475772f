"""Light print on filled cells turned into dark print on paper, as all that reads a page expects it.

Images are uint8 arrays: grey H × W with 255 for paper.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Gray = NDArray[np.uint8]
    Mask = NDArray[np.uint8]

DARK = 0.82  # of the page's brightness, up to which a ground is a fill
STROKES_A_PAGE = 150  # of the widest strokes that are letters, along the page's longer side
SQUARE = 0.7  # share of a fill that lies in squares of a letter's size or more
EVEN = 14.0  # grey levels that a fill differs from its median, half of it; more is a picture
WIDELY_LIGHT = 0.4  # share of an enclosed box, up to which it holds print and is no white cell
LIGHTER = 0.45  # of the way from the fill to paper, from which ink is light
LIGHT_INK = (0.01, 0.45)  # share of a fill that is light print


def fills(gray: Gray) -> list[tuple[slice, slice, Mask]]:
    """Filled cells with light print: rows, columns, and a mask of the fill and its print there."""
    dark = _dark(gray)
    # Filters of even sizes would move what they find by a pixel.
    stroke = max(max(gray.shape) // STROKES_A_PAGE, 5) | 1
    ground = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((stroke, stroke), np.uint8))
    if not ground.any():
        return []
    whole = _with_print(np.asarray(ground, np.uint8), dark, stroke)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(whole, connectivity=4)
    found = []
    for label in range(1, count):
        x, y, width, height, area = (int(v) for v in stats[label])
        inside = x > 0 and y > 0 and x + width < gray.shape[1] and y + height < gray.shape[0]
        if not inside or height < 3 * stroke or width < 4 * stroke:
            continue
        here = np.s_[y : y + height, x : x + width]
        fill = (labels[here] == label).astype(np.uint8)
        cells = cv2.morphologyEx(
            fill, cv2.MORPH_OPEN, np.ones((3 * stroke, 4 * stroke + 1), np.uint8)
        )
        if cells.sum() >= SQUARE * area and _has_light_print(gray[here], fill):
            found.append((*here, fill))
    return found


def inverted(gray: Gray, fill: Mask) -> Gray:
    """What differs from the fill as dark on paper; what lies beside the fill as it is."""
    tone = float(np.median(gray[fill > 0]))
    lighter = (gray - tone) / max(255.0 - tone, 1.0)
    darker = (tone - gray) / max(tone, 1.0)
    # The grain of the fill is no print.
    ink = np.clip(1.25 * np.maximum(lighter, darker) - 0.2, 0, 1)
    return np.where(fill > 0, 255 * (1 - ink), gray).astype(np.uint8)


def _dark(gray: Gray) -> Mask:
    paper = float(np.percentile(gray[::5, ::5], 95))
    return (gray < DARK * paper).astype(np.uint8)


def _with_print(ground: Mask, dark: Mask, stroke: int) -> Mask:
    """The grounds and the print on them: what they enclose, where little is widely light."""
    wide = np.ones((2 * stroke + 1, 2 * stroke + 1), np.uint8)
    light = np.asarray(cv2.morphologyEx(1 - dark, cv2.MORPH_OPEN, wide), np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(1 - ground, connectivity=8)
    x, y, width, height = (stats[:, i] for i in range(4))
    shares = np.bincount(labels.ravel(), light.ravel(), count) / (width * height)
    edge = (x == 0) | (y == 0) | (x + width == ground.shape[1]) | (y + height == ground.shape[0])
    held = (shares <= WIDELY_LIGHT) & ~edge
    held[0] = True
    return np.asarray(held[labels], np.uint8)


def _has_light_print(gray: Gray, fill: Mask) -> bool:
    own = gray[cv2.erode(fill, np.ones((3, 3), np.uint8)) > 0].astype(np.float32)
    if len(own) == 0:
        return False
    tone = float(np.median(own))
    even = float(np.median(np.abs(own - tone))) <= EVEN
    light = float((own > tone + LIGHTER * (255 - tone)).mean())
    return even and LIGHT_INK[0] <= light <= LIGHT_INK[1]
