"""Which traced chains are rulings of tables: those that cross others and are attached to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from extractor.image.tracing import Chain, flanks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Mask = NDArray[np.uint8]
    Flags = NDArray[np.bool_]
    Points = NDArray[np.float64]

WIDEST_IN = 1.8  # a table has at least two rulings this wide
REACH_IN = 0.35  # a worn ruling may end this far from the one it meets
HELD = 0.4  # least share of its crossings at which a ruling is inked beside the other line
HELD_CLEAR = 0.15  # the same for one that has hardly any ink along its flanks
LONG_CLEAR = 0.12  # the same for one that is WIDEST_IN long and lies between two others
CLEAR = 0.06  # share of inked flanks up to which a line is clear
WORN = 0.15  # from this share of lost ruling a ruling need not be inked at any crossing
IN_LINE_IN = 1.6  # a ruling goes on in line after a gap of this


@dataclass(frozen=True, slots=True)
class _Lines:
    """Chains of one direction with what is needed of them again and again."""

    chains: tuple[Chain, ...]
    points: tuple[Points, ...]
    flanks: NDArray[np.float64]
    extents: NDArray[np.float64]
    solidities: NDArray[np.float64]

    @classmethod
    def of(cls, chains: Sequence[Chain], ink: Mask, dpi: float) -> _Lines:
        return cls(
            tuple(chains),
            tuple(c.points() for c in chains),
            np.array([flanks(c.fragments, ink, dpi) for c in chains], np.float64),
            np.array([c.extent for c in chains], np.float64),
            np.array([c.solidity for c in chains], np.float64),
        )

    def least_held(self) -> NDArray[np.float64]:
        """Share of crossings that must be inked, for each chain."""
        return np.where(self.flanks < CLEAR, HELD_CLEAR, HELD).astype(np.float64)


@dataclass(frozen=True, slots=True)
class _Meetings:
    """Where rows × columns meet: whether at all, within each, and inked beside the other."""

    meets: Flags  # rows × columns
    inside: Flags  # rows × columns × 2 (row, column)
    attached: Flags  # rows × columns × 2
    places: Points  # rows × columns × 2 (x, y)


def crossing(
    across: Sequence[Chain], down: Sequence[Chain], ink: Mask, dpi: float
) -> tuple[list[Chain], list[Chain]]:
    """The chains that make tables: each meets two of the other direction and is attached to them.

    `down` were traced on the transposed ink. Underlines, streaks, edges of the paper and strokes of
    letters fall away: a table has two rulings of WIDEST_IN or more, and its rulings run from one
    crossing to the next, while a stroke in a cell keeps off the border.
    """
    if not across or not down:
        return [], []
    flipped = np.ascontiguousarray(ink.T)
    rows, columns = _Lines.of(across, ink, dpi), _Lines.of(down, flipped, dpi)
    meetings = _meetings(rows, columns, ink, flipped, dpi)
    kept_rows, kept_columns = _held(rows, columns, meetings, dpi)
    kept_rows |= _in_line(rows, kept_rows, dpi)
    kept_rows |= _between(rows, kept_rows, meetings.meets[:, kept_columns], dpi)
    kept_rows, kept_columns = _in_tables(rows, kept_rows, kept_columns, meetings.meets, dpi)
    live = meetings.meets & kept_rows[:, None] & kept_columns
    return (
        [
            _trimmed(rows.chains[i], meetings.places[i, live[i], 0], ink, dpi)
            for i in np.flatnonzero(kept_rows)
        ],
        [
            _trimmed(columns.chains[j], meetings.places[live[:, j], j, 1], flipped, dpi)
            for j in np.flatnonzero(kept_columns)
        ],
    )


def long_clear(chains: Sequence[Chain], ink: Mask, dpi: float) -> list[Chain]:
    """The chains that are as long as a table is wide, with hardly any ink along their flanks."""
    return [
        chain
        for chain in chains
        if chain.extent >= dpi * WIDEST_IN and flanks(chain.fragments, ink, dpi) < CLEAR
    ]


def wear_of(chains: Sequence[Chain]) -> float:
    """Share of the chains' length that is worn off, 0 to 1."""
    extent = sum(chain.extent for chain in chains)
    return 1 - sum(c.solidity * c.extent for c in chains) / extent if extent else 0.0


