"""Borders of worn tables that were not traced, found by ink that no letter has."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from extractor.tables.grid import Grid
    from extractor.tables.views import View

OFF_IN = 0.015  # a ruling's own ink
OF_ROW = 0.1  # its share, if that is less
REACH_IN = 0.04  # from there on
TALLER_IN = 0.12  # a piece of a border than most letters of tables
LONGER_IN = 0.3  # a piece of a border than strokes across the page
OWN_IN = 0.02  # half a thick border, with a pixel that it may lean
CLEAR_IN = 0.045  # beside a border there is paper, between strokes of a letter there is less
FAINT_IN = 0.12  # of its ink that is left of a border which was not traced
ALIKE = 0.03  # of its width, by which a column may differ from several others together
MOST_LOST = 2  # borders in a row without any ink
NARROWEST_IN = 0.12  # columns are no narrower


def with_faint_borders(
    grid: Grid, view: View, scale: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Places of borders down and across the page, with those that were not traced."""
    ys = with_faint(view.flipped, grid.ys, grid.xs, scale)
    return with_even(with_faint(view, grid.xs, ys, scale)), ys


def with_others(places: tuple[float, ...], others: Sequence[float]) -> tuple[float, ...]:
    """The places and those of the others that are no closer to one than columns are narrow."""
    least = NARROWEST_IN * 72  # points
    apart = [at for at in others if min(abs(at - place) for place in places) >= least]
    return tuple(sorted((*places, *apart)))


def with_even(places: tuple[float, ...]) -> tuple[float, ...]:
    """The places, with those that cut a column into some that are as wide as two others."""
    widths = np.diff(places)
    found = list(places)
    for left, width in zip(places, widths, strict=False):
        for count in range(2, MOST_LOST + 2):
            if (np.abs(widths * count - width) <= ALIKE * width).sum() >= 2:
                found += [left + width * k / count for k in range(1, count)]
                break
    return tuple(sorted(found))


def with_faint(
    view: View, places: tuple[float, ...], along: tuple[float, ...], scale: float
) -> tuple[float, ...]:
    """The places of borders that run down, with those of faint ones that were not traced.

    A place is added on little ink: whether any of it is a border is decided piece by piece later.
    """
    left = max(round(places[0] / scale), 0)
    profile = lone_ink(view, [round(v / scale) for v in along], left, round(places[-1] / scale))
    free = np.ones(len(profile), bool)
    apart = int(NARROWEST_IN * view.dpi)
    for place in places:
        at = round(place / scale) - left
        free[max(at - apart, 0) : max(at + apart + 1, 0)] = False
    found = []
    while (highest := (profile * free).max(initial=0.0)) >= FAINT_IN * view.dpi:
        at = int((profile * free).argmax())
        # Ink was widened by a pixel on both sides: the middle of what is as high is its place.
        lower = np.flatnonzero(profile[at : at + 5] < highest)
        at += (int(lower[0]) - 1) // 2 if len(lower) else 0
        found.append((left + at) * scale)
        free[max(at - apart, 0) : at + apart + 1] = False
    return tuple(sorted((*places, *found)))


def lone_ink(view: View, along: Sequence[int], left: int, right: int) -> NDArray[np.float64]:
    """For each column of pixels how much of its ink is rather a border's than a letter's.

    It has paper on both sides, and is in a run taller than a letter or close to a border across.
    """
    top = max(along[0], 0)
    lone, tall = lone_strokes(np.asarray(view.ink[top : along[-1], left:right]), view)
    beside = _beside([at - top for at in along], len(lone), view.dpi)
    return np.asarray((tall | lone & beside).sum(axis=0), np.float64)


def lone_strokes(ink: NDArray[np.uint8], view: View) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Ink with paper on both sides, a pixel wider than it is; and of it what is tall."""
    wide = cv2.dilate(ink, np.ones((1, 3), np.uint8))
    reaches = int(CLEAR_IN * view.dpi), max(int(OWN_IN * view.dpi), 2)
    near, own = (_inked_within(ink, reach) for reach in reaches)
    lone = np.where(near - own < 0.5, wide, 0).astype(np.uint8)
    taller = LONGER_IN * view.dpi if view.turned else TALLER_IN * view.dpi
    run = np.ones((int(taller), 1), np.uint8)
    return lone, np.asarray(cv2.morphologyEx(lone, cv2.MORPH_OPEN, run), np.uint8)


def _beside(along: Sequence[int], size: int, dpi: float) -> NDArray[np.uint8]:
    """1 for rows of pixels close to a border across, where no text comes: less in low rows."""
    found, off = np.zeros((size, 1), np.uint8), int(OFF_IN * dpi)
    for top, bottom in itertools.pairwise(along):
        reach = int(min(REACH_IN * dpi, OF_ROW * (bottom - top)))
        found[max(top + off, 0) : max(top + off + reach, 0)] = 1
        found[max(bottom - off - reach, 0) : max(bottom - off, 0)] = 1
    return found


def _inked_within(ink: NDArray[np.uint8], reach: int) -> NDArray[np.float32]:
    """How many pixels are inked in a row up to so far on both sides."""
    size = (2 * reach + 1, 1)
    return np.asarray(cv2.boxFilter(ink, cv2.CV_32F, size, normalize=False), np.float32)
