"""A page as it is looked at for the borders of one of its worn grids."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from extractor.tables.crops import letter_height, painted_rulings
from extractor.tables.grid import SNAP_PT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from extractor.image import FlatPage
    from extractor.tables.grid import Grid

    Mask = NDArray[np.uint8]

STRAY_IN = 0.008  # a border's ink may lie this far beside its place
CUT_IN = 0.012  # that a letter lies on either side of a border which cuts it
DIGIT = 0.5  # of a character's height, which digits have at least
LEVEL_IN = 0.012  # digits of a row begin and end at heights that differ by less
AMONG = 3  # of so many at least


@dataclass(frozen=True, slots=True)
class View:
    """Ink of a page and of its text alone, turned so that the borders in question run down."""

    ink: Mask
    text: Mask
    dpi: float
    turned: bool = False

    @property
    def flipped(self) -> View:
        """The page with rows and columns exchanged."""
        ink, text = np.ascontiguousarray(self.ink.T), np.ascontiguousarray(self.text.T)
        return View(ink, text, self.dpi, not self.turned)

    @property
    def mirrored(self) -> View:
        """The page with left and right exchanged."""
        ink, text = (np.ascontiguousarray(mask[:, ::-1]) for mask in (self.ink, self.text))
        return View(ink, text, self.dpi, self.turned)


@dataclass(frozen=True, slots=True)
class Border:
    """Where a border lies across, and how far from there its ink may be, in pixels."""

    at: int
    half: int


def view_of(flat: FlatPage, grid: Grid) -> View:
    """The page as it is looked at for one of its grids."""
    text = painted_rulings(flat, [grid])
    letter = letter_height(flat, [grid], text)
    return View(without_digits(flat.ink, text, flat.dpi, letter), text, flat.dpi)


def without_digits(ink: Mask, text: Mask, dpi: float, letter: float) -> Mask:
    """The ink without what begins and ends at the heights of others: a 1 among digits.

    What is left of a border ends where wear has taken it.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(text, connectivity=8)
    top, height = stats[:, cv2.CC_STAT_TOP].astype(int), stats[:, cv2.CC_STAT_HEIGHT].astype(int)
    width = stats[:, cv2.CC_STAT_WIDTH]
    digits = (height >= DIGIT * letter) & (height <= letter) & (width <= letter)
    digits[0] = False
    near = max(round(LEVEL_IN * dpi), 1)
    # How many begin at a height and end at another, counted in a table with room for `near`.
    ends = np.zeros((text.shape[0] + 1, round(letter) + 2), np.float32)
    np.add.at(ends, (top[digits], height[digits]), 1)
    alike = cv2.boxFilter(ends, -1, (2 * near + 1, 2 * near + 1), normalize=False)
    digits[digits] = alike[top[digits], height[digits]] > AMONG
    return np.asarray(ink * ~digits[labels], np.uint8)


def borders_at(places: Sequence[float], flat: FlatPage, *, across: bool) -> list[Border]:
    """Borders at these places in points, as thick as the rulings that were traced there."""
    rulings = [r for r in flat.rulings if r.horizontal == across]
    found = []
    for place in places:
        there = [r.thickness for r in rulings if abs((r.y0 if across else r.x0) - place) < SNAP_PT]
        thickness = float(np.median(there)) if there else 0.0
        half = round(thickness / 2 / flat.scale + STRAY_IN * flat.dpi)
        found.append(Border(round(place / flat.scale), max(half, 2)))
    return found


@dataclass(frozen=True, slots=True)
class Letters:
    """The connected pieces of ink that is no ruling, within a grid from (left, top)."""

    labels: NDArray[np.int32]
    x0: NDArray[np.int32]
    x1: NDArray[np.int32]
    middle: NDArray[np.int32]  # down the page
    left: int
    top: int
    least: float

    @classmethod
    def of(cls, view: View, across: Sequence[Border], along: Sequence[Border]) -> Letters:
        """Those of a grid with these borders down and across the page."""
        left, top = max(across[0].at, 0), max(along[0].at, 0)
        area = np.ascontiguousarray(view.text[top : along[-1].at, left : across[-1].at])
        _, labels, stats, _ = cv2.connectedComponentsWithStats(area)
        x, y, width, height, _ = np.asarray(stats, np.int32).T
        x0, middle = x + left, y + top + height // 2
        least = max(CUT_IN * view.dpi, 2)
        return cls(np.asarray(labels, np.int32), x0, x0 + width, middle, left, top, least)

    def through(self, border: Border) -> NDArray[np.bool_]:
        """Which of them lie on both sides of a border."""
        reach = border.half + self.least
        found = (self.x0 < border.at - reach) & (self.x1 > border.at + reach)
        found[0] = False  # the paper
        return np.asarray(found, bool)

    def without(self, view: View, border: Border) -> View:
        """The view without the ink of those that lie on both sides, around the border."""
        through = self.through(border)
        if not through.any():
            return view
        start = max(border.at - border.half, self.left)
        stop = border.at + border.half + 1
        labels = self.labels[:, start - self.left : stop - self.left]
        ink = view.ink.copy()
        ink[self.top : self.top + len(labels), start : start + labels.shape[1]][through[labels]] = 0
        return replace(view, ink=ink)
