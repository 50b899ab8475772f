"""Seals and stamps: where they lie, coloured or black, and the page without them.

Images are uint8 arrays: colour H × W × 3 BGR, grey H × W with 255 for paper.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from extractor.image.masks import grown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Image = NDArray[np.uint8]
    Gray = NDArray[np.uint8]
    Mask = NDArray[np.uint8]
    Circle = tuple[float, float, float]  # x, y, radius in pixels

# Inside a seal only what is clearly dark is ink: what the seal leaves in its own channel is paper.
_ONLY_DARK = np.clip((np.arange(256) - 40) * (255 / 130), 0, 255).astype(np.uint8)

RADII_IN = 0.5, 1.0  # of round seals; those of Chinese offices are 4.0 to 4.5 cm wide
SEARCH_DPI = 60
VOTES = 22.0  # of an edge's pixels that a circle must have to be looked at
MOST = 20  # circles that are looked at
LIKELY = 0.25  # share of the rim that is inked, where a circle was found coarsely
ROUND = 0.6  # share of a black seal's rim that is inked
LONE = 0.4  # share of the paper just outside and inside the rim that may be
RIM_IN = 0.06  # widest rim
PALER = 45  # grey levels by which a seal must be paler than print to be told from it
DARK = 0.45  # of the way from print to the seal, up to which ink is print
PAPER = 235  # lighter is paper
HAIRLINE_IN = 0.022  # strokes of a seal are thicker than the thinnest of letters
STAR = 0.5  # of the radius, within which a seal has a star or arms
STAR_IN = 0.07  # thicker than strokes of letters
ANGLES = np.linspace(0, 2 * np.pi, 180, endpoint=False)


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal: the left and upper side of its box in pixels, and 1 where it lies over the page."""

    x: int
    y: int
    ink: Mask

    @property
    def area(self) -> tuple[slice, slice]:
        """Its box on the page."""
        height, width = self.ink.shape
        return np.s_[self.y : self.y + height, self.x : self.x + width]


def covered(shape: tuple[int, ...], seals: Iterable[Seal]) -> Mask:
    """H × W, 1 where a seal lies."""
    found = np.zeros(shape[:2], np.uint8)
    for seal in seals:
        found[seal.area] |= seal.ink
    return found


def coloured_seals(image: Image) -> tuple[Seal, ...]:
    """Large coloured marks about as wide as high; coloured text and headings are not."""
    if image.ndim == 2 or int(_saturated(image[::4, ::4]).sum()) < 50:
        return ()
    coloured = _saturated(image)
    # The fringe that compression leaves around a mark is paler than what counts as coloured.
    return tuple(
        Seal(x, y, grown(coloured[y : y + height, x : x + width], 7))
        for x, y, width, height in _seal_boxes(coloured)
    )


def without_seals(image: Image, seals: Sequence[Seal]) -> Gray:
    """Grey picture in which the coloured seals are paper and dark ink remains.

    Within a seal the brightest channel is taken: a red one is bright in red, black ink in none.
    """
    if image.ndim == 2:
        return image
    gray = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    for seal in seals:
        here, own = image[seal.area], seal.ink > 0
        high = cv2.max(cv2.max(*cv2.split(here)[:2]), here[:, :, 2])
        gray[seal.area][own] = cv2.LUT(np.maximum(gray[seal.area], high), _ONLY_DARK)[own]
    return gray


def _saturated(image: Image) -> Mask:
    """1 where a pixel is clearly coloured."""
    blue, green, red = cv2.split(image)
    high, low = cv2.max(cv2.max(blue, green), red), cv2.min(cv2.min(blue, green), red)
    return (cv2.subtract(high, low) > 50).astype(np.uint8)


