"""Borders that wear has taken away altogether, told from how the text stands."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from extractor.tables.crops import LEAST_INK_IN2, painted_rulings, without_residue
from extractor.tables.grid import Grid, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from extractor.image import FlatPage

    Mask = NDArray[np.uint8]

GAP_IN = 0.1  # texts of one cell stand no further apart than this
SHARE = 0.6  # of the cells with text in a column show the gap that a lost border left
INFERRED = 0.4  # support of a border that no ink shows


def split_by_ink(grid: Grid, flat: FlatPage) -> Grid:
    """Cuts cells where the text shows that a border is gone.

    Only for worn pages: a border may be worn off while the two texts it parted are still there.
    First whole columns are looked for, then cells that span a border which falls into a wide gap.
    """
    clean = painted_rulings(flat, [grid])
    grid = _with_hidden_columns(grid, clean, flat)
    spans: list[Span] = []
    for span in grid.spans:
        spans.extend(_split(grid, span, clean, flat) if span.column_span > 1 else [span])
    return Grid(grid.ys, grid.xs, tuple(sorted(spans, key=lambda s: (s.row, s.column))))


def _split(grid: Grid, span: Span, clean: Mask, flat: FlatPage) -> list[Span]:
    x0, inked = _text_columns(grid, span, clean, flat)
    cuts: dict[int, tuple[float, int]] = {}
    for column in range(span.column + 1, span.column + span.column_span):
        at = grid.xs[column] / flat.scale - x0
        # What is left of the border itself is no text.
        text = inked[np.abs(inked - at) > 0.02 * flat.dpi]
        left, right = text[text < at], text[text >= at]
        if len(left) and len(right) and right[0] - left[-1] >= GAP_IN * flat.dpi:
            # Of several borders in one gap the one is taken that leaves both texts centred.
            off = _off_centre(grid, span, column, left, right, x0, flat)
            gap = len(left)
            cuts[gap] = min(cuts.get(gap, (np.inf, column)), (off, column))
    return _cut(span, sorted(column for _, column in cuts.values()))


def _text_columns(
    grid: Grid, span: Span, clean: Mask, flat: FlatPage
) -> tuple[int, NDArray[np.int_]]:
    """The cell's left side in pixels, and the columns from there that hold ink of text."""
    x0, y0, x1, y1 = (round(v / flat.scale) for v in grid.box_of(span))
    patch = clean[max(y0 + 2, 0) : max(y1 - 2, 0), max(x0 + 2, 0) : max(x1 - 2, 0)]
    if patch.size == 0:
        return x0, np.zeros(0, np.int64)
    columns = without_residue(patch, flat.dpi).sum(axis=0)
    return x0, _texts(columns, flat.dpi) + 2


def _off_centre(
    grid: Grid,
    span: Span,
    column: int,
    left: NDArray[np.int_],
    right: NDArray[np.int_],
    x0: int,
    flat: FlatPage,
) -> float:
    """How far the texts on both sides of a border are from the middle of their parts, in pixels."""
    at = grid.xs[column] / flat.scale - x0
    end = grid.xs[span.column + span.column_span] / flat.scale - x0
    first = abs((left[0] + left[-1]) / 2 - at / 2)
    second = abs((right[0] + right[-1]) / 2 - (at + end) / 2)
    return float(first + second)


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


def _cut(span: Span, cuts: Sequence[int]) -> list[Span]:
    stops = [span.column, *cuts, span.column + span.column_span]
    if len(stops) == 2:
        return [span]
    support = min(span.support, INFERRED)
    return [Span(span.row, a, span.row_span, b - a, support) for a, b in itertools.pairwise(stops)]


def _with_hidden_columns(grid: Grid, clean: Mask, flat: FlatPage) -> Grid:
    """The grid with a border wherever the cells of one column hold two texts side by side.

    Most of them must, and none may have text where the border would be.
    """
    borders = []
    for column in range(len(grid.xs) - 1):
        own = [s for s in grid.spans if s.column == column and s.column_span == 1]
        texts = [t for t in (_text_columns(grid, s, clean, flat) for s in own) if len(t[1])]
        gaps = [g for g in (_middle_gap(x0, inked, flat.dpi) for x0, inked in texts) if g]
        low = max((a for a, _ in gaps), default=0.0)
        high = min((b for _, b in gaps), default=0.0)
        free = all(not ((x0 + ink > low) & (x0 + ink < high)).any() for x0, ink in texts)
        enough = len(gaps) >= max(2, SHARE * len(texts))
        if enough and free and high - low >= 0.05 * flat.dpi:
            borders.append((low + high) / 2 * flat.scale)
    for at in borders:
        grid = _with_border(grid, at)
    return grid


def _middle_gap(x0: int, inked: NDArray[np.int_], dpi: float) -> tuple[float, float] | None:
    """The one wide gap between two texts of a cell, in pixels; None where there is none."""
    jumps = np.flatnonzero(np.diff(inked) >= 0.12 * dpi)
    if len(jumps) != 1:
        return None
    at = int(jumps[0])
    return float(x0 + inked[at]), float(x0 + inked[at + 1])


def _with_border(grid: Grid, at: float) -> Grid:
    """The grid with one more column border; cells that span columns across it go on doing so."""
    column = sum(x < at for x in grid.xs) - 1
    xs = (*grid.xs[: column + 1], at, *grid.xs[column + 1 :])
    spans: list[Span] = []
    for s in grid.spans:
        end = s.column + s.column_span
        if s.column > column:
            spans.append(Span(s.row, s.column + 1, s.row_span, s.column_span, s.support))
        elif end <= column:
            spans.append(s)
        elif s.column_span == 1:
            spans += [
                Span(s.row, column, s.row_span, 1, min(s.support, INFERRED)),
                Span(s.row, column + 1, s.row_span, 1, min(s.support, INFERRED)),
            ]
        else:
            spans.append(Span(s.row, s.column, s.row_span, s.column_span + 1, s.support))
    return Grid(grid.ys, xs, tuple(spans))
