"""Grids of worn pages: borders told from what is left of them, columns that lost theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from extractor.tables.borders import (
    ACROSS,
    BORDER,
    DOWN,
    described,
    parted,
    probabilities,
    supported,
)
from extractor.tables.crops import without_residue
from extractor.tables.extending import grown
from extractor.tables.faint import with_faint_borders, with_others
from extractor.tables.grid import Grid, Span, tiled
from extractor.tables.strokes import LEAST_INK_IN2
from extractor.tables.views import borders_at, view_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from extractor.geometry import Box
    from extractor.image import FlatPage
    from extractor.tables.views import Border, View

SHARE = 0.6  # of the cells with text in a column show the gap that a lost border left
BESIDE_IN = 0.05  # what is closer to the side of a cell is the rest of a border


def with_lost_borders(grid: Grid, flat: FlatPage, others: Sequence[Box] = ()) -> Grid:
    """The grid of a worn page with its cells told anew, and borders that had all but gone.

    `others` are the boxes of the page's other grids.
    """
    grid = grown(grid, flat, others)
    view = view_of(flat, grid)
    xs, ys = with_faint_borders(grid, view, flat.scale)
    xs = with_others(xs, _hidden_columns(grid, view, flat.scale))
    columns, rows = borders_at(xs, flat, across=False), borders_at(ys, flat, across=True)
    features = described(view, columns, rows)
    left = probabilities(features, DOWN) * supported(features)[:, None]
    left = parted(view, columns, rows, left)
    columns, xs, left = _real(columns, xs, left)
    flipped = view.flipped
    above = probabilities(described(flipped, rows, columns), ACROSS)
    above = parted(flipped, rows, columns, above)
    kept = np.asarray((above >= BORDER).any(axis=1), bool)
    return Grid(tuple(np.array(ys)[kept].tolist()), xs, tiled(above[kept], _over(left, kept).T))


def _real(
    borders: Sequence[Border], places: Sequence[float], shares: NDArray[np.float64]
) -> tuple[list[Border], tuple[float, ...], NDArray[np.float64]]:
    """The borders of which any piece is there."""
    kept = np.flatnonzero((shares >= BORDER).any(axis=1))
    return [borders[i] for i in kept], tuple(places[i] for i in kept), shares[kept]


def _over(left: NDArray[np.float64], kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The pieces of borders that run down, joined where the row border between them is none."""
    starts = np.flatnonzero(kept[:-1])
    return np.asarray(np.maximum.reduceat(left, starts, axis=1), np.float64)


def _hidden_columns(grid: Grid, view: View, scale: float) -> list[float]:
    """Places of borders where the cells of one column hold two texts side by side, in points.

    Most of them must, and none may have text where the border would be.
    """
    borders = []
    for column in range(len(grid.xs) - 1):
        own = [s for s in grid.spans if s.column == column and s.column_span == 1]
        texts = [t for t in (_text_columns(grid, s, view, scale) for s in own) if len(t[1])]
        gaps = [g for g in (_middle_gap(x0, inked, view.dpi) for x0, inked in texts) if g]
        low = max((a for a, _ in gaps), default=0.0)
        high = min((b for _, b in gaps), default=0.0)
        free = all(not ((x0 + ink > low) & (x0 + ink < high)).any() for x0, ink in texts)
        enough = len(gaps) >= max(2, SHARE * len(texts))
        if enough and free and high - low >= 0.05 * view.dpi:
            borders.append((low + high) / 2 * scale)
    return borders


def _middle_gap(x0: int, inked: NDArray[np.int_], dpi: float) -> tuple[float, float] | None:
    """The one wide gap between two texts of a cell, in pixels; None where there is none."""
    jumps = np.flatnonzero(np.diff(inked) >= 0.12 * dpi)
    if len(jumps) != 1:
        return None
    at = int(jumps[0])
    return float(x0 + inked[at]), float(x0 + inked[at + 1])


def _text_columns(grid: Grid, span: Span, view: View, scale: float) -> tuple[int, NDArray[np.int_]]:
    """The cell's left side in pixels, and the columns from there that hold ink of text."""
    x0, y0, x1, y1 = (round(v / scale) for v in grid.box_of(span))
    patch = view.text[max(y0 + 2, 0) : max(y1 - 2, 0), max(x0 + 2, 0) : max(x1 - 2, 0)]
    if patch.size == 0:
        return x0, np.zeros(0, np.int64)
    columns = without_residue(patch, view.dpi).sum(axis=0)
    return x0, _texts(columns, view.dpi) + 2


def _texts(columns: NDArray[np.int_], dpi: float) -> NDArray[np.int_]:
    """Columns with ink that belongs to text: specks and rests of the border are left out."""
    inked = np.flatnonzero(columns)
    if len(inked) == 0:
        return inked
    groups = np.split(inked, np.flatnonzero(np.diff(inked) > 0.1 * dpi) + 1)
    least = 2 * LEAST_INK_IN2 * dpi**2
    margin = BESIDE_IN * dpi
    real = [
        g
        for g in groups
        if columns[g].sum() >= least and g[-1] > margin and g[0] < len(columns) - margin
    ]
    return np.concatenate(real) if real else np.zeros(0, inked.dtype)