def _held(rows: _Lines, columns: _Lines, meetings: _Meetings, dpi: float) -> tuple[Flags, Flags]:
    """Rows and columns that meet two others and are inked beside enough of them, round by round."""
    row_share, column_share = rows.least_held(), columns.least_held()
    # A long clear line across is a ruling on its own word; columns of "0" look so down the page.
    long = rows.extents >= dpi * WIDEST_IN
    row_share[long & (rows.solidities >= 0.5) & (rows.flanks < CLEAR)] = 0.0
    kept_rows: Flags = long | (rows.flanks < 0.12)
    kept_columns: Flags = np.ones(len(columns.chains), np.bool_)
    if wear_of([c for c, is_long in zip(rows.chains, long, strict=True) if is_long]) > WORN:
        column_share[(columns.solidities >= 0.5) & (columns.flanks < CLEAR)] = 0.0
        # A border of one low row is short, but whole, and nothing is near it.
        whole = (columns.solidities >= 0.95) & (columns.flanks < 0.02)
        kept_columns = whole | (columns.extents >= dpi * 0.22)
    while True:
        live = meetings.meets & kept_rows[:, None] & kept_columns
        held = meetings.attached & live[:, :, None]
        crossed = meetings.inside & live[:, :, None]
        next_rows = kept_rows & (live.sum(axis=1) >= 2)
        next_rows &= held[:, :, 0].sum(axis=1) >= row_share * crossed[:, :, 0].sum(axis=1)
        next_columns = kept_columns & (live.sum(axis=0) >= 2)
        next_columns &= held[:, :, 1].sum(axis=0) >= column_share * crossed[:, :, 1].sum(axis=0)
        if (next_rows == kept_rows).all() and (next_columns == kept_columns).all():
            return kept_rows, kept_columns
        kept_rows, kept_columns = next_rows, next_columns


def _in_line(rows: _Lines, kept: Flags, dpi: float) -> Flags:
    """Clear chains that go on in line with a kept one, over a gap that was too wide to link."""
    found: Flags = np.zeros(len(rows.chains), np.bool_)
    ends = [(rows.points[i][0], rows.points[i][-1]) for i in np.flatnonzero(kept)]
    candidates = ~kept & (rows.extents >= dpi * 0.45) & (rows.flanks < CLEAR)
    for i in np.flatnonzero(candidates):
        start, end = rows.points[i][0], rows.points[i][-1]
        found[i] = any(
            _goes_on(end, first, dpi) or _goes_on(last, start, dpi) for first, last in ends
        )
    return found


def _between(rows: _Lines, kept: Flags, meets: Flags, dpi: float) -> Flags:
    """Long clear chains that lie between kept ones of their width and meet one border of theirs.

    The other borders are worn away where it would meet them.
    """
    found: Flags = np.zeros(len(rows.chains), np.bool_)
    candidates = ~kept & (rows.extents >= dpi * WIDEST_IN) & (rows.flanks < LONG_CLEAR)
    for i in np.flatnonzero(candidates & meets.any(axis=1)):
        start, end = rows.points[i][0], rows.points[i][-1]
        wide = [
            k
            for k in np.flatnonzero(kept & (meets & meets[i]).any(axis=1))
            if _within(rows.points[k], start[0], dpi * 0.05)
            and _within(rows.points[k], end[0], dpi * 0.05)
        ]
        heights = [rows.points[k][0, 1] for k in wide]
        found[i] = bool(wide) and min(heights) < start[1] < max(heights)
    return found


def _goes_on(end: Points, start: Points, dpi: float) -> bool:
    return bool(0 <= start[0] - end[0] <= dpi * IN_LINE_IN and abs(start[1] - end[1]) <= dpi * 0.02)


def _in_tables(
    rows: _Lines, kept_rows: Flags, kept_columns: Flags, meets: Flags, dpi: float
) -> tuple[Flags, Flags]:
    """Rows and columns of the connected groups that have two wide rulings."""
    long = rows.extents >= dpi * WIDEST_IN
    for group_rows, group_columns in _groups(meets & kept_rows[:, None] & kept_columns):
        if (long & group_rows).sum() < 2:
            kept_rows, kept_columns = kept_rows & ~group_rows, kept_columns & ~group_columns
    # What was kept for being in line may have met nobody.
    live = meets & kept_rows[:, None] & kept_columns
    return kept_rows & live.any(axis=1), kept_columns & live.any(axis=0)


