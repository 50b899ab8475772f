"""Rulings → grid with merged cells, in page points of the upright page.

edges → lines (snapped, with their covered stretches) → tables (lines that cross) → slots → cells.
A cell is (row, column, row_span, column_span); the cells of a grid tile it, each slot once.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.geometry import Box, Segment

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    Borders = Sequence[Sequence[float]] | NDArray[np.float64]

SNAP_PT = 2.5  # parallel rulings closer than this are one: double borders, cell edges drawn twice
BREAK_PT = 2.5  # a shorter gap in a ruling is a scratch, no end of it
REACH_PT = 4.0  # a ruling may end this far from the one it meets
NARROWEST_PT = 4.0  # rows and columns thinner than this are borders
WHOLE = 0.75  # share of a cell's side from which it is ruled, on a page that is not worn
LEFT = 0.4  # the same on a worn page, somewhere along the ruling
STRIP_PT = 20.0  # a gap between two tables is at least this high
OPEN_PT = 7.0  # rulings that run on this far past the last crossing leave a cell open
WORN = 0.015  # from this share of lost ruling on a page counts as worn
WORN_GAP_PT = 40.0  # longest stretch of a ruling that wear may take away
WORN_REACH_PT = 18.0  # REACH_PT on a worn page


@dataclass(frozen=True, slots=True)
class Span:
    """One cell of a grid: its place, and `support`, the share of its border that is ruled."""

    row: int
    column: int
    row_span: int
    column_span: int
    support: float


@dataclass(frozen=True, slots=True)
class Grid:
    """Row and column boundaries in points, ascending, and the spans that tile them.

    `ruled` is False where the boundaries are not drawn but follow from how the text is aligned.
    """

    ys: tuple[float, ...]
    xs: tuple[float, ...]
    spans: tuple[Span, ...]
    ruled: bool = True

    @property
    def box(self) -> Box:
        """The outer border."""
        return Box(self.xs[0], self.ys[0], self.xs[-1], self.ys[-1])

    def box_of(self, span: Span) -> Box:
        """The border of one cell."""
        return Box(
            self.xs[span.column],
            self.ys[span.row],
            self.xs[span.column + span.column_span],
            self.ys[span.row + span.row_span],
        )


@dataclass(frozen=True, slots=True)
class _Line:
    """A snapped ruling: where it lies across, and the stretches along that are drawn."""

    at: float
    stretches: tuple[tuple[float, float], ...]

    @property
    def start(self) -> float:
        return self.stretches[0][0]

    @property
    def end(self) -> float:
        return self.stretches[-1][1]

    def drawn(self, a: float, b: float) -> float:
        """Share of [a, b] that is drawn."""
        if b <= a:
            return 0.0
        covered = sum(max(0.0, min(b, e) - max(a, s)) for s, e in self.stretches)
        return covered / (b - a)


def find_grids(rulings: Sequence[Segment], wear: float = 0.0) -> tuple[Grid, ...]:
    """The ruled tables of a page, from top to bottom.

    `rulings` are straight and axis-parallel. `wear` is the share of ruling that a worn page has
    lost (0 for drawn tables): short missing pieces of a long ruling are then taken as worn off.
    """
    rows = _snap([((r.y0 + r.y1) / 2, r.x0, r.x1) for r in rulings if r.horizontal])
    columns = _snap([((r.x0 + r.x1) / 2, r.y0, r.y1) for r in rulings if not r.horizontal])
    grids = []
    for group_rows, group_columns in _connected(rows, columns, wear):
        for part_rows, part_columns in _parted(group_rows, group_columns):
            grid = _grid(part_rows, part_columns, wear)
            if grid is not None:
                grids.append(grid)
    return tuple(sorted(_outermost(grids), key=lambda g: (g.ys[0], g.xs[0])))


def _snap(pieces: Sequence[tuple[float, float, float]]) -> list[_Line]:
    """(across, start, end) pieces → lines; pieces snap to a line's mean, weighted by length."""
    lines: list[_Pieces] = []
    for at, start, end in sorted(pieces):
        if not lines or at - lines[-1].centre > SNAP_PT:
            lines.append(_Pieces(at))
        lines[-1].add(at, start, end)
    return [_Line(line.centre, _joined(line.stretches)) for line in lines]


class _Pieces:
    """Pieces of one line; their mean is kept as running sums, as dashes may be thousands."""

    def __init__(self, first: float) -> None:
        self.centre = first
        self.stretches: list[tuple[float, float]] = []
        self._length = self._moment = 0.0

    def add(self, at: float, start: float, end: float) -> None:
        """A piece at `at` across the line, from `start` to `end` along it."""
        self.stretches.append((start, end))
        self._length += end - start
        self._moment += at * (end - start)
        if self._length:
            self.centre = self._moment / self._length


