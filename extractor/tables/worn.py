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
from extractor.tables.grid import SNAP_PT, Grid, Span, tiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from extractor.image import FlatPage

    Mask = NDArray[np.uint8]
    Odds = NDArray[np.float64]

SHARE = 0.6  # of the cells with text in a column show the gap that a lost border left
INFERRED = 0.4  # support of a border that no ink shows
STRAY_IN = 0.008  # a border's ink may lie this far beside its place
CLEAR_IN = 0.03  # beside a border there is paper up to here
PASSING_IN = 0.25  # how far beside a border text makes its strokes doubtful
TOUCHING_IN = 0.12  # texts on both sides that are closer together are one text
APART_IN = 0.2  # words of one text mostly stand closer together than this
TALL = 0.75  # share of a piece that no stroke of a letter covers
EDGE_IN = 0.03  # from the side of a slot, where its text may run on into the next one
START_IN = 0.1  # from a border, where text begins that is set close to it
MIDDLE_IN = 0.08  # from the middle of several columns, where a text is that heads them
FIRST_IN = 0.15  # from a cell's side, where a text begins that is not centred
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
_CENTRED = 1.5  # the text of a side is in the middle of it; against it where it is off
_IN_LINE = 1.5  # for each of the two pieces that go on in line with it
_HEADED = (_IN_LINE, 2.5)  # the same down the page: columns of a table go on up into its header
_HEADING = -3.0  # one text stands in the middle of several columns
_SURE = 3.0


@dataclass(frozen=True, slots=True)
class _Page:
    """Ink of a page and of its text alone, turned so that the borders in question run down."""

    ink: Mask
    text: Mask
    dpi: float
    upright: bool = True

    @property
    def flipped(self) -> _Page:
        ink, text = np.ascontiguousarray(self.ink.T), np.ascontiguousarray(self.text.T)
        return _Page(ink, text, self.dpi, not self.upright)


@dataclass(frozen=True, slots=True)
class _Border:
    """Where a border lies across, and how far from there its ink may be, in pixels."""

    at: int
    half: int


def with_lost_borders(grid: Grid, flat: FlatPage) -> Grid:
    """The grid of a worn page with its cells told anew, and columns that lost their border."""
    clean = painted_rulings(flat, [grid])
    grid = _with_hidden_columns(grid, clean, flat)
    page = _Page(flat.ink, clean, flat.dpi)
    columns, rows = _borders(grid.xs, flat, across=False), _borders(grid.ys, flat, across=True)
    left = _settled(_evidence(page, columns, rows) + _headings(page, columns, rows), _HEADED)
    above = _settled(_evidence(page.flipped, rows, columns), (_IN_LINE, _IN_LINE))
    return Grid(grid.ys, grid.xs, tiled(_shares(above), _shares(left).T))


def _borders(places: Sequence[float], flat: FlatPage, *, across: bool) -> list[_Border]:
    """Borders at these places in points, as thick as the rulings that were traced there."""
    rulings = [r for r in flat.rulings if r.horizontal == across]
    found = []
    for place in places:
        there = [r.thickness for r in rulings if abs((r.y0 if across else r.x0) - place) < SNAP_PT]
        thickness = float(np.median(there)) if there else 0.0
        half = round(thickness / 2 / flat.scale + STRAY_IN * flat.dpi)
        found.append(_Border(round(place / flat.scale), max(half, 2)))
    return found


def _evidence(page: _Page, across: Sequence[_Border], along: Sequence[_Border]) -> Odds:
    """Log-odds of every piece of every border that runs down: borders × pieces."""
    odds = np.full((len(across), len(along) - 1), 50.0)  # the outer border is always there
    for i in range(1, len(across) - 1):
        for j, (top, bottom) in enumerate(itertools.pairwise(along)):
            odds[i, j] = _piece(page, across[i - 1 : i + 2], top, bottom)
    return odds


def _piece(page: _Page, sides: Sequence[_Border], top: _Border, bottom: _Border) -> float:
    """Log-odds of the piece of sides[1] between two borders that cross it."""
    rows = slice(top.at + top.half + 1, max(bottom.at - bottom.half, top.at + top.half + 1))
    seen = _seen(page, sides[1], rows)
    odds = _SEEN * (seen - _CHANCE) if seen > _CHANCE else _UNSEEN
    return odds + _text_odds(page, sides, rows)