def _seal_boxes(coloured: Mask) -> list[tuple[int, int, int, int]]:
    """Boxes of coloured marks about as wide as high and larger than a heading's letters."""
    shape = coloured.shape
    scale = 8
    size = (shape[1] // scale, shape[0] // scale)
    if min(size) == 0:
        return []
    small = cv2.resize(coloured, size, interpolation=cv2.INTER_AREA)
    joined = cv2.dilate((small > 0).astype(np.uint8), np.ones((3, 3), np.uint8))
    least = max(shape) // scale // 16
    boxes = []
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    for x, y, width, height, _ in stats[1:]:
        if min(width, height) >= least and max(width, height) < 2.5 * min(width, height):
            boxes.append((int(x) * scale, int(y) * scale, int(width) * scale, int(height) * scale))
    return boxes


def without_black_seals(gray: Gray, ink: Mask, dpi: float) -> tuple[Gray, tuple[Seal, ...]]:
    """A grey page with black or grey round seals lifted off as far as they can be; and these.

    A seal that is paler than print is divided out, and lies over what its ink was on. Of one as
    black as print only rim and star are taken off: its letters cannot be told from those below, and
    all within may be hidden.
    """
    seals = []
    lifted = gray
    for circle in _circles(ink, dpi):
        if lifted is gray:
            lifted = gray.copy()
        seals.append(_lift(lifted, ink, circle, dpi))
    return lifted, tuple(seals)


def _lift(gray: Gray, ink: Mask, circle: Circle, dpi: float) -> Seal:
    """Takes the seal off the page (in place)."""
    x, y, radius = circle
    half = _rim(ink, circle, dpi) + 2
    x0, y0 = max(int(x - radius - half), 0), max(int(y - radius - half), 0)
    here = np.s_[y0 : int(y + radius + half) + 2, x0 : int(x + radius + half) + 2]
    own, part = ink[here], gray[here]
    rows, columns = np.ogrid[: own.shape[0], : own.shape[1]]
    away = np.hypot(columns + x0 - x, rows + y0 - y)
    rim = ((np.abs(away - radius) <= half) & (own > 0)).astype(np.uint8)
    inside = (away <= radius + half).astype(np.uint8)
    tone, dark = float(np.percentile(part[rim > 0], 30)), float(np.percentile(gray[ink > 0], 20))
    if tone - dark >= PALER:
        hidden = _pale(part, inside, dark + DARK * (tone - dark), dpi)
        # Its ink is translucent: it multiplies what is below.
        below = np.minimum(np.arange(256) * (255 / tone), 255).astype(np.uint8)
        part[hidden > 0] = below[part[hidden > 0]]
        return Seal(x0, y0, hidden)
    star = np.ones((int(STAR_IN * dpi), int(STAR_IN * dpi)), np.uint8)
    solid = cv2.morphologyEx(own * (away < STAR * radius), cv2.MORPH_OPEN, star)
    part[grown(rim | np.asarray(solid, np.uint8), 3) > 0] = 255
    return Seal(x0, y0, inside)


def _pale(part: Gray, inside: Mask, dark: float, dpi: float) -> Mask:
    """1 where a pale seal lies: its ink is paler than print's, and thicker than a hairline."""
    near = grown((part < dark).astype(np.uint8), 5)
    middling = inside & (part < PAPER).astype(np.uint8) & (1 - near)
    thick = np.ones((max(int(HAIRLINE_IN * dpi), 2),) * 2, np.uint8)
    broad = np.asarray(cv2.morphologyEx(middling, cv2.MORPH_OPEN, thick), np.uint8)
    return grown(broad, 7) & inside


def _circles(ink: Mask, dpi: float) -> list[Circle]:
    """Rims of round seals: circles of ink with mostly paper on both sides, the clearest first."""
    scale = SEARCH_DPI / dpi
    size = (max(round(ink.shape[1] * scale), 1), max(round(ink.shape[0] * scale), 1))
    small = cv2.resize(ink * 255, size, interpolation=cv2.INTER_AREA)
    low, high = (round(r * SEARCH_DPI) for r in RADII_IN)
    found = cv2.HoughCircles(
        np.asarray(small, np.uint8), cv2.HOUGH_GRADIENT, 1, low, param1=120, param2=VOTES,
        minRadius=low, maxRadius=high,
    )  # fmt: skip
    if found is None:
        return []
    likely = [tuple(c / scale for c in circle) for circle in found[0][:MOST]]
    fitted = [_fitted(ink, circle, dpi) for circle in likely if _inked(ink, circle, 2) >= LIKELY]
    clear = sorted((c for c in fitted if c is not None), key=lambda c: -c[0])
    kept: list[Circle] = []
    for _, (x, y, radius) in clear:
        if all(np.hypot(x - a, y - b) > 0.5 * radius for a, b, _ in kept):
            kept.append((x, y, radius))
    return kept


def _fitted(ink: Mask, circle: Sequence[float], dpi: float) -> tuple[float, Circle] | None:
    """The circle nearby that has most ink, and the share of it; None where that is no rim."""
    x, y, radius = circle
    for step in (0.014 * dpi, 0.005 * dpi):
        moves = (-2 * step, -step, 0.0, step, 2 * step)
        x, y, radius = max(
            ((x + dx, y + dy, radius + dr) for dx, dy, dr in itertools.product(moves, repeat=3)),
            key=lambda c: _inked(ink, c),
        )
    best = (x, y, radius)
    off = RIM_IN * dpi
    beside = [_inked(ink, (x, y, radius + way * off)) for way in (-1, 1)]
    share = _inked(ink, best)
    return (share, best) if share >= ROUND and max(beside) <= LONE * share else None


def _inked(ink: Mask, circle: Sequence[float], reach: int = 0) -> float:
    """Share of a circle that is inked, or has ink `reach` pixels inside or outside of it."""
    x, y, radius = circle
    if reach:
        return max(_inked(ink, (x, y, radius + off)) for off in range(-reach, reach + 1, 2))
    columns = np.round(x + radius * np.cos(ANGLES)).astype(int)
    rows = np.round(y + radius * np.sin(ANGLES)).astype(int)
    on = (columns >= 0) & (rows >= 0) & (columns < ink.shape[1]) & (rows < ink.shape[0])
    return float(ink[rows[on], columns[on]].sum()) / len(ANGLES)


def _rim(ink: Mask, circle: Circle, dpi: float) -> float:
    """Half the thickness of the rim, in pixels."""
    x, y, radius = circle
    least = 0.5 * _inked(ink, circle)
    off = range(int(RIM_IN * dpi))
    wide = [sum(_inked(ink, (x, y, radius + way * k)) >= least for k in off) for way in (-1, 1)]
    return float(max(wide))
