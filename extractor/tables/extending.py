"""Grids of worn pages grown to the outer borders that were too broken to be traced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from extractor.tables.faint import lone_ink, lone_strokes
from extractor.tables.grid import Grid, tiled
from extractor.tables.views import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from extractor.geometry import Box
    from extractor.image import FlatPage

FARTHEST_IN = 1.6  # a row or column that lost its outer border is no wider
NEAREST_IN = 0.1  # nor narrower
LEFT_OVER = 0.3  # share of an outer border that is still there
MET = 0.35  # share of the way to it that is inked of the borders that run up to it
MEETING = 0.3  # share of those that must
OFF_IN = 0.01  # a border's ink may lie this far beside its place
OPEN_IN = 0.25  # past the last border, from where others run on
RUN_ON = 0.6  # share of the borders that must
GAP_IN = 0.7  # the longest that is worn off one
MOST = 4  # rows and columns that are added on one side


def grown(grid: Grid, flat: FlatPage, others: Sequence[Box]) -> Grid:
    """The grid with the rows and columns around it that borders run out to, if any.

    An outer border is what is left of a line as long as the grid, which the grid's own borders run
    up to. It lies in no other grid (`others`).
    """
    view = View(flat.ink, flat.ink, flat.dpi)
    xs = _both_ways(view, grid.xs, grid.ys, flat.scale)
    ys = _both_ways(view.flipped, grid.ys, xs, flat.scale)
    ys = _opened(view, xs, ys, flat.scale)
    box = Grid(ys, xs, ()).box
    if (xs, ys) == (grid.xs, grid.ys) or any(box.intersection(other) for other in others):
        return grid
    return Grid(ys, xs, tiled(np.ones((len(ys), len(xs) - 1)), np.ones((len(ys) - 1, len(xs)))))


def _opened(
    view: View, xs: tuple[float, ...], ys: tuple[float, ...], scale: float
) -> tuple[float, ...]:
    """The rows with the last one as low as most borders run on: it is open at a page's foot."""
    last, left = round(ys[-1] / scale), max(round(xs[0] / scale) - 4, 0)
    part = np.asarray(view.ink[last:, left : round(xs[-1] / scale) + 5])
    if not part.size:
        return ys
    _, tall = lone_strokes(part, view)
    columns = [round(x / scale) - left for x in xs]
    strips = [tall[:, max(x - 3, 0) : x + 4].max(axis=1, initial=0) for x in columns]
    ends = [_end(strip, view.dpi) for strip in strips]
    running = sorted(end for end in ends if end >= OPEN_IN * view.dpi)
    if len(running) < max(3, RUN_ON * len(ends)):
        return ys
    # One may be a streak.
    return (*ys[:-1], (last + running[-2]) * scale)


def _end(inked: NDArray[np.uint8], dpi: float) -> int:
    """How far down ink goes on without a gap that no border has, in pixels."""
    at = np.flatnonzero(inked)
    broken = np.flatnonzero(np.diff(np.concatenate([[0], at])) > GAP_IN * dpi)
    kept = at[: broken[0]] if len(broken) else at
    return int(kept[-1]) if len(kept) else 0


def _both_ways(
    view: View, places: tuple[float, ...], along: tuple[float, ...], scale: float
) -> tuple[float, ...]:
    """The places of borders that run down, with those beyond the first and the last."""
    rows = [round(v / scale) for v in along]
    columns = [round(v / scale) for v in places]
    mirrored = [view.ink.shape[1] - 1 - v for v in reversed(columns)]
    before = _beyond(view, columns, rows)
    after = _beyond(view.mirrored, mirrored, rows)
    last = view.ink.shape[1] - 1
    return (*(v * scale for v in before), *places, *((last - v) * scale for v in reversed(after)))


def _beyond(view: View, columns: Sequence[int], rows: Sequence[int]) -> list[int]:
    """Borders before the first, in pixels, from left to right."""
    found: list[int] = []
    first = columns[0]
    while len(found) < MOST and (at := _next(view, first, rows)) is not None:
        found.insert(0, at)
        first = at
    return found


def _next(view: View, first: int, rows: Sequence[int]) -> int | None:
    """The nearest border before column `first` that the borders across run up to."""
    low = max(first - int(FARTHEST_IN * view.dpi), 0)
    high = max(first - int(NEAREST_IN * view.dpi), low)
    profile = lone_ink(view, rows, low, high)
    strongest: list[int] = np.argsort(-profile, kind="stable")[:MOST].tolist()
    for at in strongest:
        if profile[at] < LEFT_OVER * (rows[-1] - rows[0]):
            return None
        if _is_met(view, low + at, first, rows):
            return low + at
    return None


def _is_met(view: View, at: int, first: int, rows: Sequence[int]) -> bool:
    off = max(int(OFF_IN * view.dpi), 2)
    gap = slice(at + off, first - off)
    strips = [view.ink[max(y - off, 0) : y + off + 1, gap].any(axis=0) for y in rows]
    met = [float(strip.mean()) >= MET for strip in strips if strip.size]
    return sum(met) >= max(2, MEETING * len(met))
