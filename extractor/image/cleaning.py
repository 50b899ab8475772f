"""Page pictures made fit to read: evenly lit, with seals, specks and copier streaks lifted off.

Images are uint8 arrays: colour H × W × 3 BGR, grey H × W with 255 for paper.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from extractor.image.fills import fills, inverted
from extractor.image.seals import coloured_seals, without_seals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from extractor.image.seals import Seal

    Image = NDArray[np.uint8]
    Gray = NDArray[np.uint8]
    Mask = NDArray[np.uint8]

DARK = 100  # grey levels below are a dark page's ground
MOSTLY = 0.7  # share of the page that is
STREAK_IN = 0.15  # a streak in the margin is longer
BUSY_IN = 0.05  # of ink in a row of pixels there is text or a table
FEW_SPECKS = 0.2  # a square inch; clean scans have fewer, copies that are worn at all more than 0.9


def flattened(image: Image, seals: Sequence[Seal] | None = None) -> Gray:
    """Grey page with even light: coloured ink of seals lifted off, paper at 255.

    `seals` are the picture's coloured ones, where they are known.

    The paper's brightness is a median-smoothed morphological closing at an eighth of the size; the
    page is divided by it (background division, e.g. Gonzalez & Woods, ch. 9).
    """
    gray = _without_colour(image, coloured_seals(image) if seals is None else seals)
    if _is_bilevel(gray):
        return gray
    eighth = (max(gray.shape[1] // 8, 1), max(gray.shape[0] // 8, 1))
    small = cv2.resize(gray, eighth, interpolation=cv2.INTER_AREA)
    size = max(small.shape) // 40 | 1
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))
    paper = cv2.medianBlur(paper, min(size | 1, 31))
    paper = cv2.resize(paper, gray.shape[::-1], interpolation=cv2.INTER_LINEAR)
    flat = cv2.divide(gray, np.maximum(paper, 1), scale=255)
    return _stretched(np.asarray(flat, np.uint8))


def _without_colour(image: Image, seals: Sequence[Seal]) -> Gray:
    """Grey page with light print on filled cells made dark on paper, and seals lifted off."""
    plain = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    plain = np.asarray(plain, np.uint8)
    if np.mean(plain[::4, ::4] < DARK) > MOSTLY:  # light print on a dark page
        return np.asarray(cv2.bitwise_not(plain), np.uint8)
    cells = [(rows, columns, inverted(plain[rows, columns], fill))
             for rows, columns, fill in fills(plain)]  # fmt: skip
    gray = without_seals(image, seals)
    if cells and gray is image:
        gray = gray.copy()
    for rows, columns, cell in cells:
        gray[rows, columns] = cell
    return gray


def _is_bilevel(gray: Gray) -> bool:
    sample = gray[::7, ::7]
    return bool(np.all((sample < 8) | (sample > 247)))


def _stretched(gray: Gray) -> Gray:
    """Faded ink made dark again, so that thresholds mean the same on every page."""
    dark = float(np.percentile(gray[::3, ::3], 1.0))
    if dark < 60 or dark > 200:
        return gray
    table = np.clip((np.arange(256) - dark + 30) * 255.0 / (255 - dark + 30), 0, 255)
    return np.asarray(cv2.LUT(gray, table.astype(np.uint8)), np.uint8)


def ink(gray: Gray, dpi: float) -> Mask:
    """1 where there is ink, 0 on paper, by a local mean threshold over a quarter of an inch."""
    if _is_bilevel(gray):
        return (gray < 128).astype(np.uint8)
    size = max(int(dpi / 4), 15) | 1
    local = cv2.boxFilter(gray, -1, (size, size)).astype(np.int16)
    return ((gray < local - 24) & (gray < 208)).astype(np.uint8)


def specks(mask: Mask, dpi: float) -> Mask:
    """1 where specks are: small marks that stand alone, further than a comma from any text.

    A page with few such marks has no specks: they are points and colons of wide-set print.
    """
    # Bits in a row are a worn dash or slash, no specks.
    reach = int(dpi * 0.02) | 1
    joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    if count <= 1:
        return np.zeros_like(mask)
    side = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    small = side <= dpi * 0.035
    small[0] = False
    large = (~small)[labels].astype(np.uint8) & mask
    reach = int(dpi * 0.06) * 2 + 1
    near = cv2.dilate(large, np.ones((reach, reach), np.uint8))
    close = np.zeros(count, bool)
    close[np.unique(labels[(near > 0) & (mask > 0)])] = True
    alone = small & ~close
    if alone.sum() < FEW_SPECKS * mask.size / dpi**2:
        return np.zeros_like(mask)
    return np.asarray(mask * alone[labels], np.uint8)


def streaks(mask: Mask, dpi: float) -> Mask:
    """Copier streaks: hairlines straight down the sheet from its edge, also dotted ones, as a mask.

    Rulings keep off the edge of the sheet and its margins; a streak is followed from there as long
    as it goes on.
    """
    bar = np.ones((1, max(int(dpi * 0.02), 4)), np.uint8)
    thin = mask & (1 - np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, bar), np.uint8))
    found = np.zeros_like(mask)
    _follow(thin, _margin(mask, dpi), found, dpi)
    _follow(thin[::-1], _margin(mask[::-1], dpi), found[::-1], dpi)
    return found


def _margin(mask: Mask, dpi: float) -> int:
    """How many rows there are above the first text or table."""
    run = np.ones((int(dpi * STREAK_IN), 1), np.uint8)
    upright = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, run), np.uint8)
    busy = (mask & (1 - upright)).sum(axis=1) >= dpi * BUSY_IN
    return int(busy.argmax()) if busy.any() else len(mask)


def _follow(thin: Mask, margin: int, found: Mask, dpi: float) -> None:
    """Marks in `found` the thin ink of columns from the top margin down to where they end."""
    height, step = thin.shape[0], max(int(dpi * 0.35), 20)
    band = cv2.dilate(thin, np.ones((1, 3), np.uint8))
    edge = band[:step].mean(axis=0) >= 0.5
    columns = np.flatnonzero(edge | (band[:margin].sum(axis=0) >= dpi * STREAK_IN))
    if edge.sum() > 0.02 * thin.shape[1]:
        return  # the dark edge of the paper, or a page full of lines
    gaps = np.zeros(len(columns), np.int64)
    for top in range(0, height, step):
        inked = band[top : top + step, columns].mean(axis=0) >= 0.25
        # One that starts off the edge is also broken further on.
        gaps = np.where(inked | (top < margin), 0, gaps + 1)
        columns, gaps = columns[gaps <= 1], gaps[gaps <= 1]
        for column in columns:
            left = max(column - 1, 0)
            found[top : top + step, left : column + 2] |= thin[top : top + step, left : column + 2]
