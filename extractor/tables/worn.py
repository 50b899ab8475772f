"""Borders that wear has taken away altogether, told from how the text stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from extractor.tables.crops import LEAST_INK_IN2, painted_rulings
from extractor.tables.grid import Grid, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from extractor.image import FlatPage

    Mask = NDArray[np.uint8]

GAP_IN = 0.2  # texts of one cell stand no further apart than this
INFERRED = 0.4  # support of a border that no ink shows


def split_by_ink(grid: Grid, flat: FlatPage) -> Grid:
    """Cuts cells that span columns where a column border of the grid falls into a wide gap of text.

    Only for worn pages: there a border may be gone while the two texts it parted are still there.
    """
    clean = painted_rulings(flat, [grid])
    spans: list[Span] = []
    for span in grid.spans:
        spans.extend(_split(grid, span, clean, flat) if span.column_span > 1 else [span])
    return Grid(grid.ys, grid.xs, tuple(sorted(spans, key=lambda s: (s.row, s.column))))


def _split(grid: Grid, span: Span, clean: Mask, flat: FlatPage) -> list[Span]:
    x0, y0, x1, y1 = (int(round(v / flat.scale)) for v in grid.box_of(span))
    columns = clean[y0 + 2 : y1 - 2, x0 + 2 : x1 - 2].sum(axis=0) if y1 - y0 > 6 else np.zeros(0)
    inked = _texts(columns, flat.dpi)
    cuts = []
    for column in range(span.column + 1, span.column + span.column_span):
        at = grid.xs[column] / flat.scale - x0 - 2
        left, right = inked[inked < at], inked[inked >= at]
        if len(left) and len(right) and right[0] - left[-1] >= GAP_IN * flat.dpi:
            cuts.append(column)
    return _cut(span, _one_a_gap(cuts, grid, inked, x0, flat))


def _texts(columns: NDArray[np.int_], dpi: float) -> NDArray[np.int_]:
    """Columns with ink that belongs to text: specks and rests of the border are left out."""
    inked = np.flatnonzero(columns)
    if len(inked) == 0:
        return inked
    groups = np.split(inked, np.flatnonzero(np.diff(inked) > 0.1 * dpi) + 1)
    least = 2 * LEAST_INK_IN2 * dpi**2
    margin = 0.03 * dpi
    real = [
        g
        for g in groups
        if columns[g].sum() >= least and g[-1] > margin and g[0] < len(columns) - margin
    ]
    return np.concatenate(real) if real else np.zeros(0, inked.dtype)


def _one_a_gap(
    cuts: Sequence[int], grid: Grid, inked: NDArray[np.int_], x0: int, flat: FlatPage
) -> list[int]:
    """Of several borders in one gap the first: what lies between them would be an empty cell."""
    kept: list[int] = []
    last = -1
    for column in cuts:
        before = int((inked < grid.xs[column] / flat.scale - x0 - 2).sum())
        if before != last:
            kept.append(column)
        last = before
    return kept


def _cut(span: Span, cuts: Sequence[int]) -> list[Span]:
    stops = [span.column, *cuts, span.column + span.column_span]
    if len(stops) == 2:
        return [span]
    support = min(span.support, INFERRED)
    return [
        Span(span.row, a, span.row_span, b - a, support)
        for a, b in zip(stops, stops[1:], strict=False)
    ]