def _groups(meets: Flags) -> list[tuple[Flags, Flags]]:
    """Connected sets of rows and columns of the meeting matrix."""
    groups = []
    left: Flags = np.asarray(meets.any(axis=1))
    while left.any():
        rows: Flags = np.zeros(len(left), np.bool_)
        rows[np.argmax(left)] = True
        while True:
            columns: Flags = np.asarray(meets[rows].any(axis=0))
            grown: Flags = np.asarray(meets[:, columns].any(axis=1))
            if (grown == rows).all():
                break
            rows = grown
        groups.append((rows, columns))
        left = left & ~rows
    return groups


def _trimmed(chain: Chain, stops: Points, ink: Mask, dpi: float) -> Chain:
    """The chain without strokes of letters that follow beyond its crossings, at `stops`."""
    low, high = float(stops.min()) - dpi * 0.06, float(stops.max()) + dpi * 0.06
    kept = [
        f for f in chain.fragments if (f.x1 >= low and f.x0 <= high) or flanks([f], ink, dpi) < 0.1
    ]
    return Chain(tuple(kept)) if kept else chain


def _meetings(rows: _Lines, columns: _Lines, ink: Mask, flipped: Mask, dpi: float) -> _Meetings:
    reach = dpi * REACH_IN
    shape = (len(rows.chains), len(columns.chains))
    found = _Meetings(
        np.zeros(shape, np.bool_),
        np.zeros((*shape, 2), np.bool_),
        np.zeros((*shape, 2), np.bool_),
        np.zeros((*shape, 2)),
    )
    for i, j in np.argwhere(_near(rows, columns, reach)):
        row, column = rows.points[i], columns.points[j]
        x, y = _meeting(row, column)
        found.places[i, j] = x, y
        found.meets[i, j] = _within(row, x, reach) and _within(column, y, reach)
        found.inside[i, j] = _within(row, x, 2), _within(column, y, 2)
        if found.meets[i, j]:
            widths = columns.chains[j].thickness, rows.chains[i].thickness
            found.attached[i, j] = (
                _inked_beside(ink, x, y, widths[0], dpi),
                _inked_beside(flipped, y, x, widths[1], dpi),
            )
    return found


def _near(rows: _Lines, columns: _Lines, reach: float) -> Flags:
    """Rows × columns whose boxes come within reach of each other."""
    row_boxes = np.array([(*p.min(axis=0), *p.max(axis=0)) for p in rows.points])
    column_boxes = np.array([(*p.min(axis=0), *p.max(axis=0)) for p in columns.points])
    x0, y0, x1, y1 = (row_boxes[:, k, None] for k in range(4))
    top, left, bottom, right = (column_boxes[None, :, k] for k in range(4))
    return np.asarray(
        (left <= x1 + reach) & (right >= x0 - reach) & (top <= y1 + reach) & (bottom >= y0 - reach),
        np.bool_,
    )


def _within(points: Points, at: float, reach: float) -> bool:
    return bool(points[0, 0] - reach <= at <= points[-1, 0] + reach)


def _meeting(row: Points, column: Points) -> tuple[float, float]:
    """Where two chains cross, given their points; ends are drawn on level."""
    x, y = float(column[0, 1]), float(row[0, 1])
    for _ in range(2):
        y = float(np.interp(x, row[:, 0], row[:, 1]))
        x = float(np.interp(y, column[:, 0], column[:, 1]))
    return x, y


def _inked_beside(ink: Mask, x: float, y: float, thickness: float, dpi: float) -> bool:
    """Whether a line across has ink just left or right of (x, y), past a crossing line."""
    near = round(thickness / 2 + dpi * 0.01)
    span = max(int(dpi * 0.02), 3)
    row, column = round(y), round(x)
    band = ink[max(row - 2, 0) : row + 3, max(column - near - span, 0) : column + near + span]
    if band.size == 0:
        return False
    hit = band.max(axis=0)
    left, right = hit[: min(span, column - near)], hit[-span:]
    shares = [float(side.mean()) for side in (left, right) if side.size]
    return max(shares, default=0.0) >= 0.5
