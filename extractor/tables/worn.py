"""Which borders of a worn grid were printed: from the ink that is left, the text, the neighbours.

Wear takes borders away piece by piece, and strokes of letters look like pieces of a border. Each
piece between two slots gets log-odds from what is seen on it; pieces in doubt follow the pieces
that go on in line with them (iterated conditional modes, Besag 1986).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from extractor.tables.crops import LEAST_INK_IN2, painted_rulings, without_residue
from extractor.tables.grid import Grid, Span, tiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from extractor.image import FlatPage

    Mask = NDArray[np.uint8]
    Odds = NDArray[np.float64]

SHARE = 0.6  # of the cells with text in a column show the gap that a lost border left
INFERRED = 0.4  # support of a border that no ink shows
STRAY_IN = 0.015  # a border's ink lies this close to its place
CLEAR_IN = 0.03  # beside a border there is paper up to here
CORNER_IN = 0.04  # ends of a piece, where other borders meet it, are left out
TOUCHING_IN = 0.06  # texts on both sides that are closer together are one text
APART_IN = 0.2  # words of one text mostly stand closer together than this
OFF_CENTRE = 0.12  # of a slot's width, by which the middle of a centred text may be off
BESIDE_IN = 0.05  # what is closer to the side of a cell is the rest of a border
ROUNDS = 4

# Log-odds that a piece of border was printed.
_SEEN = 10.0  # for each share of it that is inked and clear of text, above _CHANCE
_CHANCE = 0.25  # share that strokes of letters may ink
_UNSEEN = -1.5  # no ink of it is left
_CROSSED = -8.0  # text runs across
_CLOSE = -4.0  # text on both sides as close as characters of one word
_APART = 1.0  # a wide gap between texts on both sides
_CENTRED = 1.5  # the text of a side is in the middle of it; against it where that of neither is
_IN_LINE = 1.5  # for each of the two pieces that go on in line with it


@dataclass(frozen=True, slots=True)
class _Page:
    """Ink of a page and of its text alone, seen so that borders run down."""

    ink: Mask
    text: Mask
    dpi: float

    @property
    def flipped(self) -> _Page:
        return _Page(
            np.ascontiguousarray(self.ink.T), np.ascontiguousarray(self.text.T), self.dpi
        )  # fmt: skip


def with_lost_borders(grid: Grid, flat: FlatPage) -> Grid:
    """The grid of a worn page with its cells told anew, and columns that lost their border."""
    clean = painted_rulings(flat, [grid])
    grid = _with_hidden_columns(grid, clean, flat)
    page = _Page(flat.ink, clean, flat.dpi)
    xs, ys = ([round(v / flat.scale) for v in places] for places in (grid.xs, grid.ys))
    left = _settled(_evidence(page, xs, ys))
    above = _settled(_evidence(page.flipped, ys, xs))
    return Grid(grid.ys, grid.xs, tiled(_shares(above), _shares(left).T))


def _evidence(page: _Page, across: Sequence[int], along: Sequence[int]) -> Odds:
    """Log-odds of every piece of every border that runs down: borders × pieces."""
    odds = np.full((len(across), len(along) - 1), 50.0)  # the outer border is always there
    for i in range(1, len(across) - 1):
        for j, (start, end) in enumerate(itertools.pairwise(along)):
            odds[i, j] = _piece(page, across[i - 1 : i + 2], start, end)
    return odds


def _piece(page: _Page, sides: Sequence[int], start: int, end: int) -> float:
    """Log-odds of one piece: at sides[1], from start to end, between sides[0] and sides[2]."""
    corner = min(int(CORNER_IN * page.dpi), (end - start) // 4)
    rows = slice(start + corner, end - corner)
    seen = _seen(page, sides[1], rows)
    if seen >= 2 * _CHANCE:
        return _SEEN * (seen - _CHANCE)
    odds = _SEEN * (seen - _CHANCE) if seen > _CHANCE else _UNSEEN
    return odds + _text_odds(page, sides, rows)


def _seen(page: _Page, at: int, rows: slice) -> float:
    """Share of a piece that is inked with paper on both sides."""
    stray, clear = max(int(STRAY_IN * page.dpi), 2), max(int(CLEAR_IN * page.dpi), 4)
    band = page.ink[rows, max(at - clear - 2 * stray, 0) : at + clear + 2 * stray + 1]
    if band.size == 0:
        return 0.0
    middle = band.shape[1] // 2
    inked = band[:, middle - stray : middle + stray + 1].any(axis=1)
    width = np.maximum(clear - stray, 2)
    beside = band[:, :width].any(axis=1) | band[:, -width:].any(axis=1)
    return float((inked & ~beside).mean())


def _text_odds(page: _Page, sides: Sequence[int], rows: slice) -> float:
    """What the text on both sides of a border says about it."""
    before, at, after = sides
    patch = without_residue(page.text[rows, before:after], page.dpi)
    inked = np.flatnonzero(patch.any(axis=0)) + before
    reach = max(int(STRAY_IN * page.dpi), 2) + 2
    across = page.text[rows, at - reach : at + reach + 1]
    if across.size and across.all(axis=1).any():
        return _CROSSED
    left, right = inked[inked < at - reach], inked[inked > at + reach]
    odds = _placed(left, before, at) + _placed(right, at, after)
    if len(left) == 0 or len(right) == 0:
        return odds
    gap = float(right[0] - left[-1]) / page.dpi
    if gap < TOUCHING_IN:
        return _CLOSE
    return (odds or -_CENTRED) + (_APART if gap >= APART_IN else 0.0)


def _placed(inked: NDArray[np.int_], start: int, end: int) -> float:
    """Text in the middle of a slot is of that slot alone."""
    if len(inked) == 0:
        return 0.0
    off = abs(float(inked[0] + inked[-1]) - (start + end))
    return _CENTRED if off < OFF_CENTRE * (end - start) else 0.0


def _settled(evidence: Odds) -> Odds:
    """Log-odds with what the neighbours in line say, after some rounds."""
    odds = evidence
    for _ in range(ROUNDS):
        signs = np.pad(np.where(odds > 0, _IN_LINE, -_IN_LINE), ((0, 0), (1, 1)))
        odds = evidence + signs[:, :-2] + signs[:, 2:]
    return odds


def _shares(odds: Odds) -> NDArray[np.float64]:
    """Probability of each piece."""
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))), np.float64)


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