def _joined(stretches: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Overlapping or touching stretches become one."""
    merged: list[tuple[float, float]] = []
    for start, end in sorted(stretches):
        if merged and start <= merged[-1][1] + 1.0:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def _touches(line: _Line, at: float, reach: float) -> bool:
    return line.start - reach <= at <= line.end + reach


def _runs(line: _Line, gap: float) -> list[_Line]:
    """The line cut where it is not drawn for longer than `gap`."""
    runs: list[list[tuple[float, float]]] = []
    for stretch in line.stretches:
        if runs and stretch[0] - runs[-1][-1][1] <= gap:
            runs[-1].append(stretch)
        else:
            runs.append([stretch])
    return [_Line(line.at, tuple(run)) for run in runs]


def _connected(
    rows: Sequence[_Line], columns: Sequence[_Line], wear: float
) -> list[tuple[list[_Line], list[_Line]]]:
    """Groups of lines that cross, directly or by way of others.

    Lines of two tables side by side, or one above the other, may have snapped to one line: every
    unbroken run is a node of its own here, and lines are put together again within a group.
    """
    gap, reach = (WORN_GAP_PT, WORN_REACH_PT) if wear >= WORN else (BREAK_PT, REACH_PT)
    across = [run for line in rows for run in _runs(line, gap)]
    down = [run for line in columns for run in _runs(line, gap)]
    parent = list(range(len(across) + len(down)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    places = [column.at for column in down]
    for i, row in enumerate(across):
        first, last = bisect_left(places, row.start - reach), bisect_right(places, row.end + reach)
        for j in range(first, last):
            if _touches(down[j], row.at, reach):
                parent[root(i)] = root(len(across) + j)
    groups: dict[int, tuple[list[_Line], list[_Line]]] = {}
    for index, line in enumerate((*across, *down)):
        group = groups.setdefault(root(index), ([], []))
        group[0 if index < len(across) else 1].append(line)
    return [(_regroup(r), _regroup(c)) for r, c in groups.values() if r and c]


def _parted(rows: list[_Line], columns: list[_Line]) -> list[tuple[list[_Line], list[_Line]]]:
    """Cuts a group where a strip between two rows has no border at all: two tables in a column.

    Wear may bridge the gap between tables whose outer borders lie on one line.
    """
    parts: list[list[_Line]] = [[]]
    for line in rows:
        if parts[-1] and _is_strip(parts[-1][-1].at, line.at, columns):
            parts.append([])
        parts[-1].append(line)
    if len(parts) == 1:
        return [(rows, columns)]
    bounds = [[p[0].at - REACH_PT, p[-1].at + REACH_PT] for p in parts]
    bounds[0][0], bounds[-1][1] = float("-inf"), float("inf")  # open cells at a page break
    return [(p, _within(columns, low, high)) for p, (low, high) in zip(parts, bounds, strict=True)]


def _is_strip(top: float, bottom: float, columns: Sequence[_Line]) -> bool:
    if bottom - top < STRIP_PT:
        return False
    drawn = [column.drawn(top + 2, bottom - 2) >= 0.15 for column in columns]
    # Letters between the tables may look like borders: the outer ones decide.
    return not drawn[0] and not drawn[-1] and sum(drawn) <= 0.3 * len(drawn)


def _within(columns: Sequence[_Line], low: float, high: float) -> list[_Line]:
    """The columns' stretches that lie between two heights."""
    kept = []
    for column in columns:
        stretches = tuple(
            (max(a, low), min(b, high)) for a, b in column.stretches if b > low and a < high
        )
        if stretches:
            kept.append(_Line(column.at, stretches))
    return kept


def _regroup(lines: Sequence[_Line]) -> list[_Line]:
    by_place: dict[float, list[tuple[float, float]]] = {}
    for line in lines:
        by_place.setdefault(line.at, []).extend(line.stretches)
    return [_Line(at, _joined(by_place[at])) for at in sorted(by_place)]


def _grid(rows: list[_Line], columns: list[_Line], wear: float) -> Grid | None:
    if not rows or not columns:
        return None
    worn = wear >= WORN
    rows, columns = _closed(rows, columns, worn), _closed(columns, rows, worn)
    rows, columns = _without_slivers(rows), _without_slivers(columns)
    whole = LEFT if worn else WHOLE
    rows, columns = _whole_somewhere(rows, columns, whole), _whole_somewhere(columns, rows, whole)
    if len(rows) < 2 or len(columns) < 2:
        return None
    ys, xs = tuple(r.at for r in rows), tuple(c.at for c in columns)
    # above[r][c]: the border over slot (r, c); left[r][c]: the border before it.
    above = [_ruled(line, xs, wear) for line in rows]
    left = [list(v) for v in zip(*(_ruled(line, ys, wear) for line in columns), strict=True)]
    return Grid(ys, xs, tiled(above, left))


def _closed(lines: list[_Line], others: list[_Line], worn: bool) -> list[_Line]:
    """Adds the border that a page break (or a style without side borders) leaves undrawn."""
    low, high = others[0].at, others[-1].at
    before = [o.start for o in others if o.start < lines[0].at - OPEN_PT]
    after = [o.end for o in others if o.end > lines[-1].at + OPEN_PT]
    result = list(lines)
    for ends, outmost in ((before, min), (after, max)):
        place = _common(ends)
        if place is not None and _near(ends, place) >= max(2.0, 0.3 * len(others)):
            result.append(_Line(place, ((low, high),)))
        elif worn and len(ends) >= max(3.0, 0.4 * len(others)):
            # Worn ends lie apart; the furthest one is the border's, but for one stray.
            place = outmost(e for e in ends if e != outmost(ends))
            result.append(_Line(place, ((low, high),)))
    return sorted(result, key=lambda line: line.at)


def _common(ends: Sequence[float]) -> float | None:
    """The place where most rulings end."""
    return max(ends, key=lambda end: _near(ends, end), default=None)


def _near(ends: Sequence[float], place: float) -> int:
    return sum(abs(end - place) <= REACH_PT for end in ends)


def _whole_somewhere(lines: list[_Line], others: list[_Line], whole: float) -> list[_Line]:
    """Drops lines that border no cell from end to end: aligned strokes of letters and digits."""
    stops = [other.at for other in others]
    sides = list(itertools.pairwise(stops))
    return [line for line in lines if any(line.drawn(a + 1, b - 1) >= whole for a, b in sides)]


def _without_slivers(lines: list[_Line]) -> list[_Line]:
    kept: list[_Line] = []
    for line in lines:
        if kept and line.at - kept[-1].at < NARROWEST_PT:
            kept[-1] = _Line(kept[-1].at, _joined([*kept[-1].stretches, *line.stretches]))
        else:
            kept.append(line)
    return kept


def _ruled(line: _Line, stops: Sequence[float], wear: float) -> list[float]:
    """For each piece of a line between stops the share that is ruled, worn pieces made whole."""
    shares = [line.drawn(a + 1, b - 1) for a, b in itertools.pairwise(stops)]
    if wear < WORN:
        # A stroke of a letter may lie where another row has its border: it never fills the cell.
        return [share if share >= WHOLE else 0.5 * share for share in shares]
    for i, (a, b) in enumerate(itertools.pairwise(stops)):
        # Gone between two parts that are there: most likely it was there too.
        between = line.start < a + 1 and line.end > b - 1 and b - a <= WORN_GAP_PT
        if shares[i] < 0.5 and (shares[i] > 0.15 or between):
            shares[i] = 0.5
    return shares


def tiled(above: Borders, left: Borders) -> tuple[Span, ...]:
    """Grows each cell from its top left slot to the right, then down, until a border stops it.

    `above[r][c]` and `left[r][c]` are the shares, 0 to 1, of the border over slot (r, c) and before
    it that are there; from 0.5 on there is one. Both have one more for the last border.
    """
    row_count, column_count = len(above) - 1, len(above[0])
    taken = [[False] * column_count for _ in range(row_count)]
    spans = []
    for row in range(row_count):
        for column in range(column_count):
            if taken[row][column]:
                continue
            width = 1
            while _open_right(left, taken, row, column + width, column_count):
                width += 1
            height = 1
            while _open_below(above, left, taken, row + height, column, width, row_count):
                height += 1
            for r in range(row, row + height):
                taken[r][column : column + width] = [True] * width
            support = _support(above, left, row, column, height, width)
            spans.append(Span(row, column, height, width, support))
    return tuple(spans)


def _open_right(
    left: Borders, taken: list[list[bool]], row: int, column: int, columns: int
) -> bool:
    return column < columns and not taken[row][column] and left[row][column] < 0.5


def _open_below(
    above: Borders,
    left: Borders,
    taken: list[list[bool]],
    row: int,
    column: int,
    width: int,
    rows: int,
) -> bool:
    """Whether the slots of a row can join the cell above them: no border over or between them."""
    if row >= rows or any(taken[row][column : column + width]):
        return False
    open_above = all(share < 0.5 for share in above[row][column : column + width])
    return open_above and all(s < 0.5 for s in left[row][column + 1 : column + width])


def _support(
    above: Borders,
    left: Borders,
    row: int,
    column: int,
    height: int,
    width: int,
) -> float:
    """Share of the cell's border that is ruled, averaged over its four sides."""
    end_row, end_column = row + height, column + width
    sides = [
        sum(above[row][column:end_column]) / width,
        sum(above[end_row][column:end_column]) / width,
        sum(left[r][column] for r in range(row, end_row)) / height,
        sum(left[r][end_column] for r in range(row, end_row)) / height,
    ]
    return sum(min(side, 1.0) for side in sides) / 4


def _outermost(grids: Sequence[Grid]) -> list[Grid]:
    """Drops single boxes (frames, text boxes) and grids inside a cell of another."""
    real = [g for g in grids if len(g.spans) >= 2]
    return [
        g for g in real if not any(o is not g and g.box.cover(o.box) > 0.95 and
                                   g.box.area < o.box.area for o in real)
    ]  # fmt: skip