def _seen(page: _Page, border: _Border, rows: slice) -> float:
    """Share of a piece that is inked with paper on both sides, where it does not pass text.

    Strokes of letters run down too, but not past the line of text that they are in.
    """
    clear = border.half + max(int(CLEAR_IN * page.dpi), 3)
    left = max(border.at - int(PASSING_IN * page.dpi), 0)
    area = np.s_[rows, left : border.at + int(PASSING_IN * page.dpi) + 1]
    ink, text = page.ink[area] > 0, page.text[area] > 0
    if ink.size == 0:
        return 0.0
    off = np.abs(np.arange(ink.shape[1]) - (border.at - left))
    inked = np.any(ink[:, off <= border.half], axis=1)
    beside = np.any(ink[:, (off > border.half + 1) & (off <= clear)], axis=1)
    free = ~np.any(text[:, off > clear], axis=1)
    lone = inked & ~beside
    enough = free.sum() >= max(0.2 * free.size, 3)
    seen = float(lone[free].mean() if enough else lone.mean())
    run = _longest(inked) / inked.size
    return max(seen, run) if run >= TALL else seen


def _longest(inked: NDArray[np.bool_]) -> int:
    """Length of the longest run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inked, [False]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _text_odds(page: _Page, sides: Sequence[_Border], rows: slice) -> float:
    """What the text on both sides of a border says about it."""
    before, at, after = (border.at for border in sides)
    reach = sides[1].half + 2
    across = page.text[rows, at - reach : at + reach + 1]
    if across.size and across.all(axis=1).any():
        return _CROSSED
    patch = without_residue(page.text[rows, before:after], page.dpi)
    inked = np.flatnonzero(patch.any(axis=0)) + before
    left, right = inked[inked < at - reach], inked[inked > at + reach]
    placed = _placed(left, before, at, page.dpi), _placed(right, at, after, page.dpi)
    if len(left) == 0 or len(right) == 0:
        # Text in the middle of a row may be that of a cell over several rows.
        return sum(placed) + _begins(right, at, page.dpi) if page.upright else 0.0
    gap = float(right[0] - left[-1]) / page.dpi
    if gap < TOUCHING_IN:
        return _CLOSE
    return sum(placed) + (_APART if gap >= APART_IN else 0.0)


def _begins(inked: NDArray[np.int_], start: int, dpi: float) -> float:
    """Text that begins at a border, with nothing before it, is not that of a cell across it."""
    return _CENTRED if len(inked) and inked[0] - start < START_IN * dpi else 0.0


def _placed(inked: NDArray[np.int_], start: int, end: int, dpi: float) -> float:
    """How far text speaks for a cell of its own: in the middle of it, at its start, or neither."""
    if len(inked) == 0 or min(inked[0] - start, end - inked[-1]) < EDGE_IN * dpi:
        return 0.0
    off = abs(float(inked[0] + inked[-1]) - (start + end))
    if off < OFF_CENTRE * (end - start):
        return _CENTRED
    return 0.0 if inked[0] - start < FIRST_IN * dpi else -_CENTRED


def _settled(evidence: Odds, in_line: tuple[float, float]) -> Odds:
    """Log-odds with what the pieces before and after say, weighted so, after some rounds."""
    odds = evidence
    for _ in range(ROUNDS):
        signs = np.pad(np.sign(odds - 1e-9), ((0, 0), (1, 1)))
        odds = evidence + in_line[0] * signs[:, :-2] + in_line[1] * signs[:, 2:]
    return odds


def _headings(page: _Page, columns: Sequence[_Border], rows: Sequence[_Border]) -> Odds:
    """What texts centred over several columns say against borders below them: columns × rows."""
    found = np.zeros((len(columns), len(rows) - 1))
    evidence = _evidence(page, columns, rows)
    for j, (top, bottom) in enumerate(itertools.pairwise(rows)):
        sure = np.flatnonzero(evidence[:, j] >= _SURE)
        for a, b in itertools.pairwise(sure.tolist()):
            area = np.s_[
                top.at + top.half + 1 : bottom.at - bottom.half, columns[a].at : columns[b].at
            ]
            if b - a > 1 and _is_heading(page.text[area], page.dpi):
                found[a + 1 : b, j] = _HEADING
    return found


def _is_heading(patch: Mask, dpi: float) -> bool:
    """Whether one text stands in the middle of a patch."""
    if patch.size == 0:
        return False
    inked = np.flatnonzero(without_residue(patch, dpi).any(axis=0))
    if len(inked) == 0 or (np.diff(inked) >= APART_IN * dpi).any():
        return False
    return bool(abs(float(inked[0] + inked[-1]) / 2 - patch.shape[1] / 2) < MIDDLE_IN * dpi)


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
